"""Puts a picture into a BPMN file (BPMN DI), so that modellers open it."""

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.geometry import Box
from motcua.process.layout import scope_panel
from motcua.process.picture_diagram import panels, planes
from motcua.process.picture_labels import place_labels
from motcua.process.picture_model import SCOPES, Model
from motcua.process.picture_panel import Line, Panel, Shape
from motcua.process.picture_read import model
from motcua.process.vocabulary import DC, DD, DI
from motcua.process.xmlfile import parse

_MARGIN = 40


def with_diagram(xml: bytes) -> bytes:
    """Return the same file with a diagram; as it is when its own shows every step and arrow.

    A diagram of its own stays: what it leaves out is added, the inside of a closed sub-process as a
    diagram more. Only one that shows some steps of a process and not the others is made anew.
    Raises ``ProcessError`` for what is not BPMN, ``TooLarge`` beyond the bounds of a picture.
    """
    root = parse(xml)
    found = model(root)
    sheets = panels(root, found)
    kept = [panel for panel in sheets if panel.plane >= 0]
    missing = [_missing(panel) for panel in kept]
    if kept and len(kept) == len(sheets) and not any(missing):
        return xml
    # Written into the whole file, comments included.
    root = parse(xml, whole=True)
    if not kept:
        for old in root.findall(f"{{{DI}}}BPMNDiagram"):
            root.remove(old)
        sheets = _anew(found, sheets)
    taken = {str(e.get("id")) for e in root.iter() if e.get("id")}
    for panel, lines in zip(kept, missing, strict=True):
        place_labels(panel, "vi")
        for line in lines:
            _edge(planes(root)[panel.plane], line, taken, 0, 0)
    for panel in sheets:
        if panel.plane < 0 and panel.shapes:
            _diagram(root, panel, taken)
    written: bytes = etree.tostring(
        root.getroottree(), xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
    return written


def _missing(panel: Panel) -> list[Line]:
    """Return the arrows for which the file's own diagram has no place."""
    return [line for key, line in panel.lines.items() if key not in panel.own and "?" not in key]


def _anew(found: Model, sheets: list[Panel]) -> list[Panel]:
    """Return one sheet for all, or for each process where no collaboration holds them together."""
    drawn = [each for each in found.processes if found.inside(each)]
    if found.collaboration or len(drawn) < 2:
        return sheets
    return [scope_panel(found, each, found.names.get(each, "")) for each in drawn]


def _diagram(root: etree._Element, panel: Panel, taken: set[str]) -> None:
    place_labels(panel, "vi")
    diagram = etree.SubElement(
        root,
        f"{{{DI}}}BPMNDiagram",
        nsmap={"bpmndi": DI, "dc": DC, "di": DD},
        id=_id(taken, "diagram"),
    )
    plane = etree.SubElement(diagram, f"{{{DI}}}BPMNPlane", id=_id(taken, "plane"))
    if "?" not in panel.owner:
        plane.set("bpmnElement", panel.owner)
    _write(plane, panel, taken)


def _write(plane: etree._Element, panel: Panel, taken: set[str]) -> None:
    bounds = panel.bounds()
    dx, dy = _MARGIN - bounds.x, _MARGIN - bounds.y
    for shape in panel.shapes.values():
        if "?" not in shape.part.id:
            _shape(plane, shape, _id(taken, f"{shape.part.id}-shape"), dx, dy)
    for line in panel.lines.values():
        if "?" not in line.link.id:
            _edge(plane, line, taken, dx, dy)


def _id(taken: set[str], wished: str) -> str:
    number, free = 1, wished
    while free in taken:
        number, free = number + 1, f"{wished}-{number}"
    taken.add(free)
    return free


def _shape(plane: etree._Element, shape: Shape, own: str, dx: float, dy: float) -> None:
    part = shape.part
    element = etree.SubElement(plane, f"{{{DI}}}BPMNShape", id=own, bpmnElement=part.id)
    if part.tag in ("participant", "lane"):
        element.set("isHorizontal", "true")
    if part.tag in SCOPES:
        element.set("isExpanded", "true" if shape.expanded else "false")
    if part.tag == "exclusiveGateway":
        element.set("isMarkerVisible", "true")
    _bounds(element, shape.box, dx, dy)
    if shape.label:
        label = etree.SubElement(element, f"{{{DI}}}BPMNLabel")
        _bounds(label, shape.label, dx, dy)


def _edge(plane: etree._Element, line: Line, taken: set[str], dx: float, dy: float) -> None:
    own = _id(taken, f"{line.link.id}-edge")
    element = etree.SubElement(plane, f"{{{DI}}}BPMNEdge", id=own, bpmnElement=line.link.id)
    for x, y in line.points:
        etree.SubElement(element, f"{{{DD}}}waypoint", x=_number(x + dx), y=_number(y + dy))
    if line.label:
        label = etree.SubElement(element, f"{{{DI}}}BPMNLabel")
        _bounds(label, line.label, dx, dy)


def _bounds(parent: etree._Element, box: Box, dx: float, dy: float) -> None:
    values = (box.x + dx, box.y + dy, box.width, box.height)
    names = ("x", "y", "width", "height")
    etree.SubElement(
        parent, f"{{{DC}}}Bounds", {n: _number(v) for n, v in zip(names, values, strict=True)}
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
