"""The raw rows of a day, and every figure summed again in plain Python: the other side of the check.

Nothing here uses the SQL of ``motcua.queues.figures``; it reads tables as they are and adds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar, overload
from uuid import UUID

from motcua.tenancy.db import TenantTx

_TICKETS = """
select id, site_id, line_id, visit_id, day, number, public_code, origin, state, issued_at, arrived_at,
  ended_at, counter_id, staff_id, low_minutes, high_minutes, priority, window_from, appointment_id,
  calls, recycled
from ticket where site_id = any($1) and day = $2
"""
_SEGMENTS = """
select id, site_id, ticket_id, line_id, kind, from_at, to_at, counter_id, staff_id
from segment where site_id = any($1) and day = $2
"""
# A seat that ended with its day ended before the day was closed.
_SEATS = """
select coalesce((e.payload->>'until')::timestamptz, e.at) as at, e.type,
  e.subject as counter_id, c.site_id from event e
join counter c on c.tenant_id = e.tenant_id and c.id = e.subject
where c.site_id = any($1) and e.at >= $2 and e.at < $3
  and e.type in ('counter.opened', 'counter.left', 'counter.released')
order by 1, e.id
"""
_SERVICES = """
select s.ticket_id, s.staff_id, s.line_id, s.quantity, s.standard_minutes, t.site_id, t.counter_id
from ticket_service s join ticket t on t.tenant_id = s.tenant_id and t.id = s.ticket_id
where t.site_id = any($1) and t.day = $2
"""
_LEASES = """
select site_id, letter, first, last from number_lease where site_id = any($1) and day = $2
"""
_NAMES = "select id, key, name from site where id = any($1)"
_LINES = "select id, site_id, letter, promise_minutes from line where site_id = any($1)"

STAFF_KINDS = ("called", "serving", "idle", "break")
WAIT_KINDS = ("waiting", "transferred")
Row = Mapping[str, Any]
T = TypeVar("T")
_QUARTER = timedelta(minutes=15)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Day:
    """A day of some sites as it lies in the database; rows are mappings, moments aware."""

    day: date
    sites: Mapping[UUID, str]
    letters: Mapping[UUID, str]
    promises: Mapping[UUID, int]
    tickets: list[Row]
    segments: list[Row]
    seats: list[Row]
    services: list[Row]
    leases: list[Row] = field(default_factory=list)


async def read(tx: TenantTx, sites: Sequence[UUID], day: date, begin: datetime) -> Day:
    """Read a day whose local midnight is ``begin``."""
    ids = list(sites)
    end = begin + timedelta(days=1)
    lines = await tx.fetch(_LINES, ids)
    return Day(
        day,
        {r["id"]: r["key"] for r in await tx.fetch(_NAMES, ids)},
        {r["id"]: r["letter"] for r in lines},
        {r["id"]: r["promise_minutes"] for r in lines},
        [dict(r) for r in await tx.fetch(_TICKETS, ids, day)],
        [dict(r) for r in await tx.fetch(_SEGMENTS, ids, day)],
        [dict(r) for r in await tx.fetch(_SEATS, ids, begin, end)],
        [dict(r) for r in await tx.fetch(_SERVICES, ids, day)],
        [dict(r) for r in await tx.fetch(_LEASES, ids, day)],
    )


def seconds(row: Row, now: datetime) -> float:
    """Return how long a segment lasted, until ``now`` if it is open."""
    return float(((row["to_at"] or now) - row["from_at"]).total_seconds())


def times(rows: Iterable[Row], now: datetime) -> dict[str, float]:
    """Return the sums of time that ``figures`` calls waiting, parked, calling, serving, idle, break, seated."""
    sums: dict[str, float] = defaultdict(float)
    names = {"called": "calling", "transferred": "waiting"}
    for row in rows:
        took = seconds(row, now)
        kind: str = row["kind"]
        sums[names.get(kind, kind)] += took
        if row["kind"] in STAFF_KINDS:
            sums["seated"] += took
    return dict(sums)


@overload
def grouped(rows: Iterable[Row], key: str) -> dict[Any, list[Row]]: ...
@overload
def grouped(rows: Iterable[T], key: Callable[[T], Any]) -> dict[Any, list[T]]: ...
def grouped(rows: Iterable[Any], key: str | Callable[[Any], Any]) -> dict[Any, list[Any]]:
    """Return rows by the value of a column, or of a function of the row."""
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[row[key] if isinstance(key, str) else key(row)].append(row)
    return dict(found)


def quarters(day: Day, begin: datetime) -> list[datetime]:
    """Return each quarter of an hour, from the day's midnight on, at which something was going on."""
    came = min((row["from_at"] for row in day.segments), default=begin)
    went = max((row["to_at"] or row["from_at"] for row in day.segments), default=begin)
    steps = (begin + n * _QUARTER for n in range(timedelta(days=1) // _QUARTER))
    return [at for at in steps if came <= at <= went]


def mean_present(spans: Iterable[tuple[datetime, datetime]], over: timedelta) -> float:
    """Return how many were there on average: the area under the count of who came and went, by sweeping."""
    steps = sorted(step for begins, ends in spans for step in ((begins, 1), (ends, -1)))
    area, there, before = 0.0, 0, None
    for at, change in steps:
        if before is not None:
            area += there * (at - before).total_seconds()
        there, before = there + change, at
    return area / over.total_seconds()


def overlaps(rows: Iterable[Row]) -> int:
    """Return how many of these segments begin before one that began earlier has ended."""
    found, until = 0, None
    for row in sorted(rows, key=_order):
        if until is not None and row["from_at"] < until:
            found += 1
        ended = row["to_at"] or _NEVER
        until = ended if until is None else max(until, ended)
    return found


def _order(row: Row) -> tuple[datetime, datetime]:
    return row["from_at"], row["to_at"] or _NEVER


def gaps(rows: Sequence[Row], begins: datetime, ends: datetime | None) -> list[str]:
    """Return what keeps segments from tiling a span: a gap, an overlap, another begin or end."""
    ordered = sorted(rows, key=_order)
    if not ordered:
        return ["no segment"]
    found = []
    if ordered[0]["from_at"] != begins:
        found.append(f"begins {ordered[0]['from_at']} and not {begins}")
    for before, after in pairwise(ordered):
        if before["to_at"] != after["from_at"]:
            found.append(f"{before['kind']} until {before['to_at']}, then from {after['from_at']}")
    if ordered[-1]["to_at"] != ends:
        found.append(f"ends {ordered[-1]['to_at']} and not {ends}")
    return found
