"""Functions of numbers (DMN 1.5 section 10.3.4.5), and ``number`` and ``abs``."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    InvalidOperation,
)

from motcua.rules.durations import YearsMonths
from motcua.rules.functions.signature import BuiltIn, built_in
from motcua.rules.values import MATHS, number

_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,5})?", re.ASCII)
_SCALES = range(-6_111, 6_177)


def _rounding(rule: str) -> Callable[..., object]:
    def cut(value: Decimal, scale: Decimal = Decimal(0)) -> Decimal | None:
        places = int(scale) if abs(scale) <= _SCALES.stop else _SCALES.stop
        if places not in _SCALES:
            return None
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and places + exponent >= 0:
            return value  # it has no more digits than asked for
        one = Decimal((0, (1,), -places))
        try:
            return value.quantize(one, rounding=rule, context=MATHS)
        except InvalidOperation:
            return None

    return cut


def _modulo(value: Decimal, by: Decimal) -> Decimal | None:
    if not by:
        return None
    try:
        rest = MATHS.remainder(value, by)
    except InvalidOperation:
        return None
    return MATHS.add(rest, by) if rest and (rest < 0) != (by < 0) else rest


def _abs(value: object) -> object:
    if isinstance(value, Decimal):
        return MATHS.abs(value)
    return YearsMonths(abs(value.months)) if isinstance(value, YearsMonths) else _abs_days(value)


def _abs_days(value: object) -> object:
    return abs(value) if isinstance(value, timedelta) else None


def _finite(call: Callable[[Decimal], Decimal]) -> Callable[[Decimal], Decimal | None]:
    def safe(value: Decimal) -> Decimal | None:
        try:
            found = call(value)
        except InvalidOperation:
            return None
        return found if found.is_finite() else None

    return safe


def _parity(rest: int) -> Callable[[Decimal], bool | None]:
    def test(value: Decimal) -> bool | None:
        if value != value.to_integral_value():
            return None
        if value.adjusted() > 40:
            return rest == 0
        return int(value) % 2 == rest

    return test


def _number(text: str, grouping: str | None = None, point: str | None = None) -> Decimal | None:
    if grouping not in (None, " ", ",", ".") or point not in (None, ",", "."):
        return None
    if grouping is not None and grouping == point:
        return None
    if grouping:
        text = text.replace(grouping, "")
    if point:
        text = text.replace(point, ".")
    text = text.strip()
    return number(Decimal(text)) if len(text) < 7_000 and _NUMBER.fullmatch(text) else None


def _whole_or_scaled(name: str, rule: str) -> BuiltIn:
    """Two signatures and no optional scale, as a scale of null gives null."""
    return built_in(name, ("n n", _rounding(rule)), ("n n, scale n", _rounding(rule)))


def functions() -> list[BuiltIn]:
    """Return the functions of this module."""
    separators = "from s, grouping separator s?, decimal separator s?"
    positive = _finite(lambda n: MATHS.ln(n) if n > 0 else Decimal("NaN"))
    return [
        built_in("number", (separators, _number), ("from n", lambda value: value)),
        built_in("decimal", ("n n, scale n", _rounding(ROUND_HALF_EVEN))),
        _whole_or_scaled("floor", ROUND_FLOOR),
        _whole_or_scaled("ceiling", ROUND_CEILING),
        built_in("round up", ("n n, scale n", _rounding(ROUND_UP))),
        built_in("round down", ("n n, scale n", _rounding(ROUND_DOWN))),
        built_in("round half up", ("n n, scale n", _rounding(ROUND_HALF_UP))),
        built_in("round half down", ("n n, scale n", _rounding(ROUND_HALF_DOWN))),
        built_in("abs", ("n n", _abs), ("n v", _abs)),
        built_in("modulo", ("dividend n, divisor n", _modulo)),
        built_in("sqrt", ("number n", _finite(MATHS.sqrt))),
        built_in("log", ("number n", positive)),
        built_in("exp", ("number n", _finite(MATHS.exp))),
        built_in("odd", ("number n", _parity(1))),
        built_in("even", ("number n", _parity(0))),
    ]
