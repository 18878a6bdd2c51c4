"""One hall's day, event by event in simulated time; every step of it is a request to the platform.

Here is who comes when; what then follows of it depends on whom the platform calls. Nothing depends on how
fast the machine is.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from motcua.simulation.officers import OVERTIME, Officers
from motcua.simulation.stage import Person, Seat, Ticket
from motcua.simulation.visitors import Visitor

LOOK_EVERY = timedelta(minutes=15)


class HallDay(Officers):
    """The hall while its day passes."""

    def plan(self, *, looks: bool = True) -> None:
        """Put the day's events in: arrivals, officers, and looks at what the API shows."""
        for visitor in self.people:
            self._plan_visitor(visitor)
        for seat in self.seats:
            self._plan_seat(seat)
        at = self.hall.spans[0][0]
        while looks and at < self.closing + OVERTIME:
            self.later(at + timedelta(seconds=0.5), self._look)
            at += LOOK_EVERY

    def _plan_visitor(self, visitor: Visitor) -> None:
        person = Person(visitor, misses=visitor.misses, deed=visitor.deed)
        if visitor.how == "phone":
            ahead = timedelta(minutes=self.draw.uniform(15, 75))
            self.later(visitor.at - ahead, lambda: self._reserve(person))
        elif visitor.how == "door":
            self.later(visitor.at, lambda: self._come(person))

    def _plan_seat(self, seat: Seat) -> None:
        for n, (begins, ends) in enumerate(self.hall.spans):
            at = begins + timedelta(minutes=self.draw.uniform(-6, 5))
            last = n == len(self.hall.spans) - 1
            self.later(at, lambda: self._sit(seat))
            self.later(ends, partial(self._wish, seat, "leave" if last else "lunch"))
            if last:
                # Whoever waits by then is told to come again.
                self.later(
                    ends + OVERTIME + timedelta(minutes=1), lambda: self._wish(seat, "leave")
                )
            if self.draw.random() < 0.6 and ends - begins > timedelta(hours=2):
                pause = begins + (ends - begins) * self.draw.uniform(0.35, 0.8)
                self.later(pause, lambda: self._wish(seat, "pause"))

    async def _come(self, person: Person) -> None:
        """Take the numbers at the kiosk, or at the greeter's who sees a reason for priority."""
        visitor = person.plan
        token = self.hall.greeter if visitor.priority else self.hall.kiosk
        for letter, minutes in zip(visitor.letters, visitor.minutes, strict=True):
            body: dict[str, Any] = {"site": self.hall.key, "line": letter}
            if visitor.priority and not person.visit:
                body["priority"] = {"key": visitor.priority, "why": "Mô phỏng"}
            if person.visit:
                body["visit"] = person.visit
            said = await self.ask("/api/tickets", token, body, what="issue")
            if said is not None:
                self._hold(person, said, letter, minutes, "waiting")
        self._may_leave(person)
        await self.wake()

    def _may_leave(self, person: Person) -> None:
        if person.plan.patience is not None:
            self.in_minutes(person.plan.patience, lambda: self._lose_patience(person))

    async def _lose_patience(self, person: Person) -> None:
        for ticket in person.tickets:
            if ticket.state == "waiting" and await self.on(ticket, "leave", self.hall.greeter):
                self._set(ticket, "over")

    async def _reserve(self, person: Person) -> None:
        """Take a number by telephone; he comes about the middle of his window."""
        visitor = person.plan
        window = (visitor.at - timedelta(minutes=10), visitor.at + timedelta(minutes=15))
        said = await self.reserved(person, window)
        if said is None:
            return
        ticket = self._hold(person, said, visitor.letters[0], visitor.minutes[0], "reserved")
        self.log.count("by telephone")
        if visitor.comes:
            self.later(visitor.at, lambda: self._arrive(ticket))

    async def reserved(self, person: Person, window: tuple[datetime, datetime]) -> Any:
        """Ask the centre, whatever the hall's own line does: who calls from afar has no other."""
        here, self.api = self.api, self.remote
        body = {
            "site": self.hall.key,
            "line": person.plan.letters[0],
            "window": [moment.isoformat() for moment in window],
            "contact": f"09{self.hall.id.int % 997:03d}{person.plan.number:05d}",
        }
        try:
            return await self.ask("/api/tickets", self.hall.greeter, body, what="reserve")
        finally:
            self.api = here

    async def _arrive(self, ticket: Ticket) -> None:
        if await self.on(ticket, "arrive", self.hall.greeter):
            self._set(ticket, "waiting")
            self._changes += 1
            self._may_leave(ticket.who)
            await self.wake()

    def book(self, person: Visitor, code: str) -> None:
        """Let somebody with an appointment come at his time with its code."""
        if person.comes:
            self.later(person.at, lambda: self._keep_appointment(Person(person), code))

    async def _keep_appointment(self, person: Person, code: str) -> None:
        path = f"/api/sites/{self.hall.key}/arrivals"
        said = await self.ask(path, self.hall.kiosk, {"code": code}, what="appointment")
        if not said:
            # Refused: he takes a number like everybody.
            await self._come(person)
        else:
            visitor = person.plan
            self._hold(person, said[0], visitor.letters[0], visitor.minutes[0], "waiting")
            self.log.count("appointments kept")
            await self.wake()
