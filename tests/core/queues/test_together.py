"""One visit is one person: several numbers wait together, are called one after the other, end with the last."""

import os
import random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.queues import hall_loading, hall_past, moving
from motcua.queues.forecast import forecast
from motcua.queues.forecast_run import NEVER, Place, Run, Seat, Setup
from motcua.queues.hallnow import CounterNow, HallNow, LineNow, WaiterNow

from .conftest import Hall

EXAMPLES = int(os.environ.get("MOTCUA_EXAMPLES", "40"))
VISIT, OTHER = UUID(int=77), UUID(int=78)


def counter(n: int, of: str, **more: object) -> CounterNow:
    """Return a counter of one line that is free."""
    return CounterNow(
        UUID(int=1000 + n),
        ((of,),),
        UUID(int=2000 + n),
        skilled_lines=frozenset("AB"),
        **more,  # type: ignore[arg-type]
    )


def a_hall(*waiters: WaiterNow, seats: tuple[CounterNow, ...] = ()) -> HallNow:
    """Return a hall with a counter for A and one for B."""
    found = seats or (counter(1, "A"), counter(2, "B"))
    return HallNow((LineNow("A"), LineNow("B")), found, waiters, absent=0.0)


def ticket(n: int, letter: str, visit: UUID | None = None) -> WaiterNow:
    """Return a ticket; the lower its number, the longer it waits."""
    return WaiterNow(UUID(int=n * 7919), letter, n - 100.0, visit=visit)


@given(st.integers(0, 10**6))
@settings(max_examples=EXAMPLES * 3, deadline=None)
def test_nobody_is_ever_at_two_counters(seed: int) -> None:
    """Whatever the lines, counters, priorities and pins: a visit's calls lie a service apart, and all come."""
    draw = random.Random(seed)
    lines, seats, people = draw.randint(1, 3), draw.randint(1, 4), draw.randint(1, 14)
    places = [
        Place(
            draw.randrange(lines), draw.random() < 0.3, (0, draw.uniform(-60, -1), n, n),
            draw.randrange(seats) if draw.random() < 0.15 else -1,
        )
        for n in range(people)
    ]  # fmt: skip
    takes = [[draw.uniform(1, 12)] for _ in places]
    visits = {n: draw.randrange(3) for n in range(people) if draw.random() < 0.6}
    every = tuple(draw.sample(range(lines), lines))
    setup = Setup(
        tuple(Seat((every,), (), [draw.uniform(0, 9)]) for _ in range(seats)),
        lines, places, people, takes,
        [(n, [draw.uniform(0, 40)]) for n in range(people) if draw.random() < 0.2],
        visits=visits, seated=[(0, 0)] if draw.random() < 0.5 else [],
    )  # fmt: skip
    calls = Run(setup, 0, seed).calls
    assert NEVER not in calls
    for n, visit in visits.items():
        for other, same in visits.items():
            if visit == same and calls[n] < calls[other]:
                assert calls[n] + takes[n][0] <= calls[other] + 1e-9
        if setup.seated and visit == 0:
            assert calls[n] >= setup.seats[0].free[0]


def test_who_is_served_in_one_line_is_not_called_in_the_other() -> None:
    alone = a_hall(ticket(1, "A"), ticket(2, "B"))
    both = a_hall(ticket(1, "A", VISIT), ticket(2, "B", VISIT))
    second = ticket(2, "B").id
    assert forecast(alone).of(second).high == 5
    assert forecast(both).of(second).low >= 5
    # The counter that can not have him takes the next one meanwhile.
    behind = ticket(3, "B", OTHER)
    assert forecast(a_hall(*both.waiters, behind)).of(behind.id).high == 5


def test_a_visit_ends_with_the_last_of_its_numbers() -> None:
    one = forecast(a_hall(ticket(1, "A")))
    made = forecast(a_hall(ticket(1, "A", VISIT), ticket(2, "B", VISIT)))
    first, second = ticket(1, "A").id, ticket(2, "B").id
    assert made.of(first) == one.of(first)
    assert made.end_of(first).low > one.end_of(first).low
    assert made.end_of(first).high >= made.of(second).high
    assert abs(made.end_of(first).high - made.end_of(second).high) <= 10


def test_who_is_at_a_counter_is_waited_for_elsewhere() -> None:
    busy = counter(1, "A", state="serving", letter="A", elapsed=1.0, visit=VISIT)
    made = forecast(a_hall(ticket(2, "B", VISIT), seats=(busy, counter(2, "B"))))
    assert min(made.calls[ticket(2, "B").id]) > 0
    assert made.of(ticket(2, "B").id).high > 5


@pytest.mark.anyio
async def test_the_hall_is_read_with_who_belongs_together(hall: Hall) -> None:
    """Numbers of one visit name it; the parked one waits for the counter that has its person."""
    await hall.sit(0)
    first = await hall.issue("A")
    second = await hall.issue("B", visit=first.visit_id)
    alone = await hall.issue("B")
    before = await _read(hall)
    assert {w.id: w.visit for w in before.waiters} == {
        first.id: first.visit_id, second.id: first.visit_id, alone.id: None,
    }  # fmt: skip
    called = await hall.bring(0)
    assert called.id == first.id
    after = await _read(hall)
    assert {w.id: (w.visit, w.within) for w in after.waiters} == {
        second.id: (first.visit_id, None), alone.id: (None, None),
    }  # fmt: skip
    assert [c.visit for c in after.counters if c.state == "serving"] == [first.visit_id]
    # Who was sent for a paper comes back when he has it, not when a counter is free.
    await hall.do(moving.park, first.id, hall.staff[0], "giấy")
    assert next(w for w in (await _read(hall)).waiters if w.id == first.id).within == (0.0, 15.0)


async def _read(hall: Hall) -> HallNow:
    async with hall.work() as work:
        return await hall_loading.hall_now(work.tx, hall.site, work.now, hall_past.Learned())
