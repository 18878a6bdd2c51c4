"""What stands written at an element: its name, its event, what it repeats, to whom it refers."""

from collections.abc import Iterator, Mapping

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.picture_model import CHOREOGRAPHY, SCOPES
from motcua.process.vocabulary import bpmn, local, mc
from motcua.process.xmlfile import flag

MAX_HOURS = 10_000
_EVENT = "EventDefinition"
# Elements that take their name from another one: data from what they refer to.
_NAMED_BY: Mapping[str, str] = {
    "dataObjectReference": "dataObjectRef",
    "dataStoreReference": "dataStoreRef",
}


class Words:
    """The words of a file; ids are looked up once."""

    def __init__(self, root: etree._Element) -> None:
        self.by_id: dict[str, etree._Element] = {}
        for element in root.iter():
            if element.get("id"):
                self.by_id.setdefault(element.get("id"), element)

    def refer(self, reference: str | None) -> str:
        """Return the id that a reference means, with or without the prefix of a namespace."""
        text = (reference or "").strip()
        return text if text in self.by_id else text.rpartition(":")[2]

    def _to(self, element: etree._Element, attribute: str) -> etree._Element | None:
        return self.by_id.get(self.refer(element.get(attribute)))

    def name(self, element: etree._Element) -> str:
        """Return the name that a picture shows: of data with the state, of a note its text."""
        tag = local(element)
        if tag == "textAnnotation":
            text = element.find(bpmn("text"))
            return "" if text is None else "".join(text.itertext()).strip()
        if tag == "group":
            value = self._to(element, "categoryValueRef")
            return "" if value is None else value.get("value", "").strip()
        found = element.get("name", "").strip()
        if not found and tag in _NAMED_BY:
            other = self._to(element, _NAMED_BY[tag])
            found = "" if other is None else other.get("name", "").strip()
        state = element.find(bpmn("dataState"))
        if state is not None and state.get("name", "").strip():
            found = f"{found} [{state.get('name').strip()}]".strip()
        return str(found)

    def event(self, element: etree._Element) -> str:
        """Return the kind of the event of an event, or of the start of an event sub-process."""
        if local(element) in SCOPES and flag(element, "triggeredByEvent"):
            start = element.find(bpmn("startEvent"))
            return "" if start is None else self.event(start)
        found = list(self._events(element))
        if len(found) > 1:
            return "parallelMultiple" if flag(element, "parallelMultiple") else "multiple"
        return found[0] if found else ""

    def _events(self, element: etree._Element) -> Iterator[str]:
        for child in element:
            part = child
            if local(child) == "eventDefinitionRef":
                part = self.by_id.get(self.refer(child.text))
                if part is None:
                    continue
            tag = local(part)
            if tag.endswith(_EVENT) and not tag.startswith("{"):
                yield tag.removesuffix(_EVENT)

    def many(self, element: etree._Element) -> bool:
        """Whether several are meant: of a participant, or of a data object."""
        data = self._to(element, "dataObjectRef")
        return (
            element.find(bpmn("participantMultiplicity")) is not None
            or flag(element, "isCollection")
            or (data is not None and flag(data, "isCollection"))
        )

    def variant(self, element: etree._Element) -> str:
        """Return what tells an element from others of its tag."""
        tag = local(element)
        if tag == "eventBasedGateway" and flag(element, "instantiate"):
            return "Parallel" if element.get("eventGatewayType") == "Parallel" else "instantiate"
        if tag in ("callActivity", "callConversation"):
            called = self._to(element, "calledElement")
            return "" if called is None or not local(called).startswith("global") else local(called)
        return ""

    def bands(self, element: etree._Element) -> tuple[tuple[str, bool], ...]:
        """Return the participants of a choreography activity, each with whether it begins."""
        if local(element) not in CHOREOGRAPHY:
            return ()
        first = self.refer(element.get("initiatingParticipantRef"))
        ids = [self.refer(each.text) for each in element.iterfind(bpmn("participantRef"))]
        found = [(self.by_id.get(each), each == first) for each in ids[:6]]
        return tuple((e.get("name", "") if e is not None else "", begins) for e, begins in found)


def interrupting(element: etree._Element) -> bool:
    """Whether an event interrupts, or the start of an event sub-process."""
    if flag(element, "triggeredByEvent"):
        start = element.find(bpmn("startEvent"))
        return start is None or flag(start, "isInterrupting", True)
    return flag(element, "cancelActivity", True) and flag(element, "isInterrupting", True)


def conditional(flow: etree._Element) -> bool:
    """Whether a flow has a condition; some modellers write an empty one on every flow."""
    text = flow.find(bpmn("conditionExpression"))
    return text is not None and bool("".join(text.itertext()).strip())


def repeat(element: etree._Element) -> str:
    """Return how an activity is done several times: ``parallel``, ``sequential``, ``loop``."""
    each = element.find(bpmn("multiInstanceLoopCharacteristics"))
    if each is not None:
        return "sequential" if flag(each, "isSequential") else "parallel"
    loops = element.find(bpmn("standardLoopCharacteristics")) is not None
    # The same, as choreographies and some old modellers write it.
    kind = element.get("loopType", "")
    named = {"MultiInstanceParallel": "parallel", "MultiInstanceSequential": "sequential"}
    return "loop" if loops or kind == "Standard" else named.get(kind, "")


def hours(element: etree._Element) -> float:
    """Return the limit of a step in working hours; 0 where there is none, or no number."""
    try:
        found = float(element.get(mc("hours"), "0"))
    except ValueError:
        return 0.0
    return found if 0 < found <= MAX_HOURS else 0.0
