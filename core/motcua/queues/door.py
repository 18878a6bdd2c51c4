"""Where a number is asked for: a site's line by the names that programs use, and the station that asks.

Kept in the process for seconds, so that giving a number is one statement: places and stations seldom change.
"""

import time
from dataclasses import dataclass
from uuid import UUID

from motcua.errors import NotFound
from motcua.queues import queries
from motcua.tenancy.db import TenantTx

KEPT_SECONDS = 5.0
_LINE = """
select s.id as site, s.unit_id as unit, l.id as line from site s
join line l on l.tenant_id = s.tenant_id and l.site_id = s.id
where s.key = $1 and l.letter = $2
"""


@dataclass(frozen=True)
class Door:
    """A line, its site, and the unit the site belongs to."""

    site: UUID
    unit: UUID
    line: UUID


_lines: dict[tuple[UUID, str, str], tuple[float, Door]] = {}
_stations: dict[tuple[UUID, UUID], tuple[float, UUID | None]] = {}


async def door_of(tx: TenantTx, site: str, letter: str) -> Door:
    """Return a line by the key of its site and its letter; ``NotFound``."""
    key, now = (tx.tenant.id, site, letter), time.monotonic()
    kept = _lines.get(key)
    if kept is None or kept[0] < now:
        if "\0" in site + letter:
            raise NotFound()
        row = await tx.fetchrow(_LINE, site, letter)
        if row is None:
            raise NotFound()
        kept = _lines[key] = (now + KEPT_SECONDS, Door(row["site"], row["unit"], row["line"]))
    return kept[1]


async def station_site(tx: TenantTx, device: UUID) -> UUID | None:
    """Return the site at which a station stands; None for any other device."""
    key, now = (tx.tenant.id, device), time.monotonic()
    kept = _stations.get(key)
    if kept is None or kept[0] < now:
        kept = _stations[key] = (now + KEPT_SECONDS, await queries.device_site(tx, device))
    return kept[1]
