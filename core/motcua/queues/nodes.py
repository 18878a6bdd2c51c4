"""The machine of a site that goes on alone: what the centre grants, keeps back, and hands over.

Only one side writes for a site at any moment. The node grants the centre the right to write, a little at a
time: the centre asks a question and notes when; the node's next beat answers it, and the centre may then
write until ``LEASE`` after *its own* question. The node counts ``LEASE`` from its own later answer, so the
centre's right always ends first, whatever the network does and whatever the two clocks say: only their
speed must agree. When the node hears nothing for ``LEASE`` and a margin, it takes the site over.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.ids import token
from motcua.queues import leasing
from motcua.tenancy.db import Record, Tx

LEASE = timedelta(seconds=10)

_DEVICE = "select site_id from device where id = $1 and kind = 'node' and forgotten_at is null"
_HELLO = """
insert into site_node as n (site_id, device_id, about, seen_at) values ($1, $2, $3, $4)
on conflict (tenant_id, site_id) do update set device_id = excluded.device_id,
  about = excluded.about, seen_at = excluded.seen_at,
  merged = case when n.about->>'store' = excluded.about->>'store' then n.merged else 0 end
"""
_HOLD = """
select device_id, asked, asked_at, centre_until, merged, alone_since from site_node
where site_id = $1 for update
"""
_BEAT = """
update site_node set asked = $2, asked_at = $3, seen_at = $3, centre_until = $4, alone_since = $5
where site_id = $1
"""
_BYE = "delete from site_node where site_id = $1 and device_id = $2"
_FORSAKE = "delete from site_node where device_id = $1 returning site_id"
# Personal data stays at the centre: a node needs numbers, not people.
_LIVE = """
with live as (
  select * from ticket where site_id = $1 and day >= $2
    and state in ('reserved', 'waiting', 'called', 'serving', 'parked'))
select jsonb_build_object(
  'counter', (select jsonb_agg(to_jsonb(c) order by c.id) from counter c where c.site_id = $1),
  'day_number', (select jsonb_agg(to_jsonb(d) order by d.letter, d.day) from day_number d
    where d.site_id = $1 and d.day >= $2),
  'number_lease', (select jsonb_agg(to_jsonb(n) order by n.letter, n.day, n.first) from number_lease n
    where n.site_id = $1 and n.day >= $2),
  'visit', (select jsonb_agg(to_jsonb(v) - '{person_id,contact_sealed,device_id}'::text[] order by v.id)
    from visit v where v.id in (select visit_id from live)),
  'ticket', (select jsonb_agg(to_jsonb(t) - '{person_id,contact_index,dossier_id}'::text[] order by t.id)
    from live t),
  'segment', (select jsonb_agg(to_jsonb(s) order by s.id) from segment s
    where s.ticket_id in (select id from live)
      or (s.site_id = $1 and s.ticket_id is null and s.to_at is null)),
  -- Of an appointment its code and its slot: whose it is, is not told.
  'slot', (select jsonb_agg(to_jsonb(o) order by o.id) from slot o
    where o.site_id = $1 and o.day = $2 and o.booked > 0),
  'appointment', (select jsonb_agg(to_jsonb(a)
      - '{person_id,contact_sealed,contact_index,dossier_id,procedure_key}'::text[] order by a.id)
    from appointment a join slot o on o.tenant_id = a.tenant_id and o.id = a.slot_id
    where a.site_id = $1 and a.day = $2 and o.booked > 0 and a.state in ('booked', 'arrived')),
  'board_call', (select jsonb_agg(to_jsonb(b) order by b.seq) from board_call b
    where b.site_id = $1 and b.seq > (select call_seq from site where id = $1) - 40),
  'site', (select jsonb_agg(jsonb_build_object('tenant_id', s.tenant_id, 'id', s.id, 'key', s.key,
    'unit_id', s.unit_id, 'name', s.name, 'kind', s.kind, 'call_seq', s.call_seq))
    from site s where s.id = $1)) as live
"""
_SETUP = """
with here as (select id, unit_id from site where id = $1),
units as (
  select u.* from unit u where u.id in (select unit_id from here)
    or u.id in (select p.parent_id from unit p join here h on h.unit_id = p.id)),
people as (
  select s.* from staff s where s.active and (
    exists (select 1 from staff_role r where r.tenant_id = s.tenant_id and r.staff_id = s.id
      and (r.unit_id is null or r.unit_id in (select unit_id from here)))
    or s.id in (select staff_id from counter where site_id = $1)
    or s.id in (select staff_id from segment where site_id = $1 and to_at is null)
    or s.id in (select coalesce(staff_id, for_staff_id) from ticket where site_id = $1 and day >= $2)))
select jsonb_build_object(
  'tenant', (select jsonb_agg(to_jsonb(t) - '{created_at}'::text[]) from tenant t where t.id = app_tenant()),
  'unit', (select jsonb_agg(to_jsonb(u) - '{successor_id}'::text[] order by u.parent_id nulls first)
    from units u),
  'staff', (select jsonb_agg(to_jsonb(p) order by p.id) from people p),
  'staff_role', (select jsonb_agg(to_jsonb(r) order by r.id) from staff_role r
    where r.staff_id in (select id from people)
      and (r.unit_id is null or r.unit_id in (select id from units))),
  'site', (select jsonb_agg(to_jsonb(s) - '{call_seq}'::text[]) from site s where s.id = $1),
  'skill', (select jsonb_agg(to_jsonb(k) order by k.id) from skill k),
  'staff_skill', (select jsonb_agg(to_jsonb(k) order by k.staff_id, k.skill_id) from staff_skill k
    where k.staff_id in (select id from people)),
  'zone', (select jsonb_agg(to_jsonb(z) order by z.id) from zone z where z.site_id = $1),
  'line', (select jsonb_agg(to_jsonb(l) order by l.id) from line l where l.site_id = $1),
  'work_profile', (select jsonb_agg(to_jsonb(w) order by w.id) from work_profile w
    where w.site_id = $1),
  'priority_class', (select jsonb_agg(to_jsonb(p) order by p.id) from priority_class p),
  'call_policy', (select jsonb_agg(to_jsonb(p) order by p.id) from call_policy p
    where p.site_id = $1 or p.site_id is null),
  'tenant_calendar', (select jsonb_agg(to_jsonb(c) order by c.id) from tenant_calendar c),
  'device', (select jsonb_agg(to_jsonb(d) - '{pair_code_hash,pair_expires_at,seen_at}'::text[]
    order by d.id) from device d where d.site_id = $1 and d.forgotten_at is null),
  -- Who is signed in at the centre is so at the node too: only the tokens' hashes are kept, here and there.
  'web_session', (select jsonb_agg(to_jsonb(w) order by w.id) from web_session w
    where w.expires_at > now() and ((w.kind = 'staff' and w.subject in (select id from people))
      or (w.kind = 'device' and w.subject in (select id from device where site_id = $1))))
) as setup
"""


@dataclass(frozen=True)
class Beat:
    """What the centre answers to one beat.

    ``asked`` is the question to answer with the next one; ``merged`` the last change that is kept here.
    ``live`` and ``setup`` are rows by table, left out when the node has them already (by their digests).
    """

    asked: str
    merged: int
    live_digest: str
    setup_digest: str
    live: Mapping[str, Any] | None
    setup: Mapping[str, Any] | None


async def site_of(tx: Tx, device: UUID) -> UUID:
    """Return the site whose node this device is; ``Conflict`` for any other device."""
    found = await tx.fetchval(_DEVICE, device)
    if found is None:
        raise Conflict(
            "Thiết bị này không phải máy dự phòng của một điểm tiếp nhận.",
            "This device is not the node of a site.",
        )
    return UUID(bytes=found.bytes)


async def hello(work: Work, device: UUID, about: Mapping[str, Any]) -> UUID:
    """Note that a site has a node from now on; returns the site.

    ``about["store"]`` names the node's database: a new one counts its changes from one again.
    """
    site = await site_of(work.tx, device)
    await work.tx.execute(_HELLO, site, device, dict(about), work.now)
    return site


async def beat(
    work: Work,
    device: UUID,
    *,
    answer: str,
    alone_since: datetime | None,
    have_live: str,
    have_setup: str,
) -> Beat:
    """Take a node's beat: extend the centre's right when its question is answered, hand over what is new.

    A node that is alone answers nothing: the centre stays out until its changes are merged.
    """
    site = await site_of(work.tx, device)
    row = await _held(work, site, device)
    until = row["centre_until"]
    if alone_since is None and answer and answer == row["asked"] and row["asked_at"]:
        until = row["asked_at"] + LEASE
    _tell(work, site, row, alone_since)
    asked = token()
    await work.tx.execute(_BEAT, site, asked, work.now, until, alone_since)
    day = local_day(work.now)
    await leasing.lease(work, site, day)
    live = await work.tx.fetchval(_LIVE, site, day)
    setup = await work.tx.fetchval(_SETUP, site, day)
    digests = _digest(live), _digest(setup)
    return Beat(
        asked,
        row["merged"],
        *digests,
        live=None if digests[0] == have_live else live,
        setup=None if digests[1] == have_setup else setup,
    )


async def _held(work: Work, site: UUID, device: UUID) -> Record:
    row = await work.tx.fetchrow(_HOLD, site)
    if row is None or row["device_id"] != device:
        raise Conflict(
            "Điểm này đã dùng máy dự phòng khác.", "Another machine is this site's node by now."
        )
    return row


def _tell(work: Work, site: UUID, row: Record, alone_since: datetime | None) -> None:
    if alone_since and row["alone_since"] is None:
        work.emit("site.alone", site, {"since": alone_since.isoformat()})
    elif alone_since is None and row["alone_since"]:
        work.emit("site.merged", site, {"changes": row["merged"]})
    if (alone_since is None) != (row["alone_since"] is None):
        work.bells.add(f"site:{site}")


async def bye(work: Work, device: UUID) -> None:
    """Give the site back to the centre for good: its node was switched off on purpose."""
    site = await site_of(work.tx, device)
    await _held(work, site, device)
    await work.tx.execute(_BYE, site, device)
    work.bells.add(f"site:{site}")


async def forsake(work: Work, device: UUID) -> None:
    """Let the centre write again for a site whose machine was taken away, whatever that one still holds."""
    site = await work.tx.fetchval(_FORSAKE, device)
    if site is not None:
        work.bells.add(f"site:{site}")


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
