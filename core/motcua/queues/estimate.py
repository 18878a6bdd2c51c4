"""How long it will take: a range, never a promise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from motcua.text import minutes_words

STEP = 5
# What is further away is shown as this many minutes.
LONGEST = 720


Band = tuple[float, float]


@dataclass(frozen=True)
class Range:
    """Minutes from now until something happens, rounded to five: low down, high up.

    ``late``: nine of ten runs come to it only after the hall has closed for the day; then no page shows
    the minutes. ``rest``: a rest of the hall is counted in.
    """

    low: int
    high: int
    late: bool = False
    rest: bool = False

    def __str__(self) -> str:
        return f"{self.low}–{self.high}" if self.low != self.high else str(self.low)

    def words(self, lang: str = "vi") -> str:
        """Return the range with its unit, as people say it."""
        return minutes_words(self.low, self.high, lang)

    @property
    def middle(self) -> float:
        """The minutes one would name if it had to be one figure."""
        return (self.low + self.high) / 2

    def holds(self, minutes: float) -> bool:
        """Tell whether what happened lies inside."""
        return self.low <= minutes <= self.high

    def later(self, minutes: float) -> "Range":
        """Return the range moved by some minutes, at least to now."""
        return rounded(self.low + minutes, self.high + minutes)


def rounded(low: float, high: float) -> Range:
    """Round minutes to a range that holds them; somebody who is next is still told five minutes."""
    low, high = (min(max(value, 0.0), LONGEST) for value in (low, high))
    return Range(int(low // STEP) * STEP, max(STEP, -int(-high // STEP) * STEP))


def until(shown: Range, closes: float) -> Range:
    """Return a range that says whether it is too late for a hall that closes in so many minutes."""
    return replace(shown, late=shown.low + STEP > closes)


def tenths(minutes: Sequence[float]) -> tuple[float, float, float]:
    """Return what one of ten runs does not reach, the middle run, and what nine of ten do not exceed."""
    runs = sorted(minutes)
    tenth = len(runs) // 10
    return runs[tenth], runs[len(runs) // 2], runs[-1 - tenth]


def stretched(low: float, middle: float, high: float, width: float = 1.0) -> Band:
    """Return a band that is stretched around its middle: what the log of shown and actual waits asks for."""
    if high >= LONGEST:
        return low, high
    return middle - width * (middle - low), middle + width * (high - middle)


def of_runs(minutes: Sequence[float], width: float = 1.0) -> Range:
    """Return the band of some runs as a range."""
    return rounded(*stretched(*tenths(minutes), width))
