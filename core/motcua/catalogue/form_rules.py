"""FEEL in forms: compiled once, evaluated on the server only, and tried when a package is read."""

from collections.abc import Mapping
from functools import lru_cache

from motcua.catalogue.reading import PackageError
from motcua.rules import Expression, RuleError, compile_expression, evaluate


@lru_cache(maxsize=16_384)
def _compiled(text: str) -> Expression:
    return compile_expression(text)


def shown(condition: str, facts: Mapping[str, object]) -> bool:
    """Decide whether a condition holds; no condition always does, an unknown answer never."""
    if not condition:
        return True
    try:
        return evaluate(_compiled(condition), facts, unknown="null") is True
    except RuleError as broken:
        raise PackageError("form.toml", "show_when", f"{condition!r}: {broken}") from broken


def worked_out(expression: str, facts: Mapping[str, object]) -> object:
    """Return what an expression gives; None while an answer that it needs is not known."""
    try:
        return evaluate(_compiled(expression), facts, unknown="null")
    except RuleError as broken:
        raise PackageError("form.toml", "computed", f"{expression!r}: {broken}") from broken


def try_expression(text: str, samples: Mapping[str, object], file: str, key: str) -> object:
    """Try an expression with invented answers; raises ``PackageError`` for wrong FEEL or unknown names."""
    if not text:
        return None
    try:
        return evaluate(text, samples)
    except RuleError as broken:
        vi = f"biểu thức FEEL chỉ dùng tên đã biết: {broken.vi}"
        raise PackageError(file, key, f"FEEL over known names: {broken.en}", vi) from broken


def is_name(key: str) -> bool:
    """Tell whether FEEL reads a key as the name of a variable, and not as one of its own words."""
    try:
        return _compiled(key).names == {key}
    except RuleError:
        return False
