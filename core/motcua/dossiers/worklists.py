"""The lists officers work from. Each count comes from the statement that gives the rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from motcua.errors import NotFound
from motcua.tenancy.db import Record, Tx

PAGE = 25
_MOST = 999
_FIRST = (datetime.fromisoformat("2000-01-01T00:00:00+00:00"), UUID(int=0))

# The steps that wait for a role somebody holds, in the unit where it is held: urgent ones first, then the oldest.
_WORK = """
with held as (select * from unnest($1::text[], $2::uuid[]) as h (role, unit)),
mine as (
  select w.id, w.instance_id, w.token, w.node, w.name_vi, w.name_en, w.role, w.since, w.hours,
    s.full_name as assignee_name, w.assignee, d.code, d.procedure_code, d.procedure_name, d.subject_name, d.due_at,
    d.state, d.priority,
    -- While the clock stands still nothing becomes late; what was late before stays so.
    coalesce(d.due_at < least($4, d.paused_since), false) as late
  from process_wait w
  join dossier d on d.tenant_id = w.tenant_id and d.id = w.instance_id
  left join staff s on s.tenant_id = w.tenant_id and s.id = w.assignee
  where w.kind = 'user' and (w.assignee is null or w.assignee = $3)
    and exists (select 1 from held h where h.role = w.role
                and (h.unit is null or h.unit = w.unit_id)))
select c.total, c.late_total, m.* from
  (select count(*) as total, count(*) filter (where late) as late_total from mine) c
  left join lateral (
    select * from mine where (late or not $5) and (-priority, since, id) > ($6, $7, $8)
    order by -priority, since, id limit $9) m on true
"""
# What was submitted and waits for a first answer of the reception.
_TRAY = """
with waiting as (
  select id, track_code, procedure_code, procedure_name, subject_name, channel, submitted_at as since, react_by,
    react_by < $2 as late
  from dossier where state = 1 and ($1::uuid[] is null or received_unit = any($1)))
select c.total, c.late_total, m.* from
  (select count(*) as total, count(*) filter (where late) as late_total from waiting) c
  left join lateral (
    select * from waiting where (late or not $3) and (since, id) > ($4, $5)
    order by since, id limit $6) m on true
"""
_FIND = """
select id, received_unit, competent_unit from dossier where code = $1 or track_code = $1 limit 1
"""


@dataclass(frozen=True)
class Listing:
    """A page of a list: how many there are in all, how many are late, and the rows shown."""

    total: int
    late: int
    rows: list[Record]
    only_late: bool

    @property
    def after(self) -> str | None:
        """Where the next page begins, to be given back as ``after``; None at the end."""
        if len(self.rows) < PAGE:
            return None
        last = self.rows[-1]
        place = f"{last['since'].isoformat()}~{last['id']}"
        return f"{last['priority']}~{place}" if "priority" in last else place

    @property
    def next(self) -> str | None:
        """The query string of the next page; None at the end."""
        if self.after is None:
            return None
        return urlencode({"after": self.after, **({"late": "1"} if self.only_late else {})})


def keyset(raw: str) -> tuple[datetime, UUID]:
    """Read where a page begins; ``NotFound`` for what no page of ours says."""
    if not raw:
        return _FIRST
    since, _, row = raw.partition("~")
    try:
        moment, place = datetime.fromisoformat(since), UUID(row)
    except ValueError as error:
        raise NotFound() from error
    if moment.tzinfo is None:
        raise NotFound()
    return moment, place


def _urgent(raw: str) -> tuple[int, datetime, UUID]:
    """Read where a page of work begins; a higher priority stands before."""
    if not raw:
        return -_MOST, *_FIRST
    priority, _, place = raw.partition("~")
    if (
        not place
        or not priority.isascii()
        or not priority.isdigit()
        or len(priority) > len(str(_MOST))
    ):
        raise NotFound()
    return -int(priority), *keyset(place)


async def work(
    tx: Tx,
    held: tuple[list[str], list[UUID | None]],
    staff: UUID,
    now: datetime,
    *,
    late: bool = False,
    after: str = "",
) -> Listing:
    """Return the steps an officer may do, urgent ones first, then the oldest."""
    rows = await tx.fetch(_WORK, *held, staff, now, late, *_urgent(after), PAGE)
    return _listing(rows, late)


async def tray(
    tx: Tx, units: list[UUID] | None, now: datetime, *, late: bool = False, after: str = ""
) -> Listing:
    """Return the dossiers that wait for reception in these units, oldest first."""
    return _listing(await tx.fetch(_TRAY, units, now, late, *keyset(after), PAGE), late)


async def find(tx: Tx, text: str) -> Record | None:
    """Find a dossier by its code, by its tracking code, or by what the code on a slip holds."""
    code = text.strip().rstrip("/").rsplit("/", 1)[-1].upper()
    return await tx.fetchrow(_FIND, code) if code else None


def _listing(rows: list[Any], late: bool) -> Listing:
    return Listing(
        rows[0]["total"], rows[0]["late_total"], [r for r in rows if r["id"] is not None], late
    )
