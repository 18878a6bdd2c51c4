"""Durations: ``timedelta`` for days and time, ``YearsMonths`` for years and months; ISO 8601 text."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

_MONTHS = re.compile(r"(-)?P(?:(\d{1,12})Y)?(?:(\d{1,12})M)?", re.ASCII)
_TIME = re.compile(
    r"(-)?P(?:(\d{1,12})D)?(T(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})(\.\d{1,12})?S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A duration of whole months, which has no fixed number of days; may be negative."""

    months: int

    def __str__(self) -> str:
        """Write as ISO 8601: ``P1Y2M``."""
        years, months = divmod(abs(self.months), 12)
        sign = "-" if self.months < 0 else ""
        return f"{sign}P{f'{years}Y' if years else ''}{f'{months}M' if months or not years else ''}"


def parse_duration(text: str) -> timedelta | YearsMonths | None:
    """Read ``P1Y2M`` or ``-P3DT4H5M6.7S``; None for anything else, also for a mixture of both."""
    if text.endswith(("P", "T")):
        return None
    if found := _MONTHS.fullmatch(text):
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return YearsMonths(-months if found[1] else months)
    if found := _TIME.fullmatch(text):
        fraction = int(Decimal(found[7] or 0) * 1_000_000)
        days, hours, minutes, seconds = (int(found[n] or 0) for n in (2, 4, 5, 6))
        try:
            length = timedelta(days, seconds, fraction, 0, minutes, hours)
            return -length if found[1] else length
        except OverflowError:
            return None
    return None


def micros(length: timedelta) -> int:
    """Return a duration in microseconds, exactly."""
    return (length.days * 86_400 + length.seconds) * 1_000_000 + length.microseconds


def of_micros(count: int | Decimal) -> timedelta | None:
    """Return the duration of so many microseconds, None when it is too long to be one."""
    try:
        return timedelta(microseconds=int(count))
    except (OverflowError, ValueError):
        return None


def write_days(length: timedelta) -> str:
    """Write a days and time duration as ISO 8601: ``-P1DT2H3M4.5S``, nothing as ``PT0S``."""
    total = abs(micros(length))
    seconds, fraction = divmod(total, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    tail = f".{fraction:06d}".rstrip("0") if fraction else ""
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    time += f"{seconds}{tail}S" if seconds or tail or not (days or time) else ""
    sign = "-" if micros(length) < 0 else ""
    return f"{sign}P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"
