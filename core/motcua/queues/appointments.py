"""Appointments: booked in a slot with room, moved, cancelled, kept or missed.

A slot's room is taken by one conditional statement and given back in the transaction that frees it, so that
never more are booked than it holds, and nobody loses his old time for a new one that was full.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import random_code, uuid7
from motcua.queues import agreed, frozen, held, issuing, slots
from motcua.queues.estimate import Range
from motcua.queues.issuing import Issued, issue
from motcua.queues.policies import policy_in_force
from motcua.queues.policy import appointment_key
from motcua.tenancy.db import Record, TenantTx
from motcua.text import VIETNAM

REMIND = "appointment.remind"
REMIND_AT = time(16)
"""When, on the day before, people are reminded."""

_FULL = (
    "Khung giờ này vừa hết chỗ hoặc đã đóng. Hãy chọn khung giờ khác.",
    "This slot has just been filled or closed. Choose another one.",
)
_TAKE = """
update slot s set booked = booked + 1 from site i
where s.id = $1 and s.closed_at is null and s.booked < s.capacity and s.from_at > $2
  and i.tenant_id = s.tenant_id and i.id = s.site_id
returning s.site_id, s.line_id, s.day, s.from_at, s.to_at, i.unit_id,
  (select n.centre_until from site_node n where n.site_id = s.site_id) as centre_until
"""
_OFFERED = """
select s.day, n.centre_until from slot s
left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.site_id
where s.id = $1 and s.closed_at is null and s.booked < s.capacity and s.from_at > $2
"""
_GIVE_BACK = "update slot set booked = booked - 1 where id = $1"
# In the order of their ids: two who change places do not wait for each other.
_HOLD_SLOTS = "select 1 from slot where id = any($1) order by id for update"
_NEW = """
insert into appointment (id, slot_id, site_id, line_id, day, person_id, contact_sealed, contact_index,
  language, procedure_key, dossier_id, trace_id, public_code, state, booked_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'booked', $14)
"""
_OTHER = """
select a.public_code, s.from_at from appointment a
join slot s on s.tenant_id = a.tenant_id and s.id = a.slot_id
where a.line_id = $1 and a.day = $2 and a.state = 'booked'
  and (a.person_id = $3 or a.contact_index = $4) and a.id is distinct from $5 limit 1
"""
_OWN_DOSSIER = "select 1 from dossier where id = $1 and submitter_id = $2"
# The lock first: a statement that joined and waited would not see where the row was moved meanwhile.
_LOCK = "select id from appointment where public_code = $1 for update"
_LOCK_SLOT = """
select public_code from appointment where slot_id = $1 and state = 'booked' order by id for update
"""
_MOVE = """
update appointment set slot_id = $2, day = $3, sequence = sequence + 1, reminded_at = null
where id = $1
"""
_END = "update appointment set state = $2, sequence = sequence + 1 where id = $1"
_ARRIVED = "update appointment set state = 'arrived', ticket_id = $2 where id = $1"
_LIVE = """
select t.id, t.state, t.number, t.public_code, t.low_minutes, t.high_minutes, t.visit_id from ticket t
where (t.person_id = $1 or t.contact_index = $2) and t.line_id = $3 and t.day = $4
  and t.state in ('reserved', 'waiting', 'called', 'serving', 'parked')
order by t.sort_key limit 1
"""
_KEPT_BY = "update ticket set appointment_id = $2 where id = $1"
_MISSED = """
update appointment a set state = 'missed' from site i
where a.state = 'booked' and a.day <= $1 and ($2::uuid is null or a.site_id = $2)
  and i.tenant_id = a.tenant_id and i.id = a.site_id
returning a.id, a.trace_id, i.unit_id
"""
_REMINDED = """
update appointment set reminded_at = $3
where id = $1 and sequence = $2 and state = 'booked' and reminded_at is null returning id
"""


@dataclass(frozen=True)
class Booked:
    """An appointment as it is confirmed; ``public_code`` opens it to whoever holds it."""

    id: UUID
    public_code: str
    slot: UUID
    from_at: datetime
    to_at: datetime


async def refuse_gone(tx: TenantTx, slot: UUID, now: datetime) -> None:
    """Refuse a slot that nobody can book at this moment, before anybody is asked for more: as ``book`` does."""
    row = await tx.fetchrow(_OFFERED, slot, now)
    if row is None:
        raise Conflict(*_FULL)
    _refuse_frozen(row, now)


async def book(
    work: Work,
    slot: UUID,
    *,
    contact: str = "",
    person: UUID | None = None,
    language: str = "vi",
    procedure: str | None = None,
    dossier: UUID | None = None,
) -> Booked:
    """Book a place in a slot for a telephone (domestic form) or a person, or both.

    ``Invalid`` without either, ``NotFound`` for a dossier that is not the person's; ``Conflict`` when the
    slot is full, closed or over, and when this telephone or person has an appointment that day in the line.
    """
    _refuse_nobody(contact, person)
    if dossier is not None and not await work.tx.fetchval(_OWN_DOSSIER, dossier, person):
        raise NotFound("Không có hồ sơ này.", "There is no such dossier.")
    taken = await _take(work, slot)
    sealed, index = _sealed(work, contact)
    await _refuse_second(work, taken["line_id"], taken["day"], person, index, None)
    made = Booked(uuid7(), random_code(10), slot, taken["from_at"], taken["to_at"])
    place = (slot, taken["site_id"], taken["line_id"], taken["day"])
    who = (person, sealed, index, language)
    why = (procedure, dossier, work.trace_id)
    with _one_a_day():
        await work.tx.execute(_NEW, made.id, *place, *who, *why, made.public_code, work.now)
    _stands(work, "appointment.booked", made, 0, {"slot": slot}, taken)
    return made


async def move(work: Work, code: str, slot: UUID, *, sequence: int | None = None) -> Booked:
    """Change an appointment to another slot of its line; the old one is free in the same moment.

    ``sequence`` is the one that was on the screen. ``NotFound`` for a code that does not exist; ``Conflict``
    when the appointment is not booked any more, has changed meanwhile, or the slot has no room: then the
    old time stays.
    """
    row = await _held(work, code, sequence)
    if row["slot_id"] == slot:
        raise Conflict("Đây là khung giờ ông/bà đang có.", "This is the time you have already.")
    await work.tx.execute(_HOLD_SLOTS, [row["slot_id"], slot])
    taken = await _take(work, slot)
    if taken["line_id"] != row["line_id"]:
        raise Conflict(
            "Khung giờ này thuộc lĩnh vực khác. Hãy hủy và đặt hẹn mới.",
            "This slot belongs to another line. Cancel, and book anew.",
        )
    await _refuse_second(
        work, row["line_id"], taken["day"], row["person_id"], row["contact_index"], row["id"]
    )
    await work.tx.execute(_GIVE_BACK, row["slot_id"])
    with _one_a_day():
        await work.tx.execute(_MOVE, row["id"], slot, taken["day"])
    moved = Booked(row["id"], code, slot, taken["from_at"], taken["to_at"])
    told = {"from_slot": row["slot_id"], "slot": slot, "was": row["from_at"]}
    _stands(work, "appointment.moved", moved, row["sequence"] + 1, told, taken)
    return moved


async def cancel(work: Work, code: str, *, sequence: int | None = None) -> None:
    """Cancel an appointment; its place is free at once. ``NotFound`` and ``Conflict`` as in ``move``."""
    row = await _held(work, code, sequence)
    await _cancelled(work, row, {})


async def withdraw(work: Work, slot: UUID, why: str) -> int:
    """Close a slot and cancel what is booked in it, for a reason that people are told; returns how many."""
    # Appointments before their slot, as whoever moves one does.
    await work.tx.execute(_LOCK_SLOT, slot)
    await slots.close(work, slot, why)
    rows = await work.tx.fetch(_LOCK_SLOT, slot)
    for row in rows:
        await _cancelled(work, await _held(work, row["public_code"], None), {"why": why})
    return len(rows)


async def arrive(work: Work, code: str, *, device: UUID | None = None) -> Issued:
    """Turn the appointment of somebody who is here into a ticket, with the head start of the policy.

    Later than the policy allows he stands in line as of now. A number that he holds in the line already
    serves the appointment, in the better of the two places. ``NotFound`` for a code that does not exist,
    ``Conflict`` on another day, or when it is not booked any more; else as for ``issue``.
    """
    row = await _held(work, code, None)
    if row["day"] != local_day(work.now):
        day = f"{row['day']:%d/%m/%Y}"
        raise Conflict(f"Lịch hẹn này là ngày {day}.", f"This appointment is on {day}.")
    rules = await policy_in_force(work.tx, row["site_id"], work.now)
    key = appointment_key(rules, row["from_at"], work.now)
    whose = (row["person_id"], row["contact_index"], row["line_id"], row["day"])
    live = await work.tx.fetchrow(_LIVE, *whose)
    if live is not None:
        issued = await _served_by(work, live, row["id"], key)
        work.trace_id = row["trace_id"]
    else:
        issued = await _numbered(work, row, key, device)
    await work.tx.execute(_ARRIVED, row["id"], issued.id)
    told = {"number": issued.number, "ticket": issued.id}
    work.emit("appointment.arrived", row["id"], told, unit=row["unit_id"])
    return issued


async def _numbered(work: Work, row: Record, key: datetime, device: UUID | None) -> Issued:
    return await issue(
        work,
        row["site_id"],
        row["line_id"],
        person=row["person_id"],
        dossier=row["dossier_id"],
        origin="appointment",
        contact=work.vault.open(row["contact_sealed"]) if row["contact_sealed"] else "",
        language=row["language"],
        device=device,
        appointment=row["id"],
        sort_key=key,
    )


async def _served_by(work: Work, live: Record, appointment: UUID, key: datetime) -> Issued:
    """Let the live number of the appointment's person serve it: he never queues twice in a line."""
    if live["state"] == "reserved":
        await issuing.arrive(work, live["id"])
    found = await held.one_of(work, live["id"], *held.LIVE)
    if found.state in ("waiting", "parked") and key < found.sort_key:
        found.sort_key = key
        await held.save(work, found)
    await work.tx.execute(_KEPT_BY, found.id, appointment)
    shown = Range(live["low_minutes"], live["high_minutes"])
    ticket = UUID(bytes=found.id.bytes)
    return Issued(ticket, found.number, live["public_code"], shown, found.visit_id)


async def end_day(work: Work, day: date, site: UUID | None = None) -> int:
    """Mark what was booked until the end of a day, and nobody came for, as missed; returns how many."""
    rows = await work.tx.fetch(_MISSED, day, site)
    for row in rows:
        work.emit("appointment.missed", row["id"], unit=row["unit_id"], trace_id=row["trace_id"])
    return len(rows)


async def reminded(work: Work, appointment: UUID, sequence: int) -> bool:
    """Note that a reminder goes out now; False when it was moved, cancelled or reminded of meanwhile."""
    if await work.tx.fetchval(_REMINDED, appointment, sequence, work.now) is None:
        return False
    work.emit("appointment.reminded", appointment, {"sequence": sequence})
    return True


def _refuse_nobody(contact: str, person: UUID | None) -> None:
    if not contact and person is None:
        said = (
            "Nhập số điện thoại để nhận mã hẹn và tin nhắc.",
            "Enter a telephone number for the code and the reminder.",
        )
        raise Invalid(*said, fields={"phone": said})


def _sealed(work: Work, contact: str) -> tuple[bytes, bytes] | tuple[None, None]:
    """Return a telephone as it is kept, and what it is found by; nothing of nobody's."""
    return (work.vault.seal(contact), work.vault.index(contact)) if contact else (None, None)


async def _take(work: Work, slot: UUID) -> Record:
    taken = await work.tx.fetchrow(_TAKE, slot, work.now)
    if taken is None:
        raise Conflict(*_FULL)
    _refuse_frozen(taken, work.now)
    return taken


def _refuse_frozen(row: Record, now: datetime) -> None:
    """Leave the appointments of today to the site's own machine while it is cut off."""
    if row["day"] == local_day(now):
        frozen.check(row["centre_until"], now)


async def _refuse_second(
    work: Work, line: UUID, day: date, person: UUID | None, index: bytes | None, but: UUID | None
) -> None:
    other = await work.tx.fetchrow(_OTHER, line, day, person, index, but)
    if other is not None:
        raise _second(other["from_at"])


@contextmanager
def _one_a_day() -> Iterator[None]:
    """Refuse what ``_refuse_second`` could not see: another booking of the same moment."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise _second() from error


def _second(at: datetime | None = None) -> Conflict:
    hour = f" {at.astimezone(VIETNAM):%H:%M}" if at else ""
    return Conflict(
        f"Ông/bà đã có lịch hẹn{hour} trong ngày này ở lĩnh vực này. Hãy đổi giờ lịch hẹn đó.",
        f"You already have an appointment{hour} on this day in this line. Change that one.",
    )


async def _held(work: Work, code: str, sequence: int | None) -> Record:
    """Lock an appointment that is booked; the work belongs to its trace from here on."""
    await work.tx.execute(_LOCK, code)
    row = await agreed.by_code(work.tx, code)
    if row["state"] != "booked":
        raise Conflict(
            "Lịch hẹn này không còn hiệu lực.", "This appointment does not stand any more."
        )
    if sequence is not None and sequence != row["sequence"]:
        raise Conflict(
            "Lịch hẹn vừa thay đổi. Hãy tải lại trang.",
            "The appointment has just changed. Reload the page.",
        )
    _refuse_frozen(row, work.now)
    work.trace_id = row["trace_id"]
    return row


async def _cancelled(work: Work, row: Record, told: dict[str, Any]) -> None:
    await work.tx.execute(_GIVE_BACK, row["slot_id"])
    await work.tx.execute(_END, row["id"], "cancelled")
    told = {"slot": row["slot_id"], **told}
    work.emit("appointment.cancelled", row["id"], told, unit=row["unit_id"])
    work.bells.add(f"site:{row['site_id']}")


def _stands(
    work: Work, what: str, made: Booked, sequence: int, told: dict[str, Any], taken: Record
) -> None:
    """Tell that an appointment stands in the slot that was taken for it, and owe its reminder."""
    work.emit(what, made.id, told, unit=taken["unit_id"])
    _remind(work, made.id, made.from_at, sequence)
    work.bells.add(f"site:{taken['site_id']}")


def _remind(work: Work, appointment: UUID, from_at: datetime, sequence: int) -> None:
    """Owe the reminder of the day before; who books later than that needs none."""
    eve = local_day(from_at) - timedelta(days=1)
    at = datetime.combine(eve, REMIND_AT, VIETNAM)
    if at > work.now:
        work.emit(REMIND, appointment, {"sequence": sequence}, not_before=at)
