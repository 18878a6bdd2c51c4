"""The token engine: what a command does to a case (BPMN 2.0.2 chapter 13).

Exclusive gateway: the first flow in document order whose condition is true, else the default
(13.4.2). Parallel gateway: fires when every incoming flow holds a token and takes one from each;
more of them stay for the next time (13.4.1). That is what makes a fork and a join right inside a
loop.
"""

from collections import deque
from collections.abc import Mapping

from motcua.errors import Conflict, Invalid
from motcua.process.definition import WAITING, Definition, Node
from motcua.process.faults import Finding, ProcessError
from motcua.process.state import (
    Command,
    Complete,
    Message,
    Outcome,
    Record,
    RecordKind,
    State,
    Wait,
    checked,
)
from motcua.rules import RuleError, evaluate

MAX_MOVES = 10_000


def start(definition: Definition, variables: Mapping[str, object] | None = None) -> Outcome:
    """Return a new case, moved on to the first places where it waits."""
    run = _Run(definition, State({}, {}, checked(variables or {})))
    run.enter(definition.start, "")
    return run.outcome()


def step(definition: Definition, state: State, command: Command) -> Outcome:
    """Return what becomes of a case after one command; the given state is left as it is.

    Raises Conflict if nothing waits for the command (wrong token, done already, message not
    expected), Invalid for an outcome that the step does not offer, TooLarge for too many variables.
    """
    run = _Run(definition, state)
    token = _waiting(definition, state, command)
    node = definition.nodes[state.tokens[token]]
    run.complete(node, token, dict(command.variables))
    return run.outcome()


def waits(definition: Definition, state: State) -> tuple[Wait, ...]:
    """Return everything a case waits for, the longest wait first."""
    return tuple(
        _wait(token, _node(definition, state, token))
        for token in sorted(state.tokens, key=lambda t: int(t[1:]))
    )


def _wait(token: str, node: Node) -> Wait:
    kind = node.kind
    if kind != "user" and kind != "service" and kind != "message":
        raise AssertionError(f"a token waits at a {kind}")
    return Wait(
        token, node.id, kind, node.name_vi, node.name_en, node.role, node.hours, node.handler,
        node.message, node.clock, node.outcomes, node.state,
    )  # fmt: skip


def _node(definition: Definition, state: State, token: str) -> Node:
    node = definition.nodes.get(state.tokens[token])
    if node is None or node.kind not in WAITING:
        raise Conflict(
            f"Hồ sơ đang ở bước '{state.tokens[token]}' không có trong phiên bản quy trình này",
            f"The case is at '{state.tokens[token]}', which this version of the process does not have",
        )
    return node


def _waiting(definition: Definition, state: State, command: Command) -> str:
    """Return the token that the command is for."""
    if isinstance(command, Message):
        for wait in waits(definition, state):
            if wait.kind == "message" and wait.message == command.name:
                return wait.token
        raise Conflict(
            f"Hồ sơ không chờ '{command.name}' vào lúc này",
            f"The case does not wait for '{command.name}' now",
        )
    wanted = "user" if isinstance(command, Complete) else "service"
    if command.token not in state.tokens or _node(definition, state, command.token).kind != wanted:
        raise Conflict(
            "Bước này đã được xử lý hoặc không còn chờ; hãy tải lại trang",
            "This step was handled already or waits no longer; please reload the page",
        )
    return command.token


class _Run:
    """One command on one case: a copy of the state that moves, and the records of it."""

    def __init__(self, definition: Definition, state: State) -> None:
        self.definition = definition
        self.tokens = dict(state.tokens)
        self.parked = {flow: list(tokens) for flow, tokens in state.parked.items()}
        self.variables = dict(state.variables)
        self.next_token = state.next_token
        self.records: list[Record] = []
        self.queue: deque[str] = deque()
        self.moves = 0

    def note(self, kind: RecordKind, node: str, token: str, flow: str = "") -> None:
        self.records.append(Record(kind, node, token, flow))

    def complete(self, node: Node, token: str, variables: dict[str, object]) -> None:
        """Finish a waiting node: take over the variables, then move on."""
        if node.kind == "user":
            self._outcome(node, variables)
        self.variables = checked({**self.variables, **variables, **self._kept(node, variables)})
        del self.tokens[token]
        self.records.append(Record("completed", node.id, token, "", variables))
        self.leave(node, token, node.outgoing)
        self.drain()

    def _outcome(self, node: Node, variables: dict[str, object]) -> None:
        outcome = variables.get("outcome")
        if not node.outcomes or (isinstance(outcome, str) and outcome in node.outcomes):
            return
        offered = ", ".join(node.outcomes)
        vi = f"Bước '{node.name_vi}' chỉ nhận một trong các kết quả: {offered}"
        en = f"The step '{node.name_en}' takes one of these outcomes only: {offered}"
        raise Invalid(vi, en, fields={"outcome": vi})

    def _kept(self, node: Node, variables: dict[str, object]) -> dict[str, object]:
        """Return the variables the engine keeps: outcome, outcomes by step, decision.

        A step without an outcome clears ``outcome``, so that no gateway reads a stale one.
        """
        outcome = variables.get("outcome")
        kept: dict[str, object] = {"outcome": outcome} if node.kind == "user" else {}
        if node.kind != "user" or not isinstance(outcome, str):
            return kept
        before = self.variables.get("outcomes")
        kept["outcomes"] = {**(before if isinstance(before, dict) else {}), node.id: outcome}
        if outcome in node.decisions:
            kept["decision"] = node.decisions[outcome] or None
        return kept

    def leave(self, node: Node, token: str, flows: tuple[str, ...]) -> None:
        """Record that a token goes, and put its flows in the queue."""
        self.note("left", node.id, token)
        self.queue.extend(flows)

    def enter(self, node_id: str, flow: str) -> None:
        """Bring the case to a node and move on until it only waits."""
        self.arrive(self.definition.nodes[node_id], flow)
        self.drain()

    def drain(self) -> None:
        while self.queue:
            self.moves += 1
            if self.moves > MAX_MOVES:
                raise _endless(self.definition)
            flow = self.definition.flows[self.queue.popleft()]
            self.arrive(self.definition.nodes[flow.target], flow.id)

    def arrive(self, node: Node, flow: str) -> None:
        token = f"t{self.next_token}"
        self.next_token += 1
        if flow:
            self.note("flow_taken", node.id, token, flow)
        self.note("entered", node.id, token)
        if node.kind in WAITING:
            self.tokens[token] = node.id
        elif node.kind == "parallel":
            self._join(node, flow, token)
        elif node.kind == "exclusive":
            self.leave(node, token, (self._choose(node),))
        else:
            self.leave(node, token, node.outgoing)
            if node.kind == "end" and not (self.tokens or self.queue or any(self.parked.values())):
                self.note("ended", node.id, token)

    def _join(self, node: Node, flow: str, token: str) -> None:
        self.parked.setdefault(flow, []).append(token)
        if not all(self.parked.get(each) for each in node.incoming):
            return
        for each in node.incoming:
            token = self.parked[each].pop(0)
            if not self.parked[each]:
                del self.parked[each]
        self.leave(node, token, node.outgoing)

    def _choose(self, node: Node) -> str:
        for each in node.outgoing:
            condition = self.definition.flows[each].condition
            if condition is None or each == node.default:
                continue
            try:
                if evaluate(condition, self.variables, unknown="null") is True:
                    return each
            except RuleError as error:
                raise ProcessError(
                    [Finding(each, "sequenceFlow", condition.text, error.vi, error.en)]
                ) from error
        return node.default or node.outgoing[0]

    def outcome(self) -> Outcome:
        parked = {flow: tuple(tokens) for flow, tokens in self.parked.items()}
        kept = {name: value for name, value in self.variables.items() if value is not None}
        state = State(self.tokens, parked, kept, self.next_token)
        return Outcome(state, tuple(self.records), waits(self.definition, state))


def _endless(definition: Definition) -> ProcessError:
    vi = "Quy trình đi mãi mà không chờ ở bước nào; mỗi vòng lặp phải qua một bước có người làm"
    en = "The process moves on without ever waiting; every loop must pass a step that waits"
    return ProcessError([Finding(definition.key, "process", definition.name, vi, en)])
