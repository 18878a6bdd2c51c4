"""The watch over the halls: every few seconds the measures of all sites are held against the rules."""

import asyncio
from uuid import UUID

import structlog

from motcua import clock
from motcua.errors import Unavailable
from motcua.events.log import SYSTEM
from motcua.monitor import live
from motcua.platform import Platform
from motcua.queues import alerts
from motcua.queues.alerts import Pending
from motcua.station import silence
from motcua.tenancy.tenant import Tenant

EVERY_SECONDS = 15.0
_SITES = "select id from site order by id"
_log = structlog.get_logger(__name__)


async def evaluate(platform: Platform, tenant: Tenant, pending: Pending) -> tuple[int, int]:
    """Read all sites of a tenant once and write what has changed; returns the alerts raised and cleared.

    Devices that fell silent or are heard again are told of too.

    It may run in several processes at once: each alert is raised by one of them. ``pending`` belongs to the
    process; ``Invalid`` when the tenant's rules are none.
    """
    rules = alerts.rules_of(tenant.settings)
    now = clock.now()
    await silence.keep(platform, tenant, now)
    async with platform.db.tenant(tenant) as tx:
        sites: list[UUID] = [row["id"] for row in await tx.fetch(_SITES)]
        if not sites:
            return 0, 0
        found = await live.look(tx, sites, now, rules, estimates="estimate" in rules)
    read = [one for seen in found for one in alerts.readings(seen.now, seen.around, rules)]
    known = [row for seen in found for row in seen.alerts]
    changes = alerts.changes(known, read, rules, pending, now)
    if not changes:
        return 0, 0
    async with platform.works.begin(tenant, SYSTEM) as work:
        return await alerts.write(work, changes)


async def watch_forever(platform: Platform) -> None:
    """Watch the halls of all provinces; one tenant's failure does not stop the others."""
    pending: dict[UUID, Pending] = {}
    while True:
        for tenant in platform.directory.all():
            if not tenant.is_province:
                continue
            try:
                raised, cleared = await evaluate(
                    platform, tenant, pending.setdefault(tenant.id, Pending())
                )
            except Unavailable:
                break
            except Exception as error:  # noqa: BLE001 -- the next look may be luckier
                _log.warning("alerts_failed", tenant=tenant.slug, error=type(error).__name__)
                continue
            if raised or cleared:
                _log.info("alerts", tenant=tenant.slug, raised=raised, cleared=cleared)
        await asyncio.sleep(EVERY_SECONDS)
