"""The shown waiting times against what happened, beside the naive rule, over simulated halls.

    python -m benchmarks.estimates            # about four minutes
    python -m benchmarks.estimates --halls 4 --days 2

Every hall is drawn anew: lines, counters, profiles, skills, paces, priorities, appointments, absences. The
estimator knows of it what an installation would: the settings (wrong means), what can be seen in the hall, and
the services of earlier days. For every fourth ordinary person of the later days: the middle of the shown range
and the naive rule (people ahead in the line x mean / open counters of the line) against the wait that followed.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from motcua.queues import learning, simulation
from motcua.queues.estimate import Range
from motcua.queues.forecast import forecast
from motcua.queues.hallnow import CounterNow, HallNow, LineNow, WaiterNow
from motcua.queues.learning import Served
from motcua.queues.outcome import Outcome
from motcua.queues.policy import Policy
from motcua.queues.simulated_halls import AFTERNOON, MORNING, Setting

AIM = 0.5


@dataclass
class Shown:
    """What was shown to one person, what the naive rule says, and what came."""

    range: Range
    naive: float
    known_mean: float
    actual: float = 0.0
    spent: float = 0.0


@dataclass
class Memory:
    """What a hall has learned of its earlier days."""

    setting: Setting
    days: int = 0
    services: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    walks: list[float] = field(default_factory=list)
    called: int = 0
    absent: int = 0
    breaks: list[float] = field(default_factory=list)
    people: dict[tuple[str, bool, int], int] = field(default_factory=lambda: defaultdict(int))
    shown: list[tuple[int, bool]] = field(default_factory=list)
    openings: list[float] = field(default_factory=list)

    def served(self) -> list[Served]:
        """Return the services in sums, as the database gives them."""
        return [Served.of(x, UUID(int=d + 1), m) for (x, d), m in self.services.items()]

    def width(self) -> float:
        """Return the width that the ranges of the last ten days ask for."""
        recent = [inside for day, inside in self.shown if day >= self.days - 10]
        return learning.width_of(sum(recent), len(recent))

    def add(self, plan: simulation.Plan, outcome: Outcome) -> None:
        """Learn from a day that is over."""
        for person in outcome.people:
            arrival = plan.arrivals[person.number]
            half = int(arrival.at // 60)
            self.people[person.letter, arrival.priority > 0, half] += 1
            if person.called is None:
                continue
            self.called += 1
            self.absent += arrival.misses > 0
            if person.started is None or person.ended is None or person.desk is None:
                continue
            self.services[person.letter, person.desk].append(person.ended - person.started)
            if not arrival.misses:
                self.walks.append(person.started - person.called)
        for desk in plan.desks:
            for (_, away), (back, _) in zip(desk.spans, desk.spans[1:], strict=False):
                if back - away < 60:
                    self.breaks.append(back - away)
        self.days += 1


class Estimator:
    """Looks at a hall as an installation does and says what it would show."""

    def __init__(self, memory: Memory, policy: Policy, every: int, offset: int) -> None:
        self.memory, self.policy = memory, policy
        self.every, self.offset = every, offset
        self.shown: dict[int, Shown] = {}
        self.served = memory.served()
        self.width = memory.width()
        self.today: dict[tuple[str, int], list[float]] = defaultdict(list)
        self._known: set[int] = set()
        self.lines = {
            line.letter: learning.line_learned(
                line.believed, 0.5, [s for s in self.served if s.letter == line.letter]
            )
            for line in memory.setting.lines
        }
        self.means = {letter: line.mean for letter, line in self.lines.items()}
        self.paces = learning.paces(self.served, self.means)

    def look(self, hall: simulation.Hall, who: int) -> None:
        """Estimate for somebody who has just begun to wait."""
        arrival = hall.plan.arrivals[who]
        if who % self.every != self.offset or arrival.appointment is not None or arrival.priority:
            return
        begun = time.thread_time()
        made = forecast(self.hall_now(hall, who))
        spent = time.thread_time() - begun
        ahead = sum(1 for n, w in hall.waiting.items() if n != who and w.letter == arrival.letter)
        serving = sum(
            1
            for desk, state in zip(hall.plan.desks, hall.desks, strict=True)
            if state.state in ("idle", "called", "serving")
            and arrival.letter in desk.skilled_lines
            and any(arrival.letter in group for group in desk.groups)
        )
        mean = self.means[arrival.letter]
        self.shown[who] = Shown(
            made.next(arrival.letter), ahead * mean / max(1, serving), mean, spent=spent
        )

    def hall_now(self, hall: simulation.Hall, who: int) -> HallNow:
        """Return what can be seen of the hall."""
        memory, now = self.memory, hall.now
        sessions = (MORNING, AFTERNOON) if memory.setting.afternoon else (MORNING,)
        factor = learning.today_factor(self._today(hall), self.means)
        walks = learning.shrunk(0.7, sum(memory.walks), len(memory.walks))
        taken = sum(len(m) for m in memory.services.values())
        return HallNow(
            tuple(self._line(x.letter, now, factor) for x in memory.setting.lines),
            tuple(self._counter(hall, n) for n in range(len(hall.desks))),
            tuple(self._waiters(hall, who)),
            self.policy,
            tuple((a - now, b - now) for a, b in sessions if b > now),
            walks,
            learning.shrunk(0.05, memory.absent, memory.called),
            self.policy.recall_seconds / 60,
            len(memory.breaks) / taken if taken else 0.0,
            learning.shrunk(12.0, sum(memory.breaks), len(memory.breaks)),
            width=self.width,
        )

    def _today(self, hall: simulation.Hall) -> Iterable[Served]:
        for person in hall.seen:
            if person.ended is not None and person.number not in self._known:
                self._known.add(person.number)
                self.today[person.letter, 0].append(person.ended - (person.started or 0.0))
        return [Served.of(x, None, m) for (x, _), m in self.today.items()]

    def _line(self, letter: str, now: float, factor: float) -> LineNow:
        line, memory = self.lines[letter], self.memory
        hour, days = int(now // 60), max(1, memory.days)
        plain, prior = (
            (memory.people[letter, kind, hour] + memory.people[letter, kind, hour + 1]) / 2 / days
            for kind in (False, True)
        )
        return LineNow(letter, line.mean * factor, line.spread, line.doubt, plain, prior)

    def _counter(self, hall: simulation.Hall, number: int) -> CounterNow:
        desk, state = hall.plan.desks[number], hall.desks[number]
        # Expected: who has not come yet comes; who has gone for the day does not.
        closed = state.state == "closed" and hall.now < 60
        session = next((a for a, b in (MORNING, AFTERNOON) if hall.now < b), 0.0)
        return CounterNow(
            UUID(int=number + 1000),
            desk.groups if state.state != "closed" or closed else (),
            UUID(int=number + 1),
            desk.spill,
            desk.skilled_lines,
            "closed" if state.state == "break" and session > hall.now else state.state,  # type: ignore[arg-type]
            hall.plan.arrivals[state.arrival].letter if state.arrival >= 0 else "",
            hall.now - state.since,
            max(0.0, session - hall.now),
            state.priority_run,
            self.paces.get(UUID(int=number + 1), 1.0),
        )

    def _waiters(self, hall: simulation.Hall, who: int) -> Iterable[WaiterNow]:
        for n, waiter in hall.waiting.items():
            if n != who:
                key = hall.minutes(waiter.sort_key) - hall.now
                yield WaiterNow(UUID(int=n + 7919 * (n + 1)), waiter.letter, key, waiter.priority)
        for n, arrival in enumerate(hall.plan.arrivals):
            if arrival.appointment is not None and arrival.at > hall.now:
                slot = arrival.appointment - hall.now
                if slot > -self.policy.late_minutes:
                    within = (max(0.0, slot - 15), max(1.0, slot + 5))
                    key = slot - self.policy.head_start_minutes
                    yield WaiterNow(
                        UUID(int=n + 7919 * (n + 1)),
                        arrival.letter,
                        key,
                        arrival.priority,
                        within=within,
                        shows=0.92,
                    )


def one_day(memory: Memory, number: int, every: int) -> list[Shown]:
    """Play a day, estimate for some of its people, and learn from it."""
    plan, policy = memory.setting.day(number), Policy()
    estimator = Estimator(memory, policy, every, number % every)
    outcome = simulation.run(plan, policy, number, watch=estimator.look)
    found = []
    for who, shown in estimator.shown.items():
        wait = outcome.people[who].wait
        if wait is not None:
            shown.actual = wait
            found.append(shown)
            memory.shown.append((memory.days, shown.range.holds(wait)))
    memory.add(plan, outcome)
    return found


def hall_days(seed: int, learn: int, days: int, every: int) -> list[Shown]:
    """Let a hall learn for some days and return what it shows on the following ones."""
    memory = Memory(Setting.drawn(seed, afternoon=seed % 2 == 0))
    for number in range(learn):
        one_day(memory, number, every * 2)
    return [x for number in range(learn, learn + days) for x in one_day(memory, number, every)]


@dataclass(frozen=True)
class Score:
    """The figures of some tickets; minutes, and the share inside."""

    n: int
    wait: float
    error: float
    naive: float
    inside: float
    bias: float
    width: float

    @classmethod
    def of(cls, found: Sequence[Shown]) -> "Score":
        """Sum up."""

        def mean(figure: Callable[[Shown], float]) -> float:
            return sum(figure(x) for x in found) / max(1, len(found))

        return cls(
            len(found),
            mean(lambda x: x.actual),
            mean(lambda x: abs(x.range.middle - x.actual)),
            mean(lambda x: abs(x.naive - x.actual)),
            mean(lambda x: x.range.holds(x.actual)),
            mean(lambda x: x.range.middle - x.actual),
            mean(lambda x: x.range.high - x.range.low),
        )


def report(found: Sequence[Shown]) -> bool:
    """Print the figures of all halls; returns whether the aims are met."""
    s, n = Score.of(found), len(found)
    spent = sorted(x.spent * 1e3 for x in found)
    print(
        f"{n} tickets, mean wait {s.wait:.1f} min, p90 {sorted(x.actual for x in found)[n * 9 // 10]:.1f}"
    )
    print(
        f"mean error: middle of the range {s.error:.2f} (bias {s.bias:+.2f}), naive {s.naive:.2f}"
    )
    print(f"ratio {s.error / s.naive:.2f} (aim {AIM})")
    print(f"inside the range {s.inside:.1%} (aim 75-85 %), its mean width {s.width:.1f} min")
    print(f"a forecast: {spent[n // 2]:.1f} ms of CPU, p99 {spent[n * 99 // 100]:.1f}")
    return s.error <= AIM * s.naive and 0.75 <= s.inside <= 0.85


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--halls", type=int, default=16)
    parser.add_argument("--first", type=int, default=1000, help="seed of the first hall")
    parser.add_argument("--learn", type=int, default=8, help="days before the first that counts")
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--every", type=int, default=4, help="every so many people are asked")
    options = parser.parse_args()
    found: list[Shown] = []
    for seed in range(options.first, options.first + options.halls):
        own = hall_days(seed, options.learn, options.days, options.every)
        found += own
        s = Score.of(own)
        print(
            f"hall {seed}: {s.n} tickets, wait {s.wait:.1f}, error {s.error:.1f}, "
            f"naive {s.naive:.1f}, inside {s.inside:.0%}",
            flush=True,
        )
    print("aims met" if report(found) else "AIMS NOT MET")


if __name__ == "__main__":
    main()
