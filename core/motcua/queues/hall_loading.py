"""Reading a hall for its forecast, as it is now: one statement, laid over what the last days taught."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.queues import held, learning, today
from motcua.queues.hall_past import GAP, Learned
from motcua.queues.hallnow import CounterNow, CounterState, HallNow, LineNow, WaiterNow
from motcua.queues.hours import Span, hours_of, seat_since
from motcua.queues.learning import LineLearned, Served
from motcua.queues.policies import policy_in_force
from motcua.queues.policy import Policy
from motcua.queues.today import Arrivals
from motcua.tenancy.db import TenantTx
from motcua.text import VIETNAM

# An appointment is kept from so many minutes before the slot to so many after.
_EARLY, _AFTER = 15.0, 5.0
# Who was put aside comes back within so many minutes: with a paper, or from another counter.
_ASIDE = 15.0
_WHOLE_DAY = 24 * 60.0
NAMED = 300
"""So many people of a line are played one by one; whoever stands behind them is reckoned by the number."""


# $1 site $2 day $3 now $4 seats taken before do not count $5 minutes whose arrivals count
# $6 minutes whose calls show how true the ranges are $7 so many of each line are named, the others counted.
# Moments come as seconds since 1970. What could be joined by rows of the day is told by windows and hashes:
# a plan that was made for an empty hall must not become slow in a full one.
_NOW = """
with own as materialized (
  select g.ticket_id, g.line_id, g.kind, g.counter_id, g.staff_id, g.from_at, g.to_at,
    extract(epoch from g.to_at - g.from_at)::float8 / 60 as minutes
  from segment g where g.site_id = $1 and g.day = $2),
live as (
  select t.id, t.visit_id, t.line_id, t.state, t.sort_key, t.priority, t.for_counter_id,
    t.for_staff_id, t.parked_why, t.window_from, t.window_to,
    count(*) over (partition by t.visit_id) > 1 as several
  from ticket t where t.site_id = $1 and t.day = $2
    and t.state in ('waiting', 'reserved', 'parked', 'called', 'serving')),
queue as (
  select t.*,
    row_number() over (partition by t.line_id order by t.priority desc, t.sort_key, t.id) as n
  from live t where t.state in ('waiting', 'reserved', 'parked')),
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
     'sat', c.id in (
       select o.counter_id from own o where o.counter_id is not null and o.staff_id is not null),
     'away', extract(epoch from c.break_since)::float8,
     'kind', g.kind, 'visit', v.visit_id, 'since', extract(epoch from g.from_at)::float8,
     'letter', l.letter,
     'able', (select jsonb_agg(a.letter) from line a
        where a.tenant_id = c.tenant_id and a.site_id = c.site_id
          and (a.skill_id is null or c.staff_id is null or exists (
            select 1 from staff_skill k where k.tenant_id = a.tenant_id
              and k.staff_id = c.staff_id and k.skill_id = a.skill_id))))), '[]')
   from counter c
   left join work_profile p on p.tenant_id = c.tenant_id and p.id = c.profile_id
   left join segment g on g.tenant_id = c.tenant_id and g.counter_id = c.id and g.to_at is null
   left join line l on l.tenant_id = g.tenant_id and l.id = g.line_id
   left join live v on v.id = g.ticket_id and v.several
   where c.site_id = $1) as counters,
  (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'letter', l.letter,
     'key', extract(epoch from t.sort_key)::float8, 'priority', t.priority,
     'counter', t.for_counter_id, 'staff', t.for_staff_id, 'state', t.state,
     'aside', t.parked_why, 'visit', case when t.several then t.visit_id end,
     'from', case when t.state = 'reserved' then extract(epoch from t.window_from)::float8 end,
     'to', case when t.state = 'reserved' then extract(epoch from t.window_to)::float8 end)), '[]')
   from queue t join line l on l.site_id = $1 and l.id = t.line_id where t.n <= $7) as waiters,
  (select coalesce(jsonb_object_agg(l.letter, q.people), '{}') from (
     select t.line_id, count(*) as people from queue t where t.n > $7 group by t.line_id) q
   join line l on l.site_id = $1 and l.id = q.line_id) as tails,
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
  (select jsonb_build_object('n', count(*), 'minutes', coalesce(sum(c.minutes), 0)) from (
     select o.kind, o.minutes, o.to_at, lead(o.kind) over w as next, lead(o.from_at) over w as since
     from own o where o.ticket_id is not null
     window w as (partition by o.ticket_id order by o.from_at, o.to_at)) c
   where c.kind = 'called' and c.next = 'serving' and c.since = c.to_at) as walks,
  (select jsonb_build_object('n', count(*), 'inside', count(*) filter (
     where extract(epoch from f.at - t.issued_at) / 60 between t.low_minutes and t.high_minutes))
   from (select c.ticket_id, min(c.from_at) as at from own c
         where c.kind = 'called' group by c.ticket_id) f
   join ticket t on t.id = f.ticket_id
   where t.window_from is null and t.appointment_id is null
     and f.at > $3::timestamptz - $6 * interval '1 minute') as shown
"""


async def hall_now(tx: TenantTx, site: UUID, now: datetime, past: Learned) -> HallNow:
    """Return a hall as it is in this transaction, with what was learned of it."""
    row = await tx.fetchrow(
        _NOW, site, local_day(now), now, seat_since(now), today.RECENT, learning.LATELY, NAMED
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
    # A tenant without a calendar is open from midnight to midnight: nobody knows when it closes.
    known = [(a, b) for a, b in spread if b - a < _WHOLE_DAY]
    sessions = tuple((a, b) for a, b in known if b > 0)
    at = _Moment(now)
    lines, slower = _lines_today(row, at, past)
    paces = learning.paces(past.served, {letter: line.mean for letter, line in lines.items()})
    arrivals = _arrivals(row, at, past)
    counters = [_counter(c, at, past, paces, sessions) for c in row["counters"]]
    walks = row["walks"]
    return HallNow(
        tuple(_line(letter, line, arrivals, slower) for letter, line in sorted(lines.items())),
        tuple(c for c in counters if c is not None),
        (
            *_waiters(row, at, past, _seated(counters)),
            *_booked(row, at, past, policy.head_start_minutes),
        ),
        policy,
        sessions,
        learning.shrunk(past.call_minutes, walks["minutes"] + GAP * walks["n"], walks["n"]),
        past.absent,
        policy.recall_seconds / 60,
        past.break_share,
        past.break_minutes,
        bool(known) and known[0][0] > 0,
        not sessions and len(known) == len(spread),
        learning.width_lately(past.width, row["shown"]["inside"], row["shown"]["n"]),
        row["tails"],
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
        UUID(row["visit"]) if row["visit"] else None,
    )


def _seated(counters: Iterable[CounterNow | None]) -> frozenset[UUID]:
    """Return the visits of those who are at a counter."""
    return frozenset(c.visit for c in counters if c is not None and c.visit is not None)


def _waiters(
    row: Mapping[str, Any], at: _Moment, past: Learned, seated: frozenset[UUID]
) -> Iterable[WaiterNow]:
    for t in row["waiters"]:
        visit = UUID(t["visit"]) if t["visit"] else None
        within = None
        if t["from"] is not None and t["to"] is not None:
            within = (max(0.0, at(t["from"])), max(1.0, at(t["to"])))
        shows = past.shows if within else 1.0
        # Who is put aside because he is at another counter comes back when that one has done.
        if t["state"] == "parked" and not (t["aside"] == held.VISIT and visit in seated):
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
            visit,
        )


def _booked(row: Mapping[str, Any], at: _Moment, past: Learned, head: float) -> Iterable[WaiterNow]:
    for a in row["booked"]:
        slot = at(a["from"])
        within = (max(0.0, slot - _EARLY), max(1.0, slot + _AFTER))
        yield WaiterNow(UUID(a["id"]), a["letter"], slot - head, within=within, shows=past.shows)
