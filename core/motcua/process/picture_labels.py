"""Where names stand that do not fit into their element: of events, gateways, data, and arrows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from motcua.process.geometry import Box, Point, segment_box, segments
from motcua.process.layout_sizes import outside
from motcua.process.picture_model import DATA, EVENTS, GATEWAYS, SCOPES, TALKS
from motcua.process.picture_panel import Line, Panel, Shape
from motcua.process.picture_text import Lines

NAMED_OUTSIDE = EVENTS | GATEWAYS | DATA | TALKS | {"message"}
_CONTAINERS = {"participant", "lane", "group", "unknown"}
_SQUARE, _MANY = 120.0, 400
# In a huge picture the names that come last take the first place there is: it must be drawn soon.
MAX_CHECKS = 400_000


@dataclass(slots=True)
class _Things:
    """Boxes by the squares of the sheet they touch, so that only near ones are looked at."""

    squares: dict[tuple[int, int], list[tuple[Box, float]]] = field(default_factory=dict)
    checks: int = MAX_CHECKS

    def add(self, box: Box, weight: float) -> None:
        for square in _squares(box):
            self.squares.setdefault(square, []).append((box, weight))

    def under(self, box: Box) -> float:
        """Return how much a label here would cover."""
        total = 0.0
        for square in _squares(box):
            near = self.squares.get(square, ())
            self.checks -= len(near)
            total += sum(box.overlap(other) * weight for other, weight in near)
        return total


def _squares(box: Box) -> Iterator[tuple[int, int]]:
    """Return the squares that a box touches; of a monstrous one only the first."""
    across = range(int(box.x // _SQUARE), int(box.right // _SQUARE) + 1)
    down = range(int(box.y // _SQUARE), int(box.bottom // _SQUARE) + 1)
    return islice(((i, j) for i in across for j in down), _MANY)


def place_labels(panel: Panel, lang: str) -> None:
    """Give every name outside a place where it covers as little as possible.

    Places that the file gives stay.
    """
    things = _Things()
    for shape in panel.shapes.values():
        if shape.part.tag not in _CONTAINERS and not _open(shape):
            things.add(shape.box.grown(2), 10)
        if shape.label:
            things.add(shape.label, 5)
    for line in panel.lines.values():
        for a, b in segments(line.points):
            things.add(segment_box(a, b).grown(2), 3)
    # Two arrows that leave by one piece are named where they have parted.
    begins = Counter(_start(line) for line in panel.lines.values())
    for shape in panel.shapes.values():
        if shape.part.tag in NAMED_OUTSIDE and shape.label is None and shape.part.name(lang):
            shape.label = _best(things, _around(shape, lang))
    for line in panel.lines.values():
        if line.link.name and line.label is None:
            line.label = _best(things, _along(line, begins[_start(line)] > 1))


def _open(shape: Shape) -> bool:
    return shape.expanded and shape.part.tag in SCOPES


def _best(things: _Things, choices: Iterable[Box]) -> Box:
    """Return the first of the least covering places, and keep it free from now on."""
    places = iter(choices)
    best = next(places)
    least = things.under(best)
    for box in places:
        if least == 0 or things.checks < 0:
            break
        covers = things.under(box)
        if covers < least:
            best, least = box, covers
    things.add(best, 5)
    return best


def _around(shape: Shape, lang: str) -> Iterator[Box]:
    """Return the places of a name around an element, the best first."""
    set_name = outside(shape.part.name(lang))
    wide, high, box = set_name.width, set_name.height, shape.box
    below = Box(box.cx - wide / 2, box.bottom + 4, wide, high)
    above = Box(box.cx - wide / 2, box.y - 4 - high, wide, high)
    left_below = Box(box.cx - wide - 6, box.bottom + 3, wide, high)
    right_above = Box(box.cx + 12, box.y - high + 4, wide, high)
    left_above = Box(box.cx - 12 - wide, box.y - high + 4, wide, high)
    if shape.part.tag in GATEWAYS:
        yield from (above, below)
    elif shape.part.attached:
        yield left_below
        yield below
    else:
        yield from (below, above)
    yield from (right_above, left_above, left_below)
    yield Box(box.cx + 6, box.bottom + 3, wide, high)


def _along(line: Line, shared: bool) -> Iterator[Box]:
    """Return the places of a name along an arrow: over or under level pieces, beside upright ones."""
    name = outside(line.link.name)
    pieces = list(segments(line.points))[:7]
    if shared:
        pieces = [*pieces[1:], pieces[0]]
    for a, b in pieces:
        if abs(a[1] - b[1]) < abs(a[0] - b[0]):
            yield from _level(a, b, name, late=shared)
        else:
            yield from _upright(a, b, name, late=shared)


def _level(a: Point, b: Point, name: Lines, *, late: bool) -> Iterator[Box]:
    wide, high = name.width, name.height
    left, right = min(a[0], b[0]) + 6, max(a[0], b[0]) - 6 - wide
    y = (a[1] + b[1]) / 2
    near, far = (left, right - 6) if a[0] <= b[0] else (right, left + 6)
    for x in (far, (left + right) / 2, near) if late else (near, (left + right) / 2):
        yield Box(x, y - high - 3, wide, high)
        yield Box(x, y + 3, wide, high)


def _upright(a: Point, b: Point, name: Lines, *, late: bool) -> Iterator[Box]:
    wide, high = name.width, name.height
    x, top, low = (a[0] + b[0]) / 2, min(a[1], b[1]) + 6, max(a[1], b[1]) - 6 - high
    near, far = (top, low - 8) if b[1] >= a[1] else (low, top + 8)
    for y in (far, (top + low) / 2, near) if late else (near, (top + low) / 2):
        yield Box(x + 5, y, wide, high)
        yield Box(x - 5 - wide, y, wide, high)


def _start(line: Line) -> tuple[Point, bool, bool]:
    """Return where an arrow begins and whether it goes down or level from there."""
    (x, y), (next_x, next_y) = line.points[0], line.points[1]
    return (x, y), next_y > y, abs(next_y - y) < abs(next_x - x)
