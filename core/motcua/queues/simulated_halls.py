"""Invented halls for tests and benchmarks: drawn lines, counters, people; days that differ like days do.

Synthetic throughout. The shapes are chosen against the estimator, not for it: service times are mixtures of
short and long cases, not log-normal; officers differ in pace; some days are slower than others; the means
that the hall believes in are wrong.
"""

import math
import random
from dataclasses import dataclass

from motcua.queues.simulation import Arrival, Desk, Plan

_LETTERS = "ABCDEF"
MORNING = (0.0, 240.0)
AFTERNOON = (360.0, 570.0)


@dataclass(frozen=True)
class Truth:
    """What a line is like: nobody in the hall knows it. ``believed`` is what its settings say."""

    letter: str
    mean: float
    spread: float
    long_share: float
    believed: float
    share: float
    absent: float


@dataclass(frozen=True)
class Setting:
    """A hall; ``day`` draws its days. Minutes count from the opening."""

    seed: int
    lines: tuple[Truth, ...]
    desks: tuple[Desk, ...]
    load: float
    priority: float
    appointments: float
    afternoon: bool

    @classmethod
    def drawn(cls, seed: int, *, afternoon: bool = False) -> "Setting":
        """Draw a hall: two to six lines, two to nine counters, with profiles, skills and priorities."""
        draw = random.Random(f"hall {seed}")  # noqa: S311 -- a simulation
        letters = list(_LETTERS[: draw.randint(2, 6)])
        count = draw.randint(len(letters), len(letters) + 3)
        desks = tuple(_desk(draw, letters, n) for n in range(count))
        # A line gets counters about as it gets people.
        homes = [len(range(n, count, len(letters))) for n in range(len(letters))]
        lines = _lines(draw, letters, homes)
        return cls(
            seed,
            lines,
            _covering(desks, letters),
            draw.uniform(0.75, 0.97),
            draw.uniform(0.05, 0.2),
            draw.choice([0.0, 0.1, 0.25]),
            afternoon,
        )

    def day(self, number: int) -> Plan:
        """Draw one day of this hall."""
        draw = random.Random(f"day {self.seed} {number}")  # noqa: S311 -- a simulation
        slow = math.exp(draw.gauss(0, 0.08))
        desks = tuple(self._staffed(draw, desk) for desk in self.desks)
        arrivals = sorted(self._arrivals(draw, desks, slow), key=lambda a: a.at)
        return Plan(
            tuple(arrivals),
            desks,
            draw.uniform(0.5, 1.0),
            {x.letter: x.believed for x in self.lines},
        )

    def _staffed(self, draw: random.Random, desk: Desk) -> Desk:
        """Draw when an officer is there: he may come late, go for a while, and has the noon off."""
        spans = []
        for begins, ends in (MORNING, AFTERNOON) if self.afternoon else (MORNING,):
            late = draw.expovariate(1 / 4) if draw.random() < 0.4 else 0.0
            at = begins + min(late, 40.0)
            if draw.random() < 0.5:
                away = draw.uniform(begins + 60, ends - 40)
                spans.append((at, away))
                at = away + draw.uniform(5, 25)
            spans.append((at, ends))
        return Desk(
            desk.groups, desk.skilled_lines, tuple(spans), desk.spill, desk.pace, desk.stays
        )

    def _arrivals(self, draw: random.Random, desks: tuple[Desk, ...], slow: float) -> list[Arrival]:
        open_minutes = sum(end - begin for desk in desks for begin, end in desk.spans)
        mean = sum(line.mean * line.share for line in self.lines) + 0.8
        people = round(open_minutes * self.load / mean * math.exp(draw.gauss(0, 0.1)))
        return [self._arrival(draw, slow) for _ in range(people)]

    def _arrival(self, draw: random.Random, slow: float) -> Arrival:
        line = draw.choices(self.lines, [x.share for x in self.lines])[0]
        service = _service(draw, line) * slow
        priority = draw.choice([1, 1, 2]) if draw.random() < self.priority else 0
        misses = draw.choice([1, 9, 9]) if draw.random() < line.absent else 0
        if draw.random() < self.appointments:
            begins, ends = self._session(draw)
            slot = begins + 30 * draw.randrange(1, int((ends - begins) // 30))
            at = max(0.0, slot + draw.gauss(-6, 8))
            return Arrival(at, line.letter, service, priority, slot, misses)
        begins, ends = self._session(draw)
        # Most come early: the first hour and a half has about half of them, some before the doors open.
        share = draw.betavariate(1.1, 1.9)
        return Arrival(
            begins + share * (ends - begins - 15), line.letter, service, priority, None, misses
        )

    def _session(self, draw: random.Random) -> tuple[float, float]:
        return AFTERNOON if self.afternoon and draw.random() < 0.4 else MORNING


def random_plan(seed: int, *, afternoon: bool = False) -> Plan:
    """Draw a hall and a day of it."""
    return Setting.drawn(seed, afternoon=afternoon).day(seed)


def _lines(draw: random.Random, letters: list[str], homes: list[int]) -> tuple[Truth, ...]:
    found = []
    means = [draw.uniform(4, 18) for _ in letters]
    weights = [n / mean * draw.uniform(0.8, 1.25) for n, mean in zip(homes, means, strict=True)]
    for letter, mean, weight in zip(letters, means, weights, strict=True):
        found.append(
            Truth(
                letter,
                mean,
                draw.uniform(0.35, 0.8),
                draw.choice([0.0, 0.1, 0.2]),
                max(3.0, round(mean * draw.uniform(0.7, 1.4))),
                weight / sum(weights),
                draw.uniform(0.01, 0.08),
            )
        )
    return tuple(found)


def _desk(draw: random.Random, letters: list[str], number: int) -> Desk:
    """Draw a counter: a home line, some more in its first group, some behind, some only to help out."""
    home = letters[number % len(letters)]
    others = [x for x in letters if x != home]
    draw.shuffle(others)
    near = others[: draw.choice([0, 0, 1, 2])]
    behind = others[len(near) : len(near) + draw.choice([0, 0, 1])]
    spill = others[len(near) + len(behind) :][: draw.choice([0, 1])]
    groups = ((home, *near), tuple(behind)) if behind else ((home, *near),)
    skilled = frozenset(x for x in letters if x == home or draw.random() < 0.85)
    return Desk(groups, skilled, (), tuple(spill), math.exp(draw.gauss(0, 0.15)))


def _covering(desks: tuple[Desk, ...], letters: list[str]) -> tuple[Desk, ...]:
    """Return desks of which the first may serve every line, so that none is forgotten."""
    first = desks[0]
    rest = tuple(x for x in letters if all(x not in group for group in first.groups))
    groups = (*first.groups, rest) if rest else first.groups
    whole = Desk(groups, frozenset(letters), first.spans, (), first.pace, first.stays)
    return (whole, *desks[1:])


def _service(draw: random.Random, line: Truth) -> float:
    """Draw a service: gamma, with some cases that take about three times as long."""
    usual = line.mean / (1 + 2 * line.long_share)
    mean = usual * 3 if draw.random() < line.long_share else usual
    shape = 1 / line.spread**2
    return max(0.5, draw.gammavariate(shape, mean / shape))
