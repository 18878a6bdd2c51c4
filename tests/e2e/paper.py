"""What stands on paper: the letters of each page of a PDF that the browser printed, spaces left out."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf

_ONE = re.compile(rb"^<(\w{4})> <(\w+)>$", re.MULTILINE)
_RUN = re.compile(rb"^<(\w{4})> <(\w{4})> <(\w+)>$", re.MULTILINE)


def pages(pdf: bytes) -> list[str]:
    """Return the letters of every page; a blank page is empty."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return ["".join(_letters(page)) for page in opened.pages]


def _letters(page: pikepdf.Page) -> Iterator[str]:
    known: dict[int, str] = {}
    for step in pikepdf.parse_content_stream(page, operators="Tf Tj TJ"):
        operands: Any = step.operands
        if str(step.operator) == "Tf":
            known = _alphabet(page.resources.Font[operands[0]])
        else:
            for shown in _strings(operands[0]):
                glyphs = (int.from_bytes(shown[n : n + 2], "big") for n in range(0, len(shown), 2))
                yield from (known[glyph] for glyph in glyphs if not known[glyph].isspace())


def _strings(operand: Any) -> list[bytes]:
    parts = operand if isinstance(operand, pikepdf.Array) else [operand]
    return [bytes(part) for part in parts if isinstance(part, pikepdf.String)]


def _alphabet(font: Any) -> dict[int, str]:
    """Read which letters the glyphs of a font stand for."""
    told = font.ToUnicode.read_bytes()
    found = {int(glyph, 16): _text(letter) for glyph, letter in _ONE.findall(told)}
    for first, last, letter in _RUN.findall(told):
        glyphs = range(int(first, 16), int(last, 16) + 1)
        found |= {glyph: chr(int(letter, 16) + n) for n, glyph in enumerate(glyphs)}
    return found


def _text(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be")
