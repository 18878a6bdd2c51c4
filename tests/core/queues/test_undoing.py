from datetime import timedelta
from typing import Any

import pytest

from motcua import clock
from motcua.errors import Conflict, NotFound
from motcua.ids import uuid7
from motcua.queues import board, calling, moving, serving, telling, undoing

from .conftest import Hall

pytestmark = pytest.mark.anyio
SAME = (
    "state", "line_id", "priority", "sort_key", "called_at", "started_at", "counter_id", "staff_id",
    "for_counter_id", "for_staff_id", "parked_why", "calls", "recycled", "outcome",
)  # fmt: skip
# The step, from which state, and the segments of the ticket when the step was taken back and it was served.
STEPS: list[tuple[str, str, list[str]]] = [
    ("start", "called", ["waiting", "called", "serving", "called", "serving"]),
    ("no_show", "called", ["waiting", "called", "waiting", "called", "serving"]),
    ("park", "serving", ["waiting", "called", "serving", "parked", "serving"]),
    ("transfer", "serving", ["waiting", "called", "serving", "transferred", "serving"]),
    ("finish", "serving", ["waiting", "called", "serving", "parked", "serving"]),
    ("cancel", "serving", ["waiting", "called", "serving", "parked", "serving"]),
]


async def _take(hall: Hall, step: str, ticket: Any) -> None:
    officer = hall.staff[0]
    steps: dict[str, tuple[Any, ...]] = {
        "start": (serving.start, ticket, officer),
        "no_show": (serving.no_show, ticket, officer),
        "park": (moving.park, ticket, officer, "Chờ"),
        "finish": (serving.finish, ticket, officer),
        "cancel": (moving.cancel, ticket, "Nhầm"),
    }
    if step == "transfer":
        await hall.do(
            moving.transfer, ticket, officer, line=hall.lines["B"], counter=hall.counters[1]
        )
    else:
        await hall.do(*steps[step])


@pytest.mark.parametrize(("step", "at", "kinds"), STEPS)
async def test_a_step_is_taken_back(hall: Hall, step: str, at: str, kinds: list[str]) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.bring(state=at)
    before = await hall.ticket(made.id)
    await _take(hall, step, made.id)
    assert await hall.do(undoing.undo, made.id, hall.staff[0]) == step
    after = await hall.ticket(made.id)
    assert {key: after[key] for key in SAME} == {key: before[key] for key in SAME}
    assert after["ended_at"] is None
    if at == "called":
        await hall.do(serving.start, made.id, hall.staff[0])
    await hall.do(serving.finish, made.id, hall.staff[0])
    assert await hall.tiles(made.id) == kinds
    await hall.seat_tiles()
    assert len(await hall.fetch("select 1 from ticket_service")) == 1
    assert (await hall.event("ticket.undone"))["step"] == step


async def test_a_number_that_ended_by_mistake_was_waiting_all_the_time(hall: Hall) -> None:
    made = await hall.issue()
    await hall.do(moving.cancel, made.id, "Nhầm")
    assert await hall.do(undoing.undo, made.id, hall.staff[0]) == "cancel"
    await hall.sit(0)
    await hall.bring()
    await hall.do(serving.finish, made.id, hall.staff[0])
    assert set(await hall.tiles(made.id)) == {"waiting", "called", "serving"}


async def test_the_last_no_show_is_taken_back_too(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    for _ in range(2):
        await hall.call()
        await hall.do(serving.no_show, made.id, hall.staff[0])
    assert (await hall.ticket(made.id))["state"] == "no_show"
    await hall.do(undoing.undo, made.id, hall.staff[0])
    row = await hall.ticket(made.id)
    assert (row["state"], row["recycled"], row["ended_at"]) == ("called", 1, None)


async def test_it_is_too_late_after_the_seconds_of_the_policy(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.bring()
    with clock.at(clock.now() + timedelta(seconds=31)), pytest.raises(Conflict, match="30 seconds"):
        await hall.do(undoing.undo, made.id, hall.staff[0])


async def test_only_who_did_it_takes_it_back(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0, 1)
    await hall.bring()
    await hall.do(moving.park, made.id, hall.staff[0], "")
    with pytest.raises(Conflict, match="Only who did it"):
        await hall.do(undoing.undo, made.id, hall.staff[1])


async def test_nothing_is_taken_back_when_there_is_nothing_or_life_went_on(hall: Hall) -> None:
    made = await hall.issue()
    with pytest.raises(Conflict, match="nothing to undo"):
        await hall.do(undoing.undo, made.id, hall.staff[0])
    with pytest.raises(NotFound):
        await hall.do(undoing.undo, uuid7(), hall.staff[0])
    await hall.sit(0, 1)
    await hall.bring()
    await hall.do(moving.transfer, made.id, hall.staff[0], line=hall.lines["B"])
    await hall.call(1)
    with pytest.raises(Conflict, match="Only who did it"):
        await hall.do(undoing.undo, made.id, hall.staff[0])


async def _finished_and_called(hall: Hall) -> tuple[Any, Any]:
    first, second = await hall.issue(), await hall.issue()
    await hall.issue()
    await hall.sit(0)
    await hall.bring()
    await hall.do(serving.finish, first.id, hall.staff[0])
    await hall.call()
    return first, second


async def test_who_was_called_since_waits_again_in_his_place(hall: Hall) -> None:
    first, second = await _finished_and_called(hall)
    before = (await hall.ticket(second.id))["sort_key"]
    assert await hall.do(undoing.undo, first.id, hall.staff[0]) == "finish"
    assert (await hall.ticket(first.id))["state"] == "serving"
    row = await hall.ticket(second.id)
    assert (row["state"], row["sort_key"], row["calls"]) == ("waiting", before, 0)
    assert (row["counter_id"], row["called_at"]) == (None, None)
    await hall.do(serving.finish, first.id, hall.staff[0])
    called = await hall.bring()
    assert called.id == second.id
    await hall.do(serving.finish, second.id, hall.staff[0])
    assert await hall.tiles(second.id) == ["waiting", "called", "waiting", "called", "serving"]
    await hall.tiles(first.id)
    await hall.seat_tiles()


async def test_the_board_and_the_telephone_are_told_that_the_call_was_taken_back(
    hall: Hall,
) -> None:
    first, second = await _finished_and_called(hall)
    await hall.do(undoing.undo, first.id, hall.staff[0])
    told = await hall.fetch("select number, calls from board_call order by seq")
    assert [(t["number"], t["calls"]) for t in told] == [("A001", 1), ("A002", 1), ("A002", 0)]
    async with hall.platform.db.tenant(hall.tenant) as tx:
        shown = await board.snapshot(tx, hall.site, clock.now())
    assert [call["number"] for call in shown["calls"]] == ["A001"]
    assert (await hall.event("ticket.uncalled"))["by"] == str(hall.staff[0])
    assert "ticket.uncalled" in telling.SUBSCRIBED
    [event] = await hall.fetch("select subject from event where type = 'ticket.uncalled'")
    assert event["subject"] == second.id


async def test_with_the_next_one_being_served_nothing_is_taken_back(hall: Hall) -> None:
    first, second = await _finished_and_called(hall)
    await hall.do(serving.start, second.id, hall.staff[0])
    with pytest.raises(Conflict, match="A002 is being served by now"):
        await hall.do(undoing.undo, first.id, hall.staff[0])
    assert (await hall.ticket(second.id))["state"] == "serving"


async def test_too_late_nobody_is_sent_back_either(hall: Hall) -> None:
    first, second = await _finished_and_called(hall)
    with clock.at(clock.now() + timedelta(seconds=31)), pytest.raises(Conflict, match="30 seconds"):
        await hall.do(undoing.undo, first.id, hall.staff[0])
    assert (await hall.ticket(second.id))["state"] == "called"


async def test_who_waited_for_this_officer_alone_waits_for_him_again(hall: Hall) -> None:
    first, second = await hall.issue(), await hall.issue()
    await hall.sit(0)
    await hall.bring()
    await hall.do(moving.transfer, second.id, hall.staff[0], person=hall.staff[0])
    await hall.do(serving.finish, first.id, hall.staff[0])
    assert (await hall.call()).id == second.id  # type: ignore[union-attr]
    await hall.do(undoing.undo, first.id, hall.staff[0])
    assert (await hall.ticket(second.id))["for_staff_id"] == hall.staff[0]


async def test_a_priority_call_that_was_taken_back_does_not_count_in_a_row(hall: Hall) -> None:
    first, second = await hall.issue(), await hall.issue()
    await hall.sit(0)
    await hall.bring()
    await hall.fetch("update ticket set priority = 1 where id = $1 returning id", second.id)
    await hall.do(serving.finish, first.id, hall.staff[0])
    await hall.call()
    run = "select priority_run from counter where id = $1"
    assert await hall.fetch(run, hall.counters[0]) == [{"priority_run": 1}]
    await hall.do(undoing.undo, first.id, hall.staff[0])
    assert await hall.fetch(run, hall.counters[0]) == [{"priority_run": 0}]


async def test_the_other_number_of_the_same_person_steps_aside_again(hall: Hall) -> None:
    first = await hall.issue()
    second = await hall.issue("B", visit=first.visit_id)
    await hall.sit(0)
    await hall.bring()
    await hall.do(serving.finish, first.id, hall.staff[0])
    assert (await hall.call()).id == second.id  # type: ignore[union-attr]
    await hall.do(undoing.undo, first.id, hall.staff[0])
    assert (await hall.ticket(second.id))["state"] == "parked"
    assert (await hall.ticket(first.id))["state"] == "serving"
    await hall.tiles(first.id)


async def test_the_rest_of_the_visit_steps_aside_again(hall: Hall) -> None:
    first = await hall.issue()
    second = await hall.issue("B", visit=first.visit_id)
    await hall.sit(0, 1)
    await hall.bring()
    await hall.do(serving.finish, first.id, hall.staff[0])
    assert (await hall.ticket(second.id))["state"] == "waiting"
    await hall.do(undoing.undo, first.id, hall.staff[0])
    assert (await hall.ticket(second.id))["state"] == "parked"
    await hall.do(serving.finish, first.id, hall.staff[0])
    await hall.bring(1)
    with pytest.raises(Conflict, match="B001"):
        await hall.do(undoing.undo, first.id, hall.staff[0])


# A call by mistake.


@pytest.mark.parametrize("out_of_order", [False, True])
async def test_a_call_made_by_mistake_is_taken_back(hall: Hall, out_of_order: bool) -> None:
    first, second = await hall.issue(), await hall.issue()
    await hall.sit(0)
    made = second if out_of_order else first
    before = await hall.ticket(made.id)
    if out_of_order:
        here = (hall.counters[0], hall.staff[0])
        await hall.do(calling.call_this, *here, made.id, "Nhầm")
    else:
        await hall.call()
    assert await hall.do(undoing.undo, made.id, hall.staff[0]) == "call"
    after = await hall.ticket(made.id)
    assert {key: after[key] for key in SAME} == {key: before[key] for key in SAME}
    assert (await hall.event("ticket.uncalled"))["by"] == str(hall.staff[0])
    async with hall.platform.db.tenant(hall.tenant) as tx:
        assert (await board.snapshot(tx, hall.site, clock.now()))["calls"] == []
    assert (await hall.bring()).id == first.id
    await hall.do(serving.finish, first.id, hall.staff[0])
    await hall.seat_tiles()
    await hall.tiles(first.id)


async def test_a_call_is_taken_back_once_by_who_called_within_the_seconds(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0, 1)
    await hall.call()
    with pytest.raises(Conflict, match="Only who did it"):
        await hall.do(undoing.undo, made.id, hall.staff[1])
    with clock.at(clock.now() + timedelta(seconds=31)), pytest.raises(Conflict, match="30 seconds"):
        await hall.do(undoing.undo, made.id, hall.staff[0])
    assert (await hall.ticket(made.id))["state"] == "called"
    await hall.do(undoing.undo, made.id, hall.staff[0])
    with pytest.raises(Conflict, match="nothing to undo"):
        await hall.do(undoing.undo, made.id, hall.staff[0])
    assert (await hall.ticket(made.id))["state"] == "waiting"


async def test_who_waited_for_one_officer_does_so_after_two_calls_taken_back(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.do(moving.transfer, made.id, hall.staff[0], person=hall.staff[0])
    for _ in range(2):
        await hall.call()
        await hall.do(undoing.undo, made.id, hall.staff[0])
        assert (await hall.ticket(made.id))["for_staff_id"] == hall.staff[0]


async def test_the_other_numbers_of_a_visit_wait_again_when_the_call_is_taken_back(
    hall: Hall,
) -> None:
    first = await hall.issue()
    second = await hall.issue("B", visit=first.visit_id)
    await hall.sit(0)
    await hall.call()
    assert (await hall.ticket(second.id))["state"] == "parked"
    await hall.do(undoing.undo, first.id, hall.staff[0])
    assert (await hall.ticket(second.id))["state"] == "waiting"


async def test_the_run_of_priority_calls_is_as_before_a_call_that_was_taken_back(
    hall: Hall,
) -> None:
    """Two with priority, then somebody ordinary is due: also after he was called and sent back."""
    ordinary = [await hall.issue() for _ in range(2)]
    await hall.sit(0)
    for n in range(4):
        made = await hall.issue("B")
        await hall.fetch("update ticket set priority = 1 where id = $1 returning id", made.id)
        if n < 2:
            await hall.bring()
            await hall.do(serving.finish, made.id, hall.staff[0])
    called = await hall.call()
    assert called
    assert called.id == ordinary[0].id
    assert (await hall.event("ticket.called"))["run"] == 2
    await hall.do(undoing.undo, called.id, hall.staff[0])
    again = await hall.call()
    assert again
    assert again.id == ordinary[0].id


async def test_a_call_out_of_order_that_is_taken_back_leaves_the_run_alone(hall: Hall) -> None:
    await hall.sit(0)
    made = [await hall.issue() for _ in range(2)]
    for one in made:
        await hall.fetch("update ticket set priority = 1 where id = $1 returning id", one.id)
    await hall.bring()
    await hall.do(serving.finish, made[0].id, hall.staff[0])
    await hall.do(calling.call_this, hall.counters[0], hall.staff[0], made[1].id, "Cấp cứu")
    await hall.do(undoing.undo, made[1].id, hall.staff[0])
    run = "select priority_run from counter where id = $1"
    assert await hall.fetch(run, hall.counters[0]) == [{"priority_run": 1}]
