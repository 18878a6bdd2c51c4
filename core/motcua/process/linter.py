"""What the shape of a process must be so that every case can be carried to its end."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from motcua.process.definition import WAITING, Definition, Node
from motcua.process.faults import Finding
from motcua.process.joins import joins_that_fire
from motcua.process.vocabulary import NODES, mc

OURS = frozenset(
    map(
        mc,
        ("role", "hours", "outcomes", "nameEn", "state", "message", "clock", "handler", "decision"),
    )
)
_TAGS = {kind: tag for tag, kind in reversed(list(NODES.items()))}
_Say = tuple[str, str]


def shape(definition: Definition) -> list[Finding]:
    """Return what is wrong with a definition, node by node; nothing for a good one."""
    starts = [n for n in definition.nodes.values() if n.kind == "start"]
    if len(starts) != 1:
        vi = f"có {len(starts)} sự kiện bắt đầu; cần đúng một"
        en = f"has {len(starts)} start events; exactly one is needed"
        return [Finding(definition.key, "process", definition.name, vi, en)]
    found = [
        Finding(node.id, _TAGS[node.kind], node.name_vi, *said)
        for node in definition.nodes.values()
        for said in (*_degree(node), *_attributes(node), *_choice(node, definition))
    ]
    if not found:
        found = [Finding(n.id, _TAGS[n.kind], n.name_vi, *said) for n, said in _paths(definition)]
    return found


def _degree(node: Node) -> Iterator[_Say]:
    if node.kind == "start" and node.incoming:
        yield "không được có mũi tên đi vào", "must not have an incoming flow"
    if node.kind != "start" and not node.incoming:
        yield (
            "không có mũi tên đi vào; hãy nối hoặc xoá",
            "has no incoming flow; connect or delete it",
        )
    if node.kind == "end" and node.outgoing:
        yield "không được có mũi tên đi ra", "must not have an outgoing flow"
    if node.kind != "end" and not node.outgoing:
        yield (
            "không có mũi tên đi ra; hãy nối tới bước sau hoặc sự kiện kết thúc",
            "has no outgoing flow; connect it to the next step or to an end event",
        )
    if node.kind not in ("exclusive", "parallel") and len(node.outgoing) > 1:
        yield (
            "có nhiều mũi tên đi ra; hãy vẽ một cổng: (X) chọn một, (+) làm song song",
            "has several outgoing flows; draw a gateway: (X) to choose, (+) to do all",
        )


def _attributes(node: Node) -> Iterator[_Say]:
    if node.kind == "user" and not node.role:
        yield "chưa có vai trò người làm; hãy đặt mc:role", "nobody is to do it; set mc:role"
    if node.kind == "service" and not node.handler:
        yield "chưa có chương trình xử lý; hãy đặt mc:handler", "has no handler; set mc:handler"
    if node.kind == "message" and not node.message:
        yield "chưa có tên thông điệp; hãy đặt mc:message", "has no message name; set mc:message"
    if unknown := sorted(set(node.decisions) - set(node.outcomes)):
        yield (
            f"mc:decision nói tới kết quả không có: {', '.join(unknown)}",
            f"mc:decision names outcomes that are not offered: {', '.join(unknown)}",
        )


def _choice(node: Node, definition: Definition) -> Iterator[_Say]:
    if node.kind != "exclusive" or len(node.outgoing) < 2:
        return
    if node.default not in node.outgoing:
        yield (
            "thiếu nhánh mặc định; hãy đánh dấu một mũi tên là mặc định",
            "has no default flow; mark one of its flows as the default",
        )
    for each in node.outgoing:
        if each != node.default and definition.flows[each].condition is None:
            yield f"nhánh '{each}' thiếu điều kiện", f"the flow '{each}' has no condition"


def _paths(definition: Definition) -> Iterator[tuple[Node, _Say]]:
    after = _neighbours(definition, lambda source, target: (source, target))
    before = _neighbours(definition, lambda source, target: (target, source))
    reached = _closure([definition.start], after)
    ends = [n.id for n in definition.nodes.values() if n.kind == "end"]
    ending = _closure(ends, before)
    for node in definition.nodes.values():
        if node.id not in reached:
            yield node, ("không bao giờ tới được; hãy nối hoặc xoá", "can never be reached")
        elif node.id not in ending:
            yield node, ("từ đây không tới được kết thúc", "no end event can be reached from here")
        elif node.kind not in WAITING and _circles(node.id, after, definition):
            yield (
                node,
                ("vòng lặp không qua bước chờ nào; hãy thêm một bước", "a loop without any step"),
            )
    if reached >= set(definition.nodes) and ending >= set(definition.nodes):
        fire = joins_that_fire(definition)
        for node in definition.nodes.values():
            if fire is not None and node.kind == "parallel" and node.id not in fire:
                yield (
                    node,
                    (
                        "cổng song song này chờ mãi: các nhánh vào không bao giờ cùng tới; hãy vẽ (X)",
                        "this join waits forever: its branches never all arrive; draw an (X)",
                    ),
                )


_Graph = Mapping[str, set[str]]


def _neighbours(definition: Definition, pair: Callable[[str, str], tuple[str, str]]) -> _Graph:
    found: dict[str, set[str]] = {node: set() for node in definition.nodes}
    for flow in definition.flows.values():
        source, target = pair(flow.source, flow.target)
        found[source].add(target)
    return found


def _closure(roots: Iterable[str], graph: _Graph) -> set[str]:
    found, todo = set(roots), list(roots)
    while todo:
        for each in graph[todo.pop()] - found:
            found.add(each)
            todo.append(each)
    return found


def _circles(node: str, after: _Graph, definition: Definition) -> bool:
    """Return whether a gateway can come back to itself without passing a node that waits."""
    automatic = {
        n: {t for t in targets if definition.nodes[t].kind not in WAITING}
        for n, targets in after.items()
    }
    return node in _closure(automatic[node], automatic)
