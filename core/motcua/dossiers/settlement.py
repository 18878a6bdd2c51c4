"""From acceptance to the result: the steps of the process, and the request that stops the clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.forms import InvalidAnswers
from motcua.dossiers import clock, way
from motcua.dossiers.changes import change, lock
from motcua.dossiers.law import law_of
from motcua.dossiers.reception import record_request
from motcua.dossiers.supplements import Item, Request
from motcua.errors import Conflict, Forbidden, Invalid
from motcua.events.work import Work
from motcua.people.capabilities import Capability, may
from motcua.platform import Platform
from motcua.process import Complete
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
    items: Sequence[Item] = ()
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
        said = ("Hãy chọn kết quả của bước này.", "Choose the outcome of this step.")
        raise Invalid(fields={"outcome": said})
    if dossier["state"] == 2:
        await change(platform, work, dossier, "dossier.processing")
        dossier = await lock(work, dossier_id)
    _, procedure = await law_of(platform, work, dossier)
    await _effect(platform, work, dossier, procedure, wait, officer, done)
    assignee = await _assignee(work, done.assignee, procedure, wait)
    chosen = {"outcome": done.outcome} if done.outcome else {}
    await way.go(platform, work, dossier_id, Complete(done.token, chosen), assignee=assignee)
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
            said = (
                "Hãy ghi rõ lý do từ chối để người dân biết.",
                "Give the reason of the refusal, so that the citizen knows it.",
            )
            raise Invalid(fields={"reason": said})
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
        said = ("Bước này không có phần dự thảo.", "Nothing is drafted here.")
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
    request = Request(tuple(done.items), done.reason)
    await record_request(work, dossier, "settlement", procedure, request, officer.id)
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
        fields={
            "assignee": (
                "Người được chọn không giữ vai trò của bước sau ở đơn vị này.",
                "This person does not hold the role of the next step in this unit.",
            )
        }
    )
