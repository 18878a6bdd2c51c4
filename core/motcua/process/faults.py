"""What is wrong with a process diagram, told to the person who draws it."""

from collections.abc import Sequence
from dataclasses import dataclass

from motcua.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: the element's id, tag and name, what is wrong and what to draw instead."""

    element: str
    tag: str
    name: str
    vi: str
    en: str

    @property
    def place(self) -> str:
        """The element as a person finds it in a modeller: ``userTask 'Thẩm định' (Task_1)``."""
        name = f" '{self.name}'" if self.name else ""
        return f"{self.tag}{name} ({self.element})" if self.element else self.tag


class ProcessError(Invalid):
    """A diagram that cannot be run; ``findings`` holds every mistake, the first is the message."""

    slug = "process-error"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        self.element, self.name = first.element, first.name
        super().__init__(
            f"{first.place}: {first.vi}",
            f"{first.place}: {first.en}",
            fields={f.element or f.tag: (f.vi, f.en) for f in self.findings},
        )


class CannotMove(Conflict):
    """A case that cannot move to another version; ``reasons`` names each place that hinders it."""

    slug = "cannot-move"

    def __init__(self, reasons: Sequence[Finding]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(
            "; ".join(f"{reason.place}: {reason.vi}" for reason in self.reasons),
            "; ".join(f"{reason.place}: {reason.en}" for reason in self.reasons),
        )
