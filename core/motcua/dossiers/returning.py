"""Handing the result over at the counter, for those who want paper: the dossier ends at state 10."""

from uuid import UUID

from motcua.dossiers import queries
from motcua.dossiers.changes import change, lock
from motcua.dossiers.states import State
from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record

_RETURNED = "update dossier set returned_at = $2, delivery = 'delivered' where id = $1"
# As the status list of the credentials has it: 1 is withdrawn for good, 2 suspended.
_IN_FORCE = 0


def can_be_handed_over(dossier: Record, result: Record | None) -> bool:
    """Tell whether there is a result in force that the person does not have in hands yet."""
    return bool(dossier["state"] == State.DONE and result and result["status"] == _IN_FORCE)


async def arrived(platform: Platform, work: Work, dossier_id: UUID, way: str) -> bool:
    """Note that the result has reached its holder by a channel; tells whether that ended the dossier.

    Once in effect: a dossier that is returned already, by whatever way, stays as it is.
    """
    dossier = await lock(work, dossier_id)
    if dossier["state"] != State.DONE:
        return False
    await change(platform, work, dossier, "dossier.returned", {"way": way})
    await work.tx.execute(_RETURNED, dossier_id, work.now)
    return True


async def hand_over(platform: Platform, work: Work, dossier_id: UUID) -> None:
    """Note that the person has the result in hands; a late result is never held back.

    ``Conflict`` unless the dossier is done and its result not returned yet, and when the result was
    withdrawn or suspended: nobody is given a paper that is not in force.
    """
    dossier = await lock(work, dossier_id)
    result = await queries.result(work.tx, dossier_id)
    if result is not None and result["status"] != _IN_FORCE:
        raise Conflict(
            "Kết quả này đã bị thu hồi hoặc tạm dừng hiệu lực nên không trao được.",
            "This result was withdrawn or suspended, so it cannot be handed over.",
        )
    await change(platform, work, dossier, "dossier.returned", {"way": "counter"})
    await work.tx.execute(_RETURNED, dossier_id, work.now)
