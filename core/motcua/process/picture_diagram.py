"""The places of the elements in a file's own diagram (BPMN 2.0.2 chapter 12, diagram interchange)."""

import math
from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped]

from motcua.errors import TooLarge
from motcua.process.geometry import Box, Point
from motcua.process.layout import laid_out, scope_panel
from motcua.process.picture_model import ACTIVITIES, Link, Model, Part
from motcua.process.picture_panel import Line, Panel, Shape
from motcua.process.vocabulary import DC, DD, DI
from motcua.process.xmlfile import flag

MAX_SHAPES = 5_000
_FARTHEST = 1_000_000.0


def panels(root: etree._Element, found: Model) -> list[Panel]:
    """Return the sheets of a picture: the file's own, and laid out what they leave out.

    When a sheet shows some steps of a process and not the others, everything is laid out anew.
    """
    sheets = _sheets(_own(root, found), found)
    for panel in sheets:
        panel.own = frozenset(panel.lines)
        _connect(panel, found)
    return sheets


def _sheets(own: list[Panel], found: Model) -> list[Panel]:
    shown = {key for panel in own for key in panel.shapes}
    inside = [(scope, found.inside(scope)) for scope in [*found.processes, *found.parts]]
    for _, nodes in inside:
        missing = sum(1 for node in nodes if node.id not in shown)
        if 0 < missing < len(nodes):
            return [laid_out(found)]
    if not own:
        return [laid_out(found)]
    for scope, nodes in inside:
        if nodes and nodes[0].id not in shown:
            part = found.parts.get(scope)
            title = part.name_vi if part else found.names.get(scope, "")
            own.append(scope_panel(found, scope, title))
            shown |= own[-1].shapes.keys()
    return own


def planes(root: etree._Element) -> list[etree._Element]:
    """Return the planes of the file's own diagrams, as ``Panel.plane`` counts them."""
    return list(root.iterfind(f"{{{DI}}}BPMNDiagram/{{{DI}}}BPMNPlane"))


def _own(root: etree._Element, found: Model) -> list[Panel]:
    """Return one panel for each plane that shows something new."""
    made: list[Panel] = []
    shown: set[str] = set()
    for number, plane in enumerate(planes(root)):
        panel = _panel(plane, found)
        panel.plane = number
        if panel.shapes.keys() - shown:
            shown |= panel.shapes.keys()
            made.append(panel)
    return made


def _panel(plane: etree._Element, found: Model) -> Panel:
    owner = _reference(plane, found)
    part = found.parts.get(owner)
    panel = Panel(owner, part.name_vi if part else found.names.get(owner, ""))
    for number, element in enumerate(plane):
        if number > MAX_SHAPES:
            raise TooLarge("Sơ đồ có quá nhiều hình", "The diagram has too many shapes")
        if element.tag == f"{{{DI}}}BPMNShape":
            _shape(panel, element, found, number)
        elif element.tag == f"{{{DI}}}BPMNEdge":
            _edge(panel, element, found)
    for key, shape in panel.shapes.items():
        nodes = found.inside(shape.part.called if shape.part.tag == "participant" else key)
        if nodes and shape.part.tag in ACTIVITIES | {"participant"}:
            shape.expanded = nodes[0].id in panel.shapes
    return panel


def _reference(element: etree._Element, found: Model) -> str:
    text = str(element.get("bpmnElement", "")).strip()
    tables = (found.parts, found.links, found.extras, found.loose)
    return text if any(text in each for each in tables) else text.rpartition(":")[2]


def _shape(panel: Panel, element: etree._Element, found: Model, number: int) -> None:
    box = _bounds(element)
    # The bands of a choreography activity are drawn with it.
    if box is None or element.get("participantBandKind"):
        return
    key = _reference(element, found)
    part = found.parts.get(key) or found.extras.get(key)
    if part is None:
        # Something that we do not know is drawn as a plain box.
        key = f"{key}?shape{number}"
        part = Part(key, "unknown", panel.owner)
    if box.width <= 0 or box.height <= 0:
        box = Box(box.x, box.y, *part.size)
    panel.shapes[key] = Shape(
        part,
        box,
        _label(element),
        expanded=flag(element, "isExpanded") and part.tag != "unknown",
        upright=not flag(element, "isHorizontal", True),
        marked=flag(element, "isMarkerVisible", True),
    )


def _edge(panel: Panel, element: etree._Element, found: Model) -> None:
    points = list(_waypoints(element))
    key = _reference(element, found)
    link = found.links.get(key) or found.loose.get(key)
    if len(points) < 2:
        return
    if link is None:
        key = key or f"?edge{len(panel.lines)}"
        link = Link(key, "association", "", "", panel.owner)
    shown = str(element.get("messageVisibleKind", ""))
    panel.lines[link.id] = Line(link, points, _label(element), shown)


def _waypoints(element: etree._Element) -> Iterator[Point]:
    for number, point in enumerate(element.iterfind(f"{{{DD}}}waypoint")):
        x, y = _number(point.get("x")), _number(point.get("y"))
        if x is not None and y is not None and number < 200:
            yield x, y


def _label(element: etree._Element) -> Box | None:
    label = element.find(f"{{{DI}}}BPMNLabel")
    box = None if label is None else _bounds(label)
    return box if box and box.width > 0 and box.height > 0 else None


def _bounds(element: etree._Element) -> Box | None:
    bounds = element.find(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    values = [_number(bounds.get(name)) for name in ("x", "y", "width", "height")]
    x, y, width, height = (v if v is not None else math.nan for v in values)
    return None if math.isnan(x + y + width + height) else Box(x, y, width, height)


def _number(text: str | None) -> float | None:
    """Read a coordinate; None when it is none, or further away than a million pixels."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= _FARTHEST else None


def _connect(panel: Panel, found: Model) -> None:
    """Draw the arrows that the diagram left out between boxes that it shows."""
    for link in found.links.values():
        if link.id in panel.lines or link.kind == "data":
            continue
        source, target = panel.shapes.get(link.source), panel.shapes.get(link.target)
        if source and target:
            panel.lines[link.id] = Line(link, _between(source.box, target.box))


def _between(a: Box, b: Box) -> list[Point]:
    if a.right <= b.x:
        if abs(a.cy - b.cy) < 1:
            return [(a.right, a.cy), (b.x, b.cy)]
        middle = (a.right + b.x) / 2
        return [(a.right, a.cy), (middle, a.cy), (middle, b.cy), (b.x, b.cy)]
    down = a.bottom <= b.y
    if down or b.bottom <= a.y:
        y, end = (a.bottom, b.y) if down else (a.y, b.bottom)
        return [(a.cx, y), (a.cx, (y + end) / 2), (b.cx, (y + end) / 2), (b.cx, end)]
    over = min(a.y, b.y) - 24
    return [(a.cx, a.y), (a.cx, over), (b.cx, over), (b.cx, b.y)]
