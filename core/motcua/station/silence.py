"""When a device fell silent and when it was heard again, as events: a day that is played again shows it.

Nobody tells of a silence; the watch over the halls finds it. What was told last stands in the device's
``health`` beside its own words, so each change is told once, whoever looks and however often.
"""

from datetime import datetime
from typing import Any

from motcua.events.log import SYSTEM
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.station.health import PRINTER_SILENT, SILENT
from motcua.tenancy.db import Record, Tx
from motcua.tenancy.tenant import Tenant

LOST, HEARD = "device.silent", "device.heard"
PARTS = ("silent", "printer_silent")
"""Troubles (``health.TROUBLES``) that are silences: of the screen, and of its printer's agent."""

_CHANGED = """
select d.id, d.name, d.seen_at, d.site_id, s.key, s.unit_id, d.health, n.silent, n.printer_silent
from device d
join site s on s.tenant_id = d.tenant_id and s.id = d.site_id
cross join lateral (select
  coalesce(d.seen_at, d.paired_at) < $1 as silent,
  coalesce((d.health->>'printer_at')::timestamptz < $2, false) as printer_silent) n
where d.forgotten_at is null and d.paired_at is not null
  and (n.silent, n.printer_silent) is distinct from (
    coalesce((d.health->>'silent')::boolean, false),
    coalesce((d.health->>'printer_silent')::boolean, false))
order by d.id
"""
_HELD = f"{_CHANGED} for no key update of d"
_TELL = "update device set health = health || $2::jsonb where id = $1"


async def keep(platform: Platform, tenant: Tenant, now: datetime) -> int:
    """Tell what fell silent or was heard again since the last look; returns how many devices.

    Safe at any time and in several processes at once: who holds a device's row tells of it.
    """
    async with platform.db.tenant(tenant) as tx:
        if not await _changed(tx, _CHANGED, now):
            return 0
    async with platform.works.begin(tenant, SYSTEM) as work:
        found = await _changed(work.tx, _HELD, now)
        for device in found:
            await _tell(work, device)
    return len(found)


async def _changed(tx: Tx, statement: str, now: datetime) -> list[Record]:
    return await tx.fetch(statement, now - SILENT, now - PRINTER_SILENT)


async def _tell(work: Work, device: Record) -> None:
    noted: dict[str, Any] = {part: device[part] for part in PARTS}
    await work.tx.execute(_TELL, device["id"], noted)
    about = {"site": device["key"], "device": device["name"]}
    for part in PARTS:
        if device[part] != bool(device["health"].get(part)):
            type = LOST if device[part] else HEARD
            work.emit(type, device["id"], {**about, "part": part}, unit=device["unit_id"])
    work.bells.add(f"site:{device['site_id']}")
