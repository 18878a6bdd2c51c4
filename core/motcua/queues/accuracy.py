"""How true the shown waiting times were: the ranges against the waits that followed, and the naive rule beside."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from motcua.queues.estimate import Range
from motcua.tenancy.db import Record, TenantTx

# Who waited from the issue to the first call, with the range on the ticket. Whoever reserved or had an
# appointment is not in it: his own coming decided when he was called.
_AT_ISSUE = """
with first_call as (
  select g.ticket_id, min(g.from_at) as at from segment g
  where g.site_id = $1 and g.day between $2 and $3 and g.kind = 'called' group by g.ticket_id)
select t.issued_at, t.line_id, t.low_minutes as low, t.high_minutes as high,
  extract(epoch from f.at - t.issued_at)::float8 / 60 as wait
from ticket t join first_call f on f.ticket_id = t.id
where t.site_id = $1 and t.day between $2 and $3 and t.window_from is null
  and t.appointment_id is null and t.priority = 0
"""
# What was shown later, on telephones, against the next call after it.
_LATER = """
select e.low_minutes as low, e.high_minutes as high,
  extract(epoch from f.at - e.at)::float8 / 60 as wait
from ticket t join estimate_log e on e.tenant_id = t.tenant_id and e.ticket_id = t.id
join lateral (select min(g.from_at) as at from segment g where g.tenant_id = t.tenant_id
  and g.ticket_id = t.id and g.kind = 'called' and g.from_at >= e.at) f on f.at is not null
where t.site_id = $1 and t.day between $2 and $3
"""
_SPANS = """
select g.kind, g.line_id, g.counter_id, g.from_at, g.to_at
from segment g where g.site_id = $1 and g.day between $2 and $3
  and g.kind in ('waiting', 'transferred', 'idle', 'called', 'serving')
"""
_SERVED_AT = """
select c.id, l.id as line_id from counter c
join line l on l.tenant_id = c.tenant_id and l.site_id = c.site_id and c.lines ? l.letter
where c.site_id = $1
"""
_WAITS = ("waiting", "transferred")


@dataclass(frozen=True)
class Figures:
    """How true some ranges were. Minutes; ``error`` is the mean distance of the wait from the middle."""

    n: int = 0
    error: float = 0.0
    inside: float = 0.0
    mean_wait: float = 0.0


@dataclass(frozen=True)
class Accuracy:
    """The ranges of a site: those on the tickets, and those that were shown later.

    ``naive_error``: the mean error for the same tickets of the rule that most systems show, people ahead in the
    line x its mean service / its open counters. ``ratio`` is the own error beside it.
    """

    issue: Figures
    later: Figures
    naive_error: float

    @property
    def ratio(self) -> float | None:
        """The error of the ranges as a share of the naive rule's; None while there is nothing to compare."""
        return self.issue.error / self.naive_error if self.naive_error else None


async def accuracy(tx: TenantTx, site: UUID, since_day: date, until_day: date) -> Accuracy:
    """Return how true the ranges of these days were, both days included."""
    issued = await tx.fetch(_AT_ISSUE, site, since_day, until_day)
    later = await tx.fetch(_LATER, site, since_day, until_day)
    spans = await tx.fetch(_SPANS, site, since_day, until_day)
    lines = defaultdict(set)
    for row in await tx.fetch(_SERVED_AT, site):
        lines[row["id"]].add(row["line_id"])
    return Accuracy(figures_of(issued), figures_of(later), _naive_error(issued, spans, lines))


def figures_of(rows: Iterable[Mapping[str, float]]) -> Figures:
    """Sum up rows with ``low``, ``high`` and the ``wait`` that came."""
    ranges = [(Range(int(r["low"]), int(r["high"])), r["wait"]) for r in rows]
    n = len(ranges)
    if not n:
        return Figures()
    return Figures(
        n,
        sum(abs(shown.middle - wait) for shown, wait in ranges) / n,
        sum(shown.holds(wait) for shown, wait in ranges) / n,
        sum(wait for _, wait in ranges) / n,
    )


class _Present:
    """How many spans hold a moment, by counting what began and what ended before it."""

    def __init__(self, spans: Iterable[Record]) -> None:
        rows = list(spans)
        self._begins = sorted(row["from_at"] for row in rows)
        # One that is open ends after every moment that is asked for.
        self._ends = sorted(row["to_at"] for row in rows if row["to_at"] is not None)

    def at(self, moment: datetime) -> int:
        return bisect_left(self._begins, moment) - bisect_left(self._ends, moment)


def _naive_error(
    issued: Sequence[Record], spans: Sequence[Record], lines: Mapping[UUID, set[UUID]]
) -> float:
    if not issued:
        return 0.0
    waiting, serving, means = {}, {}, {}
    for line in {row["line_id"] for row in issued}:
        waiting[line] = _Present(s for s in spans if s["kind"] in _WAITS and s["line_id"] == line)
        serving[line] = _Present(
            s for s in spans if s["kind"] not in _WAITS and line in lines[s["counter_id"]]
        )
        means[line] = _mean_service(spans, line)
    off = 0.0
    for row in issued:
        line, at = row["line_id"], row["issued_at"]
        counters = max(1, serving[line].at(at))
        off += abs(waiting[line].at(at) * means[line] / counters - row["wait"])
    return off / len(issued)


def _mean_service(spans: Sequence[Record], line: UUID) -> float:
    ended = [
        (s["to_at"] - s["from_at"]).total_seconds() / 60
        for s in spans
        if s["kind"] == "serving" and s["line_id"] == line and s["to_at"] is not None
    ]
    return sum(ended) / len(ended) if ended else 0.0
