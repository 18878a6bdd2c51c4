"""Figures of whole visits, and of appointments: how long people were there, whether once was enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from motcua.dossiers.codes import local_day
from motcua.queues.figures.shape import Scope, Spread, ratio
from motcua.tenancy.db import Tx
from motcua.worktime import Calendar, is_working_day

#: A visit was enough when nobody comes again for the same dossier within so many working days.
AGAIN_WITHIN = 10

# A visit is over when none of its tickets is open; it counts when at least one was served.
_VISITS = """
with v as (
  select t.visit_id, t.day, min(v.arrived_at) as arrived_at, max(t.ended_at) as ended_at
  from ticket t join visit v on v.tenant_id = t.tenant_id and v.id = t.visit_id
  where t.site_id = any($1) and t.day between $2 and $3 and t.issued_at <= $4
    and v.arrived_at is not null
  group by t.visit_id, t.day
  having bool_and(t.ended_at is not null and t.ended_at <= $4) and bool_or(t.state = 'done')),
s as (select extract(epoch from ended_at - arrived_at)::float8 as seconds from v)
select count(*) as n, avg(seconds) as mean,
  percentile_cont(array[0.5, 0.9]) within group (order by seconds) as p, max(seconds) as most
from s where seconds >= 0
"""
# $5, $6: each day and the last day on which somebody might come again for what was done on it.
_ONCE = """
select count(*) as visits, count(*) filter (where not again) as once from (
  select distinct t.visit_id, t.dossier_id, exists (
    select 1 from ticket o where o.tenant_id = t.tenant_id and o.dossier_id = t.dossier_id
      and o.visit_id <> t.visit_id and o.day <= d.until
      and (o.day > t.day or o.issued_at > t.ended_at)
      and o.state not in ('cancelled', 'voided')) as again
  from ticket t join unnest($5::date[], $6::date[]) as d (day, until) on d.day = t.day
  where t.site_id = any($1) and t.day between $2 and $3 and t.ended_at <= $4
    and t.state = 'done' and t.dossier_id is not null) x
"""
# Who was there when his slot began was promised to be called before it ends.
_PUNCTUAL = """
select count(*) as came, count(*) filter (where first_called <= to_at) as punctual from (
  select s.to_at, (select min(g.from_at) from segment g where g.tenant_id = t.tenant_id
      and g.ticket_id = t.id and g.kind = 'called' and g.from_at <= $4) as first_called
  from appointment a join slot s on s.tenant_id = a.tenant_id and s.id = a.slot_id
  join ticket t on t.tenant_id = a.tenant_id and t.id = a.ticket_id
  where a.site_id = any($1) and a.day between $2 and $3 and a.state = 'arrived'
    and t.arrived_at <= s.from_at and s.to_at <= $4) x
"""


@dataclass(frozen=True)
class Visits:
    """Whole visits of a scope; ``stay`` in seconds.

    ``once`` of ``judged`` visits for a dossier had no later one within ``AGAIN_WITHIN`` working days; only
    visits are judged for which these days have passed. ``punctual`` of ``came`` people who were there when
    their slot began were called before it ended.
    """

    stay: Spread
    judged: int
    once: int
    came: int
    punctual: int

    @property
    def first_visit(self) -> float | None:
        """Share of visits after which nobody had to come again."""
        return ratio(self.once, self.judged)

    @property
    def punctuality(self) -> float | None:
        """Share of appointments that were kept by the hall."""
        return ratio(self.punctual, self.came)


async def visits(tx: Tx, scope: Scope, calendar: Calendar, stay: Spread | None = None) -> Visits:
    """Return the figures of visits; they are of sites and days, whatever else narrows the scope.

    ``stay`` is for who knows it from the book of days.
    """
    where = scope.args[:4]
    stay = stay if stay is not None else await _stay(tx, scope)
    once = await tx.fetchrow(_ONCE, *where, *_windows(scope, calendar))
    punctual = await tx.fetchrow(_PUNCTUAL, *where)
    if once is None or punctual is None:
        raise LookupError("an aggregate returned no row")
    return Visits(stay, once["visits"], once["once"], punctual["came"], punctual["punctual"])


async def _stay(tx: Tx, scope: Scope) -> Spread:
    row = await tx.fetchrow(_VISITS, *scope.args[:4])
    if row is None:
        raise LookupError("an aggregate returned no row")
    p50, p90 = row["p"] or (None, None)
    return Spread(row["n"], row["mean"], p50, p90, row["most"])


def _windows(scope: Scope, calendar: Calendar) -> tuple[list[date], list[date]]:
    """Return the days whose window has passed at the moment of looking, and where each window ends."""
    today = local_day(scope.now)
    ends = windows(calendar, scope.from_day, min(scope.to_day, today))
    passed = {day: until for day, until in ends.items() if until < today}
    return list(passed), list(passed.values())


def windows(calendar: Calendar, first: date, last: date) -> Mapping[date, date]:
    """Return for each day the last of the ``AGAIN_WITHIN`` working days after it."""
    found, working = {}, list[date]()
    day = last + timedelta(days=AGAIN_WITHIN * 7)
    while day > first:
        if is_working_day(calendar, day):
            working.append(day)
        day -= timedelta(days=1)
        if day <= last and len(working) >= AGAIN_WITHIN:
            found[day] = working[-AGAIN_WITHIN]
    return found
