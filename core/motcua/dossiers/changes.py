"""Changing a dossier's state: lock, ask the plugins, check the way, write, note the event."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from motcua.dossiers.states import State, target
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record

CHILD_ENDED = "bundle.child_ended"
"""Told to the dossier that opened this one, when it is settled or given up."""
_ENDS = frozenset({State.REJECTED, State.STOPPED, State.DONE})
# `for no key update`: who adds a row that only names the dossier, such as an offer made under the lock of its
# result, need not wait; with `for update` he and a delivery, which locks dossier, then result, block each other.
_LOCK = "select * from dossier where id = $1 for no key update"
_STATE = "update dossier set state = $2, version = version + 1 where id = $1"


async def lock(work: Work, dossier_id: UUID) -> Record:
    """Return the dossier's row, locked until the end of the work."""
    row = await work.tx.fetchrow(_LOCK, dossier_id)
    if row is None:
        raise NotFound("Không tìm thấy hồ sơ.", "There is no such dossier.")
    work.trace_id = row["trace_id"]
    return row


async def change(
    platform: Platform,
    work: Work,
    dossier: Record,
    kind: str,
    payload: Mapping[str, Any] | None = None,
) -> int:
    """Carry out one of the ``TRANSITIONS``; returns the new state.

    ``Conflict`` when the state does not allow it, or a plugin refuses.
    """
    after = target(dossier["state"], kind)
    view = {k: dossier[k] for k in ("id", "state", "procedure_code")}
    if refusal := platform.plugins.refusal(work.tenant, view, kind):
        raise Conflict(refusal.vi, refusal.en)
    await work.tx.execute(_STATE, dossier["id"], int(after))
    work.emit(
        kind,
        dossier["id"],
        {**(payload or {}), "state": int(after)},
        unit=dossier["competent_unit"],
    )
    if after in _ENDS and dossier["parent_id"] is not None:
        work.emit(
            CHILD_ENDED, dossier["parent_id"], {"child": str(dossier["id"]), "state": int(after)}
        )
    return int(after)
