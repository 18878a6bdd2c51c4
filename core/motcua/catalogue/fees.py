"""What a procedure costs, with the derivation that is shown to the person who pays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from motcua.catalogue.decisions import ask, holds, whole
from motcua.catalogue.fields import Value
from motcua.catalogue.overlay import apply
from motcua.catalogue.packages import Package
from motcua.catalogue.procedure import FeeRule, Rule
from motcua.text import vn_money

#: How a dossier comes, where nothing else is said.
CHANNEL = "online"
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
    package: Package,
    answers: Mapping[str, Value],
    overlay: Mapping[str, Any] = _NOTHING,
    *,
    channel: str = CHANNEL,
) -> Fee:
    """Compute the fee of the answers' case for clean answers, after the tenant's overlay.

    ``channel`` is how the dossier comes (``direct``, ``online``, ``post``); rules may ask for it by that name.
    Raises ``PackageError`` when the rule gives anything but a whole amount of đồng, 0 or more.
    """
    used = apply(package, overlay) if overlay else package
    rule, facts = used.case_for(answers).fee, {**used.facts(answers), "channel": channel}
    lines = [
        FeeLine(part.text_vi, part.text_en, _value(part.expression, facts, n), part.unit)
        for n, part in enumerate(rule.lines)
        if holds(part.when, facts, f"fee.lines[{n}].when")
    ]
    amount = _amount(rule, facts, used.decisions)
    return Fee(amount, (*lines, FeeLine(rule.text_vi, rule.text_en, amount)))


def _amount(rule: FeeRule, facts: Mapping[str, object], files: Mapping[str, str]) -> int:
    if rule.amount is not None:
        return rule.amount
    asked = Rule(expression=rule.expression, decision=rule.decision)
    key = "fee.expression" if rule.expression else f"fee.decision ({rule.decision})"
    return whole(ask(asked, facts, files, "fee"), key)


def _value(expression: str, facts: Mapping[str, object], n: int) -> int:
    key = f"fee.lines[{n}]"
    return whole(ask(Rule(expression=expression), facts, {}, key), key)
