"""The built-in functions (DMN 1.5 section 10.3.4, the part supported): name, arity, code.

A function that cannot be computed for its arguments gives null. None of them reads a clock, a file
or the network, and none can run long: the size of its arguments bounds it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, InvalidOperation

from motcua.rules.values import MATHS, both, compare, either, equal, number

_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Function:
    """A built-in with the least and the greatest number of arguments."""

    name: str
    least: int
    most: int
    call: Callable[..., object]


def _items(values: tuple[object, ...]) -> tuple[object, ...]:
    """``min([1, 2])`` and ``min(1, 2)`` mean the same."""
    if len(values) == 1 and isinstance(values[0], tuple):
        return values[0]
    return values


def _numbers(values: tuple[object, ...]) -> list[Decimal] | None:
    items = _items(values)
    found = [v for v in items if isinstance(v, Decimal)]
    return found if len(found) == len(items) else None


def _extreme(sign: int) -> Callable[..., object]:
    def pick(*values: object) -> object:
        items = _items(values)
        best = items[0] if items else None
        for item in items:
            order = compare(item, best)
            if order is None:
                return None
            best = item if order == sign else best
        return best

    return pick


def _sum(*values: object) -> object:
    found = _numbers(values)
    if not found:
        return None
    total = Decimal(0)
    for each in found:
        total = MATHS.add(total, each)
    return total if total.is_finite() else None


def _mean(*values: object) -> object:
    total = _sum(*values)
    return MATHS.divide(total, Decimal(len(_items(values)))) if isinstance(total, Decimal) else None


def _count(value: object) -> object:
    return Decimal(len(value)) if isinstance(value, tuple) else None


def _rounding(rule: str) -> Callable[..., object]:
    def cut(value: object, scale: object = Decimal(0)) -> object:
        if not isinstance(value, Decimal) or not isinstance(scale, Decimal) or abs(scale) > 30:
            return None
        try:
            return value.quantize(
                MATHS.scaleb(Decimal(1), -int(scale)), rounding=rule, context=MATHS
            )
        except InvalidOperation:
            return None

    return cut


def _abs(value: object) -> object:
    return MATHS.abs(value) if isinstance(value, Decimal) else None


def _modulo(value: object, by: object) -> object:
    if not isinstance(value, Decimal) or not isinstance(by, Decimal) or not by:
        return None
    try:
        rest = MATHS.remainder(value, by)
    except InvalidOperation:
        return None
    return MATHS.add(rest, by) if rest and (rest < 0) != (by < 0) else rest


def _texts(call: Callable[[str, str], bool]) -> Callable[..., object]:
    def test(text: object, part: object) -> object:
        return call(text, part) if isinstance(text, str) and isinstance(part, str) else None

    return test


def _on_text(call: Callable[[str], object]) -> Callable[..., object]:
    return lambda text: call(text) if isinstance(text, str) else None


def _substring(text: object, start: object, length: object = None) -> object:
    if not isinstance(text, str) or not isinstance(start, Decimal) or not start:
        return None
    if abs(start) > len(text):
        return ""
    begin = int(start) - 1 if start > 0 else len(text) + int(start)
    if length is None:
        return text[begin:]
    if not isinstance(length, Decimal) or length < 1:
        return None
    return text[begin : begin + int(min(length, Decimal(len(text))))]


def _date(*parts: object) -> object:
    try:
        if len(parts) == 3 and all(isinstance(p, Decimal) for p in parts):
            year, month, day = (int(p) for p in parts)  # type: ignore[call-overload]
            return date(year, month, day)
        if len(parts) == 1 and isinstance(parts[0], str) and _DATE.fullmatch(parts[0]):
            return date.fromisoformat(parts[0])
    except (ValueError, OverflowError):
        return None
    only = parts[0] if len(parts) == 1 else None
    if isinstance(only, datetime):
        return only.date()
    return only if isinstance(only, date) else None


def _number(text: object) -> object:
    if isinstance(text, Decimal):
        return text
    if not isinstance(text, str) or not _NUMBER.fullmatch(text.strip()):
        return None
    return number(Decimal(text.strip()))


def _string(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        # A number such as 1E+6000 is not written out digit by digit.
        return format(value, "f") if abs(value.adjusted()) <= 40 else str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else None


def _list_contains(among: object, value: object) -> object:
    if not isinstance(among, tuple):
        return None
    return any(equal(each, value) is True for each in among)


def _not(value: object) -> object:
    return not value if isinstance(value, bool) else None


def _table() -> Mapping[str, Function]:
    many = 50
    every = [
        Function("min", 1, many, _extreme(-1)),
        Function("max", 1, many, _extreme(1)),
        Function("sum", 1, many, _sum),
        Function("mean", 1, many, _mean),
        Function("count", 1, 1, _count),
        Function("floor", 1, 2, _rounding(ROUND_FLOOR)),
        Function("ceiling", 1, 2, _rounding(ROUND_CEILING)),
        Function("decimal", 2, 2, _rounding(ROUND_HALF_EVEN)),
        Function("abs", 1, 1, _abs),
        Function("modulo", 2, 2, _modulo),
        Function("contains", 2, 2, _texts(lambda text, part: part in text)),
        Function("starts with", 2, 2, _texts(str.startswith)),
        Function("ends with", 2, 2, _texts(str.endswith)),
        Function("string length", 1, 1, _on_text(lambda text: Decimal(len(text)))),
        Function("upper case", 1, 1, _on_text(str.upper)),
        Function("lower case", 1, 1, _on_text(str.lower)),
        Function("substring", 2, 3, _substring),
        Function("date", 1, 3, _date),
        Function("number", 1, 1, _number),
        Function("string", 1, 1, _string),
        Function("list contains", 2, 2, _list_contains),
        Function("all", 1, many, lambda *values: both(_items(values))),
        Function("any", 1, many, lambda *values: either(_items(values))),
        Function("not", 1, 1, _not),
    ]
    return {each.name: each for each in every}


FUNCTIONS = _table()
