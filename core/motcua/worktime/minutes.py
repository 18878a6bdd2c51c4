"""Counting on the calendar: days and minutes that are worked.

Local wall time is counted; in a zone with summer time the hour that is skipped or doubled at night
lies outside any session, so nothing is lost.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from motcua.errors import Invalid
from motcua.worktime.calendar import Calendar

_FARTHEST = 400


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Return whether anything is worked on a date, be it half a day."""
    return bool(calendar.day(day).sessions)


def next_working_day(calendar: Calendar, day: date) -> date:
    """Return the first working day after a date; raises Invalid if there is none for 400 days."""
    for _ in range(_FARTHEST):
        day += timedelta(days=1)
        if is_working_day(calendar, day):
            return day
    raise Invalid(
        "Lịch làm việc không có ngày làm việc nào", "The working calendar has no working day"
    )


def working_days_between(calendar: Calendar, after: date, until: date) -> int:
    """Return how many working days lie after one date, up to and including another."""
    span = range(1, (until - after).days + 1)
    return sum(is_working_day(calendar, after + timedelta(days=n)) for n in span)


def closing_time(calendar: Calendar, day: date) -> datetime:
    """Return when work ends on a working day, naive local time."""
    return at_minute(day, calendar.day(day).sessions[-1][1])


def at_minute(day: date, minute: int) -> datetime:
    """Return a minute of a day as naive local time; minute 1440 is the next midnight."""
    return datetime.combine(day, time()) + timedelta(minutes=minute)


def _sessions(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the working sessions from a local moment on, the first cut at it, without end."""
    day = start.date()
    if not is_working_day(calendar, day):
        day = next_working_day(calendar, day)
    while True:
        for opens, closes in calendar.day(day).sessions:
            begin, end = max(start, at_minute(day, opens)), at_minute(day, closes)
            if begin < end:
                yield begin, end
        day = next_working_day(calendar, day)


def worked(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Return the working time between two local moments; nothing if they are reversed."""
    total = timedelta()
    if start < end:
        for begin, finish in _sessions(calendar, start):
            if begin >= end:
                break
            total += min(finish, end) - begin
    return total


def after_work(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """Return the earliest local moment at which an amount of work has passed since a moment."""
    if amount <= timedelta():
        return start
    for begin, finish in _sessions(calendar, start):
        if finish - begin >= amount:
            return begin + amount
        amount -= finish - begin
    raise AssertionError("sessions never end")


def working_minutes(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Return the whole working minutes between two aware moments; 0 if they are reversed."""
    span = worked(calendar, calendar.local(start), calendar.local(end))
    return span // timedelta(minutes=1)


def add_working_minutes(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    """Return the aware moment at which so many working minutes have passed since another.

    The earliest such moment: the end of a session rather than the start of the next. Zero gives the
    start itself; raises Invalid for a negative number.
    """
    if minutes < 0:
        raise Invalid("Số phút không được âm", "Minutes cannot be negative")
    local = calendar.local(start)
    return calendar.aware(after_work(calendar, local, timedelta(minutes=minutes)))
