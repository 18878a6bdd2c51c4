"""The statutory clock of a dossier: starts at acceptance, stands still during pauses, is explained."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.catalogue.packages import Package
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.tenancy.db import Record
from motcua.worktime import Calendar, Due, Limit, Pause, due

# Why a clock may stand still, in the words of its explanation.
REASONS = {"supplement": ("chờ bổ sung giấy tờ", "waiting for further papers")}

_OPEN = """
insert into clock_pause (id, dossier_id, reason, started_at) values ($1, $2, $3, $4)
"""
_CLOSE = """
update clock_pause set ended_at = $2 where dossier_id = $1 and ended_at is null
"""
_PAUSES = """
select started_at, ended_at, reason from clock_pause
where dossier_id = $1 and ended_at is not null order by started_at
"""
_MOVE = "update dossier set due_at = $2, derivation = $3 where id = $1"


def due_of(
    calendar: Calendar, package: Package, accepted: datetime, pauses: Sequence[Pause]
) -> Due:
    """Return when the dossier is due and why: a pure function of calendar, rules and pauses."""
    limit = package.procedure.time_limit
    return due(calendar, Limit(limit.kind, limit.value, limit.cutoff), accepted, pauses)


def derivation(result: Due) -> list[dict[str, Any]]:
    """Return the explanation as JSON: a list of lines in Vietnamese and English."""
    return [{"kind": line.kind, "vi": line.vi, "en": line.en} for line in result.derivation]


async def pause(work: Work, dossier_id: UUID, reason: str) -> None:
    """Stop the clock."""
    await work.tx.execute(_OPEN, uuid7(), dossier_id, reason, work.now)
    work.emit("clock.paused", dossier_id, {"reason": reason})


async def resume(work: Work, dossier: Record, calendar: Calendar, package: Package) -> None:
    """Start the clock again and move the due date by the working time of the pause."""
    await work.tx.execute(_CLOSE, dossier["id"], work.now)
    rows = await work.tx.fetch(_PAUSES, dossier["id"])
    pauses = [
        Pause(r["started_at"], r["ended_at"], *REASONS.get(r["reason"], ("", ""))) for r in rows
    ]
    result = due_of(calendar, package, dossier["accepted_at"], pauses)
    await work.tx.execute(_MOVE, dossier["id"], result.at, derivation(result))
    work.emit("clock.resumed", dossier["id"], {"due": result.at.isoformat()})
