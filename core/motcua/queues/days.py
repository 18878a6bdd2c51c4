"""The days of a site: pausing a line, closing a day, and how many numbers are left."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.queues import frozen, seats
from motcua.queues.giving import HOLDS_PLACE
from motcua.queues.hours import (
    Span,
    day_start,
    end_of,
    hours_of,
    midnight,
    refuse_remote,
    refuse_walk_in,
    seat_since,
)
from motcua.tenancy.db import Record, TenantTx

__all__ = [
    "Capacity",
    "Span",
    "capacity",
    "close_day",
    "day_start",
    "due",
    "hours_of",
    "last_over",
    "open_line",
    "pause_line",
    "refuse_remote",
    "refuse_walk_in",
]

_SITE = """
select s.id, s.unit_id, n.centre_until from site s
left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.id
where s.id = $1
"""
_LINE = """
select l.id, l.site_id, l.letter, l.paused_at, s.unit_id, n.centre_until from line l
join site s on s.tenant_id = l.tenant_id and s.id = l.site_id
left join site_node n on n.tenant_id = l.tenant_id and n.site_id = l.site_id
where l.id = $1 for no key update of l
"""
_PAUSE = "update line set paused_at = $2, paused_why = $3 where id = $1"
_COUNTERS = "select 1 from counter where site_id = $1 order by id for no key update"
# What waits and is parked of a day is found by its open segment, of which there are few.
# Visits before tickets, in order: nobody who acts on one of them waits for us while we wait for him.
_VISITS = """
select 1 from visit where id in (
  select t.visit_id from segment g join ticket t on t.tenant_id = g.tenant_id and t.id = g.ticket_id
  where g.site_id = $1 and g.to_at is null and t.day <= $2
    and t.state in ('reserved', 'waiting', 'parked'))
order by id for no key update
"""
_DAYS = """
select distinct t.day from segment g join ticket t on t.tenant_id = g.tenant_id and t.id = g.ticket_id
where g.site_id = $1 and g.to_at is null and t.day <= $2
  and t.state in ('reserved', 'waiting', 'parked')
"""
# Each one ends with its own day, and never before its last piece of time began.
_EXPIRE = """
with gone as (
  update ticket t set state = 'expired', version = version + 1, parked_why = '',
    ended_at = greatest(g.from_at, o.at), for_counter_id = null, for_staff_id = null
  from segment g, unnest($2::date[], $3::timestamptz[]) as o (day, at)
  where g.site_id = $1 and g.to_at is null
    and t.tenant_id = g.tenant_id and t.id = g.ticket_id and t.day = o.day
    and t.state in ('reserved', 'waiting', 'parked')
  returning t.tenant_id, t.id, t.number, t.trace_id, t.ended_at),
closed as (
  update segment g set to_at = gone.ended_at from gone
  where g.tenant_id = gone.tenant_id and g.ticket_id = gone.id and g.to_at is null)
select id, number, trace_id from gone order by number
"""
# $1 day $2 its end $3 now $4 since when an empty counter is quiet $5 and one with a ticket
_DUE = """
select s.id from site s
left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.id
where n.alone_since is null and (n.centre_until is null or n.centre_until > $3)
  and (
    exists (
      select 1 from day_number d where d.tenant_id = s.tenant_id and d.site_id = s.id
        and d.day <= $1 and d.day > coalesce(s.closed_day, '-infinity'))
    or exists (
      select 1 from segment g join ticket t on t.tenant_id = g.tenant_id and t.id = g.ticket_id
      where g.tenant_id = s.tenant_id and g.site_id = s.id and g.to_at is null and t.day <= $1
        and t.state in ('reserved', 'waiting', 'parked'))
    or exists (
      select 1 from counter c
      left join segment g on g.tenant_id = c.tenant_id and g.counter_id = c.id and g.to_at is null
      where c.tenant_id = s.tenant_id and c.site_id = s.id and c.staff_id is not null
        and c.opened_at < $2 and coalesce(g.from_at, c.opened_at)
          < case when g.ticket_id is null then $4::timestamptz else $5::timestamptz end))
order by s.id
"""
# A hall may work over midnight: so long after it nobody is there any more.
_NIGHT = timedelta(hours=3)
_CLOSED = "update site set closed_day = greatest(closed_day, $2) where id = $1"
_CAPACITY = f"""
select l.id, l.letter, l.name_vi, l.name_en, l.quota_remote, l.quota_walk_in, l.paused_at,
  coalesce(a.n, 0) as remote,
  coalesce(d.n, 0) - coalesce(d.remote, 0) + coalesce((
    select sum(b.used - (b.last - b.first + 1) * (b.first <= d.n)::int) from number_lease b
    where b.site_id = l.site_id and b.letter = l.letter and b.day = $2), 0)::int as walk_in
from line l
left join day_number d on d.tenant_id = l.tenant_id and d.site_id = l.site_id
  and d.letter = l.letter and d.day = $2
left join (
  select rtrim(t.number, '0123456789') as letter, count(*) as n from ticket t
  where t.site_id = $1 and t.day = $2 and {HOLDS_PLACE} group by 1) a on a.letter = l.letter
where l.site_id = $1 order by l.letter
"""  # noqa: S608 -- constants


@dataclass(frozen=True)
class Capacity:
    """How many numbers of a line a day has: ``left_*`` is None where there is no cap.

    ``given_remote`` are those that use up the quota: no appointments, and none that was given back unused.
    """

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


def last_over(now: datetime) -> date:
    """Return the last day that is over for every hall, until three in the morning the one before yesterday."""
    return local_day(now - _NIGHT) - timedelta(days=1)


async def due(tx: TenantTx, day: date, now: datetime) -> list[UUID]:
    """Return the sites where something of a past day has not ended; never one that is cut off."""
    ends = midnight(day + timedelta(days=1))
    rows = await tx.fetch(_DUE, day, ends, now, now - seats.QUIET, seat_since(now))
    return [row["id"] for row in rows]


async def close_day(work: Work, site: UUID, day: date) -> int:
    """End a day at a site, and with it every earlier one; returns how many numbers expired.

    What is reserved, waits or is parked from those days expires: now, or when the site closed on its own day if that is
    over, and not before its last piece of time began. Who is at a counter is served on. Counters without anybody at them are
    released, as ``seats.end_day`` says.
    """
    row = await work.tx.fetchrow(_SITE, site)
    if row is None:
        raise NotFound("Không có điểm tiếp nhận này.", "There is no such site.")
    frozen.check(row["centre_until"], work.now)
    # Counters, visits, tickets and at last the site: in the order of the calls.
    await work.tx.execute(_COUNTERS, site)
    gone = await _expire(work, site, day)
    await seats.end_day(work, site, day)
    for ticket in gone:
        work.emit(
            "ticket.expired",
            ticket["id"],
            {"number": ticket["number"]},
            unit=row["unit_id"],
            trace_id=ticket["trace_id"],
        )
    await work.tx.execute(_CLOSED, site, day)
    work.emit("day.closed", site, {"day": day, "expired": len(gone)}, unit=row["unit_id"])
    work.bells.add(f"site:{site}")
    return len(gone)


async def _expire(work: Work, site: UUID, day: date) -> list[Record]:
    await work.tx.execute(_VISITS, site, day)
    own = [row["day"] for row in await work.tx.fetch(_DAYS, site, day)]
    # Of a day that still lasts until this moment: so long they were seen to wait.
    ends = [
        min(work.now, await end_of(work.tx, site, one)) if one < local_day(work.now) else work.now
        for one in own
    ]
    return await work.tx.fetch(_EXPIRE, site, own, ends)
