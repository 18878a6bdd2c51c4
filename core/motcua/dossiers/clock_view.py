"""What can be told of a dossier's clock: the dates, how they were found, the pauses, the extension, the reaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motcua.catalogue.packages import Package
from motcua.dossiers import clock
from motcua.dossiers.clock_changes import reaction_start
from motcua.dossiers.states import State
from motcua.tenancy.db import Record, Tx
from motcua.worktime import REASONS, Calendar, Due, reaction
from motcua.worktime.statutory import ClockState

ONLINE = 2


@dataclass(frozen=True)
class ClockView:
    """A clock as it is shown; ``derivation`` is a list of lines with ``kind``, ``vi`` and ``en``.

    ``reaction`` is there while an online dossier waits for its first answer. ``provisional`` where days off
    on the way are not published yet.
    """

    state: ClockState
    due_at: datetime | None
    original_due_at: datetime | None
    paused_since: datetime | None
    provisional: bool
    version: str
    derivation: list[dict[str, Any]]
    pauses: list[Record]
    extension: Record | None
    reaction: Due | None

    @property
    def standing(self) -> list[Record]:
        """The pauses that have not ended."""
        return [row for row in self.pauses if row["ended_at"] is None]

    def why(self, stop: Record) -> tuple[str, str]:
        """Return the reason of a pause in Vietnamese and English."""
        return REASONS[stop["reason"]]

    def to_data(self) -> dict[str, Any]:
        """Return JSON values; reasons in both languages, moments as ISO 8601."""
        return {
            "state": self.state,
            "due_at": self.due_at,
            "original_due_at": self.original_due_at,
            "paused_since": self.paused_since,
            "provisional": self.provisional,
            "calendar": self.version,
            "derivation": self.derivation,
            "pauses": [_pause(row) for row in self.pauses],
            "extension": _extension(self.extension),
            "reaction": self.reaction.to_data() if self.reaction else None,
        }


async def view(tx: Tx, dossier: Record, package: Package, calendar: Calendar) -> ClockView:
    """Gather all that can be told of a dossier's clock."""
    running = await clock.read(tx, dossier, package)
    found = running.due(calendar) if running.started else None
    lines = dossier["derivation"]
    if found and found.at == dossier["due_at"]:
        # As stored, with what stands still now; else a new calendar is about to be applied to it.
        lines = clock.derivation(found)
    return ClockView(
        state=running.state,
        due_at=dossier["due_at"],
        original_due_at=dossier["original_due_at"],
        paused_since=dossier["paused_since"],
        provisional=bool(found and found.provisional),
        version=found.version if found else calendar.version,
        derivation=lines,
        pauses=await clock.pauses(tx, dossier["id"]),
        extension=await clock.extension(tx, dossier["id"]),
        reaction=await _reaction(tx, dossier, calendar),
    )


async def _reaction(tx: Tx, dossier: Record, calendar: Calendar) -> Due | None:
    if dossier["state"] != State.SUBMITTED or dossier["channel"] != ONLINE:
        return None
    return reaction(calendar, await reaction_start(tx, dossier))


def _pause(row: Record) -> dict[str, Any]:
    vi, en = REASONS[row["reason"]]
    told = {k: row[k] for k in ("reason", "note", "started_at", "ended_at")}
    return {**told, "reason_vi": vi, "reason_en": en}


def _extension(row: Record | None) -> dict[str, Any] | None:
    if row is None:
        return None
    keys = ("granted_at", "days", "reason", "old_due_at", "new_due_at")
    return {k: row[k] for k in keys}
