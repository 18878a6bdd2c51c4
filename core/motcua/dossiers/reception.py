"""At the counter: compare with originals, accept, refuse, or ask for what is missing."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.packages import Package
from motcua.dossiers import clock, codes, cosigning, offices, queries, supplements, way
from motcua.dossiers.changes import change, lock
from motcua.dossiers.law import law_of
from motcua.dossiers.offices import Office
from motcua.dossiers.submission import CHANNELS
from motcua.dossiers.supplements import Request
from motcua.errors import Conflict, Invalid
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record

_COMPARE = """
update component set provenance = 'officer-compared', compared_by = $3, compared_at = $4
where dossier_id = $1 and id = any($2) and provenance = 'self-scanned' returning id
"""
_UNCOMPARED = """
select name_vi from component where dossier_id = $1 and provenance = 'self-scanned' order by name_vi
"""
_UNITS = "select id, agency_code, kind from unit where id = any($1)"
_ACCEPT = """
update dossier set code = $2, accepted_at = $3, due_at = $4, original_due_at = $4, derivation = $5,
  digitisation = 2, money = $6, case_key = $7, limit_value = $8, priority = $9 where id = $1
"""
_MOVE = "update dossier set competent_unit = $2 where id = $1"
_NAMED = 5
_SUPPLEMENT = """
insert into supplement (id, dossier_id, stage, items, reason, requested_by, requested_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""


async def compare(work: Work, dossier_id: UUID, components: Sequence[UUID], officer: UUID) -> int:
    """Mark self-scanned components as compared with their originals; returns how many."""
    await lock(work, dossier_id)
    rows = await work.tx.fetch(_COMPARE, dossier_id, list(components), officer, work.now)
    for row in rows:
        work.emit("component.compared", dossier_id, {"component": str(row["id"])})
    return len(rows)


async def accept(
    platform: Platform, work: Work, dossier_id: UUID, *, fee_paid: bool, signed: bool = False
) -> str:
    """Accept a submitted dossier: code, due date, process; returns the code.

    ``signed``: the co-signers who have not confirmed signed before the receiver. The unit that decides is
    another one when the answers, mended since, name exactly one other.

    ``Invalid`` when papers were not compared, the fee is open or a co-signer has not signed; ``Conflict``
    when it was accepted already, or when its unit may not decide and several others may.
    """
    dossier = await lock(work, dossier_id)
    change_allowed(dossier["state"])
    _, procedure = await law_of(platform, work, dossier)
    answers = queries.answers(work, dossier)
    missing = cosigning.unsigned(procedure.package.form, answers)
    unsigned = () if signed else missing
    await _check_ready(work, dossier_id, dossier["fee"], fee_paid, unsigned)
    if missing:
        work.emit("cosignature.witnessed", dossier_id, {"cosigners": len(missing)})
    dossier = await _route(platform, work, dossier, procedure.package, answers)
    priority = procedure.package.priority(answers)
    case, decided = _case(procedure.package, answers)
    procedure = procedure.of_case(case, decided)
    due = await clock.begin(work, procedure.package)
    places = [dossier["received_unit"], dossier["competent_unit"]]
    units = {row["id"]: row for row in await work.tx.fetch(_UNITS, places)}
    code = await codes.allocate(work, units[dossier["received_unit"]]["agency_code"])
    money = "paid" if dossier["fee"] else "none"
    await work.tx.execute(
        _ACCEPT,
        dossier_id,
        code,
        work.now,
        due.at,
        clock.derivation(due),
        money,
        case,
        decided,
        priority,
    )
    await change(
        platform, work, dossier, "dossier.accepted", {"code": code, "due": due.at.isoformat()}
    )
    if dossier["fee"]:
        work.emit("money.paid", dossier_id, {"amount": dossier["fee"]})
    variables = procedure.package.variables(
        case,
        answers,
        channel=CHANNELS[dossier["channel"]],
        unit_level=offices.level_of(units[dossier["competent_unit"]]["kind"]),
    )
    await way.begin(platform, work, dossier_id, procedure, variables)
    return code


def _case(package: Package, answers: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return the case that the answers make, and the limit where a decision gives it."""
    case = package.case_for(answers)
    decides = bool(package.case(case.id).time_limit.decision)
    return case.id, case.time_limit.value if decides else None


async def _route(
    platform: Platform, work: Work, dossier: Record, package: Package, answers: Mapping[str, Any]
) -> Record:
    """Return the dossier with a unit that may decide on these answers, moved there where it is the only one."""
    if not package.route(answers):
        return dossier
    known = await offices.of(platform, work.tenant, work.tx)
    able = offices.deciding(known, package, answers)
    if any(office.id == dossier["competent_unit"] for office in able):
        return dossier
    if len(able) != 1:
        raise _not_competent(able)
    to = able[0].id
    await work.tx.execute(_MOVE, dossier["id"], to)
    told = {"from": str(dossier["competent_unit"]), "to": str(to)}
    work.emit("dossier.rerouted", dossier["id"], told, unit=to)
    return await lock(work, dossier["id"])


def _not_competent(able: Sequence[Office]) -> Conflict:
    names = ", ".join(office.name for office in able[:_NAMED])
    more = "…" if len(able) > _NAMED else ""
    if not able:
        vi, en = "chưa có cơ quan nào ở đây", "no unit here is"
    else:
        vi, en = f"{names}{more}", f"{names}{more}"
    return Conflict(
        "Theo nội dung đã bổ sung, cơ quan được chọn không còn thẩm quyền giải quyết."
        f" Có thẩm quyền: {vi}. Không tiếp nhận và hướng dẫn người dân nộp lại đến cơ quan đó.",
        "By the answers as they are now, the chosen unit may not decide any more."
        f" Competent: {en}. Do not accept; tell the citizen to submit to that unit.",
    )


def change_allowed(state: int) -> None:
    """Refuse early, before anything is written, when the dossier is not waiting for reception."""
    if state != 1:
        raise Conflict(
            "Hồ sơ này đã được xử lý ở bước tiếp nhận rồi.",
            "This dossier has already been through reception.",
        )


async def _check_ready(
    work: Work, dossier_id: UUID, fee: int, fee_paid: bool, unsigned: Sequence[str]
) -> None:
    wrong = {}
    if rows := await work.tx.fetch(_UNCOMPARED, dossier_id):
        names = ", ".join(r["name_vi"] for r in rows)
        wrong["components"] = (
            f"Chưa đối chiếu với bản chính: {names}.",
            f"Not compared with the original yet: {names}.",
        )
    if fee and not fee_paid:
        wrong["fee_paid"] = (
            "Chưa xác nhận đã thu phí.",
            "It is not confirmed that the fee was paid.",
        )
    if unsigned:
        names = ", ".join(unsigned)
        wrong["signed"] = (
            f"Người cùng ký chưa xác nhận: {names}. Đánh dấu khi họ đã ký trước mặt bạn.",
            f"These co-signers have not confirmed: {names}. Tick when they have signed before you.",
        )
    if wrong:
        raise Invalid(
            "Chưa thể tiếp nhận hồ sơ.", "The dossier cannot be accepted yet.", fields=wrong
        )


async def reject(platform: Platform, work: Work, dossier_id: UUID, reason: str) -> None:
    """Refuse a dossier at reception (form 03): final, with a written reason."""
    dossier = await lock(work, dossier_id)
    await change(platform, work, dossier, "dossier.rejected", {"reason": _said(reason, "reason")})


async def ask(
    platform: Platform, work: Work, dossier_id: UUID, request: Request, officer: UUID
) -> None:
    """Ask for what is missing or wrong before acceptance (form 02).

    This does not count as the settlement's request. Raises as ``record_request``.
    """
    dossier = await lock(work, dossier_id)
    _, procedure = await law_of(platform, work, dossier)
    await record_request(work, dossier, "reception", procedure, request, officer)
    await change(platform, work, dossier, "dossier.reception_supplement_requested")


async def record_request(
    work: Work, dossier: Record, stage: str, procedure: Adopted, request: Request, officer: UUID
) -> None:
    """Store a supplement request; ``Invalid`` when nobody could answer it (``supplements.checked``)."""
    answers = queries.answers(work, dossier)
    told = supplements.checked(procedure.package, answers, request)
    await work.tx.execute(
        _SUPPLEMENT,
        uuid7(),
        dossier["id"],
        stage,
        [msgspec.to_builtins(item) for item in told.items],
        told.reason,
        officer,
        work.now,
    )


def _said(reason: str, field: str) -> str:
    if not (said := reason.strip()):
        raise Invalid(
            "Thiếu lý do.",
            "A reason is needed.",
            fields={
                field: (
                    "Hãy ghi rõ lý do để người dân biết.",
                    "Give the reason, so that the citizen knows it.",
                )
            },
        )
    return said[:2000]
