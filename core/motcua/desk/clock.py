"""The clock of a dossier at the desk: let it stand still, let it go on, prolong it once with an apology."""

from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.desk.dossiers import Fields, back_to, dossier_page, pdf
from motcua.dossiers import access, clock_orders, extension
from motcua.dossiers.extension import Order
from motcua.errors import Invalid
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.web.here import AnyRequest, here, province_of


@post("/desk/dossier/{dossier_id:uuid}/clock/pause", include_in_schema=False)
async def pause(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Let the clock stand still for a reason; the citizen sees it."""
    platform: Platform = request.app.state.platform
    tenant, officer = province_of(request), access.officer(request)
    form = await request.form()
    try:
        async with platform.works.begin(tenant, officer.actor) as work:
            await clock_orders.settled(work, officer, dossier_id)
            reason, note = str(form.get("pause_reason", "")), str(form.get("note", ""))
            await clock_orders.hold(work, dossier_id, reason, note)
    except Invalid as wrong:
        return await _again(request, dossier_id, wrong, "clock-pause", form)
    return back_to(request, form, f"/desk/dossier/{dossier_id}", "clock-paused")


@post("/desk/dossier/{dossier_id:uuid}/clock/resume", include_in_schema=False)
async def resume(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect:
    """Let the clock go on."""
    platform: Platform = request.app.state.platform
    tenant, officer = province_of(request), access.officer(request)
    form = await request.form()
    async with platform.works.begin(tenant, officer.actor) as work:
        await clock_orders.settled(work, officer, dossier_id)
        await clock_orders.release(platform, work, dossier_id, str(form.get("reason", "")))
    return back_to(request, form, f"/desk/dossier/{dossier_id}", "clock-resumed")


@post("/desk/dossier/{dossier_id:uuid}/clock/extend", include_in_schema=False)
async def extend(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Prolong the limit once, before it ends; the letter of apology is signed at once."""
    platform: Platform = request.app.state.platform
    tenant, officer = province_of(request), access.officer(request)
    form = await request.form()

    async def led(work: Work) -> None:
        await access.led(work, officer, dossier_id)

    days = str(form.get("days", "")).strip()
    order = Order(
        int(days) if days.isdecimal() and len(days) < 5 else 0, str(form.get("delay", ""))
    )
    try:
        await extension.extend(platform, tenant, officer.actor, dossier_id, order, led)
    except Invalid as wrong:
        return await _again(request, dossier_id, wrong, "clock-extend", form)
    return back_to(request, form, f"/desk/dossier/{dossier_id}", "clock-extended")


async def _again(
    request: AnyRequest, dossier_id: UUID, wrong: Invalid, failed: str, form: Fields
) -> Template:
    errors = wrong.fields or {"": wrong.said(here(request).lang)}
    return await dossier_page(request, dossier_id, errors=errors, failed=failed, kept=form)


@get("/desk/dossier/{dossier_id:uuid}/extension.pdf", include_in_schema=False)
async def letter(request: AnyRequest, dossier_id: FromPath[UUID]) -> Response[bytes]:
    """Show form 04 as it was signed."""
    platform: Platform = request.app.state.platform
    tenant, officer = province_of(request), access.officer(request)
    async with platform.works.begin(tenant, officer.actor) as work:
        row = await access.seen(work, officer, dossier_id)
        sha256 = await extension.letter(work, row)
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    return pdf(await to_thread.run_sync(files.get, sha256), f"{row['code']}-extension.pdf")


ROUTES: list[Any] = [pause, resume, extend, letter]
