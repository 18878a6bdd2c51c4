"""Where everybody stands in a hall, read once a second for all telephones that look.

A thousand telephones at a site are one question to the database: each looks into what the last one read.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.platform import Platform
from motcua.queues.estimate import Range
from motcua.queues.forecast import Forecast
from motcua.queues.forecasting import forecast_of
from motcua.queues.hours import seat_since
from motcua.tenancy.db import Record, TenantTx
from motcua.tenancy.tenant import Tenant

KEPT_SECONDS = 1.0
NEAR_PLACES = 3
"""So many people ahead, or fewer, is near."""

_TICKETS = """
select t.id, t.number, t.state, t.version, t.calls, t.window_from, t.window_to, t.parked_why,
  c.number as counter, z.name_vi as zone_vi, z.name_en as zone_en, l.letter,
  count(*) filter (where t.state in ('reserved', 'waiting')) over (partition by t.line_id
     order by -t.priority, t.sort_key, t.id rows between unbounded preceding and 1 preceding) as ahead,
  count(*) filter (where t.state = 'waiting') over (partition by t.line_id, t.priority
     order by t.sort_key, t.id rows between 1 following and unbounded following) as behind
from ticket t
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
left join counter c on c.tenant_id = t.tenant_id and c.id = t.counter_id
left join zone z on z.tenant_id = c.tenant_id and z.id = c.zone_id
where t.site_id = $1 and t.day = $2
  and t.state in ('reserved', 'waiting', 'called', 'serving', 'parked')
"""
_LINES = """
select l.id, l.letter, l.name_vi, l.name_en, l.fields, l.paused_at,
  (select count(*) from ticket t where t.tenant_id = l.tenant_id and t.site_id = l.site_id
     and t.line_id = l.id and t.day = $2 and t.state = 'waiting') as waiting,
  (select count(*) from counter c where c.tenant_id = l.tenant_id and c.site_id = l.site_id
     and c.staff_id is not null and c.break_since is null and c.opened_at >= $3
     and c.lines ? l.letter) as open
from line l where l.site_id = $1 order by l.letter
"""
_SITE = """
select s.id, s.closed_day, n.centre_until from site s
left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.id where s.id = $1
"""


@dataclass(frozen=True)
class Place:
    """One live number of today: ``ahead`` is how many of its line go before it, ``behind`` how many that wait
    in it could be let past; ``range`` until its call and ``ends`` until it is done, while it waits.
    """

    id: UUID
    number: str
    state: str
    version: int
    letter: str
    ahead: int
    behind: int
    calls: int
    counter: str
    zone_vi: str
    zone_en: str
    window_from: datetime | None
    window_to: datetime | None
    parked_why: str
    range: Range | None
    ends: Range | None


@dataclass(frozen=True)
class LineState:
    """One line: how many wait, how many counters serve it, how long somebody who comes now waits.

    ``usual``: the minutes that half of the runs of the forecast do not exceed.
    """

    id: UUID
    letter: str
    name_vi: str
    name_en: str
    fields: tuple[str, ...]
    waiting: int
    open: int
    paused: bool
    range: Range
    usual: int


class Places(Mapping[UUID, Place]):
    """The live numbers of a hall; what is said of one is reckoned when it is asked for.

    Thousands may wait while few telephones look.
    """

    def __init__(self, rows: Mapping[UUID, Record], expected: Forecast) -> None:
        self._rows, self._expected = rows, expected
        self._told: dict[UUID, Place] = {}

    def __getitem__(self, ticket: UUID) -> Place:
        found = self._told.get(ticket)
        if found is None:
            found = self._told[ticket] = _place(self._rows[ticket], self._expected)
        return found

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@dataclass(frozen=True)
class Hall:
    """A site at a moment; ``cut_off`` while its node goes on alone and the centre may not write for it."""

    site: UUID
    at: datetime
    cut_off: bool
    places: Mapping[UUID, Place]
    lines: Mapping[str, LineState]


@dataclass
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    read_at: float = -1e9
    hall: Hall | None = None


async def hall_of(platform: Platform, tenant: Tenant, site: UUID, now: datetime) -> Hall:
    """Return a hall as it was at most ``KEPT_SECONDS`` ago; whoever asks first reads for the others."""
    kept: _Kept = platform.cache.setdefault(f"standing:{tenant.id}:{site}", _Kept())
    async with kept.lock:
        fresh = time.monotonic() - kept.read_at < KEPT_SECONDS
        # In a simulation the clock jumps while a second has not passed.
        if fresh and kept.hall is not None and abs((now - kept.hall.at).total_seconds()) < 5:
            return kept.hall
        async with platform.db.tenant(tenant) as tx:
            kept.hall = await read(tx, site, now)
        kept.read_at = time.monotonic()
        return kept.hall


async def read(tx: TenantTx, site: UUID, now: datetime) -> Hall:
    """Return a hall as it is in this transaction."""
    about = await tx.fetchrow(_SITE, site)
    expected = await forecast_of(tx, site, now)
    lines = {
        r["letter"]: LineState(
            r["id"],
            r["letter"],
            r["name_vi"],
            r["name_en"],
            tuple(r["fields"]),
            r["waiting"],
            r["open"],
            r["paused_at"] is not None,
            expected.next(r["letter"]),
            expected.usual(r["letter"]),
        )
        for r in await tx.fetch(_LINES, site, local_day(now), seat_since(now))
        # A line that is younger than the forecast is there a few seconds later.
        if r["letter"] in expected.calls
    }
    rows = await tx.fetch(_TICKETS, site, local_day(now))
    places = Places({r["id"]: r for r in rows if r["letter"] in lines}, expected)
    until = about["centre_until"] if about else None
    return Hall(site, now, until is not None and now >= until, places, lines)


def _place(row: Record, expected: Forecast) -> Place:
    left, ends = _expected(row, expected) if row["state"] == "waiting" else (None, None)
    return Place(
        row["id"],
        row["number"],
        row["state"],
        row["version"],
        row["letter"],
        row["ahead"],
        row["behind"],
        row["calls"],
        row["counter"] or "",
        row["zone_vi"] or "",
        row["zone_en"] or "",
        row["window_from"],
        row["window_to"],
        row["parked_why"],
        left,
        ends,
    )


def _expected(row: Record, expected: Forecast) -> tuple[Range, Range]:
    left = expected.of(row["id"], row["letter"], row["ahead"])
    if expected.knows(row["id"]):
        return left, expected.end_of(row["id"])
    return left, expected.end_of(row["letter"], left)


_ALL = """
select s.id, s.key, s.name, s.kind, s.address, coalesce(s.latitude, u.latitude) as latitude,
  coalesce(s.longitude, u.longitude) as longitude, u.name as unit, n.centre_until,
  (select count(*) from ticket t where t.tenant_id = s.tenant_id and t.site_id = s.id
     and t.state = 'waiting' and t.day = $1) as waiting,
  (select count(*) from counter c where c.tenant_id = s.tenant_id and c.site_id = s.id
     and c.staff_id is not null and c.break_since is null and c.opened_at >= $2) as open
from site s join unit u on u.tenant_id = s.tenant_id and u.id = s.unit_id
left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.id
where exists (select 1 from line l where l.tenant_id = s.tenant_id and l.site_id = s.id)
order by s.kind = 'provincial' desc, s.name
"""


async def all_sites(tx: TenantTx, now: datetime) -> list[Record]:
    """Return every hall with how many wait and how many counters are open, the province's own first."""
    return await tx.fetch(_ALL, local_day(now), seat_since(now))
