"""Withdrawing a wrong result at the desk: propose, sign, decline; two people at least."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.desk.dossiers import Fields, carry_out
from motcua.dossiers import access
from motcua.errors import Forbidden
from motcua.events.work import Work
from motcua.holdings import withdrawing
from motcua.holdings.withdrawing import Proposal
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest
from motcua.web.sessions import Session, need_role


@post("/desk/dossier/{dossier_id:uuid}/withdraw", include_in_schema=False)
async def propose(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Propose to withdraw the result; it stays in force until a leader signs."""
    return await carry_out(request, dossier_id, "withdraw", _settles, _propose)


@post("/desk/dossier/{dossier_id:uuid}/withdraw/sign", include_in_schema=False)
async def sign(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Withdraw the result for good, as it was proposed by somebody else."""
    return await carry_out(request, dossier_id, "withdraw-sign", access.led, _sign)


@post("/desk/dossier/{dossier_id:uuid}/withdraw/decline", include_in_schema=False)
async def decline(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Decline the proposal (a leader), or take it back (who proposed)."""
    return await carry_out(request, dossier_id, "withdraw-decline", _settles, _decline)


async def _settles(work: Work, session: Session, dossier_id: UUID) -> Record:
    row = await access.seen(work, session, dossier_id)
    need_role(session, *withdrawing.PROPOSES, unit=row["competent_unit"])
    return row


async def _propose(
    _: Platform, work: Work, officer: Session, dossier_id: UUID, form: Fields
) -> str:
    said = {key: str(form.get(key, "")) for key in ("kind", "ground", "basis", "reason")}
    await withdrawing.propose(work, dossier_id, officer.subject, Proposal(**said))
    return "withdrawal-proposed"


async def _sign(
    platform: Platform, work: Work, officer: Session, dossier_id: UUID, _: Fields
) -> str:
    await withdrawing.sign(platform, work, dossier_id, officer.subject)
    return "revoked"


async def _decline(
    _: Platform, work: Work, officer: Session, dossier_id: UUID, form: Fields
) -> str:
    row = await access.seen(work, officer, dossier_id)
    standing = await withdrawing.standing(work.tx, dossier_id)
    own = standing is not None and standing["proposed_by"] == officer.subject
    if not own and not officer.may("leader", row["competent_unit"]):
        raise Forbidden(
            "Chỉ lãnh đạo hoặc người đề nghị được quyết định việc này.",
            "Only a leader or whoever proposed it decides this.",
        )
    await withdrawing.decline(work, dossier_id, officer.subject, str(form.get("note", "")))
    return "withdrawal-declined"


ROUTES: list[Any] = [propose, sign, decline]
