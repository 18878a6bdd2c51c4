"""Puts a picture into a BPMN file (BPMN DI), so that modellers open it."""

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.geometry import Box
from motcua.process.layout import laid_out
from motcua.process.picture_diagram import complete
from motcua.process.picture_labels import place_labels
from motcua.process.picture_model import GATEWAYS, SCOPES
from motcua.process.picture_panel import Line, Panel, Shape
from motcua.process.picture_read import model
from motcua.process.vocabulary import DC, DD, DI
from motcua.process.xmlfile import parse

_MARGIN = 40


def with_diagram(xml: bytes) -> bytes:
    """Return the same file with a diagram; as it is when its own shows every step and arrow.

    Raises ``ProcessError`` for what is not BPMN, ``TooLarge`` beyond the bounds of a picture.
    """
    root = parse(xml)
    found = model(root)
    if complete(root, found):
        return xml
    panel = laid_out(found)
    place_labels(panel, "vi")
    for old in root.findall(f"{{{DI}}}BPMNDiagram"):
        root.remove(old)
    diagram = etree.SubElement(
        root,
        f"{{{DI}}}BPMNDiagram",
        nsmap={"bpmndi": DI, "dc": DC, "di": DD},
        id=_free(root, "diagram"),
    )
    plane = etree.SubElement(diagram, f"{{{DI}}}BPMNPlane", id=_free(root, "plane"))
    plane.set("bpmnElement", panel.owner)
    _write(plane, panel)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _free(root: etree._Element, wished: str) -> str:
    """Return an id that the file does not use."""
    taken = {e.get("id") for e in root.iter()}
    number, free = 1, wished
    while free in taken:
        number, free = number + 1, f"{wished}-{number}"
    return free


def _write(plane: etree._Element, panel: Panel) -> None:
    bounds = panel.bounds()
    dx, dy = _MARGIN - bounds.x, _MARGIN - bounds.y
    taken = {str(e.get("id")) for e in plane.getroottree().getroot().iter() if e.get("id")}
    for shape in panel.shapes.values():
        if "?" not in shape.part.id:
            _shape(plane, shape, _id(taken, f"{shape.part.id}-shape"), dx, dy)
    for line in panel.lines.values():
        if "?" not in line.link.id:
            _edge(plane, line, _id(taken, f"{line.link.id}-edge"), dx, dy)


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
    if part.tag in GATEWAYS and part.tag == "exclusiveGateway":
        element.set("isMarkerVisible", "true")
    _bounds(element, shape.box, dx, dy)
    if shape.label:
        label = etree.SubElement(element, f"{{{DI}}}BPMNLabel")
        _bounds(label, shape.label, dx, dy)


def _edge(plane: etree._Element, line: Line, own: str, dx: float, dy: float) -> None:
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
