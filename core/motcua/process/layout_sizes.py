"""How large a part of a laid-out process is: its box, the room for its name and its boundary events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from motcua.process.geometry import Box, Point
from motcua.process.layout_graph import Exit, Vertex
from motcua.process.picture_model import EVENTS, GATEWAYS, TALKS, Part
from motcua.process.picture_text import Lines, fitted

LABEL, LABEL_LINES = 104.0, 44.0
HEAD = 28.0
EVENT = 18.0


def outside(text: str, room: Box | None = None) -> Lines:
    """Set a name that stands beside its event, gateway or arrow; ``room`` is its place if known."""
    wide, high = (room.width + 8, room.height + 6) if room else (0.0, 0.0)
    return fitted(text, max(LABEL, wide), max(LABEL_LINES, high), sizes=(11, 10))


@dataclass(slots=True)
class Sketch:
    """A part of a picture from the origin: boxes and lines by id, its size, the bands of its lanes."""

    boxes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0
    bands: list[tuple[float, float]] = field(default_factory=list)

    def put(self, other: "Sketch", dx: float, dy: float) -> None:
        """Lay another sketch on this one."""
        for key, box in other.boxes.items():
            self.boxes[key] = box.moved(dx, dy)
        for key, points in other.lines.items():
            self.lines[key] = [(x + dx, y + dy) for x, y in points]


def vertex_of(part: Part, inner: Sketch | None, events: Iterable[Part], lane: int) -> Vertex:
    """Return the box of a part with the room for its name and its boundary events."""
    if part.tag in EVENTS | GATEWAYS | TALKS:
        return _round(part, lane)
    width, height = _size(part, inner)
    exits, below, wide = _exits(list(events), height / 2)
    width = max(width, wide)
    half = height / 2
    return Vertex(
        part.id, width, half, half, width, half, below, lane=lane, exits=exits_at(exits, width)
    )


def exits_at(exits: Mapping[str, Exit], width: float) -> dict[str, Exit]:
    """Return the exits of an activity whose places were counted from its right side."""
    return {k: Exit(width / 2 - e.dx, e.out, e.run) for k, e in exits.items()}


def _round(part: Part, lane: int) -> Vertex:
    width, height = part.size
    name, half = outside(part.name_vi), height / 2
    label = name.height + 6 if part.name_vi else 0.0
    gateway = part.tag in GATEWAYS
    return Vertex(
        part.id, width, half, half, max(width, name.width),
        half + (label if gateway else 0), half + (0 if gateway else label),
        corners=gateway, lane=lane,
    )  # fmt: skip


def _size(part: Part, inner: Sketch | None) -> tuple[float, float]:
    width, height = part.size
    if inner is not None:
        title = fitted(part.name_vi, 400, 16, sizes=(12,)).width + 48
        return max(inner.width, title), inner.height + HEAD
    lines = fitted(part.name_vi, width - 16, 96, sizes=(12, 11))
    marks = 18 if part.repeat or part.compensation or part.tag == "subProcess" else 0
    return width, max(height - 12, lines.height + 34 + marks)


def _exits(events: list[Part], half: float) -> tuple[dict[str, Exit], float, float]:
    """Return the exits, ``dx`` counted from the right side; the room below; the width needed."""
    exits: dict[str, Exit] = {}
    x, depth, out = 30.0, 14.0, half + EVENT
    for event in events:
        label = outside(event.name_vi)
        exits[event.id] = Exit(x, out, out + depth)
        depth += max(12.0, label.height + 8 if event.name_vi else 0.0)
        x += max(2 * EVENT + 12, label.width + 20)
    return exits, out + depth if events else half, x + 10 if events else 0.0
