"""Running dossiers stay on their version until somebody moves them, by a plan, each for itself."""

from uuid import UUID

import pytest

from motcua.catalogue.adopted import Adopted
from motcua.dossiers import clock, moving, queries, way
from motcua.dossiers.law import law_of
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


PAID = 'mc:message="paid"'
PAUSED = f'{PAID} mc:clock="pause" mc:state="6"'


def paying(attributes: str) -> str:
    """Return a process that waits for a payment first."""
    return bpmn(
        '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="pay"/>'
        + task("pay", "check", tag="receiveTask", more=attributes)
        + task("check", "e")
        + '<endEvent id="e"/>'
    )


@pytest.mark.parametrize(("before", "after", "state"), [(PAUSED, PAID, 4), (PAID, PAUSED, 6)])
async def test_clock_and_state_follow_what_the_new_diagram_says(
    place: Place, before: str, after: str, state: int
) -> None:
    await place.adopt(paying(before))
    dossier = await place.dossier()
    await place.adopt(paying(after), "2", since=-1)
    assert await moved(place, moving.Plan(place.code, "1", "2")) == {dossier: True}
    row = await place.row(dossier)
    assert row["state"] == state
    assert (row["paused_since"] is not None) == (state == 6)


async def test_what_was_promised_stays_when_the_new_version_has_another_limit(place: Place) -> None:
    await place.adopt(straight("look", "sign"))
    dossier = await place.dossier()
    due = (await place.row(dossier))["due_at"]
    longer = {"kind": "working_days", "value": 10, "text_vi": "10 ngày"}
    await place.adopt(straight("look", "sign"), "2", since=-1, time_limit=longer)
    assert await moved(place, moving.Plan(place.code, "1", "2")) == {dossier: True}
    for command in (clock.pause, None):
        async with place.platform.works.begin(place.tenant, SYSTEM) as work:
            row = await queries.one(work.tx, dossier)
            _, procedure = await law_of(place.platform, work, row)
            if command:
                await command(work, dossier, "opinion")
            else:
                await clock.resume(work, row, procedure.package, "opinion")
    assert (await place.row(dossier))["due_at"] == due


async def test_a_dossier_whose_case_is_gone_stays_and_the_others_are_looked_at(
    place: Place,
) -> None:
    cases = [
        {"id": "many", "name_vi": "Nhiều", "name_en": "Many", "when": "copies > 9"},
        {"id": "few", "name_vi": "Ít", "name_en": "Few"},
    ]
    await place.adopt(straight("look", "sign"), cases=cases)
    first, second = await place.dossier(), await place.dossier()
    await place.adopt(straight("look", "sign"), "2", since=-1)
    found = await examined(place, moving.Plan(place.code, "1", "2"))
    assert set(found) == {first, second}
    assert all("no case 'few'" in reasons[0] for reasons in found.values())
