"""Points and boxes on a picture, in units of one CSS pixel; x grows to the right, y downwards."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
_NEAR = 0.5


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower side."""
        return self.y + self.height

    @property
    def cx(self) -> float:
        """The x of the middle."""
        return self.x + self.width / 2

    @property
    def cy(self) -> float:
        """The y of the middle."""
        return self.y + self.height / 2

    def moved(self, dx: float, dy: float) -> "Box":
        """Return the same box elsewhere."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def grown(self, by: float) -> "Box":
        """Return the box with a margin on all four sides; a negative one shrinks it."""
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def overlap(self, other: "Box") -> float:
        """Return the area that two boxes share."""
        width = min(self.right, other.right) - max(self.x, other.x)
        height = min(self.bottom, other.bottom) - max(self.y, other.y)
        return width * height if width > 0 and height > 0 else 0.0

    def holds(self, other: "Box") -> bool:
        """Return whether another box lies inside, sides included."""
        return (
            self.x <= other.x + _NEAR
            and self.y <= other.y + _NEAR
            and self.right >= other.right - _NEAR
            and self.bottom >= other.bottom - _NEAR
        )


def around(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that holds all of them; an empty one at the origin for none."""
    found = list(boxes)
    if not found:
        return Box(0, 0, 0, 0)
    x, y = min(b.x for b in found), min(b.y for b in found)
    return Box(x, y, max(b.right for b in found) - x, max(b.bottom for b in found) - y)


def segments(points: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """Return the straight pieces of a line."""
    return pairwise(points)


def segment_box(a: Point, b: Point) -> Box:
    """Return the box of a straight piece."""
    return Box(min(a[0], b[0]), min(a[1], b[1]), abs(a[0] - b[0]), abs(a[1] - b[1]))


def cuts(box: Box, a: Point, b: Point) -> bool:
    """Return whether a straight piece goes through the inside of a box (Liang-Barsky clipping)."""
    low, high = 0.0, 1.0
    dx, dy = b[0] - a[0], b[1] - a[1]
    for delta, begin, lower, upper in (
        (dx, a[0], box.x, box.right),
        (dy, a[1], box.y, box.bottom),
    ):
        if delta == 0:
            if not lower < begin < upper:
                return False
            continue
        first, last = sorted(((lower - begin) / delta, (upper - begin) / delta))
        low, high = max(low, first), min(high, last)
    return low < high


def straightened(points: Sequence[Point]) -> list[Point]:
    """Return the line without repeated points and without corners that turn nowhere."""
    kept: list[Point] = []
    for point in points:
        if kept and abs(kept[-1][0] - point[0]) < 0.01 and abs(kept[-1][1] - point[1]) < 0.01:
            continue
        while len(kept) > 1 and _in_line(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _in_line(a: Point, b: Point, c: Point) -> bool:
    """Return whether an orthogonal line goes on in the same direction at ``b``."""
    across = abs(a[1] - b[1]) < 0.01 and abs(b[1] - c[1]) < 0.01
    upright = abs(a[0] - b[0]) < 0.01 and abs(b[0] - c[0]) < 0.01
    return (across and (b[0] - a[0]) * (c[0] - b[0]) > 0) or (
        upright and (b[1] - a[1]) * (c[1] - b[1]) > 0
    )
