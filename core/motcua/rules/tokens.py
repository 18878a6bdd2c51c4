"""The words of an expression: numbers, strings, names with Vietnamese letters, signs.

Words are read when the parser asks for them, as a context may announce names on the way.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from motcua.rules.errors import RuleError

MAX_TEXT = 10_000
KEYWORDS = frozenset(
    {"and", "or", "in", "between", "if", "then", "else", "for", "return", "some", "every"}
    | {"satisfies", "true", "false", "null"}
)
Kind = Literal["number", "string", "name", "keyword", "sign", "end"]

# Name characters of grammar rules 28 and 29 beyond those that Python takes for letters and digits.
_LETTER = (
    r"\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe"
    r"\uff00-\ufffd\U00010000-\U000effff"
)
_MARK = r"\u00b7\u0300-\u036f\u203f\u2040"
_START = rf"(?:[^\W\d]|[{_LETTER}])"
_SKIP = re.compile(r"(?:[\s\ufeff\u180e\u200b]|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+(?!\w))?", re.ASCII)
_WORD = re.compile(rf"\?|{_START}[\w?{_LETTER}{_MARK}]*")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_SIGN = re.compile(r"\.\.|\*\*|!=|<=|>=|->|[-+*/=<>()\[\]{},.:@]")
_INSTANCE = re.compile(r"instance\s+of\b")
_FUNCTION = re.compile(r"function(?=\s*\()")
_BUILT_IN = re.compile(r"(?:date\s+and\s+time|years\s+and\s+months\s+duration)(?=\s*\()")
_KEY = re.compile(rf"(?={_START}|\?)" + r"[^:{}\[\](),\"\n<>=]+?(?=\s*:)")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


class Token(NamedTuple):
    """One word and where it stands; ``value`` of a string is unescaped, of a name is NFC."""

    kind: Kind
    value: str
    start: int
    end: int


@lru_cache(maxsize=4096)
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


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    plain_text = _ESCAPE.sub(_one_escape, text)
    # Two escapes may be the halves of one letter; a half alone is no letter.
    return plain_text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _one_escape(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) == 1:
        return _ESCAPES.get(code, found[0])
    number = int(code[1:], 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"


class Words:
    """Reads the words of one text."""

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        if len(text) > MAX_TEXT:
            raise RuleError(1, 1, f"longer than {MAX_TEXT} characters", f"dài quá {MAX_TEXT} ký tự")
        self.text = unicodedata.normalize("NFC", text)
        self.names = set(names)
        self.announced = _announced(self.names)
        self.lines = [0, *(m.end() for m in re.finditer("\n", self.text))]

    def announce(self, name: str) -> None:
        """Make one more name readable from here on."""
        if not plain(name) and name not in self.names:
            self.names.add(name)
            self.announced = _announced(self.names)

    def place(self, index: int) -> tuple[int, int]:
        """Return the line and the column of a character, from 1."""
        line = bisect_right(self.lines, index)
        return line, index - self.lines[line - 1] + 1

    def read(self, at: int) -> Token:
        """Return the word that begins at or after a character; raises RuleError on none."""
        text = self.text
        if found := _SKIP.match(text, at):
            at = found.end()
        if at >= len(text):
            return Token("end", "", at, at)
        if self.announced and (found := self.announced.match(text, at)):
            return Token("name", " ".join(found[0].split()), at, found.end())
        if found := _WORD.match(text, at):
            return self._word(found, at)
        if found := _NUMBER.match(text, at):
            return Token("number", found[0], at, found.end())
        if found := _STRING.match(text, at):
            return Token("string", _unescape(found[1]), at, found.end())
        if found := _SIGN.match(text, at):
            return Token("sign", found[0], at, found.end())
        line, column = self.place(at)
        if text[at] == '"':
            raise RuleError(line, column, "a string without its end", "chuỗi thiếu dấu đóng")
        sign = text[at]
        raise RuleError(line, column, f"unexpected character {sign!r}", f"ký tự lạ {sign!r}")

    def _word(self, word: re.Match[str], at: int) -> Token:
        if found := _BUILT_IN.match(self.text, at):
            return Token("name", " ".join(found[0].split()), at, found.end())
        if found := _INSTANCE.match(self.text, at):
            return Token("keyword", "instance of", at, found.end())
        if found := _FUNCTION.match(self.text, at):
            return Token("keyword", "function", at, found.end())
        kind: Kind = "keyword" if word[0] in KEYWORDS else "name"
        return Token(kind, word[0], at, word.end())

    def key(self, at: int) -> Token | None:
        """Return the name before a colon, whatever signs or keywords it holds, if there is one."""
        if found := _SKIP.match(self.text, at):
            at = found.end()
        if found := _KEY.match(self.text, at):
            return Token("name", " ".join(found[0].split()), at, found.end())
        return None
