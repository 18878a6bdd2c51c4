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
    marked: bool = True
    """Whether an exclusive gateway shows its X."""


@dataclass(slots=True)
class Line:
    """An arrow on its way."""

    link: Link
    points: list[Point]
    label: Box | None = None
    envelope: str = ""
    """Of a message: ``initiating`` or ``non_initiating`` where the diagram shows the message."""


@dataclass(slots=True)
class Panel:
    """One sheet of a picture: the whole process, or what lies in one that is drawn closed.

    ``owner`` is the id of the element whose inside it shows, ``prefix`` stands before the ids of a
    called process as the engine knows them. ``plane`` counts the planes of the file's own diagrams,
    -1 for a sheet that was laid out; ``own`` are the arrows that the file itself places.
    """

    owner: str
    title: str = ""
    prefix: str = ""
    shapes: dict[str, Shape] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    plane: int = -1
    own: frozenset[str] = frozenset()

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
