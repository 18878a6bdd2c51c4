"""One thing that is wrong or doubtful in a package, said to the person who writes it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
_WORDS = {
    "error": ("LỖI", "ERROR"),
    "warning": ("CẢNH BÁO", "WARNING"),
    "note": ("GHI CHÚ", "NOTE"),
}


@dataclass(frozen=True, slots=True)
class LintFinding:
    """What is wrong where, and what to do.

    ``file`` is a file of the package, ``place`` a key in it (``steps[2].role``) or the id of an element,
    ``name`` what people call it. An error keeps the package from being published; a warning should be
    looked at; a note is only to be known. ``do_vi`` and ``do_en`` may be empty where ``vi`` says it all.
    """

    severity: Severity
    file: str
    place: str
    name: str
    vi: str
    en: str
    do_vi: str = ""
    do_en: str = ""

    def text(self, lang: str = "vi") -> str:
        """Return the finding in one line."""
        english = lang == "en"
        where = ": ".join(part for part in (self.file, self.place) if part)
        name = f" ({self.name})" if self.name and self.name != self.place else ""
        what, do = (self.en, self.do_en) if english else (self.vi, self.do_vi)
        advice = f" → {do}" if do else ""
        return f"{_WORDS[self.severity][english]}  {where}{name}: {what}{advice}"

    def to_data(self) -> dict[str, str]:
        """Return the finding as JSON holds it."""
        return {name: getattr(self, name) for name in self.__slots__}


def ordered(findings: Iterable[LintFinding]) -> tuple[LintFinding, ...]:
    """Return findings once each, errors first, otherwise in the order found."""
    return tuple(
        sorted(dict.fromkeys(findings), key=lambda found: SEVERITIES.index(found.severity))
    )


def split_advice(vi: str, en: str) -> tuple[str, str, str, str]:
    """Part a sentence such as ``what is wrong; what to do`` as the process engine says it."""
    what_vi, _, do_vi = vi.partition("; ")
    what_en, _, do_en = en.partition("; ")
    return (what_vi, what_en, do_vi, do_en) if do_vi and do_en else (vi, en, "", "")


def worst(findings: Iterable[LintFinding]) -> Severity | None:
    """Return the gravest severity; None for nothing."""
    found = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in found), None)


def errors(findings: Iterable[LintFinding]) -> Iterator[LintFinding]:
    """Yield what keeps the package from being published."""
    return (found for found in findings if found.severity == "error")
