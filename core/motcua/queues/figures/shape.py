"""The shape of figures: whose they are, counts, times in seconds, and what follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

Dimension = Literal["site", "line", "counter", "officer", "hour", "day"]
DIMENSIONS: Mapping[Dimension, str] = {
    "site": "site_id",
    "line": "line_id",
    "counter": "counter_id",
    "officer": "staff_id",
    "hour": "hour",
    "day": "day",
}


@dataclass(frozen=True)
class Scope:
    """What is looked at: sites, days (both ends included), the moment; and what narrows it."""

    sites: Sequence[UUID]
    from_day: date
    to_day: date
    now: datetime
    line: UUID | None = None
    counter: UUID | None = None
    officer: UUID | None = None
    hour: int | None = None

    @property
    def args(self) -> tuple[object, ...]:
        """The eight parameters of every statement."""
        return (
            list(self.sites),
            self.from_day,
            self.to_day,
            self.now,
            self.line,
            self.counter,
            self.officer,
            self.hour,
        )


class Spread(NamedTuple):
    """How long it took, in seconds, over ``n`` tickets; all but ``n`` are None over none."""

    n: int = 0
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    most: float | None = None


class Whose(NamedTuple):
    """To which site, line, counter, officer, hour (0-23, local) and day figures belong; None: all."""

    site: UUID | None = None
    line: UUID | None = None
    counter: UUID | None = None
    officer: UUID | None = None
    hour: int | None = None
    day: date | None = None


@dataclass(frozen=True)
class Figures:
    """The figures of one place and span; ratios are None where nothing was counted."""

    whose: Whose
    counts: Mapping[str, int] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    services: int = 0
    standard_minutes: float = 0.0
    # Both sides of Little's law: seconds that people were here, by segments and by the tickets' stamps.
    tiled: float = 0.0
    stay: float = 0.0

    def count(self, key: str) -> int:
        """How many tickets ``sql.COUNTS[key]`` holds for."""
        return self.counts.get(key, 0)

    def seconds(self, key: str) -> float:
        """How much time ``sql.TIMES[key]`` holds for."""
        return self.times.get(key, 0.0)

    def spread(self, key: str) -> Spread:
        """How a time of tickets is spread: ``wait``, ``first_wait``, ``service``."""
        return self.spreads.get(key, Spread())

    @property
    def service_level(self) -> float | None:
        """Share of the called who waited no longer than the line promises."""
        return ratio(self.count("kept"), self.count("called"))

    @property
    def abandonment(self) -> float | None:
        """Share of the numbers whose people left, did not answer, or were not reached by closing."""
        return ratio(self.count("abandoned"), self.count("issued"))

    @property
    def abandonment_late(self) -> float | None:
        """The same, of those only who had waited longer than promised."""
        return ratio(self.count("abandoned_late"), self.count("issued"))

    @property
    def transfer_rate(self) -> float | None:
        """Share of the called who were sent on to another line, counter or officer."""
        return ratio(self.count("transferred"), self.count("called"))

    @property
    def recall_rate(self) -> float | None:
        """Share of the called who had to be called more than once."""
        return ratio(self.count("recalled"), self.count("called"))

    @property
    def estimate_kept(self) -> float | None:
        """Share of the shown ranges that held what happened."""
        return ratio(self.count("estimate_kept"), self.count("estimated"))

    @property
    def utilisation(self) -> float | None:
        """Serving time by the time of open counters without breaks."""
        return ratio(self.seconds("serving"), self.seconds("seated") - self.seconds("break"))

    @property
    def done_per_hour(self) -> float | None:
        """Tickets done per hour of an open counter."""
        return ratio(self.count("done"), self.seconds("seated") / 3600)

    @property
    def weighted(self) -> float | None:
        """Standard minutes of what was served per minute of an open counter; fair across fields."""
        return ratio(self.standard_minutes, self.seconds("seated") / 60)


def ratio(part: float, whole: float) -> float | None:
    """Return part by whole; None where there is no whole."""
    return part / whole if whole > 0 else None
