"""Functions of lists (DMN 1.5 section 10.3.4.4)."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cmp_to_key

from motcua.rules.functions.signature import BuiltIn, built_in
from motcua.rules.run import Place, Run
from motcua.rules.values import MATHS, Function, both, compare, either, equal, weight

Items = tuple[object, ...]


def _numbers(items: Items) -> list[Decimal] | None:
    found = [v for v in items if isinstance(v, Decimal)]
    return found if items and len(found) == len(items) else None


def _spread(call: Callable[[Items], object]) -> Callable[..., object]:
    """``min([1, 2])`` and ``min(1, 2)`` mean the same."""
    return lambda *values: call(values)


def _extreme(sign: int) -> Callable[[Items], object]:
    def best_of(items: Items) -> object:
        best = items[0] if items else None
        for item in items:
            order = compare(item, best)
            if order is None:
                return None
            best = item if order == sign else best
        return best

    return best_of


def _sum(items: Items) -> Decimal | None:
    found = _numbers(items)
    if found is None:
        return None
    total = Decimal(0)
    for each in found:
        total = MATHS.add(total, each)
    return total if total.is_finite() else None


def _mean(items: Items) -> Decimal | None:
    total = _sum(items)
    return None if total is None else MATHS.divide(total, Decimal(len(items)))


def _product(items: Items) -> Decimal | None:
    found = _numbers(items)
    if found is None:
        return None
    total = Decimal(1)
    for each in found:
        total = MATHS.multiply(total, each)
    return total if total.is_finite() else None


def _median(items: Items) -> Decimal | None:
    found = _numbers(items)
    if found is None:
        return None
    found.sort()
    middle = len(found) // 2
    if len(found) % 2:
        return found[middle]
    return MATHS.divide(MATHS.add(found[middle - 1], found[middle]), Decimal(2))


def _stddev(items: Items) -> Decimal | None:
    found, mean = _numbers(items), _mean(items)
    if found is None or mean is None or len(found) < 2:
        return None
    squares = tuple(MATHS.power(MATHS.subtract(each, mean), 2) for each in found)
    total = _sum(squares)
    try:
        return None if total is None else MATHS.sqrt(MATHS.divide(total, Decimal(len(found) - 1)))
    except InvalidOperation:
        return None


def _mode(items: Items) -> Items | None:
    found = _numbers(items)
    if found is None:
        return None if items else ()
    counts = Counter(found)
    most = max(counts.values())
    return tuple(sorted(each for each, count in counts.items() if count == most))


def _contains(items: Items, value: object) -> bool:
    return any(equal(each, value) is True for each in items)


def _whole(value: Decimal) -> int | None:
    fits = value == value.to_integral_value() and value.adjusted() < 12
    return int(value) if fits else None


def _index(items: Items, position: Decimal) -> int | None:
    """Return the index from 0 of a position from 1, or from -1 at the end."""
    place = _whole(position)
    if not place or abs(place) > len(items):
        return None
    return place - 1 if place > 0 else len(items) + place


def _sublist(items: Items, start: Decimal, length: Decimal | None = None) -> Items | None:
    begin = _index(items, start)
    if begin is None:
        return None
    if length is None:
        return items[begin:]
    count = _whole(length)
    if count is None or count < 1 or begin + count > len(items):
        return None
    return items[begin : begin + count]


def _insert(items: Items, position: Decimal, value: object) -> Items | None:
    at = _index(items, position)
    return None if at is None else (*items[:at], value, *items[at:])


def _remove(items: Items, position: Decimal) -> Items | None:
    at = _index(items, position)
    return None if at is None else items[:at] + items[at + 1 :]


def _put(run: Run, at: Place, items: Items, position: Decimal, value: object) -> Items | None:
    place = _index(items, position)
    return None if place is None else (*items[:place], value, *items[place + 1 :])


def _put_where(run: Run, at: Place, items: Items, match: Function, value: object) -> Items | None:
    answers = [run.invoke(match, (item, value), at) for item in items]
    if not all(isinstance(answer, bool) for answer in answers):
        return None
    return tuple(value if yes else item for item, yes in zip(items, answers, strict=True))


def _concatenate(*lists: Items) -> Items:
    return tuple(item for each in lists for item in each)


def _index_of(items: Items, match: object) -> Items:
    return tuple(Decimal(n) for n, each in enumerate(items, 1) if equal(each, match) is True)


def _distinct(run: Run, at: Place, items: Items) -> Items:
    kept: list[object] = []
    simple: set[tuple[type, object]] = set()
    for item in items:
        if isinstance(item, str | bool | Decimal):
            key = type(item), item
            if key not in simple:
                simple.add(key)
                kept.append(item)
            continue
        run.spend(at, len(kept) // 4 + weight(item))
        if not _contains(tuple(kept), item):
            kept.append(item)
    return tuple(kept)


def _union(run: Run, at: Place, *lists: Items) -> Items:
    return _distinct(run, at, _concatenate(*lists))


def _flatten(items: Items) -> Items:
    found: list[object] = []
    todo = [iter(items)]
    while todo:
        for item in todo[-1]:
            if isinstance(item, tuple):
                todo.append(iter(item))
                break
            found.append(item)
        else:
            todo.pop()
    return tuple(found)


def _sort(run: Run, at: Place, items: Items, precedes: Function | None = None) -> Items | None:
    if precedes is None:
        if any(compare(items[0], item) is None for item in items):
            return None
        return tuple(sorted(items, key=cmp_to_key(lambda a, b: compare(a, b) or 0)))
    by = precedes

    def order(one: object, other: object) -> int:
        return -1 if run.invoke(by, (one, other), at) is True else 1

    return tuple(sorted(items, key=cmp_to_key(order)))


def _both_ways(name: str, call: Callable[[Items], object]) -> BuiltIn:
    return built_in(name, ("list l", call), ("c x...", _spread(call)))


def functions() -> list[BuiltIn]:
    """Return the functions of this module."""
    return [
        _both_ways("min", _extreme(-1)),
        _both_ways("max", _extreme(1)),
        _both_ways("sum", _sum),
        _both_ways("mean", _mean),
        _both_ways("product", _product),
        _both_ways("median", _median),
        _both_ways("stddev", _stddev),
        _both_ways("mode", _mode),
        _both_ways("all", both),
        _both_ways("any", either),
        built_in("count", ("list l", lambda items: Decimal(len(items)))),
        built_in("list contains", ("list l, element x", _contains)),
        built_in("sublist", ("list l, start position n, length n?", _sublist)),
        built_in("append", ("list l, item x...", lambda items, *more: (*items, *more))),
        built_in("concatenate", ("list l...", _concatenate)),
        built_in("insert before", ("list l, position n, newItem x", _insert)),
        built_in("remove", ("list l, position n", _remove)),
        built_in("list replace", ("list l, position n, newItem x", _put),
                 ("list l, match f, newItem x", _put_where), run=True),
        built_in("reverse", ("list l", lambda items: items[::-1])),
        built_in("index of", ("list l, match x", _index_of)),
        built_in("union", ("list l...", _union), run=True),
        built_in("distinct values", ("list l", _distinct), run=True),
        built_in("flatten", ("list l", _flatten)),
        built_in("sort", ("list l, precedes f?", _sort), run=True),
    ]  # fmt: skip
