import anyio
import pytest

from motcua import clock
from motcua.errors import Conflict, Invalid, NotFound
from motcua.ids import uuid7
from motcua.queues import calling, moving, queries, seats, serving

from .conftest import Hall

pytestmark = pytest.mark.anyio


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


async def test_two_officers_cannot_sit_at_one_counter(hall: Hall) -> None:
    await hall.sit(0)
    with pytest.raises(Conflict):
        await hall.do(seats.open_counter, hall.counters[0], hall.staff[1])
    await hall.do(seats.leave_counter, hall.counters[0], hall.staff[0])
    await hall.do(seats.open_counter, hall.counters[0], hall.staff[1])
    with pytest.raises(Conflict):
        await hall.do(seats.leave_counter, hall.counters[0], hall.staff[0])
    with pytest.raises(NotFound):
        await hall.do(seats.open_counter, uuid7(), hall.staff[0])


async def test_a_profile_of_another_site_is_refused(hall: Hall) -> None:
    with pytest.raises(Invalid) as error:
        await hall.do(seats.open_counter, hall.counters[0], hall.staff[0], uuid7())
    assert "profile" in error.value.fields


async def test_who_sits_there_already_goes_on_from_another_machine(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.bring()
    await hall.sit(0)
    assert (await hall.ticket(made.id))["state"] == "serving"
    await hall.do(serving.finish, made.id, hall.staff[0])
    assert await hall.seat_tiles() == ["idle", "called", "serving", "idle"]
    assert await hall.event("counter.seat_taken") == {"counter": "1"}


async def test_an_officers_time_has_no_hole(hall: Hall) -> None:
    counter, officer = hall.counters[0], hall.staff[0]
    first, second = await hall.issue(), await hall.issue()
    await hall.sit(0)
    await hall.bring()
    await hall.do(serving.finish, first.id, officer)
    await hall.do(seats.take_break, counter, officer)
    with pytest.raises(Conflict):
        await hall.do(seats.take_break, counter, officer)
    await hall.do(seats.end_break, counter, officer)
    with pytest.raises(Conflict):
        await hall.do(seats.end_break, counter, officer)
    await hall.bring()
    with pytest.raises(Conflict, match="A002"):
        await hall.do(seats.take_break, counter, officer)
    await hall.do(moving.park, second.id, officer, "Chờ giấy tờ")
    await hall.do(seats.leave_counter, counter, officer)
    assert await hall.seat_tiles() == [
        "idle", "called", "serving", "idle", "break", "idle", "called", "serving", "idle",
    ]  # fmt: skip
    assert (
        await hall.fetch("select 1 from segment where staff_id = $1 and to_at is null", officer)
        == []
    )


async def test_a_counter_is_left_from_a_break_too(hall: Hall) -> None:
    await hall.sit(0)
    await hall.do(seats.take_break, hall.counters[0], hall.staff[0])
    await hall.do(seats.leave_counter, hall.counters[0], hall.staff[0])
    await hall.do(seats.open_counter, hall.counters[0], hall.staff[1])
    [row] = await hall.fetch("select break_since from counter where id = $1", hall.counters[0])
    assert row["break_since"] is None


async def test_a_counter_left_open_yesterday_is_taken_over_with_what_lies_there(hall: Hall) -> None:
    old = await hall.issue()
    await hall.sit(0)
    await hall.call()
    await _yesterday(hall)
    new = await hall.issue()
    async with hall.work() as work:
        assert await queries.at_counter(work.tx, hall.counters[0]) is None
        assert await queries.seat(work.tx, hall.staff[0]) is None
    await hall.do(seats.open_counter, hall.counters[0], hall.staff[1])
    async with hall.work() as work:
        called = await calling.call_next(work, hall.counters[0], hall.staff[1])
    assert called
    assert called.id == new.id
    assert await hall.tiles(old.id) == ["waiting", "called"]
    assert await hall.event("ticket.no_show") == {"reason": "counter_taken_over"}
    ended = (await hall.ticket(old.id))["ended_at"]
    assert ended <= clock.now()
    assert await hall.seat_tiles() == ["idle", "called"]


async def test_who_forgot_to_leave_yesterday_sits_down_elsewhere_today(hall: Hall) -> None:
    await hall.sit(0)
    await _yesterday(hall)
    await hall.do(seats.open_counter, hall.counters[1], hall.staff[0])
    rows = await hall.fetch("select id from counter where staff_id = $1", hall.staff[0])
    assert [r["id"] for r in rows] == [hall.counters[1]]


async def test_nobody_sits_down_at_two_counters_at_once(hall: Hall) -> None:
    refused: list[Conflict] = []

    async def sit(n: int) -> None:
        try:
            await hall.do(seats.open_counter, hall.counters[n], hall.staff[0])
        except Conflict as error:
            refused.append(error)

    async with anyio.create_task_group() as group:
        for n in range(3):
            group.start_soon(sit, n)
    assert len(refused) == 2
    assert len(await hall.fetch("select 1 from counter where staff_id is not null")) == 1


async def test_officers_who_change_places_do_not_wait_for_each_other(hall: Hall) -> None:
    for _ in range(5):
        await hall.fetch("update counter set staff_id = null")
        await hall.sit(0, 1)
        await _yesterday(hall)

        async def sit(counter: int, officer: int) -> None:
            await hall.do(seats.open_counter, hall.counters[counter], hall.staff[officer])

        async with anyio.create_task_group() as group:
            group.start_soon(sit, 1, 0)
            group.start_soon(sit, 0, 1)
        rows = await hall.fetch("select staff_id from counter where staff_id is not null")
        assert len(rows) == 2


async def test_a_released_counter_ends_its_ticket_and_is_free(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.bring()
    await hall.do(seats.release_counter, hall.counters[0])
    assert await hall.tiles(made.id) == ["waiting", "called", "serving"]
    assert (await hall.ticket(made.id))["state"] == "no_show"
    events = await hall.fetch("select type, payload from event order by id desc limit 2")
    assert {e["type"]: e["payload"] for e in events} == {
        "ticket.no_show": {"reason": "counter_released"},
        "counter.released": {"counter": "1"},
    }
    with pytest.raises(Conflict):
        await hall.do(seats.release_counter, hall.counters[0])
    with pytest.raises(NotFound):
        await hall.do(seats.release_counter, uuid7())
    await hall.do(seats.open_counter, hall.counters[0], hall.staff[1])


async def test_what_is_parked_and_pinned_goes_to_another_counter(hall: Hall) -> None:
    first, second, third = [await hall.issue() for _ in range(3)]
    await hall.sit(0, 1)
    await hall.bring()
    await hall.do(moving.park, first.id, hall.staff[0], "Chờ")
    await hall.bring()
    await hall.do(moving.come_back, second.id, hall.staff[0], "Lấy bản chính")
    await hall.do(moving.returned, second.id)
    with pytest.raises(Conflict):
        await hall.do(seats.hand_over, hall.counters[0], hall.staff[0], hall.counters[2])
    with pytest.raises(Conflict):
        await hall.do(seats.hand_over, hall.counters[0], hall.staff[0], hall.counters[0])
    with pytest.raises(NotFound):
        await hall.do(seats.hand_over, hall.counters[0], hall.staff[0], uuid7())
    moved = await hall.do(seats.hand_over, hall.counters[0], hall.staff[0], hall.counters[1])
    assert moved == 2
    assert (await hall.event("counter.handed_over"))["to"] == "2"
    called = await hall.call(1)
    assert called
    assert called.id == second.id, "pinned ones first"
    assert (await hall.ticket(first.id))["counter_id"] == hall.counters[1]
    mine = await hall.call(0)
    assert mine
    assert mine.id == third.id


async def test_who_waited_for_an_officer_alone_waits_for_all_when_he_goes(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0, 1)
    await hall.bring()
    await hall.do(moving.come_back, made.id, hall.staff[0], "")
    await hall.do(moving.returned, made.id)
    assert await hall.call(1) is None
    await hall.do(seats.leave_counter, hall.counters[0], hall.staff[0])
    called = await hall.call(1)
    assert called
    assert called.id == made.id


async def test_who_waited_for_a_counter_alone_waits_for_all_when_it_is_left(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0, 1)
    await hall.do(moving.transfer, made.id, hall.staff[0], counter=hall.counters[1])
    assert await hall.call(0) is None
    await hall.do(seats.leave_counter, hall.counters[1], hall.staff[1])
    called = await hall.call(0)
    assert called
    assert called.id == made.id
