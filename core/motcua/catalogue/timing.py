"""When a timer of a process is due: on the working calendar, or by the wall clock."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from motcua.errors import Invalid
from motcua.process.definition import Timer
from motcua.text import VIETNAM
from motcua.worktime import Calendar, Limit, add_working_minutes, due

_FARTHEST = 400
LONGEST_YEARS = 10
"""A wall-clock timer of a package is at most that long."""
_SPAN = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)


def timer_moment(calendar: Calendar, timer: Timer, since: datetime, deadline: datetime) -> datetime:
    """Return the aware moment at which a timer fires that was set at ``since``.

    ``deadline`` is the statutory due moment as it stands now, for timers that are relative to it. A number
    of working days ends with the work of the last of them. Raises Invalid for a text that is no date, and
    for a moment that no calendar holds.
    """
    try:
        found = _fires(calendar, timer, since, deadline)
        found.astimezone(UTC)  # the first and last days of time have none
    except (ValueError, ArithmeticError) as absurd:
        raise _unreadable(str(timer.value)) from absurd
    return found


def too_long(text: object) -> bool:
    """Return whether an ISO 8601 duration is longer than ``LONGEST_YEARS``; other texts are not judged."""
    if not _SPAN.fullmatch(str(text).strip()):
        return False
    begin = datetime(2000, 1, 1, tzinfo=VIETNAM)
    try:
        return _later(begin, str(text)) > begin.replace(year=begin.year + LONGEST_YEARS)
    except Invalid:
        return False
    except (ValueError, ArithmeticError):
        return True


def _fires(calendar: Calendar, timer: Timer, since: datetime, deadline: datetime) -> datetime:
    match timer.kind:
        case "duration":
            return _later(since, str(timer.value))
        case "date":
            return _moment(str(timer.value))
        case "working":
            return _after(calendar, timer, since)
        case "after_due":
            return _after(calendar, timer, deadline)
        case _:
            return _before(calendar, timer, deadline)


def _after(calendar: Calendar, timer: Timer, start: datetime) -> datetime:
    value = Decimal(timer.value)
    if value == 0:
        return start
    if timer.unit == "working_hours":
        return add_working_minutes(calendar, start, int(value * 60))
    return due(calendar, Limit("working_days", int(value)), start).at


def _before(calendar: Calendar, timer: Timer, deadline: datetime) -> datetime:
    """Return the latest moment from which that much working time is left."""
    local = calendar.local(deadline)
    if timer.unit == "working_days":
        day = local.date()
        for _ in range(int(Decimal(timer.value))):
            day = _worked_before(calendar, day)
        return calendar.aware(datetime.combine(day, local.time()))
    return calendar.aware(_back(calendar, local, timedelta(minutes=int(Decimal(timer.value) * 60))))


def _back(calendar: Calendar, end: datetime, amount: timedelta) -> datetime:
    day = end.date()
    while amount > timedelta():
        midnight = datetime.combine(day, time())
        for opens, closes in reversed(calendar.day(day).sessions):
            begin = midnight + timedelta(minutes=opens)
            finish = min(end, midnight + timedelta(minutes=closes))
            if finish - begin >= amount:
                return finish - amount
            amount -= max(finish - begin, timedelta())
        day = _worked_before(calendar, day)
    return end


def _worked_before(calendar: Calendar, day: date) -> date:
    for _ in range(_FARTHEST):
        day -= timedelta(days=1)
        if calendar.day(day).sessions:
            return day
    raise Invalid(
        "Lịch làm việc không có ngày làm việc nào", "The working calendar has no working day"
    )


def _later(start: datetime, text: str) -> datetime:
    """Add an ISO 8601 duration of wall time: years and months by the calendar, the rest by the clock."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or not any(found.groups()) or text.endswith("T"):
        raise _unreadable(text)
    years, months, weeks, days, hours, minutes, seconds = (float(n or 0) for n in found.groups())
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    count = start.month - 1 + int(months) + 12 * int(years)
    year, month = start.year + count // 12, count % 12 + 1
    last = monthrange(year, month)[1]
    return start.replace(year=year, month=month, day=min(start.day, last)) + span


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise _unreadable(text) from error
    return found if found.tzinfo else found.replace(tzinfo=VIETNAM)


def _unreadable(text: str) -> Invalid:
    return Invalid(
        f"Hẹn giờ '{text}' không đọc được; ví dụ P3D, PT4H hoặc 2026-12-01T08:00:00",
        f"The timer '{text}' cannot be read; for example P3D, PT4H or 2026-12-01T08:00:00",
    )
