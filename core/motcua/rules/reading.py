"""What a parser stands on: the word at hand, mistakes with their place, names, and types."""

import re
from collections.abc import Collection, Iterable, Mapping

from motcua.rules.errors import RuleError
from motcua.rules.tokens import Token, Words
from motcua.rules.types import NAMED, Type

MAX_NESTING = 40
_LONG_TYPES = re.compile(
    r"\s*(date\s+and\s+time|days\s+and\s+time\s+duration|years\s+and\s+months\s+duration)\b"
)
_TYPE_WORD = re.compile(r"[^\W\d]\w*")
_GENERIC = ("list", "range", "context", "function")


class Reading:
    """Reads one text; ``functions`` are the built-in ones, ``types`` those with a name."""

    def __init__(
        self, text: str, names: Iterable[str], functions: Collection[str],
        types: Mapping[str, Type] = NAMED,
    ) -> None:  # fmt: skip
        self.words_of = Words(text, names)
        self.functions, self.types = functions, types
        self.nesting = 0
        self.bound: list[str] = []
        self.plain_ends = False  # inside the end of a range, '[' closes and does not filter
        self.now: Token = self.words_of.read(0)

    @property
    def at(self) -> tuple[int, int]:
        return self.words_of.place(self.now.start)

    def unexpected(self, wanted: str = "") -> RuleError:
        found = f"'{self.now.value}'" if self.now.kind != "end" else "the end"
        found_vi = f"'{self.now.value}'" if self.now.kind != "end" else "hết biểu thức"
        more, more_vi = (f", expected '{wanted}'", f", cần '{wanted}'") if wanted else ("", "")
        return RuleError(*self.at, f"unexpected {found}{more}", f"không hiểu {found_vi}{more_vi}")

    def take(self) -> Token:
        token = self.now
        self.now = self.words_of.read(token.end)
        return token

    def back(self, token: Token) -> None:
        self.now = token

    def sees(self, *values: str) -> bool:
        return self.now.kind in ("sign", "keyword") and self.now.value in values

    def skip(self, value: str) -> bool:
        if self.sees(value):
            self.take()
            return True
        return False

    def need(self, value: str) -> None:
        if not self.skip(value):
            raise self.unexpected(value)

    def words(self) -> str:
        if self.now.kind != "name":
            raise self.unexpected()
        found = [self.take().value]
        while self.now.kind == "name":
            found.append(self.take().value)
        return " ".join(found)

    def key(self) -> str:
        if self.now.kind == "string":
            return self.take().value
        found = self.words_of.key(self.now.start)
        if found is None:
            raise self.unexpected()
        self.now = self.words_of.read(found.end)
        return found.value

    def type_after(self, at: int) -> Type:
        """Read a type that begins at a character, and go on behind it."""
        text = self.words_of.text
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise RuleError(*self.at, "too deeply nested", "biểu thức lồng quá sâu")
        while at < len(text) and text[at].isspace():
            at += 1
        place = self.words_of.place(at)
        name, end = self._type_name(at)
        if not name:
            raise RuleError(*place, "a type is expected", "cần tên một kiểu")
        self.now = self.words_of.read(end)
        if name in _GENERIC and self.sees("<"):
            made = self.type_inside(name)
        elif name in self.types:
            made = self.types[name]
        else:
            raise RuleError(*place, f"unknown type '{name}'", f"không có kiểu '{name}'")
        self.nesting -= 1
        return made

    def _type_name(self, at: int) -> tuple[str, int]:
        """Return the longest known name of a type at a character, else the word, and its end."""
        text = self.words_of.text
        if found := _LONG_TYPES.match(text, at):
            return " ".join(found[1].split()), found.end()
        for name in sorted(self.types, key=len, reverse=True):
            end = at + len(name)
            if text.startswith(name, at) and not text[end : end + 1].isalnum():
                return name, end
        word = _TYPE_WORD.match(text, at)
        return (word[0], word.end()) if word else ("", at)

    def type_inside(self, name: str) -> Type:
        """Read what stands between ``<`` and ``>``."""
        end = self.now.end
        if name in ("list", "range"):
            made = Type(name, self.type_after(end))
            self.need(">")
            return made
        if name == "context":
            return self.type_of_context()
        takes = []
        self.take()
        while not self.sees(">"):
            takes.append(self.type_after(self.now.end if self.sees(",") else self.now.start))
        self.need(">")
        if not self.sees("->"):
            raise self.unexpected("->")
        return Type("function", self.type_after(self.now.end), takes=tuple(takes))

    def type_of_context(self) -> Type:
        self.take()
        fields: dict[str, Type] = {}
        while not self.sees(">"):
            if fields:
                self.need(",")
            key = self.key()
            if not self.sees(":"):
                raise self.unexpected(":")
            fields[key] = self.type_after(self.now.end)
        self.take()
        return Type("context", fields=fields)
