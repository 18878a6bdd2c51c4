"""From a hall to the setup of its runs: who stands where, what each takes in each run, who comes later."""

from collections.abc import Sequence
from uuid import UUID

from motcua.queues import drawing
from motcua.queues.drawing import Draws
from motcua.queues.forecast_run import NEVER, Place, Seat, Setup, Stream
from motcua.queues.hallnow import CounterNow, HallNow, LineNow, WaiterNow

# Who comes later than this is not played: he will be called about when he is asked to come.
SOON = 150.0
# A hall without an open counter does not stay so: somebody sits down within so many minutes.
HELP_WITHIN = 10.0
_SERVICE, _SHOWS, _BREAK, _COMES, _DOUBT, _COUNTER, _PRESENT = range(7)


class Sketch:
    """Turns a hall into the setup of its runs."""

    def __init__(self, hall: HallNow, runs: int, seed: int) -> None:
        self.hall, self.runs = hall, runs
        self.draws = Draws(runs, seed)
        known = {line.letter for line in hall.lines}
        waiters = sorted(
            (w for w in hall.waiters if w.letter in known), key=lambda w: (w.key, w.id)
        )
        self.far = [w for w in waiters if w.within and w.within[0] > SOON]
        self.waiters = [w for w in waiters if not (w.within and w.within[0] > SOON)]
        self.guests = [f"{letter}{mark}" for letter in sorted(known) for mark in ("", "!")]
        self.index = {line.letter: n for n, line in enumerate(hall.lines)}
        self.services = {
            line.letter: drawing.services(line.mean, line.spread, runs) for line in hall.lines
        }
        self.doubts = {line.letter: self._doubt(line) for line in hall.lines}
        self.counters = [*hall.counters, *self._help()]
        self.visits = self._several()

    def setup(self) -> Setup:
        """Return what all runs have in common."""
        policy = self.hall.policy
        number = {waiter.id: n for n, waiter in enumerate(self.waiters)}
        head = policy.priority_head_start_minutes
        return Setup(
            tuple(self._seat(counter, n) for n, counter in enumerate(self.counters)),
            len(self.hall.lines),
            self._places(head),
            len(self.waiters),
            [self._takes(waiter) for waiter in self.waiters],
            self._comes(),
            self._streams(),
            self._sessions(),
            policy.priority_in_row if head is None else None,
            head or 0.0,
            policy.patience_minutes or NEVER,
            {number[w.id]: n for n, visit in enumerate(self.visits) for w in visit},
            [
                (n, seat)
                for n, visit in enumerate(self.visits)
                for seat, counter in enumerate(self.counters)
                if counter.visit == visit[0].visit
            ],
        )

    def _several(self) -> list[tuple[WaiterNow, ...]]:
        """Return by visit the numbers of those who have more than one, those at a counter counted."""
        found: dict[UUID, list[WaiterNow]] = {}
        for waiter in self.waiters:
            if waiter.visit is not None:
                found.setdefault(waiter.visit, []).append(waiter)
        seated = {counter.visit for counter in self.counters}
        return [tuple(own) for visit, own in found.items() if len(own) > 1 or visit in seated]

    def _doubt(self, line: LineNow) -> list[float]:
        factors = drawing.factors(line.doubt, self.runs)
        return [factors[n] for n in self.draws.of(ord(line.letter[0]), _DOUBT)]

    def _sessions(self) -> Sequence[tuple[float, float]]:
        """Return the sessions; a hall that works before its first one is open already."""
        sessions = self.hall.sessions
        busy = any(counter.state in ("called", "serving") for counter in self.hall.counters)
        if sessions and self.hall.early and busy:
            return ((0.0, sessions[0][1]), *sessions[1:])
        return sessions

    def _help(self) -> list[CounterNow]:
        """Return the counter that is assumed for lines which nobody serves."""
        served = {
            letter
            for counter in self.hall.counters
            for group in (*counter.groups, counter.spill)
            for letter in group
            if letter in counter.skilled_lines
        }
        alone = tuple(line.letter for line in self.hall.lines if line.letter not in served)
        if not alone:
            return []
        return [CounterNow(UUID(int=0), (alone,), skilled_lines=frozenset(alone), state="closed")]

    def _seat(self, counter: CounterNow, number: int) -> Seat:
        def lines(letters: Sequence[str]) -> tuple[int, ...]:
            return tuple(
                self.index[x] for x in letters if x in counter.skilled_lines and x in self.index
            )

        spill = lines(counter.spill) if self.hall.policy.spill_over else ()
        groups = tuple(found for group in counter.groups if (found := lines(group)))
        return Seat(groups, spill, self._free(counter, number), counter.pace, counter.priority_run)

    def _free(self, counter: CounterNow, number: int) -> list[float]:
        """Return when a counter can call, in each run."""
        hall, order = self.hall, self.draws.of(number + 1, _COUNTER)
        if counter.state == "idle":
            return [0.0] * self.runs
        if counter.state == "closed":
            return [counter.opens_in + HELP_WITHIN * (n + 0.5) / self.runs for n in order]
        if counter.state == "break":
            left = drawing.remaining(hall.break_minutes, 0.6, counter.elapsed, self.runs)
            return [left[n] for n in order]
        line = next((x for x in hall.lines if x.letter == counter.letter), LineNow(counter.letter))
        if counter.state == "serving":
            left = drawing.remaining(
                line.mean * counter.pace, line.spread, counter.elapsed, self.runs
            )
            return [left[n] + hall.call_minutes / 2 for n in order]
        whole = drawing.services(line.mean * counter.pace, line.spread, self.runs)
        walk = max(0.0, hall.call_minutes - counter.elapsed)
        absent = round(hall.absent * self.runs)
        away = max(0.2, hall.absent_minutes - counter.elapsed)
        return [away if n < absent else walk + whole[order[n - 1]] for n in order]

    def _places(self, head: float | None) -> list[Place]:
        places = [self._place(waiter, order, head) for order, waiter in enumerate(self.waiters)]
        for order, name in enumerate(self.guests, len(places)):
            line, prior = self.index[name[:-1] if name[-1] == "!" else name], name[-1] == "!"
            if prior and head is None:
                places.append(Place(line, True, (-1, 0.0, order, order)))
            else:
                key = -(head or 0.0) if prior else 0.0
                places.append(Place(line, False, (0, key, order, order)))
        return places

    def _place(self, waiter: WaiterNow, order: int, head: float | None) -> Place:
        line, pinned = self.index[waiter.letter], self._pin(waiter)
        if pinned >= 0:
            return Place(line, False, (0, waiter.key, order, order), pinned)
        if waiter.priority and head is None:
            return Place(line, True, (-waiter.priority, waiter.key, order, order))
        key = waiter.key - (head or 0.0) if waiter.priority else waiter.key
        return Place(line, False, (0, key, order, order))

    def _pin(self, waiter: WaiterNow) -> int:
        """Return the seat that alone may call him; -1 too when nobody who may sits anywhere now."""
        if waiter.for_counter is None and waiter.for_staff is None:
            return -1
        for n, counter in enumerate(self.counters):
            if (
                waiter.for_counter in (None, counter.id)
                and waiter.for_staff in (None, counter.staff)
                and waiter.letter in counter.skilled_lines
            ):
                return n
        return -1

    def _takes(self, waiter: WaiterNow) -> list[float]:
        """Return the minutes that a waiter keeps a counter, in each run."""
        hall, number = self.hall, waiter.id.int
        services, doubts = self.services[waiter.letter], self.doubts[waiter.letter]
        takes = [
            hall.call_minutes + services[n] * doubt
            for n, doubt in zip(self.draws.of(number, _SERVICE), doubts, strict=True)
        ]
        if hall.break_share:
            away = hall.break_share * self.runs
            for run, n in enumerate(self.draws.of(number, _BREAK)):
                if n + 0.5 < away:
                    takes[run] += hall.break_minutes
        absent = hall.absent * self.runs
        for run, n in enumerate(self.draws.of(number, _SHOWS)):
            if n + 0.5 < absent:
                takes[run] = hall.absent_minutes
        return takes

    def _comes(self) -> list[tuple[int, list[float]]]:
        """Return the moments at which those arrive who are not here yet."""
        found = []
        for n, waiter in enumerate(self.waiters):
            if waiter.within is None:
                continue
            low, high = waiter.within
            shows = waiter.shows * self.runs
            order = self.draws.of(waiter.id.int, _COMES)
            moments = [max(0.0, low + (high - low) * (k + 0.5) / self.runs) for k in order]
            present = self.draws.of(waiter.id.int, _PRESENT)
            found.append(
                (
                    n,
                    [
                        at if k + 0.5 < shows else NEVER
                        for at, k in zip(moments, present, strict=True)
                    ],
                )
            )
        return found

    def _streams(self) -> list[Stream]:
        """Return the strangers that can pass somebody: with priority, or in a line that is preferred."""
        preferred = self._preferred()
        streams = []
        for line in self.hall.lines:
            takes = [self.hall.call_minutes + minutes for minutes in self.services[line.letter]]
            index = self.index[line.letter]
            streams.append(Stream(index, 1, line.priority_per_hour / 60, takes))
            if line.letter in preferred:
                streams.append(Stream(index, 0, line.ordinary_per_hour / 60, takes))
        return streams

    def _preferred(self) -> set[str]:
        """Return the letters that stand in some counter's group before another of its groups."""
        return {
            letter
            for counter in self.counters
            for group in (counter.groups if counter.spill else counter.groups[:-1])
            for letter in group
        }
