"""Reading appointments: by their code, of a person, of a site's day, each with its slot, line and site."""

from datetime import date
from uuid import UUID

from motcua.errors import NotFound
from motcua.tenancy.db import Record, Tx

_VIEW = """
select a.id, a.slot_id, a.site_id, a.line_id, a.day, a.person_id, a.contact_sealed, a.contact_index,
  a.language, a.procedure_key, a.dossier_id, a.trace_id, a.public_code, a.state, a.sequence,
  a.booked_at, a.reminded_at, a.ticket_id, s.from_at, s.to_at, s.closed_at, l.letter, l.name_vi,
  l.name_en, i.key as site_key, i.name as site_name, i.address, i.unit_id,
  coalesce(i.latitude, u.latitude) as latitude, coalesce(i.longitude, u.longitude) as longitude,
  t.public_code as ticket_code, t.number, n.centre_until
from appointment a
join slot s on s.tenant_id = a.tenant_id and s.id = a.slot_id
join line l on l.tenant_id = a.tenant_id and l.id = a.line_id
join site i on i.tenant_id = a.tenant_id and i.id = a.site_id
join unit u on u.tenant_id = i.tenant_id and u.id = i.unit_id
left join ticket t on t.tenant_id = a.tenant_id and t.id = a.ticket_id
left join site_node n on n.tenant_id = a.tenant_id and n.site_id = a.site_id
"""
_BY_CODE = f"{_VIEW} where a.public_code = $1"
_BY_ID = f"{_VIEW} where a.id = $1"
_MINE = f"{_VIEW} where a.person_id = $1 and a.day >= $2 order by s.from_at"
_OF_DAY = f"{_VIEW} where a.site_id = $1 and a.day = $2 order by s.from_at, l.letter, a.id"


async def by_code(tx: Tx, code: str) -> Record:
    """Return an appointment with its slot, line and site, or raise ``NotFound``."""
    row = await tx.fetchrow(_BY_CODE, code)
    if row is None:
        raise NotFound(
            "Không có lịch hẹn nào mang mã này. Hãy xem lại mã trong tin nhắn.",
            "No appointment has this code. Check the code in your message.",
        )
    return row


async def by_id(tx: Tx, appointment: UUID) -> Record | None:
    """Return an appointment like ``by_code``, or None."""
    return await tx.fetchrow(_BY_ID, appointment)


async def mine(tx: Tx, person: UUID, today: date) -> list[Record]:
    """Return a person's appointments of today and later, the next one first."""
    return await tx.fetch(_MINE, person, today)


async def of_day(tx: Tx, site: UUID, day: date) -> list[Record]:
    """Return a site's appointments of a day in the order of time."""
    return await tx.fetch(_OF_DAY, site, day)
