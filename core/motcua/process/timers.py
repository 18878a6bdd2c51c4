"""When a timer event fires, as a file writes it: ISO 8601, FEEL, or working time of our own."""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from motcua.process.definition import Timer, TimerKind
from motcua.rules import compile_expression

_DURATION = re.compile(
    r"P(?=\d|T\d)(\d{1,6}Y)?(\d{1,6}M)?(\d{1,6}W)?(\d{1,6}D)?"
    r"(T(?=\d)(\d{1,6}H)?(\d{1,6}M)?(\d{1,9}(\.\d{1,6})?S)?)?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
MAX_WORKING = 10_000


def is_duration(text: str) -> bool:
    """Whether a text is a positive ISO 8601 duration, as ``P1DT12H`` or ``PT30M``."""
    return _DURATION.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Whether a text is an ISO 8601 date or moment; without offset it is local time."""
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def standard_timer(kind: TimerKind, text: str) -> Timer | None:
    """Return the timer of a ``timeDuration`` or ``timeDate``, None if it cannot be read.

    A leading equals sign marks FEEL, whose result is taken as its text; raises RuleError.
    """
    text = text.strip()
    if text.startswith("="):
        return Timer(kind, "", "", compile_expression(f"string({text[1:]})"))
    right = is_duration(text) if kind == "duration" else is_date(text)
    return Timer(kind, text) if right else None


def working_timer(kind: TimerKind, text: str) -> Timer | None:
    """Return the timer of ``3 working_days`` or ``0 working_hours``, None if it cannot be read."""
    number, _, unit = text.strip().partition(" ")
    try:
        value = Decimal(number)
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 <= value <= MAX_WORKING:
        return None
    if unit == "working_days":
        return Timer(kind, value, "working_days")
    return Timer(kind, value, "working_hours") if unit == "working_hours" else None
