"""What officers do, for programs: the same commands as the desk, with a bearer token of a staff session."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from motcua.dossiers import access, queries, reception, returning, settlement, worklists
from motcua.dossiers.settlement import Officer, StepDone
from motcua.dossiers.supplements import Item, Request
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import Session, need, need_role

_WORK = (
    "instance_id", "token", "node", "name_vi", "name_en", "role", "since", "code", "due_at", "late",
    "state",
)  # fmt: skip
_TRAY = ("id", "track_code", "procedure_name", "channel", "since", "react_by", "late")


class Listed(msgspec.Struct, frozen=True):
    """A page of a list: how many there are in all, how many are late, and ``?after=`` for the next page."""

    total: int
    late: int
    items: list[dict[str, Any]]
    after: str | None


class Compare(msgspec.Struct, forbid_unknown_fields=True):
    """The components that were compared with their originals."""

    components: list[UUID]


class Accept(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the fee was paid, and whether co-signers signed at the counter; only asked when there are any."""

    fee_paid: bool = False
    signed: bool = False


class Reject(msgspec.Struct, forbid_unknown_fields=True):
    """Why a dossier is not accepted."""

    reason: str


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """What is missing or wrong, item by item; ``reason`` stands for each item without a note."""

    items: list[Item]
    reason: str = ""


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """How a step was done; see ``settlement.StepDone``."""

    token: str
    outcome: str = ""
    assignee: UUID | None = None
    draft: dict[str, Any] = {}
    items: list[Item] = []
    reason: str = ""


def officer(session: Session) -> Officer:
    """Return the officer of a staff session."""
    return Officer(session.subject, session.capabilities)


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


@get("/api/staff/work")
async def work_list(request: AnyRequest, after: FromQuery[str] = "") -> Listed:
    """List the steps that wait for me, oldest first."""
    tenant, session = province_of(request), access.officer(request)
    now = datetime.now(UTC)
    async with _platform(request).db.tenant(tenant) as tx:
        found = await worklists.work(tx, access.held(session), session.subject, now, after=after)
    return _listed(found, _WORK)


@get("/api/staff/tray")
async def tray(request: AnyRequest, after: FromQuery[str] = "") -> Listed:
    """List what was submitted and waits for a first answer, oldest first."""
    tenant, session = province_of(request), access.officer(request, "receiver")
    now = datetime.now(UTC)
    async with _platform(request).db.tenant(tenant) as tx:
        found = await worklists.tray(tx, access.receiving(session), now, after=after)
    return _listed(found, _TRAY)


def _listed(found: worklists.Listing, shown: tuple[str, ...]) -> Listed:
    items = [{k: row[k] for k in shown} for row in found.rows]
    return Listed(found.total, found.late, items, found.after)


@get("/api/staff/dossiers/{dossier_id:uuid}")
async def one(request: AnyRequest, dossier_id: FromPath[UUID]) -> dict[str, Any]:
    """Show a dossier with its papers and what it waits for."""
    tenant, session = province_of(request), need(here(request).session, "staff")
    async with _platform(request).works.begin(tenant, session.actor) as work:
        dossier = await access.seen(work, session, dossier_id)
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
        code = await reception.accept(
            platform, work, dossier_id, fee_paid=data.fee_paid, signed=data.signed
        )
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
    """Ask before acceptance for papers, and for questions to be answered again."""
    async with _receiving(request, dossier_id) as (work, session, _):
        asked = Request(tuple(data.items), data.reason)
        await reception.ask(_platform(request), work, dossier_id, asked, session.subject)
    return {"state": "supplement"}


@post("/api/staff/dossiers/{dossier_id:uuid}/step", status_code=200)
async def step(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Step]
) -> dict[str, Any]:
    """Complete the step that waits under a token."""
    tenant, session = province_of(request), need(here(request).session, "staff")
    platform = _platform(request)
    async with platform.works.begin(tenant, session.actor) as work:
        await access.seen(work, session, dossier_id)
        done = StepDone(
            data.token,
            data.outcome,
            data.assignee,
            data.draft,
            tuple(data.items),
            data.reason,
            here(request).lang,
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


@contextlib.asynccontextmanager
async def _receiving(
    request: AnyRequest, dossier_id: UUID
) -> AsyncIterator[tuple[Work, Session, Record]]:
    """Open a work for a receiver of the unit where the dossier lies."""
    tenant, session = province_of(request), need_role(here(request).session, "receiver")
    async with _platform(request).works.begin(tenant, session.actor) as work:
        yield work, session, await access.received(work, session, dossier_id)


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
