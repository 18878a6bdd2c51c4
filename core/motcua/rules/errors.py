"""What can be wrong with an expression or a decision file, said with the place where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from motcua.errors import Invalid


class RuleError(Invalid):
    """An expression that cannot be read or computed; line and column count from 1.

    Reads as ``line 1, column 14: unknown name 'lệ phí'``; ``vi`` says the same in Vietnamese.
    """

    slug = "rule-error"

    def __init__(self, line: int, column: int, message: str, message_vi: str = "") -> None:
        self.line = line
        self.column = column
        self.message = message
        self.message_vi = message_vi or message
        super().__init__(
            f"dòng {line}, cột {column}: {self.message_vi}",
            f"line {line}, column {column}: {message}",
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in a decision file: the element's id, tag and name, and what is wrong.

    A ``warning`` does not keep the file from being used.
    """

    element: str
    tag: str
    name: str
    vi: str
    en: str
    level: Literal["error", "warning"] = "error"

    @property
    def place(self) -> str:
        """The element as a person finds it in a modeller: ``decision 'Lệ phí' (d_1)``."""
        name = f" '{self.name}'" if self.name else ""
        return f"{self.tag}{name} ({self.element})" if self.element else f"{self.tag}{name}"


class DecisionError(Invalid):
    """A decision file that cannot be used; ``findings`` holds every mistake."""

    slug = "decision-error"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        super().__init__(
            f"{first.place}: {first.vi}",
            f"{first.place}: {first.en}",
            fields={each.element or each.tag: each.vi for each in self.findings},
        )
