"""What the centre wrote in the last seconds before a cut: the officers go on, and the centre joins the two."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from motcua import clock
from motcua.errors import Conflict
from motcua.queues import calling, serving, taking_up

from ..queues.conftest import Hall
from .conftest import Machine
from .test_site import call, issue, sit

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ALONE = NOON + timedelta(minutes=1)


async def ticket(hall: Hall, number: str) -> UUID:
    [row] = await hall.fetch("select id from ticket where number = $1", number)
    return UUID(bytes=row["id"].bytes)


async def at_node(machine: Machine, command: Any, *args: Any) -> Any:
    async with machine.work() as work:
        return await command(work, *args)


@asynccontextmanager
async def last_heard(machine: Machine) -> AsyncIterator[None]:
    """Let the machine hear of what is done at noon, and of nothing after it."""
    with clock.at(NOON):
        yield
        await machine.ticks(1)
        machine.line.cut = True


async def cut(machine: Machine) -> None:
    """Let the machine have the site alone, a minute after noon."""
    with clock.at(ALONE):
        await machine.ticks(8)
    assert machine.keeper.state == "alone"


async def heal(machine: Machine) -> None:
    with clock.at(NOON + timedelta(minutes=30)):
        machine.line.cut = False
        await machine.ticks(1)
    assert machine.keeper.state == "linked"


async def start(hall: Hall, number: str, counter: int = 0) -> None:
    await hall.do(serving.start, await ticket(hall, number), hall.staff[counter])


async def linked(hall: Hall, machine: Machine, *places: int) -> None:
    with clock.at(NOON):
        for place in places:
            await sit(hall, hall, place)
        await machine.ticks(3)


async def test_a_number_that_was_started_unseen_is_served_on_and_its_time_is_the_true_one(
    hall: Hall, machine: Machine
) -> None:
    await linked(hall, machine, 0)
    async with last_heard(machine):
        number = await issue(hall, hall)
        await call(hall, hall)
    with clock.at(NOON + timedelta(seconds=4)):
        await start(hall, number)
    await cut(machine)
    one = await ticket(hall, number)
    with clock.at(NOON + timedelta(minutes=5)):
        with pytest.raises(Conflict):
            await at_node(machine, serving.finish, one, hall.staff[0])
        await at_node(machine, taking_up.take_up, hall.counters[0], hall.staff[0], one)
        await at_node(machine, serving.finish, one, hall.staff[0])
    await heal(machine)
    assert await hall.tiles(one) == ["waiting", "called", "serving", "serving"]
    [served] = await hall.fetch(
        "select sum(to_at - from_at) as took from segment where ticket_id = $1 and kind = 'serving'",
        one,
    )
    assert served["took"] == timedelta(minutes=4, seconds=56)
    await hall.seat_tiles(0)


async def test_a_number_that_was_called_and_started_unseen_is_taken_up_from_the_line(
    hall: Hall, machine: Machine
) -> None:
    await linked(hall, machine, 0)
    async with last_heard(machine):
        number = await issue(hall, hall)
    with clock.at(NOON + timedelta(seconds=3)):
        await call(hall, hall)
        await start(hall, number)
    await cut(machine)
    one = await ticket(hall, number)
    with clock.at(NOON + timedelta(minutes=5)):
        await at_node(machine, taking_up.take_up, hall.counters[0], hall.staff[0], one)
        await at_node(machine, serving.finish, one, hall.staff[0])
        assert await call(machine, hall) is None
    await heal(machine)
    assert await hall.tiles(one) == ["waiting", "called", "serving", "serving"]
    assert (await hall.ticket(one))["state"] == "done"
    assert len(await hall.fetch("select 1 from ticket_service")) == 1


async def test_a_number_that_was_finished_unseen_ends_once(hall: Hall, machine: Machine) -> None:
    await linked(hall, machine, 0)
    async with last_heard(machine):
        number = await issue(hall, hall)
        await call(hall, hall)
        await start(hall, number)
    one = await ticket(hall, number)
    ended = NOON + timedelta(seconds=6)
    with clock.at(ended):
        await hall.do(serving.finish, one, hall.staff[0])
    await cut(machine)
    with clock.at(NOON + timedelta(minutes=5)):
        # Its page shows it at the counter: the big key ends it there too.
        await at_node(machine, serving.finish, one, hall.staff[0])
    await heal(machine)
    assert await hall.tiles(one) == ["waiting", "called", "serving"]
    assert (await hall.ticket(one))["ended_at"] == ended
    assert len(await hall.fetch("select 1 from ticket_service")) == 1
    await hall.seat_tiles(0)


async def test_what_was_put_aside_unseen_and_ended_at_the_node_has_no_open_piece(
    hall: Hall, machine: Machine
) -> None:
    await linked(hall, machine, 0)
    async with last_heard(machine):
        number = await issue(hall, hall)
        await call(hall, hall)
    one = await ticket(hall, number)
    with clock.at(NOON + timedelta(seconds=6)):
        assert await hall.do(serving.no_show, one, hall.staff[0]) == "recycled"
    await cut(machine)
    with clock.at(NOON + timedelta(minutes=5)):
        await at_node(machine, taking_up.take_up, hall.counters[0], hall.staff[0], one)
        await at_node(machine, serving.finish, one, hall.staff[0])
    await heal(machine)
    await hall.tiles(one)
    assert (
        await hall.fetch("select 1 from segment where ticket_id = $1 and to_at is null", one) == []
    )


async def test_nothing_is_taken_up_where_the_centre_writes_or_long_after_the_cut(
    hall: Hall, machine: Machine
) -> None:
    await linked(hall, machine, 0)
    async with last_heard(machine):
        number = await issue(hall, hall)
        one = await ticket(hall, number)
        with pytest.raises(Conflict, match="cut off"):
            await hall.do(taking_up.take_up, hall.counters[0], hall.staff[0], one)
    await cut(machine)
    with clock.at(NOON + timedelta(hours=1)), pytest.raises(Conflict, match="cut off"):
        await at_node(machine, taking_up.take_up, hall.counters[0], hall.staff[0], one)


async def test_a_number_that_came_after_the_cut_is_called_as_ever(
    hall: Hall, machine: Machine
) -> None:
    await linked(hall, machine, 0)
    machine.line.cut = True
    await cut(machine)
    with clock.at(NOON + timedelta(minutes=2)):
        await issue(machine, hall)
        [row] = await machine.fetch("select id from ticket")
        with pytest.raises(Conflict, match="since the cut"):
            await at_node(machine, taking_up.take_up, hall.counters[0], hall.staff[0], row["id"])


async def test_who_has_another_number_at_his_counter_takes_none_up(
    hall: Hall, machine: Machine
) -> None:
    await linked(hall, machine, 0)
    async with last_heard(machine):
        await issue(hall, hall)
        number = await issue(hall, hall)
        await call(hall, hall)
    await cut(machine)
    one = await ticket(hall, number)
    with clock.at(NOON + timedelta(minutes=2)), pytest.raises(Conflict, match="Finish it first"):
        await at_node(machine, taking_up.take_up, hall.counters[0], hall.staff[0], one)


async def test_what_another_counter_has_is_not_taken_up(hall: Hall, machine: Machine) -> None:
    await linked(hall, machine, 0, 1)
    async with last_heard(machine):
        number = await issue(hall, hall)
        await hall.do(calling.call_next, hall.counters[1], hall.staff[1])
    await cut(machine)
    one = await ticket(hall, number)
    with clock.at(NOON + timedelta(minutes=2)), pytest.raises(Conflict, match="Reload"):
        await at_node(machine, taking_up.take_up, hall.counters[0], hall.staff[0], one)
