"""The lines of a site: which one takes a field, and how long each is now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from motcua.errors import Conflict, NotFound
from motcua.queues import board
from motcua.tenancy.db import TenantTx

# A line that names the field comes before one that takes everything.
_FOR = """
select id from line where site_id = $1 and (fields ? $2 or fields ? '*')
order by (fields ? $2) desc, letter limit 1
"""
_BY_LETTER = "select id from line where site_id = $1 and letter = $2"
_TICKET = """
select t.number, t.low_minutes, t.high_minutes, l.name_vi, l.name_en, d.track_code,
  d.procedure_name, s.name as site, coalesce((select string_agg(c.number, ', ' order by c.number)
    from counter c where c.site_id = t.site_id and c.lines ? l.letter), '') as counters
from ticket t
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
join site s on s.tenant_id = t.tenant_id and s.id = t.site_id
left join dossier d on d.tenant_id = t.tenant_id and d.id = t.dossier_id
where t.id = $1
"""


@dataclass(frozen=True)
class Shown:
    """A ticket as it is shown and printed, once; minutes until the call."""

    number: str
    low_minutes: int
    high_minutes: int
    name_vi: str
    name_en: str
    track_code: str | None
    procedure_name: str | None
    site: str
    counters: str


async def for_field(tx: TenantTx, site: UUID, field: str) -> UUID:
    """Return the line that takes dossiers of a field; ``Conflict`` when none at this site does."""
    line = await tx.fetchval(_FOR, site, field)
    if line is None:
        raise Conflict(
            "Điểm này không tiếp nhận lĩnh vực của thủ tục. Hãy hỏi nhân viên nơi tiếp nhận gần nhất.",
            "This place does not take the procedure. Ask the staff for the nearest place that does.",
        )
    return UUID(bytes=line.bytes)


async def by_letter(tx: TenantTx, site: UUID, letter: str) -> UUID:
    """Return a line by its letter."""
    line = await tx.fetchval(_BY_LETTER, site, letter)
    if line is None:
        raise NotFound("Điểm tiếp nhận không có lĩnh vực này.", "The site has no such line.")
    return UUID(bytes=line.bytes)


async def waiting(tx: TenantTx, site: UUID, now: datetime) -> list[dict[str, object]]:
    """Return every line: letter, name, name_en, waiting (people), range (minutes)."""
    found: list[dict[str, object]] = (await board.snapshot(tx, site, now))["lines"]
    return found


async def ticket(tx: TenantTx, ticket_id: UUID) -> Shown:
    """Return a ticket as it is printed."""
    row = await tx.fetchrow(_TICKET, ticket_id)
    if row is None:
        raise NotFound()
    return Shown(**row)
