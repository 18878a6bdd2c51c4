"""The arithmetic against brute force: minutes are counted one by one, days one by one."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.errors import Invalid
from motcua.worktime import (
    Calendar,
    Due,
    Extension,
    Limit,
    Pause,
    add_working_minutes,
    closing_time,
    due,
    is_working_day,
    next_working_day,
    working_minutes,
)
from tests.core.worktime import minute_counter
from tests.core.worktime.samples import ODD, ZONE, at, tenant_calendar

MINUTE = timedelta(minutes=1)
CALENDARS = st.sampled_from([tenant_calendar(), Calendar.from_data(ODD)])
MOMENTS = st.integers(0, 40 * 1440).map(lambda n: at("2026-11-01 00:00") + n * MINUTE)
PAUSES = st.lists(
    st.tuples(MOMENTS, st.integers(0, 9 * 1440)).map(lambda p: Pause(p[0], p[0] + p[1] * MINUTE)),
    max_size=4,
)


def _is_worked(calendar: Calendar, moment: datetime) -> bool:
    minute = moment.hour * 60 + moment.minute
    return any(a <= minute < b for a, b in calendar.day(moment.date()).sessions)


@settings(max_examples=150, deadline=None)
@given(CALENDARS, MOMENTS, st.integers(1, 30 * 60), PAUSES)
def test_hours_agree_with_counting_every_minute(
    calendar: Calendar, accepted: datetime, minutes: int, pauses: list[Pause]
) -> None:
    limit = Limit.from_data({"kind": "working_hours", "value": f"{minutes // 60}.25"})
    left, moment = limit.minutes, accepted
    while left:
        stopped = any(p.start <= moment < p.end for p in pauses)
        left -= _is_worked(calendar, moment) and not stopped
        moment += MINUTE
    assert due(calendar, limit, accepted, pauses).at == moment


@settings(max_examples=150, deadline=None)
@given(CALENDARS, MOMENTS, st.integers(0, 6 * 1440))
def test_working_minutes_agree_with_counting_every_minute(
    calendar: Calendar, start: datetime, length: int
) -> None:
    end = start + length * MINUTE
    counted = sum(_is_worked(calendar, start + n * MINUTE) for n in range(length))
    assert working_minutes(calendar, start, end) == counted
    assert working_minutes(calendar, end, start) == 0
    reached = add_working_minutes(calendar, start, counted)
    assert reached <= end or not counted
    assert working_minutes(calendar, start, reached) == counted


def _closes_after(calendar: Calendar, day: date, moment: datetime) -> datetime:
    while not is_working_day(calendar, day) or _closing(calendar, day) <= moment:
        day += timedelta(days=1)
    return _closing(calendar, day)


def _closing(calendar: Calendar, day: date) -> datetime:
    return closing_time(calendar, day).replace(tzinfo=ZONE)


def _nth_after(calendar: Calendar, day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= is_working_day(calendar, day)
    return day


def _resumed(calendar: Calendar, end: datetime, start: datetime, stop: datetime) -> datetime:
    """Due moment after a pause, by what was left: so many working days after the answer."""
    days = (end.date() - start.date()).days
    left = sum(is_working_day(calendar, start.date() + timedelta(days=n + 1)) for n in range(days))
    if not left:
        return _closes_after(calendar, stop.date(), stop)
    return _closing(calendar, _nth_after(calendar, stop.date(), left))


def _apart(pauses: list[Pause], accepted: datetime) -> list[tuple[datetime, datetime]]:
    """Return the minutes that are paused, as intervals, found by painting a line."""
    painted = sorted(
        {
            max(p.start, accepted) + n * MINUTE
            for p in pauses
            for n in range(int((p.end - max(p.start, accepted)) / MINUTE))
        }
    )
    found: list[tuple[datetime, datetime]] = []
    for minute in painted:
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + MINUTE)
        else:
            found.append((minute, minute + MINUTE))
    return found


@settings(max_examples=300, deadline=None)
@given(CALENDARS, MOMENTS, st.integers(1, 20), PAUSES, st.sampled_from(["days", "cutoff", "same"]))
def test_days_agree_with_what_was_left_at_each_pause(
    calendar: Calendar, accepted: datetime, count: int, pauses: list[Pause], how: str
) -> None:
    today = accepted.date()
    late = not is_working_day(calendar, today) or accepted.time().isoformat() > "15:00:00"
    if how == "days":
        limit, last = Limit("working_days", count), _nth_after(calendar, today, count)
    elif how == "cutoff":
        limit = Limit("working_days", count, "15:00")
        last = _nth_after(calendar, today, count + late)
    else:
        limit = Limit("same_day")
        over = late or accepted >= _closing(calendar, today)
        last = _nth_after(calendar, today, int(over))
    expected = _closing(calendar, last)
    for start, stop in _apart(pauses, accepted):
        if start < expected:
            expected = _resumed(calendar, expected, start, stop)
    assert due(calendar, limit, accepted, pauses).at == expected


@settings(max_examples=200, deadline=None)
@given(
    CALENDARS,
    MOMENTS,
    st.sampled_from(["working_days", "working_hours", "calendar_days"]),
    st.integers(1, 30),
    PAUSES,
)
def test_a_pause_never_shortens_and_never_holds_the_due_moment(
    calendar: Calendar, accepted: datetime, kind: str, value: int, pauses: list[Pause]
) -> None:
    limit = Limit.from_data({"kind": kind, "value": value})
    found = due(calendar, limit, accepted, pauses)
    assert found.at >= due(calendar, limit, accepted).at > accepted
    assert not any(p.start < found.at <= p.end for p in pauses if p.end > accepted)
    later = due(calendar, limit, accepted + timedelta(hours=5), pauses)
    assert kind != "working_hours" or later.at >= found.at
    assert found.derivation[-1].kind == "result"


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_everything_agrees_with_the_counter_of_minutes(seed: int) -> None:
    done, said = minute_counter.run(seed, 3)
    assert not said, said
    assert done == 3


def test_the_counter_finds_an_engine_that_forgets_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgets_pauses(
        calendar: Calendar, limit: Limit, accepted: datetime, _: object, extension: Extension | None
    ) -> Due:
        return due(calendar, limit, accepted, (), extension)

    def forgets_the_first_day(calendar: Calendar, limit: Limit, *rest: Any) -> Due:
        return due(calendar, replace(limit, first_day=False), *rest)

    for forgets in (forgets_pauses, forgets_the_first_day):
        monkeypatch.setattr(minute_counter, "due", forgets)
        assert "counter" in minute_counter.run(7, 500)[1]


def test_half_days_and_extra_days_have_their_own_hours() -> None:
    calendar = Calendar.from_data(ODD)
    assert calendar.day(date(2026, 11, 20)).kind == "half"
    assert next_working_day(calendar, date(2026, 11, 21)) == date(2026, 11, 22)
    assert next_working_day(calendar, date(2026, 11, 23)) == date(2026, 11, 27)
    start = at("2026-11-20 00:00")
    assert working_minutes(calendar, start, start + timedelta(days=3)) == 240 + 180 + 60


def test_a_calendar_travels_as_json() -> None:
    for calendar in (tenant_calendar(), Calendar.from_data(ODD)):
        assert Calendar.from_data(calendar.to_data()) == calendar


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"sessions": [["11:30", "07:30"]]}, "sessions"),
        ({"sessions": [["07:30", "11:30"], ["11:00", "12:00"]]}, "sessions"),
        ({"sessions": [], "weekly": []}, "sessions"),
        ({"sessions": "07:30"}, "sessions"),
        ({"weekend": [8]}, "weekend"),
        ({"timezone": "Asia/Nowhere"}, "timezone"),
        ({"valid_from": "2027-01-01", "valid_until": "2026-01-01"}, "valid_until"),
        ({"cutoff": "3pm"}, "cutoff"),
        ({"off": [{"date": "2026-02-30"}]}, "date"),
        ({"off": [{"date": "2026-11-22"}]}, "working"),
        ({"off": [{"date": "2026-01-01", "until": "2026-12-01"}]}, "off.until"),
        ({"half": [{"date": "2026-11-19"}]}, "half.sessions"),
        ({"weekly": [{"day": 9, "sessions": []}]}, "weekly.day"),
    ],
)
def test_a_wrong_calendar_is_refused_by_name(change: dict[str, object], key: str) -> None:
    with pytest.raises(Invalid) as caught:
        Calendar.from_data(ODD | change)
    assert key in caught.value.fields


def test_negative_minutes_are_refused() -> None:
    with pytest.raises(Invalid):
        add_working_minutes(tenant_calendar(), at("2026-11-20 09:00"), -1)
