"""Nodes that work on lists: literals, filters, and the loops ``for``, ``some`` and ``every``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from motcua.rules.nodes import Node, Run
from motcua.rules.values import MATHS, Range, both, either, inward


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """``[a, b, c]``."""

    items: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        """Return the items."""
        return self.items

    def value(self, run: Run) -> object:
        """Return a tuple."""
        run.spend(self)
        return tuple(item.value(run) for item in self.items)


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """``list[2]``, ``list[-1]`` or ``list[item > 2]``; a single value counts as a list of one."""

    of: Node
    test: Node

    def parts(self) -> tuple[Node, ...]:
        """Return the list; names in the test may be entries of its items."""
        return self.of, self.test

    def value(self, run: Run) -> object:
        """Return the item at a number, or the items for which the test is true."""
        run.spend(self)
        found = self.of.value(run)
        items = found if isinstance(found, tuple) else () if found is None else (found,)
        kept = []
        for item in items or (None,):
            answer = self._test(item, run)
            if isinstance(answer, Decimal):
                return _at(items, answer)
            if items and answer is True:
                kept.append(item)
        return tuple(kept)

    def _test(self, item: object, run: Run) -> object:
        entries = {k: inward(v) for k, v in item.items()} if isinstance(item, Mapping) else {}
        run.spend(self, len(entries))
        outer = run.local
        run.local = {**outer, **entries, "item": item}
        try:
            return self.test.value(run)
        finally:
            run.local = outer


def _at(items: tuple[object, ...], index: Decimal) -> object:
    if index != index.to_integral_value() or not 1 <= abs(index) <= len(items):
        return None
    return items[int(index) - 1 if index > 0 else int(index)]


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """``for``, ``some`` or ``every`` over one or more lists or number ranges."""

    word: str
    over: tuple[tuple[str, Node], ...]
    body: Node

    def parts(self) -> tuple[Node, ...]:
        """Return the lists, then the body."""
        return *(among for _, among in self.over), self.body

    def value(self, run: Run) -> object:
        """``for`` gives a list; ``some`` and ``every`` are three-valued."""
        run.spend(self)
        outer, results = run.local, []
        run.local = dict(outer)
        try:
            for _ in self._rounds(run, 0):
                results.append(self.body.value(run))
                if results[-1] is (self.word == "some") and self.word != "for":
                    return results[-1]
        finally:
            run.local = outer
        if self.word == "for":
            return tuple(results)
        return either(results) if self.word == "some" else both(results)

    def _rounds(self, run: Run, depth: int) -> Iterator[None]:
        if depth == len(self.over):
            yield
            return
        name, among = self.over[depth]
        for item in _each(among.value(run), self, run):
            run.spend(self)
            run.local[name] = item
            yield from self._rounds(run, depth + 1)


def _each(among: object, node: Node, run: Run) -> Iterator[object]:
    if isinstance(among, tuple):
        yield from among
    elif isinstance(among, Range):
        low, high = among.low, among.high
        if not isinstance(low, Decimal) or not isinstance(high, Decimal):
            return
        step = Decimal(1) if low <= high else Decimal(-1)
        while (low <= high) if step > 0 else (low >= high):
            run.spend(node)
            yield low
            low = MATHS.add(low, step)
    elif among is not None:
        yield among
