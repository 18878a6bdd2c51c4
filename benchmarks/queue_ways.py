"""Two ways to issue a number and to call one: the engine, and bare SQL that writes the same rows by no rule."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg

from benchmarks.common import CONNECTIONS, House
from benchmarks.queue_hall import LETTERS, BenchHall, Seat, call_sql, issue_sql
from motcua.app import open_platform
from motcua.events.log import SYSTEM
from motcua.ids import random_code
from motcua.platform import Platform
from motcua.queues import calling, issuing


class Way(Protocol):
    """A way to do it, sixteen at a time."""

    async def issue(self, hall: BenchHall, line: int) -> None:
        """Issue a number in line 0 to 3 of a hall."""

    async def call(self, hall: BenchHall, seat: Seat) -> None:
        """Call somebody who waits; ``RuntimeError`` when nobody does."""


@dataclass(frozen=True)
class Engine:
    """The platform's own commands, each a transaction of its own, as a request to the API runs them."""

    platform: Platform
    free: asyncio.Semaphore

    async def issue(self, hall: BenchHall, line: int) -> None:
        async with self.platform.works.begin(hall.tenant, SYSTEM, alone=True) as work:
            await issuing.issue(work, hall.site, hall.lines[line], origin="counter")

    async def call(self, hall: BenchHall, seat: Seat) -> None:
        begin = self.platform.works.begin
        async with self.free, begin(hall.tenant, SYSTEM, alone=True) as work:
            if await calling.call_next(work, seat.counter, seat.staff) is None:
                raise _nobody()


@dataclass(frozen=True)
class Bare:
    """One statement by the same driver, on connections of the superuser: no rule, no row-level security."""

    free: "asyncio.Queue[Any]"
    issuing: str
    calling: str

    async def issue(self, hall: BenchHall, line: int) -> None:
        values = (hall.site, hall.lines[line], LETTERS[line], random_code(8))
        await self._one(self.issuing, *values)

    async def call(self, hall: BenchHall, seat: Seat) -> None:
        line = hall.lines[hall.seats.index(seat) % len(hall.lines)]
        if await self._one(self.calling, hall.site, line, seat.counter, seat.staff) is None:
            raise _nobody()

    async def _one(self, sql: str, *values: object) -> object:
        connection = await self.free.get()
        try:
            return await connection.fetchrow(sql, *values)
        finally:
            self.free.put_nowait(connection)


def _nobody() -> RuntimeError:
    return RuntimeError("nobody waits: the benchmark issues too few")


@contextlib.asynccontextmanager
async def engine(at: House, _: Sequence[BenchHall]) -> AsyncIterator[Way]:
    """Open the platform in this process."""
    async with open_platform(at.cluster.settings, at.plugins) as platform:
        await platform.directory.refresh(force=True)
        yield Engine(platform, asyncio.Semaphore(CONNECTIONS))


@contextlib.asynccontextmanager
async def bare(at: House, found: Sequence[BenchHall]) -> AsyncIterator[Way]:
    """Open the connections for the bare statements."""
    tenant, free = found[0].tenant, asyncio.Queue[Any]()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            connection = await asyncpg.connect(at.cluster.postgres.url("postgres", "motcua"))
            stack.push_async_callback(connection.close)
            await connection.execute(f"set app.tenant_id = '{tenant.id}'")
            free.put_nowait(connection)
        yield Bare(free, issue_sql(at, tenant), call_sql(at, tenant))
