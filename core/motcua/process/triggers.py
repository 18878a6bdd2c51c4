"""The event of an event element: what it waits for or throws, and when a timer fires."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.definition import EventKind, Timer, TimerKind
from motcua.process.timers import standard_timer, working_timer
from motcua.process.vocabulary import ALLOWED, EVENTS, bpmn, local, mc, misplaced
from motcua.process.xmlfile import Source
from motcua.rules import RuleError

_WORKING: Mapping[str, TimerKind] = {
    "working": "working", "beforeDue": "before_due", "afterDue": "after_due",
}  # fmt: skip
_WRITTEN_VI = (
    'hẹn giờ viết timeDuration (P3D), timeDate, hoặc mc:working="3 working_days", mc:beforeDue, '
    "mc:afterDue"
)
_WRITTEN_EN = (
    'a timer has timeDuration (P3D), timeDate, or mc:working="3 working_days", mc:beforeDue, '
    "mc:afterDue"
)


@dataclass(frozen=True, slots=True)
class Trigger:
    """What the definitions inside an event element say."""

    event: EventKind = ""
    message: str = ""
    signal: str = ""
    code: str = ""
    timer: Timer | None = None


def trigger(source: Source, element: etree._Element, handler: bool) -> Trigger:
    """Read the event of an element; ``handler``: it lies directly in an event sub-process."""
    parts = [definition_of(source, part) for part in element]
    found = [e for e in parts if e is not None and local(e).endswith("EventDefinition")]
    if len(found) > 1:
        vi = "có nhiều loại sự kiện; hãy vẽ mỗi loại một sự kiện"
        source.fault(element, vi, "has several event definitions; draw one event for each")
        return Trigger()
    if None in parts or (found and local(found[0]) not in EVENTS):
        # The reader has said so.
        return Trigger()
    tag, event = local(element), EVENTS[local(found[0])] if found else ""
    right = ALLOWED[tag] if tag != "startEvent" or handler else frozenset()
    # A start event without a trigger is plain, or it lies in an event sub-process: see the linter.
    if event not in right and (tag, event) != ("startEvent", ""):
        advice = misplaced(tag, event)
        source.fault(element, advice.vi, advice.en, local(found[0]) if found else "")
        return Trigger()
    if not found:
        return Trigger()
    return _read(source, element, found[0], event)


def definition_of(source: Source, part: etree._Element) -> etree._Element | None:
    """Return a part of an event, or the shared definition it refers to; None if there is none."""
    if local(part) != "eventDefinitionRef":
        return part
    found = source.by_id.get(source.refer(part.text))
    return found if found is not None and local(found).endswith("EventDefinition") else None


def _read(
    source: Source, element: etree._Element, definition: etree._Element, event: EventKind
) -> Trigger:
    if event == "message":
        return Trigger(event, message=message(source, element, definition))
    if event == "timer":
        return Trigger(event, timer=_timer(source, element, definition))
    if event == "signal":
        signal = source.named("signal", definition.get("signalRef", ""), "name")
        if not signal:
            source.fault(
                element,
                "chưa có tên tín hiệu; hãy đặt signalRef tới một signal có tên",
                "has no signal: set signalRef to a signal with a name",
            )
        return Trigger(event, signal=signal)
    if event == "terminate":
        return Trigger(event)
    code = source.named(event, definition.get(f"{event}Ref", ""), f"{event}Code")
    if not code and local(element) in ("endEvent", "intermediateThrowEvent"):
        source.fault(
            element,
            f"chưa có mã; hãy đặt {event}Ref tới một {event} có mã",
            f"has no code: set {event}Ref to an {event} with a code",
        )
    return Trigger(event, code=code)


def message(source: Source, element: etree._Element, holder: etree._Element) -> str:
    """Read the name of the message an element waits for: ours, or that of the message it refers to."""
    named = source.named("message", holder.get("messageRef", ""), "name")
    ours: str = element.get(mc("message"), "")
    if ours and named and ours != named:
        vi = f"hai tên thông điệp khác nhau: '{ours}' và '{named}'"
        source.fault(element, vi, f"two different message names: '{ours}' and '{named}'")
    if not ours and not named:
        source.fault(
            element,
            "chưa có tên thông điệp; hãy đặt mc:message",
            "has no message name; set mc:message",
        )
    return ours or named


def _timer(source: Source, element: etree._Element, definition: etree._Element) -> Timer | None:
    part = local(definition)
    source.only(element, definition, frozenset(_WORKING), part)
    if definition.find(bpmn("timeCycle")) is not None:
        source.fault(
            element,
            "hẹn giờ lặp lại chưa dùng được; hãy vẽ hẹn giờ một lần, hoặc vòng lặp qua hẹn giờ",
            "repeating timers cannot be used; draw a timer that fires once, or a loop through one",
            part,
        )
        return None
    ours = [name for name in _WORKING if definition.get(mc(name)) is not None]
    standard = [t for t in ("timeDuration", "timeDate") if definition.find(bpmn(t)) is not None]
    before, timer = len(source.findings), None
    if len(ours) + len(standard) == 1:
        timer = _one_timer(source, element, definition, (ours + standard)[0])
    if timer is None and len(source.findings) == before:
        source.fault(element, _WRITTEN_VI, _WRITTEN_EN, part)
    return timer


def _one_timer(
    source: Source, element: etree._Element, definition: etree._Element, name: str
) -> Timer | None:
    if name in _WORKING:
        return working_timer(_WORKING[name], definition.get(mc(name)))
    text = definition.find(bpmn(name)).text or ""
    try:
        return standard_timer("duration" if name == "timeDuration" else "date", text)
    except RuleError as error:
        vi, en = f"biểu thức viết sai: {error.vi}", f"wrong expression: {error.en}"
        source.fault(element, vi, en, local(definition))
        return None
