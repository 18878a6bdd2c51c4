"""What a hall teaches while its day goes on: its services so far, who comes, who will sit where. Pure.

A new hall has no earlier days; its first hours still say how long services take and how full the morning is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from motcua.queues import drawing, learning
from motcua.queues.learning import Served

# Arrivals are counted over the last so many minutes, and over no fewer.
RECENT, FEWEST_MINUTES = 45.0, 15.0
# Of those who come, so many have priority, as long as nobody knows better; and what that belief weighs.
PRIORITY = 0.1
_BELIEF = 30.0
# Today counts like so many earlier days.
_TODAY_DAYS = 2.0
# Who has not come so long after a session began is not expected any more.
_LATE = 10.0
# People sit down so many minutes before and after a session begins.
_AROUND = 5.0
# Somebody usually sits there by now, and not later than so many minutes ago.
_OVERDUE = 30.0
_SLICES = 20


def services(
    ended: Iterable[Mapping[str, Any]],
    running: Iterable[tuple[str, float]],
    believed: Mapping[str, tuple[float, float]],
) -> list[Served]:
    """Return today's services in sums; ``running`` are letter and minutes so far, ``believed`` mean and spread.

    Those that go on count too, with what is probably left of them: else the first hour would know only the
    short ones and believe that everything is quick.
    """
    rows = [Served(s["letter"], None, s["n"], s["minutes"], s["logs"], s["squares"]) for s in ended]
    lasted: dict[str, list[float]] = {}
    for letter, elapsed in running:
        if letter in believed:
            left = drawing.remaining(*believed[letter], elapsed, _SLICES)
            lasted.setdefault(letter, []).append(elapsed + sum(left) / _SLICES)
    return rows + [Served.of(letter, None, minutes) for letter, minutes in lasted.items()]


class Arrivals:
    """How many come to each line per hour: as on earlier days at this hour, and as today so far.

    ``seen``: people of all earlier ``days`` by letter and priority, per hour; ``came``: today's of the last
    ``minutes`` likewise.
    """

    def __init__(
        self,
        seen: Mapping[tuple[str, bool], float],
        days: int,
        came: Mapping[tuple[str, bool], int],
        minutes: float,
    ) -> None:
        self._seen, self._days, self._came = seen, days, came
        self._minutes = max(FEWEST_MINUTES, min(RECENT, minutes))
        everybody = [*seen.items(), *came.items()]
        prior = sum(n for (_, marked), n in everybody if marked)
        self._prior = learning.shrunk(PRIORITY, prior, sum(n for _, n in everybody), _BELIEF)

    def per_hour(self, letter: str, prior: bool) -> float:
        """Return how many more with or without priority a line gets per hour."""
        seen = self._seen.get((letter, False), 0.0) + self._seen.get((letter, True), 0.0)
        today = self._came.get((letter, False), 0) + self._came.get((letter, True), 0)
        rate = (seen + _TODAY_DAYS * today * 60 / self._minutes) / (self._days + _TODAY_DAYS)
        return rate * (self._prior if prior else 1 - self._prior)


def opens_in(
    usual: float | None,
    days: int,
    sat: bool,
    minute: float,
    sessions: Sequence[tuple[float, float]],
) -> float | None:
    """Return in how many minutes somebody sits down at an empty counter; None: nobody is expected.

    ``usual``: the minute of the day at which somebody does on most of the earlier ``days``; ``sat``: somebody
    did today; ``minute``: of the day, now; ``sessions``: the rest of today, in minutes from now. A hall that
    has no earlier days is expected to staff all its counters when it opens. An evening on which somebody sat
    down after hours says nothing of a day that ends before.
    """
    fits = not sessions or (usual or 0.0) - minute < sessions[-1][1]
    if usual is not None and usual - minute > -_OVERDUE and not sat and fits:
        return max(0.0, usual - minute)
    if not sessions or sessions[0][0] < -_LATE:
        return None
    return max(0.0, sessions[0][0] - _AROUND) if sat or not days else None


def back_in(elapsed: float, sessions: Sequence[tuple[float, float]]) -> float | None:
    """Return in how many minutes somebody is back who went before the session began; None: it was later."""
    if not sessions or sessions[0][0] < -min(elapsed, _LATE):
        return None
    return max(0.0, sessions[0][0] - _AROUND)
