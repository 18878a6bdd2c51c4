"""Dislikes that wait for somebody: who looks after them reads what was said, and closes them with a word."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.desk.seats import LEADS, kept_by
from motcua.dossiers import access
from motcua.errors import Invalid, NotFound
from motcua.platform import Platform
from motcua.queues import feedback, queries
from motcua.tenancy.db import Record, TenantTx
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session


@get("/desk/feedback", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """List the open dislikes of the sites somebody leads, his own first."""
    return await _page(request)


async def _page(
    request: AnyRequest,
    *,
    failed: UUID | None = None,
    errors: Mapping[str, str] | None = None,
    kept: str = "",
) -> Template:
    platform: Platform = request.app.state.platform
    officer = access.officer(request, *LEADS)
    async with platform.db.tenant(province_of(request)) as tx:
        sites, rows = await _owed(tx, officer)
    reasons = {r.key: (r.vi, r.en) for r in feedback.reasons()}
    return page(
        request,
        "desk/feedback.html",
        status=422 if errors else 200,
        sites=sites,
        rows=sorted(rows, key=lambda row: row["owner_id"] != officer.subject),
        mine={row["id"] for row in rows if feedback.may_follow_up(row, officer.subject)},
        reasons=reasons,
        me=officer.subject,
        failed=failed,
        errors=dict(errors or {}),
        kept=kept,
        done=request.query_params.get("done", ""),
    )


async def _owed(tx: TenantTx, officer: Session) -> tuple[dict[UUID, str], list[Record]]:
    """Return the names of the sites an officer leads, and what is open there."""
    sites = {s["id"]: s["name"] for s in await queries.sites(tx, kept_by(officer, LEADS))}
    return sites, await feedback.owed(tx, list(sites)) if sites else []


@post("/desk/feedback/{feedback_id:uuid}", include_in_schema=False)
async def close(request: AnyRequest, feedback_id: FromPath[UUID]) -> Redirect | Template:
    """Close a dislike with what was done about it."""
    platform: Platform = request.app.state.platform
    officer = access.officer(request, *LEADS)
    closing = str((await request.form()).get("closing", ""))
    try:
        async with platform.works.begin(province_of(request), officer.actor) as work:
            _, rows = await _owed(work.tx, officer)
            if feedback_id not in {row["id"] for row in rows}:
                raise NotFound("Không có đánh giá này.", "There is no such rating.")
            await feedback.follow_up(work, feedback_id, officer.subject, closing)
    except Invalid as wrong:
        return await _page(request, failed=feedback_id, errors=wrong.fields, kept=closing)
    return Redirect(here(request).url("/desk/feedback?done=feedback-closed"), status_code=303)


ROUTES: list[Any] = [show, close]
