"""What devices, links, alerts and lines were at a moment that is over, as the event log and the alerts tell it.

A device's silence is an event of its own (``station.silence``), noted when the watch over the halls missed it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from motcua.station.health import DeviceHealth, troubles
from motcua.tenancy.db import Record, Tx

_SPOKEN_WITHIN = timedelta(days=31)
# For each part of a device what it said last; its last call for help, or the end of one.
_DEVICES = """
with d as (
  select id, site_id, kind, name, forgotten_at from device
  where site_id = any($1) and paired_at <= $2 and (forgotten_at is null or forgotten_at > $2)),
said as (
  select distinct on (d.id, p.key) d.id, p.key, p.value from d
  join event e on e.subject = d.id and e.type = 'device.health' and e.at <= $2 and e.at > $3
  cross join jsonb_each(e.payload - '{site,device}'::text[]) as p (key, value)
  order by d.id, p.key, e.id desc),
help as (
  select distinct on (d.id) d.id, e.at, (e.payload->>'asked')::bool as asked from d
  join event e on e.subject = d.id and e.type = 'device.help' and e.at <= $2 and e.at > $3
  order by d.id, e.id desc),
heard as (
  select distinct on (d.id, e.payload->>'part') d.id, e.payload->>'part' as part, e.type from d
  join event e on e.subject = d.id and e.type in ('device.silent', 'device.heard')
    and e.at <= $2 and e.at > $3
  order by d.id, e.payload->>'part', e.id desc)
select d.id, d.site_id, d.kind, d.name,
  array(select h.part from heard h where h.id = d.id and h.type = 'device.silent') as silent,
  coalesce((select jsonb_object_agg(s.key, s.value) from said s where s.id = d.id), '{}') as health,
  (select h.at from help h where h.id = d.id and h.asked) as help_since
from d order by d.site_id, d.kind, d.name
"""
# A machine tells that it was alone once it is back: since when, and in the end that all is merged. What is
# cut off still, the machine has not told yet.
_CUT = """
select x.site_id, min(x.since) as since from (
  select e.subject as site_id, (e.payload->>'since')::timestamptz as since, (
    select min(m.at) from event m
    where m.subject = e.subject and m.type = 'site.merged' and m.id > e.id) as until
  from event e where e.subject = any($1) and e.type = 'site.alone'
  union all
  select n.site_id, coalesce(n.alone_since, n.seen_at), null from site_node n
  where n.site_id = any($1) and (n.alone_since is not null or n.seen_at < $3)) x
where x.since <= $2 and (x.until is null or x.until > $2)
group by x.site_id
"""
_ALERTS = """
select a.id, a.site_id, a.line_id, a.measure, a.threshold, a.worst, a.raised_at,
  case when a.calm_since <= $2 then a.calm_since end as calm_since,
  case when a.acked_at <= $2 then a.acked_at end as acked_at,
  case when a.acked_at <= $2 then a.acked_by end as acked_by,
  case when a.acked_at <= $2 then a.note else '' end as note,
  i.key, i.name as site, i.unit_id, l.letter, l.name_vi, l.name_en,
  case when a.acked_at <= $2 then s.full_name end as acker
from alert a join site i on i.tenant_id = a.tenant_id and i.id = a.site_id
left join line l on l.tenant_id = a.tenant_id and l.id = a.line_id
left join staff s on s.tenant_id = a.tenant_id and s.id = a.acked_by
where a.site_id = any($1) and a.raised_at <= $2 and (a.cleared_at is null or a.cleared_at > $2)
order by a.raised_at, a.id
"""
_PAUSED = """
select x.id from (
  select distinct on (l.id) l.id, e.type from line l
  join event e on e.subject = l.id and e.type in ('line.paused', 'line.resumed') and e.at <= $2
  where l.site_id = any($1) order by l.id, e.id desc) x
where x.type = 'line.paused'
"""


async def devices(tx: Tx, sites: Sequence[UUID], at: datetime) -> list[DeviceHealth]:
    """Return the devices that were paired then, with what was wrong with each by its own words."""
    rows = await tx.fetch(_DEVICES, list(sites), at, at - _SPOKEN_WITHIN)
    return [
        DeviceHealth(
            row["id"],
            row["site_id"],
            row["kind"],
            row["name"],
            at,
            row["help_since"],
            row["health"],
            troubles(row["health"], row["silent"], row["help_since"]),
        )
        for row in rows
    ]


async def cut(
    tx: Tx, sites: Sequence[UUID], at: datetime, silent_before: datetime
) -> dict[UUID, float]:
    """Return for how many minutes sites had been cut off; a node silent since ``silent_before`` is so still."""
    rows = await tx.fetch(_CUT, list(sites), at, silent_before)
    return {row["site_id"]: (at - row["since"]).total_seconds() / 60 for row in rows}


async def alerts(tx: Tx, sites: Sequence[UUID], at: datetime) -> list[Record]:
    """Return the alerts that stood then, oldest first, acknowledged or not as they were."""
    return await tx.fetch(_ALERTS, list(sites), at)


async def paused(tx: Tx, sites: Sequence[UUID], at: datetime) -> frozenset[UUID]:
    """Return the lines that gave no numbers then."""
    return frozenset(row["id"] for row in await tx.fetch(_PAUSED, list(sites), at))
