"""A readable picture for a process that comes without one.

``laid_out`` is deterministic: the same file gives the same picture. Sub-processes are laid out first
and become boxes of their size; lanes are bands; pools stand below each other.
"""

from collections.abc import Iterable, Iterator, Mapping

from motcua.process.geometry import Box, Point, around
from motcua.process.layout_graph import Arc, Graph, Vertex, columns
from motcua.process.layout_route import Placed, placed
from motcua.process.layout_rows import rows
from motcua.process.layout_sizes import EVENT, HEAD, Sketch, outside, vertex_of
from motcua.process.picture_model import (
    ACTIVITIES,
    ARTIFACTS,
    EVENTS,
    GATEWAYS,
    TALKS,
    Link,
    Model,
    Part,
)
from motcua.process.picture_panel import Line, Panel, Shape

_PAD, _APART, _WIDE = 20.0, 36.0, 1_000.0
_STRIP = 28.0


def scope_panel(found: Model, scope: str, title: str = "") -> Panel:
    """Return the inside of one process or sub-process, laid out."""
    layout = _Layout(found)
    sketch = layout.scope(scope)
    layout.lanes(sketch, scope, sketch.width)
    return _panel(found, sketch, scope, title)


def laid_out(found: Model) -> Panel:
    """Return the whole file, laid out: its pools, or its processes below each other."""
    layout = _Layout(found)
    owner = found.collaboration or (found.processes[0] if found.processes else "")
    return _panel(found, layout.whole(), owner, "")


def _panel(found: Model, sketch: Sketch, owner: str, title: str) -> Panel:
    panel = Panel(owner, title)
    for key, box in sketch.boxes.items():
        part = found.parts[key]
        inside = found.inside(part.called if part.tag == "participant" else key)
        panel.shapes[key] = Shape(part, box, expanded=bool(inside))
    for key, points in sketch.lines.items():
        panel.lines[key] = Line(found.links[key], points)
    return panel


class _Layout:
    def __init__(self, found: Model) -> None:
        self.found = found
        self.flows: dict[str, list[Link]] = {}
        self.ties: dict[str, list[Link]] = {}
        for link in found.links.values():
            group = self.flows if link.kind == "sequence" else self.ties
            group.setdefault(link.parent, []).append(link)

    def whole(self) -> Sketch:
        """Lay out every process: in its pool, or freely; then the messages between pools."""
        made, done = Sketch(), set[str]()
        pools = [self.found.parts[p] for p in self.found.participants]
        sketches = [(pool, self.scope(pool.called)) for pool in pools]
        talks = bool(self.found.inside(self.found.collaboration))
        least = 400.0 if talks or not sketches else 0.0
        wide = max([least, *(s.width for _, s in sketches)]) + _STRIP
        for number, (pool, sketch) in enumerate(sketches):
            if number == 1 and talks:
                self._talks(made)
            height = max(sketch.height, 60.0)
            made.boxes[pool.id] = Box(0, made.height, wide, height)
            self.lanes(sketch, pool.called, wide - _STRIP)
            made.put(sketch, _STRIP, made.height)
            made.height += height + _APART
            done.add(pool.called)
        for process in self.found.processes:
            if process not in done:
                sketch = self.scope(process)
                self.lanes(sketch, process, sketch.width)
                made.put(sketch, 0, made.height)
                made.height += sketch.height + _APART
        if talks and len(pools) < 2:
            self._talks(made)
        self._notes(made)
        self._messages(made)
        return made

    def _notes(self, made: Sketch) -> None:
        """Put notes that belong to no process in a row under everything."""
        x, high = 0.0, 0.0
        for part in self.found.artifacts(self.found.collaboration):
            wide, height = part.size
            made.boxes[part.id] = Box(x, made.height, wide, height)
            x, high = x + wide + _APART, max(high, height)
        made.height += high

    def _talks(self, made: Sketch) -> None:
        """Lay out conversations in a row, between the first two pools."""
        sketch = self.scope(self.found.collaboration)
        made.put(sketch, _STRIP, made.height)
        made.height += sketch.height + _APART

    def lanes(self, sketch: Sketch, process: str, wide: float) -> None:
        """Draw the bands of lanes, and around those of inner lanes their outer ones."""
        for lane, (top, bottom) in zip(
            self.found.lanes.get(process, ()), sketch.bands, strict=False
        ):
            around = list(self._around(lane))
            for level, each in enumerate([*reversed(around), lane]):
                x, y = level * _STRIP, min(sketch.boxes.get(each, Box(0, top, 0, 0)).y, top)
                sketch.boxes[each] = Box(x, y, wide - x, bottom - y)

    def _around(self, lane: str) -> Iterator[str]:
        """Return the lanes around a lane, the innermost first."""
        while lane := self.found.outer.get(lane, ""):
            yield lane

    def scope(self, scope: str) -> Sketch:
        """Lay out what lies directly in a process or sub-process, with everything inside it."""
        parts = self.found.inside(scope)
        inner = {p.id: self.scope(p.id) for p in parts if self.found.inside(p.id)}
        lanes = {lane: n for n, lane in enumerate(self.found.lanes.get(scope, ()))}
        own = {p.id for p in parts}
        hosting = {p.id for p in parts if p.tag in ACTIVITIES}
        hosts = {p.id: p.attached for p in parts if p.attached in hosting}
        boundary: dict[str, list[Part]] = {}
        for part in parts:
            boundary.setdefault(hosts.get(part.id, ""), []).append(part)
        arcs = [
            Arc(
                link.id,
                hosts.get(link.source, link.source),
                hosts.get(link.target, link.target),
                link.source if link.source in hosts else "",
                outside(link.name).width + 18 if link.name else 0.0,
            )
            for link in self.flows.get(scope, ())
            if {hosts.get(link.source, link.source), hosts.get(link.target, link.target)} <= own
        ]
        vertices = [
            vertex_of(p, inner.get(p.id), boundary.get(p.id, ()), lanes.get(p.lane, 0))
            for p in parts
            if p.id not in hosts
        ]
        made = _arranged(Graph(vertices, arcs), len(lanes))
        for part in parts:
            self._fill(made, part, inner.get(part.id), hosts, vertices)
        return self._finished(made, scope)

    def _fill(
        self,
        made: Sketch,
        part: Part,
        inner: Sketch | None,
        hosts: Mapping[str, str],
        vertices: Iterable[Vertex],
    ) -> None:
        """Put the inside of a sub-process into its box, and boundary events on their edge."""
        if part.id in hosts:
            host = made.boxes[part.attached]
            port = next(v for v in vertices if v.id == part.attached).exits[part.id]
            made.boxes[part.id] = Box(
                host.cx + port.dx - EVENT, host.bottom - EVENT, 2 * EVENT, 2 * EVENT
            )
        elif inner is not None:
            box = made.boxes[part.id]
            made.put(inner, box.cx - inner.width / 2, box.y + HEAD)

    def _finished(self, made: Sketch, scope: str) -> Sketch:
        """Add annotations and data above, and move everything to the margin."""
        head = self._artifacts(made, scope)
        names = [self._room(key, box) for key, box in made.boxes.items()]
        bounds = around([*names, *_boxes(made.lines.values())])
        lanes = self.found.lanes.get(scope, ())
        deep = max((1 + len(list(self._around(lane))) for lane in lanes), default=0)
        left = deep * _STRIP + _PAD - bounds.x
        if lanes:
            # What stands above belongs to the first lane.
            top = max(0.0, _PAD - bounds.y) if head else 0.0
            bands = [(a + top, b + top) for a, b in made.bands]
            bands[0] = (0.0, bands[0][1])
            bottom = max(bands[-1][1], bounds.bottom + top + _PAD)
            bands[-1] = (bands[-1][0], bottom)
        else:
            top, bands = _PAD - bounds.y, []
            bottom = bounds.bottom + top + _PAD
        out = Sketch(bands=bands, width=bounds.right + left + _PAD, height=bottom)
        out.put(made, left, top)
        return out

    def _room(self, key: str, box: Box) -> Box:
        """Return a box with its name, where that stands outside: over gateways, under events."""
        part = self.found.parts[key]
        outer = part.tag in GATEWAYS | EVENTS | ARTIFACTS | TALKS
        if not outer or not part.name_vi or part.tag == "textAnnotation" or part.attached:
            return box
        name = outside(part.name_vi)
        y = box.y - 5 - name.height if part.tag in GATEWAYS else box.bottom + 5
        return around([box, Box(box.cx - name.width / 2, y, name.width, name.height)])

    def _artifacts(self, made: Sketch, scope: str) -> bool:
        """Put notes and data in a row above, near what they belong to."""
        found = self.found.artifacts(scope)
        if not found:
            return False
        top = around(made.boxes.values()).y
        ends = [(link.source, link.target) for link in self.ties.get(scope, ())]
        near = dict(ends) | {b: a for a, b in ends}
        wished = []
        for part in found:
            box = made.boxes.get(near.get(part.id, ""))
            wished.append((box.cx - part.size[0] / 2 if box else 0.0, part))
        right = float("-inf")
        for x, part in sorted(wished, key=lambda pair: pair[0]):
            wide, high = part.size
            x = max(x, right + 40)
            made.boxes[part.id] = Box(x, top - 56 - high, wide, high)
            right = x + max(wide, outside(part.name_vi).width)
        for link in self.ties.get(scope, ()):
            if link.source in made.boxes and link.target in made.boxes:
                made.lines[link.id] = _straight(made.boxes[link.source], made.boxes[link.target])
        return True

    def _messages(self, made: Sketch) -> None:
        """Draw messages between pools: out of the nearer side, across in the gap between."""
        for number, link in enumerate(self.ties.get(self.found.collaboration, ())):
            source, target = made.boxes.get(link.source), made.boxes.get(link.target)
            if source is None or target is None:
                continue
            made.lines[link.id] = self._message(made, link, source, target, number)

    def _message(
        self, made: Sketch, link: Link, source: Box, target: Box, number: int
    ) -> list[Point]:
        down = target.cy > source.cy
        # A pool is met right over or under the other end.
        from_x = target.cx if link.source in self.found.participants else source.cx
        to_x = source.cx if link.target in self.found.participants else target.cx
        if link.source in self.found.participants and link.target in self.found.participants:
            from_x = to_x = _STRIP + 80.0 + 40 * number
        begin = (from_x, source.bottom if down else source.y)
        end = (to_x, target.y if down else target.bottom)
        if abs(from_x - to_x) < 1:
            return [begin, end]
        pool = next(
            (
                b for p in self.found.participants
                if (b := made.boxes[p]).holds(target)
            ),
            target,
        )  # fmt: skip
        shift = 8.0 + (number * 7) % (_APART - 14)
        between = pool.y - shift if down else pool.bottom + shift
        return [begin, (from_x, between), (to_x, between), end]


def _straight(a: Box, b: Box) -> list[Point]:
    """Return the line between two boxes that stand above each other or beside."""
    if a.bottom <= b.y:
        return [(a.cx, a.bottom), (b.cx, b.y)]
    if b.bottom <= a.y:
        return [(a.cx, a.y), (b.cx, b.bottom)]
    left = a.cx < b.cx
    return [(a.right if left else a.x, a.cy), (b.x if left else b.right, b.cy)]


def _boxes(lines: Iterable[list[Point]]) -> list[Box]:
    return [around([Box(x, y, 0, 0) for x, y in points]) for points in lines]


def _arranged(graph: Graph, lanes: int) -> Sketch:
    """Place vertices and arcs: with lanes all together, else part by part below each other."""
    made = Sketch()
    if not graph.vertices:
        made.bands = [(n * 80.0, (n + 1) * 80.0) for n in range(lanes)]
        return made
    if lanes:
        result = _one(graph, lanes)
        return Sketch(result.boxes, result.lines, bands=result.bands)
    loose: list[Vertex] = []
    for part in graph.parts():
        if len(part.vertices) == 1 and not part.arcs:
            loose += part.vertices.values()
        else:
            _below(made, _one(part, 1))
    _in_rows(made, loose)
    return made


def _one(graph: Graph, lanes: int) -> Placed:
    found = columns(graph)
    return placed(graph, found, rows(graph, found, lanes))


def _below(made: Sketch, result: Placed) -> None:
    bounds = around([*result.boxes.values(), *_boxes(result.lines.values())])
    made.put(Sketch(result.boxes, result.lines), -bounds.x, made.height - bounds.y)
    made.height += bounds.height + _APART + 12
    made.width = max(made.width, bounds.width)


def _in_rows(made: Sketch, loose: Iterable[Vertex]) -> None:
    """Put what no arrow joins into rows under the rest, not much wider than the rest."""
    x, high = 0.0, 0.0
    for vertex in loose:
        if x and x + vertex.room > max(made.width, _WIDE):
            x, made.height, high = 0.0, made.height + high + _APART, 0.0
        made.boxes[vertex.id] = Box(
            x + (vertex.room - vertex.width) / 2,
            made.height + vertex.above - vertex.top,
            vertex.width,
            vertex.top + vertex.bottom,
        )
        x += vertex.room + _APART
        high = max(high, vertex.above + vertex.below)
