"""When timers fire, against the calendar's own arithmetic."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.catalogue.course import later, plain_calendar
from motcua.catalogue.scenario import Days
from motcua.catalogue.timing import timer_moment, too_long
from motcua.errors import Invalid
from motcua.process.definition import Timer
from motcua.text import VIETNAM
from motcua.worktime import add_working_minutes, working_minutes

CALENDAR = plain_calendar(Days(off=(date(2026, 3, 4),), working=(date(2026, 3, 7),)))
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=VIETNAM)
DUE = datetime(2026, 3, 9, 17, 0, tzinfo=VIETNAM)


def _at(timer: Timer) -> str:
    return timer_moment(CALENDAR, timer, MONDAY, DUE).isoformat()[:16]


@pytest.mark.parametrize(
    ("timer", "at"),
    [
        (Timer("duration", "P1DT2H"), "2026-03-03T10:00"),
        (Timer("duration", "P1M"), "2026-04-02T08:00"),
        (Timer("duration", "PT30M"), "2026-03-02T08:30"),
        (Timer("duration", "P1Y2W"), "2027-03-16T08:00"),
        (Timer("date", "2026-05-01T09:00:00"), "2026-05-01T09:00"),
        (Timer("date", "2026-05-01"), "2026-05-01T00:00"),
        (Timer("working", Decimal(2), "working_days"), "2026-03-05T17:00"),
        (Timer("working", Decimal("4.5"), "working_hours"), "2026-03-02T14:00"),
        (Timer("before_due", Decimal(1), "working_days"), "2026-03-07T17:00"),
        (Timer("before_due", Decimal(9), "working_hours"), "2026-03-07T16:00"),
        (Timer("after_due", Decimal(1), "working_days"), "2026-03-10T17:00"),
        (Timer("after_due", Decimal(0), "working_hours"), "2026-03-09T17:00"),
    ],
)
def test_a_timer_has_its_moment(timer: Timer, at: str) -> None:
    assert _at(timer) == at


@pytest.mark.parametrize("text", ["", "P", "PT", "3 days", "P1DT"])
def test_a_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="P3D"):
        timer_moment(CALENDAR, Timer("duration", text), MONDAY, DUE)


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="2026-12-01"):
        timer_moment(CALENDAR, Timer("date", "tomorrow"), MONDAY, DUE)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60 * 24 * 20), st.integers(1, 4000))
def test_so_much_work_lies_between_a_timer_and_the_due_moment(offset: int, minutes: int) -> None:
    deadline = MONDAY + timedelta(days=30, minutes=offset)
    timer = Timer("before_due", Decimal(minutes) / 60, "working_hours")
    at = timer_moment(CALENDAR, timer, MONDAY, deadline)
    exact = int(Decimal(minutes) / 60 * 60)
    assert working_minutes(CALENDAR, at, deadline) == exact
    assert working_minutes(CALENDAR, at, at + timedelta(minutes=1)) == 1


@pytest.mark.parametrize(
    ("after", "at"),
    [
        ("1 working_days", "2026-03-03T08:00"),
        ("2 working_days", "2026-03-05T08:00"),
        ("5 working_days", "2026-03-09T08:00"),
        ("8 working_hours", "2026-03-03T08:00"),
        ("0.5 working_hours", "2026-03-02T08:30"),
        ("2 calendar_days", "2026-03-04T08:00"),
    ],
)
def test_time_passes_on_the_calendar(after: str, at: str) -> None:
    if after == "8 working_hours":
        assert later(CALENDAR, MONDAY, after) == add_working_minutes(CALENDAR, MONDAY, 480)
    assert later(CALENDAR, MONDAY, after).isoformat()[:16] == at


@pytest.mark.parametrize(
    "timer",
    [
        Timer("duration", "P999999Y"),
        Timer("duration", "P999999999D"),
        Timer("duration", "PT" + "9" * 400 + "S"),
        Timer("date", "0001-01-01"),
        Timer("date", "9999-12-31T23:59:59-14:00"),
        Timer("working", "many", "working_days"),
        Timer("working", Decimal("Infinity"), "working_hours"),
        Timer("before_due", Decimal("NaN"), "working_days"),
    ],
)
def test_a_timer_that_no_calendar_holds_is_refused_in_words(timer: Timer) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        timer_moment(CALENDAR, timer, MONDAY, DUE)


@pytest.mark.parametrize(
    ("span", "long"),
    [("P10Y", False), ("P120M", False), ("P121M", True), ("P999999Y", True), ("never", False)],
)
def test_ten_years_are_the_longest_span(span: str, long: bool) -> None:
    assert too_long(span) is long
