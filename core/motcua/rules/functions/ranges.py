"""Functions that place points and ranges to each other (DMN 1.5 section 10.3.4.9)."""

from collections.abc import Callable

from motcua.rules.functions.signature import BuiltIn, built_in
from motcua.rules.values import Range, compare

Relation = Callable[..., bool]


class _NoOrder(Exception):  # noqa: N818 -- never leaves this module
    pass


def _order(left: object, right: object) -> int:
    found = compare(left, right)
    if found is None:
        raise _NoOrder
    return found


def _safe(relation: Relation) -> Callable[..., bool | None]:
    def relate(*values: object) -> bool | None:
        try:
            return relation(*values)
        except _NoOrder:
            return None

    return relate


def _swap(relation: Relation) -> Relation:
    return lambda one, other: relation(other, one)


def _point_before_point(one: object, other: object) -> bool:
    return _order(one, other) < 0


def _point_before(point: object, span: Range) -> bool:
    order = _order(point, span.low)
    return order < 0 or (order == 0 and not span.low_closed)


def _before_point(span: Range, point: object) -> bool:
    order = _order(span.high, point)
    return order < 0 or (order == 0 and not span.high_closed)


def _before(one: Range, other: Range) -> bool:
    order = _order(one.high, other.low)
    return order < 0 or (order == 0 and not (one.high_closed and other.low_closed))


def _meets(one: Range, other: Range) -> bool:
    return one.high_closed and other.low_closed and _order(one.high, other.low) == 0


def _overlaps(one: Range, other: Range) -> bool:
    return not _before(one, other) and not _before(other, one)


def _starts_first(one: Range, other: Range) -> bool:
    order = _order(one.low, other.low)
    return order < 0 or (order == 0 and one.low_closed and not other.low_closed)


def _ends_within(one: Range, other: Range) -> bool:
    order = _order(one.high, other.high)
    return order < 0 or (order == 0 and (not one.high_closed or other.high_closed))


def _begins_within(one: Range, other: Range) -> bool:
    order = _order(one.low, other.low)
    return order > 0 or (order == 0 and (not one.low_closed or other.low_closed))


def _overlaps_before(one: Range, other: Range) -> bool:
    return _starts_first(one, other) and not _before(one, other) and _ends_within(one, other)


def _finishes_point(point: object, span: Range) -> bool:
    return span.high_closed and _order(span.high, point) == 0


def _finishes(one: Range, other: Range) -> bool:
    same = one.high_closed == other.high_closed and _order(one.high, other.high) == 0
    return same and _begins_within(one, other)


def _includes_point(span: Range, point: object) -> bool:
    low, high = _order(span.low, point), _order(span.high, point)
    return (low < 0 or (low == 0 and span.low_closed)) and (
        high > 0 or (high == 0 and span.high_closed)
    )


def _includes(one: Range, other: Range) -> bool:
    return _begins_within(other, one) and _ends_within(other, one)


def _starts_point(point: object, span: Range) -> bool:
    return span.low_closed and _order(span.low, point) == 0


def _starts(one: Range, other: Range) -> bool:
    same = one.low_closed == other.low_closed and _order(one.low, other.low) == 0
    return same and _ends_within(one, other)


def _coincide_points(one: object, other: object) -> bool:
    return _order(one, other) == 0


def _coincide(one: Range, other: Range) -> bool:
    low = one.low_closed == other.low_closed and _order(one.low, other.low) == 0
    return low and one.high_closed == other.high_closed and _order(one.high, other.high) == 0


_TWO, _POINTS = "range1 r, range2 r", "point1 x, point2 x"
_POINT_RANGE, _RANGE_POINT = "point x, range r", "range r, point x"


def _relation(name: str, *ways: tuple[str, Relation]) -> BuiltIn:
    return built_in(name, *((text, _safe(relation)) for text, relation in ways))


def functions() -> list[BuiltIn]:
    """Return the functions of this module."""
    return [
        _relation("before", (_TWO, _before), (_POINT_RANGE, _point_before),
                  (_RANGE_POINT, _before_point), (_POINTS, _point_before_point)),
        _relation("after", (_TWO, _swap(_before)), (_POINT_RANGE, _swap(_before_point)),
                  (_RANGE_POINT, _swap(_point_before)), (_POINTS, _swap(_point_before_point))),
        _relation("meets", (_TWO, _meets)),
        _relation("met by", (_TWO, _swap(_meets))),
        _relation("overlaps", (_TWO, _overlaps)),
        _relation("overlaps before", (_TWO, _overlaps_before)),
        _relation("overlaps after", (_TWO, _swap(_overlaps_before))),
        _relation("finishes", (_TWO, _finishes), (_POINT_RANGE, _finishes_point)),
        _relation("finished by", (_TWO, _swap(_finishes)), (_RANGE_POINT, _swap(_finishes_point))),
        _relation("includes", (_TWO, _includes), (_RANGE_POINT, _includes_point)),
        _relation("during", (_TWO, _swap(_includes)), (_POINT_RANGE, _swap(_includes_point))),
        _relation("starts", (_TWO, _starts), (_POINT_RANGE, _starts_point)),
        _relation("started by", (_TWO, _swap(_starts)), (_RANGE_POINT, _swap(_starts_point))),
        _relation("coincides", (_TWO, _coincide), (_POINTS, _coincide_points)),
    ]  # fmt: skip
