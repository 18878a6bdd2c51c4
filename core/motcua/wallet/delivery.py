"""Withdrawing a result: every copy that any wallet holds, at once, in the transaction of the decision."""

from uuid import UUID

from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.wallet.statuslist import REVOKED, SUSPENDED, VALID

_LOCK = "select status, trace_id from issued_result where id = $1 for no key update"
_RESULT = "update issued_result set status = $2 where id = $1"
_COPIES = "update credential set status = $2 where result_id = $1"
_OFFERS = """
update credential_offer set expires_at = $2
where result_id = $1 and used_at is null and expires_at > $2
"""


async def revoke(work: Work, result_id: UUID, reason: str) -> int:
    """Revoke a result for good; returns how many copies there are. ``Conflict`` when it was already."""
    return await _set(work, result_id, REVOKED, (VALID, SUSPENDED), "result.revoked", reason)


async def suspend(work: Work, result_id: UUID, reason: str) -> int:
    """Suspend a valid result until ``restore``."""
    return await _set(work, result_id, SUSPENDED, (VALID,), "result.suspended", reason)


async def restore(work: Work, result_id: UUID, reason: str) -> int:
    """Make a suspended result valid again; a revoked one stays revoked."""
    return await _set(work, result_id, VALID, (SUSPENDED,), "result.restored", reason)


async def _set(
    work: Work, result_id: UUID, status: int, sources: tuple[int, ...], event: str, reason: str
) -> int:
    if not reason.strip():
        raise Invalid(fields={"reason": ("Hãy ghi rõ lý do.", "Give the reason.")})
    row = await work.tx.fetchrow(_LOCK, result_id)
    if row is None:
        raise NotFound("Không tìm thấy kết quả.", "There is no such result.")
    if row["status"] not in sources:
        raise Conflict(
            "Tình trạng hiện tại của kết quả không cho phép việc này.",
            "The result's present status does not allow this.",
        )
    await work.tx.execute(_RESULT, result_id, status)
    done = await work.tx.execute(_COPIES, result_id, status)
    await work.tx.execute(_OFFERS, result_id, work.now)
    copies = int(done.rsplit(" ", 1)[-1])
    payload = {"reason": reason.strip(), "copies": copies}
    work.emit(event, result_id, payload, trace_id=row["trace_id"])
    return copies
