"""From acceptance to the result: the steps of the process, and the supplement loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.forms import InvalidAnswers
from motcua.dossiers import clock
from motcua.dossiers.changes import change, lock
from motcua.dossiers.law import law_of
from motcua.dossiers.reception import record_request
from motcua.dossiers.submission import Paper
from motcua.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.people.capabilities import Capability, may
from motcua.platform import Platform
from motcua.process import Complete, Message, store
from motcua.tenancy.db import Record

_WAIT = """
select token, node, kind, role, unit_id, assignee, outcomes, name_vi from process_wait
where instance_id = $1 and token = $2
"""
_STAFF_IN = """
select s.id from staff s join staff_role r on r.staff_id = s.id
where s.id = $1 and s.active and r.role = $2 and (r.unit_id = $3 or r.unit_id is null)
"""
_DRAFT = "update dossier set draft_sealed = $2, decision = $3 where id = $1"
_COUNT = "update dossier set supplements = supplements + 1 where id = $1"
_OPEN_REQUEST = """
select id, stage, papers from supplement where dossier_id = $1 and answered_at is null
order by requested_at limit 1
"""
_ANSWERED = "update supplement set answered_at = $2 where id = $1"
_ADD = """
insert into component (id, dossier_id, paper_key, name_vi, name_en, provenance, sha256, pages, size,
  added_at)
select $1, $2, $3, $4, $5, 'self-scanned', f.sha256, f.pages, f.size, $6
from (select * from stored_file where id = $7 and uploaded_by = $8 for key share) f
returning id
"""

SUPPLEMENT_MESSAGE = "supplement_answered"


@dataclass(frozen=True)
class Officer:
    """The member of staff who acts, with what he may do."""

    id: UUID
    capabilities: Sequence[Capability]


@dataclass(frozen=True)
class StepDone:
    """What an officer enters for a step. Which fields count depends on the step and its outcome.

    ``draft`` is as it was entered; what is wrong in it is said in ``lang`` (``vi`` or ``en``).
    """

    token: str
    outcome: str = ""
    assignee: UUID | None = None
    draft: Mapping[str, Any] = field(default_factory=dict)
    papers: Sequence[str] = ()
    reason: str = ""
    lang: str = "vi"


async def complete(
    platform: Platform, work: Work, dossier_id: UUID, officer: Officer, done: StepDone
) -> None:
    """Complete the step that waits under ``done.token``.

    ``Forbidden`` when the officer does not hold the step's role in the unit or the step is somebody
    else's; ``Conflict`` when it was completed already; ``Invalid`` for what was entered.
    """
    dossier = await lock(work, dossier_id)
    wait = await _waiting(work, dossier_id, done.token, officer)
    if done.outcome not in (wait["outcomes"] or ("", "ok")):
        raise Invalid(fields={"outcome": "Hãy chọn kết quả của bước này."})
    if dossier["state"] == 2:
        await change(platform, work, dossier, "dossier.processing")
        dossier = await lock(work, dossier_id)
    _, procedure = await law_of(platform, work, dossier)
    await _effect(platform, work, dossier, procedure, wait, officer, done)
    assignee = await _assignee(work, done.assignee, procedure, wait)
    await store.advance(
        work,
        dossier_id,
        procedure.bpmn,
        Complete(done.token, {"outcome": done.outcome} if done.outcome else {}),
        unit=dossier["competent_unit"],
        assignee=assignee,
    )
    work.emit(
        "dossier.step_done",
        dossier_id,
        {
            "node": wait["node"],
            "name": wait["name_vi"],
            "role": wait["role"],
            "outcome": done.outcome,
        },
        unit=dossier["competent_unit"],
    )


async def _waiting(work: Work, dossier_id: UUID, token: str, officer: Officer) -> Record:
    wait = await work.tx.fetchrow(_WAIT, dossier_id, token)
    if wait is None or wait["kind"] != "user":
        raise Conflict(
            "Bước này đã được thực hiện rồi. Hãy tải lại trang.",
            "This step was done already. Reload the page.",
        )
    if not may(officer.capabilities, wait["role"], wait["unit_id"]):
        raise Forbidden("Bước này thuộc vai trò khác.", "This step belongs to another role.")
    if wait["assignee"] not in (None, officer.id):
        raise Forbidden(
            "Bước này đã được phân công cho người khác.", "This step is assigned to somebody else."
        )
    return wait


def decides(outcomes: Sequence[str]) -> bool:
    """Return whether a step with these outcomes decides on the request: there the result is drafted."""
    return "refuse" in outcomes


async def _effect(
    platform: Platform,
    work: Work,
    dossier: Record,
    procedure: Adopted,
    wait: Record,
    officer: Officer,
    done: StepDone,
) -> None:
    """Do what the outcome means for the dossier itself."""
    grants = done.outcome == "ok" and decides(wait["outcomes"])
    draft = _draft(procedure, done, grants=grants)
    if done.outcome == "supplement":
        await _request_supplement(platform, work, dossier, procedure, officer, done)
    elif done.outcome == "refuse":
        if not done.reason.strip():
            raise Invalid(fields={"reason": "Hãy ghi rõ lý do từ chối để người dân biết."})
        await _save_draft(work, dossier["id"], {"reason": done.reason.strip()}, "refused")
    elif done.outcome == "return" and done.reason.strip():
        # An event of its own: what a leader writes to a specialist is not for the public page.
        work.emit("step.returned", dossier["id"], {"reason": done.reason.strip()[:2000]})
    elif grants:
        # Also without a draft: a refusal that was taken back must not stand.
        await _save_draft(work, dossier["id"], draft, "granted")


def _draft(procedure: Adopted, done: StepDone, *, grants: bool) -> Mapping[str, Any]:
    """Return the draft as the procedure's form reads it; fields that are wrong are ``draft.<key>``."""
    form = procedure.package.draft
    if done.draft and (form is None or not grants):
        said = (
            "Bước này không có phần dự thảo." if done.lang != "en" else "Nothing is drafted here."
        )
        raise Invalid(fields={"draft": said})
    if form is None or not grants:
        return {}
    try:
        return form.clean(done.draft, lang=done.lang).values
    except InvalidAnswers as wrong:
        fields = {f"draft.{key}": said for key, said in wrong.fields.items()}
        raise Invalid(wrong.vi, wrong.en, fields=fields) from wrong


async def _save_draft(
    work: Work, dossier_id: UUID, draft: Mapping[str, Any], decision: str
) -> None:
    sealed = work.vault.seal(msgspec.json.encode(draft).decode())
    await work.tx.execute(_DRAFT, dossier_id, sealed, decision)


async def _request_supplement(
    platform: Platform,
    work: Work,
    dossier: Record,
    procedure: Adopted,
    officer: Officer,
    done: StepDone,
) -> None:
    allowed = int(work.tenant.settings.get("supplements_in_settlement", 1))
    if dossier["supplements"] >= allowed:
        raise Conflict(
            f"Chỉ được yêu cầu bổ sung {allowed} lần trong quá trình giải quyết.",
            f"A supplement may be requested {allowed} time(s) during settlement.",
        )
    await record_request(
        work,
        dossier["id"],
        "settlement",
        procedure,
        papers=done.papers,
        reason=done.reason,
        officer=officer.id,
    )
    await work.tx.execute(_COUNT, dossier["id"])
    await clock.pause(work, dossier["id"], "supplement")
    await change(platform, work, dossier, "dossier.supplement_requested")


async def _assignee(
    work: Work, chosen: UUID | None, procedure: Adopted, wait: Record
) -> UUID | None:
    if chosen is None:
        return None
    role = procedure.role_after(wait["node"])
    if role and await work.tx.fetchval(_STAFF_IN, chosen, role, wait["unit_id"]):
        return chosen
    raise Invalid(
        fields={"assignee": "Người được chọn không giữ vai trò của bước sau ở đơn vị này."}
    )


async def answer_supplement(
    platform: Platform, work: Work, dossier_id: UUID, person_id: UUID, papers: Sequence[Paper]
) -> None:
    """Take what the citizen was asked for; the clock goes on.

    ``NotFound`` for anybody but the submitter; ``Conflict`` when nothing is asked for (any more);
    ``Invalid`` names each paper that is still missing.
    """
    dossier = await lock(work, dossier_id)
    if person_id not in (dossier["submitter_id"], dossier["subject_id"]):
        raise NotFound()
    request = await work.tx.fetchrow(_OPEN_REQUEST, dossier_id)
    if request is None:
        raise Conflict(
            "Hồ sơ này không có yêu cầu bổ sung nào đang chờ.",
            "Nothing is asked for on this dossier.",
        )
    law, procedure = await law_of(platform, work, dossier)
    await _add_papers(work, procedure, dossier, request["papers"], papers, person_id)
    await work.tx.execute(_ANSWERED, request["id"], work.now)
    if request["stage"] == "reception":
        await change(platform, work, dossier, "dossier.reception_supplement_answered")
        return
    await change(platform, work, dossier, "dossier.supplement_answered")
    await clock.resume(work, dossier, law.calendar, procedure.package)
    await store.advance(
        work,
        dossier_id,
        procedure.bpmn,
        Message(SUPPLEMENT_MESSAGE, {}),
        unit=dossier["competent_unit"],
    )


async def _add_papers(
    work: Work,
    procedure: Adopted,
    dossier: Record,
    asked: Sequence[str],
    papers: Sequence[Paper],
    person_id: UUID,
) -> None:
    named = {p.key: p for p in procedure.package.procedure.papers}
    given = {p.key for p in papers if p.file_id}
    missing = {k: f"Thiếu giấy tờ: {named[k].name_vi}." for k in asked if k not in given}
    if missing:
        raise Invalid("Chưa đủ giấy tờ được yêu cầu.", "Papers are missing.", fields=missing)
    for paper in papers:
        if paper.key not in asked:
            raise Invalid(fields={paper.key: "Giấy tờ này không nằm trong yêu cầu bổ sung."})
        name = named[paper.key]
        row = await work.tx.fetchval(
            _ADD,
            uuid7(),
            dossier["id"],
            paper.key,
            name.name_vi,
            name.name_en,
            work.now,
            paper.file_id,
            person_id,
        )
        if row is None:
            raise Invalid(fields={paper.key: "Tệp chưa được tải lên. Hãy tải lại."})
        work.emit("component.added", dossier["id"], {"paper": paper.key})
