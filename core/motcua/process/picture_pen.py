"""Writes SVG elements; everything that comes from a file is escaped by the XML writer."""

import math
from collections.abc import Mapping, Sequence

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.geometry import Box, Point, segments
from motcua.process.picture_style import PAPER
from motcua.process.picture_text import Lines

SVG = "http://www.w3.org/2000/svg"
_ROUND = 7.0
# Letters keep a rim of paper, so that they can be read over an arrow.
HALO: Mapping[str, str | float] = {
    "stroke": PAPER, "stroke_width": 3, "paint_order": "stroke", "stroke_linejoin": "round",
}  # fmt: skip


def number(value: float) -> str:
    """Write a coordinate with one decimal at most: ``12``, ``12.5``."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


class Pen:
    """Draws into one element; ``inside`` gives a pen for a group."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    def add(self, tag: str, text: str = "", /, **values: str | float) -> etree._Element:
        """Add an element; ``_`` in a name stands for ``-``, a trailing one is dropped."""
        made = etree.SubElement(self.element, f"{{{SVG}}}{tag}")
        for name, value in values.items():
            if value != "":
                written = value if isinstance(value, str) else number(value)
                made.set(name.rstrip("_").replace("_", "-"), written)
        if text:
            made.text = text
        return made

    def inside(self, **values: str | float) -> "Pen":
        """Add a group and return a pen for it."""
        return Pen(self.add("g", **values))

    def rect(self, box: Box, /, **values: str | float) -> None:
        """Draw a rectangle."""
        self.add("rect", x=box.x, y=box.y, width=box.width, height=box.height, **values)

    def path(
        self, shape: str, at: Point = (0, 0), scale: float = 1, /, **values: str | float
    ) -> None:
        """Draw a path around a point."""
        moved = f"translate({number(at[0])} {number(at[1])})" if at != (0, 0) else ""
        if scale != 1:
            moved += f" scale({scale:g})"
        self.add("path", d=shape, transform=moved, **values)

    def line(self, points: Sequence[Point], /, **values: str | float) -> None:
        """Draw a line with round corners."""
        self.add("path", d=_rounded(points), fill="none", **values)

    def text(
        self, lines: Lines, x: float, y: float, anchor: str = "middle", /, **values: str | float
    ) -> None:
        """Set lines of text, the first below ``y``."""
        if not lines.lines:
            return
        element = self.add(
            "text", x=x, font_size=lines.size, text_anchor=anchor,
            font_weight="600" if lines.bold else "", **values,
        )  # fmt: skip
        base = y + (lines.step + lines.size * 0.72) / 2
        element.set("y", number(base))
        if len(lines.lines) == 1:
            element.text = lines.lines[0]
            return
        for n, line in enumerate(lines.lines):
            part = etree.SubElement(element, f"{{{SVG}}}tspan")
            part.set("x", number(x))
            part.set("y", number(base + n * lines.step))
            # The blank keeps the words of two lines apart where the text is copied or searched.
            part.text = line + (" " if n + 1 < len(lines.lines) else "")


def _rounded(points: Sequence[Point]) -> str:
    first, last = points[0], points[-1]
    parts = [f"M{number(first[0])} {number(first[1])}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        a, b = _towards(here, before), _towards(here, after)
        parts.append(f"L{number(a[0])} {number(a[1])}")
        parts.append(f"Q{number(here[0])} {number(here[1])} {number(b[0])} {number(b[1])}")
    parts.append(f"L{number(last[0])} {number(last[1])}")
    return "".join(parts)


def _towards(here: Point, there: Point) -> Point:
    dx, dy = there[0] - here[0], there[1] - here[1]
    far = max((dx * dx + dy * dy) ** 0.5, 0.001)
    step = min(_ROUND, far / 2)
    return here[0] + dx / far * step, here[1] + dy / far * step


def halfway(points: Sequence[Point]) -> Point:
    """Return the middle of a line."""
    pieces = list(segments(points))
    left = sum(_far(a, b) for a, b in pieces) / 2
    for a, b in pieces:
        if left <= _far(a, b):
            return along(a, b, left)[0]
        left -= _far(a, b)
    return points[-1]


def _far(a: Point, b: Point) -> float:
    return math.hypot(b[0] - a[0], b[1] - a[1])


def along(here: Point, there: Point, step: float) -> tuple[Point, Point]:
    """Return the point a step from ``here`` towards ``there``, and the unit vector of the way."""
    dx, dy = there[0] - here[0], there[1] - here[1]
    far = max((dx * dx + dy * dy) ** 0.5, 0.001)
    unit = (dx / far, dy / far)
    return (here[0] + unit[0] * step, here[1] + unit[1] * step), unit
