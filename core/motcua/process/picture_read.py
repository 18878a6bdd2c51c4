"""From a BPMN file to what can be drawn. The file comes from outside and is not trusted.

Unlike the engine's reader this one refuses nothing that is drawn somehow: several pools, kinds of
tasks and events that do not run, choreographies, elements of other makers that a flow leads to.
"""

from dataclasses import replace
from itertools import count

from lxml import etree  # type: ignore[import-untyped]

from motcua.errors import TooLarge
from motcua.process import picture_words as words
from motcua.process.picture_model import (
    ARTIFACTS,
    EXTRAS,
    FLOW_NODES,
    SCOPES,
    TALKS,
    Link,
    LinkKind,
    Model,
    Part,
)
from motcua.process.vocabulary import bpmn, local, mc
from motcua.process.xmlfile import flag

MAX_PARTS = 1_500
MAX_DEPTH = 20
_LINKS = {
    "sequenceFlow": "sequence", "association": "association", "messageFlow": "message",
    "conversationLink": "conversation",
}  # fmt: skip
_HEADS = {"One": 1, "Both": 2}
_DRAWN = FLOW_NODES | ARTIFACTS | TALKS | EXTRAS | {"participant", "lane"}


def model(root: etree._Element) -> Model:
    """Return everything in a file (``xmlfile.parse``) that can be drawn.

    ``TooLarge`` for more than 1,500 elements.
    """
    reader = _Reader(root)
    for child in root:
        if local(child) in {"process", "choreography"}:
            reader.process(child)
        elif local(child) == "collaboration":
            reader.collaboration(child)
    return reader.finished()


class _Reader:
    def __init__(self, root: etree._Element) -> None:
        self.found = Model()
        self.root = root
        self.unnamed = count(1)
        self.taken: set[str] = set()
        self.words = words.Words(root)
        # What an arrow leads to is drawn, whatever it is.
        self.led_to = {
            end
            for arrow in root.iter(bpmn("sequenceFlow"))
            for end in (arrow.get("sourceRef", ""), arrow.get("targetRef", ""))
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
            tag = local(child)
            if tag == "participant":
                part = self._part(child, own_id)
                self.found.participants.append(part.id)
            elif tag in _LINKS:
                self._link(child, own_id)
            elif tag in ARTIFACTS or tag in TALKS:
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
        found = str(element.get("id", ""))
        if not found or found in self.taken:
            found = f"{found}?{next(self.unnamed)}"
        self.taken.add(found)
        return found

    def _part(self, element: etree._Element, parent: str) -> Part:
        if len(self.found.parts) >= MAX_PARTS:
            raise TooLarge(
                f"Sơ đồ có hơn {MAX_PARTS} phần tử",
                f"The diagram has more than {MAX_PARTS} elements",
            )
        part = self._read(element, self._id(element), parent)
        self.found.parts[part.id] = part
        return part

    def _read(self, element: etree._Element, part_id: str, parent: str) -> Part:
        tag = local(element)
        return Part(
            id=part_id,
            tag=tag if tag in _DRAWN else "unknown",
            parent=parent,
            name_vi=self.words.name(element),
            name_en=element.get(mc("nameEn"), "").strip(),
            hours=words.hours(element),
            event=self.words.event(element),
            attached=self.words.refer(element.get("attachedToRef"))
            if tag == "boundaryEvent"
            else "",
            called=self.words.refer(
                element.get(mc("called"))
                or element.get("calledElement")
                or element.get("processRef")
            ),
            repeat=words.repeat(element),
            interrupting=words.interrupting(element),
            triggered=flag(element, "triggeredByEvent"),
            compensation=flag(element, "isForCompensation"),
            many=self.words.many(element),
            variant=self.words.variant(element),
            bands=self.words.bands(element),
        )

    def _link(self, element: etree._Element, parent: str) -> None:
        kind: LinkKind = _LINKS[local(element)]  # type: ignore[assignment]
        self._add(
            Link(
                self._id(element),
                kind,
                self.words.refer(element.get("sourceRef")),
                self.words.refer(element.get("targetRef")),
                parent,
                element.get("name", "").strip(),
                default=element.get("id", "") in self.defaults,
                conditional=words.conditional(element),
                heads=_HEADS.get(element.get("associationDirection", ""), 0),
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
                source = self.words.refer(child.findtext(bpmn("sourceRef")))
                self._add(Link(self._id(child), "data", source, part.id, part.parent))
            elif tag == "dataOutputAssociation":
                target = self.words.refer(child.findtext(bpmn("targetRef")))
                self._add(Link(self._id(child), "data", part.id, target, part.parent))

    def _lanes(self, process: etree._Element, process_id: str) -> None:
        """Read the lanes; those of a sub-process are drawn only where the diagram shows them."""
        names: list[str] = []
        own = set(process.iterfind(f"{bpmn('laneSet')}//{bpmn('lane')}"))
        made: dict[etree._Element, str] = {}
        for lane in process.iter(bpmn("lane")):
            part = self._part(lane, process_id)
            made[lane] = part.id
            if around := made.get(lane.getparent().getparent()):
                self.found.outer[part.id] = around
            if lane not in own or lane.find(f"{bpmn('childLaneSet')}/{bpmn('lane')}") is not None:
                continue
            names.append(part.id)
            for reference in lane.iterfind(bpmn("flowNodeRef")):
                inside = self.found.parts.get(self.words.refer(reference.text))
                if inside is not None:
                    self.found.parts[inside.id] = replace(inside, lane=part.id)
        self.found.lanes[process_id] = names

    def finished(self) -> Model:
        """Keep the arrows that lead from something to something, and note who lies where."""
        found = self.found
        for element in self.root.iter(*(bpmn(tag) for tag in sorted(EXTRAS))):
            key = element.get("id", "")
            if key and key not in found.parts and len(found.extras) < MAX_PARTS:
                found.extras[key] = self._read(element, key, "")
        known = found.parts.keys() | found.links.keys()
        for key, link in list(found.links.items()):
            if not {link.source, link.target} <= known:
                found.loose[key] = found.links.pop(key)
        for part in found.parts.values():
            found.children.setdefault(part.parent, []).append(part)
        return found
