"""The officers' side for the tests of the portal: a dossier is accepted, asked about, decided."""

from typing import Any
from uuid import UUID

from motcua.app import effects_of
from motcua.dossiers import queries, reception, settlement
from motcua.dossiers.settlement import Officer, StepDone
from motcua.events.log import Actor
from motcua.events.outbox import Claim
from motcua.ids import uuid7
from motcua.people.capabilities import ROLES, Capability
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant

_STAFF = "insert into staff (id, username, full_name) values ($1, $2, $3)"
_OWED = "select id, tenant_id, attempts from outbox where dead_at is null order by id"


async def officer(platform: Platform, tenant: Tenant) -> Officer:
    """Employ somebody who holds every role everywhere."""
    staff_id = uuid7()
    async with platform.db.tenant(tenant) as tx:
        await tx.execute(_STAFF, staff_id, f"thu{staff_id.hex}", "Đỗ Thị Cán Bộ")
    return Officer(staff_id, [Capability(role, None) for role in ROLES])


def begin(platform: Platform, tenant: Tenant, who: Officer) -> Any:
    """Open a work in the officer's name."""
    return platform.works.begin(tenant, Actor("staff", who.id, "Đỗ Thị Cán Bộ"))


async def accept(platform: Platform, tenant: Tenant, who: Officer, dossier: UUID) -> str:
    """Compare every paper and accept; returns the code."""
    async with begin(platform, tenant, who) as work:
        papers = await queries.components(work.tx, dossier)
        await reception.compare(work, dossier, [p["id"] for p in papers], who.id)
        return await reception.accept(platform, work, dossier, fee_paid=True)


async def step(
    platform: Platform, tenant: Tenant, who: Officer, dossier: UUID, **done: Any
) -> None:
    """Complete the step that waits, with its first outcome unless told otherwise."""
    async with begin(platform, tenant, who) as work:
        wait = next(w for w in await queries.waits(work.tx, dossier) if w["kind"] == "user")
        told = {"outcome": wait["outcomes"][0] if wait["outcomes"] else "", **done}
        await settlement.complete(
            platform, work, dossier, who, StepDone(token=wait["token"], **told)
        )


async def decide(platform: Platform, tenant: Tenant, who: Officer, dossier: UUID) -> None:
    """Do every step that is left, and what is owed to the outbox."""
    draft = {"register_number": "12/2001", "content": "Theo sổ gốc"}
    while waits := await _user_waits(platform, tenant, dossier):
        drafted = draft if settlement.decides(waits[0]["outcomes"]) else {}
        await step(platform, tenant, who, dossier, draft=drafted)
    await settle_debts(platform, tenant)


async def _user_waits(platform: Platform, tenant: Tenant, dossier: UUID) -> list[Record]:
    async with platform.db.tenant(tenant) as tx:
        return [w for w in await queries.waits(tx, dossier) if w["kind"] == "user"]


async def settle_debts(platform: Platform, tenant: Tenant) -> None:
    """Run what the outbox owes, until nothing new comes."""
    effects, seen = effects_of(platform), set()
    while True:
        async with platform.db.tenant(tenant) as tx:
            rows = [r for r in await tx.fetch(_OWED) if r["id"] not in seen]
        if not rows:
            return
        for row in rows:
            seen.add(row["id"])
            await effects.run(Claim(row["tenant_id"], row["id"], 1))
