"""A bundle opens the dossiers of its children, waits for all of them, and goes on."""

from typing import Any
from uuid import UUID

import pytest

from motcua.dossiers import awaited, bundles, way
from motcua.errors import Conflict
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.process import Complete
from motcua.tenancy.db import Database, Record
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant
from tests.core.dossiers.drawn import Place, bpmn, task

pytestmark = pytest.mark.anyio

BUNDLE = bpmn(
    '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="open"/>'
    + task("open", "wait", tag="serviceTask", more='mc:handler="open_children"')
    + task("wait", "sum-up", tag="receiveTask", more='mc:message="children_finished"')
    + task("sum-up", "e")
    + '<endEvent id="e"/>'
)
CHILD = bpmn(
    '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="look"/>'
    + task("look", "e")
    + '<endEvent id="e"/>'
)


@pytest.fixture
async def place(
    platform: Platform, owner: Database, quang_ninh: Tenant, new_tenant: NewTenant
) -> Place:
    made = Place(platform, owner, await new_tenant())
    async with platform.db.tenant(quang_ninh) as tx:
        calendar = await tx.fetchval("select content from tenant_calendar limit 1")
    await made.build(calendar)
    return made


async def bundle(place: Place, *children: dict[str, Any]) -> UUID:
    """Adopt two procedures and a bundle of them; return a dossier of the bundle."""
    await place.adopt(BUNDLE, children=list(children))
    dossier = await place.dossier()
    await place.work_off()
    return dossier


async def opened(place: Place, dossier: UUID) -> list[Record]:
    async with place.platform.db.tenant(place.tenant) as tx:
        return await bundles.children(tx, dossier)


async def end(place: Place, child: UUID) -> None:
    """Bring a child to state 9 by its own step, as ``issue_result`` would."""
    from motcua.dossiers.changes import change, lock

    token = (await place.waits(child))["look"]["token"]
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await way.go(place.platform, work, child, Complete(token))
        dossier = await lock(work, child)
        await change(place.platform, work, dossier, "dossier.processing")
        dossier = await lock(work, child)
        told = {"decision": "granted", "number": str(child)}
        await change(place.platform, work, dossier, "dossier.finished", told)
        await work.tx.execute("update dossier set decision = 'granted' where id = $1", child)


async def two(place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    found = []
    for _ in range(2):
        code = f"2.{uuid7().int % 1_000_000:06}"
        await place.adopt(CHILD, code=code)
        found.append({"code": code, "answers": {"copies": "copies + 1"}})
    return found[0], found[1]


async def test_a_bundle_opens_its_children_for_the_same_person_in_the_same_trace(
    place: Place,
) -> None:
    first, second = await two(place)
    dossier = await bundle(place, first, second)
    parent = await place.row(dossier)
    children = await opened(place, dossier)
    assert [c["procedure_code"] for c in children] == [first["code"], second["code"]]
    for child in children:
        row = await place.row(child["id"])
        assert row["state"] == 2
        assert row["code"]
        assert (row["subject_id"], row["trace_id"]) == (parent["subject_id"], parent["trace_id"])
        assert row["fee"] == 0
    assert list(await place.waits(dossier)) == ["wait"]


async def test_it_goes_on_when_the_last_child_has_ended(place: Place) -> None:
    dossier = await bundle(place, *await two(place))
    first, second = await opened(place, dossier)
    await end(place, first["id"])
    await place.work_off()
    assert list(await place.waits(dossier)) == ["wait"]
    await end(place, second["id"])
    await place.work_off()
    assert list(await place.waits(dossier)) == ["sum-up"]


async def test_a_child_whose_condition_does_not_hold_is_not_opened(place: Place) -> None:
    first, second = await two(place)
    dossier = await bundle(place, first | {"when": "copies > 5"}, second)
    assert [c["procedure_code"] for c in await opened(place, dossier)] == [second["code"]]


async def test_a_child_that_cannot_be_opened_is_an_incident_and_none_is_opened(
    place: Place,
) -> None:
    first, second = await two(place)
    dossier = await bundle(place, first, second | {"answers": {"copies": "0 - copies"}})
    assert await opened(place, dossier) == []
    incident = (await place.waits(dossier))["open"]["incident"]
    assert second["code"] in incident
    assert "copies" in incident


async def test_it_goes_on_though_its_children_had_ended_before_it_waited(place: Place) -> None:
    late = bpmn(
        '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="open"/>'
        + task("open", "note", tag="serviceTask", more='mc:handler="open_children"')
        + task("note", "wait")
        + task("wait", "sum-up", tag="receiveTask", more='mc:message="children_finished"')
        + task("sum-up", "e")
        + '<endEvent id="e"/>'
    )
    await place.adopt(late, children=list(await two(place)))
    dossier = await place.dossier()
    await place.work_off()
    for child in await opened(place, dossier):
        await end(place, child["id"])
    await place.work_off()
    token = (await place.waits(dossier))["note"]["token"]
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await way.go(place.platform, work, dossier, Complete(token))
    await place.work_off()
    assert list(await place.waits(dossier)) == ["sum-up"]


async def test_bundles_that_open_each_other_stop(place: Place) -> None:
    other = f"2.{uuid7().int % 1_000_000:06}"
    same = {"answers": {"copies": "copies"}}
    await place.adopt(BUNDLE, code=other, children=[{"code": place.code, **same}])
    dossier = await bundle(place, {"code": other, **same})
    for _ in range(6):
        await place.work_off()
    (first,) = await opened(place, dossier)
    (second,) = await opened(place, first["id"])
    assert await opened(place, second["id"]) == []
    assert "open each other" in (await place.waits(second["id"]))["open"]["incident"]


async def test_nobody_says_by_hand_that_the_children_have_ended(place: Place) -> None:
    dossier = await bundle(place, *await two(place))
    async with place.platform.db.tenant(place.tenant) as tx:
        assert awaited.tellable(await awaited.of(tx, dossier)) == []
    with pytest.raises(Conflict):
        async with place.platform.works.begin(place.tenant, SYSTEM) as work:
            await awaited.arrived(place.platform, work, dossier, "children_finished")
