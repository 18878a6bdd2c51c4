"""The words of an expression: numbers, strings, names with Vietnamese letters, signs."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from motcua.rules.errors import RuleError

MAX_TEXT = 10_000
KEYWORDS = frozenset(
    {"and", "or", "in", "between", "if", "then", "else", "for", "return", "some", "every"}
    | {"satisfies", "true", "false", "null"}
)
Kind = Literal["number", "string", "name", "keyword", "sign", "end"]

_SKIP = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+", re.ASCII)
_WORD = re.compile(r"[^\W\d][\w?]*")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_SIGN = re.compile(r"\.\.|\*\*|!=|<=|>=|[-+*/=<>()\[\],.]")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word with its place; ``value`` of a string is unescaped, of a name is NFC."""

    kind: Kind
    value: str
    line: int
    column: int


def plain(name: str) -> bool:
    """Return whether a name is readable without being announced: words, none of them a keyword."""
    return all(_WORD.fullmatch(w) and w not in KEYWORDS for w in name.split(" "))


def _announced(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern for names that hold a keyword, a digit word or a sign; the longest wins."""
    odd = sorted({n for n in names if n.strip() and not plain(n) and n not in KEYWORDS}, key=len)
    if not odd:
        return None
    each = (r"\s+".join(re.escape(w) for w in n.split()) for n in reversed(odd))
    return re.compile(rf"(?:{'|'.join(each)})(?!\w)")


def _unescape(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] == "u" and len(code) == 5:
        return chr(int(code[1:], 16))
    return _ESCAPES.get(code, found[0])


class _Reader:
    def __init__(self, text: str, names: Iterable[str]) -> None:
        if len(text) > MAX_TEXT:
            raise RuleError(1, 1, f"longer than {MAX_TEXT} characters", f"dài quá {MAX_TEXT} ký tự")
        self.text = unicodedata.normalize("NFC", text)
        self.announced = _announced(names)
        self.tokens: list[Token] = []
        self.line, self.line_start, self.counted = 1, 0, 0

    def place(self, index: int) -> tuple[int, int]:
        breaks = self.text.count("\n", self.counted, index)
        if breaks:
            self.line += breaks
            self.line_start = self.text.rfind("\n", self.counted, index) + 1
        self.counted = index
        return self.line, index - self.line_start + 1

    def add(self, kind: Kind, value: str, start: int, end: int) -> int:
        self.tokens.append(Token(kind, value, *self.place(start)))
        return end

    def one(self, at: int) -> int:
        if self.announced and (found := self.announced.match(self.text, at)):
            return self.add("name", " ".join(found[0].split()), at, found.end())
        if found := _NUMBER.match(self.text, at):
            return self.add("number", found[0], at, found.end())
        if found := _WORD.match(self.text, at):
            kind: Kind = "keyword" if found[0] in KEYWORDS else "name"
            return self.add(kind, found[0], at, found.end())
        if found := _STRING.match(self.text, at):
            return self.add("string", _ESCAPE.sub(_unescape, found[1]), at, found.end())
        if found := _SIGN.match(self.text, at):
            return self.add("sign", found[0], at, found.end())
        line, column = self.place(at)
        if self.text[at] == '"':
            raise RuleError(line, column, "a string without its end", "chuỗi thiếu dấu đóng")
        sign = self.text[at]
        raise RuleError(line, column, f"unexpected character {sign!r}", f"ký tự lạ {sign!r}")

    def all(self) -> list[Token]:
        at = 0
        while True:
            if found := _SKIP.match(self.text, at):
                at = found.end()
            if at >= len(self.text):
                self.add("end", "", at, at)
                return self.tokens
            at = self.one(at)


def tokenize(text: str, names: Iterable[str] = ()) -> list[Token]:
    """Return the tokens of a text, the last of kind ``end``; raises RuleError on what is no token.

    ``names`` announces names that cannot be told from the text alone, such as ``số bản in`` (``in``
    is a keyword) or ``thu nhập/người``.
    """
    return _Reader(text, names).all()
