"""Which joins of a process can ever fire: a search through the ways its tokens can lie.

Every flow out of an exclusive gateway is tried, whatever its condition says; a join that fires in
none of these runs fires in no real one.
"""

from motcua.process.definition import WAITING, Definition

_MOST_MARKINGS = 3_000
_MOST_MOVES = 100_000
_MOST_TOKENS = 60
Marking = tuple[str, ...]
"""Sorted: ids of waiting nodes (repeated), and flows where a token is parked before a join."""


def joins_that_fire(definition: Definition) -> set[str] | None:
    """Return the parallel gateways that can fire; None if the process is too large to search."""
    search = _Search(definition)
    first = search.settle((), definition.nodes[definition.start].outgoing)
    todo, seen = list(first), set(first)
    while todo:
        marking = todo.pop()
        for place in set(marking):
            if place not in definition.nodes:
                continue
            rest = list(marking)
            rest.remove(place)
            for after in search.settle(tuple(rest), definition.nodes[place].outgoing):
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
        if search.too_large or len(seen) > _MOST_MARKINGS:
            return None
    return search.fired


class _Search:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.fired: set[str] = set()
        self.moves = 0
        self.too_large = False

    def settle(self, marking: Marking, flows: tuple[str, ...]) -> set[Marking]:
        """Return all markings in which the tokens on these flows can come to rest."""
        results: set[Marking] = set()
        todo: list[tuple[Marking, tuple[str, ...]]] = [(marking, flows)]
        seen = set(todo)
        while todo:
            here, moving = todo.pop()
            if not moving:
                results.add(here)
                continue
            self.moves += 1
            if self.moves > _MOST_MOVES or len(here) + len(moving) > _MOST_TOKENS:
                self.too_large = True
                return results
            for each in self._move(here, moving[0], moving[1:]):
                if each not in seen:
                    seen.add(each)
                    todo.append(each)
        return results

    def _move(
        self, here: Marking, flow: str, others: tuple[str, ...]
    ) -> list[tuple[Marking, tuple[str, ...]]]:
        node = self.definition.nodes[self.definition.flows[flow].target]
        if node.kind in WAITING:
            return [(tuple(sorted((*here, node.id))), others)]
        if node.kind == "exclusive":
            return [(here, (*others, each)) for each in node.outgoing]
        if node.kind == "end":
            return [(here, others)]
        held = [*here, flow]
        if not all(each in held for each in node.incoming):
            return [(tuple(sorted(held)), others)]
        self.fired.add(node.id)
        for each in node.incoming:
            held.remove(each)
        return [(tuple(sorted(held)), (*others, *node.outgoing))]
