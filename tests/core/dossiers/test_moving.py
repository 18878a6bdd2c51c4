"""Running dossiers stay on their version until somebody moves them, by a plan, each for itself."""

from uuid import UUID

import pytest

from motcua.catalogue.adopted import Adopted
from motcua.dossiers import moving, way
from motcua.errors import Conflict, NotFound
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.process import Complete, load
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant
from tests.core.dossiers.drawn import Place, bpmn, task

pytestmark = pytest.mark.anyio
_TIMER = (
    '<boundaryEvent id="late" name="Trễ" attachedToRef="{on}" cancelActivity="false">'
    '<timerEventDefinition mc:working="2 working_days"/></boundaryEvent>'
    '<sequenceFlow id="f-late" sourceRef="late" targetRef="late-end"/><endEvent id="late-end"/>'
)


def straight(*steps: str, timer_on: str = "") -> str:
    """Return a process of these steps, one after the other."""
    ways = list(zip(steps, [*steps[1:], "e"], strict=True))
    body = "".join(task(step, after) for step, after in ways)
    begin = f'<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="{steps[0]}"/>'
    timer = _TIMER.format(on=timer_on) if timer_on else ""
    return bpmn(f'{begin}{body}{timer}<endEvent id="e"/>')


@pytest.fixture
async def place(
    platform: Platform, owner: Database, quang_ninh: Tenant, new_tenant: NewTenant
) -> Place:
    made = Place(platform, owner, await new_tenant())
    async with platform.db.tenant(quang_ninh) as tx:
        calendar = await tx.fetchval("select content from tenant_calendar limit 1")
    await made.build(calendar)
    return made


async def step(place: Place, dossier: UUID, node: str) -> None:
    token = (await place.waits(dossier))[node]["token"]
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await way.go(place.platform, work, dossier, Complete(token))


async def examined(place: Place, plan: moving.Plan) -> dict[UUID, list[str]]:
    found = moving.examine(place.platform, place.tenant, plan)
    return {looked.id: [r.en for r in looked.reasons] async for looked in found}


async def moved(place: Place, plan: moving.Plan) -> dict[UUID, bool]:
    found = moving.move(place.platform, place.tenant, plan)
    return {looked.id: not looked.reasons async for looked in found}


async def test_a_running_dossier_stays_on_its_version(place: Place) -> None:
    await place.adopt(straight("look", "sign"))
    dossier = await place.dossier()
    await place.adopt(straight("look", "check", "sign"), "2", since=-1)
    await step(place, dossier, "look")
    assert list(await place.waits(dossier)) == ["sign"]
    newer = await place.dossier()
    await step(place, newer, "look")
    assert list(await place.waits(newer)) == ["check"]


async def test_a_dry_run_names_each_dossier_that_cannot_move_and_changes_none(place: Place) -> None:
    await place.adopt(straight("look", "weigh", "sign"))
    first, second = await place.dossier(), await place.dossier()
    await step(place, second, "look")
    await place.adopt(straight("look", "sign"), "2", since=-1)
    plan = moving.Plan(place.code, "1", "2")
    found = await examined(place, plan)
    assert found[first] == []
    assert "weigh" in found[second][0]
    assert (await place.row(first))["procedure_version"] == "1"
    assert await examined(place, moving.Plan(place.code, "1", "2", {"weigh": "sign"})) == {
        first: [],
        second: [],
    }


async def test_each_dossier_moves_or_stays_as_it_was(place: Place) -> None:
    await place.adopt(straight("look", "weigh", "sign"))
    first, second = await place.dossier(), await place.dossier()
    await step(place, second, "look")
    await place.adopt(straight("look", "check", "sign"), "2", since=-1)
    plan = moving.Plan(place.code, "1", "2")
    assert await moved(place, plan) == {first: True, second: False}
    assert (await place.row(second))["procedure_version"] == "1"
    await step(place, first, "look")
    assert list(await place.waits(first)) == ["check"]
    await step(place, second, "weigh")
    assert list(await place.waits(second)) == ["sign"]
    assert "dossier.moved_version" in await place.told(first)
    assert "dossier.moved_version" not in await place.told(second)


async def test_what_a_moved_dossier_waits_for_keeps_its_moment_and_its_timer(place: Place) -> None:
    await place.adopt(straight("look", "sign", timer_on="look"))
    dossier = await place.dossier()
    before = await place.waits(dossier)
    await place.adopt(straight("look-at-it", "sign", timer_on="look-at-it"), "2", since=-1)
    plan = moving.Plan(place.code, "1", "2", {"look": "look-at-it"})
    assert await moved(place, plan) == {dossier: True}
    after = await place.waits(dossier)
    kept = ("token", "since", "due_at")
    assert [after["look-at-it"][k] for k in kept] == [before["look"][k] for k in kept]
    assert [after["late"][k] for k in kept] == [before["late"][k] for k in kept]
    assert after["look-at-it"]["name_vi"] == "Bước look-at-it"
    await place.pass_time(dossier, "late")
    await place.work_off(everything=True)
    assert list(await place.waits(dossier)) == ["look-at-it"]
    assert (await place.told(dossier)).count("step.timer_fired") == 1


async def test_nobody_moves_to_a_version_that_the_tenant_has_not_adopted(place: Place) -> None:
    await place.adopt(straight("look"))
    with pytest.raises(NotFound):
        await moved(place, moving.Plan(place.code, "1", "9"))


async def test_a_case_runs_on_the_files_it_began_with_whatever_the_package_gives_now(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.adopt(straight("look", "sign"))
    dossier = await place.dossier()
    other = load(straight("look", "elsewhere").encode())
    monkeypatch.setattr(Adopted, "definition", other)
    await step(place, dossier, "look")
    assert list(await place.waits(dossier)) == ["sign"]


async def test_a_case_whose_files_are_gone_says_so_and_stays(place: Place, owner: Database) -> None:
    await place.adopt(straight("look", "sign"))
    dossier = await place.dossier()
    sql = "update process_instance set digest = 'another' where id = $1"
    async with place.platform.db.tenant(place.tenant) as tx:
        await tx.execute(sql, dossier)
    with pytest.raises(Conflict):
        await step(place, dossier, "look")
    assert list(await place.waits(dossier)) == ["look"]
