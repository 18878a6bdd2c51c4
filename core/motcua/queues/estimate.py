"""How long it will take: a range, never a promise.

A simulation of the actual line: the people ahead are served one after another by the counters that are
open, each service time drawn around the line's mean. The range is what nine of ten runs do not exceed,
and one of ten does not reach.
"""

import random
from dataclasses import dataclass
from functools import lru_cache

RUNS = 60


@dataclass(frozen=True)
class Range:
    """Minutes from now until the call, rounded to five."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low}–{self.high}" if self.low != self.high else str(self.low)


@lru_cache(maxsize=4096)
def waiting_range(ahead: int, counters: int, mean_minutes: float, *, seed: int = 0) -> Range:
    """Return the range for somebody with ``ahead`` people before him at ``counters`` open counters.

    With no counter open, one is assumed: the hall will not stay closed.
    """
    draw = random.Random(seed)  # noqa: S311 -- a simulation, not a secret
    waits = sorted(_one_run(ahead, max(1, counters), mean_minutes, draw) for _ in range(RUNS))
    low, high = waits[RUNS // 10], waits[RUNS - RUNS // 10 - 1]
    return Range(_round_down(low), max(_round_up(high), 5 if ahead else 0))


def _one_run(ahead: int, counters: int, mean: float, draw: random.Random) -> float:
    # Each counter is in the middle of a service; gamma(4) has the spread that counters show.
    free = [draw.gammavariate(4, mean / 4) * draw.random() for _ in range(counters)]
    if ahead == 0:
        return 0.0
    for _ in range(ahead):
        next_free = min(range(counters), key=free.__getitem__)
        free[next_free] += draw.gammavariate(4, mean / 4)
    return min(free)


def _round_down(minutes: float) -> int:
    return int(minutes // 5) * 5


def _round_up(minutes: float) -> int:
    return int(-(-minutes // 5)) * 5
