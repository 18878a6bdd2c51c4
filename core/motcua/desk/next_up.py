"""Whom the policy would call to a counter next: shown in the list before the key is pressed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.queues.policies import policy_in_force
from motcua.queues.policy import Caller, Waiter, choose
from motcua.tenancy.db import Record, TenantTx

_CALLER = """
select c.priority_run, c.lines, coalesce(p.groups, '[]') as groups,
  (select coalesce(jsonb_agg(l.letter), '[]') from line l
   where l.tenant_id = c.tenant_id and l.site_id = c.site_id and (l.skill_id is null or exists (
     select 1 from staff_skill k where k.tenant_id = c.tenant_id and k.staff_id = $2
       and k.skill_id = l.skill_id))) as able
from counter c left join work_profile p on p.tenant_id = c.tenant_id and p.id = c.profile_id
where c.id = $1
"""
_WAITING = """
select t.id, l.letter, t.sort_key, t.priority, t.for_counter_id as for_counter,
  t.for_staff_id as for_staff
from ticket t join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
where t.site_id = $1 and t.day = $2 and t.state = 'waiting'
"""


async def next_up(tx: TenantTx, counter: Record, staff: UUID, now: datetime) -> UUID | None:
    """Return the ticket that a call at this moment would bring; None for nobody of the counter's own lines."""
    row = await tx.fetchrow(_CALLER, counter["id"], staff)
    if row is None:
        return None
    rules = await policy_in_force(tx, counter["site_id"], now)
    groups: list[Any] = row["groups"] or [row["lines"]]
    caller = Caller(
        counter["id"],
        staff,
        tuple(tuple(group) for group in groups),
        (),
        frozenset(row["able"]),
        row["priority_run"],
    )
    rows = await tx.fetch(_WAITING, counter["site_id"], local_day(now))
    waiting = [Waiter(**dict(one)) for one in rows]
    found = choose(rules, caller, waiting, now)
    return found.id if found else None
