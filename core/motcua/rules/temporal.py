"""Dates, times and moments: reading, writing, parts and arithmetic (DMN 1.5 sections 10.3.2.3, 5).

Years 1 to 9999, microseconds. A moment with a zone is moved along the line of instants, so an hour
added across a change of clocks is one hour.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from motcua.rules.durations import YearsMonths, micros, of_micros, parse_duration, write_days
from motcua.rules.values import MATHS, Range, zone_offset

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(\.\d{1,12})?(.*)", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_ZONE = re.compile(r"@([A-Za-z][\w+-]{0,30}(?:/[A-Za-z][\w+-]{0,30}){0,2})", re.ASCII)
_MIDNIGHT = re.compile(r"^24:00:00(?:\.0+)?(?![\d.])", re.ASCII)
_MAX_OFFSET = timedelta(hours=14)
_MAX_MONTHS = 10**15
_SECOND = Decimal(1_000_000)


def parse_date(text: str) -> date | None:
    """Read ``2026-11-22``."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """Read ``08:30:00``, with a fraction, and with ``Z``, ``+07:00`` or ``@Asia/Ho_Chi_Minh``.

    ``24:00:00`` is the midnight at the end of a day, as in XML Schema.
    """
    text = _MIDNIGHT.sub("00:00:00", text)
    found = _TIME.fullmatch(text)
    if not found:
        return None
    zone = _zone(found[5])
    if found[5] and zone is None:
        return None
    fraction = int(Decimal(found[4] or 0) * _SECOND)
    try:
        return time(int(found[1]), int(found[2]), int(found[3]), fraction, zone)
    except ValueError:
        return None


def _zone(text: str) -> tzinfo | None:
    if text in ("Z", "z"):
        return UTC
    if found := _OFFSET.fullmatch(text):
        if int(found[3]) > 59 or int(found[4] or 0) > 59:
            return None
        length = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
        return offset_zone(-length if found[1] == "-" else length)
    if found := _ZONE.fullmatch(text):
        return _named(found[1])
    return None


def _named(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # no such zone, or a folder of zones
        return None


def offset_zone(length: timedelta) -> tzinfo | None:
    """Return the zone of an offset, None for one of more than 14 hours (XML Schema part 2)."""
    if abs(length) > _MAX_OFFSET:
        return None
    return timezone(length) if length else UTC


def parse_moment(text: str) -> datetime | None:
    """Read a date, ``T`` and a time; a date alone is its midnight."""
    day, parted, clock = text.partition("T")
    found, at = parse_date(day), parse_time(clock) if parted else time()
    if found is None or at is None:
        return None
    try:
        return datetime.combine(found + timedelta(days=bool(_MIDNIGHT.match(clock))), at)
    except OverflowError:
        return None


def parse_temporal(text: str) -> object:
    """Read what may stand in ``@"..."``: a date, a moment, a time or a duration; else None."""
    if "P" in text[:2]:
        return parse_duration(text)
    if _DATE.fullmatch(text):
        return parse_date(text)
    return parse_moment(text) if "T" in text else parse_time(text)


def write(value: object) -> str | None:
    """Write a date, time, moment or duration as FEEL does; None for anything else."""
    if isinstance(value, datetime):
        return f"{value.date().isoformat()}T{_write_time(value.timetz())}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return _write_time(value)
    if isinstance(value, timedelta):
        return write_days(value)
    return str(value) if isinstance(value, YearsMonths) else None


def _write_time(value: time) -> str:
    text = value.replace(tzinfo=None).isoformat()
    text = text.rstrip("0") if value.microsecond else text
    if isinstance(value.tzinfo, ZoneInfo):
        return f"{text}@{value.tzinfo.key}"
    offset = value.utcoffset()
    if offset is None:
        return text
    return (
        f"{text}{value.isoformat()[-6:]}"
        if offset and offset.seconds % 60 == 0
        else (f"{text}Z" if not offset else f"{text}{timezone(offset).tzname(None)[3:]}")
    )


def _seconds(value: datetime | time) -> Decimal:
    return Decimal(value.second) + Decimal(value.microsecond) / _SECOND


def _zone_name(value: datetime | time) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _since(value: datetime) -> Decimal:
    origin = datetime(1970, 1, 1, tzinfo=UTC if value.tzinfo else None)
    return Decimal(micros(value - origin)) / _SECOND


_DAY: Mapping[str, Callable[[date], object]] = {
    "year": lambda v: Decimal(v.year),
    "month": lambda v: Decimal(v.month),
    "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal(v.isoweekday()),
}
_CLOCK: Mapping[str, Callable[[datetime | time], object]] = {
    "hour": lambda v: Decimal(v.hour),
    "minute": lambda v: Decimal(v.minute),
    "second": _seconds,
    "time offset": zone_offset,
    "timezone": _zone_name,
}


def part(value: object, name: str) -> object:
    """Return a property of a date, time, moment, duration or range; null when it has none such."""
    if isinstance(value, datetime):
        if name == "value":
            return _since(value)
        if name in _DAY:
            return _DAY[name](value)
    if isinstance(value, datetime | time):
        if name == "value":
            return Decimal(micros(_from_midnight(value))) / _SECOND  # type: ignore[arg-type]
        return _CLOCK[name](value) if name in _CLOCK else None
    if isinstance(value, date):
        if name == "value":
            return _since(datetime.combine(value, time(tzinfo=UTC)))
        return _DAY[name](value) if name in _DAY else None
    return _part_of_length(value, name)


def _from_midnight(value: time) -> timedelta:
    return timedelta(
        hours=value.hour, minutes=value.minute, seconds=value.second,
        microseconds=value.microsecond,
    )  # fmt: skip


def _part_of_length(value: object, name: str) -> object:
    if isinstance(value, timedelta):
        total, sign = abs(micros(value)), -1 if micros(value) < 0 else 1
        hours, rest = divmod(total, 3_600_000_000)
        minutes, seconds = divmod(rest, 60_000_000)
        parts = {
            "days": Decimal(hours // 24), "hours": Decimal(hours % 24), "minutes": Decimal(minutes),
            "seconds": Decimal(seconds) / _SECOND, "value": Decimal(total) / _SECOND,
        }  # fmt: skip
        return parts[name] * sign if name in parts else None
    if isinstance(value, YearsMonths):
        years, months = divmod(abs(value.months), 12)
        sign = -1 if value.months < 0 else 1
        counts = {"years": years, "months": months, "value": abs(value.months)}
        return Decimal(counts[name] * sign) if name in counts else None
    if isinstance(value, Range):
        found: Mapping[str, object] = {
            "start": value.low, "end": value.high,
            "start included": value.low_closed, "end included": value.high_closed,
        }  # fmt: skip
        return found.get(name)
    return None


def add(left: object, right: object) -> object:
    """Add a duration to a date, time, moment or duration, in either order; null for the rest."""
    if isinstance(left, timedelta | YearsMonths) and isinstance(right, date | time):
        left, right = right, left
    try:
        if isinstance(right, YearsMonths):
            return _add_months(left, right.months)
        return _add_length(left, right) if isinstance(right, timedelta) else None
    except (OverflowError, ValueError):
        return None


def _add_months(left: object, months: int) -> object:
    if isinstance(left, YearsMonths):
        return _months(left.months + months)
    if not isinstance(left, date):
        return None
    year, month = divmod(left.year * 12 + left.month - 1 + months, 12)
    for day in (left.day, 30, 29, 28):
        try:
            return left.replace(year, month + 1, min(day, left.day))
        except ValueError:
            continue
    return None


def _add_length(left: object, length: timedelta) -> object:
    if isinstance(left, datetime):
        if left.tzinfo is None:
            return left + length
        return (left.astimezone(UTC) + length).astimezone(left.tzinfo)
    if isinstance(left, date):
        return (datetime.combine(left, time()) + length).date()
    if isinstance(left, time):
        total = (_from_midnight(left) + length) % timedelta(days=1)
        moved = (datetime(2000, 1, 1) + total).time()  # noqa: DTZ001 -- only its time counts
        return moved.replace(tzinfo=left.tzinfo)
    return left + length if isinstance(left, timedelta) else None


def subtract(left: object, right: object) -> object:
    """Subtract a duration, or give the one between two dates, times or moments; else null."""
    if isinstance(right, timedelta | YearsMonths):
        minus: timedelta | YearsMonths | None
        minus = (
            of_micros(-micros(right))
            if isinstance(right, timedelta)
            else YearsMonths(-right.months)
        )
        return add(left, minus)
    if isinstance(left, time) and isinstance(right, time):
        return _between_times(left, right)
    if isinstance(left, date) and isinstance(right, date):
        a, b = _midnight(left), _midnight(right)
        same = (a.tzinfo is None) == (b.tzinfo is None)
        try:
            return (a if a.tzinfo is None else a.astimezone(UTC)) - b if same else None
        except OverflowError:
            return None
    return None


def _midnight(value: date) -> datetime:
    """Return a moment; that of a date is its midnight in UTC (table 57)."""
    return value if isinstance(value, datetime) else datetime.combine(value, time(tzinfo=UTC))


def _between_times(left: time, right: time) -> timedelta | None:
    a, b = zone_offset(left), zone_offset(right)
    if (a is None) != (b is None):
        return None
    return (_from_midnight(left) - (a or timedelta())) - (
        _from_midnight(right) - (b or timedelta())
    )


def multiply(left: object, right: object) -> object:
    """Multiply a duration by a number, in either order; null for the rest."""
    if isinstance(left, Decimal):
        left, right = right, left
    if not isinstance(right, Decimal) or abs(right.adjusted()) > 40:
        return None
    if isinstance(left, timedelta):
        return of_micros(MATHS.multiply(Decimal(micros(left)), right))
    if isinstance(left, YearsMonths):
        return _months(int(MATHS.multiply(Decimal(left.months), right)))
    return None


def divide(left: object, right: object) -> object:
    """Divide a duration by a number or by one of its kind; null for the rest and by nothing."""
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return MATHS.divide(Decimal(micros(left)), Decimal(micros(right))) if right else None
    if isinstance(left, YearsMonths) and isinstance(right, YearsMonths):
        return MATHS.divide(Decimal(left.months), Decimal(right.months)) if right.months else None
    if not isinstance(right, Decimal) or not right or abs(right.adjusted()) > 40:
        return None
    if isinstance(left, timedelta):
        return of_micros(MATHS.divide(Decimal(micros(left)), right))
    if isinstance(left, YearsMonths):
        return _months(int(MATHS.divide(Decimal(left.months), right)))
    return None


def _months(count: int) -> YearsMonths | None:
    return YearsMonths(count) if abs(count) < _MAX_MONTHS else None


def negate(value: object) -> object:
    """Return the opposite of a duration, null for the rest."""
    if isinstance(value, timedelta):
        return of_micros(-micros(value))
    return YearsMonths(-value.months) if isinstance(value, YearsMonths) else None
