"""Expressions ready for use: compile once, evaluate often."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from motcua.rules.builtins import BUILT_IN
from motcua.rules.calls import Scope
from motcua.rules.compiler import compile_tree
from motcua.rules.errors import RuleError
from motcua.rules.parser import Parser
from motcua.rules.run import MAX_STEPS, Code, Run, Unknown
from motcua.rules.tokens import plain
from motcua.rules.tree import Node, free
from motcua.rules.values import Function, weight

_MAX_NAMES = 500


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; safe to share between threads.

    ``names`` are the variables it reads, for a linter that knows which ones will exist. Names read
    only inside a filter (``list[price > 3]``) may be entries of the items and are left out.
    """

    text: str
    tree: Node
    code: Code
    names: frozenset[str]


@lru_cache(maxsize=2048)
def _compile(text: str, names: frozenset[str]) -> Expression:
    tree = Parser(text, names, BUILT_IN).whole()
    code = compile_tree(tree, Scope(functions=names))
    return Expression(text, tree, code, frozenset(free(tree) - BUILT_IN.keys()))


def compile_expression(text: str, names: Iterable[str] = ()) -> Expression:
    """Read an expression; raises RuleError at the first mistake.

    Names of several words need no declaration. ``names`` announces those that hold a keyword (``số
    bản in``), a number (``tầng 2``) or a sign (``thu nhập/người``), and those of functions that the
    context will hold.
    """
    return _compile(text, frozenset(name for name in names if not plain(name) or name in text))


def evaluate(
    expression: str | Expression, context: Mapping[str, object], *, unknown: Unknown = "error",
    now: datetime | None = None,
) -> object:  # fmt: skip
    """Compute an expression over the values of a context (keys in NFC).

    A text is compiled with the context's own keys announced, and cached. What does not fit together
    (a number and a text added, a function given another type, an entry that is missing) is null,
    as the standard says; so are items of a filter that lack an entry. Mistakes of the author are
    RuleErrors: an unreadable text, an unknown function or parameter, an unknown name; with
    ``unknown="null"`` a name that is not in the context is null, as wanted while a form is half
    filled. More than 100,000 steps, functions that call each other too deeply and values that grow
    too large are RuleErrors too, and ``now()`` and ``today()`` when no ``now`` is given.
    """
    if isinstance(expression, str):
        expression = _compile(expression, frozenset(_keys(context, 3)))
    return finish(expression.code, Run(context, unknown == "error", now))


def finish(code: Code, run: Run) -> object:
    """Run a code; raises RuleError for a result that is too large."""
    try:
        found = code(run)
        if isinstance(found, tuple | Mapping) and weight(found) > MAX_STEPS:
            raise RuleError(1, 1, "the result is too large", "kết quả quá lớn")
    except RecursionError:
        raise RuleError(1, 1, "too deeply nested", "biểu thức lồng quá sâu") from None
    return found


def _keys(context: Mapping[str, object], depth: int) -> set[str]:
    found: set[str] = set()
    for count, (key, value) in enumerate(context.items()):
        if count == _MAX_NAMES:
            break
        if not plain(key) or type(value) is Function:
            found.add(key)
        if depth and isinstance(value, Mapping):
            found |= _keys(value, depth - 1)
    return found
