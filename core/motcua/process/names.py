"""Which names the expressions of a process read, and whether a case will have them."""

from collections.abc import Collection, Iterator

from motcua.process import decisions
from motcua.process.definition import Definition, Node
from motcua.process.faults import Finding
from motcua.rules import Expression

ENGINE = frozenset({"outcome", "outcomes", "decision"})
"""Variables that the engine keeps by itself."""
COUNTERS = frozenset({"nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"})


def unknown_names(definition: Definition, variables: Collection[str]) -> list[Finding]:
    """Return a finding for each expression or decision that reads a name which no case has.

    Known are the given names, those of the engine, what business rule tasks and multi-instance
    activities set, and inside a multi-instance activity its item and counters.
    """
    made = {n.result for n in definition.nodes.values()}
    made |= {n.repeat.output for n in definition.nodes.values() if n.repeat}
    known = {*variables, *made, *ENGINE}
    found = []
    for element, tag, name, read, local in _reads(definition):
        if missing := sorted(read - known - local):
            names = ", ".join(f"'{each}'" for each in missing)
            vi, en = f"không có biến {names}", f"there is no variable {names}"
            found.append(Finding(element, tag, name, vi, en))
    return found


def _reads(
    definition: Definition,
) -> Iterator[tuple[str, str, str, frozenset[str], set[str]]]:
    for element, tag, name, expression, local in _expressions(definition):
        yield element, tag, name, expression.names, local
    for node in definition.nodes.values():
        if node.kind == "rule":
            needed = frozenset(decisions.inputs(definition, node))
            yield node.id, node.tag, node.name_vi, needed, _inside(definition, node)


def _expressions(
    definition: Definition,
) -> Iterator[tuple[str, str, str, Expression, set[str]]]:
    for flow in definition.flows.values():
        if flow.condition:
            inside = _inside(definition, definition.nodes[flow.source])
            yield flow.id, "sequenceFlow", "", flow.condition, inside
    for node in definition.nodes.values():
        around = _inside(definition, node)
        host = definition.nodes.get(node.attached_to)
        if node.timer and node.timer.expression:
            here = around | COUNTERS if host and host.repeat else around
            yield node.id, node.tag, node.name_vi, node.timer.expression, here
        if node.repeat:
            for expression in (node.repeat.collection, node.repeat.cardinality):
                if expression:
                    yield node.id, node.tag, node.name_vi, expression, around
            if node.repeat.until:
                yield node.id, node.tag, node.name_vi, node.repeat.until, around | COUNTERS


def _inside(definition: Definition, node: Node) -> set[str]:
    """Return the names that the multi-instance activities around a node add."""
    found: set[str] = set()
    while node.scope:
        node = definition.nodes[node.scope]
        if node.repeat:
            found |= {*COUNTERS, "loopCounter", node.repeat.element}
    return found
