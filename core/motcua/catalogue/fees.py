"""What a procedure costs, with the derivation that is shown to the person who pays."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from motcua.catalogue.fields import Value
from motcua.catalogue.forms import shown
from motcua.catalogue.overlay import apply
from motcua.catalogue.packages import Package
from motcua.catalogue.reading import PackageError
from motcua.rules import RuleError, evaluate
from motcua.text import vn_money

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class FeeLine:
    """One line of the derivation: a text, and an amount of đồng or a count."""

    text_vi: str
    text_en: str
    value: int
    unit: Literal["money", "count"] = "money"

    def text(self, lang: str = "vi") -> str:
        """Return the line as shown: ``Số bản: 2``."""
        label = self.text_en if lang == "en" else self.text_vi
        return f"{label}: {vn_money(self.value) if self.unit == 'money' else self.value}"


@dataclass(frozen=True)
class Fee:
    """An amount of đồng and how it came about; the last line is the rule in words with the amount."""

    amount: int
    lines: tuple[FeeLine, ...]


def fee(
    package: Package, answers: Mapping[str, Value], overlay: Mapping[str, Any] = _NOTHING
) -> Fee:
    """Compute the fee for clean answers, after the tenant's overlay.

    Raises ``PackageError`` when the rule gives anything but a whole amount of đồng, 0 or more.
    """
    rule = (apply(package, overlay) if overlay else package).procedure.fee
    facts = package.form.facts(answers)
    amount = rule.amount or 0
    if rule.expression:
        amount = _whole(rule.expression, facts, "fee.expression")
    lines = [
        FeeLine(
            part.text_vi, part.text_en, _whole(part.expression, facts, f"fee.lines[{n}]"), part.unit
        )
        for n, part in enumerate(rule.lines)
        if shown(part.when, facts)
    ]
    return Fee(amount, (*lines, FeeLine(rule.text_vi, rule.text_en, amount)))


def _whole(expression: str, facts: Mapping[str, object], key: str) -> int:
    try:
        value = evaluate(expression, facts, unknown="null")
    except RuleError as broken:
        raise PackageError("procedure.toml", key, str(broken)) from broken
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
        raise PackageError("procedure.toml", key, f"a whole number of đồng, not {value!r}")
    if value < 0:
        raise PackageError("procedure.toml", key, f"0 or more, not {value}")
    return int(value)
