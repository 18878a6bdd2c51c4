"""A site that loses the centre goes on, and nothing is lost or done twice when the line is back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from motcua import clock
from motcua.errors import Unavailable
from motcua.queues import calling, issuing, seats, serving
from motcua.station import devices

from ..queues.conftest import Hall
from .conftest import Machine

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
_TICKETS = "select number, state, counter_id from ticket where site_id = $1 order by number"
_NUMBERS = "select number from ticket where site_id = $1 order by number"


async def issue(where: Any, hall: Hall, letter: str = "A") -> str:
    async with where.work() as work:
        return (await issuing.issue(work, hall.site, hall.lines[letter])).number


async def call(where: Any, hall: Hall, counter: int = 0) -> str | None:
    async with where.work() as work:
        called = await calling.call_next(work, hall.counters[counter], hall.staff[counter])
    return called.number if called else None


async def sit(where: Any, hall: Hall, counter: int = 0) -> None:
    async with where.work() as work:
        await seats.open_counter(work, hall.counters[counter], hall.staff[counter])


async def test_while_the_line_stands_the_centre_writes_and_the_node_may_not(
    hall: Hall, machine: Machine
) -> None:
    await machine.ticks(3)
    assert machine.keeper.state == "linked"
    number = await issue(hall, hall)
    await machine.ticks(1)
    assert [r["number"] for r in await machine.fetch(_NUMBERS, hall.site)] == [number]
    with pytest.raises(Unavailable, match="cut off"):
        await issue(machine, hall)


async def test_a_node_keeps_no_person(hall: Hall, machine: Machine) -> None:
    await machine.ticks(3)
    async with hall.work() as work:
        await issuing.issue(work, hall.site, hall.lines["A"], contact="0912345678")
    await machine.ticks(1)
    kept = await machine.fetch("select person_id, contact_sealed from visit")
    assert kept == [{"person_id": None, "contact_sealed": None}]


async def test_the_centre_stops_before_the_node_begins(hall: Hall, machine: Machine) -> None:
    with clock.at(NOON):
        await machine.ticks(3)
        machine.line.cut = True
        await machine.ticks(1)
        assert machine.keeper.state == "waiting"
    with clock.at(NOON + timedelta(seconds=11)):
        with pytest.raises(Unavailable):
            await issue(hall, hall)
        await machine.ticks(3)
        assert machine.keeper.state == "waiting"
        with pytest.raises(Unavailable):
            await issue(machine, hall)
        await machine.ticks(3)
        assert machine.keeper.state == "alone"
        assert await issue(machine, hall) == "A801"


async def test_a_site_alone_issues_and_calls_and_the_centre_has_it_all_afterwards(
    hall: Hall, machine: Machine
) -> None:
    with clock.at(NOON):
        await sit(hall, hall)
        first = await issue(hall, hall)
        await machine.ticks(3)
        machine.line.cut = True
        await machine.ticks(8)
    with clock.at(NOON + timedelta(minutes=5)):
        assert await issue(machine, hall) == "A801"
        assert await call(machine, hall) == first
        async with machine.work() as work:
            ticket = await work.tx.fetchval("select id from ticket where number = $1", first)
            await serving.start(work, ticket, hall.staff[0])
    with clock.at(NOON + timedelta(minutes=9)):
        async with machine.work() as work:
            await serving.finish(work, ticket, hall.staff[0])
        assert await call(machine, hall) == "A801"
        machine.line.cut = False
        await machine.ticks(1)
        assert machine.keeper.state == "linked"
        assert await issue(hall, hall) == "A002"
    states = {r["number"]: r["state"] for r in await hall.fetch(_TICKETS, hall.site)}
    assert states == {"A001": "done", "A801": "called", "A002": "waiting"}
    calls = await hall.fetch("select seq, number from board_call order by seq")
    assert [(c["seq"], c["number"]) for c in calls] == [(1, "A001"), (2, "A801")]
    kinds = await hall.fetch(
        "select s.kind, s.to_at - s.from_at as took from segment s join ticket t on t.id = s.ticket_id"
        " where t.number = 'A001' order by s.from_at, s.id"
    )
    assert [k["kind"] for k in kinds] == ["waiting", "called", "serving"]
    assert kinds[0]["took"] == timedelta(minutes=5)


async def test_a_second_cut_goes_on_behind_the_numbers_of_the_first(
    hall: Hall, machine: Machine
) -> None:
    for number in ("A801", "A802"):
        await machine.ticks(3)
        machine.line.cut = True
        await machine.ticks(8)
        assert await issue(machine, hall) == number
        machine.line.cut = False
        await machine.ticks(1)
    assert await issue(hall, hall) == "A001"


async def test_an_answer_that_is_lost_makes_nothing_twice(hall: Hall, machine: Machine) -> None:
    await machine.ticks(3)
    machine.line.cut = True
    await machine.ticks(8)
    await issue(machine, hall)
    machine.line.cut = False
    # The beat arrives; the batch arrives, but what is answered does not.
    machine.line.failing = ["", "deaf"]
    await machine.ticks(1)
    assert machine.keeper.state == "alone"
    await machine.ticks(1)
    assert machine.keeper.state == "linked"
    assert [r["number"] for r in await hall.fetch(_NUMBERS, hall.site)] == ["A801"]
    assert len(await hall.fetch("select 1 from event where type = 'ticket.issued'")) == 1


async def test_a_node_that_crashes_while_it_is_alone_is_alone_when_it_is_back(
    hall: Hall, machine: Machine
) -> None:
    await machine.ticks(3)
    machine.line.cut = True
    await machine.ticks(8)
    await issue(machine, hall)
    await machine.boot()
    assert machine.keeper.state == "alone"
    assert await issue(machine, hall) == "A802"
    machine.line.cut = False
    await machine.ticks(1)
    assert [r["number"] for r in await hall.fetch(_NUMBERS, hall.site)] == ["A801", "A802"]


async def test_a_number_called_in_the_last_seconds_goes_back_to_its_place(
    hall: Hall, machine: Machine
) -> None:
    with clock.at(NOON):
        await sit(hall, hall, 0)
        await sit(hall, hall, 1)
        seen, unseen = await issue(hall, hall), await issue(hall, hall)
        await machine.ticks(3)
        machine.line.cut = True
    with clock.at(NOON + timedelta(seconds=5)):
        # The centre still may: nobody at the hall sees it.
        assert await call(hall, hall, 0) == seen
    with clock.at(NOON + timedelta(seconds=30)):
        await machine.ticks(8)
        assert await call(machine, hall, 1) == seen
        assert await call(machine, hall, 0) == unseen
        machine.line.cut = False
        await machine.ticks(1)
    rows = {r["number"]: r for r in await hall.fetch(_TICKETS, hall.site)}
    assert rows[seen]["counter_id"] == hall.counters[1]
    assert rows[unseen]["counter_id"] == hall.counters[0]
    open_now = await hall.fetch("select ticket_id, staff_id from segment where to_at is null")
    assert len(open_now) == 2


async def test_a_node_that_is_switched_off_gives_the_site_back(
    hall: Hall, machine: Machine
) -> None:
    with clock.at(NOON):
        await machine.ticks(3)
        await machine.link.bye()
    with clock.at(NOON + timedelta(hours=1)):
        assert await issue(hall, hall) == "A001"


async def test_a_machine_that_is_taken_away_leaves_the_site_to_the_centre(
    hall: Hall, machine: Machine
) -> None:
    with clock.at(NOON):
        await machine.ticks(3)
    with clock.at(NOON + timedelta(hours=1)):
        with pytest.raises(Unavailable):
            await issue(hall, hall)
        async with hall.work() as work:
            row = await work.tx.fetchrow("select device_id from site_node")
            assert row is not None
            await devices.forget(work, row["device_id"])
        assert await issue(hall, hall) == "A001"
        await machine.ticks(1)
        assert "refuses" in machine.keeper.refused
