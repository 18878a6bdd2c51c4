"""From a BPMN file to what can be drawn. The file comes from outside and is not trusted.

Unlike the engine's reader this one refuses nothing that is drawn somehow: several pools, kinds of
tasks and events that do not run, elements of other makers that a flow leads to.
"""

from collections.abc import Iterator
from itertools import count

from lxml import etree  # type: ignore[import-untyped]

from motcua.errors import TooLarge
from motcua.process.picture_model import ARTIFACTS, FLOW_NODES, SCOPES, Link, LinkKind, Model, Part
from motcua.process.vocabulary import BPMN, bpmn, local, mc

MAX_PARTS = 1_500
MAX_DEPTH = 20
MAX_HOURS = 10_000
_LINKS = {"sequenceFlow": "sequence", "association": "association", "messageFlow": "message"}
_EVENT = "EventDefinition"


def model(root: etree._Element) -> Model:
    """Return everything in a file (``xmlfile.parse``) that can be drawn.

    ``TooLarge`` for more than 1,500 elements.
    """
    reader = _Reader(root)
    for child in root:
        if local(child) == "process":
            reader.process(child)
        elif local(child) in {"collaboration", "choreography"}:
            reader.collaboration(child)
    return reader.finished()


class _Reader:
    def __init__(self, root: etree._Element) -> None:
        self.found = Model()
        self.unnamed = count(1)
        # What an arrow leads to is drawn, whatever it is.
        self.led_to = {
            end
            for arrow in root.iter(bpmn("sequenceFlow"))
            for end in (arrow.get("sourceRef"), arrow.get("targetRef"))
        }
        self.defaults = {e.get("default") for e in root.iter() if e.get("default")}

    def process(self, element: etree._Element) -> None:
        process_id = self._id(element)
        self.found.processes.append(process_id)
        self.found.names[process_id] = element.get("name", "")
        self._scope(element, process_id, 0)
        self._lanes(element, process_id)

    def collaboration(self, element: etree._Element) -> None:
        own_id = self._id(element)
        if not self.found.collaboration:
            self.found.collaboration = own_id
        for child in element:
            if local(child) == "participant":
                part = self._part(child, own_id)
                self.found.participants.append(part.id)
            elif local(child) in _LINKS:
                self._link(child, own_id)
            elif local(child) in ARTIFACTS:
                self._part(child, own_id)

    def _scope(self, element: etree._Element, scope: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise TooLarge("Quy trình con lồng nhau quá sâu", "Sub-processes are nested too deeply")
        for child in element:
            tag = local(child)
            if tag in _LINKS:
                self._link(child, scope)
            elif tag in FLOW_NODES or tag in ARTIFACTS or child.get("id") in self.led_to:
                part = self._part(child, scope)
                self._data(child, part)
                if tag in SCOPES:
                    self._scope(child, part.id, depth + 1)

    def _id(self, element: etree._Element) -> str:
        """Return the id; one of our own where there is none, or where it is taken."""
        found = element.get("id", "")
        if not found or found in self.found.parts or found in self.found.links:
            found = f"{found}?{next(self.unnamed)}"
        return str(found)

    def _part(self, element: etree._Element, parent: str) -> Part:
        if len(self.found.parts) >= MAX_PARTS:
            raise TooLarge(
                f"Sơ đồ có hơn {MAX_PARTS} phần tử",
                f"The diagram has more than {MAX_PARTS} elements",
            )
        tag = local(element)
        part = Part(
            id=self._id(element),
            tag=tag if tag in FLOW_NODES | ARTIFACTS | {"participant", "lane"} else "unknown",
            parent=parent,
            name_vi=_name(element),
            name_en=element.get(mc("nameEn"), "").strip(),
            hours=_hours(element),
            event=_event(element),
            attached=element.get("attachedToRef", "") if tag == "boundaryEvent" else "",
            called=_bare(
                element.get(mc("called"))
                or element.get("calledElement")
                or element.get("processRef", "")
            ),
            repeat=_repeat(element),
            interrupting=element.get("cancelActivity") != "false"
            and element.get("isInterrupting") != "false",
            triggered=element.get("triggeredByEvent") == "true",
            compensation=element.get("isForCompensation") == "true",
            many=element.find(bpmn("participantMultiplicity")) is not None
            or element.get("isCollection") == "true",
        )
        self.found.parts[part.id] = part
        return part

    def _link(self, element: etree._Element, parent: str) -> None:
        kind: LinkKind = _LINKS[local(element)]  # type: ignore[assignment]
        self._add(
            Link(
                self._id(element),
                kind,
                _bare(element.get("sourceRef", "")),
                _bare(element.get("targetRef", "")),
                parent,
                element.get("name", "").strip(),
                default=element.get("id", "") in self.defaults,
                conditional=element.find(bpmn("conditionExpression")) is not None,
            )
        )

    def _add(self, link: Link) -> None:
        if len(self.found.links) >= 2 * MAX_PARTS:
            raise TooLarge("Sơ đồ có quá nhiều mũi tên", "The diagram has too many arrows")
        self.found.links[link.id] = link

    def _data(self, element: etree._Element, part: Part) -> None:
        """Read the arrows between an activity or event and its data."""
        for child in element:
            tag = local(child)
            if tag == "dataInputAssociation":
                source = child.findtext(bpmn("sourceRef"), "").strip()
                self._add(Link(self._id(child), "data", source, part.id, part.parent))
            elif tag == "dataOutputAssociation":
                target = child.findtext(bpmn("targetRef"), "").strip()
                self._add(Link(self._id(child), "data", part.id, target, part.parent))

    def _lanes(self, process: etree._Element, process_id: str) -> None:
        names: list[str] = []
        for lane in process.iterfind(f"{bpmn('laneSet')}//{bpmn('lane')}"):
            part = self._part(lane, process_id)
            if lane.find(f"{bpmn('childLaneSet')}/{bpmn('lane')}") is not None:
                continue
            names.append(part.id)
            for reference in lane.iterfind(bpmn("flowNodeRef")):
                inside = self.found.parts.get((reference.text or "").strip())
                if inside is not None:
                    self.found.parts[inside.id] = _in_lane(inside, part.id)
        self.found.lanes[process_id] = names

    def finished(self) -> Model:
        """Keep the arrows that lead from something to something, and note who lies where."""
        found = self.found
        known = found.parts.keys() | found.links.keys()
        found.links = {
            k: link for k, link in found.links.items() if {link.source, link.target} <= known
        }
        for part in found.parts.values():
            found.children.setdefault(part.parent, []).append(part)
        return found


def _in_lane(part: Part, lane: str) -> Part:
    values = {name: getattr(part, name) for name in Part.__slots__}
    return Part(**{**values, "lane": lane})


def _name(element: etree._Element) -> str:
    if local(element) == "textAnnotation":
        text: str = element.findtext(bpmn("text"), "").strip()
        return text
    if local(element) == "group":
        return ""
    return str(element.get("name", "")).strip()


def _bare(reference: str) -> str:
    """Return a reference without the prefix of its namespace."""
    return reference.rpartition(":")[2].strip()


def _events(element: etree._Element) -> Iterator[str]:
    for child in element:
        tag = local(child)
        if tag.endswith(_EVENT) and child.tag.startswith(f"{{{BPMN}}}"):
            yield tag.removesuffix(_EVENT)
        elif tag == "eventDefinitionRef":
            yield "multiple"


def _event(element: etree._Element) -> str:
    found = list(_events(element))
    if len(found) > 1:
        return "parallelMultiple" if element.get("parallelMultiple") == "true" else "multiple"
    return found[0] if found else ""


def _repeat(element: etree._Element) -> str:
    each = element.find(bpmn("multiInstanceLoopCharacteristics"))
    if each is not None:
        return "sequential" if each.get("isSequential") == "true" else "parallel"
    return "loop" if element.find(bpmn("standardLoopCharacteristics")) is not None else ""


def _hours(element: etree._Element) -> float:
    """Return the limit of a step in working hours; 0 where there is none, or no number."""
    try:
        found = float(element.get(mc("hours"), "0"))
    except ValueError:
        return 0.0
    return found if 0 < found <= MAX_HOURS else 0.0
