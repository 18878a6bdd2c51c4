"""Draws the arrows of BPMN with what stands at their ends and on them."""

from collections.abc import Mapping

from motcua.process.geometry import Point
from motcua.process.layout_sizes import outside
from motcua.process.picture_icons import ENVELOPE
from motcua.process.picture_model import LinkKind
from motcua.process.picture_panel import Line
from motcua.process.picture_pen import HALO, Pen, along, halfway
from motcua.process.picture_style import BAND, PAPER, SOFT
from motcua.process.picture_text import Lines

_DASHES: Mapping[LinkKind, str] = {
    "sequence": "", "message": "7 4", "association": "2 4", "data": "2 4", "conversation": "",
}  # fmt: skip


def draw_line(pen: Pen, line: Line, colour: str, weight: float, *, from_gateway: bool) -> None:
    """Draw an arrow with what stands at its ends."""
    kind, points = line.link.kind, line.points
    sequence = kind == "sequence"
    tip, unit = along(points[-1], points[-2], 9 if sequence else 0)
    end = along(points[-1], points[-2], 4 if sequence else 0)[0]
    pen.line(
        [*points[:-1], end], class_="flow", stroke=colour,
        stroke_width=4.5 if kind == "conversation" else weight,
        stroke_dasharray=_DASHES[kind], stroke_linejoin="round",
    )  # fmt: skip
    if kind == "conversation":
        # Two lines side by side: a thick one with paper in its middle.
        pen.line(points, class_="halo", stroke=PAPER, stroke_width=2)
        return
    if line.link.heads == 2:
        _open_tip(pen, points[0], points[1], colour)
    if line.link.heads:
        _open_tip(pen, points[-1], points[-2], colour)
    if kind == "association":
        return
    if not sequence:
        tip, unit = along(points[-1], points[-2], 9)
    side = (-unit[1] * 4.5, unit[0] * 4.5)
    corners = [
        (tip[0] + side[0], tip[1] + side[1]),
        points[-1],
        (tip[0] - side[0], tip[1] - side[1]),
    ]
    drawn = "L".join(f"{x:.1f} {y:.1f}" for x, y in corners)
    pen.add(
        "path", class_="flow tip" if sequence else "flow", d=f"M{drawn}" + ("" if kind == "data" else "z"),
        fill=colour if sequence else (PAPER if kind == "message" else "none"),
        stroke=colour, stroke_width=1.2, stroke_linejoin="round",
    )  # fmt: skip
    _tail(pen, line, colour, from_gateway=from_gateway)
    if line.envelope:
        # White is the message that begins, shaded the answer.
        fill = BAND if line.envelope == "non_initiating" else PAPER
        pen.path(
            ENVELOPE, halfway(points), 1, class_="flow envelope", fill=fill, stroke=colour,
            stroke_width=1.2, stroke_linejoin="round",
        )  # fmt: skip


def _open_tip(pen: Pen, end: Point, before: Point, colour: str) -> None:
    (x, y), (dx, dy) = along(end, before, 9)
    drawn = (
        f"M{x - dy * 4.5:.1f} {y + dx * 4.5:.1f}L{end[0]:.1f} {end[1]:.1f}"
        f"L{x + dy * 4.5:.1f} {y - dx * 4.5:.1f}"
    )
    pen.add("path", class_="flow", d=drawn, fill="none", stroke=colour, stroke_width=1.2)


def _tail(pen: Pen, line: Line, colour: str, *, from_gateway: bool) -> None:
    """Draw what stands at the beginning: a stroke for the default, a small diamond for a condition."""
    points, link = line.points, line.link
    if link.kind == "message":
        pen.add(
            "circle", class_="flow", cx=points[0][0], cy=points[0][1], r=4, fill=PAPER,
            stroke=colour, stroke_width=1.3,
        )  # fmt: skip
    elif link.default:
        at, unit = along(points[0], points[1], 11)
        a = (unit[0] - unit[1]) * 4.5, (unit[1] + unit[0]) * 4.5
        shape = f"M{at[0] - a[0]:.1f} {at[1] - a[1]:.1f}L{at[0] + a[0]:.1f} {at[1] + a[1]:.1f}"
        pen.add("path", class_="flow", d=shape, stroke=colour, stroke_width=1.6)
    elif link.conditional and not from_gateway:
        (mx, my), unit = along(points[0], points[1], 7)
        side = (-unit[1] * 4.5, unit[0] * 4.5)
        far = (mx + unit[0] * 7, my + unit[1] * 7)
        corners = [points[0], (mx + side[0], my + side[1]), far, (mx - side[0], my - side[1])]
        drawn = "L".join(f"{x:.1f} {y:.1f}" for x, y in corners)
        pen.add("path", class_="flow", d=f"M{drawn}z", fill=PAPER, stroke=colour, stroke_width=1.2)


def draw_name_of_line(pen: Pen, line: Line) -> None:
    """Draw the name of an arrow."""
    if not line.link.name or line.label is None:
        return
    text: Lines = outside(line.link.name, line.label)
    pen.text(text, line.label.cx, line.label.y, class_="soft halo", fill=SOFT, **HALO)
