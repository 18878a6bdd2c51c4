"""Regular expressions as data (XPath 2.0 section 7.6.1, what FEEL's matches, replace, split read).

Read into a small program that runs all alternatives side by side, one character at a time, so the
time grows with length of text times length of pattern and never explodes; every step is taken from
the budget of the computation. Back-references cannot be run this way: a pattern with one tries one
alternative after the other, and what explodes there meets the end of the budget.
"""

from collections.abc import Callable
from dataclasses import dataclass

Test = Callable[[str], bool]


class PatternError(ValueError):
    """A pattern or a replacement that cannot be used."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: ``char`` a test; ``split`` first and second way; ``save`` a slot; others.

    ``again`` reads what a group has read, in either case where ``second`` is 1.
    """

    word: str
    test: Test | None = None
    first: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; slots 2n and 2n+1 of a match are the ends of group n."""

    program: tuple[Step, ...]
    groups: int
    multiline: bool
    refers_back: bool = False

    def search(self, text: str, start: int, spend: Callable[[int], None]) -> list[int] | None:
        """Return the slots of the leftmost match from ``start`` on, -1 for what took no part."""
        if self.refers_back:
            tries = (self._try(text, at, spend) for at in range(start, len(text) + 1))
            return next((slots for slots in tries if slots is not None), None)
        found: list[int] | None = None
        threads: list[tuple[int, list[int]]] = []
        at = start
        while True:
            if found is None:
                self._follow(threads, {n for n, _ in threads}, 0, [-1] * self.groups * 2, text, at)
            spend(len(threads) // 4 + 1)
            if threads:
                threads, found = self._advance(threads, text, at, found)
            if at >= len(text) or (found is not None and not threads):
                return found
            at += 1

    def _advance(
        self, threads: list[tuple[int, list[int]]], text: str, at: int, found: list[int] | None
    ) -> tuple[list[tuple[int, list[int]]], list[int] | None]:
        after: list[tuple[int, list[int]]] = []
        seen: set[int] = set()
        for number, slots in threads:
            step = self.program[number]
            if step.word == "match":
                return after, slots
            if at < len(text) and step.test is not None and step.test(text[at]):
                self._follow(after, seen, number + 1, slots, text, at + 1)
        return after, found

    def _follow(
        self, threads: list[tuple[int, list[int]]], seen: set[int], number: int,
        slots: list[int], text: str, at: int,
    ) -> None:  # fmt: skip
        """Add the thread and all that it reaches without reading, most wanted first."""
        todo = [(number, slots)]
        while todo:
            number, slots = todo.pop()
            step = self.program[number]
            if number in seen:
                continue
            seen.add(number)
            if step.word == "split":
                todo += [(step.second, slots), (step.first, slots)]
            elif step.word == "jump":
                todo.append((step.first, slots))
            elif step.word == "save":
                slots = slots.copy()
                slots[step.first] = at
                todo.append((number + 1, slots))
            elif step.word in ("start", "end"):
                if self._edge(step.word, text, at):
                    todo.append((number + 1, slots))
            else:
                threads.append((number, slots))

    def _try(self, text: str, start: int, spend: Callable[[int], None]) -> list[int] | None:
        """Return the slots of the match that begins at a character, one way after the other."""
        todo = [(0, start, [-1] * self.groups * 2)]
        while todo:
            number, at, slots = todo.pop()
            step = self.program[number]
            spend(1)
            if step.word == "match":
                return slots
            if step.word == "split":
                todo += [(step.second, at, slots), (step.first, at, slots)]
            elif step.word == "jump":
                todo.append((step.first, at, slots))
            elif step.word == "save":
                slots = slots.copy()
                slots[step.first] = at
                todo.append((number + 1, at, slots))
            elif step.word in ("start", "end"):
                if self._edge(step.word, text, at):
                    todo.append((number + 1, at, slots))
            else:
                after = _after(step, text, at, slots)
                todo += [] if after is None else [(number + 1, after, slots)]
        return None

    def _edge(self, word: str, text: str, at: int) -> bool:
        if word == "start":
            return at == 0 or (self.multiline and text[at - 1] == "\n")
        return at == len(text) or (self.multiline and text[at] == "\n")


def _after(step: Step, text: str, at: int, slots: list[int]) -> int | None:
    """Return the place behind what a step reads, None when it does not stand there."""
    if step.word == "again":
        read = text[slots[step.first * 2] : slots[step.first * 2 + 1]]
        here = text[at : at + len(read)]
        same = here == read or (step.second == 1 and here.casefold() == read.casefold())
        return at + len(read) if same else None
    return at + 1 if at < len(text) and step.test is not None and step.test(text[at]) else None


def replace(
    text: str, pattern: Pattern, replacement: str, limit: int, spend: Callable[[int], None]
) -> str:
    """Return the text with every match replaced; raises PatternError, also above ``limit``."""
    parts, size, last = [], 0, 0
    for slots in _every(text, pattern, spend):
        parts += [text[last : slots[0]], _fill(replacement, text, slots)]
        last = slots[1]
        size += len(parts[-1]) + len(parts[-2])
        if size > limit:
            raise PatternError("the text becomes too long")
    return "".join([*parts, text[last:]])


def split(text: str, pattern: Pattern, spend: Callable[[int], None]) -> tuple[str, ...]:
    """Return what stands between the matches; raises PatternError."""
    parts, last = [], 0
    for slots in _every(text, pattern, spend):
        parts.append(text[last : slots[0]])
        last = slots[1]
    return (*parts, text[last:])


def _every(text: str, pattern: Pattern, spend: Callable[[int], None]) -> list[list[int]]:
    if pattern.search("", 0, spend) is not None:
        raise PatternError("the pattern matches nothing at all")
    found, at = [], 0
    while (slots := pattern.search(text, at, spend)) is not None:
        if slots[1] == slots[0]:
            raise PatternError("the pattern matches nothing at all")
        found.append(slots)
        at = slots[1]
    return found


def _fill(replacement: str, text: str, slots: list[int]) -> str:
    parts, at = [], 0
    while at < len(replacement):
        char, following = replacement[at], replacement[at + 1 : at + 2]
        if char == "\\":
            if following not in ("\\", "$"):
                raise PatternError("'\\' stands before '$' or '\\' only")
            parts.append(following)
        elif char == "$":
            at += _group(replacement, text, slots, at, parts)
            continue
        else:
            parts.append(char)
        at += 2 if char == "\\" else 1
    return "".join(parts)


def _group(replacement: str, text: str, slots: list[int], at: int, parts: list[str]) -> int:
    """Add what a group has read, ``$12`` being group 12 if there is one, and return its length."""
    end = at + 1
    while replacement[end : end + 1].isascii() and replacement[end : end + 1].isdecimal():
        end += 1
        if int(replacement[at + 1 : end]) * 2 >= len(slots) and end > at + 2:
            end -= 1
            break
    if end == at + 1:
        raise PatternError("'$' stands before a digit")
    slot = int(replacement[at + 1 : end]) * 2
    taken = slot < len(slots) and slots[slot] >= 0
    parts.append(text[slots[slot] : slots[slot + 1]] if taken else "")
    return end - at
