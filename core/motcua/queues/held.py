"""A ticket in a command's hands: locked, checked, changed in memory, and written back in one statement.

The visit is locked before the ticket, always, so that two tickets of one visit never wait for each other;
an officer's seat is his open ``idle`` segment. Whoever takes a ticket to a counter closes that segment,
whoever takes it away opens the next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import frozen

#: Why a ticket is parked while another one of its visit is at a counter; it comes back by itself.
VISIT = "@visit"
AT_COUNTER = ("called", "serving")
LIVE = ("reserved", "waiting", "called", "serving", "parked")

_LOCK = """
with v as (
  select tenant_id, id, arrived_at from visit
  where id = (select visit_id from ticket where id = $1) for no key update)
select t.id, t.visit_id, t.site_id, t.line_id, t.day, t.number, t.origin, t.trace_id, t.person_id,
  t.dossier_id, t.appointment_id, t.state, t.version, t.priority, t.sort_key, t.issued_at,
  t.arrived_at, t.window_from, t.window_to, t.called_at, t.started_at, t.ended_at, t.counter_id,
  t.staff_id, t.for_counter_id, t.for_staff_id, t.parked_why, t.calls, t.recycled, t.outcome,
  v.arrived_at as here_since, s.unit_id, n.centre_until
from ticket t
join v on v.tenant_id = t.tenant_id and v.id = t.visit_id
join site s on s.tenant_id = t.tenant_id and s.id = t.site_id
left join site_node n on n.tenant_id = t.tenant_id and n.site_id = t.site_id
where t.id = $1 for no key update of t
"""
# $1 ticket $2 now $3 the kind of its next segment, null: none opens $4 whether the open one ends
# $5 $6 whose idle segment at which counter ends (null: nobody's) $7 $8 who is idle where from now on
# $9 $10 $11 state, mark and next state of the visit's other tickets. All moments are one: no segment that
# another command opened a moment later may end before it began.
_SAVE = """
with mine as (
  select id, from_at from segment
  where ticket_id = $1 and to_at is null and $4 for no key update),
seat as (
  select id, from_at from segment
  where staff_id = $5 and counter_id = $6 and kind = 'idle' and to_at is null for no key update),
moment as (
  select greatest($2, (select max(from_at) from mine), (select max(from_at) from seat)) as at
  where $5::uuid is null or exists (select 1 from seat)),
closed as (
  update segment g set to_at = (select at from moment)
  where g.id = any(array(
    select o.id from (select id from mine union all select id from seat) o, moment))
  returning g.id),
gate as (select at from moment where (select count(*) from closed) >= 0),
next as (
  insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at, counter_id, staff_id)
  select $12, $1, $13, $14, $15, $3, at, $16, $17 from gate where $3::text is not null),
idle as (
  insert into segment (id, site_id, day, kind, from_at, counter_id, staff_id)
  select $18, $13, $15, 'idle', at, $8, $7 from gate where $7::uuid is not null),
others as (
  update ticket o set state = $11, version = o.version + 1,
    parked_why = case when $11 = 'parked' then $10 else '' end
  from gate
  where $9::text is not null and o.visit_id = $19 and o.id <> $1 and o.state = $9
    and ($9 <> 'parked' or o.parked_why = $10)
  returning o.id, o.site_id, o.line_id),
theirs as (
  update segment g set to_at = greatest(g.from_at, (select at from moment))
  where g.to_at is null and g.ticket_id = any(array(select id from others))
  returning g.ticket_id, g.to_at),
further as (
  insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at)
  select uuidv7(), o.id, o.site_id, o.line_id, $15, $11, h.to_at
  from others o join theirs h on h.ticket_id = o.id where (select count(*) from theirs) > 0)
update ticket t set version = t.version + 1, state = $20, line_id = $14, priority = $21,
  sort_key = $22, arrived_at = $23,
  called_at = case when $24 = 'called' then gate.at else $25 end,
  started_at = case when $24 = 'serving' then gate.at else $26 end,
  ended_at = case when $27 then gate.at end,
  counter_id = $28, staff_id = $29, for_counter_id = $30, for_staff_id = $31, parked_why = $32,
  calls = $33, recycled = $34, outcome = $35
from gate where t.id = $1 returning gate.at
"""
_BESIDE = """
select number from ticket
where visit_id = $1 and id <> $2 and state in ('called', 'serving') limit 1
"""
_ANNOUNCE = """
with s as (update site set call_seq = call_seq + 1 where id = $1 returning call_seq)
insert into board_call (site_id, seq, number, counter, zone_id, calls, at)
select $1, s.call_seq, $3, c.number, c.zone_id, $4, $5 from s, counter c where c.id = $2
returning counter
"""
# What an undo puts back.
_KEPT = (
    "state", "line_id", "priority", "sort_key", "arrived_at", "called_at", "started_at",
    "counter_id", "staff_id", "for_counter_id", "for_staff_id", "parked_why", "calls", "recycled",
    "outcome",
)  # fmt: skip


@dataclass
class Held:
    """A locked ticket. Its fields are changed by the command; ``save`` writes them.

    ``here_since`` is the arrival of its visit; ``unit`` the unit of its site; ``was`` what it was.
    """

    id: UUID
    visit_id: UUID
    site_id: UUID
    line_id: UUID
    day: Any
    number: str
    origin: str
    trace_id: UUID
    person_id: UUID | None
    dossier_id: UUID | None
    appointment_id: UUID | None
    state: str
    version: int
    priority: int
    sort_key: datetime
    issued_at: datetime
    arrived_at: datetime | None
    window_from: datetime | None
    window_to: datetime | None
    called_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    counter_id: UUID | None
    staff_id: UUID | None
    for_counter_id: UUID | None
    for_staff_id: UUID | None
    parked_why: str
    calls: int
    recycled: int
    outcome: str | None
    here_since: datetime | None
    unit: UUID
    was: Mapping[str, Any] = field(default_factory=dict)

    def before(self) -> dict[str, Any]:
        """Return what it was when it was locked, as an event keeps it for an undo."""
        return {key: self.was[key] for key in _KEPT}


async def hold(work: Work, ticket: UUID, version: int | None = None) -> Held:
    """Lock a ticket (its visit first) and return it; the work goes on in its trace.

    ``NotFound``; ``Unavailable`` while its site is cut off; ``Conflict`` when ``version`` is not the
    present one: somebody else has changed it since.
    """
    row = await work.tx.fetchrow(_LOCK, ticket)
    if row is None:
        raise NotFound("Không có số này.", "There is no such ticket.")
    values = dict(row)
    frozen.check(values.pop("centre_until"), work.now)
    held = Held(**{"unit": values.pop("unit_id"), **values})
    held.was = {key: values[key] for key in _KEPT}
    if version is not None and version != held.version:
        raise changed(held.number)
    work.trace_id = held.trace_id
    return held


async def mine(
    work: Work, ticket: UUID, staff: UUID, *states: str, version: int | None = None
) -> Held:
    """Lock a ticket that this officer has at his counter in one of these states, or ``Conflict``."""
    held = await hold(work, ticket, version)
    if held.state not in states or held.staff_id != staff:
        raise changed(held.number)
    return held


async def one_of(work: Work, ticket: UUID, *states: str, version: int | None = None) -> Held:
    """Lock a ticket that is in one of these states, or ``Conflict``."""
    held = await hold(work, ticket, version)
    if held.state not in states:
        raise changed(held.number)
    return held


def of_today(work: Work, held: Held) -> None:
    """Refuse with ``Conflict`` what is done with a number on its own day alone."""
    today, day = local_day(work.now), f"{held.day:%d/%m/%Y}"
    if held.day > today:
        raise Conflict(
            f"Số {held.number} là số của ngày {day}. Hãy đến vào ngày đó.",
            f"Number {held.number} is a number of {day}. Come on that day.",
        )
    if held.day < today:
        raise Conflict(
            f"Số {held.number} là số của ngày {day}, đã hết hạn. Hãy lấy số mới.",
            f"Number {held.number} is a number of {day} and has expired. Take a new one.",
        )


def changed(number: str) -> Conflict:
    """Return the refusal of who acts on what he no longer sees."""
    return Conflict(
        f"Số {number} không còn ở trạng thái này. Hãy tải lại trang.",
        f"Number {number} is not in this state any more. Reload the page.",
    )


async def save(
    work: Work,
    held: Held,
    *,
    kind: str | None = None,
    seated: bool = True,
    stamp: bool = True,
    at: datetime | None = None,
) -> None:
    """Write a ticket with its segments, its officer's, and what follows for the rest of its visit.

    ``kind`` is the kind of the next segment where it is not the state's own ("transferred"); ``seated``
    is false when the officer whom it leaves goes too; without ``stamp`` the moments of call and start stay as
    they are; ``at`` is the moment, if not now. ``NotFreeError`` when the officer to whom it comes is not
    free at that counter.
    """
    was, now_there = held.was["state"] in AT_COUNTER, held.state in AT_COUNTER
    moves = held.state != held.was["state"] or kind is not None
    comes, goes = now_there and not was, was and not now_there
    live = held.state in LIVE
    if now_there:
        held.for_counter_id = held.for_staff_id = None
    others = ("waiting", VISIT, "parked") if comes else ("parked", VISIT, "waiting")
    day = local_day(work.now)
    row = await _written(
        work,
        held.id,
        at or work.now,
        (kind or held.state) if moves and live else None,
        moves,
        held.staff_id if comes else None,
        held.counter_id if comes else None,
        held.was["staff_id"] if goes and seated else None,
        held.was["counter_id"] if goes and seated else None,
        *(others if comes or goes else (None, VISIT, "waiting")),
        uuid7(),
        held.site_id,
        held.line_id,
        day,
        held.counter_id if now_there else None,
        held.staff_id if now_there else None,
        uuid7(),
        held.visit_id,
        held.state,
        held.priority,
        held.sort_key,
        held.arrived_at,
        _stamp(held) if moves and stamp else "",
        held.called_at,
        held.started_at,
        not live,
        held.counter_id,
        held.staff_id,
        held.for_counter_id,
        held.for_staff_id,
        held.parked_why,
        held.calls,
        held.recycled,
        held.outcome,
    )
    if row is None:
        raise NotFreeError()
    held.version += 1
    held.ended_at = None if live else row["at"]
    work.bells.add(f"site:{held.site_id}")


def _stamp(held: Held) -> str:
    return "" if held.state == "serving" and held.started_at is not None else held.state


class NotFreeError(Conflict):
    """The officer has no free seat at the counter."""

    def __init__(self) -> None:
        super().__init__(
            "Quầy chưa sẵn sàng: hãy mở quầy, quay lại sau giờ nghỉ hoặc kết thúc số đang phục vụ.",
            "The counter is not free: open it, come back from the break, or finish its number.",
        )


async def _written(work: Work, *values: object) -> Any:
    try:
        return await work.tx.fetchrow(_SAVE, *values)
    except asyncpg.UniqueViolationError as error:
        raise at_once(error) from error


def at_once(error: asyncpg.UniqueViolationError) -> Conflict:
    """Return what a person is told when the database refused what two did at the same moment."""
    if (error.constraint_name or "").startswith("uq_ticket_live"):
        return Conflict(
            "Ông/bà đã có một số ở lĩnh vực này.", "You already hold a number in this line."
        )
    return Conflict(
        "Vừa có thay đổi khác cùng lúc. Hãy thử lại.", "Somebody else acted just now. Try again."
    )


async def alone(work: Work, held: Held) -> None:
    """Refuse with ``Conflict`` while another ticket of the visit is at a counter."""
    if number := await beside(work, held):
        raise Conflict(
            f"Người này đang ở quầy với số {number}.",
            f"This person is at a counter with number {number}.",
        )


async def beside(work: Work, held: Held) -> str | None:
    """Return the number of the visit that is at a counter, other than this one."""
    found: str | None = await work.tx.fetchval(_BESIDE, held.visit_id, held.id)
    return found


async def announce(work: Work, held: Held) -> str:
    """Put a call on the board of the site; returns the counter's number as it is called."""
    counter = await work.tx.fetchval(
        _ANNOUNCE, held.site_id, held.counter_id, held.number, held.calls, work.now
    )
    work.bells.add(f"site:{held.site_id}")
    return str(counter)
