"""Expressions ready for use: compile once, evaluate often."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from motcua.rules.lists import Filter, Loop
from motcua.rules.nodes import IsDefined, Name, Node, Run, Unknown
from motcua.rules.parser import parse
from motcua.rules.tokens import plain

_MAX_NAMES = 500


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; safe to share between threads.

    ``names`` are the variables it reads, for a linter that knows which ones will exist. Names read
    only inside a filter (``list[price > 3]``) may be entries of the items and are left out.
    """

    text: str
    tree: Node
    names: frozenset[str]


@lru_cache(maxsize=2048)
def _compile(text: str, names: frozenset[str]) -> Expression:
    tree = parse(text, names)
    return Expression(text, tree, frozenset(_free(tree, frozenset())))


def _free(node: Node, bound: frozenset[str]) -> set[str]:
    if isinstance(node, Name):
        return set() if node.name in bound else {node.name}
    if isinstance(node, IsDefined):
        return set()
    if isinstance(node, Filter):
        return _free(node.of, bound)
    if isinstance(node, Loop):
        found: set[str] = set()
        for name, among in node.over:
            found |= _free(among, bound)
            bound = bound | {name}
        return found | _free(node.body, bound)
    return {name for part in node.parts() for name in _free(part, bound)}


def compile_expression(text: str, names: Iterable[str] = ()) -> Expression:
    """Read an expression; raises RuleError at the first mistake.

    Names of several words need no declaration. ``names`` announces those that hold a keyword (``số
    bản in``), a number (``tầng 2``) or a sign (``thu nhập/người``).
    """
    return _compile(text, frozenset(name for name in names if not plain(name)))


def evaluate(
    expression: str | Expression, context: Mapping[str, object], *, unknown: Unknown = "error"
) -> object:
    """Compute an expression over the values of a context (keys in NFC).

    A text is compiled with the context's own keys announced, and cached. With ``unknown="null"`` a
    name that is not in the context is null, as wanted while a form is half filled. Raises RuleError
    for an unreadable text, an unknown name, or more than 100,000 steps.
    """
    if isinstance(expression, str):
        expression = compile_expression(expression, _keys(context, 3))
    return expression.tree.value(Run(context, unknown))


def _keys(context: Mapping[str, object], depth: int) -> set[str]:
    found: set[str] = set()
    for key, value in list(context.items())[:_MAX_NAMES]:
        if not plain(key):
            found.add(key)
        if depth and isinstance(value, Mapping):
            found |= _keys(value, depth - 1)
    return found
