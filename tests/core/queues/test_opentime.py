"""Ranges go over the noon rest, and say when a hall closes before them."""

import os
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from motcua.queues.estimate import Range
from motcua.queues.forecast import Forecast, forecast
from motcua.queues.hallnow import CounterNow, HallNow, LineNow, WaiterNow
from motcua.queues.opentime import HORIZON, OpenTime

EXAMPLES = int(os.environ.get("MOTCUA_EXAMPLES", "40"))
MINUTES = st.floats(0, HORIZON)
# From 11:20: the rest from 11:30 to 13:00, closed at 17:00.
NOON = ((-200.0, 10.0), (100.0, 340.0))


@st.composite
def days(draw: st.DrawFn) -> OpenTime:
    """Draw the rest of a day with up to three sessions, the first of which may have begun."""
    at, sessions = draw(st.floats(-60, 200)), []
    for _ in range(draw(st.integers(0, 3))):
        ends = max(at, 0.0) + draw(st.floats(1, 200))
        sessions.append((at, ends))
        at = ends + draw(st.floats(1, 120))
    return OpenTime(tuple(sessions))


def hall(waiting: int, sessions: tuple[tuple[float, float], ...], **more: object) -> HallNow:
    """Return a hall of one line and one idle counter in which so many wait."""
    counter = CounterNow(UUID(int=1), (("A",),), UUID(int=2), skilled_lines=frozenset("A"))
    return HallNow(
        (LineNow("A"),),
        more.pop("counters", (counter,)),  # type: ignore[arg-type]
        tuple(WaiterNow(UUID(int=n * 7919), "A", n - 200.0) for n in range(1, waiting + 1)),
        sessions=sessions,
        **more,  # type: ignore[arg-type]
    )


@given(days(), MINUTES)
def test_a_moment_has_its_open_minutes_and_open_minutes_their_moment(
    day: OpenTime, at: float
) -> None:
    """Forth and back is the next moment at which the hall calls, back and forth the same minutes."""
    assume(day.opens(at) < HORIZON)
    assert day.after(day.passed(at)) == pytest.approx(day.opens(at), abs=1e-6)
    moment = day.after(at)
    if moment < HORIZON:
        assert day.passed(moment) == pytest.approx(at, abs=1e-6)


@given(days(), MINUTES, MINUTES)
def test_open_minutes_never_run_backwards(day: OpenTime, one: float, other: float) -> None:
    first, later = sorted((one, other))
    assert day.passed(first) <= day.passed(later) + 1e-6
    assert day.after(first) <= day.after(later)
    assert 0 <= day.passed(first) <= first <= day.after(first)


@given(st.integers(0, 25), st.floats(0.5, 2), st.integers(0, 5), st.floats(0, 30))
@settings(max_examples=EXAMPLES, deadline=None)
def test_no_range_begins_or_ends_in_the_rest(
    waiting: int, width: float, issued: int, age: float
) -> None:
    """However it is stretched, however many came since, however old it is; five minutes are its rounding."""
    made = forecast(hall(waiting, NOON, width=width))
    for _ in range(issued):
        made.note_issued("A")
    for shown in _all_of(made.aged(age)):
        for end in (shown.low + age, shown.high + age):
            assert end <= 10 + 5 or end >= 100 - 5
        assert shown.low <= shown.high


@given(st.integers(0, 25), st.integers(1, 8))
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_rest_puts_everybody_off_whose_turn_comes_after_it(waiting: int, minutes: int) -> None:
    """Nobody is called earlier than in a hall without a rest, or later by more than the rest."""
    with_rest, without = (
        forecast(hall(waiting, sessions))
        for sessions in (((-60.0, 10.0 * minutes), (10.0 * minutes + 90, 700.0)), ())
    )
    for shown, plain in zip(_all_of(with_rest), _all_of(without), strict=True):
        assert plain.low <= shown.low <= plain.low + 90 + 10 * 2
        assert plain.high <= shown.high <= plain.high + 90 + 10 * 3


def _all_of(made: Forecast) -> list[Range]:
    return [made.next("A"), *(made.of(one) for one in made.letters)]


def test_a_number_of_twenty_past_eleven_is_told_the_afternoon() -> None:
    """Two before him take some twenty minutes, ten of which lie before noon: then it is past one."""
    made = forecast(hall(4, NOON))
    shown = made.next("A")
    assert shown.low >= 100
    assert shown.high < 180
    assert not shown.late
    # Whoever comes next is still called before it.
    assert forecast(hall(0, NOON)).next("A") == Range(0, 5)


def test_a_visit_that_begins_before_noon_ends_when_its_service_does() -> None:
    made = forecast(hall(1, NOON))
    first = next(iter(made.letters))
    assert made.of(first) == Range(0, 5)
    assert made.end_of(first).high < 60


def test_who_comes_since_is_counted_in_the_afternoon() -> None:
    made = forecast(hall(4, NOON))
    before = made.next("A")
    made.note_issued("A")
    assert before.low + 5 <= made.next("A").low <= before.low + 20
    # At twenty past twelve nobody has moved, and forty minutes are left to wait at least.
    assert made.aged(60).next("A").low >= 40


def test_who_can_not_be_called_before_the_hall_closes_is_told_not_today() -> None:
    closing = ((-200.0, 40.0),)
    few, many = (forecast(hall(n, closing)) for n in (1, 15))
    assert not few.next("A").late
    assert many.next("A").late
    assert many.after_closing("A") > 0.9
    last = list(many.letters)[-1]
    assert many.of(last).late
    # The hall that had room half an hour ago has none when it closes in five minutes.
    assert few.aged(39).next("A").late


def test_a_day_that_is_over_takes_nobody_unless_somebody_still_works() -> None:
    nobody = forecast(hall(0, (), over=True, counters=()))
    somebody = forecast(hall(0, (), over=True))
    assert nobody.next("A").late
    assert not somebody.next("A").late
    # A hall whose hours nobody knows closes never.
    assert not forecast(hall(0, (), counters=())).next("A").late
