"""How a day went at each site, step by step: for charts, and to play a day again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from motcua.tenancy.db import Tx
from motcua.text import VIETNAM

# Every change of the day as +1 or -1 at its moment; what stands at the end of a step is the sum until then.
_STORY = """
with change as (
  select s.site_id, s.from_at as at, s.to_at as ended,
    (s.kind in ('waiting', 'transferred'))::int as waits,
    (s.kind in ('called', 'serving', 'idle'))::int as opens, (s.kind = 'serving')::int as serves,
    (s.kind = 'called')::int as calls
  from segment s where s.site_id = any($1) and s.day = $2 and s.from_at <= $5),
moves as (
  select site_id, at, waits, opens, serves, calls, 0 as came, 0 as done from change
  union all
  select site_id, ended, -waits, -opens, -serves, 0, 0, 0 from change where ended <= $5
  union all
  select site_id, arrived_at, 0, 0, 0, 0, 1, 0 from ticket
  where site_id = any($1) and day = $2 and arrived_at <= $5
  union all
  select site_id, ended_at, 0, 0, 0, 0, 0, 1 from ticket
  where site_id = any($1) and day = $2 and state = 'done' and ended_at <= $5),
steps as (
  select site_id, least(ceil(greatest(extract(epoch from at - $3), 0) / $4::float8), $6::int)::int as step,
    sum(waits) as waits, sum(opens) as opens, sum(serves) as serves, sum(calls) as calls,
    sum(came) as came, sum(done) as done
  from moves group by 1, 2)
select i.id as site_id, n.step, coalesce(came, 0)::int as arrived, coalesce(calls, 0)::int as called,
  coalesce(done, 0)::int as done,
  coalesce(sum(waits) over w, 0)::int as waiting, coalesce(sum(opens) over w, 0)::int as open,
  coalesce(sum(serves) over w, 0)::int as serving
from site i cross join generate_series(0, $6::int) as n (step)
left join steps s on s.site_id = i.id and s.step = n.step
where i.id = any($1)
window w as (partition by i.id order by n.step)
order by i.id, n.step
"""


@dataclass(frozen=True)
class Step:
    """One step of a site's day: what happened in it, and how the hall stood at its end (``at``)."""

    at: datetime
    arrived: int
    called: int
    done: int
    waiting: int
    serving: int
    open: int


async def story(
    tx: Tx,
    sites: Sequence[UUID],
    day: date,
    now: datetime,
    *,
    minutes: int = 30,
    hours: tuple[int, int] = (6, 20),
) -> dict[UUID, list[Step]]:
    """Return the steps of a local day, from the first of ``hours`` to the second, by site.

    What happened before the first hour is in its first step, what after the last in the last one. Steps that
    lie after ``now`` are left out.
    """
    start = datetime.combine(day, time(hours[0]), VIETNAM)
    size = timedelta(minutes=minutes)
    last = int(timedelta(hours=hours[1] - hours[0]) / size)
    args = (list(sites), day, start, size.total_seconds(), now, last)
    found: dict[UUID, list[Step]] = {}
    for row in await tx.fetch(_STORY, *args):
        at = start + row["step"] * size
        if at - size < now:
            kept = found.setdefault(row["site_id"], [])
            kept.append(Step(at, *(row[key] for key in _FIELDS)))
    return found


_FIELDS = ("arrived", "called", "done", "waiting", "serving", "open")
