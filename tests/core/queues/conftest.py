"""A hall for tests: a tenant of its own with one site, two lines and three counters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

import httpx2
import pytest

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.events.log import SYSTEM
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.queues import calling, issuing, seats, serving
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions

from ...conftest import NewTenant

T = TypeVar("T")

_UNIT = """
insert into unit (id, code, agency_code, name, folded, kind, valid_from)
values ($1, $2, 'H49.99', 'Phường Thử', 'phuong thu', 'commune', $3)
"""
_SITE = "insert into site (id, key, unit_id, name, kind) values ($1, $2, $3, 'Sảnh thử', 'branch')"
_LINE = """
insert into line (id, site_id, letter, name_vi, name_en, mean_minutes)
values ($1, $2, $3, 'Lĩnh vực thử', 'A line', 10)
"""
_COUNTER = "insert into counter (id, site_id, number, lines) values ($1, $2, $3, $4)"
_STAFF = "insert into staff (id, username, full_name) values ($1, $2, 'Cán bộ thử')"
_ROLE = """
insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, $4) on conflict do nothing
"""
_DEVICE = """
insert into device (id, site_id, kind, name, paired_at) values ($1, $2, $3, 'Máy thử', now())
"""


@dataclass(frozen=True)
class Hall:
    """A site with lines A and B; every counter serves both."""

    platform: Platform
    tenant: Tenant
    unit: UUID
    site: UUID
    lines: dict[str, UUID]
    counters: list[UUID]
    staff: list[UUID]

    def work(self) -> Any:
        """Begin a unit of work."""
        return self.platform.works.begin(self.tenant, SYSTEM)

    async def fetch(self, sql: str, *args: object) -> list[Any]:
        """Return the rows of a query."""
        async with self.platform.db.tenant(self.tenant) as tx:
            return [dict(r) for r in await tx.fetch(sql, *args)]

    async def do(self, command: Callable[..., Awaitable[T]], *args: Any, **more: Any) -> T:
        """Run one command in a work of its own."""
        async with self.work() as work:
            return await command(work, *args, **more)

    async def issue(self, line: str = "A", **more: Any) -> issuing.Issued:
        """Issue a number in a line."""
        return await self.do(issuing.issue, self.site, self.lines[line], **more)

    async def reserve(self, line: str = "A", **more: Any) -> issuing.Issued:
        """Reserve a number whose window begins now."""
        now = clock.now()
        window = (now, now + timedelta(minutes=20))
        return await self.do(
            issuing.reserve, self.site, self.lines[line], **{"window": window, **more}
        )

    async def sit(self, *places: int) -> None:
        """Let officer number n sit down at counter number n."""
        for n in places:
            await self.do(seats.open_counter, self.counters[n], self.staff[n])

    async def call(self, n: int = 0) -> calling.Called | None:
        """Call the next one to counter number n."""
        return await self.do(calling.call_next, self.counters[n], self.staff[n])

    async def bring(self, n: int = 0, state: str = "serving") -> calling.Called:
        """Call the next one, who must be there, and begin to serve him unless he is only called."""
        called = await self.call(n)
        assert called
        if state == "serving":
            await self.do(serving.start, called.id, self.staff[n])
        return called

    async def ticket(self, ticket: UUID) -> dict[str, Any]:
        """Return a ticket as it stands."""
        [row] = await self.fetch("select * from ticket where id = $1", ticket)
        return dict(row)

    async def day(self) -> date:
        """Return the day it is in the hall."""
        return local_day(clock.now())

    async def event(self, type: str) -> dict[str, Any]:
        """Return what the last event of a type says."""
        [row] = await self.fetch(
            "select payload from event where type = $1 order by id desc limit 1", type
        )
        return dict(row["payload"])

    async def tiles(self, ticket: UUID) -> list[str]:
        """Return the kinds of a ticket's segments after checking that they tile its life."""
        rows = await self.fetch(
            "select kind, from_at, to_at from segment where ticket_id = $1"
            " order by from_at, to_at, id",
            ticket,
        )
        life = await self.ticket(ticket)
        assert rows[0]["from_at"] == life["issued_at"]
        assert rows[-1]["to_at"] == life["ended_at"]
        for before, after in pairwise(rows):
            assert before["to_at"] == after["from_at"]
        return [r["kind"] for r in rows]

    async def seat_tiles(self, n: int = 0) -> list[str]:
        """Return the kinds of an officer's segments after checking that they follow without a gap."""
        rows = await self.fetch(
            "select kind, from_at, to_at from segment where staff_id = $1"
            " order by from_at, to_at, id",
            self.staff[n],
        )
        for before, after in pairwise(rows):
            assert before["to_at"] == after["from_at"]
        return [r["kind"] for r in rows]

    async def token(self, kind: str, role: str = "receiver", unit: UUID | None = None) -> str:
        """Return the token of a session: an officer (the first is the receiver), or a device of this kind."""
        async with self.work() as work:
            if kind == "staff":
                officer = self.staff[0]
                if role != "receiver" or unit:
                    officer = uuid7()
                    await work.tx.execute(_STAFF, officer, officer.hex)
                if unit:
                    await work.tx.execute(_UNIT, unit, unit.hex[:12], date(2025, 7, 1))
                await work.tx.execute(_ROLE, uuid7(), officer, unit or self.unit, role)
                return await sessions.start(work, "staff", officer, "Thử")
            device = uuid7()
            await work.tx.execute(_DEVICE, device, self.site, kind)
            return await sessions.start(work, "device", device, "Máy thử")


@pytest.fixture
async def hall(platform: Platform, new_tenant: NewTenant) -> Hall:
    """Build an empty hall."""
    tenant = await new_tenant()
    unit, site = uuid7(), uuid7()
    lines = {letter: uuid7() for letter in "AB"}
    counters, staff = [uuid7() for _ in range(3)], [uuid7() for _ in range(3)]
    async with platform.works.begin(tenant, SYSTEM) as work:
        await _build(work, unit, site, lines)
        for number, (counter, officer) in enumerate(zip(counters, staff, strict=True), 1):
            await work.tx.execute(_COUNTER, counter, site, str(number), ["A", "B"])
            await work.tx.execute(_STAFF, officer, f"thu{number}")
            await work.tx.execute(_ROLE, uuid7(), officer, unit, "receiver")
    return Hall(platform, tenant, unit, site, lines, counters, staff)


async def _build(work: Work, unit: UUID, site: UUID, lines: dict[str, UUID]) -> None:
    await work.tx.execute(_UNIT, unit, unit.hex[:12], date(2025, 7, 1))
    await work.tx.execute(_SITE, site, "sanh", unit)
    for letter, line in lines.items():
        await work.tx.execute(_LINE, line, site, letter)


@pytest.fixture
def api(browse: Callable[[str], httpx2.AsyncClient], hall: Hall) -> httpx2.AsyncClient:
    """Return a program that talks to the hall's tenant."""
    client = browse(hall.tenant.slug)
    client.headers["accept"] = "application/json"
    return client
