"""One site from near: its counters and who sits there, what was proposed, what is left of the day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.queues import staffing
from motcua.queues.staffing import Need
from motcua.tenancy.db import Record, TenantTx

# Who sat at each counter at $3: the same segments that the figure of open counters counts.
_COUNTERS = """
with g as (
  select distinct on (x.counter_id) x.counter_id, x.kind, x.from_at, x.staff_id, x.ticket_id
  from segment x
  where x.site_id = any($1) and x.day between $2::date - 31 and $2 and x.staff_id is not null
    and x.counter_id is not null and x.from_at <= $3 and (x.to_at is null or x.to_at > $3)
  order by x.counter_id, (x.kind = 'break'), x.from_at desc)
select c.id, c.site_id, i.name as site, c.number, c.lines, p.name as profile, g.kind, g.from_at as since, s.full_name as officer,
  t.number as ticket, z.name_vi as zone_vi, z.name_en as zone_en
from counter c join site i on i.tenant_id = c.tenant_id and i.id = c.site_id
left join g on g.counter_id = c.id
left join work_profile p on p.tenant_id = c.tenant_id and p.id = c.profile_id
left join staff s on s.tenant_id = c.tenant_id and s.id = g.staff_id
left join ticket t on t.tenant_id = c.tenant_id and t.id = g.ticket_id
left join zone z on z.tenant_id = c.tenant_id and z.id = c.zone_id
where c.site_id = any($1) order by i.name, i.id, length(c.number), c.number
"""
_APPOINTMENTS = """
select l.letter, l.name_vi, l.name_en, o.from_at, o.to_at, a.state, t.number as ticket
from appointment a join slot o on o.tenant_id = a.tenant_id and o.id = a.slot_id
join line l on l.tenant_id = a.tenant_id and l.id = a.line_id
left join ticket t on t.tenant_id = a.tenant_id and t.id = a.ticket_id
where a.site_id = $1 and a.day = $2 and a.state <> 'cancelled'
order by l.letter, o.from_at, a.id
"""
_CLOSED = "select closed_day from site where id = $1"
ACCURACY_DAYS = 7
#: What is counted of the day's appointments: all, those still ahead, those not here though their time began.
BOOKED: Mapping[str, Callable[[Record, datetime], bool]] = {
    "appointments": lambda row, now: True,
    "ahead": lambda row, now: row["state"] == "booked" and row["from_at"] >= now,
    "late": lambda row, now: row["state"] == "booked" and row["from_at"] < now,
}


@dataclass(frozen=True)
class Half:
    """A half-hour of the staffing proposal, for the whole hall and per line."""

    at: datetime
    arrivals: float
    needed: int
    open: float
    lines: Sequence[Need]
    now: bool


async def counters(tx: TenantTx, sites: Sequence[UUID], now: datetime) -> list[Record]:
    """Return the counters of sites in their order, with who sits there and what he does."""
    return await tx.fetch(_COUNTERS, list(sites), local_day(now), now)


async def open_counters(
    tx: TenantTx, sites: Sequence[UUID], now: datetime, letter: str = ""
) -> list[Record]:
    """Return the open counters of sites, or those of them that serve a line; a break is not open."""
    return [
        row
        for row in await counters(tx, sites, now)
        if row["kind"] not in (None, "break") and (not letter or letter in row["lines"])
    ]


async def appointments(
    tx: TenantTx, site: UUID, now: datetime, figure: str = "appointments", letter: str = ""
) -> list[Record]:
    """Return those of the day's appointments that a figure of ``BOOKED`` counts, by line and time."""
    return [
        row
        for row in await tx.fetch(_APPOINTMENTS, site, local_day(now))
        if BOOKED[figure](row, now) and (not letter or letter == row["letter"])
    ]


def by_line(booked: Sequence[Record], now: datetime) -> list[dict[str, Any]]:
    """Return how many appointments each line has, by the keys of ``BOOKED``."""
    lines: dict[str, list[Record]] = {}
    for row in booked:
        lines.setdefault(row["letter"], []).append(row)
    return [
        {
            "letter": letter,
            "name_vi": rows[0]["name_vi"],
            "name_en": rows[0]["name_en"],
            **{key: sum(counts(row, now) for row in rows) for key, counts in BOOKED.items()},
        }
        for letter, rows in lines.items()
    ]


async def closed(tx: TenantTx, site: UUID, day: date) -> bool:
    """Tell whether the day was closed at a site."""
    found: Any = await tx.fetchval(_CLOSED, site)
    return found is not None and found >= day


async def proposal(tx: TenantTx, site: UUID, now: datetime) -> list[Half]:
    """Return what each half-hour of the day asks for; empty without a same weekday to learn from."""
    needs = await staffing.proposal(tx, site, local_day(now))
    lines: dict[datetime, list[Need]] = {}
    for need in needs:
        lines.setdefault(need.at, []).append(need)
    half = timedelta(minutes=30)
    return [
        Half(
            one.at,
            one.arrivals,
            one.needed,
            one.open,
            lines[one.at],
            one.at <= now < one.at + half,
        )
        for one in staffing.together(needs)
    ]
