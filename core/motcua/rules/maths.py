"""Code for comparisons and arithmetic (DMN 1.5 sections 10.3.2.2 and 10.3.2.3)."""

from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation

from motcua.rules import temporal
from motcua.rules.errors import RuleError
from motcua.rules.run import MAX_LENGTH, Code, Place, Run
from motcua.rules.values import MATHS, compare, equal, weight

_ORDER: Mapping[str, tuple[int, ...]] = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    return MATHS.power(base, exponent) if base or exponent else Decimal(1)


_NUMBERS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": MATHS.add, "-": MATHS.subtract, "*": MATHS.multiply, "/": MATHS.divide, "**": _power,
}  # fmt: skip
_OTHERS: Mapping[str, Callable[[object, object], object]] = {
    "+": temporal.add, "-": temporal.subtract, "*": temporal.multiply, "/": temporal.divide,
    "**": lambda left, right: None,
}  # fmt: skip
_QUICK = frozenset({Decimal, str, bool})


def comparison(sign: str, left: Code, right: Code, at: Place) -> Code:
    """Return the code of ``= != < <= > >=``; null for values that do not compare."""
    if sign in ("=", "!="):
        return _equality(sign == "=", left, right, at)
    wanted = _ORDER[sign]

    def ordered(run: Run) -> object:
        order = compare(left(run), right(run))
        return None if order is None else order in wanted

    return ordered


def _equality(wanted: bool, left: Code, right: Code, at: Place) -> Code:
    def same(run: Run) -> object:
        one, other = left(run), right(run)
        of = type(one)
        if of is type(other) and of in _QUICK:
            return (one == other) is wanted
        if isinstance(one, tuple | Mapping):
            run.spend(at, min(weight(one), weight(other)))
        found = equal(one, other)
        return None if found is None else found is wanted

    return same


def arithmetic(sign: str, left: Code, right: Code, at: Place) -> Code:
    """Return the code of ``+ - * / **``; null for other types and for results out of range."""
    numbers, others = _NUMBERS[sign], _OTHERS[sign]

    def compute(run: Run) -> object:
        one, other = left(run), right(run)
        if type(one) is Decimal and type(other) is Decimal:
            try:
                result = numbers(one, other)
            except (InvalidOperation, DivisionByZero):
                return None
            return result if result.is_finite() else None
        if one is None or other is None:
            return None
        if sign == "+" and isinstance(one, str) and isinstance(other, str):
            return join(run, one, other, at)
        return others(one, other)

    return compute


def join(run: Run, one: str, other: str, at: Place) -> str:
    """Return both texts as one; raises RuleError above the greatest length."""
    if len(one) + len(other) > MAX_LENGTH:
        raise RuleError(*at, "text too long", "chuỗi quá dài")
    run.spend(at, weight(one) + weight(other))
    return one + other


def negative(value: object) -> object:
    """Return the opposite of a number or a duration, else null."""
    return MATHS.minus(value) if isinstance(value, Decimal) else temporal.negate(value)
