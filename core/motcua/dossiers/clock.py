"""The statutory clock of a dossier as it is stored: pauses and the one extension are rows, the rest follows.

The due date is always computed from the whole history by ``motcua.worktime``, with the calendar as it is in the
database at that moment and not as a process remembers it. Every function is called with the dossier locked.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.catalogue.calendars import read_calendar
from motcua.catalogue.packages import Package
from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.tenancy.db import Record, Tx
from motcua.worktime import Calendar, ClockEvent, Due, StatutoryClock, due

_OPEN = """
insert into clock_pause (id, dossier_id, reason, note, started_at) values ($1, $2, $3, $4, $5)
on conflict (tenant_id, dossier_id, reason) where ended_at is null do nothing returning id
"""
_STAND = "update dossier set paused_since = coalesce(paused_since, $2) where id = $1"
_CLOSE = """
update clock_pause set ended_at = $3 where dossier_id = $1 and reason = $2 and ended_at is null
returning id
"""
_CLOSE_ALL = """
update clock_pause set ended_at = $2 where dossier_id = $1 and ended_at is null returning id
"""
_STANDING = """
select min(started_at) from clock_pause where dossier_id = $1 and ended_at is null
"""
_PAUSES = """
select reason, note, started_at, ended_at from clock_pause where dossier_id = $1
order by started_at, id
"""
_EXTENSION = """
select granted_at, days, reason, old_due_at, new_due_at, pdf_sha256 from clock_extension
where dossier_id = $1
"""
_MOVE = "update dossier set due_at = $2, derivation = $3, paused_since = $4 where id = $1"
_STOP = "update dossier set clock_stopped_at = $2, paused_since = null where id = $1"


def derivation(result: Due) -> list[dict[str, Any]]:
    """Return the explanation as JSON: a list of lines in Vietnamese and English."""
    return [{"kind": line.kind, "vi": line.vi, "en": line.en} for line in result.derivation]


async def begin(work: Work, package: Package) -> Due:
    """Return what is promised to a dossier that is accepted now."""
    return due(await read_calendar(work.tx), package.procedure.time_limit.counted, work.now)


async def pauses(tx: Tx, dossier_id: UUID) -> list[Record]:
    """Return every pause: reason, note, started_at, ended_at; oldest first."""
    return await tx.fetch(_PAUSES, dossier_id)


async def standing(tx: Tx, dossier_id: UUID) -> set[str]:
    """Return the reasons for which the clock stands still now."""
    return {row["reason"] for row in await pauses(tx, dossier_id) if row["ended_at"] is None}


async def extension(tx: Tx, dossier_id: UUID) -> Record | None:
    """Return the one extension, if it was granted."""
    return await tx.fetchrow(_EXTENSION, dossier_id)


async def read(tx: Tx, dossier: Record, package: Package) -> StatutoryClock:
    """Return the clock of a dossier with all that happened to it; a new one before acceptance."""
    limit = package.procedure.time_limit.counted
    if dossier["accepted_at"] is None:
        return StatutoryClock(limit)
    events = [ClockEvent("started", dossier["accepted_at"])]
    for row in await pauses(tx, dossier["id"]):
        events.append(ClockEvent("paused", row["started_at"], row["reason"]))
        if row["ended_at"]:
            events.append(ClockEvent("resumed", row["ended_at"], row["reason"]))
    if given := await extension(tx, dossier["id"]):
        # Not the leader's words: whoever holds the code reads the explanation of the date.
        events.append(ClockEvent("extended", given["granted_at"], "", given["days"]))
    if dossier["clock_stopped_at"]:
        events.append(ClockEvent("stopped", dossier["clock_stopped_at"]))
    return StatutoryClock(limit, tuple(sorted(events, key=lambda e: e.at)))


async def pause(work: Work, dossier_id: UUID, reason: str, note: str = "") -> None:
    """Stop the clock for a reason (``motcua.worktime.REASONS``); ``note`` is told to the citizen.

    ``Conflict`` when it stands still for this reason already; for another one it may.
    """
    if await work.tx.fetchval(_OPEN, uuid7(), dossier_id, reason, note, work.now) is None:
        raise Conflict(
            "Đồng hồ hồ sơ đang tạm dừng vì lý do này rồi.",
            "The dossier's clock stands still for this reason already.",
        )
    await work.tx.execute(_STAND, dossier_id, work.now)
    work.emit("clock.paused", dossier_id, {"reason": reason})


async def resume(work: Work, dossier: Record, package: Package, reason: str = "supplement") -> None:
    """End the pause of a reason and move the due date by it; the clock goes on when no other holds.

    ``Conflict`` when the clock does not stand still for this reason.
    """
    if await work.tx.fetchval(_CLOSE, dossier["id"], reason, work.now) is None:
        raise Conflict(
            "Đồng hồ hồ sơ không tạm dừng vì lý do này.",
            "The dossier's clock does not stand still for this reason.",
        )
    found, since = await move(work, dossier, package, await read_calendar(work.tx))
    told = {"reason": reason, "due": found.at.isoformat()}
    work.emit("clock.pause_ended" if since else "clock.resumed", dossier["id"], told)


async def stop(work: Work, dossier: Record, package: Package) -> None:
    """Stop the clock for good: the dossier is settled or given up. What still paused it ends now."""
    ended = await work.tx.fetch(_CLOSE_ALL, dossier["id"], work.now)
    told: dict[str, str] = {}
    if ended and dossier["accepted_at"]:
        found, _ = await move(work, dossier, package, await read_calendar(work.tx))
        told = {"due": found.at.isoformat()}
    await work.tx.execute(_STOP, dossier["id"], work.now)
    work.emit("clock.stopped", dossier["id"], told)


async def move(
    work: Work, dossier: Record, package: Package, calendar: Calendar
) -> tuple[Due, datetime | None]:
    """Compute the due date from the history and keep it; returns it, and since when the clock stands."""
    found = (await read(work.tx, dossier, package)).due(calendar)
    since = await work.tx.fetchval(_STANDING, dossier["id"])
    await work.tx.execute(_MOVE, dossier["id"], found.at, derivation(found), since)
    return found, since
