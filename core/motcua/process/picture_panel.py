"""A picture before it is drawn: where every element lies. Made from a file's diagram or laid out."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from motcua.process.geometry import Box, Point, around, segment_box, segments
from motcua.process.picture_model import Link, Part


@dataclass(slots=True)
class Shape:
    """An element in its place; ``label`` is where its name stands when it stands outside."""

    part: Part
    box: Box
    label: Box | None = None
    expanded: bool = True
    upright: bool = False


@dataclass(slots=True)
class Line:
    """An arrow on its way."""

    link: Link
    points: list[Point]
    label: Box | None = None


@dataclass(slots=True)
class Panel:
    """One sheet of a picture: the whole process, or what lies in one that is drawn closed.

    ``owner`` is the id of the element whose inside it shows, ``prefix`` stands before the ids of a
    called process as the engine knows them.
    """

    owner: str
    title: str = ""
    prefix: str = ""
    shapes: dict[str, Shape] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)

    def bounds(self) -> Box:
        """Return the box around everything."""
        return around(self._boxes())

    def _boxes(self) -> Iterator[Box]:
        for shape in self.shapes.values():
            yield shape.box
            if shape.label:
                yield shape.label
        for line in self.lines.values():
            yield from (segment_box(a, b) for a, b in segments(line.points))
            if line.label:
                yield line.label
