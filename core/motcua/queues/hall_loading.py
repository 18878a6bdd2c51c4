"""Reading a hall for its forecast: one statement for what is there now, one for what the last days taught."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.queues import learning, today
from motcua.queues.hallnow import CounterNow, CounterState, HallNow, LineNow, WaiterNow
from motcua.queues.hours import Span, hours_of, seat_since
from motcua.queues.learning import LineLearned, Served
from motcua.queues.policies import policy_in_force
from motcua.queues.policy import Policy
from motcua.queues.today import Arrivals
from motcua.tenancy.db import TenantTx
from motcua.text import VIETNAM

LEARN_DAYS = 28
WIDTH_DAYS = 14
# Somebody usually sits there: on so many of the days.
_USUAL = 0.6
# An appointment is kept from so many minutes before the slot to so many after.
_EARLY, _AFTER = 15.0, 5.0
# Who was put aside comes back within so many minutes: with a paper, or from another counter.
_ASIDE = 15.0
# What is believed of a hall whose earlier days are not known: pauses per service.
_PAUSES = 0.02
# From the end of a service to the next call while people wait.
_GAP = 0.2

# $1 site $2 day $3 now $4 seats taken before do not count $5 minutes whose arrivals count
# $6 minutes whose calls show how true the ranges are. Moments come as seconds since 1970.
_NOW = """
with own as materialized (
  select g.ticket_id, g.line_id, g.kind, g.counter_id, g.staff_id, g.from_at, g.to_at,
    extract(epoch from g.to_at - g.from_at)::float8 / 60 as minutes
  from segment g where g.site_id = $1 and g.day = $2),
came as (
  select t.line_id, t.priority > 0 as prior, t.arrived_at from ticket t
  where t.site_id = $1 and t.day = $2 and t.arrived_at is not null
    and t.window_from is null and t.appointment_id is null)
select
  (select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'letter', l.letter,
     'mean', l.mean_minutes, 'spread', l.spread)), '[]')
   from line l where l.site_id = $1) as lines,
  (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'staff', c.staff_id,
     'groups', case when jsonb_array_length(coalesce(p.groups, '[]')) > 0 then p.groups
        else jsonb_build_array(c.lines) end,
     'spill', coalesce(p.spill, '[]'), 'run', c.priority_run,
     'sits', c.staff_id is not null and c.opened_at >= $4,
     'sat', exists (select 1 from own o where o.counter_id = c.id and o.staff_id is not null),
     'away', extract(epoch from c.break_since)::float8,
     'kind', g.kind, 'since', extract(epoch from g.from_at)::float8, 'letter', l.letter,
     'able', (select jsonb_agg(a.letter) from line a
        where a.tenant_id = c.tenant_id and a.site_id = c.site_id
          and (a.skill_id is null or c.staff_id is null or exists (
            select 1 from staff_skill k where k.tenant_id = a.tenant_id
              and k.staff_id = c.staff_id and k.skill_id = a.skill_id))))), '[]')
   from counter c
   left join work_profile p on p.tenant_id = c.tenant_id and p.id = c.profile_id
   left join segment g on g.tenant_id = c.tenant_id and g.counter_id = c.id and g.to_at is null
   left join line l on l.tenant_id = g.tenant_id and l.id = g.line_id
   where c.site_id = $1) as counters,
  (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'letter', l.letter,
     'key', extract(epoch from t.sort_key)::float8, 'priority', t.priority,
     'counter', t.for_counter_id, 'staff', t.for_staff_id, 'state', t.state,
     'from', case when t.state = 'reserved' then extract(epoch from t.window_from)::float8 end,
     'to', case when t.state = 'reserved' then extract(epoch from t.window_to)::float8 end)), '[]')
   from ticket t join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
   where t.site_id = $1 and t.day = $2 and t.state in ('waiting', 'reserved', 'parked')) as waiters,
  (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'letter', l.letter,
     'from', extract(epoch from o.from_at)::float8)), '[]')
   from appointment a join slot o on o.tenant_id = a.tenant_id and o.id = a.slot_id
   join line l on l.tenant_id = a.tenant_id and l.id = a.line_id
   where a.site_id = $1 and a.day = $2 and a.state = 'booked' and a.ticket_id is null
     and o.from_at > $3::timestamptz - interval '30 minutes') as booked,
  (select coalesce(jsonb_agg(s), '[]') from (
     select l.letter, count(*) as n, sum(e.minutes) as minutes, sum(ln(e.minutes)) as logs,
       sum(ln(e.minutes) ^ 2) as squares
     from (select o.line_id, greatest(0.1, sum(o.minutes)) as minutes from own o
           where o.kind = 'serving' and o.to_at is not null group by o.ticket_id, o.line_id) e
     join line l on l.id = e.line_id
     group by l.letter) s) as today,
  (select coalesce(jsonb_agg(s), '[]') from (
     select l.letter, c.prior, count(*) as n
     from came c join line l on l.id = c.line_id
     where c.arrived_at > $3::timestamptz - $5 * interval '1 minute'
     group by l.letter, c.prior) s) as came,
  (select extract(epoch from min(c.arrived_at))::float8 from came c) as first,
  (select jsonb_build_object('n', count(*), 'minutes', coalesce(sum(c.minutes), 0)) from own c
   where c.kind = 'called' and exists (select 1 from own s where s.kind = 'serving'
     and s.ticket_id = c.ticket_id and s.from_at = c.to_at)) as walks,
  (select jsonb_build_object('n', count(*), 'inside', count(*) filter (
     where extract(epoch from f.at - t.issued_at) / 60 between t.low_minutes and t.high_minutes))
   from (select c.ticket_id, min(c.from_at) as at from own c
         where c.kind = 'called' group by c.ticket_id) f
   join ticket t on t.id = f.ticket_id
   where t.window_from is null and t.appointment_id is null
     and f.at > $3::timestamptz - $6 * interval '1 minute') as shown
"""
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
        _mean(0.5, row["walks"]) + _mean(_GAP, row["gaps"]),
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


async def hall_now(tx: TenantTx, site: UUID, now: datetime, past: Learned) -> HallNow:
    """Return a hall as it is in this transaction, with what was learned of it."""
    row = await tx.fetchrow(
        _NOW, site, local_day(now), now, seat_since(now), today.RECENT, learning.LATELY
    )
    if row is None:
        return HallNow((), (), ())
    policy = await policy_in_force(tx, site, now)
    return hall_of(row, now, policy, await hours_of(tx, site, local_day(now)), past)


def hall_of(
    row: Mapping[str, Any], now: datetime, policy: Policy, spans: Sequence[Span], past: Learned
) -> HallNow:
    """Return a hall from what was read of it; ``spans`` is when it is open today."""
    spread = [((a - now).total_seconds() / 60, (b - now).total_seconds() / 60) for a, b in spans]
    sessions = tuple((a, b) for a, b in spread if b > 0)
    at = _Moment(now)
    lines, slower = _lines_today(row, at, past)
    paces = learning.paces(past.served, {letter: line.mean for letter, line in lines.items()})
    arrivals = _arrivals(row, at, past)
    counters = [_counter(c, at, past, paces, sessions) for c in row["counters"]]
    walks = row["walks"]
    return HallNow(
        tuple(_line(letter, line, arrivals, slower) for letter, line in sorted(lines.items())),
        tuple(c for c in counters if c is not None),
        (*_waiters(row, at, past), *_booked(row, at, past, policy.head_start_minutes)),
        policy,
        sessions,
        learning.shrunk(past.call_minutes, walks["minutes"] + _GAP * walks["n"], walks["n"]),
        past.absent,
        policy.recall_seconds / 60,
        past.break_share,
        past.break_minutes,
        bool(spread) and spread[0][0] > 0,
        learning.width_lately(past.width, row["shown"]["inside"], row["shown"]["n"]),
    )


def _lines_today(
    row: Mapping[str, Any], at: "_Moment", past: Learned
) -> tuple[dict[str, LineLearned], float]:
    """Return the lines after the earlier days and today's services, and how much slower all is today."""
    before = {line["letter"]: _learned_line(line, past.served) for line in row["lines"]}
    running = [(c["letter"], -at(c["since"])) for c in row["counters"] if c["kind"] == "serving"]
    believed = {letter: (line.mean, line.spread) for letter, line in before.items()}
    seen = today.services(row["today"], running, believed)
    lines = {line["letter"]: _learned_line(line, (*past.served, *seen)) for line in row["lines"]}
    return lines, learning.today_factor(seen, {x: line.mean for x, line in lines.items()})


def _arrivals(row: Mapping[str, Any], at: "_Moment", past: Learned) -> Arrivals:
    seen: dict[tuple[str, bool], float] = defaultdict(float)
    for (letter, prior, hour), n in past.arrivals.items():
        if hour in (at.hour, at.hour + 1):
            seen[letter, prior] += n / 2
    came = {(c["letter"], c["prior"]): c["n"] for c in row["came"]}
    since = -at(row["first"]) if row["first"] is not None else 0.0
    return Arrivals(seen, past.days, came, since)


class _Moment:
    """Turns seconds since 1970 into minutes from now, and knows the local hour."""

    def __init__(self, now: datetime) -> None:
        self._epoch = now.timestamp()
        local = now.astimezone(VIETNAM)
        self.hour, self.minute = local.hour, local.hour * 60.0 + local.minute

    def __call__(self, seconds: float) -> float:
        return (seconds - self._epoch) / 60


def _learned_line(row: Mapping[str, Any], served: Iterable[Served]) -> LineLearned:
    own = [s for s in served if s.letter == row["letter"]]
    return learning.line_learned(row["mean"], row["spread"], own)


def _line(letter: str, line: LineLearned, arrivals: Arrivals, slower: float) -> LineNow:
    plain, prior = (arrivals.per_hour(letter, marked) for marked in (False, True))
    return LineNow(letter, line.mean * slower, line.spread, line.doubt, plain, prior)


def _counter(
    row: Mapping[str, Any],
    at: _Moment,
    past: Learned,
    paces: Mapping[UUID, float],
    sessions: Sequence[tuple[float, float]],
) -> CounterNow | None:
    """Return a counter at which somebody sits or is expected; None for any other."""
    own = UUID(row["id"])
    state: CounterState = "idle"
    since, opens = row["since"], None
    if not row["sits"]:
        state = "closed"
        opens = today.opens_in(past.openings.get(own), past.days, row["sat"], at.minute, sessions)
        if opens is None:
            return None
    elif row["away"] is not None:
        state, since = "break", row["away"]
        if (opens := today.back_in(-at(since), sessions)) is not None:
            state = "closed"
    elif row["kind"] in ("called", "serving", "break"):
        state = row["kind"]
    staff = UUID(row["staff"]) if row["sits"] else None
    return CounterNow(
        own,
        tuple(tuple(group) for group in row["groups"]),
        staff,
        tuple(row["spill"]),
        frozenset(row["able"] or ()),
        state,
        row["letter"] or "",
        max(0.0, -at(since)) if since is not None else 0.0,
        opens or 0.0,
        row["run"],
        paces.get(staff, 1.0) if staff else 1.0,
    )


def _waiters(row: Mapping[str, Any], at: _Moment, past: Learned) -> Iterable[WaiterNow]:
    for t in row["waiters"]:
        within = None
        if t["from"] is not None and t["to"] is not None:
            within = (max(0.0, at(t["from"])), max(1.0, at(t["to"])))
        shows = past.shows if within else 1.0
        if t["state"] == "parked":
            within = (0.0, _ASIDE)
        yield WaiterNow(
            UUID(t["id"]),
            t["letter"],
            at(t["key"]),
            t["priority"],
            UUID(t["counter"]) if t["counter"] else None,
            UUID(t["staff"]) if t["staff"] else None,
            within,
            shows,
        )


def _booked(row: Mapping[str, Any], at: _Moment, past: Learned, head: float) -> Iterable[WaiterNow]:
    for a in row["booked"]:
        slot = at(a["from"])
        within = (max(0.0, slot - _EARLY), max(1.0, slot + _AFTER))
        yield WaiterNow(UUID(a["id"]), a["letter"], slot - head, within=within, shows=past.shows)
