"""Which joins of a process can ever fire: a search through the ways its tokens can lie.

Every flow out of a gateway is tried, whatever its condition says; a join that fires in none of
these runs fires in no real one. Each scope is searched by itself: a sub-process is one place in the
scope around it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from motcua.process.definition import Definition, Node

_MOST_MARKINGS = 3_000
_MOST_MOVES = 50_000
_QUICK_MOVES = 20_000
_MOST_TOKENS = 60
_MOST_BRANCHES = 6
_SPENT = "\n"
Marking = tuple[str, ...]
"""Sorted: ids of nodes where a token rests (repeated), and flows where one is parked before a join.
A node whose non-interrupting boundary event has happened carries the event's id after a line end."""
_Moving = tuple[Marking, tuple[str, ...]]


@dataclass
class Found:
    """What a search saw; ``complete`` says whether it saw everything."""

    fired: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    """Nodes where two tokens can lie at once."""
    stuck: set[str] = field(default_factory=set)
    """Joins before which tokens can be left over with nothing that moves."""
    complete: bool = True


def search(definition: Definition, places: Iterable[str]) -> Found:
    """Follow a scope from a marking: ids of its nodes, and of flows with parked tokens."""
    return _Search(definition).follow(tuple(sorted(places)))


def joins_that_fire(definition: Definition) -> set[str] | None:
    """Return the joins that can fire; None if the process is too large to search."""
    fired: set[str] = set()
    joins: dict[str, set[str]] = {}
    for node in definition.nodes.values():
        if _joins(node):
            joins.setdefault(node.scope, set()).add(node.id)
    for node in definition.nodes.values():
        if node.kind == "start" and (wanted := joins.get(node.scope)):
            # What fires once is enough. Steps side by side do not hinder each other, so a good
            # process is known as such after trying them in one order; only a bad one needs all.
            found = _Search(definition, wanted, thorough=False).follow((node.id,))
            if found.complete and not found.fired >= wanted:
                found = _Search(definition, wanted).follow((node.id,))
            if not found.complete and not found.fired >= wanted:
                return None
            fired |= found.fired
    return fired


def _joins(node: Node) -> bool:
    return node.kind in ("parallel", "inclusive") and len(node.incoming) > 1


class _Search:
    def __init__(
        self, definition: Definition, wanted: set[str] | None = None, *, thorough: bool = True
    ) -> None:
        self.definition = definition
        self.nodes, self.flows = definition.nodes, definition.flows
        self.found = Found()
        self.wanted, self.thorough = wanted, thorough
        self.moves = 0

    def follow(self, first: Marking) -> Found:
        """Search from a marking as far as the limits allow."""
        found = self.found
        todo = list(self.settle(first, ()))
        seen = set(todo)
        while todo and found.complete:
            if self.wanted is not None and found.fired >= self.wanted:
                break
            marking = todo.pop()
            self._judge(marking)
            new: set[Marking] = set()
            for place in dict.fromkeys(marking):
                reached = {
                    after
                    for rest, flows in self._steps(marking, place)
                    for after in self.settle(rest, flows)
                }
                new |= reached - seen
                if reached and not self.thorough and not reached & seen:
                    new = reached
                    break
            seen |= new
            todo += new
            found.complete = found.complete and len(seen) <= _MOST_MARKINGS
        return found

    def _judge(self, marking: Marking) -> None:
        resting = [place.partition(_SPENT)[0] for place in marking if place not in self.flows]
        self.found.doubled |= {node for node in resting if resting.count(node) > 1}
        if marking and not resting:
            self.found.stuck |= {self.flows[flow].target for flow in marking}

    def _steps(self, marking: Marking, place: str) -> Iterator[_Moving]:
        """Yield what can happen at a place: the node is done, or a boundary event of it happens."""
        if place in self.flows:
            return
        others = list(marking)
        others.remove(place)
        rest, node = tuple(others), self.nodes[place.partition(_SPENT)[0]]
        if node.kind == "event":
            for flow in node.outgoing:
                yield rest, self.nodes[self.flows[flow].target].outgoing
            return
        yield rest, node.outgoing
        for event in self.definition.index.boundaries.get(node.id, ()):
            if event.interrupting:
                yield rest, event.outgoing
            elif event.id not in place.split(_SPENT):
                yield tuple(sorted([*rest, place + _SPENT + event.id])), event.outgoing

    def settle(self, marking: Marking, flows: tuple[str, ...]) -> set[Marking]:
        """Return all markings in which the tokens on these flows can come to rest."""
        results: set[Marking] = set()
        todo: list[_Moving] = [(marking, tuple(sorted(flows)))]
        seen = set(todo)
        most = _MOST_MOVES if self.thorough else _QUICK_MOVES
        while todo:
            here, moving = todo.pop()
            self.moves += 1
            if self.moves > most or len(here) + len(moving) > _MOST_TOKENS:
                self.found.complete = False
                return results
            after = self._move(here, moving[0], moving[1:]) if moving else self._fire(here)
            if after is None:
                results.add(here)
            for rest, onward in after or ():
                each = (rest, tuple(sorted(onward)))
                if each not in seen:
                    seen.add(each)
                    todo.append(each)
        return results

    def _move(self, here: Marking, flow: str, others: tuple[str, ...]) -> list[_Moving]:
        node = self.nodes[self.flows[flow].target]
        if node.kind == "exclusive":
            return [(here, (*others, each)) for each in node.outgoing]
        if node.kind == "end":
            return [((), ())] if node.event in ("terminate", "error") else [(here, others)]
        if node.kind == "throw":
            return [(here, (*others, *node.outgoing))]
        if node.kind == "inclusive" and not _joins(node):
            return [(here, (*others, *chosen)) for chosen in self._subsets(node)]
        if node.kind == "inclusive":
            return [(tuple(sorted((*here, flow))), others)]
        if node.kind != "parallel":
            return [(tuple(sorted((*here, node.id))), others)]
        held = [*here, flow]
        if not all(each in held for each in node.incoming):
            return [(tuple(sorted(held)), others)]
        self.found.fired.add(node.id)
        for each in node.incoming:
            held.remove(each)
        return [(tuple(sorted(held)), (*others, *node.outgoing))]

    def _fire(self, here: Marking) -> list[_Moving] | None:
        """Fire an inclusive join that waits for nothing more, or return None."""
        for place in here:
            if place not in self.flows:
                continue
            node = self.nodes[self.flows[place].target]
            held = {flow for flow in node.incoming if flow in here}
            if node.kind == "inclusive" and self._active(node, held, here):
                self.found.fired.add(node.id)
                rest = list(here)
                for flow in held:
                    rest.remove(flow)
                return [(tuple(rest), chosen) for chosen in self._subsets(node)]
        return None

    def _active(self, gateway: Node, held: set[str], here: Marking) -> bool:
        for place in here:
            node = self.flows[place].target if place in self.flows else place.partition(_SPENT)[0]
            if node != gateway.id and self.definition.index.hinders(gateway, node, held):
                return False
        return True

    def _subsets(self, node: Node) -> list[tuple[str, ...]]:
        if len(node.outgoing) > _MOST_BRANCHES:
            self.found.complete = False
            return [node.outgoing]
        every = len(node.outgoing)
        sizes = range(1, every + 1) if self.thorough else (1, every)
        return [chosen for size in sizes for chosen in combinations(node.outgoing, size)]
