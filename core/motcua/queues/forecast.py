"""How long everybody will wait: the actual queue, played to its end some sixty times.

Pure: a hall in, ranges out. What is played: who waits with his place, priority and pins; who has reserved or
booked and comes later; strangers with priority, and those whose lines some profile prefers; services of the
length that this line has here, those that have begun with what is left of them; counters by profile and
skill, breaks, absent people, the sessions of the day.

Services are log-normal; how far off a line's mean itself may be today is drawn once per run, so that long
queues get wide ranges.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from uuid import UUID

from motcua.queues.estimate import Band, Range, band, rounded
from motcua.queues.forecast_run import HORIZON, NEVER, Run
from motcua.queues.forecast_setup import Sketch
from motcua.queues.hallnow import CounterNow, HallNow

RUNS = 60
MANY = 150
FEWEST = 20


@dataclass
class Forecast:
    """What sixty runs say. Minutes from ``HallNow``'s moment; ``issued`` tickets since then move ``next``.

    ``age``: that moment was so many minutes ago, and what is returned counts from now. ``delays``: per letter
    by how many minutes a ticket of any letter that was issued since puts off who comes next.

    ``calls``: per ticket, and per letter for who would come now (``letter`` or ``letter + "!"`` with
    priority), the minutes until the call in each run. ``services``: the minutes at the counter likewise.
    """

    width: float = 1.0
    calls: dict[UUID | str, Sequence[float]] = field(default_factory=dict)
    services: dict[str, Sequence[float]] = field(default_factory=dict)
    letters: dict[UUID, str] = field(default_factory=dict)
    windows: dict[UUID, tuple[float, float]] = field(default_factory=dict)
    delays: dict[str, dict[str, float]] = field(default_factory=dict)
    issued: dict[str, int] = field(default_factory=dict)
    closes: float = HORIZON
    age: float = 0.0
    _bands: dict[tuple[str, UUID | str], Band] = field(default_factory=dict)

    def next(self, letter: str, *, priority: bool = False) -> Range:
        """Return the minutes until the call for who takes a number of a line now; ``KeyError``: no such line."""
        whose = letter + "!" if priority else letter
        return self._range("call", whose, self._later(letter, priority))

    def of(self, ticket: UUID, letter: str = "") -> Range:
        """Return the minutes until the call of a ticket that waits or has reserved.

        A ticket that is younger than the forecast has the range of who comes now into ``letter``.
        ``KeyError`` for one that is not known and has no letter.
        """
        if ticket in self.windows:
            low, high = self.windows[ticket]
            return rounded(low - self.age, high - self.age)
        if ticket not in self.calls:
            return self.next(letter)
        return self._range("call", ticket, -self.age)

    def end_of(self, whose: UUID | str) -> Range:
        """Return the minutes until the end of the visit: the call and one's own service."""
        if isinstance(whose, UUID):
            if whose in self.windows:
                low, high = (at - self.age for at in self.windows[whose])
                own = self.services[self.letters[whose]]
                return rounded(low + min(own), high + max(own))
            return self._range("end", whose, -self.age)
        return self._range("end", whose, self._later(whose, False))

    def usual(self, letter: str) -> int:
        """Return the minutes until the call of who takes a number of a line now, in the middle run."""
        return max(0, round(median(self.calls[letter]) + self._later(letter, False)))

    def knows(self, ticket: UUID) -> bool:
        """Tell whether a ticket was there when the forecast was made."""
        return ticket in self.calls or ticket in self.windows

    def after_closing(self, letter: str) -> float:
        """Return the share of runs in which who comes now is called only after the hall has closed."""
        runs, more = self.calls[letter], self._later(letter, False) + self.age
        return sum(1 for at in runs if at + more > self.closes) / len(runs)

    def note_issued(self, letter: str) -> None:
        """Count a ticket that was issued since: who comes next waits that much longer."""
        self.issued[letter] = self.issued.get(letter, 0) + 1

    def aged(self, minutes: float) -> "Forecast":
        """Return what this forecast says when it is so many minutes old.

        Meanwhile the hall went on calling as foreseen, and whoever was issued a number stands in line.
        """
        return replace(self, age=minutes)

    def _later(self, letter: str, priority: bool) -> float:
        """Return by how much who comes now is called later than was said of who came then."""
        delays = {} if priority else self.delays[letter]
        return sum(delays.get(of, 0.0) * n for of, n in self.issued.items()) - self.age

    def _range(self, what: str, whose: UUID | str, later: float) -> Range:
        found = self._bands.get((what, whose))
        if found is None:
            runs = self.calls[whose]
            if what == "end":
                letter = self.letters[whose] if isinstance(whose, UUID) else whose
                own = self.services[letter]
                runs = [call + own[n * 7 % len(own)] for n, call in enumerate(runs)]
            found = self._bands[what, whose] = band(runs, self.width)
        return rounded(found[0] + later, found[1] + later)


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
    made.delays = _delays(sketch.counters, hall)
    for waiter in sketch.far:
        made.letters[waiter.id] = waiter.letter
        made.windows[waiter.id] = waiter.within or (0.0, HORIZON)
    return made


def _delays(counters: Sequence[CounterNow], hall: HallNow) -> dict[str, dict[str, float]]:
    """Return by how many minutes one more person of a line puts off the next of each: on the counters of both."""
    at = {
        line.letter: {
            n for n, c in enumerate(counters) if any(line.letter in group for group in c.groups)
        }
        for line in hall.lines
    }
    return {
        letter: {
            line.letter: (line.mean + hall.call_minutes)
            * len(own & at[line.letter])
            / max(1, len(own) * len(at[line.letter]))
            for line in hall.lines
        }
        for letter, own in at.items()
    }
