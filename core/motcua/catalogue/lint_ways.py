"""Where the ways of a process lead: ends without a result, timers that fire for ever or in a lifetime."""

from collections.abc import Iterator

from motcua.catalogue.lint_finding import LintFinding
from motcua.catalogue.timing import LONGEST_YEARS, too_long
from motcua.process import Definition, Node
from motcua.process.definition import WAITING

ISSUES = "issue_result"


def without_result(definition: Definition, file: str) -> Iterator[LintFinding]:
    """Yield the ends that a case can come to although no result, and no refusal, was issued.

    A refusal is issued by the same handler. Only the case itself is followed: reminders that run beside it
    (boundary events that interrupt nothing) and event sub-processes may end as they like, and of branches that
    run together it is enough that one issues. Where issuing itself fails, people take over.
    """
    if not any(node.handler == ISSUES for node in definition.nodes.values()):
        yield _missing(
            definition.nodes[definition.start],
            file,
            "quy trình không cấp kết quả ở đâu cả, dù thủ tục có [result]",
            "the process issues no result anywhere, although the procedure has a [result]",
        )
        return
    for end in _Search(definition).ends():
        yield _missing(
            end,
            file,
            "hồ sơ có thể tới kết thúc này mà chưa được cấp kết quả hay văn bản từ chối nào",
            "a dossier can come to this end although no result and no refusal was issued",
        )


def _missing(node: Node, file: str, vi: str, en: str) -> LintFinding:
    return LintFinding(
        "error",
        file,
        node.id,
        node.name_vi,
        vi,
        en,
        f'đặt một serviceTask có mc:handler="{ISSUES}" trên mọi đường, kể cả đường từ chối',
        f'put a serviceTask with mc:handler="{ISSUES}" on every way, refusals too',
    )


class _Search:
    """Which nodes the case can go on from to its end without issuing: the least such set."""

    def __init__(self, definition: Definition) -> None:
        self._nodes, self._index = definition.nodes, definition.index
        self._flows, self._start = definition.flows, definition.start
        self._open: set[str] = set()
        grown = True
        while grown:
            more = {n.id for n in self._nodes.values() if n.id not in self._open and self._can(n)}
            self._open |= more
            grown = bool(more)

    def ends(self) -> Iterator[Node]:
        """Yield the ends of the process itself that are reached from its start."""
        seen, todo = set[str](), [self._start]
        while todo:
            each = todo.pop()
            if each in seen or each not in self._open:
                continue
            seen.add(each)
            todo += [*self._next(self._nodes[each]), *self._interrupts(self._nodes[each])]
        yield from (n for n in self._nodes.values() if n.id in seen and n.kind == "end")

    def _can(self, node: Node) -> bool:
        if node.handler == ISSUES:
            return False
        if any(each in self._open for each in self._interrupts(node)):
            return True
        if node.kind == "end":
            return not (node.scope and node.event == "error")  # goes on at the boundary event
        inner = self._index.starts.get(node.id) if node.kind == "scope" else None
        if inner is not None and inner.id not in self._open:
            return False
        on = [each in self._open for each in self._next(node)]
        together = node.kind not in ("exclusive", "inclusive", "event")
        return (bool(on) and (all(on) if together else any(on))) or (not on and inner is not None)

    def _next(self, node: Node) -> list[str]:
        return [self._flows[flow].target for flow in node.outgoing]

    def _interrupts(self, node: Node) -> list[str]:
        """Return what may take the case out of an activity; an error only where one can come up."""
        found = [b for b in self._index.boundaries.get(node.id, ()) if b.interrupting]
        return [b.id for b in found if b.event != "error" or self._fails(node)]

    def _fails(self, node: Node) -> bool:
        inner = self._index.starts.get(node.id)
        if inner is None:
            return True
        seen, todo = set[str](), [inner.id]
        while todo:
            each = self._nodes[todo.pop()]
            if each.id in seen or each.handler == ISSUES:
                continue
            seen.add(each.id)
            if each.kind == "service" or (each.kind == "end" and each.event == "error"):
                return True
            within = self._index.starts.get(each.id)
            beside = [b.id for b in self._index.boundaries.get(each.id, ())]
            todo += [*self._next(each), *beside, *([within.id] if within else [])]
        return False


def timers(definition: Definition, file: str) -> Iterator[LintFinding]:
    """Yield timers that are set for longer than ten years, and circles that wait for nothing but timers."""
    for node in definition.nodes.values():
        timer = node.timer
        if timer and timer.kind == "duration" and not timer.expression and too_long(timer.value):
            yield LintFinding(
                "error",
                file,
                node.id,
                node.name_vi,
                f"hẹn giờ {timer.value} dài hơn {LONGEST_YEARS} năm",
                f"the timer {timer.value} is longer than {LONGEST_YEARS} years",
                "viết khoảng ngắn hơn, ví dụ P30D",
                "write a shorter span, such as P30D",
            )
    yield from _circles(definition, file)


def _circles(definition: Definition, file: str) -> Iterator[LintFinding]:
    """Yield one finding for each circle on which a case rests at timers alone.

    An error where nothing can ever make it choose another way; a warning where something may.
    """
    every = _ways(definition)
    ways = {node: on for node, on in every.items() if not _rests(definition, node)}
    reach = {node: _reached(ways, node) for node in ways}
    said: set[str] = set()
    for node in definition.nodes.values():
        if node.id in said or node.timer is None or node.id not in reach.get(node.id, ()):
            continue
        circle = {other for other in reach[node.id] if node.id in reach.get(other, ())}
        said |= circle
        escapes = _escapes(definition, circle)
        yield LintFinding(
            "warning" if escapes else "error",
            file,
            node.id,
            node.name_vi,
            "vòng lặp chỉ chờ hẹn giờ" + (" nên có thể chạy mãi" if escapes else ": sẽ chạy mãi"),
            "this circle waits for timers alone"
            + (" and may run for ever" if escapes else ": it runs for ever"),
            "đặt một việc của người hoặc một tin nhắn trên vòng, hoặc nhắc một lần rồi thôi",
            "put a person's task or a message on the circle, or remind once and leave it",
        )


def _escapes(definition: Definition, circle: set[str]) -> bool:
    """Whether a circle may be left later: a decision or a happening on it, or anything that runs beside it.

    Otherwise no variable changes from one round to the next, and its gateways choose the same again.
    """
    on_it = any(definition.nodes[each].kind in ("event", "rule") for each in circle)
    return on_it or any(
        node.kind in ("parallel", "inclusive", "boundary") or node.triggered
        for node in definition.nodes.values()
    )


def _rests(definition: Definition, node_id: str) -> bool:
    """Whether the case rests here for something that is no timer."""
    node = definition.nodes[node_id]
    return node.kind in WAITING and node.timer is None


def _ways(definition: Definition) -> dict[str, list[str]]:
    """Return where the case goes on from each node, into sub-processes and out of them."""
    nodes, index = definition.nodes, definition.index
    after = {n.id: [definition.flows[f].target for f in n.outgoing] for n in nodes.values()}
    ways: dict[str, list[str]] = {}
    for node in nodes.values():
        inner = index.starts.get(node.id)
        on = [inner.id] if inner else list(after[node.id])
        if node.kind == "end" and node.scope:
            on = list(after[node.scope])
        ways[node.id] = on + _thrown_out(definition, node)
    return ways


def _thrown_out(definition: Definition, node: Node) -> list[str]:
    """Return the interrupting events on an activity; those on a sub-process with work of people end it."""
    inside = [n.id for n in definition.nodes.values() if _inside(definition, n, node.id)]
    if any(_rests(definition, each) for each in inside):
        return []
    return [b.id for b in definition.index.boundaries.get(node.id, ()) if b.interrupting]


def _inside(definition: Definition, node: Node, scope: str) -> bool:
    while node.scope:
        if node.scope == scope:
            return True
        node = definition.nodes[node.scope]
    return False


def _reached(ways: dict[str, list[str]], first: str) -> set[str]:
    seen: set[str] = set()
    todo = list(ways[first])
    while todo:
        each = todo.pop()
        if each in ways and each not in seen:
            seen.add(each)
            todo += ways[each]
    return seen
