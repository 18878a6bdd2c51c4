"""``range("[1..5)")``: ranges written in texts (DMN 1.5 section 10.3.4.1, grammar rule 66)."""

import re
from collections.abc import Callable, Mapping

from motcua.rules import tree as n
from motcua.rules.errors import RuleError
from motcua.rules.functions.signature import BuiltIn, built_in
from motcua.rules.parser import Parser
from motcua.rules.run import Run
from motcua.rules.values import Range, compare

_LITERALS = ("date", "time", "date and time", "duration")
_END = r'((?:[^"]|"(?:[^"\\]|\\.)*")*?)'
_RANGE = re.compile(rf"\s*([\[(\]]){_END}\.\.{_END}([\])\[])\s*")
_MAX_TEXT = 500
_WRONG = object()


def function(literals: Mapping[str, BuiltIn]) -> BuiltIn:
    """Return the function; ``literals`` are the functions that may stand at the ends."""
    return built_in("range", ("from s", _reader({k: literals[k] for k in _LITERALS})))


def _reader(literals: Mapping[str, BuiltIn]) -> Callable[[str], Range | None]:
    def read(text: str) -> Range | None:
        found = _RANGE.fullmatch(text) if len(text) <= _MAX_TEXT else None
        if not found:
            return None
        low_closed, high_closed = found[1] == "[", found[4] == "]"
        low, high = (_end(part.strip(), literals) for part in (found[2], found[3]))
        missing = (low is None and low_closed) or (high is None and high_closed)
        if missing or low is high is None or _WRONG in (low, high):
            return None
        if low is not None and high is not None and compare(low, high) not in (-1, 0):
            return None
        return Range(low, high, low_closed, high_closed)

    return read


def _end(text: str, literals: Mapping[str, BuiltIn]) -> object:
    """Return the value of a literal, None for no text, the mark of a mistake for anything else."""
    if not text:
        return None
    try:
        node = Parser(text, (), literals.keys()).whole()
    except RuleError:
        return _WRONG
    if isinstance(node, n.Constant):
        found = node.content
    elif isinstance(node, n.Call) and node.built_in in literals and not node.names:
        given = [each.content for each in node.arguments if isinstance(each, n.Constant)]
        fits = len(given) == len(node.arguments)
        found = literals[node.built_in].apply(Run({}), given, node.at) if fits else None
    else:
        return _WRONG
    return _WRONG if found is None or compare(found, found) is None else found
