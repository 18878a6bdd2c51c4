"""What the shape of a process must be so that every case can be carried to its end."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from motcua.process.definition import WAITING, Definition, Node
from motcua.process.events_lint import events
from motcua.process.faults import Finding
from motcua.process.joins import joins_that_fire

_Say = tuple[str, str]
_GATEWAYS = ("exclusive", "parallel", "inclusive", "event")


def shape(definition: Definition) -> list[Finding]:
    """Return what is wrong with a definition, node by node; nothing for a good one."""
    found = [*_starts(definition), *_told(definition, _node)]
    if not found:
        found = [Finding(n.id, n.tag, n.name_vi, *said) for n, said in _paths(definition)]
    return found


def steps(definition: Definition) -> list[Finding]:
    """Return what is wrong with single steps, in a definition of which parts could not be read."""
    return _told(definition, lambda node, _: _attributes(node))


def _told(
    definition: Definition, judge: Callable[[Node, Definition], Iterable[_Say]]
) -> list[Finding]:
    nodes = definition.nodes.values()
    found = [Finding(n.id, n.tag, n.name_vi, *said) for n in nodes for said in judge(n, definition)]
    return list(dict.fromkeys(found))


def _node(node: Node, definition: Definition) -> Iterator[_Say]:
    yield from _degree(node)
    yield from _attributes(node)
    yield from _choice(node, definition)
    yield from events(node, definition)


def _starts(definition: Definition) -> Iterator[Finding]:
    """Yield what is wrong with the start of the process and of each sub-process."""
    count: dict[str, int] = {"": 0}
    for each in definition.nodes.values():
        if each.kind == "scope":
            count.setdefault(each.id, 0)
        elif each.kind == "start":
            count[each.scope] = count.get(each.scope, 0) + 1
    for scope, number in count.items():
        if number != 1:
            vi = f"có {number} sự kiện bắt đầu; hãy vẽ đúng một"
            en = f"has {number} start events; draw exactly one"
            place = (definition.key, "process", definition.name)
            if scope:
                node = definition.nodes[scope]
                place = (node.id, node.tag, node.name_vi)
            yield Finding(*place, vi, en)


def _degree(node: Node) -> Iterator[_Say]:
    entered = node.kind not in ("start", "boundary") and not node.triggered
    if not entered and node.incoming:
        yield (
            "không được có mũi tên đi vào; hãy xoá mũi tên",
            "must not have an incoming flow; delete the arrow",
        )
    if entered and not node.incoming:
        yield (
            "không có mũi tên đi vào; hãy nối hoặc xoá",
            "has no incoming flow; connect or delete it",
        )
    left = node.kind != "end" and not node.triggered
    if not left and node.outgoing:
        yield (
            "không được có mũi tên đi ra; hãy xoá mũi tên",
            "must not have an outgoing flow; delete the arrow",
        )
    if left and not node.outgoing:
        yield (
            "không có mũi tên đi ra; hãy nối tới bước sau hoặc sự kiện kết thúc",
            "has no outgoing flow; connect it to the next step or to an end event",
        )
    if node.kind not in _GATEWAYS and len(node.outgoing) > 1:
        yield (
            "có nhiều mũi tên đi ra; hãy vẽ một cổng: (X) chọn một, (+) làm song song",
            "has several outgoing flows; draw a gateway: (X) to choose, (+) to do all",
        )


def _attributes(node: Node) -> Iterator[_Say]:
    if node.kind == "user" and not node.role:
        yield "chưa có vai trò người làm; hãy đặt mc:role", "nobody is to do it; set mc:role"
    if node.kind == "service" and not node.handler:
        yield "chưa có chương trình xử lý; hãy đặt mc:handler", "has no handler; set mc:handler"
    if unknown := sorted(set(node.decisions) - set(node.outcomes)):
        yield (
            f"mc:decision nói tới kết quả không có: {', '.join(unknown)}",
            f"mc:decision names outcomes that are not offered: {', '.join(unknown)}",
        )


def _choice(node: Node, definition: Definition) -> Iterator[_Say]:
    if node.kind not in ("exclusive", "inclusive") or len(node.outgoing) < 2:
        return
    if node.default not in node.outgoing:
        yield (
            "thiếu nhánh mặc định; hãy đánh dấu một mũi tên là mặc định",
            "has no default flow; mark one of its flows as the default",
        )
    for each in node.outgoing:
        if each != node.default and definition.flows[each].condition is None:
            yield (
                f"nhánh '{each}' thiếu điều kiện; hãy viết FEEL",
                f"the flow '{each}' has no condition; write one in FEEL",
            )


def _paths(definition: Definition) -> Iterator[tuple[Node, _Say]]:
    after = _neighbours(definition, lambda source, target: (source, target))
    before = _neighbours(definition, lambda source, target: (target, source))
    nodes = definition.nodes.values()
    reached = _closure([n.id for n in nodes if n.kind == "start" or n.triggered], after)
    ending = _closure([n.id for n in nodes if n.kind == "end" or n.triggered], before)
    circling = _circling(definition, after, before)
    for node in nodes:
        if node.id not in reached:
            yield (
                node,
                (
                    "không bao giờ tới được; hãy nối hoặc xoá",
                    "can never be reached; connect or delete it",
                ),
            )
        elif node.id not in ending:
            yield (
                node,
                (
                    "từ đây không tới được kết thúc; hãy nối tới một sự kiện kết thúc",
                    "no end event can be reached from here; connect it to one",
                ),
            )
        elif node.id in circling:
            yield (
                node,
                (
                    "vòng lặp không qua bước chờ nào; hãy thêm một bước",
                    "a loop without any step that waits; add one",
                ),
            )
    if len(reached) == len(ending) == len(definition.nodes):
        yield from _waiting_forever(definition)


def _waiting_forever(definition: Definition) -> Iterator[tuple[Node, _Say]]:
    fire = joins_that_fire(definition)
    for node in definition.nodes.values():
        join = node.kind in ("parallel", "inclusive") and len(node.incoming) > 1
        if join and fire is not None and node.id not in fire:
            yield (
                node,
                (
                    "cổng này chờ mãi: các nhánh vào không bao giờ cùng tới; hãy vẽ (X)",
                    "this join waits forever: its branches never all arrive; draw an (X)",
                ),
            )


_Graph = Mapping[str, set[str]]


def _neighbours(definition: Definition, pair: Callable[[str, str], tuple[str, str]]) -> _Graph:
    found: dict[str, set[str]] = {node: set() for node in definition.nodes}
    ways = [(flow.source, flow.target) for flow in definition.flows.values()]
    ways += [(n.attached_to, n.id) for n in definition.nodes.values() if n.attached_to]
    for way in ways:
        source, target = pair(*way)
        found[source].add(target)
    return found


def _closure(roots: Iterable[str], graph: _Graph) -> set[str]:
    found, todo = set(roots), list(roots)
    while todo:
        for each in graph[todo.pop()] - found:
            found.add(each)
            todo.append(each)
    return found


def _circling(definition: Definition, after: _Graph, before: _Graph) -> set[str]:
    """Return the nodes on a loop that passes no node that waits."""
    waiting = {n.id for n in definition.nodes.values() if n.kind in (*WAITING, "event", "boundary")}
    scopes = {definition.nodes[node].scope for node in waiting}
    while scopes:
        # A sub-process waits if anything in it does.
        waiting |= scopes - {""}
        scopes = {definition.nodes[scope].scope for scope in scopes if scope} - waiting
    left = set(definition.nodes) - waiting
    for onward, back in ((after, before), (before, after)):
        todo = [node for node in left if not onward[node] & left]
        left -= set(todo)
        while todo:
            dead = [n for n in back[todo.pop()] & left if not onward[n] & left]
            left -= set(dead)
            todo += dead
    return left
