"""Withdrawing a wrong result: one officer proposes, a leader signs, and then it is gone everywhere at once.

The signature is one transaction: every copy in a wallet, every offer and every share ends, the person is
told, and where a right result is to follow its dossier is opened. Nothing of it can be undone. Both
results stay; ``issued_result.replaces`` joins them (``chain``).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from motcua.dossiers import queries
from motcua.dossiers.changes import lock
from motcua.dossiers.codes import local_day, next_number
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.holdings import correcting, telling
from motcua.holdings.grounds import grounds
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record, Tx
from motcua.wallet import delivery
from motcua.wallet.statuslist import REVOKED

KINDS = ("replace", "revoke")
PROPOSES = ("specialist", "head", "leader")
"""Who may propose, in the unit that settled the dossier; a leader of it signs."""
_LONGEST = 2000
_ONCE = "uq_result_withdrawal_result_id"

_PROPOSE = """
insert into result_withdrawal (id, result_id, dossier_id, kind, ground, fault, basis, reason,
  proposed_by, proposed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_OPEN = """
select * from result_withdrawal where dossier_id = $1 and state = 'proposed' for update
"""
_DECLINE = """
update result_withdrawal set state = 'declined', decided_by = $2, decided_at = $3, note = $4
where id = $1
"""
_SIGN = """
update result_withdrawal set state = 'signed', decided_by = $2, decided_at = $3, successor_id = $4,
  number = $5
where id = $1
"""
_AGENCY = "select agency_code from unit where id = $1"
_STANDING = """
select w.*, p.full_name as proposer, d.full_name as decider, s.code as successor_code,
  s.track_code as successor_track, s.competent_unit as successor_unit
from result_withdrawal w
join staff p on p.tenant_id = w.tenant_id and p.id = w.proposed_by
left join staff d on d.tenant_id = w.tenant_id and d.id = w.decided_by
left join dossier s on s.tenant_id = w.tenant_id and s.id = w.successor_id
where w.dossier_id = $1 order by w.proposed_at desc limit 1
"""
_CORRECTS = """
select w.id, w.reason, w.basis, w.dossier_id, d.code, r.number, r.verify_code
from result_withdrawal w
join dossier d on d.tenant_id = w.tenant_id and d.id = w.dossier_id
join issued_result r on r.tenant_id = w.tenant_id and r.id = w.result_id
where w.successor_id = $1
"""
_CHAIN = """
with recursive up as (
  select tenant_id, id, replaces from issued_result where id = $1
  union all
  select r.tenant_id, r.id, r.replaces
  from up join issued_result r on r.tenant_id = up.tenant_id and r.id = up.replaces),
down as (
  select tenant_id, id from issued_result where id = $1
  union all
  select r.tenant_id, r.id
  from down join issued_result r on r.tenant_id = down.tenant_id and r.replaces = down.id)
select r.id, r.number, r.kind, r.status, r.issued_at, r.verify_code, r.dossier_id, d.code,
  w.kind as withdrawn, w.decided_at as withdrawn_at, w.number as withdrawn_by
from issued_result r
join dossier d on d.tenant_id = r.tenant_id and d.id = r.dossier_id
left join result_withdrawal w on w.tenant_id = r.tenant_id and w.result_id = r.id
  and w.state = 'signed'
where r.id in (select id from up union select id from down)
order by r.issued_at, r.id
"""


@dataclass(frozen=True)
class Proposal:
    """What an officer proposes: the kind, the ground by its key, what it is based on in law, and the reason."""

    kind: str
    ground: str
    basis: str
    reason: str


@dataclass(frozen=True)
class Link:
    """One result of a chain, the oldest first; ``withdrawn`` is the kind of its withdrawal, if any."""

    id: UUID
    number: str
    kind: str
    status: int
    issued_at: datetime
    verify_code: str
    dossier_id: UUID
    code: str
    withdrawn: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None


async def propose(work: Work, dossier_id: UUID, officer: UUID, proposal: Proposal) -> UUID:
    """Propose to withdraw the result of a dossier; nothing of the result changes yet.

    ``Invalid`` names what is missing; ``Conflict`` when there is no result, or it is proposed or done already.
    """
    dossier = await lock(work, dossier_id)
    result = await queries.result(work.tx, dossier_id)
    if result is None:
        raise Conflict("Hồ sơ chưa có kết quả.", "There is no result yet.")
    said = _checked(work, proposal)
    ground = grounds(work.tenant)[said.ground]
    withdrawal = uuid7()
    try:
        async with work.undoable():
            await work.tx.execute(
                _PROPOSE,
                withdrawal,
                result["id"],
                dossier_id,
                said.kind,
                said.ground,
                ground.fault,
                said.basis,
                said.reason,
                officer,
                work.now,
            )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != _ONCE:
            raise
        raise Conflict(
            "Kết quả này đã có đề nghị thu hồi hoặc đã bị thu hồi.",
            "The withdrawal of this result is proposed or done already.",
        ) from error
    told = {"kind": said.kind, "ground": said.ground}
    unit = dossier["competent_unit"]
    work.emit("dossier.withdrawal_proposed", dossier_id, told, unit=unit)
    return withdrawal


async def decline(work: Work, dossier_id: UUID, officer: UUID, note: str) -> None:
    """Decline what was proposed, or take it back; ``Invalid`` without a word why."""
    dossier = await lock(work, dossier_id)
    row = await _open(work, dossier_id)
    if not (said := note.strip()[:_LONGEST]):
        raise Invalid(fields={"note": ("Hãy ghi vì sao không đồng ý.", "Say why not.")})
    await work.tx.execute(_DECLINE, row["id"], officer, work.now, said)
    work.emit("dossier.withdrawal_declined", dossier_id, unit=dossier["competent_unit"])


async def sign(platform: Platform, work: Work, dossier_id: UUID, officer: UUID) -> UUID | None:
    """Withdraw for good; returns the dossier in which the right result is made, if one is to follow.

    ``Conflict`` when nothing is proposed, when the one who proposed would sign (unless the tenant's
    ``withdrawal_alone`` lets him), and when that dossier cannot be opened.
    """
    dossier = await lock(work, dossier_id)
    row = await _open(work, dossier_id)
    if row["proposed_by"] == officer and not work.tenant.settings.get("withdrawal_alone"):
        raise Conflict(
            "Người đề nghị không tự ký được: việc thu hồi cần hai người.",
            "Whoever proposed it cannot sign it: a withdrawal takes two people.",
        )
    result = await queries.result(work.tx, dossier_id)
    if result is None:
        raise LookupError("a withdrawal names a result that is not there")
    number = await _number(work, dossier)
    if result["status"] != REVOKED:
        # The log holds no free text: the reason stands with the withdrawal and in its letter.
        await delivery.revoke(work, result["id"], f"{number} ({row['ground']})")
    successor = None
    if row["kind"] == "replace":
        successor = await correcting.open_correction(platform, work, dossier)
    await work.tx.execute(_SIGN, row["id"], officer, work.now, successor, number)
    _emit(work, dossier, row, number, successor)
    await telling.withdrawn(platform, work, dossier, result["number"], row["kind"])
    return successor


def _emit(work: Work, dossier: Record, row: Record, number: str, successor: UUID | None) -> None:
    unit, trace = dossier["competent_unit"], dossier["trace_id"]
    told: dict[str, Any] = {
        "kind": row["kind"],
        "ground": row["ground"],
        "fault": row["fault"],
        "number": number,
    }
    if successor is not None:
        told["successor"] = str(successor)
        about = {"corrects": dossier["code"]}
        work.emit("dossier.correction_opened", successor, about, unit=unit, trace_id=trace)
    withdrawal = {**told, "withdrawal": str(row["id"])}
    work.emit("result.withdrawn", row["result_id"], withdrawal, unit=unit, trace_id=trace)
    seen = {"result": str(row["result_id"]), **told}
    work.emit("dossier.result_revoked", dossier["id"], seen, unit=unit, trace_id=trace)


async def standing(tx: Tx, dossier_id: UUID) -> Record | None:
    """Return the last withdrawal of a dossier's result, proposed, signed or declined, with the names."""
    return await tx.fetchrow(_STANDING, dossier_id)


async def corrects(tx: Tx, dossier_id: UUID) -> Record | None:
    """Return what a correction dossier was opened for; None for any other dossier."""
    return await tx.fetchrow(_CORRECTS, dossier_id)


async def chain(tx: Tx, result_id: UUID) -> list[Link]:
    """Return a result with those it replaces and those it was replaced by, the oldest first."""
    return [Link(**row) for row in await tx.fetch(_CHAIN, result_id)]


async def _open(work: Work, dossier_id: UUID) -> Record:
    row = await work.tx.fetchrow(_OPEN, dossier_id)
    if row is None:
        raise Conflict(
            "Không có đề nghị thu hồi nào đang chờ. Hãy tải lại trang.",
            "No withdrawal waits for a decision. Reload the page.",
        )
    return row


def _checked(work: Work, proposal: Proposal) -> Proposal:
    """Return the proposal as it is kept; ``Invalid`` names each part that is not usable."""
    wrong: dict[str, str | tuple[str, str]] = {}
    basis, reason = proposal.basis.strip()[:_LONGEST], proposal.reason.strip()[:_LONGEST]
    ground = grounds(work.tenant).get(proposal.ground)
    if proposal.kind not in KINDS:
        wrong["kind"] = ("Chọn thay thế hay thu hồi hẳn.", "Choose: replace or revoke.")
    if ground is None or (proposal.kind in KINDS and proposal.kind not in ground.kinds):
        wrong["ground"] = (
            "Chọn lý do phù hợp với cách xử lý.",
            "Choose a ground that goes with what is to be done.",
        )
    if not basis:
        wrong["basis"] = ("Ghi căn cứ pháp lý.", "Say what it is based on in law.")
    if not reason:
        wrong["reason"] = (
            "Ghi rõ sai ở đâu, để người dân hiểu.",
            "Say what is wrong, so that the citizen understands.",
        )
    if wrong:
        raise Invalid(fields=wrong)
    return Proposal(proposal.kind, proposal.ground, basis, reason)


async def _number(work: Work, dossier: Record) -> str:
    agency = await work.tx.fetchval(_AGENCY, dossier["competent_unit"])
    if agency is None:
        raise NotFound("Không tìm thấy đơn vị.", "There is no such unit.")
    year = date(local_day(work.now).year, 1, 1)
    count = await next_number(work, f"{agency}/withdrawal", year)
    return f"{count:04d}/{year.year}/QĐTH-{agency}"
