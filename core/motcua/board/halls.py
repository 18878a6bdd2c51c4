"""Which hall, and which part of it, a board's address means; kept for a while, as thousands of boards come back at once."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from motcua.errors import NotFound, Unavailable
from motcua.platform import Platform
from motcua.tenancy.db import LOST
from motcua.tenancy.tenant import Tenant

KEEP_SECONDS = 10.0
_KEPT = 5000
_SITE = """
select s.id, s.key, s.name, coalesce(
  (select jsonb_agg(jsonb_build_object('id', z.id, 'key', z.key, 'vi', z.name_vi, 'en', z.name_en) order by z.key)
     from zone z where z.tenant_id = s.tenant_id and z.site_id = s.id), '[]') as zones
from site s where s.key = $1
"""


@dataclass(frozen=True)
class Zone:
    """A part of a hall with boards of its own."""

    id: UUID
    key: str
    vi: str
    en: str


@dataclass(frozen=True)
class Hall:
    """A site as a board sees it."""

    id: UUID
    key: str
    name: str
    zones: Mapping[str, Zone]

    def zone(self, key: str) -> Zone | None:
        """Return the zone with this key, None for the whole hall ('')."""
        if key and key not in self.zones:
            raise NotFound("Không có khu vực này.", "There is no such zone.")
        return self.zones.get(key)


async def hall_of(platform: Platform, tenant: Tenant, key: str) -> Hall:
    """Return the hall with this key; what was read before stands in while the database is away."""
    kept: dict[tuple[UUID, str], tuple[float, Hall]] = platform.cache.setdefault("halls", {})
    known = kept.get((tenant.id, key))
    now = time.monotonic()
    if known and now - known[0] < KEEP_SECONDS:
        return known[1]
    try:
        hall = await _read(platform, tenant, key)
    except (Unavailable, *LOST):
        if known is None:
            raise
        return known[1]
    if len(kept) > _KEPT:
        kept.clear()
    kept[tenant.id, key] = (now, hall)
    return hall


async def _read(platform: Platform, tenant: Tenant, key: str) -> Hall:
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchrow(_SITE, key)
    if row is None:
        raise NotFound("Không có điểm tiếp nhận này.", "There is no such site.")
    zones = [Zone(UUID(z["id"]), z["key"], z["vi"], z["en"]) for z in row["zones"]]
    return Hall(row["id"], row["key"], row["name"], {z.key: z for z in zones})
