"""The officers of a hall's day: they sit down, call, serve, put aside, go for lunch, and leave.

The platform decides who is called: here is only what people do.
"""

from datetime import timedelta
from typing import Any

from motcua.simulation.stage import Person, Seat, Stage, Ticket
from motcua.simulation.visitors import Visitor

OVERTIME = timedelta(minutes=75)
_LUNCH_LATE = timedelta(minutes=25)


class Officers(Stage):
    """The hall with its counters."""

    async def _sit(self, seat: Seat) -> None:
        seat.goes = ""
        if seat.state == "off":
            path = f"/api/counters/{seat.desk.id}/open"
            await self.ask(path, seat.desk.token, what="open")
            seat.state = "free"
        elif seat.state == "break":
            await self._back(seat)
            return
        await self.wake()

    async def _wish(self, seat: Seat, what: str) -> None:
        """Let an officer want to go: at once when he is free and may, else after whoever is there."""
        if seat.state in ("free", "busy", "tidy") or (seat.state == "break" and what == "leave"):
            seat.goes = what
            await self._free(seat)

    async def _go(self, seat: Seat) -> None:
        what, seat.goes = seat.goes, ""
        leaves = what == "leave" or (what == "lunch" and self.draw.random() < 0.4)
        verb = "leave" if leaves else "break"
        await self.ask(f"/api/counters/{seat.desk.id}/{verb}", seat.desk.token, what=verb)
        seat.state = "off" if leaves else "break"
        for ticket in self.tickets.values() if leaves else ():
            if ticket.pinned == str(seat.desk.officer):
                ticket.pinned = ""  # what waited for him alone waits for everybody
        self.log.count(what)
        if what == "pause":
            self.in_minutes(self.draw.uniform(5, 14), lambda: self._back(seat))

    async def _back(self, seat: Seat) -> None:
        if seat.state == "break":
            await self.ask(f"/api/counters/{seat.desk.id}/back", seat.desk.token, what="back")
            seat.state = "free"
            await self.wake()

    async def _free(self, seat: Seat) -> None:
        """Let an officer who has nobody call the next one, or go."""
        if seat.state != "free":
            return
        if seat.goes and self._may_go(seat):
            await self._go(seat)
        elif self._somebody(seat) and seat.vain != self._changes:
            await self._call(seat)

    def _may_go(self, seat: Seat) -> bool:
        """Tell whether he goes now: for a pause always, else when nobody waits or it is too late."""
        if seat.goes == "pause" or not self._somebody(seat):
            return True
        session = next(end for _, end in reversed(self.hall.spans) if end <= self.now)
        limit = OVERTIME if seat.goes == "leave" else _LUNCH_LATE
        return self.now > session + limit

    def _somebody(self, seat: Seat) -> bool:
        mine = str(seat.desk.officer)
        return any(
            t.pinned == mine if t.pinned else t.letter in seat.desk.letters
            for t in self._waiting.values()
        )

    async def wake(self) -> None:
        """Let every officer who is free see whether somebody waits for him."""
        for seat in self.seats:
            if seat.state == "free":
                await self._free(seat)

    async def _call(self, seat: Seat) -> None:
        body: dict[str, Any] = {}
        said = await self.ask(
            f"/api/counters/{seat.desk.id}/call", seat.desk.token, body, what="call"
        )
        if said is None and await self._look_again(seat):
            # What stood there in his machine's eyes is settled: he presses the key once more.
            said = await self.ask(
                f"/api/counters/{seat.desk.id}/call", seat.desk.token, body, what="call"
            )
        if said is None or not said["number"]:
            self.log.count("calls in vain")
            seat.vain = self._changes
            return
        ticket = self.tickets.get(said["number"]) or self._stranger(said["number"])
        ticket.id = said["ticket"]
        seat.state, seat.at = "busy", ticket
        self._at_counter(ticket)
        self.log.count("calls")
        if ticket.who.misses:
            ticket.who.misses -= 1
            self.in_minutes(0.5, lambda: self._again(seat, ticket))
        else:
            self.in_minutes(self.draw.uniform(0.3, 1.1), lambda: self._start(seat, ticket))

    def _stranger(self, number: str) -> Ticket:
        """Serve somebody who is not of this simulation: in a demo anybody may take a number."""
        visitor = Visitor(0, self.now, (number[0],), (5.0,))
        return Ticket("", number, "", number[0], Person(visitor), 5.0)

    async def _again(self, seat: Seat, ticket: Ticket) -> None:
        path = f"/api/counters/{seat.desk.id}/recall"
        if await self.ask(path, seat.desk.token, what="recall") is not None:
            self.log.count("recalls")
        self.in_minutes(1, lambda: self._no_show(seat, ticket))

    async def _no_show(self, seat: Seat, ticket: Ticket) -> None:
        said = await self.on(ticket, "no-show", seat.desk.token)
        # Refused: the hall's own machine, which does not know of the call, has him waiting.
        again = said is None or said["result"] == "recycled"
        self._leaves_counter(ticket, "waiting" if again else "over")
        await self._next(seat)

    async def _start(self, seat: Seat, ticket: Ticket) -> None:
        if await self.on(ticket, "start", seat.desk.token) is None:
            await self._look_again(seat, ticket)
        takes = (ticket.rest or ticket.minutes) * seat.pace
        deed, ticket.who.deed = ticket.who.deed, ""
        if deed in ("park", "come-back", "transfer"):
            ticket.rest = max(1.0, takes * 0.5)
            self.in_minutes(takes * 0.5, lambda: self._put_aside(seat, ticket, deed))
            return
        if deed in ("services", "send-on"):
            self.in_minutes(takes * 0.4, lambda: self._more(seat, ticket, deed))
        self.in_minutes(takes, lambda: self._finish(seat, ticket, undo=deed == "undo"))

    def _other_letter(self, ticket: Ticket) -> str:
        held = {t.letter for t in ticket.who.tickets}
        others = [letter for letter in self.hall.means if letter not in held]
        return self.draw.choice(others) if others else ""

    async def _more(self, seat: Seat, ticket: Ticket, deed: str) -> None:
        if deed == "services":
            await self.on(ticket, "services", seat.desk.token, line=ticket.letter, quantity=2)
        elif letter := self._other_letter(ticket):
            said = await self.on(ticket, "send-on", seat.desk.token, line=letter)
            if said is not None:
                self._hold(ticket.who, said["issued"], letter, ticket.minutes, "waiting")

    async def _put_aside(self, seat: Seat, ticket: Ticket, deed: str) -> None:
        if deed == "transfer":
            letter = self._other_letter(ticket) or ticket.letter
            if await self.on(ticket, "transfer", seat.desk.token, line=letter, why="Mô phỏng"):
                ticket.letter = letter
                self._leaves_counter(ticket, "waiting")
        elif await self.on(ticket, deed, seat.desk.token, why="Đi sao giấy tờ"):
            self._leaves_counter(ticket, "away")
            self.in_minutes(
                ticket.who.plan.away, lambda: self._returns(seat, ticket, own=deed == "come-back")
            )
        if ticket.state == "counter":
            self.in_minutes(ticket.rest, lambda: self._finish(seat, ticket))
        else:
            await self._next(seat)

    async def _returns(self, seat: Seat, ticket: Ticket, *, own: bool) -> None:
        """Come back with the paper: served on at once by an officer who is free, else waiting again."""
        if ticket.state != "away":
            return
        beside = any(t.state == "counter" for t in ticket.who.tickets)
        if not own and seat.state == "free" and not seat.goes and not beside:
            body = {"counter": str(seat.desk.id)}
            if await self.on(ticket, "resume", seat.desk.token, **body):
                seat.state, seat.at = "busy", ticket
                self._at_counter(ticket)
                self.in_minutes(ticket.rest, lambda: self._finish(seat, ticket))
                return
        if await self.on(ticket, "returned", self.hall.greeter):
            self._set(ticket, "aside" if beside else "waiting")
            ticket.pinned = str(seat.desk.officer) if own and seat.state != "off" else ""
            self._changes += 1
            await self.wake()

    async def _finish(self, seat: Seat, ticket: Ticket, *, undo: bool = False) -> None:
        ended = await self.on(ticket, "finish", seat.desk.token)
        if ended is None and await self._look_again(seat, ticket):
            await self.on(ticket, "finish", seat.desk.token)
        if undo:
            self.now += timedelta(seconds=4)
            if await self.on(ticket, "undo", seat.desk.token):
                self.in_minutes(1, lambda: self._finish(seat, ticket))
                return
        self._leaves_counter(ticket, "over")
        self.log.count("served")
        if ticket.who.plan.rating:
            self.in_minutes(self.draw.uniform(0.5, 3), lambda: self._rate(ticket))
        await self._next(seat)

    async def _look_again(
        self, seat: Seat, ticket: Ticket | None = None, *, opened: bool = False
    ) -> bool:
        """Bring the counter's page to what is so, as who is refused there does; true when that was possible.

        Just after the line was cut the hall's machine lacks the last seconds: what it has at the counter is
        over, or the person who sits there still waits for it.
        """
        desk = seat.desk
        shown = await self.api.get(f"/api/counters/{desk.id}", self.now, desk.token)
        if not shown["mine"]:
            await self.ask(f"/api/counters/{desk.id}/open", desk.token, what="open")
            return not opened and await self._look_again(seat, ticket, opened=True)
        if shown["ticket"] and (ticket is None or shown["ticket"] != ticket.id):
            other = f"/api/tickets/{shown['ticket']}"
            if shown["state"] == "called":
                await self.ask(f"{other}/start", desk.token, what="start")
            await self.ask(f"{other}/finish", desk.token, what="finish")
        if ticket is None or (shown["ticket"] == ticket.id and shown["state"] == "serving"):
            return True
        path, body = f"/api/counters/{desk.id}/take-up", {"ticket": ticket.id}
        taken = await self.ask(path, desk.token, body, what="take-up") is not None
        self.log.count("take-up", int(taken))
        return taken

    async def line_lost(self) -> None:
        """Let every officer see what his page shows, which opens again by itself at the hall's own machine."""
        for seat in self.seats:
            if seat.state in ("busy", "free", "tidy"):
                await self._look_again(seat, seat.at if seat.state == "busy" else None)

    async def _next(self, seat: Seat) -> None:
        """Let the officer tidy his desk before he calls again."""
        seat.state = "tidy"
        self.in_minutes(self.draw.uniform(0.05, 0.4), lambda: self._ready(seat))
        await self.wake()

    async def _ready(self, seat: Seat) -> None:
        seat.state = "free"
        await self._free(seat)

    async def _rate(self, ticket: Ticket) -> None:
        level = ticket.who.plan.rating
        reason = "&reason=waited" if level == 1 else ""
        if ticket.code and await self.form(f"/q/{ticket.code}/rating", f"level={level}{reason}"):
            self.log.count("ratings")
