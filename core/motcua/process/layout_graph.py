"""The columns of a laid-out process: what goes back is found, everything else goes to the right.

Longest-path layering (Sugiyama, Tagawa, Toda 1981). A loop goes back by the arrow that closes it in a
walk from the start; steps that only lead back ("the citizen supplements") stand under what they come
from, and are walked from right to left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Exit:
    """Where arrows leave by a boundary event on the lower side.

    ``dx`` is its place from the middle of the activity; ``out`` and ``run`` are distances from the axis
    down: to the lower edge of the event, and to the line on which its arrow runs on.
    """

    dx: float
    out: float
    run: float


@dataclass(frozen=True, slots=True)
class Vertex:
    """A box to be placed, around an axis on which its arrows come and go.

    The outline reaches ``top`` up and ``bottom`` down from the axis; ``room``, ``above`` and ``below``
    are the width and the heights to keep free for it with its name and what sits on it. ``corners``:
    arrows may also leave and come at the upper and lower corner. ``lane`` counts from the top.
    """

    id: str
    width: float
    top: float
    bottom: float
    room: float
    above: float
    below: float
    corners: bool = False
    lane: int = 0
    exits: Mapping[str, Exit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arc:
    """An arrow between two vertices; ``via`` is the boundary event it leaves by, "" for none.

    ``room`` is the width its name needs.
    """

    id: str
    source: str
    target: str
    via: str = ""
    room: float = 0.0


@dataclass(slots=True)
class Columns:
    """Where everything stands from left to right.

    ``column`` of each vertex; ``back`` the arcs that close a loop; ``leftward`` the vertices that are
    walked from right to left; ``main`` the arcs of the longest way on from each vertex.
    """

    column: dict[str, int] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    leftward: set[str] = field(default_factory=set)
    main: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)


class Graph:
    """Vertices and arcs with their ends, in document order."""

    def __init__(self, vertices: Sequence[Vertex], arcs: Sequence[Arc]) -> None:
        self.vertices: Mapping[str, Vertex] = {v.id: v for v in vertices}
        self.arcs: Mapping[str, Arc] = {a.id: a for a in arcs}
        self.out_of: dict[str, list[Arc]] = {v.id: [] for v in vertices}
        self.into: dict[str, list[Arc]] = {v.id: [] for v in vertices}
        for arc in arcs:
            self.out_of[arc.source].append(arc)
            self.into[arc.target].append(arc)

    def parts(self) -> list["Graph"]:
        """Return the connected parts, in document order of their first vertices."""
        found: dict[str, int] = {}
        for vertex in self.vertices:
            if vertex in found:
                continue
            number, waiting = len(set(found.values())), [vertex]
            while waiting:
                here = waiting.pop()
                if here in found:
                    continue
                found[here] = number
                waiting += [a.target for a in self.out_of[here]]
                waiting += [a.source for a in self.into[here]]
        groups: dict[int, list[Vertex]] = {}
        for vertex_id, number in found.items():
            groups.setdefault(number, []).append(self.vertices[vertex_id])
        ways: dict[int, list[Arc]] = {}
        for arc in self.arcs.values():
            ways.setdefault(found[arc.source], []).append(arc)
        return [Graph(group, ways.get(number, ())) for number, group in groups.items()]


def columns(graph: Graph) -> Columns:
    """Return the column of each vertex, from 0."""
    found = Columns(back=_closing(graph))
    chains = dict(_returning(graph, found.back))
    aside = {v for chain in chains.values() for v in chain}
    found.column = _longest(graph, found.back, aside)
    for chain in chains.values():
        _beside(graph, found, chain)
    found.main, found.order = _main(graph, found)
    return found


def _closing(graph: Graph) -> set[str]:
    """Return the arcs that lead back to a vertex the walk from the start came through."""
    entrances = [v for v in graph.vertices if not graph.into[v]]
    state: dict[str, int] = {}
    closing: set[str] = set()
    for root in [*entrances, *graph.vertices]:
        if root in state:
            continue
        state[root] = 1
        path = [(root, iter(graph.out_of[root]))]
        while path:
            vertex, arcs = path[-1]
            arc = next(arcs, None)
            if arc is None:
                state[vertex] = 2
                path.pop()
            elif arc.target not in state:
                state[arc.target] = 1
                path.append((arc.target, iter(graph.out_of[arc.target])))
            elif state[arc.target] == 1:
                closing.add(arc.id)
    return closing


def _returning(graph: Graph, back: set[str]) -> Iterable[tuple[str, list[str]]]:
    """Return the chains of vertices that only lead back, by the arc that closes them."""
    for arc_id in back:
        arc = graph.arcs[arc_id]
        chain: list[str] = []
        vertex = arc.source
        while _passage(graph, vertex) and vertex != arc.target:
            chain.append(vertex)
            vertex = graph.into[vertex][0].source
        if chain and len(graph.out_of[vertex]) > 1:
            yield arc_id, chain[::-1]


def _passage(graph: Graph, vertex: str) -> bool:
    into, out_of = graph.into[vertex], graph.out_of[vertex]
    return len(into) == 1 and len(out_of) == 1 and not out_of[0].via


def _longest(graph: Graph, back: set[str], aside: set[str]) -> dict[str, int]:
    """Return the columns of all vertices but those aside."""
    kept = [
        a for a in graph.arcs.values()
        if a.id not in back and a.source not in aside and a.target not in aside
    ]  # fmt: skip
    missing = dict.fromkeys((v for v in graph.vertices if v not in aside), 0)
    onward: dict[str, list[str]] = {}
    for arc in kept:
        missing[arc.target] += 1
        onward.setdefault(arc.source, []).append(arc.target)
    entrances = [v for v, n in missing.items() if n == 0]
    column = dict.fromkeys(missing, 0)
    ready = list(entrances)
    for vertex in ready:
        for target in onward.get(vertex, ()):
            column[target] = max(column[target], column[vertex] + 1)
            missing[target] -= 1
            if missing[target] == 0:
                ready.append(target)
    for vertex in entrances:
        # A second start stands right before what it starts.
        if after := [column[t] for t in onward.get(vertex, ())]:
            column[vertex] = min(after) - 1
    return column


def _beside(graph: Graph, found: Columns, chain: list[str]) -> None:
    """Give a returning chain its columns: to the left where there is room, else to the right."""
    begin = graph.into[chain[0]][0].source
    end = graph.out_of[chain[-1]][0].target
    first = found.column[begin]
    last = found.column.get(end, first)
    fits = len(chain) <= first - last + 1
    for number, vertex in enumerate(chain):
        found.column[vertex] = first - number if fits else first + number + 1
    if fits:
        found.leftward |= set(chain)


def _main(graph: Graph, found: Columns) -> tuple[set[str], list[str]]:
    """Return the arc of the longest way on from each vertex, and a walk that takes these first."""
    length: dict[str, int] = {}
    for vertex in sorted(graph.vertices, key=lambda v: -found.column[v]):
        length[vertex] = 1 + max(
            (length[a.target] for a in _onward(graph, found, vertex)), default=0
        )
    main: set[str] = set()
    order: dict[str, None] = {}
    entrances = sorted((v for v in graph.vertices if not graph.into[v]), key=lambda v: -length[v])
    waiting = [*reversed(list(graph.vertices)), *reversed(entrances)]
    while waiting:
        vertex = waiting.pop()
        if vertex in order:
            continue
        order[vertex] = None
        # An exception leaves by a boundary event: the ordinary way stays straight.
        arcs = sorted(_onward(graph, found, vertex), key=lambda a: (bool(a.via), -length[a.target]))
        if arcs and not arcs[0].via:
            main.add(arcs[0].id)
        leads = [a.target for a in [*arcs, *graph.out_of[vertex]]]
        waiting += [t for t in reversed(leads) if t not in order]
    return main, list(order)


def _onward(graph: Graph, found: Columns, vertex: str) -> list[Arc]:
    return [a for a in graph.out_of[vertex] if found.column[a.target] > found.column[vertex]]
