"""How long everybody will wait: the actual queue, played to its end some sixty times.

Pure: a hall in, ranges out. What is played: who waits with his place, priority and pins; who has reserved or
booked and comes later; strangers with priority, and those whose lines some profile prefers; services of the
length that this line has here, those that have begun with what is left of them; counters by profile and
skill, breaks, absent people, the sessions of the day.

Services are log-normal; how far off a line's mean itself may be today is drawn once per run, so that long
queues get wide ranges.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from motcua.queues.estimate import Range, of_runs, rounded
from motcua.queues.forecast_run import HORIZON, NEVER, Run
from motcua.queues.forecast_setup import Sketch
from motcua.queues.hallnow import HallNow, LineNow

RUNS = 60
MANY = 150
FEWEST = 20


@dataclass
class Forecast:
    """What sixty runs say. Minutes from ``HallNow``'s moment; ``issued`` tickets since then move ``next``.

    ``calls``: per ticket, and per letter for who would come now (``letter`` or ``letter + "!"`` with
    priority), the minutes until the call in each run. ``services``: the minutes at the counter likewise.
    """

    width: float = 1.0
    calls: dict[UUID | str, Sequence[float]] = field(default_factory=dict)
    services: dict[str, Sequence[float]] = field(default_factory=dict)
    letters: dict[UUID, str] = field(default_factory=dict)
    windows: dict[UUID, tuple[float, float]] = field(default_factory=dict)
    spacing: dict[str, float] = field(default_factory=dict)
    issued: dict[str, int] = field(default_factory=dict)
    closes: float = HORIZON
    _ranges: dict[tuple[str, UUID | str], Range] = field(default_factory=dict)

    def next(self, letter: str, *, priority: bool = False) -> Range:
        """Return the minutes until the call for who takes a number of a line now; ``KeyError``: no such line."""
        found = self._range("call", letter + "!" if priority else letter)
        return self._moved(found, letter, priority)

    def of(self, ticket: UUID, letter: str = "") -> Range:
        """Return the minutes until the call of a ticket that waits or has reserved.

        A ticket that is younger than the forecast has the range of who comes now into ``letter``.
        ``KeyError`` for one that is not known and has no letter.
        """
        if ticket in self.windows:
            return rounded(*self.windows[ticket])
        if ticket not in self.calls:
            return self.next(letter)
        return self._range("call", ticket)

    def end_of(self, whose: UUID | str) -> Range:
        """Return the minutes until the end of the visit: the call and one's own service."""
        if isinstance(whose, UUID):
            if whose in self.windows:
                low, high = self.windows[whose]
                own = self.services[self.letters[whose]]
                return rounded(low + min(own), high + max(own))
            return self._range("end", whose)
        return self._moved(self._range("end", whose), whose, False)

    def knows(self, ticket: UUID) -> bool:
        """Tell whether a ticket was there when the forecast was made."""
        return ticket in self.calls or ticket in self.windows

    def after_closing(self, letter: str) -> float:
        """Return the share of runs in which who comes now is called only after the hall has closed."""
        runs = self.calls[letter]
        return sum(1 for at in runs if at > self.closes) / len(runs)

    def note_issued(self, letter: str) -> None:
        """Count a ticket that was issued since: who comes next waits that much longer."""
        self.issued[letter] = self.issued.get(letter, 0) + 1

    def _moved(self, found: Range, letter: str, priority: bool) -> Range:
        more = 0 if priority else self.issued.get(letter, 0)
        return found.later(more * self.spacing[letter]) if more else found

    def _range(self, what: str, whose: UUID | str) -> Range:
        found = self._ranges.get((what, whose))
        if found is None:
            runs = self.calls[whose]
            if what == "end":
                letter = self.letters[whose] if isinstance(whose, UUID) else whose
                own = self.services[letter]
                runs = [call + own[n * 7 % len(own)] for n, call in enumerate(runs)]
            found = self._ranges[what, whose] = of_runs(runs, self.width)
        return found


def forecast(hall: HallNow, *, runs: int = RUNS, seed: int = 0) -> Forecast:
    """Play a hall to its end and return what everybody can expect.

    A hall in which more people wait than ``MANY`` is played fewer times: it takes as long as others.
    """
    runs = max(min(runs, FEWEST), min(runs, runs * MANY // max(1, len(hall.waiters))))
    sketch = Sketch(hall, runs, seed)
    setup = sketch.setup()
    played = [Run(setup, n, seed).calls for n in range(runs)]
    made = Forecast(hall.width, closes=hall.sessions[-1][1] if hall.sessions else HORIZON)
    for n, waiter in enumerate(sketch.waiters):
        made.letters[waiter.id] = waiter.letter
        made.calls[waiter.id] = [run[n] for run in played if run[n] < NEVER] or [HORIZON]
    for n, name in enumerate(sketch.guests, len(sketch.waiters)):
        made.calls[name] = [min(run[n], HORIZON) for run in played]
    for line in hall.lines:
        made.services[line.letter] = sketch.services[line.letter]
        made.spacing[line.letter] = _spacing(hall, line)
    for waiter in sketch.far:
        made.letters[waiter.id] = waiter.letter
        made.windows[waiter.id] = waiter.within or (0.0, HORIZON)
    return made


def _spacing(hall: HallNow, line: LineNow) -> float:
    """Return by how many minutes one more person in a line puts off the next."""
    takes = line.mean + hall.call_minutes
    serving = [c for c in hall.counters if any(line.letter in group for group in c.groups)]
    return takes / max(1, len(serving))
