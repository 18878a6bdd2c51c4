"""A calendar changed: every open dossier of the tenant is computed again, a batch at a time.

``motcua tenant load`` leaves the event ``calendar.changed``. Each batch is one transaction with the note of where
it got to, so that a process that is killed loses nothing and does nothing twice. A dossier whose date does not
move is told nothing; one whose date moves gets one event with the old and the new date.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.catalogue.calendars import CHANGED, read_calendar
from motcua.dossiers import clock
from motcua.dossiers.law import law_of
from motcua.dossiers.recount import BY_CALENDAR, recount
from motcua.errors import NotFound
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record, Tx
from motcua.worktime import Calendar, Due, reaction

NEXT = "calendar.recomputing"
SUBSCRIBED = frozenset({CHANGED, NEXT})
#: Dossiers of one transaction: they are locked while it lasts.
BATCH = 100
#: A process may know the old calendar for a while and promise by it: everything is looked at once more.
AGAIN_AFTER = timedelta(seconds=90)

# The states from submission to settlement; what has ended keeps its date.
_OPEN = """
select * from dossier where id > $1 and state in (1, 2, 4, 5, 6, 7) order by id limit $2 for update
"""
_ANSWERED = """
select max(answered_at) from supplement where dossier_id = $1 and stage = 'reception'
"""
_REACT = "update dossier set react_by = $2 where id = $1"
_EXPLAIN = "update dossier set derivation = $2 where id = $1"
_FIRST = UUID(int=0)


async def recompute(platform: Platform, work: Work, event: Event) -> None:
    """Compute the next batch of open dossiers again (outbox subscriber of ``CHANGED`` and ``NEXT``)."""
    if event.type == CHANGED:
        platform.catalogue.forget(work.tenant)
    told = event.payload
    calendar = await read_calendar(work.tx)
    rows = await work.tx.fetch(_OPEN, UUID(told.get("after", str(_FIRST))), BATCH)
    trace = work.trace_id
    for row in rows:
        await _again(platform, work, row, calendar)
    work.trace_id = trace
    second = bool(told.get("second"))
    if len(rows) == BATCH:
        after = {"after": str(rows[-1]["id"]), "second": second}
        work.emit(NEXT, event.subject, after)
    elif not second:
        work.emit(NEXT, event.subject, {"second": True}, not_before=work.now + AGAIN_AFTER)


async def _again(platform: Platform, work: Work, row: Record, calendar: Calendar) -> None:
    work.trace_id = row["trace_id"]
    if row["accepted_at"] is None:
        old = row["react_by"]
        if (found := await restart_reaction(work, row, calendar)).at != old:
            told = _moved(old, found)
            work.emit("clock.reaction_moved", row["id"], told, unit=row["received_unit"])
        return
    try:
        _, procedure = await law_of(platform, work, row)
    except NotFound:
        # Its plugin is not enabled any more: nobody can settle it, and there is no limit to count.
        return
    found = (await clock.read(work.tx, row, procedure.package)).due(calendar)
    if found.at != row["due_at"]:
        await clock.move(work, row, procedure.package, calendar)
        work.emit(
            "clock.recomputed",
            row["id"],
            _moved(row["due_at"], found) | {"paused": row["paused_since"] is not None},
            unit=row["competent_unit"],
        )
    elif clock.derivation(found) != row["derivation"]:
        await work.tx.execute(_EXPLAIN, row["id"], clock.derivation(found))
    await recount(work, row["id"], calendar, found.at, BY_CALENDAR)


async def restart_reaction(work: Work, row: Record, calendar: Calendar | None = None) -> Due:
    """Compute again by when the reception owes an answer: from submission, or from the last answer to it."""
    start = await reaction_start(work.tx, row)
    found = reaction(calendar or await read_calendar(work.tx), start)
    if found.at != row["react_by"]:
        await work.tx.execute(_REACT, row["id"], found.at)
    return found


async def reaction_start(tx: Tx, row: Record) -> datetime:
    """Return the moment from which the eight hours run."""
    submitted: datetime = row["submitted_at"]
    answered: datetime | None = await tx.fetchval(_ANSWERED, row["id"])
    return max(submitted, answered or submitted)


def _moved(old: datetime, found: Due) -> dict[str, Any]:
    return {"old": old.isoformat(), "due": found.at.isoformat(), "version": found.version}
