"""What the last days teach about a hall: services per line, the pace of officers, absences; pure sums.

Few services say little, so everything is drawn to what was believed before anything was measured: a mean
counts as much as ``WEIGHT`` services.
"""

import math
from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from motcua.queues.drawing import log_normal

WEIGHT = 20.0
# How much a line's mean differs from day to day beyond what the number of services explains.
DAY_DOUBT = 0.1
_PACES = (0.6, 1.7)
# The width of ranges: where it begins (rounding to five minutes outward adds to them), bounds, the aim, how hard
# a miss of the aim is answered, and how many tickets' worth the beginning weighs.
WIDTH = 0.9
WIDTHS = (0.5, 2.0)
INSIDE = 0.80
_GAIN = 6.0
_WIDTH_WEIGHT = 40.0
# Today's calls of so many minutes stretch or narrow further, half as hard: what was shown then is answered late.
LATELY = 90.0


class Served(msgspec.Struct, frozen=True):
    """Services of one officer in one line: how many, their minutes, and the sum and squares of their logs."""

    letter: str
    staff: UUID | None
    n: int
    minutes: float
    logs: float
    squares: float

    @classmethod
    def of(cls, letter: str, staff: UUID | None, minutes: Iterable[float]) -> "Served":
        """Sum up services; a service below six seconds counts as six."""
        rows = [max(0.1, m) for m in minutes]
        logs = [math.log(m) for m in rows]
        return cls(letter, staff, len(rows), sum(rows), sum(logs), sum(x * x for x in logs))


class LineLearned(msgspec.Struct, frozen=True):
    """A line as it is believed to be after what was seen; see ``hallnow.LineNow``."""

    mean: float
    spread: float
    doubt: float


def line_learned(mean: float, spread: float, served: Iterable[Served]) -> LineLearned:
    """Return what a line with these settings is believed to take, after the services of it that were seen."""
    rows = list(served)
    n, minutes = sum(s.n for s in rows), sum(s.minutes for s in rows)
    _, scale = log_normal(mean, spread)
    found = (WEIGHT * mean + minutes) / (WEIGHT + n)
    off = sum(s.squares for s in rows)
    if n:
        off -= sum(s.logs for s in rows) ** 2 / n
    variance = (WEIGHT * scale**2 + max(0.0, off)) / (WEIGHT + n)
    doubt = math.sqrt(DAY_DOUBT**2 + variance / (WEIGHT + n))
    return LineLearned(found, math.sqrt(math.exp(variance) - 1), doubt)


def paces(served: Iterable[Served], means: Mapping[str, float]) -> dict[UUID, float]:
    """Return by officer how many times the line's mean his services take; bounded, and one for strangers."""
    seen: dict[UUID, tuple[float, float]] = {}
    for row in served:
        if row.staff is not None and row.letter in means:
            n, ratio = seen.get(row.staff, (0.0, 0.0))
            seen[row.staff] = (n + row.n, ratio + row.minutes / means[row.letter])
    low, high = _PACES
    return {
        staff: min(high, max(low, (WEIGHT + ratio) / (WEIGHT + n)))
        for staff, (n, ratio) in seen.items()
    }


def today_factor(served: Iterable[Served], means: Mapping[str, float]) -> float:
    """Return how much slower (above one) than believed the hall is today, from today's services."""
    rows = [row for row in served if row.letter in means]
    n = sum(row.n for row in rows)
    ratio = sum(row.minutes / means[row.letter] for row in rows)
    return (2 * WEIGHT + ratio) / (2 * WEIGHT + n)


def shrunk(believed: float, total: float, n: float, weight: float = WEIGHT) -> float:
    """Return a mean of ``n`` seen values with this total, drawn to what was believed."""
    return (weight * believed + total) / (weight + n)


def width_of(inside: int, shown: int) -> float:
    """Return how much ranges are stretched, given how many of the last days' held what happened.

    Too few inside widens, too many narrows: ``WIDTH`` times e to the power of six times what is missing to 80 %,
    so ranges of which 75 % held become a third wider. Little is changed while little was shown, and it stays
    between one half and two.
    It depends on the last days alone, so a wrong turn is forgotten with them.
    """
    if not shown:
        return WIDTH
    missing = INSIDE - inside / shown
    low, high = WIDTHS
    return min(high, max(low, WIDTH * math.exp(_GAIN * missing * shown / (shown + _WIDTH_WEIGHT))))


def width_lately(width: float, inside: int, shown: int) -> float:
    """Return a width of the last days after today's latest calls: how many of them came inside what was shown."""
    if not shown:
        return width
    missing = INSIDE - inside / shown
    low, high = WIDTHS
    stretched = width * math.exp(_GAIN / 2 * missing * shown / (shown + _WIDTH_WEIGHT))
    return min(high, max(low, stretched))
