"""Writes BPMN 2.0 with its picture (BPMN DI): nodes from left to right, loops below and above."""

from collections.abc import Mapping
from decimal import Decimal

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.vocabulary import BPMN, DC, DD, DI, FEEL, MC, XSI, bpmn, mc

_SIZES = {"startEvent": (36, 36), "endEvent": (36, 36), "exclusiveGateway": (50, 50)}
_TASK = (120, 80)
_GAP, _LEFT, _MIDDLE, _LOWER, _UPPER = 60, 160, 240, 400, 130
_NAMESPACES = {"bpmn": BPMN, "bpmndi": DI, "dc": DC, "di": DD, "xsi": XSI, "mc": MC}
Point = tuple[int, int]


def written(number: Decimal | float | None) -> str:
    """Write a number of hours: 0.5 and 3.0 as ``0.5`` and ``3``; nothing for 0 and None."""
    if not number:
        return ""
    exact = Decimal(str(number))
    return format(exact.normalize() if exact % 1 else exact.quantize(Decimal(1)), "f")


class Canvas:
    """A process being drawn; ``key`` is kept beside the XML id where the two differ."""

    def __init__(self, process_id: str, name: str, key: str) -> None:
        self.root = etree.Element(bpmn("definitions"), nsmap=_NAMESPACES)
        self.root.set("id", f"{process_id}-definitions")
        self.root.set("targetNamespace", MC)
        self.root.set("expressionLanguage", FEEL)
        self.process = etree.SubElement(
            self.root, bpmn("process"), id=process_id, name=name, isExecutable="true"
        )
        if key != process_id:
            self.process.set(mc("key"), key)
        self.boxes: dict[str, tuple[int, int, int, int]] = {}
        self.elements: dict[str, etree._Element] = {}
        self.flows: list[tuple[str, str, str]] = []
        self.messages: dict[str, str] = {}
        self.right = _LEFT

    def node(
        self, tag: str, node_id: str, name: str, extra: Mapping[str, str] | None = None
    ) -> None:
        """Add a node at the right end of the row; empty ones of our attributes are left out."""
        width, height = _SIZES.get(tag, _TASK)
        self.boxes[node_id] = (self.right, _MIDDLE - height // 2, width, height)
        self.right += width + _GAP
        self._element(tag, node_id, name, extra or {})

    def below(self, tag: str, node_id: str, name: str, extra: Mapping[str, str]) -> None:
        """Add a node under the last one of the row."""
        x, _, width, _ = self.boxes[next(reversed(self.boxes))]
        left = x + width // 2 - _TASK[0] // 2
        self._element(tag, node_id, name, extra)
        self.boxes = {node_id: (left, _LOWER - _TASK[1] // 2, *_TASK), **self.boxes}

    def _element(self, tag: str, node_id: str, name: str, extra: Mapping[str, str]) -> None:
        element = etree.SubElement(self.process, bpmn(tag), id=node_id)
        if name:
            element.set("name", name)
        for key, value in extra.items():
            if value:
                element.set(mc(key), value)
        if extra.get("message"):
            element.set("messageRef", self._message(extra["message"]))
        self.elements[node_id] = element

    def _message(self, name: str) -> str:
        if name not in self.messages:
            self.messages[name] = f"message-{len(self.messages) + 1}"
            message = etree.Element(bpmn("message"), id=self.messages[name], name=name)
            self.process.addprevious(message)
        return self.messages[name]

    def flow(self, source: str, target: str, condition: str = "", name: str = "") -> None:
        """Add a sequence flow; one without a condition out of a gateway becomes its default."""
        flow_id = f"flow-{len(self.flows) + 1}"
        self.flows.append((flow_id, source, target))
        element = etree.SubElement(
            self.process, bpmn("sequenceFlow"), id=flow_id, sourceRef=source, targetRef=target
        )
        if name:
            element.set("name", name)
        etree.SubElement(self.elements[source], bpmn("outgoing")).text = flow_id
        # The schema wants all incoming flows of a node before its outgoing ones.
        arrow = etree.Element(bpmn("incoming"))
        arrow.text = flow_id
        self.elements[target].insert(len(self.elements[target].findall(bpmn("incoming"))), arrow)
        if condition:
            text = etree.SubElement(element, bpmn("conditionExpression"))
            text.set(f"{{{XSI}}}type", "bpmn:tFormalExpression")
            text.text = condition
        elif self.elements[source].tag == bpmn("exclusiveGateway"):
            self.elements[source].set("default", flow_id)

    def finish(self) -> bytes:
        """Return the file, UTF-8 with declaration."""
        diagram = etree.SubElement(self.root, f"{{{DI}}}BPMNDiagram", id="diagram")
        plane = etree.SubElement(
            diagram, f"{{{DI}}}BPMNPlane", id="plane", bpmnElement=self.process.get("id")
        )
        for node_id, box in self.boxes.items():
            shape = etree.SubElement(
                plane, f"{{{DI}}}BPMNShape", id=f"{node_id}-shape", bpmnElement=node_id
            )
            if self.elements[node_id].tag == bpmn("exclusiveGateway"):
                shape.set("isMarkerVisible", "true")
            values = {k: str(v) for k, v in zip(("x", "y", "width", "height"), box, strict=True)}
            etree.SubElement(shape, f"{{{DC}}}Bounds", **values)
        for flow_id, source, target in self.flows:
            edge = etree.SubElement(
                plane, f"{{{DI}}}BPMNEdge", id=f"{flow_id}-edge", bpmnElement=flow_id
            )
            for x, y in self._way(self.boxes[source], self.boxes[target]):
                etree.SubElement(edge, f"{{{DD}}}waypoint", x=str(x), y=str(y))
        xml: bytes = etree.tostring(
            self.root, xml_declaration=True, encoding="UTF-8", pretty_print=True
        )
        return xml

    @staticmethod
    def _way(source: tuple[int, int, int, int], target: tuple[int, int, int, int]) -> list[Point]:
        """Return the corners of an arrow: straight on, down, back up from below, or back above."""
        (x1, y1, w1, h1), (x2, y2, w2, h2) = source, target
        if y1 + h1 // 2 == y2 + h2 // 2 and x2 > x1:
            return [(x1 + w1, y1 + h1 // 2), (x2, y2 + h2 // 2)]
        if y2 > y1 + h1:
            return [(x1 + w1 // 2, y1 + h1), (x2 + w2 // 2, y2)]
        if y1 > y2 + h2:
            return [(x1, y1 + h1 // 2), (x2 + w2 // 2, y1 + h1 // 2), (x2 + w2 // 2, y2 + h2)]
        return [
            (x1 + w1 // 2, y1), (x1 + w1 // 2, _UPPER), (x2 + w2 // 2, _UPPER), (x2 + w2 // 2, y2)
        ]  # fmt: skip
