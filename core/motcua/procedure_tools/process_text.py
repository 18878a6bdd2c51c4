"""A process as text: each step, who does it, and where it goes from there."""

from collections.abc import Iterator
from dataclasses import dataclass

from motcua.catalogue.words import OUTCOMES, ROLES, pick, plain_number, word
from motcua.process import Definition, Node

_SILENT = frozenset({"exclusive", "inclusive", "event", "start", "boundary"})
_KINDS = {
    "service": ("hệ thống", "the system"),
    "message": ("chờ tin", "waits for a message"),
    "signal": ("chờ tín hiệu", "waits for a signal"),
    "timer": ("chờ đến giờ", "waits for a moment"),
    "rule": ("tra quyết định", "asks a decision"),
    "throw": ("phát sự kiện", "throws an event"),
    "scope": ("gồm các bước bên trong", "holds the steps inside it"),
    "parallel": ("cổng song song", "parallel gateway"),
}


@dataclass(frozen=True)
class Way:
    """A way out of a step: under which condition, to which node."""

    condition: str
    target: str


def process_lines(definition: Definition, lang: str) -> Iterator[str]:
    """Yield a process step by step, in the order in which a case comes to them."""
    numbers = {node: number for number, node in enumerate(_order(definition), 1)}
    for node_id, number in numbers.items():
        node = definition.nodes[node_id]
        inside = "  " if node.scope else ""
        yield f"{inside}{number}. {_said(node, lang)}"
        for way in _ways(definition, node_id, lang):
            condition = f"{way.condition}: " if way.condition else ""
            yield f"{inside}   → {condition}{_target(definition, way.target, numbers, lang)}"


def _said(node: Node, lang: str) -> str:
    about = []
    if node.kind == "user":
        about.append(word(ROLES, node.role, lang))
    elif node.kind in _KINDS:
        about.append(word(_KINDS, node.kind, lang) + (f" {node.handler}" if node.handler else ""))
    if node.hours:
        about.append(pick(lang, f"{_hours(node)} giờ làm việc", f"{_hours(node)} working hours"))
    if node.decision:
        about.append(node.decision)
    if node.timer:
        unit = f" {node.timer.unit}" if node.timer.unit else ""
        about.append(f"{node.timer.kind} {node.timer.value}{unit}")
    if node.clock == "pause":
        about.append(pick(lang, "thời hạn tạm dừng", "the statutory clock stands still"))
    if node.outcomes:
        about.append(", ".join(word(OUTCOMES, outcome, lang) for outcome in node.outcomes))
    name = pick(lang, node.name_vi, node.name_en)
    return f"{name} [{node.id}] — {'; '.join(about)}" if about else f"{name} [{node.id}]"


def _hours(node: Node) -> str:
    return plain_number(float(node.hours or 0))


def _order(definition: Definition) -> list[str]:
    """Return what is told of a process, in order of the ways from its start."""
    seen, order, todo = set(), [], [definition.start]
    while todo:
        node = definition.nodes[todo.pop(0)]
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.kind not in _SILENT and node.kind != "end":
            order.append(node.id)
        todo += [definition.flows[flow].target for flow in node.outgoing]
        todo += _inside(definition, node.id)
    rest = [n.id for n in definition.nodes.values() if n.id not in seen and n.kind == "scope"]
    return order + [each for scope in rest for each in (scope, *_members(definition, scope))]


def _inside(definition: Definition, node_id: str) -> list[str]:
    """Return the start of a sub-process, and the boundary events of an activity."""
    return [
        n.id
        for n in definition.nodes.values()
        if (n.scope == node_id and n.kind == "start") or n.attached_to == node_id
    ]


def _members(definition: Definition, scope: str) -> list[str]:
    return [
        n.id
        for n in definition.nodes.values()
        if n.scope == scope and n.kind not in _SILENT and n.kind != "end"
    ]


def _ways(definition: Definition, node_id: str, lang: str) -> Iterator[Way]:
    node = definition.nodes[node_id]
    for flow in node.outgoing:
        yield from _beyond(definition, flow, "", lang, {node_id})
    for event in definition.nodes.values():
        if event.attached_to == node_id:
            name = pick(lang, event.name_vi, event.name_en)
            for flow in event.outgoing:
                yield from _beyond(definition, flow, f"⚡ {name}", lang, {node_id})


def _beyond(
    definition: Definition, flow_id: str, so_far: str, lang: str, seen: set[str]
) -> Iterator[Way]:
    """Follow a flow through gateways to what people see, collecting the conditions."""
    flow = definition.flows[flow_id]
    source, target = definition.nodes[flow.source], definition.nodes[flow.target]
    said = flow.condition.text if flow.condition else ""
    if not said and len(source.outgoing) > 1 and source.kind in ("exclusive", "inclusive"):
        said = pick(lang, "còn lại", "otherwise")
    condition = pick(lang, " và ", " and ").join(part for part in (so_far, said) if part)
    if target.kind not in _SILENT or target.id in seen:
        yield Way(condition, target.id)
        return
    for outgoing in target.outgoing:
        yield from _beyond(definition, outgoing, condition, lang, seen | {target.id})


def _target(definition: Definition, node_id: str, numbers: dict[str, int], lang: str) -> str:
    node = definition.nodes[node_id]
    if node.kind == "end":
        end = pick(lang, "kết thúc", "the end")
        return f"{end} ({node.name_vi})" if node.name_vi not in (node.id, "Kết thúc") else end
    return f"{numbers.get(node_id, '')}. {pick(lang, node.name_vi, node.name_en)}"
