"""What officers do, for programs: the same commands as the desk, with a bearer token of a staff session."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from motcua.dossiers import queries, reception, returning, settlement
from motcua.dossiers.access import CASE_ROLES, visible
from motcua.dossiers.settlement import Officer, StepDone
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.people.capabilities import units
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import Session, need, need_role

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Compare(msgspec.Struct, forbid_unknown_fields=True):
    """The components that were compared with their originals."""

    components: list[UUID]


class Accept(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the fee was paid; only asked when there is one."""

    fee_paid: bool = False


class Reject(msgspec.Struct, forbid_unknown_fields=True):
    """Why a dossier is not accepted."""

    reason: str


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """Which papers are missing, and why."""

    papers: list[str]
    reason: str


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """How a step was done; see ``settlement.StepDone``."""

    token: str
    outcome: str = ""
    assignee: UUID | None = None
    draft: dict[str, Any] = {}
    papers: list[str] = []
    reason: str = ""


async def seen(work: Work, session: Session, dossier_id: UUID) -> Record:
    """Return a dossier the officer may see; for anybody else it does not exist."""
    dossier = await queries.one(work.tx, dossier_id)
    if not visible(session, dossier):
        raise NotFound("Không tìm thấy hồ sơ.", "There is no such dossier.")
    return dossier


def officer(session: Session) -> Officer:
    """Return the officer of a staff session."""
    return Officer(session.subject, session.capabilities)


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


@get("/api/staff/work")
async def work_list(request: AnyRequest) -> list[dict[str, Any]]:
    """List the steps that wait for me, oldest first."""
    tenant, session = province_of(request), need_role(here(request).session, *CASE_ROLES)
    roles = sorted(session.roles())
    async with _platform(request).db.tenant(tenant) as tx:
        found: list[Record] = []
        for role in roles:
            own = units(session.capabilities, role)
            found += await queries.todo(tx, [role], own, session.subject, _EPOCH)
    shown = (
        "instance_id",
        "token",
        "node",
        "name_vi",
        "name_en",
        "role",
        "code",
        "due_at",
        "state",
    )
    return [{k: row[k] for k in shown} for row in sorted(found, key=lambda r: r["since"])]


@get("/api/staff/tray")
async def tray(request: AnyRequest) -> list[dict[str, Any]]:
    """List what was submitted and waits for a first answer."""
    tenant, session = province_of(request), need_role(here(request).session, "receiver")
    async with _platform(request).db.tenant(tenant) as tx:
        rows = await queries.tray(tx, units(session.capabilities, "receiver"), _EPOCH)
    shown = ("id", "track_code", "procedure_name", "channel", "submitted_at", "react_by")
    return [{k: row[k] for k in shown} for row in rows]


@get("/api/staff/dossiers/{dossier_id:uuid}")
async def one(request: AnyRequest, dossier_id: FromPath[UUID]) -> dict[str, Any]:
    """Show a dossier with its papers and what it waits for."""
    tenant, session = province_of(request), need(here(request).session, "staff")
    async with _platform(request).works.begin(tenant, session.actor) as work:
        dossier = await seen(work, session, dossier_id)
        work.emit("dossier.read", dossier_id, unit=dossier["competent_unit"])
        papers = await queries.components(work.tx, dossier_id)
        waits = await queries.waits(work.tx, dossier_id)
        answers = queries.answers(work, dossier)
    return {
        **{k: dossier[k] for k in ("id", "code", "state", "procedure_code", "due_at", "fee")},
        "answers": answers,
        "papers": [
            {k: p[k] for k in ("id", "paper_key", "name_vi", "provenance", "pages")} for p in papers
        ],
        "waits": [
            {k: w[k] for k in ("token", "node", "kind", "role", "outcomes", "name_vi")}
            for w in waits
        ],
    }


@post("/api/staff/dossiers/{dossier_id:uuid}/compare", status_code=200)
async def compare(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Compare]
) -> dict[str, int]:
    """Mark papers as compared with their originals."""
    async with _receiving(request, dossier_id) as (work, session, _):
        done = await reception.compare(work, dossier_id, data.components, session.subject)
    return {"compared": done}


@post("/api/staff/dossiers/{dossier_id:uuid}/accept", status_code=200)
async def accept(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Accept]
) -> dict[str, Any]:
    """Accept a dossier; answers its code and due moment."""
    platform = _platform(request)
    async with _receiving(request, dossier_id) as (work, _, _):
        code = await reception.accept(platform, work, dossier_id, fee_paid=data.fee_paid)
        dossier = await queries.one(work.tx, dossier_id)
    return {"code": code, "due_at": dossier["due_at"], "derivation": dossier["derivation"]}


@post("/api/staff/dossiers/{dossier_id:uuid}/reject", status_code=200)
async def reject(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Reject]
) -> dict[str, str]:
    """Refuse a dossier at reception."""
    async with _receiving(request, dossier_id) as (work, _, _):
        await reception.reject(_platform(request), work, dossier_id, data.reason)
    return {"state": "rejected"}


@post("/api/staff/dossiers/{dossier_id:uuid}/hand-over", status_code=200)
async def hand_over(request: AnyRequest, dossier_id: FromPath[UUID]) -> dict[str, str]:
    """Note that the person received the result at the counter."""
    async with _receiving(request, dossier_id) as (work, _, _):
        await returning.hand_over(_platform(request), work, dossier_id)
    return {"state": "returned"}


@post("/api/staff/dossiers/{dossier_id:uuid}/ask", status_code=200)
async def ask(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Ask]
) -> dict[str, str]:
    """Ask for papers before acceptance."""
    async with _receiving(request, dossier_id) as (work, session, _):
        await reception.ask(
            _platform(request),
            work,
            dossier_id,
            papers=data.papers,
            reason=data.reason,
            officer=session.subject,
        )
    return {"state": "supplement"}


@post("/api/staff/dossiers/{dossier_id:uuid}/step", status_code=200)
async def step(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Step]
) -> dict[str, Any]:
    """Complete the step that waits under a token."""
    tenant, session = province_of(request), need(here(request).session, "staff")
    platform = _platform(request)
    async with platform.works.begin(tenant, session.actor) as work:
        dossier = await seen(work, session, dossier_id)
        draft = await _draft(platform, work, dossier, data.draft)
        done = StepDone(
            data.token, data.outcome, data.assignee, draft, tuple(data.papers), data.reason
        )
        await settlement.complete(platform, work, dossier_id, officer(session), done)
        waits = await queries.waits(work.tx, dossier_id)
    return {"waits": [{k: w[k] for k in ("token", "node", "kind", "role")} for w in waits]}


@get("/api/staff/colleagues/{role:str}/{unit_id:uuid}")
async def colleagues(
    request: AnyRequest, role: FromPath[str], unit_id: FromPath[UUID]
) -> Sequence[dict[str, Any]]:
    """List who holds a role in a unit, to assign a step."""
    tenant = province_of(request)
    session = need_role(here(request).session, "head", "leader", unit=unit_id)
    async with _platform(request).works.begin(tenant, session.actor) as work:
        rows = await queries.colleagues(work.tx, role, unit_id)
    return [{"id": r["id"], "full_name": r["full_name"]} for r in rows]


async def _draft(
    platform: Platform, work: Work, dossier: Record, entered: dict[str, Any]
) -> dict[str, Any]:
    """Read what an officer drafted by the procedure's draft form."""
    law = await platform.catalogue.of(work.tenant)
    package = law.version(dossier["procedure_code"], dossier["procedure_version"]).package
    if not entered:
        return {}
    if package.draft is None:
        raise Conflict("Thủ tục này không có phần dự thảo.", "This procedure has nothing to draft.")
    return dict(package.draft.clean(entered).values)


@contextlib.asynccontextmanager
async def _receiving(
    request: AnyRequest, dossier_id: UUID
) -> AsyncIterator[tuple[Work, Session, Record]]:
    """Open a work for a receiver of the unit where the dossier lies."""
    tenant, session = province_of(request), need_role(here(request).session, "receiver")
    async with _platform(request).works.begin(tenant, session.actor) as work:
        dossier = await seen(work, session, dossier_id)
        need_role(session, "receiver", unit=dossier["received_unit"])
        yield work, session, dossier


ROUTES: list[Any] = [
    work_list,
    tray,
    one,
    compare,
    accept,
    reject,
    hand_over,
    ask,
    step,
    colleagues,
]
