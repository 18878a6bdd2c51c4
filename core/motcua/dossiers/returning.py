"""Handing the result over at the counter, for those who want paper: the dossier ends at state 10."""

from uuid import UUID

from motcua.dossiers.changes import change, lock
from motcua.events.work import Work
from motcua.platform import Platform

_RETURNED = "update dossier set returned_at = $2, delivery = 'delivered' where id = $1"


async def hand_over(platform: Platform, work: Work, dossier_id: UUID) -> None:
    """Note that the person has the result in hands; a late result is never held back.

    ``Conflict`` unless the dossier is done and its result not returned yet.
    """
    dossier = await lock(work, dossier_id)
    await change(platform, work, dossier, "dossier.returned", {"way": "counter"})
    await work.tx.execute(_RETURNED, dossier_id, work.now)
