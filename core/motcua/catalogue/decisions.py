"""The rules of a package that give a value from the answers: FEEL expressions and DMN decisions."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from motcua.catalogue.procedure import Rule
from motcua.catalogue.reading import PackageError
from motcua.errors import Problem
from motcua.rules import (
    Decisions,
    RuleError,
    compile_expression,
    decide,
    evaluate,
    load_decisions,
)

_FILE = "procedure.toml"


@lru_cache(maxsize=512)
def loaded(xml: str) -> Decisions:
    """Return the decisions of a DMN file, read once; raises what ``load_decisions`` raises."""
    return load_decisions(xml.encode())


def check_file(file: str, xml: str) -> None:
    """Refuse a DMN file with anything wrong in it; raises ``PackageError`` with the first place."""
    try:
        load_decisions(xml.encode(), strict=True)
    except Problem as broken:
        raise PackageError(file, "", broken.en) from broken


def check_decision(
    reference: str, samples: Mapping[str, object], files: Mapping[str, str], key: str
) -> None:
    """Refuse a decision that is not there, or that needs what no question asks; ``PackageError``."""
    ask(Rule(decision=reference), samples, files, key)
    file, _, name = reference.partition("#")
    if strange := [each for each in loaded(files[file]).needs(name) if each not in samples]:
        raise PackageError(file, name, f"input data that are keys of the form, not {strange[0]!r}")


def holds(condition: str, facts: Mapping[str, object], key: str) -> bool:
    """Decide whether a condition holds; no condition always does, an unknown answer never."""
    return not condition or _evaluated(condition, facts, key) is True


def tried(text: str, samples: Mapping[str, object], key: str) -> None:
    """Try an expression with invented answers; raises ``PackageError`` for wrong FEEL or unknown names."""
    if not text:
        return
    try:
        evaluate(text, samples)
    except RuleError as broken:
        vi = f"biểu thức FEEL chỉ dùng tên đã biết: {broken.vi}"
        raise PackageError(_FILE, key, f"FEEL over known names: {broken.en}", vi) from broken


def ask(rule: Rule, facts: Mapping[str, object], files: Mapping[str, str], key: str) -> object:
    """Return what a rule gives; raises ``PackageError`` that names the file, and the place that asks.

    ``facts`` are the answers by key, unanswered ones as null; ``files`` the DMN files of the package.
    """
    if rule.expression:
        return _evaluated(rule.expression, facts, f"{key}.expression")
    file, _, name = rule.decision.partition("#")
    if file not in files:
        raise PackageError(_FILE, f"{key}.decision", f"a decision of {sorted(files)}, not {file!r}")
    try:
        return decide(loaded(files[file]), name, facts)
    except Problem as broken:
        raise PackageError(
            file, name, f"{broken.en} (asked by {_FILE}: {key}.decision)"
        ) from broken


def whole(value: object, key: str, *, least: int = 0, most: int | None = None) -> int:
    """Return a value as a whole number; raises ``PackageError`` for anything else."""
    wanted = f"a whole number, {least} or more" + (f", at most {most}" if most is not None else "")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PackageError(_FILE, key, f"{wanted}, not {value!r}")
    if value != int(value) or value < least or (most is not None and value > most):
        raise PackageError(_FILE, key, f"{wanted}, not {value}")
    return int(value)


def names(value: object, key: str) -> frozenset[str]:
    """Return a value as a set of keys: a text, a list of texts, or null for none."""
    found = value if isinstance(value, list | tuple) else [] if value is None else [value]
    for item in found:
        if not isinstance(item, str):
            raise PackageError(_FILE, key, f"a list of keys, not {item!r} in it")
    return frozenset(map(str, found))


def _evaluated(text: str, facts: Mapping[str, object], key: str) -> object:
    try:
        # The keys of a form are words of FEEL (``form_check``): none of them has to be announced.
        return evaluate(compile_expression(text), facts, unknown="null")
    except RuleError as broken:
        raise PackageError(_FILE, key, f"{text!r}: {broken.en}") from broken
