"""What an officer may do to the clock: let it stand still for a reason, let it go on, prolong it once."""

from collections.abc import Mapping
from uuid import UUID

from motcua.dossiers import access, clock, way
from motcua.dossiers.changes import lock
from motcua.dossiers.law import law_of
from motcua.dossiers.states import State
from motcua.errors import Conflict, Invalid
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process import store
from motcua.tenancy.db import Record
from motcua.web.sessions import Session, need_role
from motcua.worktime import REASONS

#: The reasons an officer may enter; papers are asked for by a request (form 02), which stops the clock itself.
ENTERED: Mapping[str, tuple[str, str]] = {
    key: REASONS[key] for key in ("financial_duty", "opinion", "force_majeure")
}
ROLES = ("specialist", "head", "leader")
_LONGEST = 2000
_IN_SETTLEMENT = (State.ACCEPTED, State.PROCESSING, State.SUPPLEMENT, State.PAYMENT_DUE)


def may_hold(session: Session, dossier: Mapping[str, object]) -> bool:
    """Return whether an officer may stop the clock of this dossier: it is being settled in his unit."""
    unit = dossier["competent_unit"]
    if dossier["state"] not in _IN_SETTLEMENT or not isinstance(unit, UUID):
        return False
    return any(session.may(role, unit) for role in ROLES)


async def settled(work: Work, session: Session, dossier_id: UUID) -> Record:
    """Return the dossier's row to an officer of the unit that settles it; 403 for its other officers."""
    row = await access.seen(work, session, dossier_id)
    need_role(session, *ROLES, unit=row["competent_unit"])
    return row


async def hold(work: Work, dossier_id: UUID, reason: str, note: str) -> None:
    """Stop the clock for one of ``ENTERED``; the citizen reads ``note``.

    ``Invalid`` for another reason and without a note; ``Conflict`` when the dossier is not being settled or
    its clock stands still for this reason already.
    """
    dossier = await lock(work, dossier_id)
    wrong = {}
    if reason not in ENTERED:
        wrong["reason"] = ("Hãy chọn lý do tạm dừng.", "Choose why the clock stands still.")
    if not (said := note.strip()[:_LONGEST]):
        wrong["note"] = (
            "Hãy ghi rõ đang chờ việc gì để người dân biết.",
            "Say what is waited for: the citizen reads it.",
        )
    if wrong:
        raise Invalid(fields=wrong)
    _check_settled(dossier)
    await clock.pause(work, dossier_id, reason, said)


async def release(platform: Platform, work: Work, dossier_id: UUID, reason: str) -> None:
    """Let the clock go on: what it stood still for has ended.

    ``Conflict`` when it does not stand still for this reason, and for what the process itself waits for:
    that ends with its message.
    """
    dossier = await lock(work, dossier_id)
    _check_settled(dossier)
    if reason not in ENTERED:
        raise Conflict(
            "Tạm dừng này kết thúc khi người dân bổ sung xong.",
            "This pause ends with the citizen's answer.",
        )
    waits = await store.waits(work.tx, dossier_id)
    held = any(way.stands(w["clock"], w["message"], w["optional"]) for w in waits)
    payment = dossier["state"] == State.PAYMENT_DUE
    if held and reason == ("financial_duty" if payment else "opinion"):
        raise Conflict(
            "Quy trình đang chờ việc này; đồng hồ tự chạy tiếp khi việc đó xong.",
            "The process waits for this; the clock goes on by itself when it has come.",
        )
    _, procedure = await law_of(platform, work, dossier)
    await clock.resume(work, dossier, procedure.package, reason)


def _check_settled(dossier: Record) -> None:
    if dossier["state"] not in _IN_SETTLEMENT:
        raise Conflict(
            "Chỉ hồ sơ đang giải quyết mới có đồng hồ để tạm dừng.",
            "Only a dossier that is being settled has a clock to stop.",
        )
