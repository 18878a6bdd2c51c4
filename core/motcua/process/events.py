"""Events: what ends, throws and catches (BPMN 2.0.2, 10.5 and 13.5).

An error or escalation looks for its catcher from inside to outside: an event sub-process of the
scope, then a boundary event on it, then the scope around. One that names the code comes before one
that catches all. What comes out of an event sub-process is not caught by another one beside it.
"""

from collections.abc import Iterable, Mapping

from motcua.process.definition import EventKind, Node
from motcua.process.run import Run
from motcua.process.scopes import close, finish
from motcua.process.waiting import age
from motcua.process.watching import arm

_NOTHING: Mapping[str, object] = {}


def end(run: Run, node: Node, token: str, scope: str) -> None:
    """Consume a token at an end event, with what the event does."""
    if node.event == "error":
        run.note("failed", node.id, token, detail=node.code)
        if not fail(run, scope, node.code, _NOTHING):
            raise run.fault(
                node, f"không ai bắt lỗi '{node.code}'", f"nobody catches the error '{node.code}'"
            )
        return
    run.note("left", node.id, token)
    if node.event == "terminate":
        run.clear(scope)
    elif node.event:
        announce(run, node, scope)
    if not scope or scope in run.tokens:
        close(run, scope, node, token)


def throw(run: Run, node: Node, token: str, scope: str) -> None:
    """Pass an intermediate throw event; what it throws may cancel the token that goes on."""
    run.leave(node, token, scope)
    announce(run, node, scope)


def announce(run: Run, node: Node, scope: str) -> None:
    """Throw the signal or escalation of an event; nobody needs to catch it."""
    if node.event == "signal":
        broadcast(run, node.signal, _NOTHING)
    elif node.event == "escalation" and (found := _catcher(run, scope, "escalation", node.code)):
        _react(run, *found, "", _NOTHING)


def broadcast(run: Run, name: str, variables: Mapping[str, object]) -> bool:
    """Wake every wait for a signal, the oldest first; return whether there was one."""
    waiting = [t for t, node in run.tokens.items() if run.nodes[node].signal == name]
    woken = False
    for token in sorted(waiting, key=age):
        # An interrupting event may have taken away a wait that comes after it.
        if token in run.tokens and _waits_for(run, token, "signal"):
            trigger(run, token, variables)
            woken = True
    return woken


def _waits_for(run: Run, token: str, kind: EventKind) -> bool:
    node = run.nodes[run.tokens[token]]
    return node.kind == kind or (node.kind in ("boundary", "start") and node.event == kind)


def trigger(run: Run, token: str, variables: Mapping[str, object]) -> None:
    """Let the event happen for which a token waits."""
    node, above = run.nodes[run.tokens[token]], run.parents.get(token, "")
    if node.kind in ("boundary", "start"):
        _react(run, node, above, token, variables)
    elif above and run.nodes[run.tokens[above]].kind == "event":
        _chosen(run, node, token, above, variables)
    else:
        run.note("completed", node.id, token, "", variables)
        finish(run, node, token)


def fail(run: Run, scope: str, code: str, variables: Mapping[str, object]) -> bool:
    """Throw an error from inside a running scope; return whether an event caught it."""
    found = _catcher(run, scope, "error", code)
    if found:
        _react(run, *found, "", variables)
    return found is not None


def fail_at(run: Run, token: str, code: str, variables: Mapping[str, object]) -> bool:
    """Throw an error from a task, whose own boundary event comes first."""
    node, host = run.nodes[run.tokens[token]], run.body_of(token) or token
    caught = _match(run.index.boundaries.get(node.id, ()), "error", code)
    if caught:
        run.note("failed", node.id, token, "", variables, code)
        _react(run, caught, host, "", variables)
        return True
    found = _catcher(run, run.parents.get(host, ""), "error", code)
    if found is None:
        return False
    run.note("failed", node.id, token, "", variables, code)
    _react(run, *found, "", variables)
    return True


def _match(nodes: Iterable[Node], kind: EventKind, code: str) -> Node | None:
    fits = [node for node in nodes if node.event == kind and node.code in (code, "")]
    return max(fits, key=lambda node: bool(node.code), default=None)


def _catcher(run: Run, scope: str, kind: EventKind, code: str) -> tuple[Node, str] | None:
    """Return the event that catches, and the token of the scope or activity it belongs to."""
    beside = False
    while True:
        around = run.tokens[scope] if scope else ""
        handlers = () if beside else run.index.handlers.get(around, ())
        if found := _match(handlers, kind, code):
            return found, scope
        if not scope:
            return None
        host = run.body_of(scope) or scope
        if found := _match(run.index.boundaries.get(around, ()), kind, code):
            return found, host
        beside = run.nodes[around].triggered
        scope = run.parents.get(host, "")


def _react(run: Run, node: Node, place: str, token: str, variables: Mapping[str, object]) -> None:
    """Follow a boundary event or the start of an event sub-process.

    ``place`` is the activity it watches, or the scope it lies in; ``token`` what waited for it,
    which stays for the next time if the event does not interrupt. A timer fires once.
    """
    scope = run.parents.get(place, "") if node.kind == "boundary" else place
    if node.interrupting and node.kind == "boundary":
        run.cancel(place)
    elif node.interrupting:
        run.clear(place)
    elif token and node.event == "timer":
        run.take(token)
    if node.kind == "start":
        scope = _open(run, run.nodes[node.scope], place)
    mine = token if token and token not in run.tokens else run.fresh()
    run.note("entered", node.id, mine)
    run.note("completed", node.id, mine, "", variables)
    run.leave(node, mine, scope)


def _open(run: Run, node: Node, scope: str) -> str:
    """Begin an event sub-process in a scope; return its token."""
    token = run.fresh()
    run.put(token, node.id, scope)
    run.note("entered", node.id, token)
    arm(run, run.index.handlers.get(node.id, ()), token)
    return token


def _chosen(
    run: Run, node: Node, token: str, gateway: str, variables: Mapping[str, object]
) -> None:
    """Take the way of the event that happened first after an event-based gateway."""
    split, scope = run.nodes[run.tokens[gateway]], run.parents.get(gateway, "")
    run.take(gateway)
    flow = next(f for f in split.outgoing if run.definition.flows[f].target == node.id)
    run.note("left", split.id, gateway)
    run.note("flow_taken", node.id, token, flow)
    run.note("entered", node.id, token)
    run.note("completed", node.id, token, "", variables)
    run.leave(node, token, scope)
