"""The values of an expression and how they compare (DMN 1.5 section 10.3.2).

Numbers are Decimal with 34 digits as in IEEE 754 decimal128; text, booleans, null; ``date``,
``time``, ``datetime`` (local or with a zone), ``timedelta`` and ``YearsMonths``; lists (tuples
inside), contexts (mappings), ranges and functions. What cannot be computed is null, not an error.
"""

import decimal
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from motcua.rules.durations import YearsMonths, micros

MATHS = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.InvalidOperation],
)
MAX_WEIGHT = 500_001
_MAX_BITS = 4096
_MAX_NESTED = 20


@dataclass(frozen=True, slots=True)
class Range:
    """All values between two ends; an end of None is open to infinity."""

    low: object
    high: object
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value: ``call(run, arguments)`` with as many arguments as parameters.

    ``cost`` is what one call takes from the budget of steps, ``height`` from that of depth. A
    built-in function says by ``takes`` how many arguments it may have, by ``order`` where those
    with names belong.
    """

    name: str
    parameters: tuple[str, ...]
    call: Callable[[Any, Sequence[object]], object]
    cost: int = 1
    height: int = 3
    types: tuple[object, ...] = ()
    gives: object = None
    takes: Callable[[int], bool] | None = None
    order: Callable[[Sequence[str]], tuple[int | None, ...] | None] | None = None


_KINDS: Mapping[type, str] = {
    type(None): "null", bool: "boolean", Decimal: "number", str: "string", date: "date",
    datetime: "date and time", time: "time", timedelta: "days and time duration",
    YearsMonths: "years and months duration", tuple: "list", dict: "context", Range: "range",
    Function: "function",
}  # fmt: skip
_PLAIN = frozenset(
    {type(None), bool, date, datetime, time, timedelta, YearsMonths, Range, Function}
)


def number(value: float | Decimal) -> Decimal | None:
    """Return a number as a finite Decimal of at most 34 digits, or None."""
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return None
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        return None
    rounded = MATHS.plus(exact)
    return rounded if rounded.is_finite() else None


def settled(value: object, depth: int = 0) -> object:
    """Return a value of the caller in the form used inside; unknown kinds become null.

    Lists become tuples and mappings new dicts, with everything in them converted.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, date | time | timedelta) or depth > _MAX_NESTED:
        return value if depth <= _MAX_NESTED else None
    if isinstance(value, Mapping):
        return {str(key): settled(each, depth + 1) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return tuple([settled(each, depth + 1) for each in value])
    return None


def weight(value: object) -> int:
    """Return how much work a value makes to copy or compare, in steps; counts to a limit only.

    The limit matters because a list may hold another one many times over.
    """
    if isinstance(value, str):
        return len(value) // 64
    if not isinstance(value, tuple | Mapping | Range):
        return 0
    total, todo = 0, [value]
    while todo and total < MAX_WEIGHT:
        each = todo.pop()
        inner = (
            each.values() if isinstance(each, Mapping)
            else (each.low, each.high) if isinstance(each, Range) else each
        )  # fmt: skip
        total += len(inner)
        for part in inner:
            if isinstance(part, str):
                total += len(part) // 64
            elif isinstance(part, tuple | Mapping | Range):
                todo.append(part)
    return total


def kind(value: object) -> str:
    """Return the name of a value's type, as FEEL calls it."""
    found = _KINDS.get(type(value))
    if found is None:
        found = next((name for of, name in _KINDS.items() if isinstance(value, of)), "context")
    return found


def equal(left: object, right: object, depth: int = 0) -> bool | None:
    """Return whether two values are equal; null equals only null; different types give null."""
    if left is None or right is None:
        return left is right
    name = kind(left)
    if name != kind(right) or depth > _MAX_NESTED:
        return None
    if isinstance(left, tuple) and isinstance(right, tuple):
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(equal(a, b, depth + 1) is True for a, b in pairs)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        pairs_of = ((value, right.get(key)) for key, value in left.items())
        same = left.keys() == right.keys()
        return same and all(equal(a, b, depth + 1) is True for a, b in pairs_of)
    if name in ("time", "date and time"):
        return _place(left) == _place(right)
    return left == right


def compare(left: object, right: object) -> int | None:
    """Return -1, 0 or 1 for two values of one ordered type, else None."""
    of = type(left)
    if of is not type(right) and kind(left) != kind(right):
        return None
    if of is not Decimal:
        if of is bool or not isinstance(
            left, str | date | time | timedelta | YearsMonths | Decimal
        ):
            return None
        if isinstance(left, datetime | time):
            left, right = _on_one_line(left, right)
    return _sign(left, right)


def _on_one_line(left: Any, right: Any) -> tuple[object, object]:
    """Return the places of two moments or times; one without a zone takes the other's (10.3.2.15)."""
    if left.tzinfo is None and right.tzinfo is not None:
        left = left.replace(tzinfo=right.tzinfo)
    elif right.tzinfo is None and left.tzinfo is not None:
        right = right.replace(tzinfo=left.tzinfo)
    return _place(left), _place(right)


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def _place(value: object) -> tuple[bool, object]:
    """Return whether a moment or time has a zone, and its place on the line of those like it."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return False, value
        since = value.replace(tzinfo=None) - datetime(1, 1, 1)  # noqa: DTZ001 -- a difference
        return True, micros(since) - micros(value.utcoffset() or timedelta())
    if isinstance(value, time):
        start = datetime.combine(date(2000, 1, 1), value.replace(tzinfo=None))
        offset = zone_offset(value)
        since = start - datetime(2000, 1, 1)  # noqa: DTZ001 -- a difference
        return value.tzinfo is not None, micros(since) - micros(offset or timedelta())
    return False, value


def zone_offset(value: datetime | time) -> timedelta | None:
    """Return the offset from UTC; a time in a named zone takes the one of the year 2000's start."""
    if value.tzinfo is None or isinstance(value, datetime):
        return value.utcoffset()
    return datetime.combine(date(2000, 1, 1), value).utcoffset()


def within(value: object, among: object) -> bool | None:
    """Return whether a value is in a range or a list (of values, of ranges), or is that value."""
    if isinstance(among, Range):
        low = _side(value, among.low, 1, among.low_closed)
        high = _side(value, among.high, -1, among.high_closed)
        return both((low, high))
    if isinstance(among, tuple):
        if equal(value, among) is True:
            return True
        return any(
            within(value, each) is True if isinstance(each, Range) else equal(value, each) is True
            for each in among
        )
    return equal(value, among)


def lies_between(value: object, ends: Range) -> bool | None:
    """Return what two comparisons with two ends say together; null at an end is no open end."""
    low = None if ends.low is None else _side(value, ends.low, 1, ends.low_closed)
    high = None if ends.high is None else _side(value, ends.high, -1, ends.high_closed)
    return both((low, high))


def _side(value: object, end: object, beyond: int, closed: bool) -> bool | None:
    if end is None:
        return None if value is None else True
    order = compare(value, end)
    return None if order is None else order == beyond or (closed and order == 0)


def both(values: Sequence[object]) -> bool | None:
    """Return the three-valued conjunction: false wins, then anything that is not a boolean."""
    if any(v is False for v in values):
        return False
    return True if all(v is True for v in values) else None


def either(values: Sequence[object]) -> bool | None:
    """Return the three-valued disjunction: true wins, then anything that is not a boolean."""
    if any(v is True for v in values):
        return True
    return False if all(v is False for v in values) else None
