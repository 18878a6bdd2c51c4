"""What the log says about when a dossier is due: pure, so that every order of delivery gives one sum."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from motcua.dossiers.codes import local_day

#: The events that can move a due day.
MOVES = frozenset(
    {
        "dossier.accepted",
        "clock.paused",
        "clock.resumed",
        "clock.extended",
        "clock.recomputed",
        "dossier.finished",
        "dossier.stopped",
    }
)
#: Those that say a new date.
_TELL = frozenset({"dossier.accepted", "clock.resumed", "clock.extended", "clock.recomputed"})
History = Sequence[tuple[str, datetime, Mapping[str, Any]]]


def due_after(history: Iterable[tuple[str, datetime, Mapping[str, Any]]]) -> date | None:
    """Return the day a dossier is due after these ``(type, at, payload)``; None when no clock runs.

    A dossier whose clock stands still is not due on any day, unless it was overdue before: asking
    for a paper does not make a delay disappear.
    """
    due: datetime | None = None
    for kind, at, payload in history:
        if kind in _TELL:
            # A date that moves while the clock stands still is no day on which anything is due.
            if not payload.get("paused"):
                due = datetime.fromisoformat(payload["due"])
        elif kind in {"dossier.finished", "dossier.stopped"} or (due is not None and at <= due):
            due = None
    return None if due is None else local_day(due)


def moved(history: History) -> list[tuple[date, int]]:
    """Return what the last event of a dossier's history adds to each day, by day."""
    before, after = due_after(history[:-1]), due_after(history)
    if before == after:
        return []
    return sorted((day, n) for day, n in ((before, -1), (after, 1)) if day is not None)
