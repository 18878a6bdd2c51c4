"""From a BPMN 2.0 file to a definition. The file comes from outside and is not trusted.

No entities, no document type, no network, at most 1 MB, 1,000 nodes and 16 levels of sub-processes,
called processes included. Only what the engine can run is accepted; everything else is named, with
what to draw instead.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace

from lxml import etree  # type: ignore[import-untyped]

from motcua.process import attributes, linter
from motcua.process.definition import Definition, Flow, Node, NodeKind
from motcua.process.faults import Finding, ProcessError
from motcua.process.library import MAX_DEPTH, MAX_NODES, Library
from motcua.process.multi import TAG, repeat
from motcua.process.names import unknown_names
from motcua.process.triggers import Trigger, message, trigger
from motcua.process.vocabulary import (
    DECORATION,
    EVENTS,
    NODES,
    PARTS,
    REMOVE,
    UNSUPPORTED,
    bpmn,
    local,
    mc,
)
from motcua.process.xmlfile import Source, commas, executable, parse
from motcua.rules import Expression

_EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)


def load(
    xml: bytes,
    *,
    library: Mapping[str, bytes] | None = None,
    decisions: Mapping[str, bytes] | None = None,
) -> Definition:
    """Return the definition in a BPMN file; raises ProcessError with all findings, TooLarge.

    ``library`` holds the files of processes that call activities name, by ``key@version``: they
    become part of the definition, so that a running case keeps the version it began with.
    ``decisions`` holds the DMN files of business rule tasks by file name.
    """
    definition, findings = _read(xml, Library(library or {}, decisions or {}))
    if definition is None or findings:
        raise ProcessError(findings)
    return definition


def lint(
    xml: bytes,
    *,
    library: Mapping[str, bytes] | None = None,
    decisions: Mapping[str, bytes] | None = None,
    variables: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Return everything that keeps a BPMN file from being run, nothing for a good one.

    With ``variables``, the names that a case will have, expressions that read other names are
    findings too.
    """
    definition, findings = _read(xml, Library(library or {}, decisions or {}))
    if definition is not None and not findings and variables is not None:
        findings = unknown_names(definition, variables)
    return tuple(findings)


def _read(xml: bytes, library: Library) -> tuple[Definition | None, list[Finding]]:
    findings: list[Finding] = []
    try:
        root = parse(xml)
        process = executable(root)
    except ProcessError as error:
        return None, list(error.findings)
    reader = _Reader(library, findings)
    reader.process(Source(root, process, findings), "", ())
    digest = hashlib.sha256(xml)
    for used in library.used():
        digest.update(used)
    definition = Definition(
        key=process.get(mc("key")) or process.get("id", ""),
        name=process.get("name", ""),
        nodes=reader.nodes,
        flows=reader.flows,
        start=next((n.id for n in reader.nodes.values() if n.kind == "start" and not n.scope), ""),
        digest=digest.hexdigest(),
        decisions=library.decisions,
    )
    # The shape is judged only when every part of it could be read.
    return definition, findings or linter.shape(definition)


class _Reader:
    """The nodes and flows of a process and of those it calls, while they are read."""

    def __init__(self, library: Library, findings: list[Finding]) -> None:
        self.library, self.findings = library, findings
        self.nodes: dict[str, Node] = {}
        self.flows: dict[str, Flow] = {}
        self.into: dict[str, list[str]] = {}
        self.out_of: dict[str, list[str]] = {}
        self.seen: set[str] = set()

    def process(self, source: Source, scope: str, calls: tuple[str, ...]) -> None:
        """Read a whole process; ``calls`` are the called processes around it."""
        self._level(source, source.process, scope, calls, len(calls))

    def _level(
        self,
        source: Source,
        container: etree._Element,
        scope: str,
        calls: tuple[str, ...],
        depth: int,
    ) -> None:
        nodes, flows = self._children(source, container)
        if len(self.seen) > 4 * MAX_NODES or len(self.nodes) + len(nodes) > MAX_NODES:
            vi, en = f"có hơn {MAX_NODES} bước", f"has more than {MAX_NODES} nodes"
            source.fault(container, vi, en)
            return
        if depth > MAX_DEPTH:
            vi = f"có hơn {MAX_DEPTH} tầng quy trình con"
            source.fault(container, vi, f"has more than {MAX_DEPTH} levels of sub-processes")
            return
        kinds = {source.id(e): NODES[local(e)] for e in nodes}
        for element in flows:
            self._flow(source, element, kinds)
        handler = local(container) == "subProcess" and container.get("triggeredByEvent") == "true"
        for element in nodes:
            node = self._node(source, element, scope, handler)
            self.nodes[node.id] = node
            if local(element) == "subProcess":
                self._level(source, element, node.id, calls, depth + 1)
            elif local(element) == "callActivity":
                self._call(source, element, node, calls, depth)

    def _children(
        self, source: Source, container: etree._Element
    ) -> tuple[list[etree._Element], list[etree._Element]]:
        nodes, flows = [], []
        for element in container:
            tag = local(element)
            if tag in DECORATION or (container is not source.process and tag in (*PARTS, TAG)):
                continue
            if tag == "standardLoopCharacteristics" or not self._new_id(source, element):
                continue
            if tag == "sequenceFlow":
                flows.append(element)
            elif tag in NODES:
                nodes.append(element)
            else:
                advice = UNSUPPORTED.get(tag, REMOVE)
                source.fault(element, advice.vi, advice.en)
        return nodes, flows

    def _new_id(self, source: Source, element: etree._Element) -> bool:
        found = source.id(element)
        if not found or found in self.seen:
            vi = "thiếu id hoặc id bị trùng"
            source.fault(element, vi, "has no id, or one that is used twice")
            return False
        self.seen.add(found)
        return True

    def _flow(self, source: Source, element: etree._Element, kinds: Mapping[str, NodeKind]) -> None:
        begins = source.prefix + element.get("sourceRef", "")
        ends = source.prefix + element.get("targetRef", "")
        if begins not in kinds or ends not in kinds:
            if not self.findings:
                vi = "đầu mũi tên không nối vào bước nào, hoặc đi qua biên quy trình con; hãy nối lại"
                en = "an end of the arrow is not connected, or crosses the border of a sub-process"
                source.fault(element, vi, en)
            return
        text = element.find(bpmn("conditionExpression"))
        condition = None if text is None else self._condition(source, element, text, kinds[begins])
        flow_id = source.id(element)
        self.flows[flow_id] = Flow(flow_id, begins, ends, condition)
        self.out_of.setdefault(begins, []).append(flow_id)
        self.into.setdefault(ends, []).append(flow_id)

    def _condition(
        self, source: Source, flow: etree._Element, text: etree._Element, begins: NodeKind
    ) -> Expression | None:
        if begins in ("exclusive", "inclusive"):
            return source.feel(flow, text.text or "", text.get("language", ""))
        source.fault(
            flow,
            "điều kiện chỉ đặt trên mũi tên ra khỏi cổng loại trừ (X) hoặc bao hàm (O); hãy vẽ cổng",
            "a condition belongs on a flow out of an exclusive (X) or inclusive gateway (O); "
            "please draw one",
        )
        return None

    def _node(self, source: Source, element: etree._Element, scope: str, handler: bool) -> Node:
        """Read a node: what it is, what of ours stands on it, what event or repetition it has."""
        self._parts(source, element)
        node = self._attributes(source, element, self._outline(source, element, scope))
        if node.tag in _EVENTS:
            return self._event(source, element, node, trigger(source, element, handler))
        if node.tag == "receiveTask":
            node = replace(node, message=message(source, element, element))
        elif node.tag == "businessRuleTask":
            rule = self.library.rule(source, element)
            node = replace(node, decision=rule, result=element.get(mc("result"), "").strip())
        elif node.tag == "callActivity":
            node = replace(node, called=self.library.name(element))
        triggered = element.get("triggeredByEvent") == "true"
        return replace(node, repeat=repeat(source, element), triggered=triggered)

    def _outline(self, source: Source, element: etree._Element, scope: str) -> Node:
        node_id, tag = source.id(element), local(element)
        name = element.get("name", "").strip() or element.get("id", "")
        default = element.get("default", "")
        chooses = tag in ("exclusiveGateway", "inclusiveGateway") and default
        return Node(
            id=node_id,
            kind=NODES[tag],
            name_vi=name,
            name_en=element.get(mc("nameEn"), "").strip() or name,
            incoming=tuple(self.into.get(node_id, ())),
            outgoing=tuple(self.out_of.get(node_id, ())),
            default=source.prefix + default if chooses else "",
            scope=scope,
            tag=tag,
        )

    def _attributes(self, source: Source, element: etree._Element, node: Node) -> Node:
        """Read our attributes; state and clock of a sub-process hold for everything inside it."""
        around = self.nodes.get(node.scope)
        state, clock = attributes.state(source, element), attributes.clock(source, element)
        return replace(
            node,
            role=element.get(mc("role")) or source.roles.get(element.get("id", ""), ""),
            hours=attributes.hours(source, element),
            outcomes=commas(element.get(mc("outcomes"))),
            decisions={} if node.kind == "rule" else attributes.decisions(element),
            handler=element.get(mc("handler"), "").strip(),
            state=around.state if state is None and around else state,
            clock=around.clock if not clock and around else clock,
        )

    def _event(self, source: Source, element: etree._Element, node: Node, found: Trigger) -> Node:
        kind = node.kind
        if kind == "message" and found.event in ("timer", "signal"):
            kind = "timer" if found.event == "timer" else "signal"
        quiet = "cancelActivity" if kind == "boundary" else "isInterrupting"
        host = element.get("attachedToRef", "").rpartition(":")[2]
        if element.find(bpmn(TAG)) is not None:
            repeat(source, element)
        return replace(
            node,
            kind=kind,
            attached_to=source.prefix + host if kind == "boundary" else "",
            event=found.event,
            message=found.message,
            signal=found.signal,
            code=found.code,
            timer=found.timer,
            interrupting=element.get(quiet) != "false",
        )

    def _parts(self, source: Source, element: etree._Element) -> None:
        """Refuse what stands inside a node: loops, compensation, unknown attributes of ours."""
        inside = local(element) == "subProcess"
        for part in element:
            tag = local(part)
            known = tag in PARTS or tag == TAG or (tag in EVENTS and local(element) in _EVENTS)
            if known or (inside and tag != "standardLoopCharacteristics"):
                continue
            advice = UNSUPPORTED.get(tag, REMOVE)
            source.fault(element, advice.vi, advice.en, tag)
        if element.get("isForCompensation") == "true":
            advice = UNSUPPORTED["compensateEventDefinition"]
            source.fault(element, advice.vi, advice.en)
        source.only(element, element, attributes.NODE)

    def _call(
        self,
        source: Source,
        element: etree._Element,
        node: Node,
        calls: tuple[str, ...],
        depth: int,
    ) -> None:
        """Read the called process as the inside of its call activity."""
        found = self.library.process(source, element, calls)
        if found is not None:
            inner = Source(*found, self.findings, f"{node.id}/")
            self._level(inner, inner.process, node.id, (*calls, node.called), depth + 1)
