"""When the waits of a dossier are due, counted anew: after a new calendar, or when the due date moved."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from motcua.catalogue.timing import timer_moment
from motcua.events.work import Work
from motcua.process.store import TIMER, timer_of
from motcua.tenancy.db import Record
from motcua.worktime import Calendar, add_working_minutes

TO_DUE = frozenset({"before_due", "after_due"})
"""Timers that stand in relation to the statutory due date."""
BY_CALENDAR = TO_DUE | {"working"}
"""Timers that a new calendar can move."""
_WAITS = """
select token, kind, hours, timer, since, due_at from process_wait
where instance_id = $1 and due_at is not null
"""
_MOVE = "update process_wait set due_at = $3 where instance_id = $1 and token = $2"


async def recount(
    work: Work, dossier_id: UUID, calendar: Calendar, due_at: datetime, kinds: Collection[str]
) -> None:
    """Count the timers of these kinds anew and, when ``working`` is among them, the limits of steps."""
    for row in await work.tx.fetch(_WAITS, dossier_id):
        moment = _moment(row, calendar, due_at, kinds)
        if moment is None or moment == row["due_at"]:
            continue
        await work.tx.execute(_MOVE, dossier_id, row["token"], moment)
        if row["kind"] == "timer":
            owe(work, dossier_id, row["token"], moment)


def _moment(
    row: Record, calendar: Calendar, due_at: datetime, kinds: Collection[str]
) -> datetime | None:
    if row["kind"] == "timer" and row["timer"]["kind"] in kinds:
        return timer_moment(calendar, timer_of(row["timer"]), row["since"], due_at)
    if row["kind"] == "user" and row["hours"] and "working" in kinds:
        return add_working_minutes(calendar, row["since"], round(row["hours"] * 60))
    return None


def owe(work: Work, dossier_id: UUID, token: str, moment: datetime) -> None:
    """Owe a timer from its moment on; an earlier debt for it finds nothing to do."""
    work.emit(TIMER, dossier_id, {"token": token}, not_before=moment)
