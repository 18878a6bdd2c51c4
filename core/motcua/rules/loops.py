"""Code for filters and for the loops ``for``, ``some`` and ``every``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from motcua.rules import tree as n
from motcua.rules.run import FORGIVING, Code, Place, Run
from motcua.rules.values import MATHS, Range

Keep = Callable[[object], bool]


class _NothingToGoThrough(Exception):  # noqa: N818 -- never leaves this module
    pass


def names_in(node: n.Node) -> Iterator[str]:
    """Yield every name that stands in a tree."""
    todo = [node]
    while todo:
        each = todo.pop()
        if isinstance(each, n.Name):
            yield each.name
        todo += n.parts(each)


def _items(found: object) -> tuple[object, ...]:
    return found if isinstance(found, tuple) else () if found is None else (found,)


def at_index(of: Code, index: Decimal) -> Code:
    """Return the code of ``list[2]``."""
    return lambda run: pick(_items(of(run)), index)


def pick(items: tuple[object, ...], index: Decimal) -> object:
    """Return the item at a place from 1, or from -1 at the end; null when there is none."""
    if index != index.to_integral_value() or not 1 <= abs(index) <= len(items):
        return None
    return items[int(index) - 1 if index > 0 else int(index)]


def filtering(of: Code, test: Code, names: frozenset[str], size: int, at: Place) -> Code:
    """Return the code of ``list[test]``: the item at a number, or those for which it is true."""

    def narrow(run: Run) -> object:
        found = of(run)
        if found is None:
            return None
        items, outer, kept = _items(found), run.local, []
        try:
            for item in items or (None,):
                run.spend(at, size + len(outer) // 8)
                run.local = _with_item(outer, item, names)
                answer = test(run)
                if isinstance(answer, Decimal):
                    return pick(items, answer)
                if answer is True and items:
                    kept.append(item)
                elif answer is not None and not isinstance(answer, bool):
                    return None
        finally:
            run.local = outer
        return tuple(kept)

    return narrow


def _with_item(
    outer: Mapping[str, object], item: object, names: frozenset[str]
) -> dict[str, object]:
    scope = {**outer, "item": item}
    if isinstance(item, Mapping):
        for name in names:
            if name in item:
                scope[name] = item[name]
    if item is None or isinstance(item, Mapping):
        scope[FORGIVING] = True  # an item may lack an entry that others have
    return scope


def looping(
    word: str, over: Sequence[tuple[str, Code]], body: Code, partial: bool, size: int, at: Place
) -> Code:
    """Return the code of a loop: ``for`` gives a list, the others are three-valued."""
    decisive = word == "some"

    def loop(run: Run) -> object:
        """Run all rounds; null where there is nothing to go through."""
        outer = run.local
        results: list[object] = []
        run.local = scope = dict(outer)
        unclear = False
        try:
            for _ in _rounds(run, scope, over, at):
                run.spend(at, size + (len(results) // 16 if partial else 0))
                if partial:
                    scope["partial"] = tuple(results)
                found = body(run)
                if word == "for":
                    results.append(found)
                elif found is decisive:
                    return decisive
                else:
                    unclear = unclear or not isinstance(found, bool)
        except _NothingToGoThrough:
            return None
        finally:
            run.local = outer
        if word == "for":
            return tuple(results)
        return None if unclear else not decisive

    return loop


def _rounds(
    run: Run, scope: dict[str, object], over: Sequence[tuple[str, Code]], at: Place
) -> Iterator[None]:
    (name, among), *rest = over
    for item in _each(among(run), at, run):
        scope[name] = item
        if rest:
            run.spend(at)
            yield from _rounds(run, scope, rest, at)
        else:
            yield


def _each(among: object, at: Place, run: Run) -> Iterator[object]:
    if isinstance(among, Range):
        yield from _steps(among, at, run)
    elif isinstance(among, tuple):
        yield from among
    elif among is None:
        raise _NothingToGoThrough
    else:
        yield among


def _steps(among: Range, at: Place, run: Run) -> Iterator[object]:
    """Yield whole steps from end to end, also downwards; for an open bracket without the end."""
    low, high = among.low, among.high
    if isinstance(low, Decimal) and isinstance(high, Decimal):
        one = Decimal(1) if low <= high else Decimal(-1)
        now = low if among.low_closed else MATHS.add(low, one)
        while (now < high if one > 0 else now > high) or (now == high and among.high_closed):
            run.spend(at)
            yield now
            now = MATHS.add(now, one)
    elif _is_day(low) and _is_day(high):
        assert isinstance(low, date)  # noqa: S101 -- what _is_day has said
        assert isinstance(high, date)  # noqa: S101
        day = timedelta(days=1 if low <= high else -1)
        count = abs((high - low).days)
        for step in range(0 if among.low_closed else 1, count + (1 if among.high_closed else 0)):
            run.spend(at)
            yield low + step * day
    else:
        raise _NothingToGoThrough


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)
