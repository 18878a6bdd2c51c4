"""The token engine: what a command does to a case (BPMN 2.0.2, chapter 13)."""

from collections.abc import Callable, Mapping

from motcua.errors import Conflict, Invalid
from motcua.process import decisions, events, gateways, repeat, scopes, waiting
from motcua.process.definition import Definition, Node, NodeKind
from motcua.process.faults import Finding, ProcessError
from motcua.process.run import Run
from motcua.process.state import (
    Command,
    Complete,
    Message,
    Outcome,
    ServiceDone,
    ServiceFailed,
    Signal,
    State,
    TimerFired,
    Wait,
    checked,
)
from motcua.process.watching import arm, set_timer, watch
from motcua.rules import RuleError

MAX_MOVES = 10_000
DECISION_FAILED = "decision_failed"
"""The error that a business rule task throws when its decision cannot be computed."""
_RESTING: frozenset[NodeKind] = frozenset(
    {"user", "service", "message", "timer", "signal", "rule", "scope", "event", "boundary", "start"}
)


def start(definition: Definition, variables: Mapping[str, object] | None = None) -> Outcome:
    """Return a new case, moved on to the first places where it waits."""
    run = Run(definition, State({}, {}, checked(variables or {})))
    handlers = definition.index.handlers.get("")
    run.queue.append((definition.start, "", "", ""))
    if handlers:
        arm(run, handlers, "")
    _drain(run)
    return run.outcome()


def step(definition: Definition, state: State, command: Command) -> Outcome:
    """Return what becomes of a case after one command; the given state is left as it is.

    Raises Conflict if nothing waits for the command (wrong token, done already, message not
    expected, error not caught), Invalid for an outcome that the step does not offer, TooLarge for
    too many variables, ProcessError if the process cannot go on from here.
    """
    _same_version(definition, state)
    run = Run(definition, state)
    if isinstance(command, Message):
        run.merge(command.variables)
        events.trigger(run, _expected(run, command.name), command.variables)
    elif isinstance(command, Signal):
        run.merge(command.variables)
        if not events.broadcast(run, command.name, command.variables):
            raise _not_awaited(command.name)
    elif isinstance(command, TimerFired):
        events.trigger(run, _waiting(run, command.token, "timer"), {})
    elif isinstance(command, Complete):
        _complete(run, _waiting(run, command.token, "user"), dict(command.variables))
    elif isinstance(command, ServiceDone):
        run.merge(command.variables)
        events.trigger(run, _waiting(run, command.token, "service"), dict(command.variables))
    else:
        _failed(run, command)
    _drain(run)
    return run.outcome()


def waits(definition: Definition, state: State) -> tuple[Wait, ...]:
    """Return everything a case waits for: what is on its way first, the longest wait first."""
    return waiting.waits(definition, state)


def resume(run: Run) -> None:
    """Move everything on that can move; used after a case was moved to another version."""
    _drain(run)


def _same_version(definition: Definition, state: State) -> None:
    for place in state.tokens.values():
        node = definition.nodes.get(place)
        if node is None or node.kind not in _RESTING:
            raise Conflict(
                f"Hồ sơ đang ở bước '{place}' không có trong phiên bản quy trình này",
                f"The case is at '{place}', which this version of the process does not have",
            )
    for flow in state.parked:
        if flow not in definition.flows:
            raise Conflict(
                f"Hồ sơ đang ở nhánh '{flow}' không có trong phiên bản quy trình này",
                f"The case is at '{flow}', which this version of the process does not have",
            )


def _waiting(run: Run, token: str, kind: str) -> str:
    """Return the token that a command is for."""
    place = run.tokens.get(token)
    if place is not None:
        node = run.nodes[place]
        beside = node.kind in ("boundary", "start")
        if (node.event if beside else node.kind) == kind and (
            node.repeat is None or run.body_of(token)
        ):
            return token
    raise Conflict(
        "Bước này đã được xử lý hoặc không còn chờ; hãy tải lại trang",
        "This step was handled already or waits no longer; please reload the page",
    )


def _expected(run: Run, message: str) -> str:
    """Return the token that a message is for: on the way of the case before beside it."""
    found = []
    for token, place in run.tokens.items():
        node = run.nodes[place]
        if node.message == message and (node.repeat is None or run.body_of(token)):
            found.append((node.kind in ("boundary", "start"), waiting.age(token), token))
    if not found:
        raise _not_awaited(message)
    return min(found)[2]


def _not_awaited(name: str) -> Conflict:
    return Conflict(
        f"Hồ sơ không chờ '{name}' vào lúc này", f"The case does not wait for '{name}' now"
    )


def _complete(run: Run, token: str, variables: dict[str, object]) -> None:
    """Finish a user task: take over the variables, then move on."""
    node = run.nodes[run.tokens[token]]
    outcome = variables.get("outcome")
    if node.outcomes and not (isinstance(outcome, str) and outcome in node.outcomes):
        offered = ", ".join(node.outcomes)
        vi = f"Bước '{node.name_vi}' chỉ nhận một trong các kết quả: {offered}"
        en = f"The step '{node.name_en}' takes one of these outcomes only: {offered}"
        raise Invalid(vi, en, fields={"outcome": vi})
    run.merge({**variables, **_kept(run, node, outcome)})
    events.trigger(run, token, variables)


def _kept(run: Run, node: Node, outcome: object) -> dict[str, object]:
    """Return the variables the engine keeps: outcome, outcomes by step, decision.

    A step without an outcome clears ``outcome``, so that no gateway reads a stale one.
    """
    kept: dict[str, object] = {"outcome": outcome}
    if not isinstance(outcome, str):
        return kept
    before = run.variables.get("outcomes")
    kept["outcomes"] = {**(before if isinstance(before, dict) else {}), node.id: outcome}
    if outcome in node.decisions:
        kept["decision"] = node.decisions[outcome] or None
    return kept


def _failed(run: Run, command: ServiceFailed) -> None:
    token = _waiting(run, command.token, "service")
    run.merge(command.variables)
    if not events.fail_at(run, token, command.code, command.variables):
        raise Conflict(
            f"Quy trình không có bước nào xử lý lỗi '{command.code}'",
            f"The process has no event that catches the error '{command.code}'",
        )


def _drain(run: Run) -> None:
    """Move on until the case only waits. An inclusive join is judged when all else has come to rest."""
    moves = 0
    while run.queue or gateways.settle(run):
        while run.queue:
            moves += 1
            if moves > MAX_MOVES:
                raise _endless(run.definition)
            place, flow, scope, token = run.queue.popleft()
            node = run.nodes[place]
            if token:
                _activate(run, node, token)
                continue
            token = run.fresh()
            if flow:
                run.note("flow_taken", place, token, flow)
            run.note("entered", place, token)
            _ARRIVE[node.kind](run, node, flow, token, scope)


def _activity(run: Run, node: Node, _: str, token: str, scope: str) -> None:
    if node.repeat is not None:
        repeat.begin(run, node, node.repeat, token, scope)
        return
    run.put(token, node.id, scope)
    if boundaries := run.index.boundaries.get(node.id):
        arm(run, boundaries, token)
    _activate(run, node, token)


def _activate(run: Run, node: Node, token: str) -> None:
    if node.kind == "scope":
        scopes.begin(run, node, token)
    elif node.kind == "rule":
        _decide(run, node, token)
    elif node.timer is not None:
        set_timer(run, node, token)


def _decide(run: Run, node: Node, token: str) -> None:
    try:
        found = {node.result: decisions.result(run.definition, node, run.context(token))}
    except RuleError as error:
        if not events.fail_at(run, token, DECISION_FAILED, {}):
            raise run.fault(node, error.vi, error.en) from error
        return
    run.merge(found)
    run.note("completed", node.id, token, "", found)
    scopes.finish(run, node, token)


def _choice(run: Run, node: Node, _: str, token: str, scope: str) -> None:
    """Wait behind an event-based gateway for the first of its events."""
    run.put(token, node.id, scope)
    for flow in node.outgoing:
        watch(run, run.nodes[run.definition.flows[flow].target], token)


_Arrive = Callable[[Run, Node, str, str, str], None]
_ARRIVE: Mapping[NodeKind, _Arrive] = {
    "user": _activity, "service": _activity, "message": _activity, "timer": _activity,
    "signal": _activity, "rule": _activity, "scope": _activity,
    "event": _choice,
    "parallel": gateways.parallel,
    "inclusive": gateways.inclusive,
    "exclusive": lambda run, node, _, token, scope: gateways.exclusive(run, node, token, scope),
    "start": lambda run, node, _, token, scope: run.leave(node, token, scope),
    "end": lambda run, node, _, token, scope: events.end(run, node, token, scope),
    "throw": lambda run, node, _, token, scope: events.throw(run, node, token, scope),
}  # fmt: skip


def _endless(definition: Definition) -> ProcessError:
    vi = "Quy trình đi mãi mà không chờ ở bước nào; mỗi vòng lặp phải qua một bước có người làm"
    en = "The process moves on without ever waiting; every loop must pass a step that waits"
    return ProcessError([Finding(definition.key, "process", definition.name, vi, en)])
