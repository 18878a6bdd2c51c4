from datetime import timedelta
from typing import Any

import pytest

from motcua import clock
from motcua.errors import Conflict, NotFound
from motcua.ids import uuid7
from motcua.queues import moving, serving, undoing

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
    with pytest.raises(Conflict, match="nothing to undo"):
        await hall.do(undoing.undo, made.id, hall.staff[0])


async def test_an_officer_who_has_called_the_next_one_cannot_take_back(hall: Hall) -> None:
    first, _ = await hall.issue(), await hall.issue()
    await hall.sit(0)
    await hall.bring()
    await hall.do(serving.finish, first.id, hall.staff[0])
    await hall.call()
    with pytest.raises(Conflict, match="A002 is at this counter"):
        await hall.do(undoing.undo, first.id, hall.staff[0])


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
