"""A call taken back: who was called and has not begun waits again in his place, and the board is told.

For an officer who takes a step back after he has called the next one: what was called by it in between gives
the counter free. Whoever is being served already stays.
"""

from typing import Any
from uuid import UUID

from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.queues import held
from motcua.queues.held import Held

_HOLD = "select id from counter where id = $1 and staff_id = $2 for no key update"
_AT = """
select id, number, state from ticket
where counter_id = $1 and staff_id = $2 and state in ('called', 'serving') and id <> $3 limit 1
"""
# For whom it waited before this call: the last word on that before it, if no other call came between.
_WAITED_FOR = """
select type, payload from event
where subject = $1 and type in ('ticket.called', 'ticket.transferred', 'ticket.parked')
order by id desc offset 1 limit 1
"""
_RUN = "update counter set priority_run = greatest(priority_run - 1, 0) where id = $1"


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
    found = await held.mine(work, there["id"], staff, "called")
    trace, place = work.trace_id, found.counter_id
    await _withdraw(work, found)
    found.state, found.calls, found.called_at = "waiting", 0, None
    found.counter_id = found.staff_id = None
    await _wait_for(work, found, counter, staff)
    await held.save(work, found, stamp=False)
    if found.priority > 0:
        await work.tx.execute(_RUN, counter)
    told = {"counter": place, "by": staff}
    work.emit("ticket.uncalled", found.id, told, unit=found.unit)
    work.trace_id = trace
    return found.number


async def _withdraw(work: Work, found: Held) -> None:
    """Put the end of the call on the board: the same line again, called no times."""
    calls, found.calls = found.calls, 0
    await held.announce(work, found)
    found.calls = calls


async def _wait_for(work: Work, found: Held, counter: UUID, staff: UUID) -> None:
    """Let it wait for this counter or officer alone again, if it did."""
    before = await work.tx.fetchrow(_WAITED_FOR, found.id)
    if before is None:
        return
    said: dict[str, Any] = before["payload"]
    if before["type"] == "ticket.transferred":
        found.for_counter_id = counter if said.get("counter") == str(counter) else None
        found.for_staff_id = staff if said.get("person") == str(staff) else None
    elif before["type"] == "ticket.parked" and said.get("comes_back"):
        found.for_staff_id = staff if said.get("by") == str(staff) else None
