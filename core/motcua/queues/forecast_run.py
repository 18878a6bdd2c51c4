"""One possible rest of the day: the counters of a hall take who waits, by the policy, until all are called.

The lanes pick whom ``policy.choose`` would (a test compares them); they keep heaps, because a run asks some
hundred times and a forecast makes sixty runs. For that they look no deeper than the first of each line for one who
waits too long in a later group: he is missed behind a younger one of a higher rank, and with a head start of
priority the wait is reckoned from the key that it gives.
"""

import random
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import accumulate

from motcua.queues.opentime import HORIZON, OpenTime

NEVER = float("inf")
_ALWAYS = 1 << 30

Entry = tuple[float, float, int, int]
"""How somebody stands in a lane: less his rank, his key, the order of his id, who he is."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A counter: lines by index, and per run when it is free next."""

    groups: tuple[tuple[int, ...], ...]
    spill: tuple[int, ...]
    free: Sequence[float]
    pace: float = 1.0
    priority_run: int = 0

    @property
    def reach(self) -> frozenset[int]:
        """All lines it may take somebody of."""
        return frozenset(line for group in (*self.groups, self.spill) for line in group)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody waits: line by index, with or without priority, or pinned to one seat."""

    line: int
    priority: bool
    entry: Entry
    pinned: int = -1


@dataclass(frozen=True, slots=True)
class Stream:
    """People who will come to a line, and what one of them takes, of equal likelihood."""

    line: int
    rank: int
    per_minute: float
    takes: Sequence[float]


_NOBODY = Stream(0, 0, 0.0, ())


@dataclass(frozen=True, slots=True)
class Setup:
    """What all runs of a forecast have in common.

    Waiters are numbered: first those who are real, from ``guests`` on those who stand for somebody who
    would come now; they are called and take no time. ``takes``: minutes per waiter and run. ``comes``: per
    waiter who is not here yet, the moment in each run, ``NEVER`` where he does not show up.
    ``visits``: one person stands at one counter; his other numbers keep their places until he is free.
    """

    seats: tuple[Seat, ...]
    lines: int
    places: Sequence[Place]
    guests: int
    takes: Sequence[Sequence[float]]
    comes: Sequence[tuple[int, Sequence[float]]] = ()
    streams: Sequence[Stream] = ()
    # When the hall calls; after the last session as long as anybody waits.
    sessions: Sequence[tuple[float, float]] = ()
    # After so many people with priority an ordinary one; None: priority is a head start.
    in_row: int | None = 2
    head_start: float = 0.0
    # Who has waited so many minutes counts as of the first group.
    patience: float = NEVER
    # Whose visit has several numbers: which visit that is. And the visits of those who are at a seat now.
    visits: Mapping[int, int] = field(default_factory=dict)
    seated: Sequence[tuple[int, int]] = ()


class Lanes:
    """Who waits in each line, and whom a counter takes."""

    __slots__ = (
        "_guests", "_in_row", "_later", "_patience", "_pinned", "_plain", "_prior", "_seats",
        "in_row_of",
    )  # fmt: skip

    def __init__(self, setup: Setup) -> None:
        self._seats = setup.seats
        self._plain: list[list[Entry]] = [[] for _ in range(setup.lines)]
        self._prior: list[list[Entry]] = [[] for _ in range(setup.lines)]
        self._pinned: list[list[Entry]] = [[] for _ in setup.seats]
        # How many people with priority each seat has called one after the other.
        self.in_row_of = [seat.priority_run for seat in setup.seats]
        self._in_row = _ALWAYS if setup.in_row is None else setup.in_row
        self._guests = range(setup.guests, len(setup.places))
        self._patience = setup.patience
        # The lines of each seat that stand in its later groups alone.
        self._later = [
            tuple({x for group in seat.groups[1:] for x in group}.difference(*seat.groups[:1]))
            for seat in setup.seats
        ]

    def put(self, place: Place) -> None:
        """Let somebody wait."""
        if place.pinned >= 0:
            heappush(self._pinned[place.pinned], place.entry)
        else:
            heappush((self._prior if place.priority else self._plain)[place.line], place.entry)

    def put_stranger(self, line: int, rank: int, key: float, number: int) -> None:
        """Let somebody wait of whom nothing else is known; rank 0 is without priority."""
        heappush((self._prior if rank else self._plain)[line], (-rank, key, number, number))

    def pick(self, seat: int, at: float = 0.0) -> int:
        """Take whom this counter calls at a moment; -1 for nobody."""
        if self._pinned[seat]:
            return heappop(self._pinned[seat])[3]
        chosen = self._seats[seat]
        found = self._of_groups(seat, chosen.groups, self._later[seat], at - self._patience)
        if found < 0 and chosen.spill:
            found = self._of_groups(seat, (chosen.spill,), (), 0.0)
        return found

    def _of_groups(
        self, seat: int, groups: tuple[tuple[int, ...], ...], later: tuple[int, ...], since: float
    ) -> int:
        if self.in_row_of[seat] >= self._in_row:
            aged = later
            for group in groups:
                if lane := _first(self._plain, group, aged, since):
                    return self._taken(seat, lane, 0)
                aged = ()
        aged = later
        for group in groups:
            if lane := _first(self._prior, group, aged, since):
                return self._taken(seat, lane, self.in_row_of[seat] + 1)
            if lane := _first(self._plain, group, aged, since):
                return self._taken(seat, lane, 0)
            aged = ()
        return -1

    def _taken(self, seat: int, lane: list[Entry], run: int) -> int:
        waiter = heappop(lane)[3]
        if waiter not in self._guests:
            self.in_row_of[seat] = run
        return waiter


def _first(
    lanes: list[list[Entry]], group: tuple[int, ...], aged: tuple[int, ...], since: float
) -> list[Entry] | None:
    """Return the lane whose first is next: of a group, or of the other lines where his key is before ``since``."""
    best: list[Entry] | None = None
    for line in group:
        lane = lanes[line]
        if lane and (best is None or lane[0] < best[0]):
            best = lane
    for line in aged:
        lane = lanes[line]
        if lane and lane[0][1] < since and (best is None or lane[0] < best[0]):
            best = lane
    return best


class Run:
    """One run of a setup; ``calls`` says when each waiter is called, ``NEVER`` beyond the horizon."""

    __slots__ = (
        "_away", "_coming", "_free", "_idle", "_lanes", "_opens", "_run", "_setup", "_strangers",
        "calls",
    )  # fmt: skip

    def __init__(self, setup: Setup, run: int, seed: int) -> None:
        self._setup, self._run = setup, run
        self._lanes = Lanes(setup)
        self._opens = OpenTime(setup.sessions).opens
        # Until when the person of a visit is at a counter.
        self._away = {visit: setup.seats[seat].free[run] for visit, seat in setup.seated}
        self.calls = [NEVER] * len(setup.places)
        self._free = [(seat.free[run], n) for n, seat in enumerate(setup.seats)]
        heapify(self._free)
        self._idle: list[int] = []
        self._coming = [(at[run], n) for n, at in setup.comes]
        heapify(self._coming)
        self._strangers: list[float] = []
        later = {n for n, _ in setup.comes}
        for n, place in enumerate(setup.places):
            if n not in later:
                self._lanes.put(place)
        self._go(random.Random((seed << 8) + run))  # noqa: S311 -- a simulation

    def _go(self, draw: random.Random) -> None:
        strangers = self._streams(draw)
        stranger, stream = next(strangers)
        left = sum(1 for at, _ in self._coming if at < HORIZON)
        left += len(self._setup.places) - len(self._coming)
        while left:
            free = self._free[0][0] if self._free else NEVER
            coming = self._coming[0][0] if self._coming else NEVER
            if min(free, coming, stranger) >= HORIZON:
                break
            if stranger <= free and stranger <= coming:
                self._stranger(stranger, stream, draw)
                stranger, stream = next(strangers)
            elif coming <= free:
                place = self._setup.places[heappop(self._coming)[1]]
                self._lanes.put(place)
                self._wake(coming, place.line, place.pinned)
            else:
                left -= self._call(*heappop(self._free))

    def _call(self, at: float, seat: int) -> int:
        """Let a counter call at a moment; returns how many of the setup's waiters it called."""
        opens = self._opens(at)
        if opens > at:
            heappush(self._free, (opens, seat))
            return 0
        called, setup, in_row = 0, self._setup, self._lanes.in_row_of[seat]
        while (waiter := self._lanes.pick(seat, at)) >= 0:
            known = len(setup.places)
            visit = setup.visits.get(waiter)
            if visit is not None and (until := self._away.get(visit, 0.0)) > at:
                # He is at another counter; his place is kept.
                self._lanes.in_row_of[seat] = in_row
                heappush(self._coming, (until, waiter))
                continue
            if waiter < known:
                self.calls[waiter] = at
                called += 1
                if waiter >= setup.guests:
                    continue
                takes = setup.takes[waiter][self._run]
            else:
                takes = self._strangers[waiter - known]
            free = at + takes * setup.seats[seat].pace
            heappush(self._free, (free, seat))
            if visit is not None:
                self._away[visit] = free
            return called
        self._idle.append(seat)
        return called

    def _wake(self, at: float, line: int, pinned: int = -1) -> None:
        """Let the counters that were idle look again, those that may take somebody."""
        for seat in list(self._idle):
            if seat == pinned or (pinned < 0 and line in self._setup.seats[seat].reach):
                self._idle.remove(seat)
                heappush(self._free, (at, seat))

    def _stranger(self, at: float, stream: Stream, draw: random.Random) -> None:
        setup, number = self._setup, len(self._setup.places) + len(self._strangers)
        self._strangers.append(stream.takes[int(draw.random() * len(stream.takes))])
        if setup.in_row is None:
            key = at - setup.head_start if stream.rank else at
            self._lanes.put_stranger(stream.line, 0, key, number)
        else:
            self._lanes.put_stranger(stream.line, stream.rank, at, number)
        if self._idle:
            self._wake(at, stream.line)

    def _streams(self, draw: random.Random) -> Iterator[tuple[float, Stream]]:
        """Yield who comes by and by, and in the end nobody ever."""
        streams = [s for s in self._setup.streams if s.per_minute > 0]
        shares = list(accumulate(s.per_minute for s in streams))
        total, at = (shares[-1] if shares else 0.0), 0.0
        closes = self._setup.sessions[-1][1] if self._setup.sessions else HORIZON
        while streams:
            at += draw.expovariate(total)
            if at >= closes:
                break
            yield at, streams[bisect(shares, draw.random() * total, hi=len(shares) - 1)]
        while True:
            yield NEVER, _NOBODY
