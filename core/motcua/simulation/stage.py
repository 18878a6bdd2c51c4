"""The stage of a hall's day: its time, its requests, and who holds which number."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any
from uuid import UUID

from motcua.simulation.halls import Desk, Hall
from motcua.simulation.pace import Pace
from motcua.simulation.visitors import Visitor
from motcua.simulation.wire import Api, RefusedError

Do = Callable[[], Awaitable[object]]
_TICK = timedelta(milliseconds=1)


@dataclass
class Ticket:
    """A number in somebody's hand; ``state`` as the hall knows it: waiting, aside, away, counter, over."""

    id: str
    number: str
    code: str
    letter: str
    who: "Person"
    minutes: float
    state: str = "waiting"
    pinned: str = ""
    rest: float = 0.0


@dataclass
class Person:
    """A visitor in the hall, with his numbers."""

    plan: Visitor
    tickets: list[Ticket] = field(default_factory=list)
    visit: str = ""
    misses: int = 0
    # What is meant to happen at the counter happens once.
    deed: str = ""


@dataclass
class Seat:
    """A counter through the day. ``state``: off, free, busy, break. ``goes`` is what its officer does next."""

    desk: Desk
    pace: float
    state: str = "off"
    goes: str = ""
    since: datetime | None = None
    vain: int = -1
    at: Ticket | None = None


@dataclass(frozen=True)
class Look:
    """What a hall was at a moment: how many wait by letter, as the API said.

    At a hall on its own with those whom its machine cannot know of yet.
    """

    at: datetime
    waiting: dict[str, int]


@dataclass
class Log:
    """What a run knows of itself, for the summary and for the check."""

    issued: dict[str, tuple[UUID, str]] = field(default_factory=dict)
    looks: list[tuple[UUID, Look]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, n: int = 1) -> None:
        """Count something that happened."""
        self.counts[what] = self.counts.get(what, 0) + n


class Stage:
    """A hall at a moment of its day. Requests of one hall follow each other."""

    def __init__(
        self,
        hall: Hall,
        people: list[Visitor],
        api: Api,
        log: Log,
        pace: Pace,
        draw: random.Random,
        *,
        csrf: str = "",
    ) -> None:
        self.hall, self.people, self.api, self.log = hall, people, api, log
        self.pace, self.draw, self.csrf = pace, draw, csrf
        self.now = hall.spans[0][0] - timedelta(minutes=20)
        self.seats = [Seat(desk, draw.lognormvariate(0, 0.14)) for desk in hall.desks]
        self.tickets: dict[str, Ticket] = {}
        self._waiting: dict[str, Ticket] = {}
        self.closing = hall.spans[-1][1]
        self.remote = api
        self._events: list[tuple[datetime, int, Do]] = []
        self._count = 0
        self._changes = 0
        # Numbers given out by the centre since the hall's machine has heard of it last.
        self.deaf = False
        self._unheard: list[Ticket] = []

    def later(self, at: datetime, do: Do) -> None:
        """Let something happen at a moment, or now if that has passed."""
        self._count += 1
        heappush(self._events, (max(at, self.now), self._count, do))

    def in_minutes(self, minutes: float, do: Do) -> None:
        """Let something happen so much later."""
        self.later(self.now + timedelta(minutes=minutes), do)

    async def play(self, until: datetime | None = None) -> None:
        """Let the day pass, or a part of it."""
        try:
            while self._events and (until is None or self._events[0][0] < until):
                at, _, do = heappop(self._events)
                self.now = max(at, self.now + _TICK)
                await self.pace.until(self, self.now)
                await do()
        finally:
            self.pace.done(self)

    async def ask(self, path: str, token: str, body: object = None, *, what: str = "") -> Any:
        """Send a command; None when the platform refuses it, which is counted."""
        try:
            return await self.api.post(path, token, self.now, body)
        except RefusedError as refused:
            self.log.refused[str(refused)] = self.log.refused.get(str(refused), 0) + 1
            self.log.count(f"refused: {what or path.rsplit('/', 1)[-1]}")
            return None
        finally:
            self.now += _TICK

    async def form(self, path: str, body: str, token: str = "") -> bool:
        """Send a form; false when it is refused, which is counted."""
        try:
            await self.api.form(path, self.csrf, self.now, body, token)
        except RefusedError as refused:
            self.log.refused[str(refused)] = self.log.refused.get(str(refused), 0) + 1
            return False
        return True

    async def on(self, ticket: Ticket, verb: str, token: str, **body: object) -> Any:
        """Give a command to a ticket."""
        said = await self.ask(f"/api/tickets/{ticket.id}/{verb}", token, body, what=verb)
        if said is not None:
            self.log.count(verb)
        return said

    async def _look(self) -> None:
        said = await self.api.get(f"/api/sites/{self.hall.key}", self.now)
        waiting = {line["letter"]: line["waiting"] for line in said["lines"]}
        for ticket in self._unheard:
            waiting[ticket.letter] += ticket.state == "waiting" and self.api is not self.remote
        self.log.looks.append((self.hall.id, Look(self.now, waiting)))

    def _hold(self, person: Person, said: Any, letter: str, minutes: float, state: str) -> Ticket:
        at_counter = any(t.state == "counter" for t in person.tickets)
        state = "aside" if at_counter and state == "waiting" else state
        ticket = Ticket(
            str(said.get("id", "")),
            said["number"],
            said["public_code"],
            letter,
            person,
            minutes,
            state,
        )
        person.tickets.append(ticket)
        person.visit = str(said.get("visit", "")) or person.visit
        self.tickets[ticket.number] = ticket
        self._set(ticket, state)
        if self.deaf:
            self._unheard.append(ticket)
        self.log.issued[ticket.code] = (self.hall.id, ticket.number)
        self.log.count("numbers")
        self._changes += 1
        return ticket

    def _set(self, ticket: Ticket, state: str) -> None:
        ticket.state = state
        if state == "waiting":
            self._waiting[ticket.number] = ticket
        else:
            self._waiting.pop(ticket.number, None)

    def _at_counter(self, ticket: Ticket) -> None:
        ticket.pinned = ""
        self._set(ticket, "counter")
        for other in ticket.who.tickets:
            if other.state == "waiting":
                self._set(other, "aside")

    def _leaves_counter(self, ticket: Ticket, state: str) -> None:
        self._set(ticket, state)
        self._changes += 1
        for other in ticket.who.tickets:
            if other is not ticket and other.state == "aside":
                self._set(other, "waiting")

    async def beat(self) -> None:
        """Let the kiosk say every minute that it is there."""
        await self.form("/station/alive", "camera=ok", self.hall.kiosk)
        if self.now < self.closing:
            self.in_minutes(1, self.beat)

    async def paper(self, state: str) -> None:
        """Let the kiosk's printer say how its paper is."""
        await self.ask("/api/printer/health", self.hall.printer, {"printer": "ok", "paper": state})
        self.log.count(f"paper {state}")
