"""What a state says by itself: what the case waits for, and what an instance sees."""

from collections.abc import Mapping
from dataclasses import replace

from motcua.errors import Conflict
from motcua.process.definition import Definition, Node, Timer
from motcua.process.state import State, Wait

_Nodes = Mapping[str, Node]
_Tokens = Mapping[str, str]


def waits(definition: Definition, state: State) -> tuple[Wait, ...]:
    """Return everything a case waits for: what is on its way first, the longest wait first.

    Raises Conflict if the state belongs to a process with other nodes.
    """
    found = [
        wait
        for token, node in state.tokens.items()
        if (wait := _wait(definition, state, token, node))
    ]
    if len(found) > 1:
        found.sort(key=lambda wait: (wait.optional, age(wait.token)))
    return tuple(found)


def age(token: str) -> int:
    """Return the number of a token: an older one has a smaller number."""
    return int(token[1:])


def watches(nodes: _Nodes, tokens: _Tokens, parents: _Tokens, token: str) -> bool:
    """Whether a token only waits for what may happen beside the way of the case."""
    if nodes[tokens[token]].kind in ("boundary", "start"):
        return True
    above = parents.get(token)
    return above is not None and nodes[tokens[above]].kind == "event"


def body_of(tokens: _Tokens, parents: _Tokens, token: str) -> str:
    """Return the token of the multi-instance activity that a token is one instance of, or none."""
    above = parents.get(token, "")
    return above if above and tokens[above] == tokens.get(token) else ""


def local(
    nodes: _Nodes, tokens: _Tokens, parents: _Tokens, data: Mapping[str, object], token: str
) -> dict[str, object]:
    """Return the variables that only the instances around a token see, the innermost on top."""
    found: dict[str, object] = {}
    chain: list[str] = []
    while token:
        chain.append(token)
        token = parents.get(token, "")
    for each in reversed(chain):
        held, node = data.get(each), nodes.get(tokens.get(each, ""))
        if not isinstance(held, Mapping) or node is None or node.repeat is None:
            continue
        if "n" in held:
            found |= _counters(held)
        else:
            found["loopCounter"] = held["i"] + 1
            if "v" in held and node.repeat.element:
                found[node.repeat.element] = held["v"]
    return found


def _counters(held: Mapping[str, int]) -> dict[str, object]:
    """Return the variables of BPMN 2.0.2 table 10.31 for a multi-instance activity."""
    return {
        "nrOfInstances": held["n"],
        "nrOfCompletedInstances": held["c"],
        "nrOfActiveInstances": held["i"] - held["c"],
    }


def _wait(definition: Definition, state: State, token: str, node_id: str) -> Wait | None:
    node = definition.nodes.get(node_id)
    if node is None:
        raise Conflict(
            f"Hồ sơ đang ở bước '{node_id}' không có trong phiên bản quy trình này",
            f"The case is at '{node_id}', which this version of the process does not have",
        )
    optional = node.kind in ("boundary", "start")
    kind = node.event if optional else node.kind
    if kind not in ("user", "service", "message", "timer", "signal"):
        return None
    if node.repeat is not None and not body_of(state.tokens, state.parents, token):
        return None
    return Wait(
        token, node.id, kind, node.name_vi, node.name_en, node.role, node.hours, node.handler,
        node.message, node.clock, node.outcomes, node.state, node.signal,
        _timer(node, state, token), state.parents.get(token, "") if optional else "", optional,
        _item(state, token) if state.data else None,
    )  # fmt: skip


def _timer(node: Node, state: State, token: str) -> Timer | None:
    if node.timer is None or node.timer.expression is None:
        return node.timer
    return replace(node.timer, value=str(state.data.get(token, "")), expression=None)


def _item(state: State, token: str) -> object:
    while token:
        held = state.data.get(token)
        if isinstance(held, Mapping) and "v" in held:
            return held["v"]
        token = state.parents.get(token, "")
    return None
