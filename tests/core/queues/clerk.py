"""A clerk who lets a day happen in the hall, moment by moment, and what the figures say of it."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from motcua import clock
from motcua.queues import calling, days, figures, moving, seats, serving
from motcua.queues.figures import Figures, Rows, Scope, SiteNow
from motcua.text import VIETNAM

from .conftest import Hall

DAY = date(2026, 11, 17)


def at(hour: int, minute: float = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM) + timedelta(minutes=minute)


class Clerk:
    """Does things in the hall at moments of the day."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall

    async def sit(self, moment: datetime, n: int = 0) -> None:
        with clock.at(moment):
            await self.hall.sit(n)

    async def issue(self, moment: datetime, line: str = "A", **more: Any) -> UUID:
        with clock.at(moment):
            return (await self.hall.issue(line, **more)).id

    async def call(self, moment: datetime, n: int = 0) -> UUID:
        with clock.at(moment):
            called = await self.hall.call(n)
        assert called
        return called.id

    async def do(self, moment: datetime, command: Any, *args: Any, **more: Any) -> Any:
        with clock.at(moment):
            return await self.hall.do(command, *args, **more)

    async def serve(self, called: datetime, minutes: float, n: int = 0) -> UUID:
        """Call the next one, who is there after half a minute, and serve him."""
        ticket = await self.call(called, n)
        here = called + timedelta(seconds=30)
        staff = self.hall.staff[n]
        await self.do(here, serving.start, ticket, staff)
        await self.do(here + timedelta(minutes=minutes), serving.finish, ticket, staff)
        return ticket


async def a_morning(hall: Hall) -> Clerk:
    """Two served, one after a transfer; one who never came, one who left, one who expired."""
    clerk = Clerk(hall)
    staff = hall.staff
    await clerk.sit(at(7, 30))
    await clerk.sit(at(7, 30), 1)
    first = await clerk.issue(at(8))
    await clerk.issue(at(8, 1), "B")
    gone = await clerk.issue(at(8, 2))
    left = await clerk.issue(at(8, 3))
    await clerk.call(at(8, 10))
    await clerk.do(at(8, 11), serving.start, first, staff[0])
    await clerk.do(at(8, 15), moving.transfer, first, staff[0], counter=hall.counters[1], why="x")
    await clerk.serve(at(8, 20), 6, 1)  # the transferred one: waited 10 + 5 minutes, served 4 + 6
    await clerk.serve(at(8, 30), 10, 1)  # the one of line B: waited 29 minutes
    for minute in (16, 17, 18):
        called = await clerk.call(at(8, minute)) if minute == 16 else gone
        if minute > 16:
            await clerk.do(at(8, minute), calling.recall, called, staff[0])
    await clerk.do(at(8, 19), serving.no_show, gone, staff[0])  # goes back in the line once
    await clerk.do(at(8, 20), moving.leave, left)
    assert await clerk.call(at(8, 21)) == gone
    await clerk.do(at(8, 23), serving.no_show, gone, staff[0])
    await clerk.do(at(9), seats.take_break, hall.counters[0], staff[0])
    await clerk.do(at(9, 30), seats.end_break, hall.counters[0], staff[0])
    await clerk.issue(at(10))
    await clerk.do(at(11, 30), seats.leave_counter, hall.counters[0], staff[0])
    await clerk.do(at(11, 30), seats.leave_counter, hall.counters[1], staff[1])
    await clerk.do(at(17), days.close_day, hall.site, DAY)
    return clerk


def scope_of(hall: Hall, now: datetime, *, last: date = DAY, **more: Any) -> Scope:
    return Scope([hall.site], DAY, last, now, **more)


async def total(hall: Hall, scope: Scope) -> Figures:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await figures.total(tx, scope)


async def rows_of(hall: Hall, key: str, scope: Scope) -> Rows:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await figures.rows(tx, key, scope)


async def live_at(hall: Hall, now: datetime) -> SiteNow:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        [found] = await figures.live(tx, [hall.site], now)
    return found
