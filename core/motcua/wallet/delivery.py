"""Withdrawing a result: every copy in any wallet, every offer and share, in the transaction of the decision."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.tenancy.db import Tx
from motcua.wallet.statuslist import REVOKED, SUSPENDED, VALID

_LOCK = "select status, trace_id from issued_result where id = $1 for no key update"
_RESULT = "update issued_result set status = $2 where id = $1"
# A copy that a revoked key signed stays revoked, whatever becomes of the result.
_COPIES = "update credential set status = $2 where result_id = $1 and status <> 1"
_OFFERS = """
update credential_offer set expires_at = $2
where result_id = $1 and used_at is null and expires_at > $2
"""
# Whoever was let see it sees it no longer; a share of which nothing is left has ended.
_CLOSE = """
update share_item set closed_at = $2 where result_id = $1 and closed_at is null
"""
_END_SHARES = """
update share s set ended_at = $2, end_reason = 'withdrawn'
where s.ended_at is null
  and s.id in (select i.share_id from share_item i where i.result_id = $1)
  and not exists (select 1 from share_item i
    where i.tenant_id = s.tenant_id and i.share_id = s.id and i.closed_at is null)
"""
_NOTE = """
insert into status_change (id, result_id, before, status, copies, actor, reason, at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_HISTORY = """
select at, before, status, copies, actor, reason from status_change
where result_id = $1 order by at, id
"""


@dataclass(frozen=True)
class Change:
    """One entry of a result's history: what it was, what it became, by whom and why."""

    at: datetime
    before: int
    status: int
    copies: int
    actor: str
    reason: str


async def history(tx: Tx, result_id: UUID) -> list[Change]:
    """Return how the status of a result changed, oldest first; nothing of it can be altered."""
    return [Change(**row) for row in await tx.fetch(_HISTORY, result_id)]


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
    if status == REVOKED:
        await work.tx.execute(_CLOSE, result_id, work.now)
        await work.tx.execute(_END_SHARES, result_id, work.now)
    copies = int(done.rsplit(" ", 1)[-1])
    await work.tx.execute(
        _NOTE,
        uuid7(),
        result_id,
        row["status"],
        status,
        copies,
        str(work.actor),
        reason.strip(),
        work.now,
    )
    payload = {"reason": reason.strip(), "copies": copies}
    work.emit(event, result_id, payload, trace_id=row["trace_id"])
    return copies
