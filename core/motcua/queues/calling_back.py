"""A call taken back: who was called and has not begun waits again in his place, and the board is told.

For an officer who called by mistake, or who takes a step back after he has called the next one: what was called
by it in between gives the counter free. Whoever is being served already stays.
"""

from typing import Any
from uuid import UUID

from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.queues import held
from motcua.queues.held import Held
from motcua.tenancy.db import Record

_HOLD = "select id from counter where id = $1 and staff_id = $2 for no key update"
_AT = """
select id, number, state from ticket
where counter_id = $1 and staff_id = $2 and state in ('called', 'serving') and id <> $3 limit 1
"""
_WHERE = "select counter_id from ticket where id = $1 and staff_id = $2 and state = 'called'"
# The calls, and the words on for whom it waited; newest first.
_CALLS = """
select type, payload from event
where subject = $1
  and type in ('ticket.called', 'ticket.uncalled', 'ticket.transferred', 'ticket.parked')
order by id desc
"""
_RUN = "update counter set priority_run = $2 where id = $1"


async def hold(work: Work, ticket: UUID, staff: UUID, version: int | None = None) -> Held | None:
    """Lock the number that this officer has called to his counter (the counter first); None for any other.

    ``Conflict`` when it has changed meanwhile.
    """
    counter = await work.tx.fetchval(_WHERE, ticket, staff)
    if counter is None or await work.tx.fetchval(_HOLD, counter, staff) is None:
        return None
    return await held.mine(work, ticket, staff, "called", version=version)


async def free(work: Work, counter: UUID, staff: UUID, ticket: UUID) -> str | None:
    """Free a counter of the number that was called there after ``ticket``; returns it, None for nobody.

    ``Conflict`` when it is being served already.
    """
    if await work.tx.fetchval(_HOLD, counter, staff) is None:
        return None
    there = await work.tx.fetchrow(_AT, counter, staff, ticket)
    if there is None:
        return None
    if there["state"] == "serving":
        raise Conflict(
            f"Đã bắt đầu phục vụ số {there['number']} nên không hoàn tác được nữa.",
            f"Number {there['number']} is being served by now: it cannot be undone.",
        )
    trace = work.trace_id
    found = await held.mine(work, there["id"], staff, "called")
    await take_back(work, found, counter, staff)
    work.trace_id = trace
    return found.number


async def take_back(work: Work, found: Held, counter: UUID, staff: UUID) -> None:
    """Let a number that is locked and called to this counter wait again as it waited before the call."""
    await _withdraw(work, found)
    found.state, found.calls, found.called_at = "waiting", 0, None
    found.counter_id = found.staff_id = None
    call, before = _calls(await work.tx.fetch(_CALLS, found.id))
    _wait_for(found, before, counter, staff)
    await held.save(work, found, stamp=False)
    # The run of priority calls as it was; a call that did not change it does not name it.
    if (run := call.get("run")) is not None:
        await work.tx.execute(_RUN, counter, run)
    told = {"counter": counter, "by": staff}
    work.emit("ticket.uncalled", found.id, told, unit=found.unit)


async def _withdraw(work: Work, found: Held) -> None:
    """Put the end of the call on the board: the same line again, called no times."""
    calls, found.calls = found.calls, 0
    await held.announce(work, found)
    found.calls = calls


def _calls(rows: list[Record]) -> tuple[dict[str, Any], Record | None]:
    """Return what the last call said, and the last word before it on for whom it waited.

    A call that was taken back is as if it had not been.
    """
    call: dict[str, Any] | None = None
    skipped = 0
    for row in rows:
        if row["type"] == "ticket.uncalled":
            skipped += 1
        elif row["type"] == "ticket.called" and skipped:
            skipped -= 1
        elif call is not None:
            return call, row
        elif row["type"] == "ticket.called":
            call = row["payload"]
    return call or {}, None


def _wait_for(found: Held, before: Record | None, counter: UUID, staff: UUID) -> None:
    """Let it wait for this counter or officer alone again, if it did."""
    if before is None:
        return
    said: dict[str, Any] = before["payload"]
    if before["type"] == "ticket.transferred":
        found.for_counter_id = counter if said.get("counter") == str(counter) else None
        found.for_staff_id = staff if said.get("person") == str(staff) else None
    elif before["type"] == "ticket.parked" and said.get("comes_back"):
        found.for_staff_id = staff if said.get("by") == str(staff) else None
