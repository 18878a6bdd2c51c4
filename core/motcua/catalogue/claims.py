"""The claims of a result: expressions over the answers, the person, the dossier and the draft."""

from collections.abc import Collection, Mapping

from motcua.catalogue.checks import wrong
from motcua.catalogue.procedure import ResultRule
from motcua.catalogue.reading import PackageError, json_value
from motcua.rules import RuleError, evaluate


def computed(rule: ResultRule, context: Mapping[str, object]) -> dict[str, object]:
    """Return the claims as JSON values, dates as ISO text; null claims are left out.

    Raises ``PackageError`` when an expression fails on these facts.
    """
    found = {name: _value(name, text, context) for name, text in rule.claims.items()}
    return {name: json_value(value) for name, value in found.items() if value is not None}


def check_result(
    rule: ResultRule, templates: Collection[str], samples: Mapping[str, object]
) -> None:
    """Refuse a template that is not there and claims that cannot be computed; ``PackageError``."""
    if rule.template and rule.template not in templates:
        raise wrong("result.template", f"one of the package's templates: {sorted(templates)}")
    for name in rule.hidden:
        if name not in rule.claims:
            raise wrong("result.hidden", f"names of claims, not {name!r}")
    context = {**samples, "answers": samples, "person": {}, "dossier": {}, "draft": {}}
    for name, text in rule.claims.items():
        _value(name, text, context)


def _value(name: str, text: str, context: Mapping[str, object]) -> object:
    try:
        return evaluate(text, context, unknown="null")
    except RuleError as broken:
        raise PackageError("procedure.toml", f"result.claims.{name}", str(broken)) from broken
