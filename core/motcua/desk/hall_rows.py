"""What a counter's page reads from the hall: one statement for each part of the page."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.queues.board import day_start
from motcua.tenancy.db import Record, Tx

SHOWN = 40

_COUNTER = """
select c.id, c.site_id, c.number, c.lines, c.staff_id, c.opened_at, c.break_since, c.profile_id,
  p.name as profile_name, s.name as site_name, s.key as site_key, s.unit_id
from counter c join site s on s.tenant_id = c.tenant_id and s.id = c.site_id
left join work_profile p on p.tenant_id = c.tenant_id and p.id = c.profile_id
where c.id = $1
"""
_PRIORITY = """
left join lateral (
  select p.name_vi as priority_vi, p.name_en as priority_en, p.evidence from priority_class p
  where p.tenant_id = v.tenant_id and p.key = v.priority_class order by p.valid_from desc limit 1
) p on true
"""
# Its service so far is the sum of what was served in its line: it rests while the number is parked.
_TICKET = f"""
select t.id, t.number, t.state, t.version, t.called_at, t.started_at, t.calls, t.dossier_id,
  t.staff_id, t.visit_id, t.person_id, t.origin, t.recycled, t.priority, t.line_id,
  coalesce(t.arrived_at, t.issued_at) as since,
  l.letter, l.name_vi, l.name_en, coalesce(l.standard_minutes, l.mean_minutes) as standard,
  v.language, v.priority_class, v.priority_why, b.full_name as priority_by, p.*,
  o.from_at as appointment_at, g.served
from ticket t
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
join visit v on v.tenant_id = t.tenant_id and v.id = t.visit_id
left join staff b on b.tenant_id = v.tenant_id and b.id = v.priority_by
left join appointment a on a.tenant_id = t.tenant_id and a.id = t.appointment_id
left join slot o on o.tenant_id = a.tenant_id and o.id = a.slot_id
{_PRIORITY}
left join lateral (
  select sum(coalesce(g.to_at, greatest(g.from_at, $4)) - g.from_at) as served from segment g
  where g.tenant_id = t.tenant_id and g.ticket_id = t.id and g.line_id = t.line_id
    and g.kind = 'serving'
) g on true
where t.site_id = $3 and t.day = $2 and t.counter_id = $1 and t.state in ('called', 'serving')
limit 1
"""  # noqa: S608 -- constants
_WAITING_LIKE = """
select t.id, t.number, t.state, t.version, t.dossier_id, t.priority, t.recycled, t.origin,
  t.window_from, t.window_to, t.parked_why, t.for_staff_id, t.for_counter_id, t.staff_id,
  coalesce(t.arrived_at, t.issued_at) as since, l.letter, l.name_vi, l.name_en,
  d.procedure_name, v.priority_class, v.priority_why, p.*, o.from_at as appointment_at,
"""
_WAITING_FROM = f"""
from ticket t
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
join visit v on v.tenant_id = t.tenant_id and v.id = t.visit_id
left join dossier d on d.tenant_id = t.tenant_id and d.id = t.dossier_id
left join appointment a on a.tenant_id = t.tenant_id and a.id = t.appointment_id
left join slot o on o.tenant_id = a.tenant_id and o.id = a.slot_id
{_PRIORITY}
"""
# The number of those who wait and the rows come from one statement: they cannot disagree.
_WAITING = f"""
{_WAITING_LIKE} count(*) over () as total,
  (t.for_staff_id is not null or t.for_counter_id is not null) as pinned
{_WAITING_FROM}
where t.site_id = $1 and t.state = 'waiting' and t.day = $2 and l.letter = any($3)
  and (t.for_staff_id is null or t.for_staff_id = $4)
  and (t.for_counter_id is null or t.for_counter_id = $5)
order by pinned desc, t.priority desc, t.sort_key limit $6
"""
# Who waits aside only while another number of his visit is served comes back by himself. What is ``mine`` is
# what a hand-over from this counter takes along: by the pin if there is one, else by where it was parked.
_ASIDE = f"""
{_WAITING_LIKE} g.from_at as parked_at, w.full_name as staff_name, h.number as counter,
  (case when t.for_counter_id is not null then t.for_counter_id = $4
    when t.for_staff_id is not null then t.for_staff_id = $3
    else t.counter_id = $4 end) is true as mine
{_WAITING_FROM}
left join staff w on w.tenant_id = t.tenant_id and w.id = t.for_staff_id
left join counter h on h.tenant_id = t.tenant_id and h.id = coalesce(t.for_counter_id, t.counter_id)
left join segment g on g.tenant_id = t.tenant_id and g.ticket_id = t.id and g.to_at is null
where t.site_id = $1 and t.day = $2
  and ((t.state = 'parked' and t.parked_why <> '@visit')
    or (t.state = 'reserved' and l.letter = any($5)))
order by t.window_from nulls first, g.from_at
"""
_ONE = f"""
{_WAITING_LIKE} null as parked_at {_WAITING_FROM}
where t.site_id = $1 and t.day = $2 and t.id = $3 and t.state in ('waiting', 'reserved', 'parked')
"""
_MARK = """
select c.break_since, c.staff_id, t.id, t.version
from counter c left join ticket t on t.tenant_id = c.tenant_id and t.site_id = c.site_id
  and t.day = $2 and t.counter_id = c.id and t.state in ('called', 'serving')
where c.id = $1 limit 1
"""
_VISIT = """
select t.id, t.version, t.number, t.state, l.name_vi, l.name_en, c.number as counter
from ticket t join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
left join counter c on c.tenant_id = t.tenant_id and c.id = t.counter_id
where t.visit_id = $1 and t.id <> $2 order by t.issued_at
"""
_SERVICES = """
select s.quantity, s.procedure_key, s.at, l.name_vi, l.name_en
from ticket_service s join line l on l.tenant_id = s.tenant_id and l.id = s.line_id
where s.ticket_id = $1 order by s.at
"""
# How an officer's own day went; of nobody else, so that nobody is compared.
_DAY = """
select (select count(*) from ticket t where t.site_id = $1 and t.day = $2 and t.staff_id = $3
    and t.state = 'done') as done,
  coalesce(sum(seconds) filter (where kind = 'serving'), 0) as serving,
  coalesce(sum(seconds) filter (where kind = 'idle'), 0) as idle,
  coalesce(sum(seconds) filter (where kind = 'break'), 0) as break,
  count(distinct ticket_id) filter (where kind = 'serving') as served
from (select kind, ticket_id, extract(epoch from coalesce(to_at, $4) - from_at) as seconds
  from segment where site_id = $1 and day = $2 and staff_id = $3) s
"""
_LINES = """
select l.id, l.letter, l.name_vi, l.name_en, l.paused_at, l.paused_why, l.site_id,
  count(t.id) as waiting
from line l left join ticket t on t.tenant_id = l.tenant_id and t.line_id = l.id and t.day = $2
  and t.site_id = l.site_id and t.state = 'waiting'
where l.site_id = any($1)
group by l.tenant_id, l.id, l.letter, l.name_vi, l.name_en, l.paused_at, l.paused_why, l.site_id
order by l.letter
"""
_COUNTERS = """
select c.id, c.site_id, c.number, c.lines, c.opened_at, c.break_since, c.profile_id,
  c.opened_at < $2 as forgotten, c.staff_id, w.full_name as staff_name
from counter c left join staff w on w.tenant_id = c.tenant_id and w.id = c.staff_id
where c.site_id = any($1) order by c.site_id, length(c.number), c.number
"""
_CLASSES = """
select distinct on (key) key, name_vi, name_en, evidence, min_age, source, rank from priority_class
where valid_from <= $1 and (valid_to is null or valid_to >= $1) order by key, valid_from desc
"""
_PROFILES = (
    "select id, site_id, name, groups from work_profile where site_id = any($1) order by name"
)
_BY_NUMBER = "select id from ticket where site_id = $1 and day = $2 and number = $3"


async def counter(tx: Tx, counter_id: UUID) -> Record | None:
    """Return a counter with its site and the profile it is served by."""
    return await tx.fetchrow(_COUNTER, counter_id)


async def ticket(tx: Tx, counter: Record, now: datetime) -> Record | None:
    """Return who is called to the counter or served there; ``served`` is how long by now, or None."""
    return await tx.fetchrow(_TICKET, counter["id"], local_day(now), counter["site_id"], now)


async def mark(tx: Tx, counter_id: UUID, now: datetime) -> Record | None:
    """Return what tells one state of a counter from another: break_since, staff_id, id and version."""
    return await tx.fetchrow(_MARK, counter_id, local_day(now))


async def waiting(tx: Tx, counter: Record, staff: UUID, now: datetime) -> list[Record]:
    """Return who waits for this counter: pinned ones, priority, then by arrival."""
    where = (counter["site_id"], local_day(now), counter["lines"], staff, counter["id"])
    return await tx.fetch(_WAITING, *where, SHOWN)


async def aside(tx: Tx, counter: Record, staff: UUID, now: datetime) -> list[Record]:
    """Return who is parked at the site, and who keeps a place from afar in the counter's lines."""
    where = (counter["site_id"], local_day(now), staff, counter["id"], counter["lines"])
    return await tx.fetch(_ASIDE, *where)


async def picked(tx: Tx, site: UUID, ticket_id: UUID, now: datetime) -> Record | None:
    """Return a ticket of the list that an officer has picked, while it is still there."""
    return await tx.fetchrow(_ONE, site, local_day(now), ticket_id)


async def visit(tx: Tx, visit_id: UUID, but: UUID) -> list[Record]:
    """Return the other tickets of a visit."""
    return await tx.fetch(_VISIT, visit_id, but)


async def services(tx: Tx, ticket_id: UUID) -> list[Record]:
    """Return what was served on a ticket so far."""
    return await tx.fetch(_SERVICES, ticket_id)


async def own_day(tx: Tx, site: UUID, staff: UUID, now: datetime) -> Record | None:
    """Return an officer's own day at a site: how many, and seconds of serving, idle, break."""
    return await tx.fetchrow(_DAY, site, local_day(now), staff, now)


async def lines(tx: Tx, sites: Sequence[UUID], now: datetime) -> list[Record]:
    """Return the lines of sites with how many wait in each."""
    return await tx.fetch(_LINES, sites, local_day(now))


async def counters(tx: Tx, sites: Sequence[UUID], now: datetime) -> list[Record]:
    """Return the counters of sites; ``forgotten``: opened before today."""
    return await tx.fetch(_COUNTERS, sites, day_start(now))


async def classes(tx: Tx, now: datetime) -> list[Record]:
    """Return the priority classes of today, the first in rank first."""
    found = await tx.fetch(_CLASSES, local_day(now))
    return sorted(found, key=lambda row: -row["rank"])


async def profiles(tx: Tx, sites: Sequence[UUID]) -> list[Record]:
    """Return the profiles an officer may sit down with."""
    return await tx.fetch(_PROFILES, sites)


async def by_number(tx: Tx, site: UUID, number: str, now: datetime) -> UUID | None:
    """Return the ticket with this number today."""
    found = await tx.fetchval(_BY_NUMBER, site, local_day(now), number.strip().upper())
    return None if found is None else UUID(bytes=found.bytes)
