"""Calls that meet other commands, or each other."""

from typing import Any

import anyio
import pytest

from motcua.errors import Conflict
from motcua.events.log import SYSTEM
from motcua.queues import calling, moving, numbers, seats, serving

from .conftest import Hall

pytestmark = pytest.mark.anyio
_HOLD = "select 1 from counter where id = $1 for no key update"
_HOLD_FIRST = "select 1 from ticket order by sort_key limit $1 for no key update"
_WAITS = "select count(*) from pg_locks where not granted"


async def test_no_ticket_is_called_twice_by_parallel_counters(hall: Hall) -> None:
    for _ in range(24):
        await hall.issue()
    await hall.sit(0, 1, 2)
    served: list[str] = []

    async def serve(n: int) -> None:
        while called := await hall.call(n):
            served.append(called.number)
            await hall.do(serving.start, called.id, hall.staff[n])
            await hall.do(serving.finish, called.id, hall.staff[n])

    async with anyio.create_task_group() as group:
        for n in range(3):
            group.start_soon(serve, n)
    assert sorted(served) == [numbers.write("A", n) for n in range(1, 25)]
    calls = await hall.fetch("select seq, number from board_call order by seq")
    assert [c["seq"] for c in calls] == list(range(1, 25)), "the board's numbers have no gap"


async def test_one_counter_pressed_many_times_at_once_calls_one_ticket(hall: Hall) -> None:
    for _ in range(5):
        await hall.issue()
    await hall.sit(0)
    called: list[calling.Called] = []
    refused: list[Conflict] = []

    async def press() -> None:
        try:
            found = await hall.call()
        except Conflict as error:
            refused.append(error)
        else:
            assert found
            called.append(found)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(press)
    assert (len(called), len(refused)) == (1, 7)
    assert all("A001 is at this counter" in str(r) for r in refused)


async def test_two_numbers_of_a_visit_called_at_once_come_one_after_the_other(hall: Hall) -> None:
    for _ in range(6):
        first = await hall.issue()
        second = await hall.issue("B", visit=first.visit_id)
        await hall.sit(0, 1)
        found: list[Any] = []

        async def call(n: int, found: list[Any] = found) -> None:
            found.append(await hall.call(n))

        async with anyio.create_task_group() as group:
            for n in range(2):
                group.start_soon(call, n)
        assert [f for f in found if f is not None][1:] == []
        states = {(await hall.ticket(t.id))["state"] for t in (first, second)}
        assert states == {"called", "parked"}
        for n in range(2):
            await hall.do(seats.release_counter, hall.counters[n])
        for made in (first, second):
            if (await hall.ticket(made.id))["state"] == "waiting":
                await hall.do(moving.cancel, made.id, "")


async def test_leaving_and_calling_at_once_leaves_no_ticket_at_an_empty_counter(
    hall: Hall,
) -> None:
    async def leave() -> None:
        async with hall.work() as work:
            await seats.seat_of(work, hall.counters[0])
            await seats.leave_counter(work, hall.counters[0], hall.staff[0])

    async def tolerant(command: Any) -> None:
        try:
            await command()
        except Conflict:
            return

    for _ in range(10):
        made = await hall.issue()
        await hall.sit(0)
        async with anyio.create_task_group() as group:
            group.start_soon(tolerant, hall.call)
            group.start_soon(tolerant, leave)
        orphans = await hall.fetch(
            "select t.id from ticket t join counter c on c.id = t.counter_id"
            " where t.state = 'called' and c.staff_id is null"
        )
        assert orphans == []
        await hall.do(moving.cancel, made.id, "")


@pytest.mark.parametrize(("held", "alone"), [(1, True), (8, True), (8, False)])
async def test_whoever_others_hold_at_the_moment_is_passed_however_many(
    hall: Hall, held: int, alone: bool
) -> None:
    made = [await hall.issue() for _ in range(held + 1)]
    await hall.sit(0)
    begin = hall.platform.works.begin
    async with hall.work() as holder:
        await holder.tx.execute(_HOLD_FIRST, held)
        async with begin(hall.tenant, SYSTEM, alone=alone) as work:
            called = await calling.call_next(work, hall.counters[0], hall.staff[0])
        assert called
        assert called.id == made[-1].id
        await hall.do(serving.start, called.id, hall.staff[0])
        await hall.do(serving.finish, called.id, hall.staff[0])
        assert await hall.call() is None
    again = await hall.call()
    assert again
    assert again.id == made[0].id


async def test_a_number_that_changed_while_a_call_waited_is_passed_and_stays_whole(
    hall: Hall,
) -> None:
    first, second = await hall.issue(), await hall.issue()
    await hall.sit(0)
    found: list[calling.Called | None] = []

    async def call() -> None:
        found.append(await hall.call())

    async with anyio.create_task_group() as group, hall.work() as holder:
        await holder.tx.execute(_HOLD, hall.counters[0])
        group.start_soon(call)
        with anyio.fail_after(10):
            while not (await hall.fetch(_WAITS))[0]["count"]:
                pass
        # The call has begun to look: for it this number is as it was before.
        goal = {"counter": hall.counters[0]}
        await hall.do(moving.transfer, first.id, hall.staff[1], **goal)
    [called] = found
    assert called
    assert called.id == second.id
    assert await hall.tiles(first.id) == ["waiting", "transferred"]
    await hall.do(serving.start, second.id, hall.staff[0])
    await hall.do(serving.finish, second.id, hall.staff[0])
    again = await hall.call()
    assert again
    assert again.id == first.id
    assert await hall.tiles(first.id) == ["waiting", "transferred", "called"]
