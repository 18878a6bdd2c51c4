"""Timers of running dossiers: owed from their moment on, so they fire once, and late rather than never.

A timer is an effect in the outbox that is due at its moment. The row of the wait holds the moment that
counts: a timer whose moment was moved meanwhile is owed again, one whose wait has gone does nothing.
"""

from motcua.dossiers import way
from motcua.dossiers.changes import lock
from motcua.dossiers.law import law_of
from motcua.dossiers.recount import TO_DUE, owe, recount
from motcua.dossiers.states import FINAL
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process import TimerFired

MOVED_BY = frozenset({"clock.resumed", "clock.extended", "clock.recomputed"})
"""What moves the statutory due date, and with it the timers that count from there."""
_TIMER = """
select due_at, timer, since from process_wait
where instance_id = $1 and token = $2 and kind = 'timer'
"""


async def fire(platform: Platform, work: Work, event: Event) -> None:
    """Fire the timer that an event announced, when it still waits and its moment has come."""
    dossier_id, token = event.subject, event.payload["token"]
    dossier = await lock(work, dossier_id)
    wait = await work.tx.fetchrow(_TIMER, dossier_id, token)
    if wait is None or dossier["state"] in FINAL:
        return
    # While the statutory clock stands, the due date is not known; its going on moves the timer.
    if wait["timer"]["kind"] in TO_DUE and dossier["paused_since"] is not None:
        return
    if wait["due_at"] > work.now:
        owe(work, dossier_id, token, wait["due_at"])
        return
    work.emit("step.timer_fired", dossier_id, {"token": token}, unit=dossier["competent_unit"])
    await way.go(platform, work, dossier_id, TimerFired(token))


async def move(platform: Platform, work: Work, event: Event) -> None:
    """Count the timers anew that stand in relation to a due date that was moved."""
    dossier = await lock(work, event.subject)
    law, _ = await law_of(platform, work, dossier)
    await recount(work, event.subject, law.calendar, dossier["due_at"], TO_DUE)
