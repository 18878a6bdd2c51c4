"""Reading the hall: counters to sit down at, the ticket that is there, and who waits."""

from datetime import date
from typing import Any
from uuid import UUID

from motcua import clock
from motcua.errors import NotFound
from motcua.queues.hours import seat_since
from motcua.tenancy.db import Record, Tx

_SITES = """
select id, key, name, kind, unit_id from site
where $1::uuid[] is null or unit_id = any($1) order by name
"""
_SITE = "select id, key, name, unit_id from site where key = $1"
_COUNTER = """
select c.id, c.site_id, c.number, c.lines, c.staff_id, c.opened_at, c.break_since, c.profile_id,
  s.name as site_name, s.key as site_key, s.unit_id
from counter c join site s on s.tenant_id = c.tenant_id and s.id = c.site_id where c.id = $1
"""
# Neither a seat nor a ticket of an earlier day counts: its officer forgot to leave. Who works past midnight
# keeps both.
_SEAT = """
select id, number from counter where staff_id = $1 and opened_at >= $2
order by opened_at desc limit 1
"""
_AT_COUNTER = """
select t.id, t.visit_id, t.number, t.state, t.version, t.called_at, t.started_at, t.calls, t.priority,
  t.dossier_id, t.staff_id, t.line_id, l.letter, l.name_vi, l.name_en
from ticket t
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
join counter c on c.tenant_id = t.tenant_id and c.id = t.counter_id
where t.counter_id = $1 and c.opened_at >= $2 and t.state in ('called', 'serving')
order by t.called_at desc limit 1
"""
_TICKET_UNIT = """
select s.unit_id from ticket t join site s on s.tenant_id = t.tenant_id and s.id = t.site_id
where t.id = $1
"""
_STATE = "select state, version from ticket where id = $1"
# Nothing about the person.
_PUBLIC = """
select t.number, t.state, t.called_at, t.window_from, t.window_to, t.issued_at, t.day, l.letter,
  l.name_vi, l.name_en, s.key, s.name, s.id as site_id, t.id,
  case when t.state in ('called', 'serving') then c.number end as counter
from ticket t
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
join site s on s.tenant_id = t.tenant_id and s.id = t.site_id
left join counter c on c.tenant_id = t.tenant_id and c.id = t.counter_id
where t.public_code = $1
"""
_STANDINGS = """
select s.id, s.key, s.name, l.letter, l.name_vi, l.name_en, l.paused_at is not null as paused,
  (select count(*) from ticket t where t.tenant_id = l.tenant_id and t.site_id = l.site_id
     and t.line_id = l.id and t.state = 'waiting' and t.day = $1) as waiting
from site s join line l on l.tenant_id = s.tenant_id and l.site_id = s.id
order by s.name, s.id, l.letter
"""
_DEVICE_SITE = "select site_id from device where id = $1 and kind = 'station'"
_DOSSIER = "select submitter_id from dossier where id = $1 and received_unit = $2"


async def sites(tx: Tx, units: list[UUID] | None) -> list[Record]:
    """Return the sites of these units; None stands for all units of the tenant."""
    return await tx.fetch(_SITES, units)


async def site(tx: Tx, key: str) -> Record:
    """Return the site with this key, or raise ``NotFound``."""
    return _found(await tx.fetchrow(_SITE, _text(key)))


async def counter(tx: Tx, counter_id: UUID) -> Record:
    """Return a counter with its site, or raise ``NotFound``."""
    return _found(await tx.fetchrow(_COUNTER, counter_id))


async def seat(tx: Tx, staff: UUID) -> Record | None:
    """Return the counter at which somebody sits today."""
    return await tx.fetchrow(_SEAT, staff, seat_since(clock.now()))


async def at_counter(tx: Tx, counter_id: UUID) -> Record | None:
    """Return the ticket that is called to this counter or served there today."""
    return await tx.fetchrow(_AT_COUNTER, counter_id, seat_since(clock.now()))


async def ticket_unit(tx: Tx, ticket_id: UUID) -> UUID:
    """Return the unit at whose site a ticket was issued, or raise ``NotFound``."""
    return UUID(bytes=_found(await tx.fetchrow(_TICKET_UNIT, ticket_id))["unit_id"].bytes)


async def ticket_state(tx: Tx, ticket_id: UUID) -> Record:
    """Return ``state`` and ``version`` of a ticket."""
    return _found(await tx.fetchrow(_STATE, ticket_id))


async def public(tx: Tx, code: str) -> Record:
    """Return what everybody who holds the code of a ticket may know, or raise ``NotFound``."""
    return _found(await tx.fetchrow(_PUBLIC, _text(code)))


async def standings(tx: Tx, day: date) -> list[Record]:
    """Return every site of the tenant with its lines, and how many wait in each."""
    return await tx.fetch(_STANDINGS, day)


async def device_site(tx: Tx, device: UUID) -> UUID | None:
    """Return the site of a station; None for any other device."""
    found: Any = await tx.fetchval(_DEVICE_SITE, device)
    return found if found is None else UUID(bytes=found.bytes)


async def dossier_person(tx: Tx, dossier: UUID, unit: UUID) -> UUID:
    """Return who brings a dossier that was submitted to this unit, or raise ``NotFound``."""
    row = _found(await tx.fetchrow(_DOSSIER, dossier, unit))
    return UUID(bytes=row["submitter_id"].bytes)


def _text(key: str) -> str:
    """Refuse what no text of the database can hold, and so nothing is called by."""
    if "\0" in key:
        raise NotFound()
    return key


def _found(row: Record | None) -> Record:
    if row is None:
        raise NotFound()
    return row
