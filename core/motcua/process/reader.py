"""From a BPMN 2.0 file to a definition. The file comes from outside and is not trusted.

No entities, no document type, no network, at most 1 MB and 1,000 nodes. Only what the engine can
run is accepted; everything else is named, with what to draw instead.
"""

import hashlib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from lxml import etree  # type: ignore[import-untyped]

from motcua.errors import TooLarge
from motcua.process import linter
from motcua.process.definition import Definition, Flow, Node, NodeKind
from motcua.process.faults import Finding, ProcessError
from motcua.process.vocabulary import (
    DECORATION,
    EXPRESSIONS,
    MC,
    NODES,
    PARTS,
    UNSUPPORTED,
    Advice,
    bpmn,
    local,
    mc,
)
from motcua.rules import Expression, RuleError, compile_expression

MAX_BYTES = 1_000_000
MAX_NODES = 1_000


def load(xml: bytes) -> Definition:
    """Return the definition in a BPMN file; raises ProcessError with all findings, TooLarge."""
    definition, findings = _read(xml)
    if definition is None or findings:
        raise ProcessError(findings)
    return definition


def lint(xml: bytes) -> tuple[Finding, ...]:
    """Return everything that keeps a BPMN file from being run, nothing for a good one."""
    return tuple(_read(xml)[1])


def _read(xml: bytes) -> tuple[Definition | None, list[Finding]]:
    if len(xml) > MAX_BYTES:
        raise TooLarge("Tệp BPMN lớn hơn 1 MB", "The BPMN file is larger than 1 MB")
    try:
        root = _parse(xml)
        process = _process(root)
    except ProcessError as error:
        return None, list(error.findings)
    reader = _Reader(root, process)
    reader.read()
    definition = Definition(
        key=process.get(mc("key")) or process.get("id", ""),
        name=process.get("name", ""),
        nodes=reader.nodes,
        flows=reader.flows,
        start=next((n.id for n in reader.nodes.values() if n.kind == "start"), ""),
        digest=hashlib.sha256(xml).hexdigest(),
    )
    # The shape is judged only when every part of it could be read.
    return definition, reader.findings or linter.shape(definition)


def _parse(xml: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _broken(
            f"Tệp không phải XML đúng: {error}", f"Not well-formed XML: {error}"
        ) from error
    if root.getroottree().docinfo.doctype:
        raise _broken("Tệp có DOCTYPE; hãy bỏ đi", "The file has a DOCTYPE; please remove it")
    if root.tag != bpmn("definitions"):
        raise _broken("Tệp không phải BPMN 2.0", "The file is not BPMN 2.0")
    return root


def _process(root: etree._Element) -> etree._Element:
    """Return the process to run: the only one, or the only one marked executable."""
    found = root.findall(bpmn("process"))
    marked = [p for p in found if p.get("isExecutable") == "true"]
    if len(found) == 1:
        return found[0]
    if len(marked) == 1:
        return marked[0]
    raise _broken(
        f"Tệp có {len(found)} quy trình; cần đúng một quy trình chạy được (isExecutable)",
        f"The file has {len(found)} processes; exactly one must be executable (isExecutable)",
    )


def _broken(vi: str, en: str) -> ProcessError:
    return ProcessError([Finding("", "definitions", "", vi, en)])


class _Reader:
    def __init__(self, root: etree._Element, process: etree._Element) -> None:
        self.root, self.process = root, process
        self.nodes: dict[str, Node] = {}
        self.flows: dict[str, Flow] = {}
        self.findings: list[Finding] = []
        self.seen: set[str] = set()
        self.into: dict[str, list[str]] = {}
        self.out_of: dict[str, list[str]] = {}
        self.language = root.get("expressionLanguage", "")
        messages = root.findall(bpmn("message"))
        self.messages = {m.get("id", ""): m.get("name", "") for m in messages}
        self.roles = dict(self._lanes())

    def fault(self, element: etree._Element, vi: str, en: str) -> None:
        name = element.get("name", "")
        self.findings.append(Finding(element.get("id", ""), local(element), name, vi, en))

    def read(self) -> None:
        nodes, flows = [], []
        for element in self.process:
            tag = local(element)
            if tag in DECORATION or not self._new_id(element):
                continue
            if tag == "sequenceFlow":
                flows.append(element)
            elif tag in NODES:
                nodes.append(element)
            else:
                self._unsupported(element)
        if len(nodes) > MAX_NODES:
            self.fault(self.process, f"có hơn {MAX_NODES} bước", f"has more than {MAX_NODES} nodes")
            return
        kinds = {e.get("id", ""): NODES[local(e)] for e in nodes}
        for element in flows:
            self._flow(element, kinds)
        for element in nodes:
            self._node(element)

    def _new_id(self, element: etree._Element) -> bool:
        found = element.get("id", "")
        if not found or found in self.seen:
            self.fault(element, "thiếu id hoặc id bị trùng", "has no id, or one that is used twice")
            return False
        self.seen.add(found)
        return True

    def _unsupported(self, element: etree._Element) -> None:
        advice = UNSUPPORTED.get(
            local(element),
            Advice(
                "phần tử này chưa dùng được; hãy bỏ đi",
                "this element cannot be used; please remove it",
            ),
        )
        self.fault(element, advice.vi, advice.en)

    def _lanes(self) -> Iterator[tuple[str, str]]:
        for lane in self.process.iter(bpmn("lane")):
            for reference in lane.findall(bpmn("flowNodeRef")):
                if lane.get(mc("role")):
                    yield (reference.text or "").strip(), lane.get(mc("role"), "")

    def _flow(self, element: etree._Element, kinds: dict[str, NodeKind]) -> None:
        source, target = element.get("sourceRef", ""), element.get("targetRef", "")
        if source not in kinds or target not in kinds:
            if not self.findings:
                vi = "đầu mũi tên không nối vào bước nào; hãy nối lại"
                self.fault(element, vi, "an end of the arrow is not connected; please connect it")
            return
        text = element.find(bpmn("conditionExpression"))
        condition = None if text is None else self._condition(element, text, kinds[source])
        flow_id = element.get("id", "")
        self.flows[flow_id] = Flow(flow_id, source, target, condition)
        self.out_of.setdefault(source, []).append(flow_id)
        self.into.setdefault(target, []).append(flow_id)

    def _condition(
        self, flow: etree._Element, text: etree._Element, source: NodeKind
    ) -> Expression | None:
        if source != "exclusive":
            self.fault(
                flow,
                "điều kiện chỉ đặt trên mũi tên ra khỏi cổng loại trừ; hãy vẽ cổng loại trừ (X)",
                "a condition belongs on a flow out of an exclusive gateway; please draw one (X)",
            )
            return None
        language = text.get("language") or self.language
        if language not in EXPRESSIONS:
            vi, en = f"ngôn ngữ điều kiện '{language}'", f"condition language '{language}'"
            self.fault(flow, f"{vi} không dùng được; hãy viết FEEL", f"{en}: please write FEEL")
            return None
        try:
            # Some modellers mark an expression by a leading equals sign.
            return compile_expression((text.text or "").strip().removeprefix("="))
        except RuleError as error:
            self.fault(flow, f"điều kiện viết sai: {error.vi}", f"wrong condition: {error.en}")
            return None

    def _node(self, element: etree._Element) -> None:
        node_id, kind = element.get("id", ""), NODES[local(element)]
        self._parts(element, kind)
        name = element.get("name", "").strip()
        self.nodes[node_id] = Node(
            id=node_id,
            kind=kind,
            name_vi=name or node_id,
            name_en=element.get(mc("nameEn"), "").strip() or name or node_id,
            incoming=tuple(self.into.get(node_id, ())),
            outgoing=tuple(self.out_of.get(node_id, ())),
            default=element.get("default", "") if kind == "exclusive" else "",
            role=element.get(mc("role")) or self.roles.get(node_id, ""),
            hours=self._hours(element),
            outcomes=_commas(element.get(mc("outcomes"))),
            decisions=self._decisions(element),
            state=self._state(element),
            handler=element.get(mc("handler"), "").strip(),
            message=self._message(element) if kind == "message" else "",
            clock=self._clock(element),
        )

    def _parts(self, element: etree._Element, kind: NodeKind) -> None:
        """Refuse what stands inside a node: timers, repetitions, compensation."""
        for part in element:
            if local(part) == "messageEventDefinition" and kind == "message":
                continue
            if local(part) not in PARTS:
                before = len(self.findings)
                self._unsupported(part)
                wrong = self.findings[before]
                name = element.get("name", "")
                place = element.get("id", ""), f"{local(element)}/{local(part)}", name
                self.findings[before] = Finding(*place, wrong.vi, wrong.en)
        if element.get("isForCompensation") == "true":
            self._unsupported(element)
        unknown = {str(a) for a in element.attrib if str(a).startswith(f"{{{MC}}}")} - linter.OURS
        for attribute in sorted(unknown):
            written = f"mc:{attribute.rpartition('}')[2]}"
            self.fault(
                element, f"không có thuộc tính {written}", f"there is no attribute {written}"
            )

    def _hours(self, element: etree._Element) -> Decimal | None:
        text = element.get(mc("hours"))
        if text is None:
            return None
        try:
            hours = Decimal(text.strip())
        except InvalidOperation:
            hours = Decimal("NaN")
        if not hours.is_finite() or not 0 < hours <= 10_000:
            self.fault(
                element, f"mc:hours='{text}' không phải số giờ", f"mc:hours='{text}' is wrong"
            )
            return None
        return hours

    def _state(self, element: etree._Element) -> int | None:
        text = element.get(mc("state"))
        if text is None or text in {str(n) for n in range(1, 11)}:
            return None if text is None else int(text)
        self.fault(
            element, f"mc:state='{text}' phải từ 1 đến 10", f"mc:state='{text}' must be 1-10"
        )
        return None

    def _clock(self, element: etree._Element) -> str:
        text: str = element.get(mc("clock"), "")
        if text not in ("", "pause"):
            self.fault(
                element, f"mc:clock='{text}' phải là 'pause'", "mc:clock can only be 'pause'"
            )
        return text

    def _decisions(self, element: etree._Element) -> dict[str, str]:
        pairs = [each.partition("=") for each in _commas(element.get(mc("decision")))]
        return {outcome.strip(): value.strip() for outcome, _, value in pairs}

    def _message(self, element: etree._Element) -> str:
        event = element.find(bpmn("messageEventDefinition"))
        reference = (element if event is None else event).get("messageRef", "").rpartition(":")[2]
        ours, named = element.get(mc("message"), ""), self.messages.get(reference, "")
        if ours and named and ours != named:
            vi = f"hai tên thông điệp khác nhau: '{ours}' và '{named}'"
            self.fault(element, vi, f"two different message names: '{ours}' and '{named}'")
        return str(ours or named)


def _commas(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
