"""How every hall stands at a moment: one statement for all sites, read from the day's segments.

The moment may lie in the past (a replay of a day): what had not happened yet is not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.queues.figures.shape import ratio
from motcua.queues.figures.sql import COUNTS, ZONE
from motcua.queues.staffing import needed
from motcua.tenancy.db import Record, Tx
from motcua.text import fold

# Whoever looks at this moment is told the open segments by their indexes; only a replay looks further.
_PRESENT_SECONDS = 600

#: ``$1`` sites, ``$2`` local day, ``$3`` the moment, ``$4`` whether it is now. ``s``: the segments of the
#: day and those that ran on from before; ``w``: per ticket what they say; ``f``: the tickets of the day.
STANDING = """
s as materialized (
  select g.site_id, g.ticket_id, g.kind, g.from_at,
    case when g.to_at <= $3 then g.to_at end as to_at, g.counter_id, g.staff_id
  from segment g
  where g.site_id = any($1) and g.day = $2 and g.from_at <= $3
  union all
  select g.site_id, g.ticket_id, g.kind, g.from_at, null, g.counter_id, g.staff_id
  from segment g
  where $4 and g.site_id = any($1) and g.day < $2 and g.to_at is null and g.staff_id is not null
  union all
  select g.site_id, g.ticket_id, g.kind, g.from_at, null, g.counter_id, g.staff_id
  from segment g
  where not $4 and g.site_id = any($1) and g.day between $2 - 31 and $2 - 1
    and g.staff_id is not null and (g.to_at is null or g.to_at > $3)
    and (g.to_at is null or (g.to_at at time zone 'ZONE')::date > g.day)),
w as (
  select ticket_id,
    coalesce(sum(extract(epoch from coalesce(to_at, $3) - from_at)::float8)
      filter (where kind in ('waiting', 'transferred')), 0) as wait,
    max(kind) filter (where to_at is null) as now_kind,
    min(from_at) filter (where kind = 'called') as first_called,
    max(from_at) filter (where kind = 'called') as last_called,
    sum(extract(epoch from to_at - from_at)::float8) filter (where kind = 'serving') as service
  from s where ticket_id is not null group by ticket_id),
f as (
  select t.id, t.site_id, t.line_id, t.counter_id, t.staff_id, t.day, t.number, t.origin, t.priority,
    t.issued_at, coalesce(w.wait, 0) as wait, coalesce(w.now_kind, '') as now_kind, w.first_called,
    w.last_called, coalesce(w.service, 0) as service, l.promise_minutes * 60 as promise,
    case when t.arrived_at <= $3 then t.arrived_at end as arrived_at,
    case when t.ended_at <= $3 then t.state end as ended,
    case when t.ended_at <= $3 then t.ended_at end as ended_at
  from ticket t join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
  left join w on w.ticket_id = t.id
  where t.site_id = any($1) and t.day = $2 and t.issued_at <= $3)
""".replace("ZONE", ZONE)

_WAITS = "now_kind in ('waiting', 'transferred')"
#: What is counted of a moment: key -> condition on a row of ``f``.
NOW: Mapping[str, str] = {
    "now_waiting": _WAITS,
    "now_overdue": _WAITS + " and wait > promise",
    "now_reserved": "now_kind = 'reserved'",
    "now_called": "now_kind = 'called'",
    "now_serving": "now_kind = 'serving'",
    "now_parked": "now_kind = 'parked'",
    "hour_arrived": "arrived_at > $3 - interval '1 hour'",
    "hour_called": "last_called > $3 - interval '1 hour'",
}
#: What is counted of the day so far: the same conditions as in every report.
_TODAY = ("issued", "arrived", "called", "done", "no_show", "left", "kept", "abandoned")
COUNTED: Mapping[str, str] = {**NOW, **{key: COUNTS[key] for key in _TODAY}}

_COLUMNS = ", ".join(f"count(*) filter (where {sure}) as {key}" for key, sure in COUNTED.items())
_PICKED = ", ".join(f"coalesce(m.{key}, 0) as {key}" for key in COUNTED)
_LIVE = """
with STANDING, sums as (
  select site_id, line_id, COLUMNS, max(wait) filter (where WAITS) as longest,
    percentile_cont(0.9) within group (order by wait) filter (where HOUR_CALLED) as p90,
    avg(service) filter (where DONE) as service
  from f group by grouping sets ((site_id), (site_id, line_id))),
seats as (
  select site_id, counter_id, bool_and(kind = 'break') as pause
  from s where to_at is null and staff_id is not null and counter_id is not null
  group by site_id, counter_id),
pulse as (select site_id, max(greatest(from_at, to_at)) as last_at from s group by site_id)
select i.id as site_id, null::uuid as line_id, '' as letter, PICKED, m.longest, m.p90, m.service,
  (select count(*) from seats o where o.site_id = i.id and not o.pause) as open,
  (select count(*) from seats o where o.site_id = i.id and o.pause) as breaks,
  (select count(*) from counter c where c.site_id = i.id) as counters,
  p.last_at, 0::float8 as mean_minutes, 0 as promise_minutes, i.name, ''  as name_en, false as paused
from site i left join sums m on m.site_id = i.id and m.line_id is null
left join pulse p on p.site_id = i.id where i.id = any($1)
union all
select l.site_id, l.id, l.letter, PICKED, m.longest, m.p90, m.service,
  (select count(*) from counter c join seats o on o.counter_id = c.id and not o.pause
   where c.site_id = l.site_id and c.lines ? l.letter),
  (select count(*) from counter c join seats o on o.counter_id = c.id and o.pause
   where c.site_id = l.site_id and c.lines ? l.letter),
  (select count(*) from counter c where c.site_id = l.site_id and c.lines ? l.letter),
  null, l.mean_minutes, l.promise_minutes, l.name_vi, l.name_en, l.paused_at is not null
from line l left join sums m on m.line_id = l.id where l.site_id = any($1)
order by site_id, letter
"""
for _name, _part in (
    ("STANDING", STANDING),
    ("COLUMNS", _COLUMNS),
    ("PICKED", _PICKED),
    ("WAITS", _WAITS),
    ("HOUR_CALLED", NOW["hour_called"]),
    ("DONE", COUNTS["done"]),
):
    _LIVE = _LIVE.replace(_name, _part)


@dataclass(frozen=True)
class Standing:
    """How a site, or one of its lines, stands; times in seconds, None where there is nothing to measure.

    For a site ``needed`` takes its lines together, because its counters serve several of them.

    ``counts`` holds ``COUNTED``. ``longest`` is the longest wait of those who wait, ``p90`` the 90th
    percentile of those called in the last hour, ``needed`` the counters that would keep the promise at the
    last hour's arrivals. ``age`` is how long ago anything happened at the site; None: nothing that day.
    """

    site: UUID
    line: UUID | None
    letter: str
    name: tuple[str, str]
    counts: Mapping[str, int]
    longest: float | None
    p90: float | None
    open: int
    breaks: int
    counters: int
    needed: int
    age: float | None = None
    promise_minutes: int = 0
    mean_minutes: float = 0.0
    paused: bool = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self.counts["now_waiting"]

    @property
    def no_show_rate(self) -> float | None:
        """Share of the called of that day who did not come."""
        return ratio(self.counts["no_show"], self.counts["called"])


@dataclass(frozen=True)
class SiteNow(Standing):
    """A site with its lines."""

    lines: tuple[Standing, ...] = ()


async def live(tx: Tx, sites: Sequence[UUID], now: datetime) -> list[SiteNow]:
    """Return how these sites stand at a moment, by their names."""
    rows = await tx.fetch(_LIVE, *standing_args(sites, now))
    lines: dict[UUID, list[Standing]] = {}
    for row in rows:
        if row["line_id"] is not None:
            lines.setdefault(row["site_id"], []).append(_line(row))
    found = [
        _site(row, lines.get(row["site_id"], []), now) for row in rows if row["line_id"] is None
    ]
    return sorted(found, key=lambda site: fold(site.name[0]))


def standing_args(sites: Sequence[UUID], now: datetime) -> tuple[object, ...]:
    """Return the four parameters of ``STANDING``."""
    present = abs((clock.now() - now).total_seconds()) < _PRESENT_SECONDS
    return list(sites), local_day(now), now, present


def _line(row: Record) -> Standing:
    mean = (row["service"] or 0.0) / 60 or row["mean_minutes"]
    promise = row["promise_minutes"]
    arrivals = float(row["hour_arrived"])
    return Standing(
        **_common(row),
        needed=needed(arrivals, mean, promise) if arrivals else 0,
        promise_minutes=promise,
        mean_minutes=mean,
        paused=row["paused"],
    )


def _site(row: Record, lines: list[Standing], now: datetime) -> SiteNow:
    last = row["last_at"]
    return SiteNow(
        **_common(row),
        needed=_pooled(lines),
        age=None if last is None else (now - last).total_seconds(),
        lines=tuple(lines),
    )


def _pooled(lines: list[Standing]) -> int:
    """Return the counters that would serve all lines together; the strictest promise holds for all."""
    arrivals = sum(line.counts["hour_arrived"] for line in lines)
    if not arrivals:
        return 0
    minutes = sum(line.counts["hour_arrived"] * line.mean_minutes for line in lines)
    promise = min(line.promise_minutes for line in lines if line.counts["hour_arrived"])
    return needed(float(arrivals), minutes / arrivals, promise)


def _common(row: Record) -> dict[str, Any]:
    return {
        "site": row["site_id"],
        "line": row["line_id"],
        "letter": row["letter"],
        "name": (row["name"], row["name_en"] or row["name"]),
        "counts": {key: row[key] for key in COUNTED},
        "longest": row["longest"],
        "p90": row["p90"],
        "open": row["open"],
        "breaks": row["breaks"],
        "counters": row["counters"],
    }
