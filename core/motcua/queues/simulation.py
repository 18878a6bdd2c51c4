"""A day of one hall, played event by event under a policy. Pure: minutes since the day began, no clock.

Everything a person brings is in the plan (when he comes, how long he will take, which calls he misses), so two
policies are compared on the same people. ``motcua.queues.replaying`` makes a plan of a day that was.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

import msgspec

from motcua.queues.outcome import Outcome, Seen, outcome_of
from motcua.queues.policy import (
    Caller,
    Policy,
    Waiter,
    appointment_key,
    choose,
    expected_soon,
    key_behind,
    priority_run_after,
)

_MEAN = 10.0
_START = datetime(2000, 1, 1, tzinfo=UTC)


class Arrival(msgspec.Struct, frozen=True):
    """Somebody who comes: ``service`` minutes at a counter of pace one.

    ``appointment``: the begin of his slot. ``misses``: how many of his calls he does not answer. ``since``: he
    keeps the place of that moment (a further service of his visit, a number taken from afar).
    """

    at: float
    letter: str
    service: float
    priority: int = 0
    appointment: float | None = None
    misses: int = 0
    since: float | None = None


class Desk(msgspec.Struct, frozen=True):
    """A counter: its profile, what may be served there, its pace, and when somebody sits there.

    ``stays``: after its last span it goes on as long as anybody waits whom it may call.
    """

    groups: tuple[tuple[str, ...], ...]
    skilled_lines: frozenset[str]
    spans: tuple[tuple[float, float], ...]
    spill: tuple[str, ...] = ()
    pace: float = 1.0
    stays: bool = True


class Plan(msgspec.Struct, frozen=True):
    """A day: who comes and who serves. ``gap`` minutes pass on average from a call to the service.

    ``means``: what a line takes as everybody believes, for the rule on lines that are expected soon.
    """

    arrivals: tuple[Arrival, ...]
    desks: tuple[Desk, ...]
    gap: float = 0.7
    means: dict[str, float] = {}


class DeskState(msgspec.Struct):
    """What can be seen at a counter: its state since when, and the arrival that is there."""

    state: str = "closed"
    since: float = 0.0
    arrival: int = -1
    priority_run: int = 0


Watch = Callable[["Hall", int], None]


def run(plan: Plan, policy: Policy, seed: int = 0, *, watch: Watch | None = None) -> Outcome:
    """Play a plan; ``watch`` is shown the hall whenever somebody begins to wait, himself included.

    The seed draws only how long people walk to the counter, the same for the n-th call of each desk.
    """
    hall = Hall(plan, policy, seed, watch)
    hall.play()
    return outcome_of(hall.seen, [desk.spans for desk in plan.desks], hall.busy)


class Hall:
    """The hall while it is played."""

    def __init__(self, plan: Plan, policy: Policy, seed: int, watch: Watch | None) -> None:
        self.plan, self.policy, self._watch = plan, policy, watch
        self.now = 0.0
        self.waiting: dict[int, Waiter] = {}
        self._kept: dict[int, datetime] = {}
        self.desks = [DeskState() for _ in plan.desks]
        self.busy = [0.0] * len(plan.desks)
        self.seen = [Seen(n, a.letter, _class(a), a.at) for n, a in enumerate(plan.arrivals)]
        self.calls = [0] * len(plan.arrivals)
        self._walks = [random.Random(seed * 1009 + n) for n in range(len(plan.desks))]  # noqa: S311
        self._events: list[tuple[float, int, int, str, int]] = []

    def play(self) -> None:
        """Let the day pass."""
        for n, arrival in enumerate(self.plan.arrivals):
            self._later(arrival.at, "arrive", n)
        for n, desk in enumerate(self.plan.desks):
            for begins, ends in desk.spans:
                self._later(begins, "free", n)
                self._later(ends, "pause", n)
        steps = {"arrive": self._arrive, "free": self._free, "pause": self._pause}
        steps |= {"start": self._start, "end": self._end}
        while self._events:
            self.now, _, _, what, who = heappop(self._events)
            steps[what](who)

    def moment(self, minutes: float) -> datetime:
        """Return minutes as the moment that keys are made of."""
        return _START + timedelta(minutes=minutes)

    def minutes(self, moment: datetime) -> float:
        """Return a key as minutes."""
        return (moment - _START).total_seconds() / 60

    def _later(self, at: float, what: str, who: int) -> None:
        # Who ends comes before who begins, and arrivals before both: the order at one moment is fixed.
        order = ("arrive", "end", "start", "pause", "free").index(what)
        heappush(self._events, (at, order, who, what, who))

    def _arrive(self, who: int) -> None:
        arrival = self.plan.arrivals[who]
        key = self.moment(self.now if arrival.since is None else arrival.since)
        if arrival.appointment is not None:
            key = appointment_key(
                self.policy, self.moment(arrival.appointment), self.moment(self.now)
            )
        self._wait(who, key)

    def _wait(self, who: int, key: datetime) -> None:
        arrival = self.plan.arrivals[who]
        self._kept[who] = key
        self.waiting[who] = Waiter(UUID(int=who), arrival.letter, key, arrival.priority)
        if self._watch and self.calls[who] == 0:
            self._watch(self, who)
        for n, desk in enumerate(self.desks):
            if desk.state == "idle" and who in self.waiting:
                self._free(n)

    def _pause(self, number: int) -> None:
        if self.desks[number].state == "idle":
            self._free(number)

    def _free(self, number: int) -> None:
        """Let a desk that has nobody call, wait, or go."""
        desk, state = self.plan.desks[number], self.desks[number]
        if state.state in ("called", "serving"):
            return
        if not any(begins <= self.now < ends for begins, ends in desk.spans):
            over = all(self.now >= ends for _, ends in desk.spans)
            if not (over and desk.stays):
                self._set(number, "closed" if over or self.now < desk.spans[0][0] else "break")
                return
        chosen = self._choose(number)
        if chosen is None:
            self._set(number, "idle")
            return
        state.priority_run = priority_run_after(self._caller(number), chosen)
        self._call(number, chosen.id.int)

    def _call(self, number: int, who: int) -> None:
        del self.waiting[who]
        self._set(number, "called", who)
        if self.calls[who] == 0:
            self.seen[who].called = self.now
        self.calls[who] += 1
        walk = self._walks[number].expovariate(1 / self.plan.gap) if self.plan.gap else 0.0
        if self.calls[who] <= self.plan.arrivals[who].misses:
            walk = self.policy.recall_seconds / 60
        self._later(self.now + walk, "start", number)

    def _start(self, number: int) -> None:
        state = self.desks[number]
        who = state.arrival
        arrival = self.plan.arrivals[who]
        if self.calls[who] > arrival.misses:
            self.seen[who].started = self.now
            self.seen[who].desk = number
            takes = arrival.service * self.plan.desks[number].pace
            self._set(number, "serving", who)
            self.busy[number] += takes
            self._later(self.now + takes, "end", number)
            return
        self._set(number, "idle")
        if self.calls[who] <= self.policy.recycle_times:
            places, now = self.policy.recycle_places, self.moment(self.now)
            self._wait(who, key_behind(self._kept[who], self._keys(arrival), places, now))
        if state.state == "idle":
            self._free(number)

    def _end(self, number: int) -> None:
        self.seen[self.desks[number].arrival].ended = self.now
        self._set(number, "idle")
        self._free(number)

    def _set(self, number: int, state: str, arrival: int = -1) -> None:
        desk = self.desks[number]
        if desk.state != state or arrival >= 0:
            desk.since = self.now
        desk.state, desk.arrival = state, arrival

    def _keys(self, arrival: Arrival) -> Sequence[datetime]:
        return sorted(
            w.sort_key
            for w in self.waiting.values()
            if w.letter == arrival.letter and w.priority == arrival.priority
        )

    def _caller(self, number: int) -> Caller:
        desk = self.plan.desks[number]
        return Caller(
            UUID(int=number),
            UUID(int=number),
            desk.groups,
            desk.spill,
            desk.skilled_lines,
            self.desks[number].priority_run,
        )

    def _choose(self, number: int) -> Waiter | None:
        caller, waiting = self._caller(number), self.waiting.values()
        soon = bool(caller.spill) and self._expected(caller)
        return choose(self.policy, caller, waiting, self.moment(self.now), own_expected_soon=soon)

    def _expected(self, caller: Caller) -> bool:
        """Tell whether an appointment of the own lines is due within one mean service of that line."""
        own = {letter for group in caller.groups for letter in group} & caller.skilled_lines
        now = self.moment(self.now)
        return any(
            expected_soon([self.moment(a.appointment)], now, self.plan.means.get(a.letter, _MEAN))
            for a in self.plan.arrivals
            if a.appointment is not None and a.letter in own and a.at > self.now
        )


def _class(arrival: Arrival) -> str:
    if arrival.priority:
        return "priority"
    return "ordinary" if arrival.appointment is None else "appointment"
