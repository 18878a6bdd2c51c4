import os
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.queues import drawing
from motcua.queues.estimate import Range
from motcua.queues.forecast import Forecast, forecast
from motcua.queues.forecast_run import NEVER, Lanes, Place, Run, Seat, Setup
from motcua.queues.forecast_setup import SOON
from motcua.queues.hallnow import CounterNow, HallNow, LineNow, WaiterNow
from motcua.queues.opentime import HORIZON
from motcua.queues.policy import Caller, Policy, Waiter, choose, priority_run_after

EXAMPLES = int(os.environ.get("MOTCUA_EXAMPLES", "40"))
NOW = datetime(2026, 3, 18, 1, 30, tzinfo=UTC)
LETTERS = "ABC"
MINUTES = st.integers(1, 90)


def counter(n: int = 1, *groups: str, **more: object) -> CounterNow:
    """Return a counter that is free, of the lines of these groups, A alone by default."""
    return CounterNow(
        UUID(int=1000 + n),
        tuple(tuple(g) for g in groups or ("A",)),
        UUID(int=2000 + n),
        skilled_lines=frozenset(LETTERS),
        **more,  # type: ignore[arg-type]
    )


def queue(count: int, letter: str = "A", first: int = 1) -> tuple[WaiterNow, ...]:
    """Return people who came one minute after the other, the oldest first."""
    return tuple(
        WaiterNow(UUID(int=n * 7919), letter, float(n - 200)) for n in range(first, first + count)
    )


def hall(waiters: Sequence[WaiterNow], *counters: CounterNow, **more: object) -> HallNow:
    lines = (LineNow("A"), LineNow("B"), LineNow("C"))
    return HallNow(lines, counters or (counter(),), tuple(waiters), **more)  # type: ignore[arg-type]


def calls(made: Forecast, whose: UUID | str) -> list[float]:
    return list(made.calls[whose])


# Whom the lanes take.


@given(st.integers(0, 10**6))
@settings(max_examples=EXAMPLES * 5, deadline=None)
def test_the_runs_call_in_the_order_of_the_policy(seed: int) -> None:
    """A counter empties the hall: the lanes of a run take whom ``choose`` takes, one after the other."""
    draw = random.Random(seed)
    head = draw.choice([None, None, 12.0])
    # Of two ranks, and with a head start, the lanes see who waits too long a little earlier or later.
    patience = draw.choice([0, 20]) if head is None else 0
    policy = Policy(
        priority_in_row=draw.randint(1, 3),
        spill_over=True,
        priority_head_start_minutes=head,
        patience_minutes=patience,
    )
    groups = tuple(
        tuple(draw.sample(range(3), draw.randint(1, 3))) for _ in range(draw.randint(1, 3))
    )
    spill = tuple(draw.sample(range(3), draw.randint(0, 2)))
    waiters = [
        (
            draw.randrange(3),
            float(draw.randint(-60, -1)),
            draw.choice([0, 0, 1, 1 if patience else 2]),
            draw.random() < 0.1,
        )
        for _ in range(draw.randint(0, 15))
    ]
    run = draw.randint(0, 3)
    assert _by_lanes(policy, groups, spill, waiters, run) == _by_choice(
        policy, groups, spill, waiters, run
    )


_Drawn = tuple[int, float, int, bool]


def _by_lanes(
    policy: Policy,
    groups: tuple[tuple[int, ...], ...],
    spill: tuple[int, ...],
    waiters: list[_Drawn],
    run: int,
) -> list[int]:
    head = policy.priority_head_start_minutes
    places = []
    for n, (line, key, rank, pinned) in enumerate(waiters):
        if pinned:
            places.append(Place(line, False, (0, key, n, n), 0))
        elif rank and head is None:
            places.append(Place(line, True, (-rank, key, n, n)))
        else:
            places.append(Place(line, False, (0, key - (head or 0) * (rank > 0), n, n)))
    lanes = Lanes(
        Setup(
            (Seat(groups, spill, [0.0], priority_run=run),),
            3,
            places,
            len(places),
            [],
            in_row=policy.priority_in_row if head is None else None,
            patience=policy.patience_minutes or NEVER,
        )
    )
    for place in places:
        lanes.put(place)
    return list(iter(lambda: lanes.pick(0), -1))


def _by_choice(
    policy: Policy,
    groups: tuple[tuple[int, ...], ...],
    spill: tuple[int, ...],
    waiters: list[_Drawn],
    run: int,
) -> list[int]:
    here = UUID(int=10**6)
    left = [
        Waiter(
            UUID(int=n), LETTERS[line], NOW + timedelta(minutes=key), rank, here if pinned else None
        )
        for n, (line, key, rank, pinned) in enumerate(waiters)
    ]
    called: list[int] = []
    while True:
        who = Caller(
            here,
            here,
            tuple(tuple(LETTERS[x] for x in group) for group in groups),
            tuple(LETTERS[x] for x in spill),
            frozenset(LETTERS),
            run,
        )
        chosen = choose(policy, who, left, NOW)
        if chosen is None:
            return called
        run = priority_run_after(who, chosen)
        left.remove(chosen)
        called.append(chosen.id.int)


def test_known_services_give_known_calls() -> None:
    places = [Place(0, False, (0, float(n), n, n)) for n in range(4)]
    seats = (Seat(((0,),), (), [0.0]), Seat(((0,),), (), [2.0], pace=2.0))
    takes = [[5.0], [3.0], [10.0], [1.0]]
    setup = Setup(seats, 1, places, 4, takes)
    # The first counter: 0 to 5; the slow one: from 2 on, 3 x 2 minutes, to 8.
    assert Run(setup, 0, 0).calls == [0.0, 2.0, 5.0, 8.0]
    # It rests from minute 4 to 30.
    rested = replace(setup, sessions=[(0.0, 4.0), (30.0, 60.0)])
    assert Run(rested, 0, 0).calls == [0.0, 2.0, 30.0, 30.0]


def test_who_comes_later_is_called_when_he_is_there_and_who_stays_away_never() -> None:
    places = [Place(0, False, (0, float(n), n, n)) for n in range(2)]
    seats = (Seat(((0,),), (), [0.0, 0.0]),)
    setup = Setup(seats, 1, places, 2, [[5.0, 5.0]] * 2, [(0, [12.0, NEVER])])
    assert Run(setup, 0, 0).calls == [12.0, 0.0]
    assert Run(setup, 1, 0).calls == [NEVER, 0.0]


# What people are told.


@given(st.integers(0, 25), st.integers(1, 4))
@settings(max_examples=EXAMPLES, deadline=None)
def test_more_people_ahead_are_never_called_earlier(ahead: int, counters: int) -> None:
    """In every single run, not only on average."""
    seats = [counter(n) for n in range(counters)]
    last = queue(1, first=100)
    fewer = forecast(hall((*queue(ahead), *last), *seats))
    more = forecast(hall((*queue(ahead + 1), *last), *seats))
    for one, other in ((last[0].id, last[0].id), ("A", "A")):
        assert all(
            a <= b + 1e-9 for a, b in zip(calls(fewer, one), calls(more, other), strict=True)
        )
    assert fewer.next("A").low <= more.next("A").low
    assert fewer.next("A").high <= more.next("A").high


@given(st.integers(1, 25), st.integers(1, 4))
@settings(max_examples=EXAMPLES, deadline=None)
def test_one_more_counter_never_makes_anybody_wait_longer(count: int, counters: int) -> None:
    waiting = queue(count)
    seats = [counter(n) for n in range(counters + 1)]
    fewer, more = forecast(hall(waiting, *seats[:-1])), forecast(hall(waiting, *seats))
    everybody: list[UUID | str] = [*(w.id for w in waiting), "A"]
    for who in everybody:
        assert all(a <= b + 1e-9 for a, b in zip(calls(more, who), calls(fewer, who), strict=True))


@given(st.integers(2, 20), st.integers(1, 3))
@settings(max_examples=EXAMPLES, deadline=None)
def test_in_a_line_everybody_is_called_after_who_came_before(count: int, counters: int) -> None:
    waiting = queue(count)
    made = forecast(hall(waiting, *(counter(n) for n in range(counters))))
    for one, other in pairwise(waiting):
        pairs = zip(calls(made, one.id), calls(made, other.id), strict=True)
        assert all(a <= b for a, b in pairs)
    pairs = zip(calls(made, waiting[-1].id), calls(made, "A"), strict=True)
    assert all(a <= b for a, b in pairs)


@given(st.integers(0, 15), st.integers(1, 3), MINUTES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_longer_elapsed_service_is_over_sooner_or_is_a_long_one(
    count: int, counters: int, elapsed: int
) -> None:
    """Ranges stay ordered and finite however long a service has lasted."""
    busy = (counter(n, state="serving", letter="A", elapsed=elapsed * 9.0) for n in range(counters))
    made = forecast(hall(queue(count), *busy))
    found = made.next("A")
    assert 0 <= found.low <= found.high <= HORIZON
    assert made.end_of("A").high >= found.high


def test_the_middle_is_about_the_plain_average_of_a_long_line() -> None:
    made = forecast(hall(queue(30), counter(1), counter(2), absent=0.0, call_minutes=0.0))
    assert made.next("A").middle == pytest.approx(30 * 10 / 2, rel=0.15)


def test_somebody_with_priority_waits_less_and_strangers_with_priority_cost_time() -> None:
    waiting = queue(10)
    quiet = forecast(hall(waiting))
    assert quiet.next("A", priority=True).high < quiet.next("A").low
    lines = (LineNow("A", priority_per_hour=4.0), LineNow("B"), LineNow("C"))
    busy = forecast(HallNow(lines, (counter(),), waiting))
    assert busy.next("A").middle > quiet.next("A").middle + 10


def test_a_line_that_stands_behind_waits_for_strangers_of_the_preferred_one() -> None:
    lines = (LineNow("A", ordinary_per_hour=4.0), LineNow("B"), LineNow("C"))
    waiting = queue(4, "B")
    first = forecast(HallNow(lines, (counter(1, "A", "B"),), waiting))
    common = forecast(HallNow(lines, (counter(1, "AB"),), waiting))
    assert first.next("B").middle > common.next("B").middle


def test_nobody_of_a_later_group_waits_for_ever_behind_a_line_that_never_ends() -> None:
    lines = (LineNow("A", ordinary_per_hour=9.0), LineNow("B"), LineNow("C"))
    seat, last = counter(1, "A", "B"), WaiterNow(UUID(int=5), "B", -30.0)
    ends = [
        forecast(HallNow(lines, (seat,), (*queue(4), last), Policy(patience_minutes=minutes))).of(
            last.id
        )
        for minutes in (60, 0)
    ]
    # After half an hour he is as one of the first group, and the oldest.
    assert ends[0].high + 60 < ends[1].high


def test_a_skill_that_the_officer_lacks_is_no_help() -> None:
    waiting = queue(8)
    able = counter(2, "A")
    unable = CounterNow(able.id, able.groups, able.staff, skilled_lines=frozenset("B"))
    helped, alone = (forecast(hall(waiting, counter(1), c)) for c in (able, unable))
    assert helped.next("A").high < alone.next("A").high


def test_who_is_pinned_waits_for_that_counter_alone() -> None:
    pinned = WaiterNow(UUID(int=5), "A", -10.0, for_staff=UUID(int=2002))
    seats = (counter(1), counter(2, "B", state="serving", letter="B", elapsed=1.0))
    made = forecast(hall((pinned,), *seats))
    assert made.of(pinned.id).high > 5
    assert min(calls(made, pinned.id)) > 0


def test_a_break_a_noon_rest_and_a_counter_that_opens_late_are_waited_for() -> None:
    waiting = queue(1)
    idle = forecast(hall(waiting)).of(waiting[0].id)
    away = forecast(hall(waiting, counter(1, state="break", elapsed=2.0))).of(waiting[0].id)
    late = forecast(hall(waiting, counter(1, state="closed", opens_in=40.0))).of(waiting[0].id)
    noon = forecast(hall(waiting, sessions=((90.0, 300.0),))).of(waiting[0].id)
    assert idle == Range(0, 5)
    assert away.high > 5
    assert late == Range(40, 50)
    assert noon == Range(90, 90)


def test_a_hall_that_works_before_its_hours_is_open() -> None:
    waiting = queue(3)
    busy = counter(1, state="serving", letter="A", elapsed=3.0)
    sessions = ((60.0, 300.0), (400.0, 500.0))
    early = forecast(hall(waiting, busy, sessions=sessions, early=True))
    noon = forecast(hall(waiting, busy, sessions=sessions))
    assert early.next("A").low < 60 <= noon.next("A").low


def test_a_line_that_nobody_serves_gets_somebody_soon() -> None:
    made = forecast(hall(queue(2, "B")))
    assert made.next("B").low >= 5
    assert made.next("B").high < 90
    assert forecast(HallNow((LineNow("A"),), (), queue(5))).next("A").high < 120


def test_the_hall_closes_and_who_comes_late_is_told_so() -> None:
    made = forecast(hall(queue(20), sessions=((-60.0, 60.0),)))
    assert made.after_closing("A") == 1.0
    assert made.after_closing("B") == 0.0


def test_who_comes_much_later_is_told_his_window() -> None:
    window = (SOON + 10, SOON + 30)
    late = WaiterNow(UUID(int=9), "A", 0.0, within=window)
    made = forecast(hall((late,)))
    assert made.of(late.id) == Range(160, 180)
    assert made.end_of(late.id).high > 180
    assert made.knows(late.id)
    with pytest.raises(KeyError):
        made.of(UUID(int=10))


def test_wider_ranges_hold_narrower_ones() -> None:
    narrow, wide = (forecast(hall(queue(12), width=w)).next("A") for w in (0.5, 2.0))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_same_hall_is_told_the_same_and_another_seed_about_the_same() -> None:
    here = hall(queue(12), counter(1), counter(2))
    assert forecast(here).calls == forecast(here).calls
    first, second = (forecast(here, seed=n).next("A").middle for n in (0, 1))
    assert first == pytest.approx(second, abs=10)


@given(st.floats(2, 30), st.floats(0.1, 1.2), st.floats(0.1, 200))
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_is_left_of_a_service_is_positive_and_no_longer_than_a_longer_one(
    mean: float, spread: float, elapsed: float
) -> None:
    left = drawing.remaining(mean, spread, elapsed, 60)
    assert all(x > 0 for x in left)
    assert left == sorted(left)


def test_draws_have_the_mean_and_the_spread_they_were_asked_for() -> None:
    drawn = drawing.services(10, 0.5, 400)
    mean = sum(drawn) / 400
    assert mean == pytest.approx(10, rel=0.02)
    assert (sum((x - mean) ** 2 for x in drawn) / 400) ** 0.5 == pytest.approx(5, rel=0.05)


# What is older than it looks.


def test_an_old_forecast_counts_the_time_that_has_passed_and_who_came_since() -> None:
    """Ten minutes on, one counter has called about one; two who came meanwhile stand before the next."""
    waiting = queue(6)
    made = forecast(hall(waiting))
    old = made.aged(10)
    assert old.next("A").middle == pytest.approx(made.next("A").middle - 10, abs=5)
    assert old.of(waiting[-1].id).middle == pytest.approx(
        made.of(waiting[-1].id).middle - 10, abs=5
    )
    for _ in range(2):
        made.note_issued("A")
    assert old.next("A").middle == pytest.approx(made.next("A").middle - 10, abs=5)
    assert old.usual("A") == pytest.approx(made.usual("A") - 10, abs=1)
    assert old.of(waiting[0].id) == Range(0, 5)


def test_who_was_issued_for_another_line_of_the_same_counters_delays_too() -> None:
    both, alone = counter(1, "AB"), counter(2, "C")
    made = forecast(hall(queue(3), both, alone))
    before = {letter: made.next(letter) for letter in "ABC"}
    for _ in range(3):
        made.note_issued("B")
    assert made.next("A").middle > before["A"].middle + 20
    assert made.next("B").middle > before["B"].middle + 20
    assert made.next("C") == before["C"]
