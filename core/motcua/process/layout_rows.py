"""The rows of a laid-out process: who stands above whom in a column, and at which height.

An arrow over several columns gets a cell in each of them, so that it has a row of its own and never
runs through a box. The order in the columns is improved by barycentres until nothing crosses less;
then cells that should be in one line are joined to blocks, and the blocks are packed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from motcua.process.layout_graph import Arc, Columns, Graph

SWEEPS = 8
# Arrows over more columns than this, and fewer where there are many, run under the whole picture.
MAX_SPAN, MAX_CELLS = 60, 20_000
_ROW, _WIRE = 34.0, 9.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an arrow in the channel right of column ``channel``, from one cell to another.

    ``left`` and ``right`` say on which side of the channel an end lies; "" as a cell is the row
    under the whole picture.
    """

    arc: str
    channel: int
    begin: str
    end: str
    begins_left: bool
    ends_left: bool


@dataclass(slots=True)
class Rows:
    """Columns of cells from top to bottom, the pieces of the arrows, and the height of each axis."""

    columns: list[list[str]]
    pieces: dict[str, list[Piece]] = field(default_factory=dict)
    lane: dict[str, int] = field(default_factory=dict)
    above: dict[str, float] = field(default_factory=dict)
    below: dict[str, float] = field(default_factory=dict)
    at: dict[str, float] = field(default_factory=dict)
    bands: list[tuple[float, float]] = field(default_factory=list)
    main: set[tuple[str, str]] = field(default_factory=set)

    def links(self) -> Iterator[tuple[str, str]]:
        """Return the pairs of cells in neighbouring columns that an arrow joins, left one first."""
        for pieces in self.pieces.values():
            for piece in pieces:
                if piece.begin and piece.end and piece.begins_left != piece.ends_left:
                    pair = (piece.begin, piece.end)
                    yield pair if piece.begins_left else pair[::-1]


def rows(graph: Graph, found: Columns, lanes: int) -> Rows:
    """Return the rows of everything; ``bands`` holds top and bottom of each lane."""
    made = Rows([[] for _ in range(1 + max(found.column.values(), default=0))])
    rank: dict[str, float] = {}
    for vertex_id in found.order:
        vertex = graph.vertices[vertex_id]
        made.columns[found.column[vertex_id]].append(vertex_id)
        made.lane[vertex_id] = vertex.lane
        made.above[vertex_id], made.below[vertex_id] = vertex.above, vertex.below
        rank[vertex_id] = 1 if vertex_id in found.leftward else 0
    for arc in graph.arcs.values():
        made.pieces[arc.id] = list(_pieces(graph, found, made, rank, arc))
        if arc.id in found.main:
            made.main |= {(p.begin, p.end) for p in made.pieces[arc.id]}
    for column in made.columns:
        column.sort(key=lambda cell: (made.lane[cell], rank[cell]))
    _order(made)
    _hang(graph, found, made)
    top = 0.0
    for lane in range(lanes):
        bottom = _pack(made, lane, top)
        made.bands.append((top, bottom))
        top = bottom
    return made


def _pieces(
    graph: Graph, found: Columns, made: Rows, rank: dict[str, float], arc: Arc
) -> Iterator[Piece]:
    """Return an arrow in pieces, and make its cells."""
    from_left = not (arc.source in found.leftward and not arc.via)
    to_right = arc.target not in found.leftward
    first = found.column[arc.source] - (0 if from_left else 1)
    last = found.column[arc.target] - (1 if to_right else 0)
    if abs(last - first) > min(MAX_SPAN, MAX_CELLS // (1 + len(graph.arcs))):
        yield Piece(arc.id, first, arc.source, "", from_left, last < first)
        yield Piece(arc.id, last, "", arc.target, last > first, not to_right)
        return
    step = 1 if last > first else -1
    here, begins_left = arc.source, from_left
    for channel in range(first, last, step):
        cell = f"{arc.id}\n{channel}"
        made.columns[channel + 1 if step > 0 else channel].append(cell)
        made.lane[cell] = graph.vertices[arc.target].lane
        made.above[cell] = made.below[cell] = _WIRE
        rank[cell] = _side(graph, found, arc)
        yield Piece(arc.id, channel, here, cell, begins_left, step < 0)
        here, begins_left = cell, step > 0
    yield Piece(arc.id, last, here, arc.target, begins_left, not to_right)


def _side(graph: Graph, found: Columns, arc: Arc) -> float:
    """Loops without steps of their own run above, those with steps below, the rest between.

    A longer loop runs outside a shorter one.
    """
    span = abs(found.column[arc.source] - found.column[arc.target]) / 10_000
    if arc.source in found.leftward:
        return 1 + span
    return -1 - span if arc.id in found.back and not arc.via else 0


def _order(made: Rows) -> None:
    """Sort the cells of each column so that few arrows cross."""
    near: dict[str, list[str]] = {cell: [] for column in made.columns for cell in column}
    links = [[] for _ in made.columns]  # type: list[list[tuple[str, str]]]
    number = {cell: i for i, column in enumerate(made.columns) for cell in column}
    for left, right in made.links():
        near[left].append(right)
        near[right].append(left)
        links[number[left]].append((left, right))
    best, fewest = [list(c) for c in made.columns], _crossings(made.columns, links)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        there = range(1, len(made.columns))
        for i in there if sweep % 2 == 0 else reversed(range(len(made.columns) - 1)):
            _sort(made, i, i - 1 if sweep % 2 == 0 else i + 1, near)
        count = _crossings(made.columns, links)
        if count < fewest:
            best, fewest = [list(c) for c in made.columns], count
    made.columns = best


def _hang(graph: Graph, found: Columns, made: Rows) -> None:
    """Put what only leads back right under what it comes from, and its way right under its end."""
    for vertex in found.order:
        if vertex not in found.leftward:
            continue
        _under(made, found, vertex, graph.into[vertex][0].source)
        arc = graph.out_of[vertex][0]
        cell = made.pieces[arc.id][-1].begin
        if arc.target not in found.leftward and cell not in ("", vertex):
            _under(made, found, cell, arc.target)


def _under(made: Rows, found: Columns, cell: str, over: str) -> None:
    column = made.columns[found.column[over]]
    if cell in column and made.lane[over] == made.lane[cell]:
        column.remove(cell)
        column.insert(column.index(over) + 1, cell)


def _sort(made: Rows, index: int, beside: int, near: Mapping[str, Sequence[str]]) -> None:
    place = {cell: n for n, cell in enumerate(made.columns[beside])}
    own = {cell: n for n, cell in enumerate(made.columns[index])}

    def weight(cell: str) -> tuple[int, float]:
        found = [place[c] for c in near[cell] if c in place]
        return made.lane[cell], sum(found) / len(found) if found else own[cell]

    made.columns[index].sort(key=weight)


def _crossings(columns: list[list[str]], links: list[list[tuple[str, str]]]) -> int:
    """Count the crossings between neighbouring columns (an inversion count by a Fenwick tree)."""
    total = 0
    for i, pairs in enumerate(links[:-1]):
        left = {cell: n for n, cell in enumerate(columns[i])}
        right = {cell: n for n, cell in enumerate(columns[i + 1])}
        ends = [b for _, b in sorted((left[a], right[b]) for a, b in pairs)]
        tree = [0] * (len(right) + 1)
        for seen, end in enumerate(ends):
            total += seen - _sum(tree, end + 1)
            at = end + 1
            while at < len(tree):
                tree[at] += 1
                at += at & -at
    return total


def _sum(tree: list[int], at: int) -> int:
    total = 0
    while at > 0:
        total += tree[at]
        at -= at & -at
    return total


def _pack(made: Rows, lane: int, top: float) -> float:
    """Give the cells of a lane their heights below ``top``; returns where the lane ends."""
    columns = [[c for c in column if made.lane[c] == lane] for column in made.columns]
    block = _blocks(made, lane, columns)
    members: dict[str, list[str]] = {}
    for cell, root in block.items():
        members.setdefault(root, []).append(cell)
    over: dict[str, list[tuple[str, float]]] = {root: [] for root in members}
    under: dict[str, list[tuple[str, float]]] = {root: [] for root in members}
    for column in columns:
        for upper, lower in pairwise(column):
            wires = "\n" in upper and "\n" in lower
            gap = made.below[upper] + made.above[lower] + (0 if wires else _ROW)
            over[block[lower]].append((block[upper], gap))
            under[block[upper]].append((block[lower], gap))
    order = _sorted(over, under)
    height = {root: top + _ROW + max(made.above[c] for c in members[root]) for root in members}
    for root in order:
        for upper, gap in over[root]:
            height[root] = max(height[root], height[upper] + gap)
    _settle(made, block, order, height, (over, under))
    made.at |= {cell: height[root] for cell, root in block.items()}
    lowest = max((made.at[c] + made.below[c] for c in block), default=top + 2 * _ROW)
    return lowest + _ROW


def _blocks(made: Rows, lane: int, columns: list[list[str]]) -> dict[str, str]:
    """Return which cells share one height: the root of its block for each cell."""
    place = {cell: (i, n) for i, column in enumerate(columns) for n, cell in enumerate(column)}
    wanted = sorted(
        (pair for pair in set(made.links()) if pair[0] in place and pair[1] in place),
        key=lambda pair: (_looseness(made, *pair), place[pair[0]], place[pair[1]]),
    )
    after: dict[str, str] = {}
    before: dict[str, str] = {}
    taken: list[list[tuple[int, int]]] = [[] for _ in columns]
    for left, right in wanted:
        (i, a), (_, b) = place[left], place[right]
        crossed = any((a - c) * (b - d) < 0 for c, d in taken[i])
        if left not in after and right not in before and not crossed:
            after[left], before[right] = right, left
            taken[i].append((a, b))
    root: dict[str, str] = {}
    for column in columns:
        for cell in column:
            root[cell] = root[before[cell]] if cell in before else cell
    return root


def _looseness(made: Rows, left: str, right: str) -> int:
    """Return how little it matters that two cells are in one line."""
    if (left, right) in made.main:
        return 0
    return 2 - ("\n" in left) - ("\n" in right) + 1


def _sorted(
    over: Mapping[str, list[tuple[str, float]]], under: Mapping[str, list[tuple[str, float]]]
) -> list[str]:
    """Return the blocks so that none comes before one that lies above it."""
    missing = {root: len(found) for root, found in over.items()}
    ready = [root for root, count in missing.items() if count == 0]
    for root in ready:
        for lower, _ in under[root]:
            missing[lower] -= 1
            if missing[lower] == 0:
                ready.append(lower)
    return ready


_Gaps = Mapping[str, list[tuple[str, float]]]


def _settle(
    made: Rows,
    block: Mapping[str, str],
    order: list[str],
    height: dict[str, float],
    gaps: tuple[_Gaps, _Gaps],
) -> None:
    """Move blocks towards what they are joined with, as far as their neighbours let them."""
    over, under = gaps
    floor = dict(height)
    joined: dict[str, list[str]] = {root: [] for root in order}
    for left, right in made.links():
        if left in block and right in block and block[left] != block[right]:
            joined[block[left]].append(block[right])
            joined[block[right]].append(block[left])
    size = Counter(block[a] for a, b in made.main if a in block and block[a] == block.get(b))
    longest = max(order, key=lambda root: size[root], default="")
    for turn in range(4):
        for root in order if turn % 2 else reversed(order):
            if root == longest or not joined[root]:
                continue
            wished = sorted(height[other] for other in joined[root])[len(joined[root]) // 2]
            low = max((height[o] + gap for o, gap in over[root]), default=floor[root])
            high = min((height[o] - gap for o, gap in under[root]), default=wished)
            height[root] = max(low, min(wished, high))
