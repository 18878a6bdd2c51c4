"""What must hold of events: where a boundary event sits, what follows an event-based gateway."""

from collections.abc import Iterator

from motcua.process.definition import Definition, Node
from motcua.process.vocabulary import ACTIVITIES

_Say = tuple[str, str]


def events(node: Node, definition: Definition) -> Iterator[_Say]:
    """Yield what is wrong with an event, an event-based gateway or an event sub-process."""
    if node.kind == "boundary":
        yield from _boundary(node, definition)
    elif node.kind == "event":
        yield from _choice(node, definition)
    elif node.kind == "start" and node.scope:
        yield from _start(node, definition)
    elif node.kind == "end" and node.event == "error" and not _caught(node, definition):
        yield (
            f"không ai bắt lỗi '{node.code}'; hãy đặt sự kiện lỗi ở biên, hoặc kết thúc terminate",
            f"nobody catches the error '{node.code}'; draw an error boundary event or terminate",
        )


def _boundary(node: Node, definition: Definition) -> Iterator[_Say]:
    host = definition.nodes.get(node.attached_to)
    if host is None or host.tag not in ACTIVITIES or host.scope != node.scope or host.triggered:
        yield (
            "không nằm trên bước nào; hãy gắn vào một bước hoặc quy trình con (attachedToRef)",
            "does not sit on a step; attach it to a task or sub-process (attachedToRef)",
        )
        return
    if node.event == "escalation" and host.kind != "scope":
        yield (
            "chỉ quy trình con mới trình cấp trên; hãy gắn vào quy trình con, hoặc dùng hẹn giờ",
            "only a sub-process escalates; attach it to one, or use a timer",
        )
    if node.event == "error" and host.kind not in ("service", "rule", "scope"):
        yield (
            "bước của người không báo lỗi; hãy dùng outcome và cổng loại trừ (X)",
            "a person's step throws no errors; use an outcome and an exclusive gateway (X)",
        )
    if node.event == "error" and not node.interrupting:
        yield (
            "sự kiện lỗi luôn ngắt bước; hãy bỏ cancelActivity='false'",
            "an error event always interrupts; remove cancelActivity='false'",
        )


def _choice(node: Node, definition: Definition) -> Iterator[_Say]:
    targets = [definition.nodes[definition.flows[flow].target] for flow in node.outgoing]
    wrong = [
        t
        for t in targets
        if t.kind not in ("message", "timer", "signal")
        or len(t.incoming) > 1
        or t.repeat is not None
        or t.id in definition.index.boundaries
    ]
    for target in wrong:
        yield (
            f"sau cổng sự kiện phải là sự kiện chờ chỉ có một mũi tên vào; '{target.id}' không phải",
            f"an event-based gateway leads to events with one incoming flow; not so '{target.id}'",
        )


def _start(node: Node, definition: Definition) -> Iterator[_Say]:
    triggered = definition.nodes[node.scope].triggered
    if triggered and not node.event:
        yield (
            "quy trình con sự kiện phải bắt đầu bằng một sự kiện (thông điệp, hẹn giờ, tín hiệu…)",
            "an event sub-process starts with a message, timer, signal, error or escalation",
        )
    if triggered and node.event == "error" and not node.interrupting:
        yield (
            "sự kiện lỗi luôn ngắt; hãy bỏ isInterrupting='false'",
            "an error event always interrupts; remove isInterrupting='false'",
        )


def _caught(node: Node, definition: Definition) -> bool:
    """Whether an error end event has a catcher somewhere around it."""
    scope, beside = node.scope, False
    while True:
        around = [] if beside else [*definition.index.handlers.get(scope, ())]
        around += definition.index.boundaries.get(scope, ())
        if any(each.event == "error" and each.code in (node.code, "") for each in around):
            return True
        if not scope:
            return False
        beside = definition.nodes[scope].triggered
        scope = definition.nodes[scope].scope
