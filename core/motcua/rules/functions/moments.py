"""Functions of dates, times, moments and durations (DMN 1.5 sections 10.3.4.1 and 10.3.4.7).

``now`` and ``today`` give the moment the caller has passed, as nothing here reads a clock.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from motcua.rules import temporal
from motcua.rules.durations import YearsMonths, parse_duration
from motcua.rules.errors import RuleError
from motcua.rules.functions.signature import BuiltIn, built_in
from motcua.rules.run import Place, Run
from motcua.rules.values import equal, kind

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _whole(*values: Decimal) -> tuple[int, ...] | None:
    fits = all(abs(v.adjusted()) < 12 and v == v.to_integral_value() for v in values)
    return tuple(int(v) for v in values) if fits else None


def _date_of(year: Decimal, month: Decimal, day: Decimal) -> date | None:
    parts = _whole(year, month, day)
    try:
        return date(*parts) if parts else None
    except ValueError:
        return None


def _date_part(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _date_from(text: str) -> date | None:
    return temporal.parse_date(text)


def _time_part(value: date | time) -> time:
    if isinstance(value, time):
        return value
    return value.timetz() if isinstance(value, datetime) else time(tzinfo=UTC)


def _time_of(
    hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None = None
) -> time | None:
    parts = _whole(hour, minute)
    zone: tzinfo | None = temporal.offset_zone(offset) if offset is not None else None
    if parts is None or not 0 <= second < 60 or (offset is not None and zone is None):
        return None
    micros = int(second % 1 * 1_000_000)
    try:
        return time(parts[0], parts[1], int(second), micros, zone)
    except ValueError:
        return None


def _moment_of(day: date, at: time) -> datetime:
    return datetime.combine(_date_part(day), at)


def _moment_from(text: str) -> datetime | None:
    return temporal.parse_moment(text)


def _midnight(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _months_between(start: date, end: date) -> YearsMonths:
    months = (end.year - start.year) * 12 + end.month - start.month
    early, late = _in_month(start), _in_month(end)
    if months > 0 and late < early:
        months -= 1
    elif months < 0 and late > early:
        months += 1
    return YearsMonths(months)


def _in_month(value: date) -> tuple[int, time]:
    return value.day, value.time() if isinstance(value, datetime) else time()


def _is(one: object, other: object) -> bool:
    if kind(one) != kind(other) or not equal(one, other):
        return one is None and other is None
    if isinstance(one, datetime | time) and isinstance(other, datetime | time):
        return temporal.part(one, "time offset") == temporal.part(other, "time offset")
    return True


def _now(run: Run, at: Place) -> datetime:
    if run.now is None:
        message = "the moment of the computation was not given"
        raise RuleError(*at, message, "không có thời điểm tính")
    return run.now


def functions() -> list[BuiltIn]:
    """Return the functions of this module."""
    clock = "hour n, minute n, second n, offset u?"
    length = ("from s", parse_duration), ("from v", lambda value: value)
    return [
        built_in("date", ("from s", _date_from), ("from d", _date_part),
                 ("year n, month n, day n", _date_of)),
        built_in("time", ("from s", temporal.parse_time), ("from t", _time_part),
                 ("from d", _time_part), (clock, _time_of)),
        built_in("date and time", ("from s", _moment_from), ("from d", _midnight),
                 ("date d, time t", _moment_of)),
        built_in("duration", *length),
        built_in("years and months duration", ("from d, to d", _months_between)),
        built_in("is", ("value1 x, value2 x", _is)),
        built_in("day of year", ("date d", lambda day: Decimal(day.timetuple().tm_yday))),
        built_in("day of week", ("date d", lambda day: _WEEKDAYS[day.weekday()])),
        built_in("month of year", ("date d", lambda day: _MONTHS[day.month - 1])),
        built_in("week of year", ("date d", lambda day: Decimal(day.isocalendar().week))),
        built_in("now", ("", _now), run=True, constant=False),
        built_in("today", ("", lambda run, at: _now(run, at).date()), run=True, constant=False),
    ]  # fmt: skip
