"""Halls for the queue's benchmark, and the same rows written by hand: bare SQL without rules."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import asyncpg

from benchmarks.common import House
from motcua.app import open_platform
from motcua.events.log import SYSTEM
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import issuing, seats
from motcua.rooms import subscribers
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions

LETTERS = "ABCD"
_UNIT = "select id from unit order by code limit 1"
_SITE = "insert into site (id, key, unit_id, name, kind) values ($1, $2, $3, 'Sảnh mẫu', 'branch')"
_LINE = """
insert into line (id, site_id, letter, name_vi, name_en, mean_minutes)
values ($1, $2, $3, 'Lĩnh vực mẫu', 'A line', 10)
"""
_COUNTER = "insert into counter (id, site_id, number, lines) values ($1, $2, $3, $4)"
_STAFF = "insert into staff (id, username, full_name) values ($1, $2, 'Cán bộ mẫu')"
_DAY = "(now() at time zone 'Asia/Ho_Chi_Minh')::date"
_ROLE = "insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, $4)"


@dataclass(frozen=True)
class Seat:
    """A counter with its officer, who is signed in."""

    counter: UUID
    staff: UUID
    token: str


@dataclass(frozen=True)
class BenchHall:
    """A site with four lines and its counters, all of them open, each for every line."""

    tenant: Tenant
    site: UUID
    key: str
    lines: tuple[UUID, ...]
    seats: tuple[Seat, ...]


async def halls(at: House, tenant_slug: str, sizes: Sequence[int], waiting: int) -> list[BenchHall]:
    """Build a hall for each number of counters, with so many people waiting in it."""
    found = []
    async with open_platform(at.cluster.settings, at.plugins) as platform:
        await platform.directory.refresh(force=True)
        tenant = platform.directory.by_slug(tenant_slug)
        if tenant is None:
            raise RuntimeError(f"no tenant {tenant_slug}")
        for n, counters in enumerate(sizes):
            async with platform.works.begin(tenant, SYSTEM) as work:
                hall = await _hall(work, tenant, f"bench-{n}", counters)
            for person in range(waiting):
                async with platform.works.begin(tenant, SYSTEM) as work:
                    await issuing.issue(work, hall.site, hall.lines[person % len(LETTERS)])
            found.append(hall)
    await _count(at)
    return found


async def _count(at: House) -> None:
    """Gather statistics, as a database has them that has run for more than a minute."""
    connection = await asyncpg.connect(at.cluster.postgres.url("postgres", "motcua"))
    try:
        await connection.execute("analyze")
    finally:
        await connection.close()


async def _hall(work: Work, tenant: Tenant, key: str, counters: int) -> BenchHall:
    unit, site = await work.tx.fetchval(_UNIT), uuid7()
    lines = tuple(uuid7() for _ in LETTERS)
    await work.tx.execute(_SITE, site, key, unit)
    for letter, line in zip(LETTERS, lines, strict=True):
        await work.tx.execute(_LINE, line, site, letter)
    places = []
    for n in range(counters):
        seat = Seat(uuid7(), uuid7(), "")
        await work.tx.execute(_COUNTER, seat.counter, site, str(n + 1), list(LETTERS))
        await work.tx.execute(_STAFF, seat.staff, seat.staff.hex)
        # Who receives people, and whom the monitor is for.
        for role in ("receiver", "leader"):
            await work.tx.execute(_ROLE, uuid7(), seat.staff, unit, role)
        token = await sessions.start(work, "staff", seat.staff, "Cán bộ mẫu")
        await seats.open_counter(work, seat.counter, seat.staff)
        places.append(Seat(seat.counter, seat.staff, token))
    return BenchHall(tenant, site, key, lines, tuple(places))


async def given(at: House, found: Sequence[BenchHall]) -> tuple[int, int, int]:
    """Return how many numbers were given in these halls, how many of them twice, and how many are missing."""
    connection = await asyncpg.connect(at.cluster.postgres.url("postgres", "motcua"))
    try:
        row = await connection.fetchrow(_GIVEN, [hall.site for hall in found])
    finally:
        await connection.close()
    return row["n"], row["twice"], row["missing"]


def _owed(at: House, tenant: Tenant, event: str) -> str:
    rows = [
        f"(uuidv7(), uuidv7(), '{s.replace(':', '-')}', now())"
        for s in subscribers(at.plugins, tenant, event)
    ]
    if not rows:
        return ""
    return f""",
o as (insert into outbox (id, event_id, subscriber, next_at) values {", ".join(rows)})"""


def issue_sql(at: House, tenant: Tenant) -> str:
    """Return one statement that writes the rows of an issued number, without any rule.

    Parameters: site, line, its letter, public code.
    """
    return f"""
with d as (
  insert into day_number as d (site_id, letter, day, n) values ($1::uuid, $3::text, {_DAY}, 1)
  on conflict (tenant_id, site_id, letter, day) do update set n = d.n + 1 returning n),
k as (select uuidv7() as ticket, uuidv7() as visit),
v as (
  insert into visit (id, site_id, day, language, arrived_at)
  select visit, $1, {_DAY}, 'vi', now() from k),
t as (
  insert into ticket (id, visit_id, site_id, line_id, day, number, public_code, trace_id, state,
    sort_key, issued_at, arrived_at, low_minutes, high_minutes)
  select ticket, visit, $1, $2::uuid, {_DAY}, $3 || lpad(n::text, greatest(3, length(n::text)), '0'),
    $4::text, uuidv7(), 'waiting', now(), now(), now(), 10, 20 from d, k),
g as (
  insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at)
  select uuidv7(), ticket, $1, $2, {_DAY}, 'waiting', now() from k),
e as (
  insert into event (id, trace_id, at, type, subject, actor, payload)
  select uuidv7(), uuidv7(), now(), 'ticket.issued', ticket, 'staff',
    '{{"line": "A", "number": "A001", "origin": "counter", "shown": [10, 20]}}' from k){_owed(at, tenant, "ticket.issued")}
select n from d"""


def call_sql(at: House, tenant: Tenant) -> str:
    """Return one statement that calls the oldest number of a line and writes the rows of it, without any rule.

    Parameters: site, line, counter, officer.
    """
    return f"""
with p as (
  select tenant_id, id, number from ticket
  where tenant_id = app_tenant() and site_id = $1::uuid and line_id = $2::uuid
    and state = 'waiting' and day = {_DAY}
  order by sort_key limit 1 for update skip locked),
t as (
  update ticket t set state = 'called', called_at = now(), counter_id = $3::uuid,
    staff_id = $4::uuid, version = t.version + 1, calls = t.calls + 1
  from p where t.tenant_id = p.tenant_id and t.id = p.id),
c as (
  update segment g set to_at = now() from p
  where g.tenant_id = p.tenant_id and g.ticket_id = p.id and g.to_at is null returning g.id),
i as (
  update segment g set to_at = now()
  where g.tenant_id = app_tenant() and g.staff_id = $4 and g.to_at is null returning g.id),
g as (
  insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at, counter_id, staff_id)
  select uuidv7(), p.id, $1, $2, {_DAY}, 'called', now(), $3, $4 from p, c, i),
s as (
  update site set call_seq = call_seq + 1
  where tenant_id = app_tenant() and id = $1 returning call_seq),
b as (
  insert into board_call (site_id, seq, number, counter, at)
  select $1, s.call_seq, p.number, '1', now() from s, p),
e as (
  insert into event (id, trace_id, at, type, subject, actor, payload)
  select uuidv7(), uuidv7(), now(), 'ticket.called', id, 'staff', '{{"calls": 1, "counter": "1"}}' from p){_owed(at, tenant, "ticket.called")}
select number from p"""


_GIVEN = """
select count(*) as n, count(*) - count(distinct (site_id, day, number)) as twice,
  (select sum(d.n) from day_number d where d.site_id = any($1))::bigint
    - count(distinct (site_id, day, number)) as missing
from ticket where site_id = any($1)
"""
_AGAIN = """
with t as (
  update ticket set state = 'waiting', counter_id = null, staff_id = null, calls = 0
  where site_id = any($1) and state = 'called' returning tenant_id, id, site_id, line_id, day),
c as (
  update segment g set to_at = greatest(g.from_at, clock_timestamp()) from t
  where g.tenant_id = t.tenant_id and g.ticket_id = t.id and g.to_at is null
  returning g.tenant_id, g.site_id, g.day, g.counter_id, g.staff_id, g.to_at),
k as (select count(*) as n from c),
i as (
  insert into segment (id, site_id, day, kind, from_at, counter_id, staff_id)
  select uuidv7(), c.site_id, c.day, 'idle', c.to_at, c.counter_id, c.staff_id from c, k where k.n > 0)
insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at)
select uuidv7(), t.id, t.site_id, t.line_id, t.day, 'waiting', clock_timestamp() from t, k where k.n > 0
"""


@contextlib.asynccontextmanager
async def clearing(
    at: House, found: Sequence[BenchHall]
) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """Lend what brings everybody back into the line and frees the counters: between two rounds of calls."""
    connection = await asyncpg.connect(at.cluster.postgres.url("postgres", "motcua"))
    try:
        await connection.execute(f"set app.tenant_id = '{found[0].tenant.id}'")
        yield partial(connection.execute, _AGAIN, [hall.site for hall in found])
    finally:
        await connection.close()
