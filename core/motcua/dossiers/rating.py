"""What the citizen says of the service: once for each dossier, after its result."""

from uuid import UUID

from motcua.dossiers.changes import lock
from motcua.dossiers.states import State
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.tenancy.db import Record, Tx
from motcua.text import nfc

_RATE = """
insert into rating (id, dossier_id, score, comment, at) values ($1, $2, $3, $4, $5)
on conflict (tenant_id, dossier_id) do nothing returning id
"""
_READ = "select score, comment, at from rating where dossier_id = $1"
_RATED = frozenset({State.DONE, State.RETURNED})


async def rate(work: Work, dossier_id: UUID, person_id: UUID, score: int, comment: str) -> None:
    """Rate a finished dossier: 3 very satisfied, 2 satisfied, 1 not satisfied.

    ``NotFound`` for another person's dossier, ``Conflict`` before the result and the second time.
    """
    if score not in (1, 2, 3):
        said = ("Hãy chọn một mức hài lòng.", "Choose how satisfied you are.")
        raise Invalid(*said, fields={"score": said})
    dossier = await lock(work, dossier_id)
    if person_id not in (dossier["subject_id"], dossier["submitter_id"]):
        raise NotFound("Không tìm thấy hồ sơ.", "There is no such dossier.")
    if dossier["state"] not in _RATED:
        raise Conflict(
            "Hồ sơ chưa có kết quả nên chưa đánh giá được.",
            "There is no result yet, so it cannot be rated.",
        )
    kept = nfc(comment)[:1000] or None
    if await work.tx.fetchval(_RATE, uuid7(), dossier_id, score, kept, work.now) is None:
        raise Conflict("Hồ sơ này đã được đánh giá rồi.", "This dossier has been rated already.")
    # The comment may name people, so it stays out of the log.
    work.emit("dossier.rated", dossier_id, {"score": score}, unit=dossier["competent_unit"])


async def of(tx: Tx, dossier_id: UUID) -> Record | None:
    """Return the rating of a dossier, if there is one."""
    return await tx.fetchrow(_READ, dossier_id)
