"""The values of an expression and how they compare (DMN 1.5 section 10.3.2, the part supported).

Numbers are Decimal with 34 digits as in IEEE 754 decimal128; text, booleans, null, dates, moments,
lists (tuples inside), contexts (mappings) and ranges. What cannot be computed is null, not an
error.
"""

import decimal
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

MATHS = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.InvalidOperation],
)
_MAX_BITS = 4096
_MAX_NESTED = 20


@dataclass(frozen=True, slots=True)
class Range:
    """All values between two ends; an end of None is open to infinity."""

    low: object
    high: object
    low_closed: bool = True
    high_closed: bool = True


def number(value: float | Decimal) -> Decimal | None:
    """Return a number as a finite Decimal of at most 34 digits, or None."""
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return None
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        return None
    rounded = MATHS.plus(exact)
    return rounded if rounded.is_finite() else None


def inward(value: object, depth: int = 0) -> object:
    """Return a value of the caller in the form used inside; unknown kinds become null."""
    if value is None or isinstance(value, bool | Range | date | Mapping):
        return value
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return tuple(inward(v, depth + 1) for v in value) if depth < _MAX_NESTED else None
    return None


def weight(value: object) -> int:
    """Return how much work a value makes to copy or compare, in steps."""
    if isinstance(value, str):
        return len(value) // 64
    if isinstance(value, tuple):
        return len(value) + sum(weight(v) for v in value if isinstance(v, str | tuple | Mapping))
    return len(value) if isinstance(value, Mapping) else 0


def kind(value: object) -> str:
    """Return the name of a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Decimal):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, datetime):
        return "moment" if value.tzinfo else "local moment"
    if isinstance(value, date):
        return "date"
    if isinstance(value, tuple):
        return "list"
    return "range" if isinstance(value, Range) else "context"


def equal(left: object, right: object, depth: int = 0) -> bool | None:
    """Return whether two values are equal; null equals only null; different types give null."""
    if left is None or right is None:
        return left is right
    if kind(left) != kind(right) or depth > _MAX_NESTED:
        return None
    if isinstance(left, tuple) and isinstance(right, tuple):
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(equal(a, b, depth + 1) is True for a, b in pairs)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        entries = ((inward(value), inward(right.get(key))) for key, value in left.items())
        same = all(equal(a, b, depth + 1) is True for a, b in entries)
        return same and left.keys() == right.keys()
    return left == right


def compare(left: object, right: object) -> int | None:
    """Return -1, 0 or 1 for numbers, texts, dates or moments of one type, else None."""
    if kind(left) != kind(right):
        return None
    if isinstance(left, bool) or not isinstance(left, Decimal | str | date):
        return None
    return (left > right) - (left < right)  # type: ignore[operator]


def within(value: object, among: object) -> bool | None:
    """Return whether a value is in a range or a list (of values, of ranges), or is that value."""
    if isinstance(among, Range):
        low = _side(value, among.low, 1, among.low_closed)
        high = _side(value, among.high, -1, among.high_closed)
        return both((low, high))
    if isinstance(among, tuple) and not isinstance(value, tuple):
        return any(within(value, each) is True for each in among)
    return equal(value, among)


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
