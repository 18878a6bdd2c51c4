"""From the text of a regular expression (XPath 2.0 section 7.6.1) to the program that runs it."""

import unicodedata
from functools import lru_cache
from typing import Any

from motcua.rules.patterns import Pattern, PatternError, Step, Test

MAX_PATTERN = 1_000
MAX_PROGRAM = 3_000
MAX_REPEAT = 1_000
MAX_GROUPS = 30
_MAX_NESTING = 30

Node = tuple[str, Any]


@lru_cache(maxsize=256)
def compile_pattern(text: str, flags: str = "") -> Pattern:
    """Read a pattern with the flags s, m, i, x; raises PatternError."""
    if len(text) > MAX_PATTERN:
        raise PatternError(f"longer than {MAX_PATTERN} characters")
    if set(flags) - set("smix"):
        raise PatternError("flags are s, m, i and x")
    reader = _Reader(text, flags)
    tree = reader.alternatives()
    if reader.at < len(reader.text):
        raise PatternError("')' without '('")
    program: list[Step] = []
    _emit(("group", (0, tree)), program)
    program.append(Step("match"))
    return Pattern(tuple(program), reader.groups, "m" in flags, reader.refers_back)


def _emit(node: Node, program: list[Step]) -> None:
    word, content = node
    if len(program) > MAX_PROGRAM:
        raise PatternError("the pattern is too large")
    if word == "char":
        program.append(Step("char", content))
    elif word in ("start", "end"):
        program.append(Step(word))
    elif word == "again":
        number, fold = content
        program.append(Step("again", first=number, second=int(fold)))
    elif word == "all":
        for each in content:
            _emit(each, program)
    elif word == "group":
        number, inner = content
        program.append(Step("save", first=number * 2))
        _emit(inner, program)
        program.append(Step("save", first=number * 2 + 1))
    elif word == "any":
        _emit_any(content, program)
    else:
        of, least, most, greedy = content
        _emit_repeat(of, least, most, greedy, program)


def _emit_any(ways: list[Node], program: list[Step]) -> None:
    ends = []
    for way in ways[:-1]:
        fork = len(program)
        program.append(Step("split"))
        _emit(way, program)
        ends.append(len(program))
        program.append(Step("jump"))
        program[fork] = Step("split", first=fork + 1, second=len(program))
    _emit(ways[-1], program)
    for end in ends:
        program[end] = Step("jump", first=len(program))


def _emit_repeat(of: Node, least: int, most: int | None, greedy: bool, program: list[Step]) -> None:
    for _ in range(least):
        before = len(program)
        _emit(of, program)
        if len(program) == before:  # nothing, however often
            return
    if most is None:
        fork = len(program)
        program.append(Step("split"))
        _emit(of, program)
        program.append(Step("jump", first=fork))
        program[fork] = _fork(fork + 1, len(program), greedy)
        return
    forks = []
    for _ in range(most - least):
        forks.append(len(program))
        program.append(Step("split"))
        _emit(of, program)
    for fork in forks:
        program[fork] = _fork(fork + 1, len(program), greedy)


def _fork(on: int, out: int, greedy: bool) -> Step:
    first, second = (on, out) if greedy else (out, on)
    return Step("split", first=first, second=second)


def _digit(char: str) -> bool:
    return unicodedata.category(char) == "Nd"


def _word(char: str) -> bool:
    return unicodedata.category(char)[0] not in "PZC"


def _name_start(char: str) -> bool:
    return char.isalpha() or char in "_:"


_CLASSES: dict[str, Test] = {
    "d": _digit,
    "w": _word,
    "s": lambda char: char in " \t\n\r",
    "i": _name_start,
    "c": lambda char: _name_start(char) or char.isdigit() or char in "-.·",
}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_BLOCKS = {"IsBasicLatin": (0, 0x7F), "IsLatin-1Supplement": (0x80, 0xFF),
           "IsLatinExtended-A": (0x100, 0x17F), "IsLatinExtended-B": (0x180, 0x24F),
           "IsLatinExtendedAdditional": (0x1E00, 0x1EFF),
           "IsGreek": (0x370, 0x3FF), "IsCyrillic": (0x400, 0x4FF)}  # fmt: skip


def _not(test: Test) -> Test:
    return lambda char: not test(char)


def _either(tests: list[Test]) -> Test:
    return lambda char: any(test(char) for test in tests)


class _Reader:
    def __init__(self, text: str, flags: str) -> None:
        self.text = _without_space(text) if "x" in flags else text
        self.at, self.groups, self.nesting = 0, 1, 0
        self.dot_all, self.fold = "s" in flags, "i" in flags
        self.closed: set[int] = set()
        self.refers_back = False

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        char = self.text[self.at : self.at + 1]
        if not char:
            raise PatternError("the pattern ends too early")
        self.at += 1
        return char

    def alternatives(self) -> Node:
        self.nesting += 1
        if self.nesting > _MAX_NESTING:
            raise PatternError("too deeply nested")
        ways = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            ways.append(self.sequence())
        self.nesting -= 1
        return ("any", ways) if len(ways) > 1 else ways[0]

    def sequence(self) -> Node:
        found = []
        while self.peek() not in ("", "|", ")"):
            found.append(self.repeated())
        return "all", found

    def repeated(self) -> Node:
        of = self.atom()
        sign = self.peek()
        if not sign or sign not in "?*+{":
            return of
        self.at += 1
        least, most = {"?": (0, 1), "*": (0, None), "+": (1, None), "{": (0, None)}[sign]
        if sign == "{":
            least, most = self.counts()
        lazy = self.peek() == "?"
        self.at += lazy
        if self.peek() and self.peek() in "?*+{":
            raise PatternError("two quantifiers in a row")
        return "repeat", (of, least, most, not lazy)

    def counts(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at : max(end, 0)].partition(",")
        bad = not low.isdecimal() or (high and not high.isdecimal()) or len(low + high) > 8
        if end < 0 or bad:
            raise PatternError("a wrong number of repetitions")
        self.at = end + 1
        least = int(low)
        most = least if not comma else int(high) if high else None
        if least > MAX_REPEAT or (most is not None and not least <= most <= MAX_REPEAT):
            raise PatternError("a wrong number of repetitions")
        return least, most

    def atom(self) -> Node:
        char = self.take()
        if char == "(":
            return self.group()
        if char in "^$":
            return ("start" if char == "^" else "end"), None
        if char == ".":
            return "char", (lambda _: True) if self.dot_all else (lambda char: char not in "\n\r")
        if char == "[":
            return "char", self.bracket()
        if char == "\\":
            return self.reference() if self.peek() in set("123456789") else ("char", self.escape())
        if char in "?*+{}]":
            raise PatternError(f"'{char}' stands alone")
        return "char", self.one(char)

    def reference(self) -> Node:
        """Read ``\\1``: as many digits as make a group that is closed already."""
        number = int(self.take())
        if number not in self.closed:
            raise PatternError(f"there is no closed group {number}")
        while self.peek() in set("0123456789") and number * 10 + int(self.peek()) in self.closed:
            number = number * 10 + int(self.take())
        self.refers_back = True
        return "again", (number, self.fold)

    def group(self) -> Node:
        number = 0
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self.peek() == "?":
            raise PatternError("'(?' is not supported")
        else:
            number, self.groups = self.groups, self.groups + 1
        if self.groups > MAX_GROUPS:
            raise PatternError("too many groups")
        inner = self.alternatives()
        if self.take() != ")":
            raise PatternError("'(' without ')'")
        self.closed.add(number)
        return ("group", (number, inner)) if number else inner

    def one(self, char: str) -> Test:
        """Return the test for a character, with the flag i also for its other cases."""
        if not self.fold:
            return lambda each: each == char
        lower, upper = char.lower(), char.upper()
        return lambda each: each == char or each.lower() == lower or each.upper() == upper

    def escape(self) -> Test:
        char = self.take()
        if char in "pP":
            test = self.property()
            return test if char == "p" else _not(test)
        if char.lower() in _CLASSES:
            test = _CLASSES[char.lower()]
            return test if char.islower() else _not(test)
        return self.one(self.plain_escape(char))

    def plain_escape(self, char: str) -> str:
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char.isalnum():
            raise PatternError(f"'\\{char}' is not supported")
        return char

    def property(self) -> Test:
        end = self.text.find("}", self.at)
        if self.take() != "{" or end < 0:
            raise PatternError("'\\p' without a property")
        name = self.text[self.at : end]
        self.at = end + 1
        if name in _BLOCKS:
            low, high = _BLOCKS[name]
            return lambda char: low <= ord(char) <= high
        if not 1 <= len(name) <= 2 or name[0] not in "LMNPZSC":
            raise PatternError(f"unknown property '{name}'")
        return lambda char: unicodedata.category(char).startswith(name)

    def bracket(self) -> Test:
        self.nesting += 1
        if self.nesting > _MAX_NESTING:
            raise PatternError("too deeply nested")
        inverted = self.text.startswith("^", self.at)
        self.at += inverted
        tests: list[Test] = []
        without: Test | None = None
        while (char := self.take()) != "]" or not tests:
            if char == "]" or without:
                raise PatternError("an empty or wrong character class")
            if char == "-" and self.text.startswith("[", self.at):
                self.at += 1
                without = self.bracket()
                continue
            tests.append(self.member(char))
        self.nesting -= 1
        found = _not(_either(tests)) if inverted else _either(tests)
        kept, minus = found, without
        return kept if minus is None else lambda char: kept(char) and not minus(char)

    def member(self, char: str) -> Test:
        if char == "[":
            raise PatternError("'[' inside a character class")
        if char == "\\":
            sign = self.take()
            if sign.lower() in _CLASSES or sign in "pP":
                self.at -= 1
                return self.escape()
            char = self.plain_escape(sign)
        following = self.text[self.at : self.at + 2]
        if len(following) < 2 or following[0] != "-" or following[1] in "[]":
            return self.one(char)
        self.at += 1
        last = self.take()
        if last == "\\":
            last = self.plain_escape(self.take())
        if last < char:
            raise PatternError("a range that runs backwards")
        if not self.fold:
            return lambda each: char <= each <= last
        return lambda each: any(
            char <= case <= last
            for case in (each, each.lower()[:1], each.upper()[:1], each.lower().upper()[:1])
        )


def _without_space(text: str) -> str:
    """Return a pattern without its white space, but that in character classes (flag x)."""
    found, depth, escaped = [], 0, False
    for char in text:
        if char not in " \t\n\r" or depth:
            depth += 0 if escaped else (char == "[") - (char == "]" and depth > 0)
            escaped = char == "\\" and not escaped
            found.append(char)
    return "".join(found)
