"""At the counter: compare with originals, accept, refuse, or ask for what is missing."""

from collections.abc import Sequence
from uuid import UUID

from motcua.catalogue.adopted import Adopted
from motcua.dossiers import clock, codes
from motcua.dossiers.changes import change, lock
from motcua.dossiers.law import law_of
from motcua.dossiers.submission import uploadable
from motcua.errors import Conflict, Invalid
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.process import store

_COMPARE = """
update component set provenance = 'officer-compared', compared_by = $3, compared_at = $4
where dossier_id = $1 and id = any($2) and provenance = 'self-scanned' returning id
"""
_UNCOMPARED = """
select name_vi from component where dossier_id = $1 and provenance = 'self-scanned' order by name_vi
"""
_AGENCY = "select agency_code from unit where id = $1"
_ACCEPT = """
update dossier set code = $2, accepted_at = $3, due_at = $4, original_due_at = $4, derivation = $5,
  digitisation = 2, money = $6 where id = $1
"""
_SUPPLEMENT = """
insert into supplement (id, dossier_id, stage, papers, reason, requested_by, requested_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""


async def compare(work: Work, dossier_id: UUID, components: Sequence[UUID], officer: UUID) -> int:
    """Mark self-scanned components as compared with their originals; returns how many."""
    await lock(work, dossier_id)
    rows = await work.tx.fetch(_COMPARE, dossier_id, list(components), officer, work.now)
    for row in rows:
        work.emit("component.compared", dossier_id, {"component": str(row["id"])})
    return len(rows)


async def accept(platform: Platform, work: Work, dossier_id: UUID, *, fee_paid: bool) -> str:
    """Accept a submitted dossier: code, due date, process; returns the code.

    ``Invalid`` when papers were not compared or the fee is open; ``Conflict`` when it was accepted
    already.
    """
    dossier = await lock(work, dossier_id)
    change_allowed(dossier["state"])
    await _check_ready(work, dossier_id, dossier["fee"], fee_paid)
    law, procedure = await law_of(platform, work, dossier)
    due = clock.due_of(law.calendar, procedure.package, work.now, ())
    agency = await work.tx.fetchval(_AGENCY, dossier["received_unit"])
    code = await codes.allocate(work, agency)
    money = "paid" if dossier["fee"] else "none"
    await work.tx.execute(_ACCEPT, dossier_id, code, work.now, due.at, clock.derivation(due), money)
    await change(
        platform, work, dossier, "dossier.accepted", {"code": code, "due": due.at.isoformat()}
    )
    if dossier["fee"]:
        work.emit("money.paid", dossier_id, {"amount": dossier["fee"]})
    await store.begin(
        work,
        dossier_id,
        procedure.bpmn,
        f"{procedure.code}@{procedure.package.version}",
        unit=dossier["competent_unit"],
        variables={},
    )
    return code


def change_allowed(state: int) -> None:
    """Refuse early, before anything is written, when the dossier is not waiting for reception."""
    if state != 1:
        raise Conflict(
            "Hồ sơ này đã được xử lý ở bước tiếp nhận rồi.",
            "This dossier has already been through reception.",
        )


async def _check_ready(work: Work, dossier_id: UUID, fee: int, fee_paid: bool) -> None:
    wrong = {}
    if rows := await work.tx.fetch(_UNCOMPARED, dossier_id):
        names = ", ".join(r["name_vi"] for r in rows)
        wrong["components"] = f"Chưa đối chiếu với bản chính: {names}."
    if fee and not fee_paid:
        wrong["fee_paid"] = "Chưa xác nhận đã thu phí."
    if wrong:
        raise Invalid(
            "Chưa thể tiếp nhận hồ sơ.", "The dossier cannot be accepted yet.", fields=wrong
        )


async def reject(platform: Platform, work: Work, dossier_id: UUID, reason: str) -> None:
    """Refuse a dossier at reception (form 03): final, with a written reason."""
    dossier = await lock(work, dossier_id)
    await change(platform, work, dossier, "dossier.rejected", {"reason": _said(reason, "reason")})


async def ask(
    platform: Platform,
    work: Work,
    dossier_id: UUID,
    *,
    papers: Sequence[str],
    reason: str,
    officer: UUID,
) -> None:
    """Ask for papers before acceptance (form 02); this does not count as the settlement's request."""
    dossier = await lock(work, dossier_id)
    _, procedure = await law_of(platform, work, dossier)
    await record_request(
        work, dossier_id, "reception", procedure, papers=papers, reason=reason, officer=officer
    )
    await change(platform, work, dossier, "dossier.reception_supplement_requested")


async def record_request(
    work: Work,
    dossier_id: UUID,
    stage: str,
    procedure: Adopted,
    *,
    papers: Sequence[str],
    reason: str,
    officer: UUID,
) -> None:
    """Store a supplement request.

    ``Invalid`` without a reason, without papers, and for a paper that the procedure does not have or that
    is only ever shown at the counter: nobody could answer such a request.
    """
    wanted = list(dict.fromkeys(papers))
    if not wanted:
        raise Invalid(fields={"papers": "Chọn ít nhất một giấy tờ cần bổ sung."})
    known = {p.key for p in procedure.package.procedure.papers if uploadable(p)}
    if strange := [key for key in wanted if key not in known]:
        said = f"Không thể yêu cầu tải lên giấy tờ này: {', '.join(strange)}."
        raise Invalid(fields={"papers": said})
    await work.tx.execute(
        _SUPPLEMENT,
        uuid7(),
        dossier_id,
        stage,
        wanted,
        _said(reason, "reason"),
        officer,
        work.now,
    )


def _said(reason: str, field: str) -> str:
    if not (said := reason.strip()):
        raise Invalid(
            "Thiếu lý do.",
            "A reason is needed.",
            fields={field: "Hãy ghi rõ lý do để người dân biết."},
        )
    return said[:2000]
