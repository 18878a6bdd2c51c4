"""The words of a BPMN file: namespaces, what is supported, and what to draw instead of the rest."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.definition import EventKind, NodeKind

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
MC = "https://motcua.org/bpmn"
FEEL = "https://www.omg.org/spec/DMN/20191111/FEEL/"
_FEEL_DATES = ("20140401", "20180521", "20191111", "20211108", "20230324", "20240513")
EXPRESSIONS = frozenset(
    # In lower case; the last is written by many modellers whatever the language is, and the text is
    # read as FEEL all the same.
    {"", "feel", "http://www.w3.org/1999/xpath"}
    | {f"{way}://www.omg.org/spec/feel/{d}" for way in ("http", "https") for d in _FEEL_DATES}
    | {f"{way}://www.omg.org/spec/dmn/{d}/feel/" for way in ("http", "https") for d in _FEEL_DATES}
)
NODES: Mapping[str, NodeKind] = {
    "startEvent": "start", "endEvent": "end", "exclusiveGateway": "exclusive",
    "parallelGateway": "parallel", "inclusiveGateway": "inclusive", "eventBasedGateway": "event",
    "userTask": "user", "serviceTask": "service", "sendTask": "service", "receiveTask": "message",
    "businessRuleTask": "rule", "subProcess": "scope", "callActivity": "scope",
    "intermediateCatchEvent": "message", "intermediateThrowEvent": "throw",
    "boundaryEvent": "boundary",
}  # fmt: skip
ACTIVITIES = frozenset(
    {"userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "subProcess"}
    | {"callActivity"}
)
REPEATABLE = ACTIVITIES - {"businessRuleTask"}
_KINDS: tuple[EventKind, ...] = (
    "message", "timer", "signal", "error", "escalation", "terminate"
)  # fmt: skip
EVENTS: Mapping[str, EventKind] = {f"{kind}EventDefinition": kind for kind in _KINDS}
ALLOWED: Mapping[str, frozenset[EventKind]] = {
    "endEvent": frozenset({"", "terminate", "error", "escalation", "signal"}),
    "intermediateThrowEvent": frozenset({"", "escalation", "signal"}),
    "intermediateCatchEvent": frozenset({"message", "timer", "signal"}),
    "boundaryEvent": frozenset({"message", "timer", "signal", "error", "escalation"}),
    "startEvent": frozenset({"message", "timer", "signal", "error", "escalation"}),
}
"""Which events an element may hold; a start event only in an event sub-process."""
DECORATION = frozenset(
    {"documentation", "extensionElements", "laneSet", "textAnnotation", "association", "group"}
    | {"dataObject", "dataObjectReference", "dataStoreReference", "ioSpecification", "property"}
    | {"auditing", "monitoring", "dataInputAssociation", "dataOutputAssociation", "category"}
    | {"correlationSubscription", "supportedInterfaceRef", "supports", "completionCondition"}
)
PARTS = frozenset(
    {"documentation", "extensionElements", "incoming", "outgoing", "ioSpecification", "property"}
    | {"dataInputAssociation", "dataOutputAssociation", "dataInput", "dataOutput", "inputSet"}
    | {"outputSet", "potentialOwner", "humanPerformer", "performer", "rendering", "resourceRole"}
    | {"auditing", "monitoring", "categoryValueRef", "ioBinding", "dataState"}
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
_SCRIPT = Advice(
    "mã lệnh không bao giờ được chạy; hãy vẽ Service Task có mc:handler, hoặc Business Rule Task",
    "code is never run; draw a service task with mc:handler, or a business rule task",
)
_GATEWAY = Advice(
    "cổng phức hợp chưa dùng được; hãy vẽ cổng bao hàm (O), loại trừ (X) hoặc song song (+)",
    "complex gateways cannot be used; draw an inclusive (O), exclusive (X) or parallel gateway (+)",
)
_AD_HOC = Advice(
    "quy trình con tuỳ ý chưa dùng được; hãy vẽ quy trình con thường với cổng bao hàm (O)",
    "ad-hoc sub-processes cannot be used; draw a plain one with an inclusive gateway (O)",
)
_COMPENSATION = Advice(
    "giao dịch và bù trừ chưa dùng được; hãy vẽ quy trình con có sự kiện lỗi ở biên, rồi các bước "
    "hoàn lại",
    "transactions and compensation cannot be used; draw a sub-process with an error boundary event "
    "and the steps that undo",
)
_CONDITIONAL = Advice(
    "sự kiện điều kiện chưa dùng được; hãy vẽ cổng loại trừ (X) sau bước làm đổi dữ liệu",
    "conditional events cannot be used; draw an exclusive gateway (X) after the step that changes "
    "the data",
)
_LINK = Advice(
    "sự kiện liên kết chưa dùng được; hãy nối hai chỗ bằng một mũi tên",
    "link events cannot be used; connect the two places with a sequence flow",
)
SHARED = Advice(
    "không có định nghĩa sự kiện mà eventDefinitionRef nói tới; hãy đặt định nghĩa ngay trong sự kiện",
    "there is no event definition as eventDefinitionRef says; put it into the event itself",
)
QUANTITY = Advice(
    "chỉ chạy với một token (startQuantity, completionQuantity); hãy vẽ cổng song song (+)",
    "runs with one token only (startQuantity, completionQuantity); draw a parallel gateway (+)",
)
INSTANTIATE = Advice(
    "hồ sơ bắt đầu bằng tiếp nhận; hãy vẽ sự kiện bắt đầu thường ở trước, và bỏ instantiate",
    "a case begins with its reception; draw a plain start event before it, without instantiate",
)
ALL_EVENTS = Advice(
    "chờ đủ mọi sự kiện thì không dùng cổng sự kiện; hãy vẽ cổng song song (+) và từng sự kiện chờ",
    "waiting for all events is no event-based choice; draw a parallel gateway (+) and each event",
)
_LOOP = Advice(
    "dấu lặp chưa dùng được; hãy vẽ vòng lặp bằng cổng loại trừ (X), hoặc làm nhiều lần theo danh sách",
    "loop markers cannot be used; draw the loop with an exclusive gateway (X), or use "
    "multi-instance over a list",
)
_CHOREOGRAPHY = Advice(
    "biểu đồ hội thoại không chạy được; hãy vẽ một quy trình (process)",
    "conversations and choreographies cannot run; draw a process",
)
UNSUPPORTED: Mapping[str, Advice] = {
    "task": _STEP, "manualTask": _STEP, "scriptTask": _SCRIPT,
    "transaction": _COMPENSATION, "adHocSubProcess": _AD_HOC, "complexGateway": _GATEWAY,
    "compensateEventDefinition": _COMPENSATION, "cancelEventDefinition": _COMPENSATION,
    "conditionalEventDefinition": _CONDITIONAL, "linkEventDefinition": _LINK,
    "standardLoopCharacteristics": _LOOP,
    "callChoreography": _CHOREOGRAPHY, "choreographyTask": _CHOREOGRAPHY,
    "subChoreography": _CHOREOGRAPHY, "choreography": _CHOREOGRAPHY,
    "globalChoreographyTask": _CHOREOGRAPHY, "conversation": _CHOREOGRAPHY,
    "subConversation": _CHOREOGRAPHY, "callConversation": _CHOREOGRAPHY,
    "globalConversation": _CHOREOGRAPHY,
}  # fmt: skip
REMOVE = Advice(
    "phần tử này chưa dùng được; hãy bỏ đi", "this element cannot be used; please remove it"
)
MISPLACED: Mapping[tuple[str, EventKind], Advice] = {
    ("startEvent", "message"): Advice(
        "hồ sơ bắt đầu bằng tiếp nhận; hãy vẽ sự kiện bắt đầu thường (không biểu tượng)",
        "a case begins with its reception; draw a plain start event (no symbol)",
    ),
    ("endEvent", "message"): Advice(
        "sự kiện kết thúc không gửi thông điệp; hãy vẽ Send Task có mc:handler trước kết thúc thường",
        "an end event sends no message; draw a send task with mc:handler before a plain end event",
    ),
    ("intermediateThrowEvent", "message"): Advice(
        "sự kiện không gửi thông điệp; hãy vẽ Send Task có mc:handler",
        "an event sends no message; draw a send task with mc:handler",
    ),
    ("intermediateCatchEvent", ""): Advice(
        "sự kiện chờ không nói chờ gì; hãy chọn thông điệp, hẹn giờ hoặc tín hiệu",
        "this event does not say what it waits for; choose a message, a timer or a signal",
    ),
    ("boundaryEvent", ""): Advice(
        "sự kiện biên không nói chờ gì; hãy chọn thông điệp, hẹn giờ, tín hiệu, lỗi hoặc trình cấp trên",
        "this boundary event does not say what it waits for; choose a message, timer, signal, error "
        "or escalation",
    ),
}


def misplaced(tag: str, event: EventKind) -> Advice:
    """Return what to draw instead of an event that stands where it cannot be used."""
    if tag == "startEvent":
        return MISPLACED["startEvent", "message"]
    found = MISPLACED.get((tag, event))
    kinds = sorted(ALLOWED[tag])
    vi, en = (", ".join(_SPOKEN[kind][n] for kind in kinds) for n in (0, 1))
    return found or Advice(
        f"sự kiện {_SPOKEN[event][0]} không đặt được ở đây; hãy dùng một trong: {vi}",
        f"a {_SPOKEN[event][1]} event cannot stand here; use one of: {en}",
    )


_SPOKEN: Mapping[EventKind, tuple[str, str]] = {
    "": ("không biểu tượng", "none"),
    "message": ("thông điệp", "message"),
    "timer": ("hẹn giờ", "timer"),
    "signal": ("tín hiệu", "signal"),
    "error": ("lỗi", "error"),
    "escalation": ("trình cấp trên", "escalation"),
    "terminate": ("chấm dứt", "terminate"),
}


def bpmn(tag: str) -> str:
    """Return a tag in the BPMN namespace."""
    return f"{{{BPMN}}}{tag}"


def mc(name: str) -> str:
    """Return an attribute in our extension namespace."""
    return f"{{{MC}}}{name}"


def local(element: etree._Element) -> str:
    """Return a BPMN element's tag without namespace; a foreign element keeps its own in braces."""
    return str(element.tag).removeprefix(f"{{{BPMN}}}")
