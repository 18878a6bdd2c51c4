from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import anyio
import asyncpg
import pytest

from motcua.errors import Conflict, NotFound
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.queues import board, numbers, queries, service

from .conftest import Hall

pytestmark = pytest.mark.anyio
DAY = datetime.now(UTC).date()


async def _issue(hall: Hall, count: int, line: str = "A") -> list[service.Issued]:
    found = []
    for _ in range(count):
        async with hall.work() as work:
            found.append(await service.issue(work, hall.site, hall.lines[line]))
    return found


async def _open(hall: Hall, *seats: int) -> None:
    for seat in seats:
        async with hall.work() as work:
            await service.open_counter(work, hall.counters[seat], hall.staff[seat])


async def _call(hall: Hall, seat: int) -> service.Called | None:
    async with hall.work() as work:
        return await service.call_next(work, hall.counters[seat], hall.staff[seat])


async def _tiles(hall: Hall, ticket: UUID) -> list[str]:
    """Return the kinds of a ticket's segments after checking that they tile its life."""
    rows = await hall.fetch(
        "select kind, from_at, to_at from segment where ticket_id = $1 order by from_at, id", ticket
    )
    [life] = await hall.fetch("select issued_at, ended_at from ticket where id = $1", ticket)
    assert rows[0]["from_at"] == life["issued_at"]
    assert rows[-1]["to_at"] == life["ended_at"]
    for before, after in pairwise(rows):
        assert before["to_at"] == after["from_at"]
    return [r["kind"] for r in rows]


async def test_numbers_have_no_gap_and_no_double_under_parallel_clients(hall: Hall) -> None:
    taken: list[str] = []

    async def one(fail: bool) -> None:
        try:
            async with hall.work() as work:
                number = await numbers.take(work, hall.site, "A", DAY)
                if fail:
                    raise Conflict("Hỏng.", "Broken.")
        except Conflict:
            return
        taken.append(number)

    async with anyio.create_task_group() as group:
        for n in range(40):
            group.start_soon(one, n % 4 == 0)
    assert sorted(taken) == [numbers.write("A", n) for n in range(1, 31)]


async def test_each_line_and_each_day_has_its_own_numbers(hall: Hall) -> None:
    async with hall.work() as work:
        first = await numbers.take(work, hall.site, "A", DAY)
        other = await numbers.take(work, hall.site, "B", DAY)
        next_day = await numbers.take(work, hall.site, "A", DAY.replace(year=DAY.year + 1))
    assert (first, other, next_day) == ("A001", "B001", "A001")


async def test_no_ticket_is_called_twice_by_parallel_counters(hall: Hall) -> None:
    await _issue(hall, 24)
    await _open(hall, 0, 1, 2)
    served: list[str] = []

    async def serve(seat: int) -> None:
        while called := await _call(hall, seat):
            served.append(called.number)
            async with hall.work() as work:
                await service.start(work, called.id, hall.staff[seat])
            async with hall.work() as work:
                await service.finish(work, called.id, hall.staff[seat])

    async with anyio.create_task_group() as group:
        for seat in range(3):
            group.start_soon(serve, seat)
    assert sorted(served) == [numbers.write("A", n) for n in range(1, 25)]
    calls = await hall.fetch("select seq, number from board_call order by seq")
    assert [c["seq"] for c in calls] == list(range(1, 25)), "the board's numbers have no gap"


async def test_one_counter_pressed_many_times_at_once_calls_one_ticket(hall: Hall) -> None:
    await _issue(hall, 5)
    await _open(hall, 0)
    called: list[service.Called] = []
    refused: list[Conflict] = []

    async def press() -> None:
        try:
            found = await _call(hall, 0)
        except Conflict as error:
            refused.append(error)
        else:
            assert found
            called.append(found)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(press)
    assert (len(called), len(refused)) == (1, 7)


async def test_tickets_are_called_in_the_order_of_arrival_over_all_lines(hall: Hall) -> None:
    order = [(await _issue(hall, 1, line))[0].number for line in "ABAB"]
    await _open(hall, 0)
    seen = []
    for _ in order:
        called = await _call(hall, 0)
        assert called
        seen.append(called.number)
        async with hall.work() as work:
            await service.no_show(work, called.id, hall.staff[0])
    assert seen == order
    assert await _call(hall, 0) is None


async def test_segments_tile_the_life_of_a_ticket(hall: Hall) -> None:
    served, missed = await _issue(hall, 2)
    await _open(hall, 0)
    await _call(hall, 0)
    async with hall.work() as work:
        assert await service.recall(work, served.id, hall.staff[0]) == 2
    async with hall.work() as work:
        await service.start(work, served.id, hall.staff[0])
    async with hall.work() as work:
        await service.finish(work, served.id, hall.staff[0])
    await _call(hall, 0)
    async with hall.work() as work:
        await service.no_show(work, missed.id, hall.staff[0])
    assert await _tiles(hall, served.id) == ["waiting", "called", "serving"]
    assert await _tiles(hall, missed.id) == ["waiting", "called"]


async def test_each_verb_wants_its_state_and_its_officer(hall: Hall) -> None:
    [ticket] = await _issue(hall, 1)
    await _open(hall, 0, 1)
    for verb in (service.start, service.finish, service.no_show, service.recall):
        with pytest.raises(Conflict):
            async with hall.work() as work:
                await verb(work, ticket.id, hall.staff[0])
    await _call(hall, 0)
    with pytest.raises(Conflict):
        async with hall.work() as work:
            await service.start(work, ticket.id, hall.staff[1])
    with pytest.raises(Conflict):
        async with hall.work() as work:
            await service.leave_counter(work, hall.counters[0], hall.staff[0])
    with pytest.raises(NotFound):
        async with hall.work() as work:
            await service.start(work, uuid7(), hall.staff[0])


async def test_two_officers_cannot_sit_at_one_counter(hall: Hall) -> None:
    await _open(hall, 0)
    with pytest.raises(Conflict):
        async with hall.work() as work:
            await service.open_counter(work, hall.counters[0], hall.staff[1])
    with pytest.raises(Conflict):
        async with hall.work() as work:
            await service.call_next(work, hall.counters[0], hall.staff[1])
    async with hall.work() as work:
        await service.leave_counter(work, hall.counters[0], hall.staff[0])
    async with hall.work() as work:
        await service.open_counter(work, hall.counters[0], hall.staff[1])


async def test_a_person_holds_one_live_ticket_in_a_line(hall: Hall) -> None:
    async with hall.work() as work:
        person = await citizens.remember(work, Citizen(pid="022094900777", full_name="Thử"))
        first = await service.issue(work, hall.site, hall.lines["A"], person=person)
    with pytest.raises(Conflict, match=first.number):
        async with hall.work() as work:
            await service.issue(work, hall.site, hall.lines["A"], person=person)
    async with hall.work() as work:
        await service.issue(work, hall.site, hall.lines["B"], person=person)
    with pytest.raises(NotFound):
        async with hall.work() as work:
            await service.issue(work, hall.site, uuid7())


async def test_a_person_who_asks_many_times_at_once_gets_one_ticket_and_no_number_is_lost(
    hall: Hall,
) -> None:
    async with hall.work() as work:
        person = await citizens.remember(work, Citizen(pid="022094900778", full_name="Thử"))
    issued: list[str] = []
    refused: list[Conflict] = []

    async def ask() -> None:
        try:
            async with hall.work() as work:
                made = await service.issue(work, hall.site, hall.lines["A"], person=person)
        except Conflict as error:
            refused.append(error)
        else:
            issued.append(made.number)

    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(ask)
    assert (issued, len(refused)) == (["A001"], 5)
    assert [t.number for t in await _issue(hall, 1)] == ["A002"]


async def test_the_database_itself_holds_one_live_ticket_for_a_person_and_line(hall: Hall) -> None:
    async with hall.work() as work:
        person = await citizens.remember(work, Citizen(pid="022094900779", full_name="Thử"))
        await service.issue(work, hall.site, hall.lines["A"], person=person)
    copy = """
    insert into ticket (id, site_id, line_id, day, number, public_code, trace_id, person_id, state,
      sort_key, issued_at, low_minutes, high_minutes)
    select gen_random_uuid(), site_id, line_id, day, 'A900', 'COPY', trace_id, person_id, $1,
      sort_key, issued_at, 0, 0 from ticket where person_id = $2 limit 1
    """
    with pytest.raises(asyncpg.UniqueViolationError):
        await hall.fetch(copy, "serving", person)
    await hall.fetch(copy, "done", person)


async def _yesterday(hall: Hall) -> None:
    """Make everything in the hall a day older."""
    await hall.fetch("update counter set opened_at = opened_at - interval '1 day'")
    await hall.fetch(
        "update ticket set day = day - 1, issued_at = issued_at - interval '1 day',"
        " called_at = called_at - interval '1 day'"
    )
    await hall.fetch(
        "update segment set from_at = from_at - interval '1 day', to_at = to_at - interval '1 day'"
    )


async def test_a_counter_left_open_yesterday_is_taken_over_with_what_lies_there(hall: Hall) -> None:
    [old] = await _issue(hall, 1)
    await _open(hall, 0)
    await _call(hall, 0)
    await _yesterday(hall)
    [new] = await _issue(hall, 1)
    async with hall.work() as work:
        assert await queries.at_counter(work.tx, hall.counters[0]) is None
        assert await queries.seat(work.tx, hall.staff[0]) is None
        await service.open_counter(work, hall.counters[0], hall.staff[1])
    async with hall.work() as work:
        called = await service.call_next(work, hall.counters[0], hall.staff[1])
    assert called
    assert called.id == new.id
    assert await _tiles(hall, old.id) == ["waiting", "called"]
    [event] = await hall.fetch("select payload from event where type = 'ticket.no_show'")
    assert event["payload"] == {"reason": "counter_taken_over"}


async def test_who_forgot_to_leave_yesterday_sits_down_elsewhere_today(hall: Hall) -> None:
    await _open(hall, 0)
    await _yesterday(hall)
    async with hall.work() as work:
        await service.open_counter(work, hall.counters[1], hall.staff[0])
    seats = await hall.fetch("select id from counter where staff_id = $1", hall.staff[0])
    assert [s["id"] for s in seats] == [hall.counters[1]]


async def test_nobody_sits_down_at_two_counters_at_once(hall: Hall) -> None:
    refused: list[Conflict] = []

    async def sit(seat: int) -> None:
        try:
            async with hall.work() as work:
                await service.open_counter(work, hall.counters[seat], hall.staff[0])
        except Conflict as error:
            refused.append(error)

    async with anyio.create_task_group() as group:
        for seat in range(3):
            group.start_soon(sit, seat)
    assert len(refused) == 2
    assert len(await hall.fetch("select 1 from counter where staff_id is not null")) == 1


async def test_officers_who_change_places_do_not_wait_for_each_other(hall: Hall) -> None:
    for _ in range(5):
        await hall.fetch("update counter set staff_id = null")
        await _open(hall, 0, 1)
        await _yesterday(hall)

        async def sit(seat: int, officer: int) -> None:
            async with hall.work() as work:
                await service.open_counter(work, hall.counters[seat], hall.staff[officer])

        async with anyio.create_task_group() as group:
            group.start_soon(sit, 1, 0)
            group.start_soon(sit, 0, 1)
        seats = await hall.fetch("select staff_id from counter where staff_id is not null")
        assert len(seats) == 2


async def test_a_released_counter_ends_its_ticket_and_is_free(hall: Hall) -> None:
    [ticket] = await _issue(hall, 1)
    await _open(hall, 0)
    await _call(hall, 0)
    async with hall.work() as work:
        await service.start(work, ticket.id, hall.staff[0])
    async with hall.work() as work:
        await service.release_counter(work, hall.counters[0])
    assert await _tiles(hall, ticket.id) == ["waiting", "called", "serving"]
    [row] = await hall.fetch("select state from ticket where id = $1", ticket.id)
    assert row["state"] == "no_show"
    events = await hall.fetch("select type, payload from event order by id desc limit 2")
    assert {e["type"]: e["payload"] for e in events} == {
        "ticket.no_show": {"reason": "counter_released"},
        "counter.released": {"counter": "1"},
    }
    with pytest.raises(Conflict):
        async with hall.work() as work:
            await service.release_counter(work, hall.counters[0])
    with pytest.raises(NotFound):
        async with hall.work() as work:
            await service.release_counter(work, uuid7())
    async with hall.work() as work:
        await service.open_counter(work, hall.counters[0], hall.staff[1])


async def test_the_board_shows_the_last_calls_and_the_lines(hall: Hall) -> None:
    await _issue(hall, 3)
    await _open(hall, 0, 1)
    await _call(hall, 0)
    now = datetime.now(UTC)
    async with hall.platform.db.tenant(hall.tenant) as tx:
        state = await board.snapshot(tx, hall.site, now)
        assert await board.calls_after(tx, hall.site, 1, now) == []
        found = await board.calls_after(tx, hall.site, 0, now)
        total, rows = await queries.waiting(tx, hall.site, ["A", "B"], now)
    assert [c["number"] for c in state["calls"]] == ["A001"] == [c.number for c in found]
    assert [(r["letter"], r["waiting"]) for r in state["lines"]] == [("A", 2), ("B", 0)]
    assert total == len(rows) == 2
    assert rows[0][1].high <= rows[1][1].high


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 20])
async def test_the_board_never_drops_the_last_called(hall: Hall, count: int) -> None:
    await _issue(hall, count)
    await _open(hall, 0)
    for _ in range(count):
        called = await _call(hall, 0)
        assert called
        async with hall.work() as work:
            await service.no_show(work, called.id, hall.staff[0])
    async with hall.platform.db.tenant(hall.tenant) as tx:
        state = await board.snapshot(tx, hall.site, datetime.now(UTC))
    shown = [c["number"] for c in state["calls"]]
    assert shown == [numbers.write("A", n) for n in range(count, max(0, count - board.SHOWN), -1)]


async def test_leaving_and_calling_at_once_leaves_no_ticket_at_an_empty_counter(
    hall: Hall,
) -> None:
    for _ in range(10):
        await _issue(hall, 1)
        await _open(hall, 0)

        async def leave() -> None:
            try:
                async with hall.platform.works.begin(hall.tenant, SYSTEM) as work:
                    await queries.hold(work.tx, hall.counters[0])
                    await service.leave_counter(work, hall.counters[0], hall.staff[0])
            except Conflict:
                return

        async def call() -> None:
            try:
                await _call(hall, 0)
            except Conflict:
                return

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            group.start_soon(leave)
        orphans = await hall.fetch(
            "select t.id from ticket t join counter c on c.id = t.counter_id"
            " where t.state = 'called' and c.staff_id is null"
        )
        assert orphans == []
        await hall.fetch("update ticket set state = 'cancelled' where state <> 'cancelled'")
