"""The ways of the arrows in a laid-out process: only across and upright, never through a box.

Upright pieces run in the channels between the columns, each net (what leaves one box, what comes to
one box) on a track of its own; across they run in the rows that were kept for them. Where nothing is
in the way an arrow leaves or comes at a corner instead, as people draw it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from motcua.process.geometry import Box, Point, cuts, segments, straightened
from motcua.process.layout_graph import Arc, Columns, Graph, Vertex
from motcua.process.layout_rows import Piece, Rows

_CHANNEL, _TRACK, _MARGIN, _BUS = 46.0, 13.0, 20.0, 14.0
_CLEAR = 7.0
# In a huge picture the arrows that come last keep to the channels: it must be drawn soon.
MAX_CHECKS = 300_000
MAX_SORTED = 120  # nets of one channel that are put in the best order
_SAME_ROW = 40  # what it costs when two nets share a piece of a row, in crossings


@dataclass(slots=True)
class Placed:
    """Boxes and lines of one connected part, from the origin; ``bands`` as in ``Rows``."""

    boxes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    bands: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class _Net:
    key: tuple[str, str]
    pieces: list[tuple[Piece, float, float]] = field(default_factory=list)
    left: set[int] = field(default_factory=set)
    right: set[int] = field(default_factory=set)
    track: int = 0

    def span(self) -> tuple[int, int]:
        rows = self.left | self.right
        return min(rows), max(rows)


def placed(graph: Graph, found: Columns, rows: Rows) -> Placed:
    """Return where everything lies."""
    return _Router(graph, found, rows).run()


class _Router:
    def __init__(self, graph: Graph, found: Columns, rows: Rows) -> None:
        self.graph, self.found, self.rows = graph, found, rows
        self.made = Placed(bands=rows.bands)
        self.track: dict[tuple[str, int], float] = {}
        self.bus: dict[str, float] = {}
        self.named: dict[int, float] = {}
        self.columns: list[tuple[float, float, list[tuple[str, Box]]]] = []
        self.rights: list[float] = []
        self.taken: dict[tuple[str, int], dict[str, list[tuple[float, float]]]] = {}
        self.checks = MAX_CHECKS

    def run(self) -> Placed:
        lowest = max((self.rows.at[c] + self.rows.below[c] for c in self.rows.at), default=0.0)
        far = [a for a, pieces in self.rows.pieces.items() if any(not p.begin for p in pieces)]
        self.bus = {arc: lowest + _BUS * (n + 1) for n, arc in enumerate(far)}
        for arc in self.graph.arcs.values():
            channel = self.rows.pieces[arc.id][0].channel
            if arc.id not in self.found.back:
                self.named[channel] = max(self.named.get(channel, 0.0), arc.room)
        self._across(self._nets())
        for arc in self.graph.arcs.values():
            self._take(arc, self._way(arc))
        for arc in self.graph.arcs.values():
            self._improve(arc)
        return self.made

    def _nets(self) -> dict[int, list[_Net]]:
        """Return the nets of each channel, on tracks from left to right."""
        nets: dict[int, dict[tuple[str, str], _Net]] = {}
        for arc_id, pieces in self.rows.pieces.items():
            arc = self.graph.arcs[arc_id]
            for piece in pieces:
                key = self._key(arc, piece)
                net = nets.setdefault(piece.channel, {}).setdefault(key, _Net(key))
                begin, end = self._height(arc, piece.begin), self._height(arc, piece.end, True)
                net.pieces.append((piece, begin, end))
                (net.left if piece.begins_left else net.right).add(round(begin))
                (net.left if piece.ends_left else net.right).add(round(end))
        return {channel: _tracked(list(found.values())) for channel, found in nets.items()}

    def _key(self, arc: Arc, piece: Piece) -> tuple[str, str]:
        fans_out = sum(1 for a in self.graph.out_of[arc.source] if a.via == arc.via) > 1
        if piece.begin == arc.source and fans_out:
            return f"from {arc.via}", arc.source
        if piece.end == arc.target and len(self.graph.into[arc.target]) > 1:
            return f"to {piece.ends_left}", arc.target
        return "arc", arc.id

    def _height(self, arc: Arc, cell: str, end: bool = False) -> float:
        if not cell:
            return self.bus[arc.id]
        if cell == arc.source and arc.via and not end:
            return self.rows.at[cell] + self.graph.vertices[cell].exits[arc.via].run
        return self.rows.at[cell]

    def _across(self, nets: dict[int, list[_Net]]) -> None:
        """Give columns and tracks their places from left to right."""
        x = self._channel(-1, nets.get(-1, []), 0.0) if -1 in nets else 0.0
        for number, column in enumerate(self.rows.columns):
            here = [self.graph.vertices[c] for c in column if c in self.graph.vertices]
            wide = max((v.room for v in here), default=0.0)
            for vertex in here:
                self.made.boxes[vertex.id] = Box(
                    x + (wide - vertex.width) / 2,
                    self.rows.at[vertex.id] - vertex.top,
                    vertex.width,
                    vertex.top + vertex.bottom,
                )
            self.rights.append(x + wide)
            self.columns.append((x, x + wide, [(v.id, self.made.boxes[v.id]) for v in here]))
            x = self._channel(number, nets.get(number, []), x + wide)

    def _channel(self, number: int, nets: list[_Net], x: float) -> float:
        """Place the tracks of a channel that begins at ``x``; returns where it ends."""
        count = 1 + max((n.track for n in nets), default=-1)
        named = self.named.get(number, 0.0)
        last = number == len(self.rows.columns) - 1
        if last and not nets:
            return x
        wide = max(_CHANNEL, 2 * _MARGIN + _TRACK * (count - 1), named)
        begin = x + (wide - _TRACK * (count - 1)) / 2
        for net in nets:
            for piece, _, _ in net.pieces:
                self.track[piece.arc, piece.channel] = begin + _TRACK * net.track
        return x + wide

    def _way(self, arc: Arc) -> list[Point]:
        """Return the way in the channels, which is always free."""
        points = list(self._begin(arc))
        for piece in self.rows.pieces[arc.id]:
            x = self.track[arc.id, piece.channel]
            points.append((x, self._height(arc, piece.begin)))
            points.append((x, self._height(arc, piece.end, True)))
        target, last = self.made.boxes[arc.target], self.rows.pieces[arc.id][-1]
        points.append((target.right if last.ends_left else target.x, self.rows.at[arc.target]))
        return straightened(points)

    def _begin(self, arc: Arc) -> Iterator[Point]:
        box, axis = self.made.boxes[arc.source], self.rows.at[arc.source]
        if arc.via:
            port = self.graph.vertices[arc.source].exits[arc.via]
            yield box.cx + port.dx, axis + port.out
            yield box.cx + port.dx, axis + port.run
        else:
            right = self.rows.pieces[arc.id][0].begins_left
            yield box.right if right else box.x, axis

    def _improve(self, arc: Arc) -> None:
        """Take a way over corners where it is free."""
        if arc.source == arc.target or self.checks < 0:
            return
        old = self.made.lines[arc.id]
        for better in self._candidates(arc, old):
            if self._free(arc, better):
                self._drop(arc)
                self._take(arc, better)
                return

    def _candidates(self, arc: Arc, old: list[Point]) -> Iterator[list[Point]]:
        source, target = self.graph.vertices[arc.source], self.graph.vertices[arc.target]
        backwards = arc.id in self.found.back
        yield from self._upright(arc, old[0])
        leaves = not arc.via and (source.corners or backwards)
        comes = backwards or (target.corners and len(self.graph.into[arc.target]) > 1)
        if leaves and comes and len(old) >= 5:
            half = self._cornered(old, source)
            yield self._cornered(half[::-1], target)[::-1]
        if comes and len(old) >= 4:
            yield self._cornered(old[::-1], target)[::-1]
        if leaves and len(old) >= 4:
            yield self._cornered(old, source)

    def _upright(self, arc: Arc, begin: Point) -> Iterator[list[Point]]:
        """Return the straight way between two boxes of one column."""
        if self.found.column[arc.source] != self.found.column[arc.target]:
            return
        source, target = self.made.boxes[arc.source], self.made.boxes[arc.target]
        down = target.cy > source.cy
        x = begin[0] if arc.via else target.cx
        if target.x + 8 < x < target.right - 8 and (arc.via or abs(x - source.cx) < 1):
            y = begin[1] if arc.via else (source.bottom if down else source.y)
            if down or not arc.via:
                yield [(x, y), (x, target.y if down else target.bottom)]

    def _cornered(self, points: list[Point], vertex: Vertex) -> list[Point]:
        """Return a line that begins at the upper or lower side instead of the left or right one."""
        box = self.made.boxes[vertex.id]
        (_, axis), (_, row) = points[0], points[2]
        reach = box.bottom - axis if row > axis else axis - box.y
        if abs(points[0][1] - points[1][1]) > 1 or abs(row - axis) < reach + 10 or len(points) < 4:
            return points
        edge = box.bottom if row > axis else box.y
        return straightened([(box.cx, edge), (box.cx, row), *points[3:]])

    def _free(self, arc: Arc, points: Sequence[Point]) -> bool:
        """Return whether a line runs through no box and along no other line."""
        for a, b in segments(points):
            if a[0] != b[0] and a[1] != b[1]:
                return False
            if any(self._hit(arc, a, b)) or any(self._along(arc, a, b)):
                return False
        return True

    def _hit(self, arc: Arc, a: Point, b: Point) -> Iterator[bool]:
        low, high = min(a[0], b[0]), max(a[0], b[0])
        for left, _, boxes in self.columns[bisect_left(self.rights, low) :]:
            if left > high:
                return
            self.checks -= len(boxes)
            for vertex, box in boxes:
                own = vertex in (arc.source, arc.target)
                room = self.graph.vertices[vertex]
                below = 0.0 if own else room.below - room.bottom
                grown = box.grown(-1.0 if own else _CLEAR)
                yield cuts(Box(grown.x, grown.y, grown.width, grown.height + below), a, b)

    def _along(self, arc: Arc, a: Point, b: Point) -> Iterator[bool]:
        key, low, high = _line(a, b)
        for near in (-3, -2, -1, 0, 1, 2, 3):
            for other_id, spans in self.taken.get((key[0], key[1] + near), {}).items():
                other = self.graph.arcs[other_id]
                self.checks -= 1
                shared = other.target == arc.target or (
                    other.source == arc.source and other.via == arc.via
                )
                if other is not arc and not shared:
                    yield any(begin < high and low < end for begin, end in spans)

    def _take(self, arc: Arc, points: list[Point]) -> None:
        self.made.lines[arc.id] = points
        for a, b in segments(points):
            key, low, high = _line(a, b)
            self.taken.setdefault(key, {}).setdefault(arc.id, []).append((low, high))

    def _drop(self, arc: Arc) -> None:
        for a, b in segments(self.made.lines[arc.id]):
            self.taken[_line(a, b)[0]].pop(arc.id, None)


def _line(a: Point, b: Point) -> tuple[tuple[str, int], float, float]:
    if a[0] == b[0]:
        return ("|", round(a[0])), min(a[1], b[1]), max(a[1], b[1])
    return ("-", round(a[1])), min(a[0], b[0]), max(a[0], b[0])


def _tracked(nets: list[_Net]) -> list[_Net]:
    """Put the nets of a channel in an order with few crossings, and on as few tracks as it allows."""
    spans = {id(net): net.span() for net in nets}
    straight = [n for n in nets if spans[id(n)][0] == spans[id(n)][1]]
    bent = [n for n in nets if spans[id(n)][0] != spans[id(n)][1]]
    bent.sort(key=lambda n: spans[id(n)])
    order = _sorted(bent) if len(bent) <= MAX_SORTED else bent
    for n, net in enumerate(order):
        low, high = spans[id(net)]
        for other in order[:n]:
            first, last = spans[id(other)]
            if first <= high + 8 and low <= last + 8:
                net.track = max(net.track, other.track + 1)
    return order + straight


def _sorted(nets: list[_Net]) -> list[_Net]:
    """Put each net where it crosses least of those before it."""
    order: list[_Net] = []
    for net in nets:
        costs = [sum(_cost(net, other) for other in order)]
        for other in order:
            costs.append(costs[-1] - _cost(net, other) + _cost(other, net))
        order.insert(costs.index(min(costs)), net)
    return order


def _cost(first: _Net, second: _Net) -> int:
    """Return what crosses, and what shares a row, when the first net lies left of the second."""
    low, high = second.span()
    crossed = sum(1 for row in first.right if low < row < high)
    low, high = first.span()
    crossed += sum(1 for row in second.left if low < row < high)
    return crossed + _SAME_ROW * len(second.left & first.right)
