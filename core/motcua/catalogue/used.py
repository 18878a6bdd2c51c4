"""The names that a process's own conditions, collections, timers and decisions use."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass

from motcua.catalogue.decisions import loaded
from motcua.process import Definition
from motcua.rules import Expression


def named(definition: Definition, decisions: Mapping[str, str]) -> frozenset[str]:
    """Return every name that an expression of a process uses, or a decision that it asks for.

    ``decisions`` are the texts of the package's DMN files; a decision uses the input data it needs.
    """
    found: set[str] = set()
    seen: set[int] = set()
    left: list[object] = [*definition.nodes.values(), *definition.flows.values()]
    while left:
        part = left.pop()
        if isinstance(part, Expression):
            found |= part.names
        elif id(part) not in seen:
            seen.add(id(part))
            left += _parts(part)
    for node in definition.nodes.values():
        file, _, name = node.decision.partition("#")
        if file in decisions:
            found |= {*loaded(decisions[file]).needs(name)}
    return frozenset(found)


def roles_after(definition: Definition, node: str) -> set[str]:
    """Return the roles of the user tasks that may come next after a node of a drawn process."""
    found: set[str] = set()
    left, seen = [node], {node}
    while left:
        for flow in definition.nodes[left.pop()].outgoing:
            target = definition.nodes[definition.flows[flow].target]
            if target.kind == "user":
                found.add(target.role)
            elif target.id not in seen:
                seen.add(target.id)
                left.append(target.id)
    return found


def _parts(part: object) -> Iterable[object]:
    if is_dataclass(part):
        return [getattr(part, each.name) for each in fields(part)]
    if isinstance(part, Mapping):
        return part.values()
    return part if isinstance(part, tuple | list | set | frozenset) else ()
