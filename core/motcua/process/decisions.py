"""Business rule tasks: a decision of a DMN file, computed over the variables of the case."""

from collections.abc import Mapping

from motcua.errors import NotFound
from motcua.process.definition import Definition, Node
from motcua.process.values import plain
from motcua.rules import Decisions, decide, load_decisions


def read(xml: bytes) -> Decisions:
    """Return the decisions of a file; raises DecisionError with all findings, TooLarge."""
    return load_decisions(xml, strict=True)


def has(decisions: Decisions, decision: str) -> bool:
    """Whether a file holds a decision, by name or id."""
    try:
        decisions.find(decision)
    except NotFound:
        return False
    return True


def inputs(definition: Definition, node: Node) -> tuple[str, ...]:
    """Return the names of the data that the decision of a task asks for."""
    decisions, decision = _of(definition, node)
    return decisions.needs(decision)


def result(definition: Definition, node: Node, variables: Mapping[str, object]) -> object:
    """Return what the decision of a task gives, as JSON; raises RuleError."""
    return plain(decide(*_of(definition, node), variables))


def _of(definition: Definition, node: Node) -> tuple[Decisions, str]:
    file, _, decision = node.decision.partition("#")
    decisions = definition.decisions[file]
    if not isinstance(decisions, Decisions):
        raise TypeError(f"'{file}' was not read")
    return decisions, decision
