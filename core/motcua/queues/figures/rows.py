"""Behind a figure: exactly the tickets, pieces of time or services it counts.

The condition is the one of the figure, from the same place: ``len(rows) == figure`` for a count, and the
seconds of the rows add up to a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from motcua.errors import NotFound
from motcua.queues.figures import sql
from motcua.queues.figures.live import COUNTED, NOW, STANDING, standing_args
from motcua.queues.figures.shape import Scope
from motcua.tenancy.db import Record, Tx

PAGE = 200

_TICKETS = """
with HEAD
select f.id as ticket_id, f.number, f.site_id, i.name as site, f.line_id, l.letter, l.name_vi,
  l.name_en, f.day, f.issued_at, f.arrived_at, f.first_called, f.ended, f.ended_at, f.wait, f.service,
  f.priority, f.origin, c.number as counter, f.service as seconds, 1 as weight,
  count(*) over () as total, sum(f.wait) over () as total_seconds
from (select * from SOURCE where CONDITION) f join site i on i.id = f.site_id join line l on l.id = f.line_id
left join counter c on c.id = f.counter_id
where ($LINE::uuid is null or f.line_id = $LINE)
order by f.issued_at, f.id limit $LIMIT offset $OFFSET
"""
_TIMES = """
with HEAD
select p.id as segment_id, p.ticket_id, t.number, p.site_id, i.name as site, p.line_id, l.letter,
  l.name_vi, l.name_en, p.day, p.kind, p.began, p.until, p.seconds, c.number as counter,
  s.full_name as officer, count(*) over () as total, sum(p.seconds) over () as total_seconds
from (select * from pieces where CONDITION) p join site i on i.id = p.site_id left join line l on l.id = p.line_id
left join ticket t on t.id = p.ticket_id left join counter c on c.id = p.counter_id
left join staff s on s.id = p.staff_id
order by p.began, p.id limit $9 offset $10
"""
_SERVICES = """
with HEAD
select v.id as service_id, v.ticket_id, v.number, v.site_id, i.name as site, v.line_id, l.letter,
  l.name_vi, l.name_en, v.day, v.at, v.quantity, v.standard, c.number as counter, s.full_name as officer,
  count(*) over () as total, sum(v.standard) over () * 60 as total_seconds
from services v join site i on i.id = v.site_id join line l on l.id = v.line_id
left join counter c on c.id = v.counter_id left join staff s on s.id = v.staff_id
order by v.at, v.id limit $9 offset $10
"""


@dataclass(frozen=True)
class Rows:
    """A page of what a figure counts: ``kind`` is tickets, times or services.

    ``total`` is how many there are in all, ``seconds`` their sum: of waits (tickets), of the pieces
    (times), of standard time (services).
    """

    kind: str
    total: int
    seconds: float
    rows: Sequence[Record]


async def rows(tx: Tx, figure: str, scope: Scope, *, limit: int = PAGE, offset: int = 0) -> Rows:
    """Return what a figure of a scope counts; ``NotFound`` for a figure that does not exist.

    ``figure`` is a key of ``COUNTS``, ``TIMES`` (with ``time:`` before it), ``NOW`` (of the scope's last
    day at its moment), or ``services``.
    """
    if figure.startswith("time:") and (sure := sql.TIMES.get(figure[5:])):
        head = sql.pieces(hourly=scope.hour is not None)
        return await _page(tx, "times", _fill(_TIMES, head, sure), (*scope.args, limit, offset))
    if figure == "services":
        text = _fill(_SERVICES, sql.SERVICES, "true")
        return await _page(tx, "services", text, (*scope.args, limit, offset))
    if figure in NOW:
        return await _standing(tx, figure, scope, limit, offset)
    if sure := sql.COUNTS.get(figure):
        text = _fill(_TICKETS, sql.FACTS, sure, SOURCE="facts")
        text = text.replace("$LINE", "$5").replace("$LIMIT", "$9").replace("$OFFSET", "$10")
        return await _page(tx, "tickets", text, (*scope.args, limit, offset))
    raise NotFound("Không có số liệu này.", "There is no such figure.")


async def standing_rows(
    tx: Tx, figure: str, sites: Sequence[UUID], now: datetime, line: UUID | None = None
) -> Rows:
    """Return the tickets behind a count of ``live``, today's included."""
    if figure not in COUNTED:
        raise NotFound("Không có số liệu này.", "There is no such figure.")
    return await _standing(tx, figure, Scope(sites, date.min, date.max, now, line), PAGE, 0)


async def _standing(tx: Tx, figure: str, scope: Scope, limit: int, offset: int) -> Rows:
    text = _fill(_TICKETS, STANDING, COUNTED[figure], SOURCE="f")
    text = text.replace("$LINE", "$5").replace("$LIMIT", "$6").replace("$OFFSET", "$7")
    args = (*standing_args(scope.sites, scope.now), scope.line, limit, offset)
    return await _page(tx, "tickets", text, args)


def _fill(text: str, head: str, condition: str, **parts: str) -> str:
    for name, part in {"HEAD": head, "CONDITION": condition, **parts}.items():
        text = text.replace(name, part)
    return text


async def _page(tx: Tx, kind: str, text: str, args: tuple[object, ...]) -> Rows:
    found = await tx.fetch(text, *args)
    if not found:
        return Rows(kind, 0, 0.0, [])
    return Rows(kind, found[0]["total"], float(found[0]["total_seconds"] or 0.0), found)
