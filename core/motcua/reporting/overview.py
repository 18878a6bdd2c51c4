"""How a province stands: what is set up, who works there, what could not be done."""

from dataclasses import dataclass
from typing import Any

from motcua.tenancy.db import Record, Tx

STAFF_SHOWN = 200

_COUNTS = """
select (select count(*) from unit where valid_to is null) as units,
  (select count(*) from site) as sites, (select count(*) from counter) as counters,
  (select count(*) from staff where active) as staff,
  (select count(*) from outbox where dead_at is not null) as dead,
  (select count(*) from outbox where dead_at is null) as owed
"""
_DEAD = """
select subscriber, count(*) as n, min(dead_at) as since from outbox where dead_at is not null
group by subscriber order by subscriber
"""
_STAFF = """
select s.full_name, s.active,
  coalesce(jsonb_agg(jsonb_build_object('role', r.role, 'unit', u.name) order by r.role, u.name)
    filter (where r.role is not null), '[]') as roles
from staff s
left join staff_role r on r.tenant_id = s.tenant_id and r.staff_id = s.id
left join unit u on u.tenant_id = r.tenant_id and u.id = r.unit_id
group by s.tenant_id, s.id order by s.full_name, s.id limit $1
"""
_ADOPTED = """
select a.code, a.version, a.overlay, a.valid_from, a.valid_to, p.plugin,
  p.content->'procedure'->>'name_vi' as name_vi, p.content->'procedure'->>'name_en' as name_en
from adopted_procedure a join package_version p using (code, version)
order by a.code, a.valid_from
"""


@dataclass(frozen=True)
class Overview:
    """The start page of a province's administration; of people only names and roles."""

    counts: dict[str, int]
    dead: list[Record]
    staff: list[Record]
    adopted: list[Record]


async def overview(tx: Tx) -> Overview:
    """Read a tenant's overview; at most ``STAFF_SHOWN`` members of staff, by name."""
    counts: Any = await tx.fetchrow(_COUNTS)
    return Overview(
        dict(counts),
        await tx.fetch(_DEAD),
        await tx.fetch(_STAFF, STAFF_SHOWN),
        await tx.fetch(_ADOPTED),
    )
