"""What the last days taught about a hall, read in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.queues import learning
from motcua.queues.learning import Served
from motcua.tenancy.db import TenantTx
from motcua.text import VIETNAM

LEARN_DAYS = 28
WIDTH_DAYS = 14
# Somebody usually sits there: on so many of the days.
_USUAL = 0.6
# What is believed of a hall whose earlier days are not known: pauses per service.
_PAUSES = 0.02
# From the end of a service to the next call while people wait.
GAP = 0.2
# $1 site $2 first day $3 today $4 the first day whose ranges count $5 time zone.
_LEARNED = """
with own as (
  select g.ticket_id, g.line_id, g.kind, g.counter_id, g.staff_id, g.day, g.from_at, g.to_at,
    extract(epoch from g.to_at - g.from_at)::float8 / 60 as minutes
  from segment g where g.site_id = $1 and g.day >= $2 and g.day < $3 and g.to_at is not null),
services as (
  select s.line_id, s.staff_id, greatest(0.1, sum(s.minutes)) as minutes
  from own s where s.kind = 'serving' group by s.ticket_id, s.line_id, s.staff_id),
first_call as (
  select c.ticket_id, min(c.from_at) as at from own c where c.kind = 'called' group by c.ticket_id),
tickets as (
  select t.id, t.line_id, t.priority, t.state, t.day, t.arrived_at, t.issued_at, t.window_from,
    t.appointment_id, t.recycled, t.low_minutes, t.high_minutes
  from ticket t where t.site_id = $1 and t.day >= $2 and t.day < $3),
ranges as (
  select t.id, t.issued_at as at, t.low_minutes as low, t.high_minutes as high from tickets t
  where t.day >= $4 and t.window_from is null and t.appointment_id is null
  union all
  select e.ticket_id, e.at, e.low_minutes, e.high_minutes from tickets t
  join estimate_log e on e.ticket_id = t.id where t.day >= $4)
select
  (select coalesce(jsonb_agg(x), '[]') from (
     select l.letter, s.staff_id as staff, count(*) as n, sum(s.minutes) as minutes,
       sum(ln(s.minutes)) as logs, sum(ln(s.minutes) ^ 2) as squares
     from services s join line l on l.id = s.line_id group by l.letter, s.staff_id) x) as served,
  (select coalesce(jsonb_agg(x), '[]') from (
     select l.letter, t.priority > 0 as prior,
       extract(hour from t.arrived_at at time zone $5)::int as hour, count(*) as n
     from tickets t join line l on l.id = t.line_id where t.arrived_at is not null
     group by 1, 2, 3) x) as arrivals,
  (select count(distinct t.day) from tickets t) as days,
  (select coalesce(jsonb_agg(x), '[]') from (
     select f.counter_id as counter, count(*) as days,
       percentile_cont(0.5) within group (order by f.minute) as minute
     from (select o.counter_id, o.day, min(extract(epoch from
             o.from_at at time zone $5 - o.day)::float8 / 60) as minute
           from own o where o.staff_id is not null and o.counter_id is not null
           group by o.counter_id, o.day) f
     group by f.counter_id) x) as openings,
  (select jsonb_build_object('n', count(*), 'minutes', sum(c.minutes)) from own c
   where c.kind = 'called' and exists (select 1 from own s where s.kind = 'serving'
     and s.ticket_id = c.ticket_id and s.from_at = c.to_at)) as walks,
  (select jsonb_build_object('n', count(*), 'minutes', sum(least(i.minutes, 5))) from own i
   join own c on c.kind = 'called' and c.staff_id = i.staff_id and c.from_at = i.to_at
   join tickets t on t.id = c.ticket_id and t.arrived_at <= i.from_at
   where i.kind = 'idle') as gaps,
  (select jsonb_build_object('n', count(*), 'minutes', sum(b.minutes)) from own b
   where b.kind = 'break' and b.minutes < 60) as breaks,
  (select jsonb_build_object('n', count(*), 'absent',
     count(*) filter (where t.state = 'no_show' or t.recycled > 0))
   from tickets t join first_call f on f.ticket_id = t.id) as calls,
  (select jsonb_build_object('n', count(*), 'came', count(t.arrived_at)) from tickets t
   where t.window_from is not null) as reserved,
  (select jsonb_build_object('n', count(*), 'inside', count(*) filter (
     where extract(epoch from f.at - r.at) / 60 between r.low and r.high))
   from ranges r join first_call f on f.ticket_id = r.id and f.at >= r.at) as shown
"""


@dataclass(frozen=True)
class Learned:
    """What the last days taught about a hall."""

    served: tuple[Served, ...] = ()
    arrivals: Mapping[tuple[str, bool, int], int] = field(default_factory=dict)
    days: int = 0
    openings: Mapping[UUID, float] = field(default_factory=dict)
    call_minutes: float = 0.7
    absent: float = 0.05
    break_share: float = _PAUSES
    break_minutes: float = 12.0
    shows: float = 0.9
    width: float = learning.WIDTH


async def learned(tx: TenantTx, site: UUID, now: datetime) -> Learned:
    """Return what the four weeks before today taught; the ranges of the last two."""
    day = local_day(now)
    row = await tx.fetchrow(
        _LEARNED,
        site,
        day - timedelta(days=LEARN_DAYS),
        day,
        day - timedelta(days=WIDTH_DAYS),
        str(VIETNAM),
    )
    if row is None:
        return Learned()
    taken = sum(s["n"] for s in row["served"])
    return Learned(
        tuple(_served(s) for s in row["served"]),
        {(a["letter"], a["prior"], a["hour"]): a["n"] for a in row["arrivals"]},
        row["days"],
        {
            UUID(o["counter"]): o["minute"]
            for o in row["openings"]
            if o["days"] >= _USUAL * row["days"]
        },
        _mean(0.5, row["walks"]) + _mean(GAP, row["gaps"]),
        learning.shrunk(0.05, row["calls"]["absent"], row["calls"]["n"]),
        min(0.5, learning.shrunk(_PAUSES, row["breaks"]["n"], taken)),
        _mean(12.0, row["breaks"]),
        learning.shrunk(0.9, row["reserved"]["came"], row["reserved"]["n"]),
        learning.width_of(row["shown"]["inside"], row["shown"]["n"]),
    )


def _served(row: Mapping[str, Any]) -> Served:
    staff = UUID(row["staff"]) if row["staff"] else None
    return Served(row["letter"], staff, row["n"], row["minutes"], row["logs"], row["squares"])


def _mean(believed: float, row: Mapping[str, Any]) -> float:
    return learning.shrunk(believed, row["minutes"] or 0.0, row["n"])
