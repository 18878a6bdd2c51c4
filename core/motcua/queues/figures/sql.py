"""What every figure is made of, as SQL: one row per ticket (``FACTS``) and per piece of time (``PIECES``).

A count is a condition on a ticket (``COUNTS``), a time is a condition on a piece (``TIMES``); the figure
and the rows behind it use the same text, so they cannot disagree. Parameters everywhere: ``$1`` sites,
``$2`` first day, ``$3`` last day, ``$4`` the moment of looking, then what narrows: ``$5`` line,
``$6`` counter, ``$7`` officer, ``$8`` hour (each null for all). Times are seconds.

A ticket belongs to its day as a whole. Time is cut: a segment across midnight counts for both days.
What happened after ``$4`` is not seen, so any figure can be asked for any moment.
"""

from collections.abc import Mapping

#: The hall's local day and hour.
ZONE = "Asia/Ho_Chi_Minh"
# A seat that somebody forgot is found again within so many days.
_FARTHEST = "31"

#: One row per ticket of the days: its stamps as they were at $4.
TICKETS = """
t as materialized (
  select t.tenant_id, t.id, t.visit_id, t.site_id, t.line_id, t.counter_id, t.staff_id, t.day, t.number,
    t.origin, t.priority, t.dossier_id, t.appointment_id, t.recycled, t.calls, t.low_minutes,
    t.high_minutes, t.issued_at, t.sort_key, t.state as state_now,
    case when t.arrived_at <= $4 then t.arrived_at end as arrived_at,
    case when t.ended_at <= $4 then t.state end as ended,
    case when t.ended_at <= $4 then t.ended_at end as ended_at,
    extract(hour from coalesce(t.arrived_at, t.issued_at) at time zone 'ZONE')::int as hour,
    l.promise_minutes * 60 as promise
  from ticket t join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
  where t.site_id = any($1) and t.day between $2 and $3 and t.issued_at <= $4)
""".replace("ZONE", ZONE)

#: Per ticket: what its segments say. A ticket that outlived its day has segments on later days too.
FACTS = (
    TICKETS
    + """
, w as (
  select ticket_id, min(from_at) filter (where kind = 'called') as first_called,
    min(from_at) filter (where kind in ('waiting', 'transferred')) as waited_from,
    coalesce(sum(seconds) filter (where kind in ('waiting', 'transferred')), 0) as wait,
    coalesce(sum(seconds) filter (where kind = 'serving'), 0) as service,
    coalesce(sum(seconds) filter (where kind <> 'reserved'), 0) as tiled,
    bool_or(kind = 'transferred') as transferred
  from (
    select s.ticket_id, s.kind, s.from_at,
      extract(epoch from least(coalesce(s.to_at, $4), $4) - s.from_at)::float8 as seconds
    from segment s
    where s.site_id = any($1) and s.day between $2 and $3 and s.ticket_id is not null
      and s.from_at <= $4
    union all
    select s.ticket_id, s.kind, s.from_at,
      extract(epoch from least(coalesce(s.to_at, $4), $4) - s.from_at)::float8
    from t join segment s on s.tenant_id = t.tenant_id and s.ticket_id = t.id and s.day > $3
    where coalesce(t.ended_at, $4) >= (t.day + 1)::timestamp at time zone 'ZONE'
      and s.from_at <= $4) x
  group by ticket_id),
facts as (
  select t.*, w.first_called, coalesce(w.wait, 0) as wait, coalesce(w.service, 0) as service,
    coalesce(w.tiled, 0) as tiled, coalesce(w.transferred, false) as transferred,
    extract(epoch from w.first_called - w.waited_from)::float8 as first_wait,
    extract(epoch from coalesce(t.ended_at, $4) - greatest(t.arrived_at, t.issued_at))::float8
      as stay
  from t left join w on w.ticket_id = t.id
  where ($5::uuid is null or t.line_id = $5) and ($6::uuid is null or t.counter_id = $6)
    and ($7::uuid is null or t.staff_id = $7) and ($8::int is null or t.hour = $8))
""".replace("ZONE", ZONE)
)

#: Counts of tickets: key -> condition on a row of ``facts``.
COUNTS: Mapping[str, str] = {
    "issued": "true",
    "remote": "origin in ('phone', 'portal', 'appointment')",
    "priority": "priority > 0",
    "arrived": "arrived_at is not null",
    "called": "first_called is not null",
    "done": "ended = 'done'",
    "no_show": "ended = 'no_show'",
    "left": "ended = 'left'",
    "cancelled": "ended = 'cancelled'",
    "expired": "ended = 'expired'",
    "voided": "ended = 'voided'",
    "open": "ended is null",
    "kept": "first_called is not null and wait <= promise",
    "abandoned": "ended in ('left', 'no_show', 'expired')",
    "abandoned_late": "ended in ('left', 'no_show', 'expired') and wait > promise",
    "transferred": "first_called is not null and transferred",
    "recalled": "first_called is not null and (calls > 1 or recycled > 0)",
    # What was shown at the machine, to people who stood there: from afar the wait began later.
    "estimated": "first_called is not null and origin in ('kiosk', 'counter', 'station')",
    "estimate_kept": (
        "first_called is not null and origin in ('kiosk', 'counter', 'station')"
        " and first_wait between low_minutes * 60 and high_minutes * 60"
    ),
    # Its segments do not tile its life: stamps and segments disagree by more than a second.
    "untiled": "arrived_at is not null and abs(tiled - stay) > 1",
}
#: Times of tickets: key -> (value, condition); each has mean, median, 90th percentile and maximum.
SPREADS: Mapping[str, tuple[str, str]] = {
    "wait": ("wait", COUNTS["called"]),
    "first_wait": ("first_wait", COUNTS["called"]),
    "service": ("service", COUNTS["done"]),
}

_PIECE = """
  select s.id, s.site_id, s.line_id, s.counter_id, s.staff_id, s.ticket_id, s.kind, s.day,
    null::int as hour, s.from_at as began,
    least(coalesce(s.to_at, $4), $4, (s.day + 1)::timestamp at time zone 'ZONE') as until
  from segment s
  where s.site_id = any($1) and s.day between $2 and $3 and s.from_at <= $4
"""
# The same text as the predicate of the index on segments that cross midnight.
_OVERNIGHT = """
  select s.id, s.site_id, s.line_id, s.counter_id, s.staff_id, s.ticket_id, s.kind, d.day::date as day,
    null::int as hour, greatest(s.from_at, d.day::timestamp at time zone 'ZONE') as began,
    least(coalesce(s.to_at, $4), $4, (d.day::date + 1)::timestamp at time zone 'ZONE') as until
  from segment s cross join lateral generate_series(
    greatest(s.day + 1, $2), least((least(coalesce(s.to_at, $4), $4) at time zone 'ZONE')::date, $3),
    interval '1 day') as d (day)
  where s.site_id = any($1) and s.day between $2 - FARTHEST and $3 and s.from_at <= $4
    and (s.to_at is null or (s.to_at at time zone 'ZONE')::date > s.day)
"""
_BY_DAY = "cut as (" + _PIECE + "union all" + _OVERNIGHT + ")"
_BY_HOUR = """
, hours as (
  select c.id, c.site_id, c.line_id, c.counter_id, c.staff_id, c.ticket_id, c.kind, c.day,
    extract(hour from h.at at time zone 'ZONE')::int as hour, greatest(c.began, h.at) as began,
    least(c.until, h.at + interval '1 hour') as until
  from cut c cross join lateral generate_series(
    date_trunc('hour', c.began, 'ZONE'), c.until, interval '1 hour') as h (at)
  where c.until > h.at)
"""
_PIECES = """
, pieces as (
  select *, extract(epoch from until - began)::float8 as seconds from SOURCE
  where until > began and ($5::uuid is null or line_id = $5) and ($6::uuid is null or counter_id = $6)
    and ($7::uuid is null or staff_id = $7) and ($8::int is null or hour = $8))
"""


def pieces(*, hourly: bool) -> str:
    """Return the common table expressions that end in ``pieces``: segments cut by day, or by hour too."""
    source = _BY_HOUR + _PIECES.replace("SOURCE", "hours") if hourly else ""
    text = _BY_DAY + (source or _PIECES.replace("SOURCE", "cut"))
    return text.replace("ZONE", ZONE).replace("FARTHEST", _FARTHEST)


#: Sums of time: key -> condition on a row of ``pieces``. ``seated`` is what an officer is there for.
TIMES: Mapping[str, str] = {
    "waiting": "kind in ('waiting', 'transferred')",
    "parked": "kind = 'parked'",
    "calling": "kind = 'called'",
    "serving": "kind = 'serving'",
    "idle": "kind = 'idle'",
    "break": "kind = 'break'",
    "seated": "kind in ('called', 'serving', 'idle', 'break')",
}

#: What was served: one row per kind of service of a ticket, counted for who gave it.
SERVICES = (
    TICKETS
    + """
, services as (
  select v.id, t.site_id, v.line_id, t.counter_id, v.staff_id, t.day, t.number, v.ticket_id, v.at,
    extract(hour from v.at at time zone 'ZONE')::int as hour, v.quantity,
    v.quantity * v.standard_minutes as standard
  from t join ticket_service v on v.tenant_id = t.tenant_id and v.ticket_id = t.id
  where v.at <= $4 and ($5::uuid is null or v.line_id = $5) and ($6::uuid is null or t.counter_id = $6)
    and ($7::uuid is null or v.staff_id = $7)
    and ($8::int is null or extract(hour from v.at at time zone 'ZONE') = $8))
""".replace("ZONE", ZONE)
)
