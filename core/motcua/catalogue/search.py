"""Finding a procedure by plain words: without diacritics, without spaces, with a slip of the finger."""

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from motcua.catalogue.packages import Package
from motcua.text import words

_CODE = re.compile(r"[0-9][0-9A-Za-z.]*[0-9]")
_NAME, _KEYWORD, _ENGLISH, _FIELD = 3.0, 2.5, 1.5, 1.0
_EXACT, _JOINED, _PREFIX, _TYPO = 1.0, 0.9, 0.7, 0.4
_LONGEST_QUERY = 200


@dataclass(frozen=True)
class Entry:
    """What is searched of one procedure."""

    code: str
    name_vi: str
    name_en: str
    field: str = ""
    keywords: tuple[str, ...] = ()

    @classmethod
    def of(cls, package: Package) -> "Entry":
        """Take what is searched from a package."""
        p = package.procedure
        return cls(p.code, p.name_vi, p.name_en, p.field_vi, p.keywords)


@dataclass(frozen=True)
class Hit:
    """A procedure that was found; a higher score is a better match."""

    entry: Entry
    score: float


class ProcedureIndex:
    """An index in memory; build it anew when the procedures change (0.1 s for 2,000)."""

    def __init__(self, procedures: Iterable[Package | Entry]) -> None:
        self._entries = [Entry.of(p) if isinstance(p, Package) else p for p in procedures]
        self._weights: dict[str, dict[int, float]] = defaultdict(dict)
        self._compact = [_joined(words(_shown_text(entry))) for entry in self._entries]
        self._names = [_joined(words(entry.name_vi)) for entry in self._entries]
        for number, entry in enumerate(self._entries):
            for weight, text in _texts(entry):
                for word in words(text):
                    known = self._weights[word]
                    known[number] = max(known.get(number, 0.0), weight)
        self._vocabulary = sorted(self._weights)
        self._slips: dict[str, set[str]] = defaultdict(set)
        for word in self._vocabulary:
            for slip in _deletions(word):
                self._slips[slip].add(word)

    def search(self, query: str, limit: int = 20) -> list[Hit]:
        """Return the best matches first; nothing for an empty query.

        A word counts when it stands in the procedure's names, keywords or field, begins one there, is two
        or more of its words written together, or is one letter off. Words that no procedure knows are passed
        over; of the others at least half must match.
        """
        text = query[:_LONGEST_QUERY].strip()
        if _CODE.fullmatch(text):
            return self._by_code(text, limit)
        asked = list(dict.fromkeys(words(text)))[:12]
        scores: dict[int, float] = defaultdict(float)
        matched: dict[int, int] = defaultdict(int)
        known = 0
        for word in asked:
            found = self._match(word)
            known += bool(found)
            for number, score in found.items():
                scores[number] += score
                matched[number] += 1
        whole = _joined(words(text))
        hits = [
            Hit(
                self._entries[n],
                score * matched[n] / known * (1.5 if whole in self._names[n] else 1.0),
            )
            for n, score in scores.items()
            if matched[n] * 2 >= known
        ]
        return sorted(hits, key=_best_first)[:limit]

    def _by_code(self, text: str, limit: int) -> list[Hit]:
        found = (e for e in self._entries if text.lower() in e.code.lower())
        hits = [Hit(e, 10.0 if e.code.lower().startswith(text.lower()) else 1.0) for e in found]
        return sorted(hits, key=lambda hit: (-hit.score, len(hit.entry.code), hit.entry.code))[
            :limit
        ]

    def _match(self, word: str) -> dict[int, float]:
        """Return the procedures that know a word; looser readings only when stricter ones find nothing."""
        scores: dict[int, float] = {}
        for known in self._begin_with(word):
            self._add(scores, known, _EXACT if known == word else _PREFIX)
        if not scores and len(word) >= 5:
            joined = [n for n, text in enumerate(self._compact) if word in text]
            rarity = self._rarity(len(joined))
            scores = dict.fromkeys(joined, _JOINED * _NAME * rarity)
        if not scores and len(word) >= 4:
            for known in self._near(word):
                self._add(scores, known, _TYPO)
        return scores

    def _add(self, scores: dict[int, float], word: str, factor: float) -> None:
        weights = self._weights[word]
        rarity = self._rarity(len(weights)) * factor
        for number, weight in weights.items():
            score = weight * rarity
            if score > scores.get(number, 0.0):
                scores[number] = score

    def _rarity(self, documents: int) -> float:
        return math.log(1 + len(self._entries) / max(1, documents))

    def _begin_with(self, word: str) -> Iterator[str]:
        if word in self._weights:
            yield word
        if len(word) < 2:
            return
        at = bisect_left(self._vocabulary, word)
        while at < len(self._vocabulary) and self._vocabulary[at].startswith(word):
            if self._vocabulary[at] != word:
                yield self._vocabulary[at]
            at += 1

    def _near(self, word: str) -> set[str]:
        """Return known words one insertion, deletion, substitution or swap of neighbours away."""
        near = set(self._slips.get(word, ()))
        for slip in _deletions(word):
            near |= self._slips.get(slip, set())
            if slip in self._weights:
                near.add(slip)
        return near


def _texts(entry: Entry) -> Iterator[tuple[float, str]]:
    yield _NAME, entry.name_vi
    yield _ENGLISH, entry.name_en
    yield _FIELD, entry.field
    for keyword in entry.keywords:
        yield _KEYWORD, keyword


def _shown_text(entry: Entry) -> str:
    return " ".join((entry.name_vi, *entry.keywords, entry.field))


def _joined(found: list[str]) -> str:
    return "".join(found)


def _deletions(word: str) -> set[str]:
    return {word[:n] + word[n + 1 :] for n in range(len(word))} if len(word) >= 3 else set()


def _best_first(hit: Hit) -> tuple[float, int, str]:
    """Order hits; of equal ones the shorter name is the more general procedure."""
    return -hit.score, len(hit.entry.name_vi), hit.entry.code
