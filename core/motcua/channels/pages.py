"""Staff's page of deliveries: what is stuck and why, what is to be posted, and what can be done about it."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.channels import shown, staff
from motcua.documents.render import render_document
from motcua.dossiers import access
from motcua.dossiers.law import names
from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

PATH = "/desk/deliveries"
_LABEL = Path(__file__).parent / "typst" / "label.typ"
_DOSSIER = "select dossier_id from delivery where id = $1"
Fields = Any  # Litestar's multi-valued form
Command = Callable[[Platform, Work, UUID, Fields], Awaitable[str]]


@get(PATH, include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """List what waits for somebody of the officer's units."""
    return await _list(request)


async def _list(
    request: AnyRequest,
    errors: Mapping[str, str] | None = None,
    at: str = "",
    typed: str = "",
) -> Template:
    """Return the page; ``errors`` are those of the forms of the delivery ``at``, ``typed`` its number."""
    platform: Platform = request.app.state.platform
    tenant, officer = province_of(request), access.officer(request, *access.DESK_ROLES)
    law = await platform.catalogue.of(tenant)
    async with platform.db.tenant(tenant) as tx:
        found = await shown.listed(platform, tenant, tx, officer, here(request).lang)
    return page(
        request,
        "channels/deliveries.html",
        status=422 if errors else 200,
        procedures=names(law),
        errors=dict(errors or {}),
        at=at,
        typed=typed,
        done=request.query_params.get("done", ""),
        **found,
    )


@post(PATH + "/{delivery_id:uuid}/{act:str}", include_in_schema=False)
async def do(
    request: AnyRequest, delivery_id: FromPath[UUID], act: FromPath[str]
) -> Redirect | Template:
    """Carry out one of ``_COMMANDS``; what is wrong comes back beside the form."""
    platform: Platform = request.app.state.platform
    tenant, officer = province_of(request), access.officer(request)
    if act not in _COMMANDS:
        raise NotFound()
    form = await request.form()
    try:
        async with platform.works.begin(tenant, officer.actor) as work:
            await access.seen(work, officer, await _dossier(work, delivery_id))
            done = await _COMMANDS[act](platform, work, delivery_id, form)
    except Invalid as wrong:
        typed = str(form.get("tracking", ""))[:100]
        return await _list(request, wrong.fields, str(delivery_id), typed)
    return Redirect(here(request).url(f"{PATH}?done={done}"), status_code=303)


@get(PATH + "/{delivery_id:uuid}/label.pdf", include_in_schema=False)
async def label(request: AnyRequest, delivery_id: FromPath[UUID]) -> Response[bytes]:
    """Send the address label and the cover sheet of a letter."""
    platform: Platform = request.app.state.platform
    tenant, officer = province_of(request), access.officer(request)
    async with platform.works.begin(tenant, officer.actor) as work:
        await access.seen(work, officer, await _dossier(work, delivery_id))
        data, at = await staff.label(platform, work, delivery_id), work.now
    made = await render_document(_LABEL, data, at=at, qr=str(data["url"]))
    headers = {
        "content-disposition": f'inline; filename="bia-thu-{data["code"]}.pdf"',
        "cache-control": "no-store",
    }
    return Response(made.pdf, media_type="application/pdf", headers=headers)


async def _dossier(work: Work, delivery_id: UUID) -> UUID:
    found = await work.tx.fetchval(_DOSSIER, delivery_id)
    if found is None:
        raise NotFound("Không tìm thấy lần gửi này.", "There is no such delivery.")
    return UUID(bytes=found.bytes)


async def _again(_: Platform, work: Work, delivery: UUID, form: Fields) -> str:
    await staff.again(work, delivery)
    return "again"


async def _paper(platform: Platform, work: Work, delivery: UUID, form: Fields) -> str:
    await staff.on_paper(platform, work, delivery)
    return "paper"


async def _choose(platform: Platform, work: Work, delivery: UUID, form: Fields) -> str:
    await staff.choose(platform, work, delivery, str(form.get("channel", "")))
    return "chosen"


async def _posted(platform: Platform, work: Work, delivery: UUID, form: Fields) -> str:
    await staff.posted(platform, work, delivery, str(form.get("tracking", "")))
    return "posted"


async def _came(platform: Platform, work: Work, delivery: UUID, form: Fields) -> str:
    await staff.came(platform, work, delivery)
    return "came"


_COMMANDS: Mapping[str, Command] = {
    "again": _again,
    "paper": _paper,
    "choose": _choose,
    "posted": _posted,
    "came": _came,
}
ROUTES: list[Any] = [show, do, label]
