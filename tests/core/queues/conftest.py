"""A hall for tests: a tenant of its own with one site, two lines and three counters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx2
import pytest

from motcua.events.log import SYSTEM
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions

from ...conftest import NewTenant

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
_ROLE = "insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, $4)"
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
