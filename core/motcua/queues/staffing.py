"""How many counters a line needs: Erlang-C, and a proposal per half-hour from the same weekdays before.

The formula holds for a steady half-hour, not for a queue that is there already: it proposes staff, it tells
nobody how long he waits.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.queues import learning
from motcua.queues.hours import hours_of
from motcua.tenancy.db import TenantTx
from motcua.text import VIETNAM

SHARE = 0.8
HALF_HOUR = timedelta(minutes=30)
# So many of the same weekdays before are looked at; those on which nobody came are not counted.
WEEKS = 8
_MOST = 500

_LINES = """
select l.letter, l.mean_minutes, l.promise_minutes, count(s.minutes) as n,
  coalesce(sum(s.minutes), 0) as minutes
from line l left join (
  select g.line_id, sum(extract(epoch from g.to_at - g.from_at))::float8 / 60 as minutes
  from segment g where g.site_id = $1 and g.day = any($2) and g.kind = 'serving'
    and g.to_at is not null group by g.ticket_id, g.line_id) s on s.line_id = l.id
where l.site_id = $1 group by l.tenant_id, l.id, l.letter, l.mean_minutes, l.promise_minutes
order by l.letter
"""
_ARRIVALS = """
select l.letter, t.day, t.arrived_at from ticket t
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
where t.site_id = $1 and t.day = any($2) and t.arrived_at is not null and t.state <> 'voided'
"""
_SEATS = """
select g.day, c.lines, g.from_at, g.to_at from segment g
join counter c on c.tenant_id = g.tenant_id and c.id = g.counter_id
where g.site_id = $1 and g.day = any($2) and g.kind in ('idle', 'called', 'serving')
  and g.to_at is not null
"""


@dataclass(frozen=True)
class Need:
    """What one half-hour of a line asks for.

    ``arrivals`` people in it, each of ``mean_minutes``, to be called within ``promise_minutes``; ``open``
    counters of the line were there on average on the days before. ``letter`` is empty for the whole hall.
    """

    at: datetime
    letter: str
    arrivals: float
    mean_minutes: float
    promise_minutes: float
    needed: int
    open: float


def erlang_c(counters: int, load: float) -> float:
    """Return the probability to wait at so many counters under a load in Erlang (arrivals x service time).

    The stable recursion of Erlang-B, then C = B / (1 - (load / counters) (1 - B)); one for a load that the
    counters cannot carry.
    """
    if load <= 0:
        return 0.0
    if load >= counters:
        return 1.0
    blocked = 1.0
    for n in range(1, counters + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / counters * (1 - blocked))


def within(counters: int, per_hour: float, mean_minutes: float, minutes: float) -> float:
    """Return the share of people who are called within some minutes: 1 - C e^(-(c mu - lambda) t)."""
    load = per_hour / 60 * mean_minutes
    if load >= counters:
        return 1.0 if load <= 0 else 0.0
    spare = (counters - load) / mean_minutes
    return 1 - erlang_c(counters, load) * math.exp(-spare * minutes)


def needed(
    arrivals_per_hour: float, mean_minutes: float, promise_minutes: float, share: float = SHARE
) -> int:
    """Return the fewest counters with which this share of people is called within the promise."""
    if arrivals_per_hour <= 0 or mean_minutes <= 0:
        return 0
    counters = math.floor(arrivals_per_hour / 60 * mean_minutes) + 1
    while within(counters, arrivals_per_hour, mean_minutes, promise_minutes) < share:
        counters += 1
        if counters > _MOST:
            break
    return counters


async def proposal(tx: TenantTx, site: UUID, day: date) -> list[Need]:
    """Return what each half-hour of a day's opening hours and each line needs, in this order.

    Expected are the mean arrivals of the last same weekdays on which somebody came; without such a day nothing
    is proposed.
    """
    before = [day - timedelta(weeks=n) for n in range(1, WEEKS + 1)]
    arrivals = await tx.fetch(_ARRIVALS, site, before)
    days = sorted({row["day"] for row in arrivals})
    spans = await hours_of(tx, site, day)
    if not days or not spans:
        return []
    came, seated = _came(arrivals, day), _Seated(await tx.fetch(_SEATS, site, days), day)
    lines = await tx.fetch(_LINES, site, days)
    return [
        _need(
            line,
            at,
            came[line["letter"], at] / len(days),
            seated.open(line["letter"], at, len(days)),
        )
        for at in _half_hours(spans)
        for line in lines
    ]


def together(needs: Iterable[Need]) -> list[Need]:
    """Return per half-hour what one common line of all would need: fewer than the sum of the lines.

    The strictest promise holds for all; ``open`` cannot be added up, because counters serve several lines, so
    it is the largest of the lines'.
    """
    by_time: dict[datetime, list[Need]] = defaultdict(list)
    for need in needs:
        by_time[need.at].append(need)
    return [_pooled(at, rows) for at, rows in sorted(by_time.items())]


def _pooled(at: datetime, rows: Sequence[Need]) -> Need:
    arrivals = sum(row.arrivals for row in rows)
    work = sum(row.arrivals * row.mean_minutes for row in rows)
    mean = work / arrivals if arrivals else 0.0
    promise = min(row.promise_minutes for row in rows)
    count = needed(arrivals * 2, mean, promise)
    return Need(at, "", arrivals, mean, promise, count, max(row.open for row in rows))


def _need(line: Mapping[str, Any], at: datetime, arrivals: float, open_then: float) -> Need:
    mean = learning.shrunk(line["mean_minutes"], line["minutes"], line["n"])
    promise = float(line["promise_minutes"])
    count = needed(arrivals * 2, mean, promise)
    return Need(at, line["letter"], arrivals, mean, promise, count, open_then)


def _half_hours(spans: Iterable[tuple[datetime, datetime]]) -> list[datetime]:
    """Return the full and half hours in which a site is open."""
    found: list[datetime] = []
    for begins, ends in spans:
        at = begins - timedelta(minutes=begins.minute % 30)
        while at < ends:
            found.append(at)
            at += HALF_HOUR
    return found


def _came(rows: Iterable[Mapping[str, Any]], day: date) -> dict[tuple[str, datetime], int]:
    """Count arrivals by line and half-hour, as if they had been on this day."""
    found: dict[tuple[str, datetime], int] = defaultdict(int)
    for row in rows:
        at = row["arrived_at"].astimezone(VIETNAM) + (day - row["day"])
        at = at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
        found[row["letter"], at] += 1
    return found


class _Seated:
    """Who sat at counters on the days before, as if it had been on one day."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], day: date) -> None:
        self._spans: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        for row in rows:
            moved = day - row["day"]
            for letter in row["lines"]:
                self._spans[letter].append((row["from_at"] + moved, row["to_at"] + moved))

    def open(self, letter: str, at: datetime, days: int) -> float:
        """Return how many counters of a line were open in a half-hour, on average."""
        until = at + HALF_HOUR
        seconds = sum(
            (min(ends, until) - max(begins, at)).total_seconds()
            for begins, ends in self._spans[letter]
            if begins < until and ends > at
        )
        return seconds / HALF_HOUR.total_seconds() / days
