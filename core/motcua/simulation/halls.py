"""The halls of a simulated day: as many counters as its people need, an officer at each, and their sessions.

People of the demo sign in through the sandbox identity provider. The several hundred officers of a simulation
do not: their sessions are made here, like those of the paired devices, and everything after that is HTTP.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from motcua.demo.people import full_name
from motcua.errors import NotFound
from motcua.events.log import SYSTEM
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.queues.hours import hours_of
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions

Spans = tuple[tuple[datetime, datetime], ...]
#: So much of the opening hours officers are meant to be busy, by the lines' own means: halls have queues then.
_LOAD = 0.92
# From one service to the next: the call, the walk to the counter, and what is added on average.
_BETWEEN_MINUTES = 1.3
# A long holiday lies within it.
_DAYS_AHEAD = 31
_SITES = "select id, key, name, unit_id, kind from site where key <> all($1) order by key"
_LINES = "select letter, mean_minutes from line where site_id = $1 order by letter"
_COUNTERS = """
select id, number, lines from counter where site_id = $1 order by length(number), number
"""
_COUNTER = "insert into counter (id, site_id, number, lines) values ($1, $2, $3, $4)"
_STAFF = """
insert into staff as s (id, username, full_name) values ($1, $2, $3)
on conflict (tenant_id, username) do update set full_name = s.full_name returning id
"""
_ROLE = """
insert into staff_role (id, staff_id, unit_id, role) select $1, $2, $3, 'receiver'
where not exists (select 1 from staff_role where staff_id = $2 and role = 'receiver')
"""
_SKILLS = """
insert into staff_skill (staff_id, skill_id) select $1, k.id from skill k on conflict do nothing
"""
_DEVICE = """
insert into device (id, site_id, kind, name, paired_at) values ($1, $2, $3, $4, $5)
on conflict do nothing returning id
"""
_DEVICE_THERE = """
select id from device where site_id = $1 and kind = $2 and name = $3 and forgotten_at is null
"""
_PLAYED = "select count(*) from ticket where day = $1 and site_id = any($2)"


@dataclass(frozen=True)
class Desk:
    """A counter with the officer who works there; ``token`` is his session's."""

    id: UUID
    number: str
    letters: frozenset[str]
    officer: UUID
    token: str


@dataclass(frozen=True)
class Hall:
    """A hall that is played. ``greeter`` and ``kiosk`` are tokens, ``printer`` that of the kiosk's printer.

    ``spans`` is when it is open; ``means`` minutes by letter; ``added`` counters were added for the day.
    """

    id: UUID
    key: str
    means: Mapping[str, float]
    desks: tuple[Desk, ...]
    greeter: str
    kiosk: str
    printer: str
    spans: Spans
    visitors: int
    added: int = 0


async def chosen(
    platform: Platform, tenant: Tenant, count: int | None, *, without: Sequence[str] = ()
) -> list[Record]:
    """Return the sites that are played, all or the first ``count`` by their keys."""
    async with platform.db.tenant(tenant) as tx:
        found = await tx.fetch(_SITES, list(without))
    if not found:
        raise NotFound("Tỉnh này chưa có điểm tiếp nhận.", "This tenant has no site to simulate.")
    return found[:count] if count else found


async def refuse_played(
    platform: Platform, tenant: Tenant, sites: Sequence[Record], day: date
) -> None:
    """Refuse a day that has tickets already: what is checked afterwards must be this run's."""
    async with platform.db.tenant(tenant) as tx:
        if count := await tx.fetchval(_PLAYED, day, [site["id"] for site in sites]):
            raise ValueError(
                f"{day} has {count} tickets here already: choose another --day, or another --data"
            )


def crowds(draw: random.Random, sites: Sequence[Record], visitors: int) -> list[int]:
    """Share a day's visitors among the sites: from some eighty in a small place to over a thousand."""
    weights = [
        draw.lognormvariate(0, 0.55) * (2.2 if site["kind"] == "provincial" else 1.0)
        for site in sites
    ]
    # One that shrinks into nothing still opens: the rest is spread over all.
    parts = [0.2 / len(weights) + 0.8 * weight / sum(weights) for weight in weights]
    shares = [int(visitors * part) for part in parts]
    for n in range(visitors - sum(shares)):
        shares[n % len(shares)] += 1
    return shares


async def open_on(platform: Platform, tenant: Tenant, site: Record, day: date) -> Spans:
    """Return when a site is open on a day; ``ValueError`` when it is closed."""
    async with platform.db.tenant(tenant) as tx:
        spans = await hours_of(tx, site["id"], day)
    if not spans:
        raise ValueError(f"{site['key']} is closed on {day}: choose a working day with --day")
    return spans


async def first_open_day(
    platform: Platform, tenant: Tenant, sites: Sequence[Record], first: date
) -> date:
    """Return the first day from ``first`` on on which all of these sites are open."""
    async with platform.db.tenant(tenant) as tx:
        for n in range(_DAYS_AHEAD):
            day = first + timedelta(days=n)
            if all([await hours_of(tx, site["id"], day) for site in sites]):
                return day
    raise ValueError(f"no day from {first} on has all these halls open: choose fewer with --sites")


async def prepared(
    platform: Platform,
    tenant: Tenant,
    site: Record,
    spans: Spans,
    draw: random.Random,
    visitors: int = 0,
) -> Hall:
    """Make a hall ready that is open in ``spans``: an officer at each counter, a greeter, a kiosk with a printer.

    Counters are added where its own cannot serve ``visitors``; none for 0.
    """
    async with platform.works.begin(tenant, SYSTEM) as work:
        rows = await work.tx.fetch(_LINES, site["id"])
        means = {row["letter"]: float(row["mean_minutes"]) for row in rows}
        added = await _grow(work, site["id"], means, spans, visitors) if visitors else 0
        desks = [
            await _desk(work, site, row, draw) for row in await work.tx.fetch(_COUNTERS, site["id"])
        ]
        greeter = await _officer(work, site, "huongdan", draw)
        kiosk, token = await _device(work, site["id"], "station", "Ki-ốt mô phỏng")
        about = {"kind": "printer"}
        printer = await sessions.start(work, "device", kiosk, "Máy in mô phỏng", data=about)
    tokens = (greeter[1], token, printer)
    place = (site["id"], site["key"], means, tuple(desks))
    return Hall(*place, *tokens, spans, visitors, added)


async def _grow(
    work: Work,
    site: UUID,
    means: Mapping[str, float],
    spans: Spans,
    visitors: int,
) -> int:
    there = await work.tx.fetch(_COUNTERS, site)
    count = needed_counters(means, spans, visitors)
    highest = max((int(row["number"]) for row in there if row["number"].isdigit()), default=0)
    added = max(0, count - len(there))
    letters = list(means)
    for n in range(added):
        # Mostly two lines each, as the sample halls have it; every fourth serves all.
        first = letters[n % len(letters)]
        own = letters if n % 4 == 3 else sorted({first, letters[(n * 3 + 1) % len(letters)]})
        await work.tx.execute(_COUNTER, uuid7(), site, str(highest + n + 1), own)
    return added


def needed_counters(means: Mapping[str, float], spans: Spans, visitors: int) -> int:
    """Return how many counters so many people keep busy."""
    minutes = sum((ends - begins).total_seconds() / 60 for begins, ends in spans)
    mean = sum(means.values()) / len(means) + _BETWEEN_MINUTES
    return math.ceil(visitors * 1.1 * mean / (minutes * _LOAD))


async def _desk(work: Work, site: Record, row: Record, draw: random.Random) -> Desk:
    staff, token = await _officer(work, site, f"quay{row['number']}", draw)
    return Desk(row["id"], row["number"], frozenset(row["lines"]), staff, token)


async def _officer(work: Work, site: Record, word: str, draw: random.Random) -> tuple[UUID, str]:
    """Employ a synthetic officer at the site; returns him and the token of his session."""
    name = full_name(draw, draw.choice(("Nam", "Nữ")))
    staff = await work.tx.fetchval(_STAFF, uuid7(), f"{word}.{site['key']}", name)
    await work.tx.execute(_ROLE, uuid7(), staff, site["unit_id"])
    await work.tx.execute(_SKILLS, staff)
    return staff, await sessions.start(work, "staff", staff, name)


async def _device(work: Work, site: UUID, kind: str, name: str) -> tuple[UUID, str]:
    device = await work.tx.fetchval(_DEVICE, uuid7(), site, kind, name, work.now)
    if device is None:
        device = await work.tx.fetchval(_DEVICE_THERE, site, kind, name)
    return device, await sessions.start(work, "device", device, name)
