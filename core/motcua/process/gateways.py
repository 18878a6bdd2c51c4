"""Gateways (BPMN 2.0.2, 13.4): which flows a token takes, and when a join lets it pass.

Exclusive: the first flow in document order whose condition is true, else the default (13.4.2).
Parallel: fires when every incoming flow holds a token and takes one from each; more of them stay
for the next time (13.4.1). That is what makes a fork and a join right inside a loop. Inclusive:
every flow whose condition is true, else the default; its join fires when no token on its way could
still bring one to an empty incoming flow (13.4.3, table 13.3).
"""

from motcua.process.definition import Node
from motcua.process.run import Run


def exclusive(run: Run, node: Node, token: str, scope: str) -> None:
    """Choose one flow."""
    run.note("left", node.id, token)
    run.go(_true(run, node, scope, 1)[0], scope)


def split(run: Run, node: Node, token: str, scope: str) -> None:
    """Choose every flow of an inclusive gateway whose condition is true."""
    run.note("left", node.id, token)
    for flow in _true(run, node, scope, len(node.outgoing)):
        run.go(flow, scope)


def _true(run: Run, node: Node, scope: str, most: int) -> list[str]:
    if len(node.outgoing) == 1:
        return list(node.outgoing)
    found = []
    for each in node.outgoing:
        condition = run.definition.flows[each].condition
        if condition is None or each == node.default:
            continue
        if run.value(condition, scope, node) is True:
            found.append(each)
            if len(found) == most:
                break
    return found or [node.default or node.outgoing[0]]


def parallel(run: Run, node: Node, flow: str, token: str, scope: str) -> None:
    """Park a token before a parallel join, and fire if it was the last one that was missing."""
    if len(node.incoming) > 1:
        _park(run, flow, token, scope)
        held = {each: _parked(run, each, scope) for each in node.incoming}
        if not all(held.values()):
            return
        for each, tokens in held.items():
            token = _unpark(run, each, tokens)
    run.leave(node, token, scope)


def inclusive(run: Run, node: Node, flow: str, token: str, scope: str) -> None:
    """Park a token before an inclusive join, which ``settle`` fires; a mere split goes on."""
    if len(node.incoming) > 1:
        _park(run, flow, token, scope)
    else:
        split(run, node, token, scope)


def settle(run: Run) -> bool:
    """Fire one inclusive join that waits for nothing more; called when nothing else moves."""
    for flow in run.parked:
        node = run.nodes[run.definition.flows[flow].target]
        if node.kind != "inclusive":
            continue
        for scope in {run.parents.get(token, ""): None for token in run.parked[flow]}:
            if _active(run, node, scope):
                token = ""
                for each in node.incoming:
                    if tokens := _parked(run, each, scope):
                        token = _unpark(run, each, tokens)
                split(run, node, token, scope)
                return True
    return False


def _active(run: Run, gateway: Node, scope: str) -> bool:
    """Whether no token elsewhere in the scope keeps an inclusive join waiting."""
    held = {flow for flow in gateway.incoming if _parked(run, flow, scope)}
    if len(held) == len(gateway.incoming):
        return True
    places = _places(run, gateway, scope)
    return not any(run.index.hinders(gateway, place, held) for place in places)


def _places(run: Run, gateway: Node, scope: str) -> set[str]:
    """Return the nodes at which, or before which, other tokens of the scope are."""
    found = {
        node
        for token, node in run.tokens.items()
        if run.parents.get(token, "") == scope and not run.watches(token)
    }
    for flow in run.parked:
        target = run.definition.flows[flow].target
        if target != gateway.id and _parked(run, flow, scope):
            found.add(target)
    return found


def _park(run: Run, flow: str, token: str, scope: str) -> None:
    run.parked.setdefault(flow, []).append(token)
    if scope:
        run.parents[token] = scope


def _parked(run: Run, flow: str, scope: str) -> list[str]:
    return [t for t in run.parked.get(flow, ()) if run.parents.get(t, "") == scope]


def _unpark(run: Run, flow: str, tokens: list[str]) -> str:
    """Take the token that was parked first, and return it."""
    token = tokens[0]
    run.parked[flow].remove(token)
    run.parents.pop(token, None)
    if not run.parked[flow]:
        del run.parked[flow]
    return token
