"""Functions of texts (DMN 1.5 section 10.3.4.3), and of regular expressions within the budget."""

from decimal import Decimal

from motcua.rules import patterns
from motcua.rules.errors import RuleError
from motcua.rules.functions.signature import BuiltIn, built_in
from motcua.rules.pattern_reader import compile_pattern
from motcua.rules.run import MAX_LENGTH, Place, Run


def _substring(text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    """Cut by characters; null for a start or a length outside the text (table 74, note 1)."""
    if not start or start != start.to_integral_value() or abs(start) > len(text):
        return None
    begin = int(start) - 1 if start > 0 else len(text) + int(start)
    if length is None:
        return text[begin:]
    if not 1 <= length <= len(text) - begin:
        return None
    return text[begin : begin + int(length)]


def _before(text: str, match: str) -> str:
    return text.partition(match)[0] if match and match in text else ""


def _after(text: str, match: str) -> str:
    return text if not match else text.partition(match)[2]


def _matches(run: Run, at: Place, text: str, pattern: str, flags: str | None = None) -> object:
    try:
        compiled = compile_pattern(pattern, flags or "")
    except patterns.PatternError:
        return None
    return compiled.search(text, 0, lambda steps: run.spend(at, steps)) is not None


def _replace(
    run: Run, at: Place, text: str, pattern: str, replacement: str, flags: str | None = None
) -> object:
    try:
        compiled = compile_pattern(pattern, flags or "")
        return patterns.replace(
            text, compiled, replacement, MAX_LENGTH, lambda steps: run.spend(at, steps)
        )
    except patterns.PatternError:
        return None


def _split(run: Run, at: Place, text: str, delimiter: str) -> object:
    try:
        compiled = compile_pattern(delimiter)
        return patterns.split(text, compiled, lambda steps: run.spend(at, steps))
    except patterns.PatternError:
        return None


def _join(run: Run, at: Place, parts: tuple[object, ...], delimiter: str | None = None) -> object:
    texts = [part for part in parts if isinstance(part, str)]
    if any(part is not None and not isinstance(part, str) for part in parts):
        return None
    if sum(map(len, texts)) + len(delimiter or "") * len(texts) > MAX_LENGTH:
        raise RuleError(*at, "text too long", "chuỗi quá dài")
    return (delimiter or "").join(texts)


def functions() -> list[BuiltIn]:
    """Return the functions of this module."""
    two = "string s, match s"
    return [
        built_in("substring", ("string s, start position n, length n?", _substring)),
        built_in("string length", ("string s", lambda text: Decimal(len(text)))),
        built_in("upper case", ("string s", str.upper)),
        built_in("lower case", ("string s", str.lower)),
        built_in("substring before", (two, _before)),
        built_in("substring after", (two, _after)),
        built_in("contains", (two, lambda text, match: match in text)),
        built_in("starts with", (two, str.startswith)),
        built_in("ends with", (two, str.endswith)),
        built_in("matches", ("input s, pattern s, flags s?", _matches), run=True),
        built_in("replace", ("input s, pattern s, replacement s, flags s?", _replace), run=True),
        built_in("split", ("string s, delimiter s", _split), run=True),
        built_in("string join", ("list l, delimiter s?", _join), run=True),
    ]
