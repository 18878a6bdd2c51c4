"""The days of a site: pausing a line, closing a day, and how many numbers are left."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.queues import frozen, seats
from motcua.queues.hours import (
    Span,
    day_start,
    hours_of,
    midnight,
    refuse_remote,
    refuse_walk_in,
)
from motcua.tenancy.db import TenantTx

__all__ = [
    "Capacity",
    "Span",
    "capacity",
    "close_day",
    "day_start",
    "hours_of",
    "open_line",
    "pause_line",
    "refuse_remote",
    "refuse_walk_in",
]

_SITE = """
select s.id, s.unit_id, s.closed_day, n.centre_until from site s
left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.id
where s.id = $1 for no key update of s
"""
_LINE = """
select l.id, l.site_id, l.letter, l.paused_at, s.unit_id, n.centre_until from line l
join site s on s.tenant_id = l.tenant_id and s.id = l.site_id
left join site_node n on n.tenant_id = l.tenant_id and n.site_id = l.site_id
where l.id = $1 for no key update of l
"""
_PAUSE = "update line set paused_at = $2, paused_why = $3 where id = $1"
# Visits before tickets, in order: nobody who acts on one of them waits for us while we wait for him.
_VISITS = """
select 1 from visit where id in (
  select visit_id from ticket
  where site_id = $1 and day <= $2 and state in ('reserved', 'waiting', 'parked'))
order by id for no key update
"""
_EXPIRE = """
with gone as (
  update ticket t set state = 'expired', version = version + 1, parked_why = '',
    ended_at = greatest(g.from_at, $3), for_counter_id = null, for_staff_id = null
  from segment g
  where t.site_id = $1 and t.day <= $2 and t.state in ('reserved', 'waiting', 'parked')
    and g.tenant_id = t.tenant_id and g.ticket_id = t.id and g.to_at is null
  returning t.tenant_id, t.id, t.number, t.trace_id, t.ended_at),
closed as (
  update segment g set to_at = gone.ended_at from gone
  where g.tenant_id = gone.tenant_id and g.ticket_id = gone.id and g.to_at is null)
select id, number, trace_id from gone order by number
"""
_CLOSED = "update site set closed_day = greatest(closed_day, $2) where id = $1"
_CAPACITY = """
select l.id, l.letter, l.name_vi, l.name_en, l.quota_remote, l.quota_walk_in, l.paused_at,
  coalesce(d.remote, 0) as remote,
  coalesce(d.n, 0) - coalesce(d.remote, 0) + coalesce((
    select sum(b.used - (b.last - b.first + 1) * (b.first <= d.n)::int) from number_lease b
    where b.site_id = l.site_id and b.letter = l.letter and b.day = $2), 0)::int as walk_in
from line l
left join day_number d on d.tenant_id = l.tenant_id and d.site_id = l.site_id
  and d.letter = l.letter and d.day = $2
where l.site_id = $1 order by l.letter
"""


@dataclass(frozen=True)
class Capacity:
    """How many numbers of a line a day has: ``left_*`` is None where there is no cap."""

    line: UUID
    letter: str
    name_vi: str
    name_en: str
    paused: bool
    quota_remote: int | None
    quota_walk_in: int | None
    given_remote: int
    given_walk_in: int
    left_remote: int | None
    left_walk_in: int | None


async def capacity(tx: TenantTx, site: UUID, day: date) -> list[Capacity]:
    """Return for each line how many numbers of a day are given and left, from afar and at the door."""
    return [
        Capacity(
            r["id"],
            r["letter"],
            r["name_vi"],
            r["name_en"],
            r["paused_at"] is not None,
            r["quota_remote"],
            r["quota_walk_in"],
            r["remote"],
            r["walk_in"],
            _left(r["quota_remote"], r["remote"]),
            _left(r["quota_walk_in"], r["walk_in"]),
        )
        for r in await tx.fetch(_CAPACITY, site, day)
    ]


def _left(cap: int | None, given: int) -> int | None:
    return None if cap is None else max(0, cap - given)


async def pause_line(work: Work, line: UUID, why: str) -> None:
    """Give no more numbers in a line; who waits there goes on. ``Conflict`` when it is paused already."""
    row = await _line(work, line)
    if row["paused_at"] is not None:
        raise Conflict("Lĩnh vực này đang tạm dừng.", "The line is paused already.")
    await work.tx.execute(_PAUSE, line, work.now, why.strip())
    work.emit("line.paused", line, {"letter": row["letter"], "why": why}, unit=row["unit_id"])


async def open_line(work: Work, line: UUID) -> None:
    """Give numbers in a line again. ``Conflict`` when it is not paused."""
    row = await _line(work, line)
    if row["paused_at"] is None:
        raise Conflict("Lĩnh vực này không tạm dừng.", "The line is not paused.")
    await work.tx.execute(_PAUSE, line, None, "")
    work.emit("line.resumed", line, {"letter": row["letter"]}, unit=row["unit_id"])


async def _line(work: Work, line: UUID) -> Any:
    row = await work.tx.fetchrow(_LINE, line)
    if row is None:
        raise NotFound("Không có lĩnh vực này.", "There is no such line.")
    frozen.check(row["centre_until"], work.now)
    work.bells.add(f"site:{row['site_id']}")
    return row


async def close_day(work: Work, site: UUID, day: date) -> int:
    """End a day at a site; returns how many numbers expired.

    What is reserved, waits or is parked from that day or an earlier one expires, at the day's end if that has
    passed; who is at a counter is served on. Counters without anybody at them are released.
    """
    row = await work.tx.fetchrow(_SITE, site)
    if row is None:
        raise NotFound("Không có điểm tiếp nhận này.", "There is no such site.")
    frozen.check(row["centre_until"], work.now)
    end = min(work.now, midnight(day + timedelta(days=1)))
    await work.tx.execute(_VISITS, site, day)
    gone = await work.tx.fetch(_EXPIRE, site, day, end)
    for ticket in gone:
        work.emit(
            "ticket.expired",
            ticket["id"],
            {"number": ticket["number"]},
            unit=row["unit_id"],
            trace_id=ticket["trace_id"],
        )
    await seats.release_empty(work, site, end)
    await work.tx.execute(_CLOSED, site, day)
    work.emit("day.closed", site, {"day": day, "expired": len(gone)}, unit=row["unit_id"])
    work.bells.add(f"site:{site}")
    return len(gone)
