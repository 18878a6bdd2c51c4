"""The words of a BPMN file: namespaces, what is supported, and what to draw instead of the rest."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.definition import NodeKind

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
MC = "https://motcua.org/bpmn"
FEEL = "https://www.omg.org/spec/DMN/20191111/FEEL/"
EXPRESSIONS = frozenset(
    {
        "",
        "feel",
        FEEL,
        "http://www.omg.org/spec/FEEL/20140401",
        "https://www.omg.org/spec/FEEL/20140401",
        "https://www.omg.org/spec/DMN/20180521/FEEL/",
        "https://www.omg.org/spec/DMN/20211108/FEEL/",
        # Written by many modellers whatever the language is; the text is read as FEEL all the same.
        "http://www.w3.org/1999/XPath",
    }
)
NODES: Mapping[str, NodeKind] = {
    "startEvent": "start", "endEvent": "end", "exclusiveGateway": "exclusive",
    "parallelGateway": "parallel", "userTask": "user", "serviceTask": "service",
    "receiveTask": "message", "intermediateCatchEvent": "message",
}  # fmt: skip
DECORATION = frozenset(
    {"documentation", "extensionElements", "laneSet", "textAnnotation", "association", "group"}
    | {"dataObject", "dataObjectReference", "dataStoreReference", "ioSpecification", "property"}
)
PARTS = frozenset(
    {"documentation", "extensionElements", "incoming", "outgoing", "ioSpecification", "property"}
    | {"dataInputAssociation", "dataOutputAssociation", "dataInput", "dataOutput", "inputSet"}
    | {"outputSet", "potentialOwner", "humanPerformer", "performer", "rendering", "resourceRole"}
)


@dataclass(frozen=True, slots=True)
class Advice:
    """What is wrong with an element and what to draw instead."""

    vi: str
    en: str


_STEP = Advice(
    "chưa rõ ai làm; hãy vẽ User Task (người làm) hoặc Service Task (hệ thống làm)",
    "it does not say who acts; draw a user task (a person) or a service task (a system)",
)
_SERVICE = Advice(
    "loại bước này chưa dùng được; hãy vẽ Service Task và đặt mc:handler",
    "this kind of task cannot be used; draw a service task with mc:handler",
)
_INSIDE = Advice(
    "quy trình con chưa dùng được; hãy vẽ các bước thẳng vào quy trình chính",
    "sub-processes cannot be used; draw the steps in the main process",
)
_GATEWAY = Advice(
    "loại cổng này chưa dùng được; hãy vẽ cổng loại trừ (X) hoặc song song (+)",
    "this gateway cannot be used; draw an exclusive (X) or a parallel gateway (+)",
)
_EVENT = Advice(
    "loại sự kiện này chưa dùng được; hãy vẽ sự kiện thường, hoặc Receive Task để chờ thông điệp",
    "this event cannot be used; draw a plain event, or a receive task to wait for a message",
)
_TIMER = Advice(
    "hẹn giờ chưa dùng được; thời hạn của bước ghi ở mc:hours",
    "timers cannot be used; write the limit of a step in mc:hours",
)
_REPEAT = Advice(
    "bước lặp chưa dùng được; hãy vẽ vòng lặp bằng cổng loại trừ",
    "repeated tasks cannot be used; draw the loop with an exclusive gateway",
)
UNSUPPORTED: Mapping[str, Advice] = {
    "task": _STEP, "manualTask": _STEP,
    "scriptTask": _SERVICE, "sendTask": _SERVICE, "businessRuleTask": _SERVICE,
    "subProcess": _INSIDE, "transaction": _INSIDE, "adHocSubProcess": _INSIDE,
    "callActivity": _INSIDE,
    "inclusiveGateway": _GATEWAY, "eventBasedGateway": _GATEWAY, "complexGateway": _GATEWAY,
    "boundaryEvent": _EVENT, "intermediateThrowEvent": _EVENT, "messageEventDefinition": _EVENT,
    "signalEventDefinition": _EVENT, "errorEventDefinition": _EVENT,
    "escalationEventDefinition": _EVENT, "terminateEventDefinition": _EVENT,
    "conditionalEventDefinition": _EVENT, "linkEventDefinition": _EVENT,
    "compensateEventDefinition": _EVENT, "cancelEventDefinition": _EVENT,
    "eventDefinitionRef": _EVENT, "timerEventDefinition": _TIMER,
    "multiInstanceLoopCharacteristics": _REPEAT, "standardLoopCharacteristics": _REPEAT,
}  # fmt: skip


def bpmn(tag: str) -> str:
    """Return a tag in the BPMN namespace."""
    return f"{{{BPMN}}}{tag}"


def mc(name: str) -> str:
    """Return an attribute in our extension namespace."""
    return f"{{{MC}}}{name}"


def local(element: etree._Element) -> str:
    """Return a BPMN element's tag without namespace; a foreign element keeps its own in braces."""
    return str(element.tag).removeprefix(f"{{{BPMN}}}")
