"""Taking the last step back, for some seconds: what was is in the event that ended it.

A call is taken back as it was taken back behind another step (``calling_back``).

Segments stay as they are: the step back opens new ones, and what lay between is told as it was. Somebody who was
sent home by mistake was still waiting; who was at the counter stood aside.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import calling, calling_back, held
from motcua.queues.held import Held
from motcua.queues.policies import policy_in_force

CALLED = "ticket.called"
UNDOABLE = {
    "ticket.started": "start",
    "ticket.finished": "finish",
    "ticket.no_show": "no_show",
    "ticket.recycled": "no_show",
    "ticket.transferred": "transfer",
    "ticket.parked": "park",
    "ticket.cancelled": "cancel",
}
_LAST = """
select id, type, at, payload from event
where subject = $1 and type like 'ticket.%' order by id desc limit 1
"""
_BETWEEN = """
insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_FORGET = "delete from ticket_service where id = $1"


async def undo(work: Work, ticket: UUID, staff: UUID, *, version: int | None = None) -> str:
    """Take the last step with a ticket back; returns which one it was.

    One of no_show, transfer, park, finish, cancel, start, call, within the policy's seconds, by the officer who
    did it. A number that was called to the counter since, and not begun, waits again in its place. ``Conflict``
    when there is no step, it is too late, somebody has gone on with the ticket, or the next one is being served.
    """
    event = await work.tx.fetchrow(_LAST, ticket)
    if event is not None and event["type"] == CALLED:
        await _uncall(work, ticket, staff, event, version)
        return "call"
    if event is None or event["type"] not in UNDOABLE or "before" not in event["payload"]:
        await held.hold(work, ticket, version)
        raise _nothing()
    was = _read(event["payload"]["before"])
    comes = was["state"] in held.AT_COUNTER and event["type"] != "ticket.started"
    if comes:
        # The counter before the ticket, as everywhere. Who was called there since waits again.
        await calling_back.free(work, was["counter_id"], was["staff_id"], ticket)
        await calling.free_seat(work, was["counter_id"], was["staff_id"])
    found = await held.hold(work, ticket, version)
    await _refuse(work, found, event, staff)
    await _back(work, found, was, comes)
    if service := event["payload"].get("service"):
        await work.tx.execute(_FORGET, UUID(service))
    done = UNDOABLE[event["type"]]
    work.emit("ticket.undone", ticket, {"step": done, "by": staff}, unit=found.unit)
    return done


async def _uncall(
    work: Work, ticket: UUID, staff: UUID, event: Mapping[str, Any], version: int | None
) -> None:
    found = await calling_back.hold(work, ticket, staff, version)
    if found is None or found.counter_id is None:
        other = await held.hold(work, ticket, version)
        raise _not_yours() if other.state == "called" else held.changed(other.number)
    await _refuse(work, found, event, staff)
    await calling_back.take_back(work, found, found.counter_id, staff)


def _nothing() -> Conflict:
    return Conflict("Không có thao tác nào để hoàn tác.", "There is nothing to undo.")


def _not_yours() -> Conflict:
    return Conflict("Chỉ người vừa thao tác mới hoàn tác được.", "Only who did it can undo it.")


async def _refuse(work: Work, found: Held, event: Mapping[str, Any], staff: UUID) -> None:
    """Refuse what is not the last step any more, is too old, or was done by somebody else."""
    last = await work.tx.fetchrow(_LAST, found.id)
    if last is None or last["id"] != event["id"]:
        raise held.changed(found.number)
    rules = await policy_in_force(work.tx, found.site_id, work.now)
    if work.now - event["at"] > timedelta(seconds=rules.undo_seconds):
        raise Conflict(
            f"Đã quá {rules.undo_seconds} giây nên không hoàn tác được.",
            f"More than {rules.undo_seconds} seconds have passed: it cannot be undone.",
        )
    by = event["payload"].get("by")
    if by is not None and UUID(by) != staff:
        raise _not_yours()


async def _back(work: Work, found: Held, was: Mapping[str, Any], comes: bool) -> None:
    ended, line = found.state not in held.LIVE, found.line_id
    for key, value in was.items():
        setattr(found, key, value)
    if comes:
        await held.alone(work, found)
    elif found.state == "waiting" and await held.beside(work, found):
        found.state, found.parked_why = "parked", held.VISIT
    elif found.parked_why == held.VISIT and not await held.beside(work, found):
        found.state, found.parked_why = "waiting", ""
    if ended:
        await _fill(work, found, "parked" if comes else found.state)
    if comes:
        await calling.bring(
            work, found, was["counter_id"], was["staff_id"], found.state, again=True
        )
        return
    # Back in the line it came from, which its next segment names.
    moved = found.state == "waiting" and found.line_id != line
    await held.save(work, found, kind="transferred" if moved else None, stamp=False)


async def _fill(work: Work, found: Held, kind: str) -> None:
    """Tell what the ticket did between its end and now: its life has no hole."""
    await work.tx.execute(
        _BETWEEN,
        uuid7(),
        found.id,
        found.site_id,
        found.line_id,
        local_day(work.now),
        kind,
        found.ended_at,
    )


def _read(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a ticket as an event keeps them, with their types."""
    read: dict[str, Any] = {}
    for key, value in kept.items():
        if value is not None and key.endswith("_id"):
            read[key] = UUID(value)
        elif value is not None and (key.endswith("_at") or key == "sort_key"):
            read[key] = datetime.fromisoformat(value)
        else:
            read[key] = value
    return read
