"""The officers of a site on a day: where each sits, what he does now, and the sums of his day.

In the order of the counters, never of a figure: this is for who leads the hall, not a league table.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from motcua.queues.figures.shape import Figures, Scope, Whose
from motcua.queues.figures.sql import pieces
from motcua.queues.figures.summing import of
from motcua.tenancy.db import Record, Tx

# The last piece of everybody who sat here, and whether it still runs.
_SEATS = """
with PIECES, last as (
  select distinct on (staff_id) staff_id, id, counter_id, ticket_id, kind, began, until
  from pieces where staff_id is not null order by staff_id, began desc, until desc)
select l.staff_id, l.kind, l.began as since, l.until, c.number as counter, t.number, f.full_name,
  (select s.to_at is null or s.to_at > $4 from segment s
    where s.tenant_id = f.tenant_id and s.id = l.id) as runs
from last l join staff f on f.id = l.staff_id
left join counter c on c.tenant_id = f.tenant_id and c.id = l.counter_id
left join ticket t on t.tenant_id = f.tenant_id and t.id = l.ticket_id
order by length(c.number), c.number, l.began, l.staff_id
""".replace("PIECES", pieces(hourly=False))


@dataclass(frozen=True)
class Officer:
    """An officer on a day. ``state`` is called, serving, idle or break while he sits, else None.

    ``counter`` is where he sits or sat last; ``since`` when the state began; ``ticket`` who is there.
    """

    id: UUID
    name: str
    counter: str
    state: str | None
    since: datetime
    ticket: str | None
    figures: Figures


async def officers(tx: Tx, site: UUID, day: date, now: datetime) -> list[Officer]:
    """Return who sat at the counters of a site on a day, in the order of the counters."""
    scope = Scope([site], day, day, now)
    figures = {f.whose.officer: f for f in (await of(tx, scope, by=(("officer",),)))[("officer",)]}
    return [_officer(row, figures) for row in await tx.fetch(_SEATS, *scope.args)]


async def officers_of(tx: Tx, site: UUID, first: date, last: date, now: datetime) -> list[Officer]:
    """Return the same for several days; nobody has a state then."""
    scope = Scope([site], first, last, now)
    figures = {f.whose.officer: f for f in (await of(tx, scope, by=(("officer",),)))[("officer",)]}
    return [_officer(row, figures, past=True) for row in await tx.fetch(_SEATS, *scope.args)]


def _officer(row: Record, figures: dict[UUID | None, Figures], *, past: bool = False) -> Officer:
    runs = row["runs"] and not past
    return Officer(
        row["staff_id"],
        row["full_name"],
        row["counter"] or "",
        row["kind"] if runs else None,
        row["since"],
        row["number"] if runs else None,
        figures.get(row["staff_id"], Figures(Whose(officer=row["staff_id"]))),
    )
