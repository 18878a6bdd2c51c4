"""An appointment that was kept at a site while it was cut off, taken over by the centre: never used twice.

The node knew its code and its slot. Whose it is, and the dossier it is about, is joined here again.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from motcua.events.work import Work

_KEPT = """
select r.ticket_id, t.issued_at, t.site_id, a.ticket_id as other
from jsonb_populate_record(null::public.appointment, $1) as r
join appointment a on a.tenant_id = r.tenant_id and a.id = r.id
join ticket t on t.tenant_id = r.tenant_id and t.id = r.ticket_id
where r.state = 'arrived' for no key update of a
"""
_ARRIVED = "update appointment set state = 'arrived', ticket_id = $2 where id = $1"
_WHOSE = """
with t as (
  update ticket t set dossier_id = a.dossier_id from appointment a
  where t.id = $2 and a.id = $1 returning t.visit_id)
update visit v set contact_sealed = a.contact_sealed, language = a.language
from appointment a, t where a.id = $1 and v.id = t.visit_id
"""
# Its number came out of the node's block, whose numbers count as given at the door: this one was not.
_NOT_AT_DOOR = """
insert into day_number as d (site_id, letter, day, n, remote)
select b.site_id, b.letter, b.day, 0, 1 from ticket t
join number_lease b on b.tenant_id = t.tenant_id and b.site_id = t.site_id and b.day = t.day
  and b.letter = rtrim(t.number, '0123456789')
  and substring(t.number from '[0-9]+$')::int between b.first and b.last
where t.id = $1 and t.origin = 'appointment'
on conflict (tenant_id, site_id, letter, day) do update set remote = d.remote + 1
"""
# The centre had given a number for it in the last seconds before the cut: it waits for nobody.
_DOUBLE = """
with t as (
  update ticket t set state = 'cancelled', outcome = 'site_merged', version = t.version + 1,
    ended_at = greatest($2, (select from_at from segment g
      where g.tenant_id = t.tenant_id and g.ticket_id = t.id and g.to_at is null))
  where t.id = $1 and t.state in ('reserved', 'waiting', 'parked')
  returning t.id, t.ended_at)
update segment g set to_at = t.ended_at from t where g.ticket_id = t.id and g.to_at is null
returning t.id
"""


async def keep(work: Work, body: Mapping[str, Any]) -> None:
    """Note that the person of an appointment came, with the number that the node gave him.

    Another number of the same appointment that nobody has called ends.
    """
    row = await work.tx.fetchrow(_KEPT, body)
    if row is None:
        return
    appointment = UUID(body["id"])
    await work.tx.execute(_ARRIVED, appointment, row["ticket_id"])
    await work.tx.execute(_WHOSE, appointment, row["ticket_id"])
    await work.tx.execute(_NOT_AT_DOOR, row["ticket_id"])
    other = row["other"]
    if other is None or other == row["ticket_id"]:
        return
    if await work.tx.fetchval(_DOUBLE, other, row["issued_at"]):
        why = {"why": "site_merged", "appointment": appointment}
        work.emit("ticket.cancelled", other, why)
