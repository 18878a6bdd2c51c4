"""From a BPMN 2.0 file to a definition. The file comes from outside and is not trusted.

No entities, no document type, no network, at most 1 MB, 1,000 nodes and 16 levels of sub-processes,
called processes included. Only what the engine can run is accepted; everything else is named, with
what to draw instead.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace

from lxml import etree  # type: ignore[import-untyped]

from motcua.process import attributes, linter, refusals
from motcua.process.choosing import chosen
from motcua.process.definition import Definition, Flow, Node, NodeKind
from motcua.process.faults import Finding, ProcessError
from motcua.process.library import MAX_DEPTH, MAX_NODES, Library
from motcua.process.multi import TAG, repeat
from motcua.process.names import unknown_names
from motcua.process.triggers import Trigger, message, trigger
from motcua.process.vocabulary import (
    DECORATION,
    NODES,
    PARTS,
    REMOVE,
    UNSUPPORTED,
    bpmn,
    local,
    mc,
)
from motcua.process.xmlfile import Source, commas, flag, parse, title
from motcua.rules import Expression

_OTHER_SCOPES = frozenset({"transaction", "adHocSubProcess"})


def load(
    xml: bytes,
    *,
    process: str | None = None,
    library: Mapping[str, bytes] | None = None,
    decisions: Mapping[str, bytes] | None = None,
) -> Definition:
    """Return the definition in a BPMN file; raises ProcessError with all findings, TooLarge.

    ``process`` is the id of the one to run in a file with several; otherwise it is the only one
    that is executable or has steps. ``library`` holds the files of processes that call activities
    name, by ``key@version``: they become part of the definition, so that a running case keeps the
    version it began with. ``decisions`` holds the DMN files of business rule tasks by file name.
    """
    definitions, findings = _read(xml, process, library or {}, decisions or {})
    if findings:
        raise ProcessError(findings)
    return definitions[0]


def lint(
    xml: bytes,
    *,
    process: str | None = None,
    library: Mapping[str, bytes] | None = None,
    decisions: Mapping[str, bytes] | None = None,
    variables: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Return everything that keeps a BPMN file from being run, nothing for a good one.

    Of several processes all executable ones are judged, or simply all where none is marked so; that
    one must be chosen is a finding too. With ``variables``, the names that a case will have,
    expressions that read other names are findings as well.
    """
    definitions, findings = _read(xml, process, library or {}, decisions or {})
    if variables is not None and not findings:
        findings = [f for each in definitions for f in unknown_names(each, variables)]
    return tuple(findings)


def _read(
    xml: bytes,
    process: str | None,
    library: Mapping[str, bytes],
    decisions: Mapping[str, bytes],
) -> tuple[list[Definition], list[Finding]]:
    try:
        root = parse(xml)
    except ProcessError as error:
        return [], list(error.findings)
    elements, findings = chosen(root, process)
    usual = elements if process is None else chosen(root, None)[0]
    definitions = []
    for element in elements:
        digest = hashlib.sha256(xml)
        if elements != usual:
            digest.update(f"#{process}".encode())
        definition, found = _process(root, element, Library(library, decisions), digest)
        definitions.append(definition)
        findings += found
    return definitions, list(dict.fromkeys(findings))


def _process(
    root: etree._Element, process: etree._Element, library: Library, digest: "hashlib._Hash"
) -> tuple[Definition, list[Finding]]:
    findings: list[Finding] = []
    reader = _Reader(library, findings)
    reader.process(Source(root, process, findings), "", ())
    for used in library.used():
        digest.update(used)
    definition = Definition(
        key=process.get(mc("key")) or process.get("id", ""),
        name=title(process),
        nodes=reader.nodes,
        flows=reader.flows,
        start=next((n.id for n in reader.nodes.values() if n.kind == "start" and not n.scope), ""),
        digest=digest.hexdigest(),
        decisions=library.decisions,
    )
    # The shape is judged only when every part of it could be read.
    return definition, findings + (
        linter.steps(definition) if findings else linter.shape(definition)
    )


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
        nodes, flows, refused = self._children(source, container)
        if len(self.seen) > 4 * MAX_NODES or len(self.nodes) + len(nodes) > MAX_NODES:
            vi = f"có hơn {MAX_NODES} bước; hãy tách thành nhiều quy trình và gọi chúng"
            en = f"has more than {MAX_NODES} nodes; split it into processes that call each other"
            source.fault(container, vi, en)
            return
        if depth > MAX_DEPTH:
            vi = f"có hơn {MAX_DEPTH} tầng quy trình con; hãy bớt tầng"
            en = f"has more than {MAX_DEPTH} levels of sub-processes; draw fewer"
            source.fault(container, vi, en)
            return
        kinds = {source.id(e): NODES[local(e)] for e in nodes}
        for element in flows:
            self._flow(source, element, kinds, refused)
        handler = local(container) == "subProcess" and flag(container, "triggeredByEvent")
        for element in nodes:
            node = self._node(source, element, scope, handler)
            self.nodes[node.id] = node
            if local(element) == "subProcess":
                self._level(source, element, node.id, calls, depth + 1)
            elif local(element) == "callActivity":
                self._call(source, element, node, calls, depth)
        for element in refused.values():
            if local(element) in _OTHER_SCOPES:
                # What is wrong inside is told at once, though it cannot run as it is.
                self._level(source, element, source.id(element), calls, depth + 1)

    def _children(
        self, source: Source, container: etree._Element
    ) -> tuple[list[etree._Element], list[etree._Element], dict[str, etree._Element]]:
        """Return the nodes, the flows, and by id the elements that are refused."""
        nodes, flows, refused = [], [], {}
        inside = container is not source.process
        ends = {each.get(end, "") for each in container for end in ("sourceRef", "targetRef")}
        for element in container:
            tag = local(element)
            # What other makers add is not drawn into the flow: no arrow leads to it.
            foreign = tag.startswith("{") and element.get("id") not in ends - {""}
            if foreign or tag in DECORATION or tag in PARTS or (inside and tag == TAG):
                continue
            if tag == "standardLoopCharacteristics" or not self._new_id(source, element):
                continue
            if tag == "sequenceFlow":
                flows.append(element)
            elif tag in NODES:
                nodes.append(element)
            else:
                refused[source.id(element)] = element
                refusals.advise(source, element, UNSUPPORTED.get(tag, REMOVE))
        return nodes, flows, refused

    def _new_id(self, source: Source, element: etree._Element) -> bool:
        found = source.id(element)
        if not found or found in self.seen:
            vi = "thiếu id hoặc id bị trùng; hãy đặt cho mỗi phần tử một id riêng"
            en = "has no id, or one that is used twice; give every element an id of its own"
            source.fault(element, vi, en)
            return False
        self.seen.add(found)
        return True

    def _flow(
        self,
        source: Source,
        element: etree._Element,
        kinds: Mapping[str, NodeKind],
        refused: Collection[str],
    ) -> None:
        begins = source.prefix + source.refer(element.get("sourceRef"))
        ends = source.prefix + source.refer(element.get("targetRef"))
        if begins not in kinds or ends not in kinds:
            if not {begins, ends} <= {*kinds, *refused}:
                vi = "đầu mũi tên không nối vào bước nào, hoặc đi qua biên quy trình con; hãy nối lại"
                en = "an end of the arrow is not connected, or crosses the border of a sub-process; connect it again"
                source.fault(element, vi, en)
            return
        text = element.find(bpmn("conditionExpression"))
        # Some modellers write an empty condition on every arrow.
        written = text is not None and (text.text or "").strip()
        condition = self._condition(source, element, text, kinds[begins]) if written else None
        flow_id = source.id(element)
        name = element.get("name", "").strip()
        english = element.get(mc("nameEn"), "").strip() or name
        self.flows[flow_id] = Flow(flow_id, begins, ends, condition, name, english)
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
        refusals.refuse(source, element)
        node = self._attributes(source, element, self._outline(source, element, scope))
        if node.tag in refusals.EVENT_TAGS:
            return self._event(source, element, node, trigger(source, element, handler))
        if node.tag == "receiveTask":
            node = replace(node, message=message(source, element, element))
        elif node.tag == "businessRuleTask":
            rule = self.library.rule(source, element)
            node = replace(node, decision=rule, result=element.get(mc("result"), "").strip())
        elif node.tag == "callActivity":
            node = replace(node, called=self.library.name(element))
        triggered = flag(element, "triggeredByEvent")
        return replace(node, repeat=repeat(source, element), triggered=triggered)

    def _outline(self, source: Source, element: etree._Element, scope: str) -> Node:
        node_id, tag = source.id(element), local(element)
        name = title(element) or element.get("id", "")
        default = source.refer(element.get("default"))
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
        host = source.refer(element.get("attachedToRef"))
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
            interrupting=flag(element, quiet, True),
        )

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
