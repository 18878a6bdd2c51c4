"""The colours of a picture: the house's, and how they change in the dark and on paper.

Every value stands as an attribute, so that a picture is right where no style sheet is allowed. The
style sheet of a picture on its own only says what is different on a dark screen; paper is light.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FONT = "Be Vietnam Pro, Segoe UI, Roboto, Noto Sans, system-ui, Arial, sans-serif"
PAPER, INK, SOFT, LINE, FAINT = "#ffffff", "#16212a", "#47545f", "#6c7983", "#d9dfe1"
BRAND, TINT, BAD, BAD_TINT, BAND = "#0d5660", "#e1eeef", "#a11a1f", "#fcebea", "#f3f5f5"


@dataclass(frozen=True, slots=True)
class Look:
    """How an element is drawn; ``name`` is its class in the style sheet."""

    name: str
    fill: str
    stroke: str
    ink: str
    weight: float
    dash: str = ""


_TODO = Look("todo", PAPER, LINE, INK, 1.5)
_DONE = Look("done", TINT, BRAND, INK, 1.8)
_NOW = Look("now", BRAND, BRAND, PAPER, 3)
_LATE = Look("late", BAD_TINT, BAD, INK, 3, "8 4")
_NOW_LATE = Look("now late-now", BAD, BAD, PAPER, 3)


def look(*, now: bool, done: bool, late: bool) -> Look:
    """Return how an element with these marks is drawn."""
    if now:
        return _NOW_LATE if late else _NOW
    if late:
        return _LATE
    return _DONE if done else _TODO


_DARK: Mapping[str, str] = {
    ".paper": "fill:#10171c",
    ".ink": "fill:#e8eef0",
    ".soft": "fill:#b4c0c7",
    ".halo": "stroke:#10171c",
    ".band": "fill:#162027;stroke:#3a4852",
    ".strip": "fill:#1d2a32;stroke:#3a4852",
    ".todo .box": "fill:#18232a;stroke:#8d9ca6",
    ".todo .sign": "stroke:#c2cdd3",
    ".todo .dark": "fill:#c2cdd3;stroke:#c2cdd3",
    ".done .box": "fill:#123237;stroke:#67b9c3",
    ".done .sign": "stroke:#9fdbe2",
    ".done .dark": "fill:#9fdbe2;stroke:#9fdbe2",
    ".now .box": "fill:#8fd6de;stroke:#8fd6de",
    ".now .ink, .badge text": "fill:#06262b",
    ".now .sign": "stroke:#06262b",
    ".now .dark": "fill:#06262b;stroke:#06262b",
    ".late .box": "fill:#3b1618;stroke:#ff9c98",
    ".late .sign": "stroke:#ffc4c1",
    ".late .dark": "fill:#ffc4c1;stroke:#ffc4c1",
    ".late-now .box": "fill:#ffaba6;stroke:#ffaba6",
    ".flow": "stroke:#8d9ca6",
    ".flow.tip": "fill:#8d9ca6",
    ".taken .flow": "stroke:#67b9c3",
    ".taken .flow.tip": "fill:#67b9c3",
    ".badge": "fill:#8fd6de",
    ".badge.bad": "fill:#ffaba6",
    ".badge path": "stroke:#06262b",
}


def style_sheet() -> str:
    """Return the style sheet of a picture that stands on its own."""
    rules = "".join(f"{selector}{{{values}}}" for selector, values in _DARK.items())
    return f"@media screen and (prefers-color-scheme:dark){{{rules}}}"
