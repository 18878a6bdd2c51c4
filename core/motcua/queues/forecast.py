"""How long everybody will wait: the actual queue, played to its end some sixty times.

Pure: a hall in, ranges out. What is played: who waits with his place, priority and pins; who has reserved or
booked and comes later; strangers with priority, and those whose lines some profile prefers; services of the
length that this line has here, those that have begun with what is left of them; counters by profile and
skill, breaks, absent people, the sessions of the day.

Services are log-normal; how far off a line's mean itself may be today is drawn once per run, so that long
queues get wide ranges. Whoever has several numbers is one person: called somewhere, he stands aside elsewhere,
and his visit ends with the last of them. What moves or widens a range does so in the minutes that the hall is
open (``opentime``): ranges go over the noon rest, and say when the hall closes before them.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from uuid import UUID

from motcua.queues.estimate import Band, Range, rounded, stretched, tenths, until
from motcua.queues.forecast_run import NEVER, Run
from motcua.queues.forecast_setup import Sketch
from motcua.queues.hallnow import CounterNow, HallNow
from motcua.queues.opentime import HORIZON, OpenTime

RUNS = 60
# One of ten lies so many deviations from the middle.
_TENTH = 1.2816
MANY = 150
FEWEST = 20


@dataclass(frozen=True)
class Tail:
    """Who stands in a line behind those that were ``played``: so many ``people``, who take ``minutes``.

    A line's mean may be wrong by as much as the line's doubt: ``quick`` and ``slow`` are its tenths.
    """

    played: int
    people: int
    minutes: float
    quick: float = 1.0
    slow: float = 1.0


@dataclass
class Forecast:
    """What sixty runs say. Minutes from ``HallNow``'s moment; ``issued`` tickets since then move ``next``.

    ``age``: that moment was so many minutes ago, and what is returned counts from now. ``delays``: per letter
    by how many minutes a ticket of any letter that was issued since puts off who comes next.

    ``calls``: per ticket, and per letter for who would come now (``letter`` or ``letter + "!"`` with
    priority), the minutes until the call in each run. ``services``: the minutes at the counter likewise.
    ``together``: the other numbers of a ticket's visit. ``closes``: when the hall does, for today. ``tails``:
    per letter who stands behind those that were played.
    """

    width: float = 1.0
    calls: dict[UUID | str, Sequence[float]] = field(default_factory=dict)
    services: dict[str, Sequence[float]] = field(default_factory=dict)
    letters: dict[UUID, str] = field(default_factory=dict)
    windows: dict[UUID, tuple[float, float]] = field(default_factory=dict)
    delays: dict[str, dict[str, float]] = field(default_factory=dict)
    issued: dict[str, int] = field(default_factory=dict)
    together: dict[UUID, tuple[UUID, ...]] = field(default_factory=dict)
    tails: Mapping[str, Tail] = field(default_factory=dict)
    hours: OpenTime = field(default_factory=OpenTime)
    closes: float = NEVER
    age: float = 0.0
    _bands: dict[UUID | str, Band] = field(default_factory=dict)
    _ends: dict[UUID | str, Band] = field(default_factory=dict)

    def next(self, letter: str, *, priority: bool = False) -> Range:
        """Return the minutes until the call for who takes a number of a line now; ``KeyError``: no such line."""
        if priority:
            return self._said(*self._call(letter + "!", 0.0))
        return self._said(*self._behind(letter, self._later(letter)))

    def of(self, ticket: UUID, letter: str = "", ahead: int | None = None) -> Range:
        """Return the minutes until the call of a ticket that waits or has reserved.

        A ticket that was not played stands behind all who were: ``ahead`` is how many of its line it has
        before it. One that is younger than the forecast has the range of who comes now into ``letter``.
        ``KeyError`` for one that is not known and has no letter.
        """
        if ticket in self.windows:
            return self._said(*self.windows[ticket])
        if ticket in self.calls:
            return self._said(*self._call(ticket, 0.0))
        tail = self.tails.get(letter)
        if tail is not None and ahead is not None and ahead < tail.played + tail.people:
            share = max(0.0, (ahead - tail.played) / tail.people)
            return self._said(*self._behind(letter, 0.0, share))
        return self.next(letter)

    def end_of(self, whose: UUID | str, call: Range | None = None) -> Range:
        """Return the minutes until the end of the visit: the call and one's own service, of all its numbers.

        ``whose`` may be a letter, with the ``call`` that was said of a number that is not known.
        """
        if isinstance(whose, UUID) and whose in self.windows:
            low, high = self.windows[whose]
            own = self.services[self.letters[whose]]
            return self._said(low + min(own), high + max(own))
        if call is not None:
            low, high = call.low + self.age, call.high + self.age
        elif isinstance(whose, UUID):
            low, high = self._call(whose, 0.0)
        else:
            low, high = self._behind(whose, self._later(whose))
        soonest, latest = self._after(whose)
        return self._said(low + soonest, max(low + soonest, high + latest))

    def usual(self, letter: str) -> int:
        """Return the minutes until the call of who takes a number of a line now, in the middle run."""
        middle = self.hours.passed(median(self.calls[letter])) + self._later(letter)
        if (tail := self.tails.get(letter)) is not None:
            middle += tail.minutes
        return max(0, round(self.hours.after(middle) - self.age))

    def knows(self, ticket: UUID) -> bool:
        """Tell whether a ticket was there when the forecast was made."""
        return ticket in self.calls or ticket in self.windows

    def after_closing(self, letter: str) -> float:
        """Return the share of runs in which who comes now is called only after the hall has closed."""
        runs, later = self.calls[letter], self._later(letter)
        called = (self.hours.after(self.hours.passed(at) + later) for at in runs)
        return sum(1 for at in called if at > self.closes) / len(runs)

    def note_issued(self, letter: str) -> None:
        """Count a ticket that was issued since: who comes next waits that much longer."""
        self.issued[letter] = self.issued.get(letter, 0) + 1

    def aged(self, minutes: float) -> "Forecast":
        """Return what this forecast says when it is so many minutes old.

        Meanwhile the hall went on calling as foreseen, and whoever was issued a number stands in line.
        """
        return replace(self, age=minutes)

    def _later(self, letter: str) -> float:
        """Return by how many open minutes who comes now is called later than was said of who came then."""
        delays = self.delays[letter]
        return sum(delays.get(of, 0.0) * n for of, n in self.issued.items())

    def _behind(self, letter: str, later: float, share: float = 1.0) -> Band:
        """Return when somebody is called who stands behind all that were played and this share of the others."""
        tail = self.tails.get(letter)
        if tail is None:
            return self._call(letter, later)
        more = tail.minutes * share
        return self._call(letter, later + more * tail.quick, later + more * tail.slow)

    def _call(self, whose: UUID | str, later: float, latest: float | None = None) -> Band:
        """Return when somebody is called, counted from when the forecast was made; later by so many minutes."""
        found = self._bands.get(whose)
        if found is None:
            found = self._bands[whose] = self._stretched(*tenths(self.calls[whose]))
        soonest = self.hours.passed(self.age)
        moved = (found[0] + later, found[1] + (later if latest is None else latest))
        low, high = (self.hours.after(max(at, soonest)) for at in moved)
        return low, high

    def _stretched(self, low: float, middle: float, high: float) -> Band:
        """Return the stretched band in open minutes; the stretch alone carries no end over a rest."""
        passed = self.hours.passed
        found = stretched(passed(low), passed(middle), passed(high), self.width)
        (least, most), (first, last) = self.hours.within(low), self.hours.within(high)
        return min(max(found[0], least), most), min(max(found[1], first), max(last, passed(high)))

    def _after(self, whose: UUID | str) -> Band:
        """Return how much later than the call, early and late, a visit ends."""
        found = self._ends.get(whose)
        if found is None:
            began, _, begins = tenths(self.calls[whose])
            ended, _, ends = tenths(self._runs_to_end(whose))
            found = self._ends[whose] = (ended - began, ends - begins)
        return found

    def _runs_to_end(self, whose: UUID | str) -> Sequence[float]:
        numbers = (whose, *self.together.get(whose, ())) if isinstance(whose, UUID) else (whose,)
        ends = []
        for number in numbers:
            own = self.services[self.letters[number] if isinstance(number, UUID) else number]
            calls = self.calls[number]
            ends.append([call + own[n * 7 % len(own)] for n, call in enumerate(calls)])
        return ends[0] if len(ends) == 1 else [max(runs) for runs in zip(*ends, strict=False)]

    def _said(self, low: float, high: float) -> Range:
        shown = replace(
            rounded(low - self.age, high - self.age), rest=self.hours.rests(self.age, high)
        )
        return until(shown, self.closes - self.age)


def forecast(hall: HallNow, *, runs: int = RUNS, seed: int = 0) -> Forecast:
    """Play a hall to its end and return what everybody can expect.

    A hall in which more people wait than ``MANY`` is played fewer times: it takes as long as others.
    """
    runs = max(min(runs, FEWEST), min(runs, runs * MANY // max(1, len(hall.waiters))))
    sketch = Sketch(hall, runs, seed)
    setup = sketch.setup()
    played = [Run(setup, n, seed).calls for n in range(runs)]
    made = Forecast(hall.width, hours=OpenTime(setup.sessions), closes=_closes(hall))
    for n, waiter in enumerate(sketch.waiters):
        made.letters[waiter.id] = waiter.letter
        made.calls[waiter.id] = [run[n] for run in played if run[n] < NEVER] or [HORIZON]
    for n, name in enumerate(sketch.guests, len(sketch.waiters)):
        made.calls[name] = [min(run[n], HORIZON) for run in played]
    for line in hall.lines:
        made.services[line.letter] = sketch.services[line.letter]
    made.delays = _delays(sketch.counters, hall)
    made.tails = _tails(hall, made.delays)
    made.together = {
        one.id: tuple(w.id for w in visit if w is not one)
        for visit in sketch.visits
        for one in visit
    }
    for waiter in sketch.far:
        made.letters[waiter.id] = waiter.letter
        made.windows[waiter.id] = waiter.within or (0.0, HORIZON)
    return made


def _tails(hall: HallNow, delays: Mapping[str, Mapping[str, float]]) -> dict[str, Tail]:
    """Return what those who were not played add to each line, by the counters that lines share."""
    if not hall.tails:
        return {}
    played = Counter(waiter.letter for waiter in hall.waiters)
    found = {}
    for line in hall.lines:
        own = delays[line.letter]
        minutes = sum(own.get(letter, 0.0) * people for letter, people in hall.tails.items())
        off = math.exp(_TENTH * line.doubt)
        people = hall.tails.get(line.letter, 0)
        found[line.letter] = Tail(played[line.letter], people, minutes, 1 / off, off)
    return found


def _closes(hall: HallNow) -> float:
    """Return when a hall closes for today; one that is over and in which nobody sits any more has."""
    if hall.sessions:
        return hall.sessions[-1][1]
    sits = any(counter.state != "closed" for counter in hall.counters)
    return 0.0 if hall.over and not sits else NEVER


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
