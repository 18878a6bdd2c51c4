"""What stands in a node that cannot be run: told at the node, with what to draw instead."""

from lxml import etree  # type: ignore[import-untyped]

from motcua.process import attributes
from motcua.process.multi import TAG
from motcua.process.triggers import definition_of
from motcua.process.vocabulary import (
    ALL_EVENTS,
    EVENTS,
    INSTANTIATE,
    PARTS,
    QUANTITY,
    REMOVE,
    SHARED,
    UNSUPPORTED,
    Advice,
    local,
)
from motcua.process.xmlfile import Source, flag

EVENT_TAGS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)


def advise(source: Source, element: etree._Element, advice: Advice, part: str = "") -> None:
    """Note what is wrong with an element, and what to draw instead."""
    source.fault(element, advice.vi, advice.en, part)


def refuse(source: Source, element: etree._Element) -> None:
    """Refuse what stands inside a node: loops, compensation, unknown attributes of ours."""
    inside = local(element) == "subProcess"
    for part in element:
        definition = definition_of(source, part)
        if definition is None:
            advise(source, element, SHARED, local(part))
            continue
        tag = local(definition)
        known = tag in PARTS or tag == TAG or (tag in EVENTS and local(element) in EVENT_TAGS)
        if known or tag.startswith("{") or (inside and tag != "standardLoopCharacteristics"):
            continue
        advise(source, element, UNSUPPORTED.get(tag, REMOVE), tag)
    if flag(element, "isForCompensation"):
        advise(source, element, UNSUPPORTED["compensateEventDefinition"])
    if flag(element, "instantiate"):
        advise(source, element, INSTANTIATE)
    if element.get("eventGatewayType") == "Parallel":
        advise(source, element, ALL_EVENTS)
    if {element.get("startQuantity", "1"), element.get("completionQuantity", "1")} != {"1"}:
        advise(source, element, QUANTITY)
    source.only(element, element, attributes.NODE)
