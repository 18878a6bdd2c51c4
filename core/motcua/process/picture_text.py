"""Text on a picture: how wide it is, where its lines break, and what is left when it is too long.

A picture is made without a browser, so widths come from a table: thousandths of the letter size, after
Noto Sans, one of the widest of the faces we name. A letter with marks is as wide as its base letter.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_BY_WIDTH: Mapping[int, str] = {
    225: "'", 262: " ijl", 285: "!,.:;J|", 310: "()`", 335: "-[]If", 365: "t/\\", 385: "{}",
    415: 'r"', 440: "?_", 475: "zcs", 515: "vyFL", 535: "kx*", 565: "TEaeS$+0123456789<=>YZ^~",
    595: "XPVo\u2022", 620: "KRbdghnpqu", 640: "AC", 655: "#B\u0111\u01a1", 690: "\u01b0",
    735: "&DGU\u0110", 765: "HN", 790: "OQw\u2026\u01a0\u01af", 830: "%", 910: "M@", 940: "Wm",
}  # fmt: skip
_WIDTHS = {letter: width / 1000 for width, letters in _BY_WIDTH.items() for letter in letters}
_OTHER, _WIDE, _BOLD, _LINE = 0.62, 1.02, 1.07, 1.28
MORE = "…"


@dataclass(frozen=True, slots=True)
class Lines:
    """A text as it is set; ``shortened`` says that not all of it fits."""

    lines: tuple[str, ...]
    size: float
    shortened: bool
    bold: bool = False

    @property
    def step(self) -> float:
        """The distance from one line to the next."""
        return self.size * _LINE

    @property
    def height(self) -> float:
        """The height of all lines."""
        return self.step * len(self.lines)

    @property
    def width(self) -> float:
        """The width of the longest line."""
        return max((width(line, self.size, bold=self.bold) for line in self.lines), default=0.0)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a line of text is."""
    return (
        sum(_letter(c) for c in unicodedata.normalize("NFC", text)) * size * (_BOLD if bold else 1)
    )


def _letter(letter: str) -> float:
    known = _WIDTHS.get(letter)
    if known is not None:
        return known
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return _WIDE
    if unicodedata.combining(letter):
        return 0.0
    base = unicodedata.normalize("NFD", letter)[0]
    return _WIDTHS.get(base, _OTHER)


def wrapped(text: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines not wider than ``room``; a word that is wider itself is cut."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined, size, bold=bold) <= room:
            lines[-1] = joined
            continue
        lines += _pieces(word, room, size, bold=bold)
    return lines


def _pieces(word: str, room: float, size: float, *, bold: bool) -> list[str]:
    if width(word, size, bold=bold) <= room:
        return [word]
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, size, bold=bold) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def fitted(
    text: str,
    room: float,
    height: float,
    *,
    sizes: tuple[float, ...] = (12, 11, 10),
    bold: bool = False,
) -> Lines:
    """Set a text into a room: in the first of the sizes in which all of it fits, else shortened.

    At least one line is always set, even where the room is too low for it.
    """
    # Nobody reads a name of a thousand words on a picture; it stands in full in the title.
    text = text[:2_000]
    for size in sizes:
        lines = wrapped(text, room, size, bold=bold)
        if len(lines) * size * _LINE <= height and not _breaks_words(text, lines):
            return Lines(tuple(lines), size, shortened=False, bold=bold)
    size = sizes[-1]
    lines = wrapped(text, room, size, bold=bold)
    count = max(1, int(height / (size * _LINE)))
    if len(lines) <= count:
        return Lines(tuple(lines), size, shortened=False, bold=bold)
    last = _shortened(lines[count - 1], room, size, bold=bold)
    return Lines((*lines[: count - 1], last), size, shortened=True, bold=bold)


def _breaks_words(text: str, lines: list[str]) -> bool:
    return " ".join(lines) != " ".join(text.split())


def _shortened(line: str, room: float, size: float, *, bold: bool) -> str:
    while line and width(line + MORE, size, bold=bold) > room:
        line = line[:-1].rstrip()
    return line + MORE
