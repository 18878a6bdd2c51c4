"""What a drawn process does to its dossier: waiting, paying, timers, service tasks that fail."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from anyio import create_task_group

from motcua.dossiers import awaited, clock, incidents, timers, way
from motcua.dossiers.answering import Handed, answer_supplement
from motcua.dossiers.changes import change, lock
from motcua.dossiers.service_tasks import TaskRefused
from motcua.errors import Conflict, Invalid
from motcua.events.log import SYSTEM, Event
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.process import Complete
from motcua.process.store import TIMER
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.text import VIETNAM
from tests.conftest import NewTenant
from tests.core.dossiers.drawn import Place, bpmn, task

pytestmark = pytest.mark.anyio

PAYING = bpmn(
    '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="pay"/>'
    + task("pay", "check", tag="receiveTask",
           more='mc:message="paid" mc:clock="pause" mc:state="6"')
    + task("check", "e") + '<endEvent id="e"/>'
)  # fmt: skip


def timed(definition: str) -> str:
    """Return a process whose step is watched by a timer that ends it."""
    return bpmn(
        '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="check"/>'
        + task("check", "e")
        + f'<boundaryEvent id="late" name="Trễ" attachedToRef="check">{definition}</boundaryEvent>'
        + '<sequenceFlow id="f1" sourceRef="late" targetRef="head"/>'
        + task("head", "e")
        + '<endEvent id="e"/>'
    )


WEIGHING = bpmn(
    '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="weigh"/>'
    + task("weigh", "e", tag="serviceTask", more='mc:handler="weigh"')
    + '<boundaryEvent id="err" name="Hỏng cân" attachedToRef="weigh">'
    '<errorEventDefinition errorRef="broken"/></boundaryEvent>'
    '<sequenceFlow id="f1" sourceRef="err" targetRef="hand"/>'
    + task("hand", "e")
    + '<endEvent id="e"/>'
).replace("<process", '<error id="broken" name="broken" errorCode="no-scale"/><process')


@pytest.fixture
async def place(
    platform: Platform, owner: Database, quang_ninh: Tenant, new_tenant: NewTenant
) -> Place:
    made = Place(platform, owner, await new_tenant())
    async with platform.db.tenant(quang_ninh) as tx:
        calendar = await tx.fetchval("select content from tenant_calendar limit 1")
    await made.build(calendar)
    return made


async def test_a_payment_that_is_due_stops_the_clock_until_it_has_come(place: Place) -> None:
    await place.adopt(PAYING)
    dossier = await place.dossier()
    row = await place.row(dossier)
    assert row["state"] == 6
    assert row["paused_since"] is not None
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await awaited.arrived(place.platform, work, dossier, "paid")
    row = await place.row(dossier)
    assert row["state"] == 4
    assert row["paused_since"] is None
    assert list(await place.waits(dossier)) == ["check"]


async def test_what_nobody_waits_for_changes_nothing(place: Place) -> None:
    await place.adopt(PAYING)
    dossier = await place.dossier()
    before = await place.told(dossier)
    for message in ("withdrawn", "supplement_answered"):
        with pytest.raises(Conflict):
            async with place.platform.works.begin(place.tenant, SYSTEM) as work:
                await awaited.arrived(place.platform, work, dossier, message)
    assert await place.told(dossier) == before


async def test_a_timer_fires_once_though_it_is_delivered_several_times(place: Place) -> None:
    await place.adopt(timed('<timerEventDefinition mc:working="2 working_days"/>'))
    dossier = await place.dossier()
    waits = await place.waits(dossier)
    assert waits["late"]["watches"] == waits["check"]["token"]
    assert waits["late"]["due_at"] > waits["late"]["since"]
    await place.work_off()
    assert set(await place.waits(dossier)) == {"check", "late"}, "it is not its moment yet"
    await place.pass_time(dossier, "late")
    event = Event(
        uuid7(), uuid7(), waits["late"]["since"], TIMER, dossier, None, "system",
        {"token": waits["late"]["token"]},
    )  # fmt: skip
    for _ in range(3):
        async with place.platform.works.begin(place.tenant, SYSTEM) as work:
            await timers.fire(place.platform, work, event)
    await place.work_off(everything=True)
    assert list(await place.waits(dossier)) == ["head"]
    assert (await place.told(dossier)).count("step.timer_fired") == 1


async def test_several_workers_fire_a_timer_once(place: Place) -> None:
    await place.adopt(timed('<timerEventDefinition mc:working="2 working_days"/>'))
    dossier = await place.dossier()
    await place.pass_time(dossier, "late")
    async with create_task_group() as workers:
        for _ in range(6):
            workers.start_soon(lambda: place.work_off(everything=True))
    assert list(await place.waits(dossier)) == ["head"]
    assert (await place.told(dossier)).count("step.timer_fired") == 1


async def test_a_timer_is_owed_from_its_moment_on(place: Place) -> None:
    await place.adopt(
        timed("<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>")
    )
    dossier = await place.dossier()
    moment = (await place.waits(dossier))["late"]["due_at"]
    sql = "select next_at from outbox where subscriber = 'timer' and dead_at is null"
    async with place.platform.db.tenant(place.tenant) as tx:
        assert await tx.fetchval(sql) == moment
    await place.work_off(everything=True)
    assert set(await place.waits(dossier)) == {"check", "late"}, "delivered too early: owed again"
    async with place.platform.db.tenant(place.tenant) as tx:
        assert await tx.fetchval(sql) == moment


async def test_a_timer_before_the_due_date_moves_with_it(place: Place) -> None:
    await place.adopt(timed('<timerEventDefinition mc:beforeDue="1 working_days"/>'))
    dossier = await place.dossier()
    before = (await place.waits(dossier))["late"]["due_at"]
    sql = "update dossier set due_at = due_at + interval '14 days' where id = $1"
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await work.tx.execute(sql, dossier)
        work.emit("clock.extended", dossier, {})
    await place.work_off()
    after = (await place.waits(dossier))["late"]["due_at"]
    assert (after - before).days >= 13


async def test_a_step_that_is_done_takes_its_timer_along(place: Place) -> None:
    await place.adopt(timed('<timerEventDefinition mc:working="2 working_days"/>'))
    dossier = await place.dossier()
    token = (await place.waits(dossier))["check"]["token"]
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await way.go(place.platform, work, dossier, Complete(token))
    assert await place.waits(dossier) == {}
    await place.work_off(everything=True)
    assert "step.timer_fired" not in await place.told(dossier)


async def test_a_service_task_that_keeps_failing_is_an_incident_that_can_be_retried(
    place: Place,
) -> None:
    async def broken(_: Platform, __: Work, ___: UUID) -> Mapping[str, Any]:
        raise ConnectionRefusedError("the scale does not answer")

    await place.adopt(WEIGHING)
    place.handler = broken
    dossier = await place.dossier()
    tries = 0
    while (await place.waits(dossier))["weigh"]["incident"] is None:
        await place.work_off(everything=True)
        tries += 1
        assert tries < 20
    assert tries == 8
    incident = (await place.waits(dossier))["weigh"]
    assert "the scale does not answer" in incident["incident"]
    async with place.platform.db.tenant(place.tenant) as tx:
        listed = await incidents.listed(tx, [place.unit])
        assert await incidents.listed(tx, [uuid7()]) == []
    assert [(r["token"], r["total"]) for r in listed] == [(incident["token"], 1)]

    async def mended(_: Platform, __: Work, ___: UUID) -> Mapping[str, Any]:
        return {"weight": 3}

    place.handler = mended
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await incidents.retry(work, dossier, incident["token"])
    with pytest.raises(Conflict):
        async with place.platform.works.begin(place.tenant, SYSTEM) as work:
            await incidents.retry(work, dossier, incident["token"])
    await place.work_off()
    assert await place.waits(dossier) == {}
    async with place.platform.db.tenant(place.tenant) as tx:
        dead = "select count(*) from outbox where subscriber = 'service'"
        assert await tx.fetchval(dead) == 0


async def test_a_refusal_that_the_process_expects_takes_its_other_way(place: Place) -> None:
    async def no_scale(_: Platform, work: Work, dossier: UUID) -> Mapping[str, Any]:
        work.emit("scale.asked", dossier, {})
        raise TaskRefused("no-scale", "there is none")

    await place.adopt(WEIGHING)
    place.handler = no_scale
    dossier = await place.dossier()
    await place.work_off()
    assert list(await place.waits(dossier)) == ["hand"]
    assert "scale.asked" not in await place.told(dossier), "what the handler wrote is undone"


async def test_a_refusal_that_nobody_expects_is_an_incident_at_once_and_can_be_skipped(
    place: Place,
) -> None:
    async def strange(_: Platform, __: Work, ___: UUID) -> Mapping[str, Any]:
        raise TaskRefused("too-heavy", "400 kg")

    await place.adopt(WEIGHING)
    place.handler = strange
    dossier = await place.dossier()
    await place.work_off()
    wait = (await place.waits(dossier))["weigh"]
    assert wait["incident"] == "too-heavy: 400 kg"
    with pytest.raises(Invalid) as wrong:
        async with place.platform.works.begin(place.tenant, SYSTEM) as work:
            await incidents.skip(place.platform, work, dossier, wait["token"], "  ")
    assert "reason" in wrong.value.fields
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await incidents.skip(place.platform, work, dossier, wait["token"], "Cân tay")
    assert await place.waits(dossier) == {}
    assert "step.skipped" in await place.told(dossier)


ASKING = bpmn(
    '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="ask"/>'
    + task("ask", "how-many", tag="receiveTask",
           more='mc:message="supplement_answered" mc:clock="pause" mc:state="5"')
    + '<exclusiveGateway id="how-many" default="f2"/>'
    '<sequenceFlow id="f1" sourceRef="how-many" targetRef="many"><conditionExpression>copies &gt; 100'
    '</conditionExpression></sequenceFlow><sequenceFlow id="f2" sourceRef="how-many" targetRef="few"/>'
    + task("many", "e") + task("few", "e") + '<endEvent id="e"/>'
)  # fmt: skip
_REQUEST = """
insert into supplement (id, dossier_id, stage, items, reason, requested_by, requested_at)
values ($1, $2, 'settlement', $3, 'sai', $4, now())
"""


async def test_gateways_after_a_supplement_decide_on_the_new_answers(place: Place) -> None:
    await place.adopt(ASKING)
    dossier = await place.dossier()
    person = (await place.row(dossier))["submitter_id"]
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await change(place.platform, work, await lock(work, dossier), "dossier.processing")
        await clock.pause(work, dossier, "supplement")
        row = await lock(work, dossier)
        await change(place.platform, work, row, "dossier.supplement_requested")
        items = [{"kind": "field", "key": "copies", "note": "Sai số bản"}]
        await work.tx.execute(_REQUEST, uuid7(), dossier, items, uuid7())
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        handed = Handed((), {"copies": "500"})
        await answer_supplement(place.platform, work, dossier, person, handed)
    assert list(await place.waits(dossier)) == ["many"]


async def test_a_new_calendar_moves_working_timers_and_the_limits_of_steps(place: Place) -> None:
    await place.adopt(timed('<timerEventDefinition mc:working="2 working_days"/>'))
    dossier = await place.dossier()
    before = await place.waits(dossier)
    today = before["late"]["since"].astimezone(VIETNAM).date()
    named = {"name_vi": "Nghỉ thử", "name_en": "Test"}
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        content = dict(await work.tx.fetchval("select content from tenant_calendar limit 1"))
        known = {row["date"] for row in content["off"]}
        days = [(today + timedelta(days=n)).isoformat() for n in range(7)]
        off = [{"date": day, **named} for day in days if day not in known]
        changed = {**content, "off": [*content["off"], *off]}
        await work.tx.execute("update tenant_calendar set content = $1", changed)
        work.emit("calendar.changed", place.tenant.id, {})
    await place.work_off()
    after = await place.waits(dossier)
    assert (after["late"]["due_at"] - before["late"]["due_at"]).days >= 4
    assert after["check"]["due_at"] > before["check"]["due_at"]
