"""A dossier at the desk: its page, its papers, and what the reception decides."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal
from uuid import UUID

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.desk.deeds import plain
from motcua.desk.view import dossier_view, staff_id
from motcua.dossiers import access, reception, returning, worklists
from motcua.dossiers.supplements import Item, Request
from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session

Fields = Any  # Litestar's multi-valued form
Allowed = Callable[[Work, Session, UUID], Awaitable[Record]]
Command = Callable[[Platform, Work, Session, UUID, Fields], Awaitable[str]]
_PAPER = "select sha256 from component where id = $1 and dossier_id = $2"


@get("/desk/find", include_in_schema=False)
async def find(request: AnyRequest) -> Redirect:
    """Open a dossier by its code, its tracking code, or the text of the code on a slip."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    async with platform.db.tenant(tenant) as tx:
        row = await worklists.find(tx, plain(request.query_params.get("q", "")))
    if row is None or not access.visible(officer, row):
        raise NotFound("Không có hồ sơ nào với mã này.", "No dossier has this code.")
    return Redirect(here(request).url(f"/desk/dossier/{row['id']}"), status_code=303)


@get("/desk/dossier/{dossier_id:uuid}", include_in_schema=False)
async def show(request: AnyRequest, dossier_id: FromPath[UUID]) -> Template:
    """Show a dossier to an officer of the unit that received or settles it."""
    return await dossier_page(request, dossier_id)


async def dossier_page(
    request: AnyRequest,
    dossier_id: UUID,
    *,
    errors: Mapping[str, str] | None = None,
    failed: str = "",
    kept: Fields = None,
) -> Template:
    """Return the dossier page; with ``errors`` it is the answer to the form named ``failed``."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    async with platform.works.begin(tenant, officer.actor) as work:
        row = await access.seen(work, officer, dossier_id)
        asked = request.query_params.get("step", "") if kept is None else str(kept.get("token", ""))
        view = await dossier_view(platform, work, officer, row, here(request).lang, asked)
    back = staff_id(str(kept.get("counter", ""))) if kept is not None else None
    return page(
        request,
        "desk/dossier.html",
        status=422 if errors else 200,
        d=view,
        errors=dict(errors or {}),
        failed=failed,
        kept={} if kept is None else {key: kept.getall(key) for key in kept},
        back=str(back) if back else "",
        done=request.query_params.get("done", ""),
    )


def back_to(request: AnyRequest, form: Fields, path: str, done: str) -> Redirect:
    """Return to the counter when the form came from one, else to ``path``."""
    counter = staff_id(str(form.get("counter", "")))
    to = f"/desk/counter/{counter}" if counter else path
    return Redirect(here(request).url(f"{to}?done={done}"), status_code=303)


async def _command(request: AnyRequest, dossier_id: UUID, name: str) -> Redirect | Template:
    return await carry_out(request, dossier_id, name, *_COMMANDS[name])


async def carry_out(
    request: AnyRequest, dossier_id: UUID, name: str, allowed: Allowed, command: Command
) -> Redirect | Template:
    """Carry out one decision on a dossier; what is wrong comes back beside the form called ``name``."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    form = await request.form()
    try:
        async with platform.works.begin(tenant, officer.actor) as work:
            await allowed(work, officer, dossier_id)
            done = await command(platform, work, officer, dossier_id, form)
    except Invalid as wrong:
        said = wrong.en if here(request).lang == "en" else wrong.vi
        errors = wrong.fields or {"": said}
        return await dossier_page(request, dossier_id, errors=errors, failed=name, kept=form)
    return back_to(request, form, f"/desk/dossier/{dossier_id}", done)


@post("/desk/dossier/{dossier_id:uuid}/compare", include_in_schema=False)
async def compare(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Note which papers were compared with their originals."""
    return await _command(request, dossier_id, "compare")


@post("/desk/dossier/{dossier_id:uuid}/accept", include_in_schema=False)
async def accept(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Accept a dossier; the papers ticked in the same form count as compared."""
    return await _command(request, dossier_id, "accept")


@post("/desk/dossier/{dossier_id:uuid}/ask", include_in_schema=False)
async def ask(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Ask before acceptance for papers, and for questions to be answered again."""
    return await _command(request, dossier_id, "ask")


@post("/desk/dossier/{dossier_id:uuid}/reject", include_in_schema=False)
async def reject(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Refuse a dossier at reception."""
    return await _command(request, dossier_id, "reject")


@post("/desk/dossier/{dossier_id:uuid}/hand-over", include_in_schema=False)
async def hand_over(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Hand the result over at the counter."""
    return await _command(request, dossier_id, "hand-over")


async def _compare(
    _: Platform, work: Work, officer: Session, dossier_id: UUID, form: Fields
) -> str:
    ticked = [staff_id(str(value)) for value in form.getall("component", [])]
    await reception.compare(work, dossier_id, [t for t in ticked if t], officer.subject)
    return "compared"


async def _accept(
    platform: Platform, work: Work, officer: Session, dossier_id: UUID, form: Fields
) -> str:
    await _compare(platform, work, officer, dossier_id, form)
    paid, signed = form.get("fee_paid") == "1", form.get("signed") == "1"
    await reception.accept(platform, work, dossier_id, fee_paid=paid, signed=signed)
    return "accepted"


async def _ask(
    platform: Platform, work: Work, officer: Session, dossier_id: UUID, form: Fields
) -> str:
    asked = Request(tuple(items_of(form)), str(form.get("reason", "")))
    await reception.ask(platform, work, dossier_id, asked, officer.subject)
    return "asked"


async def _reject(
    platform: Platform, work: Work, officer: Session, dossier_id: UUID, form: Fields
) -> str:
    await reception.reject(platform, work, dossier_id, str(form.get("reason", "")))
    return "rejected"


async def _hand_over(
    platform: Platform, work: Work, officer: Session, dossier_id: UUID, form: Fields
) -> str:
    await returning.hand_over(platform, work, dossier_id)
    return "handed-over"


def items_of(form: Fields) -> list[Item]:
    """Return what was ticked (``papers``, ``fields``), each with the note beside it (``note.<kind>.<key>``)."""
    ticked: list[tuple[Literal["paper", "field"], str]] = [
        *(("paper", str(key)) for key in form.getall("papers", [])),
        *(("field", str(key)) for key in form.getall("fields", [])),
    ]
    return [Item(kind, key, str(form.get(f"note.{kind}.{key}", ""))) for kind, key in ticked]


# Who may give a command, and what it does.
_COMMANDS: Mapping[str, tuple[Allowed, Command]] = {
    "compare": (access.received, _compare),
    "accept": (access.received, _accept),
    "ask": (access.received, _ask),
    "reject": (access.received, _reject),
    "hand-over": (access.received, _hand_over),
}


@get("/desk/dossier/{dossier_id:uuid}/papers/{component_id:uuid}", include_in_schema=False)
async def paper(
    request: AnyRequest, dossier_id: FromPath[UUID], component_id: FromPath[UUID]
) -> Response[bytes]:
    """Show one paper to an officer who may see the dossier; that it was opened is an event."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    async with platform.works.begin(tenant, officer.actor) as work:
        await access.seen(work, officer, dossier_id)
        sha256 = await work.tx.fetchval(_PAPER, component_id, dossier_id)
        if sha256 is None:
            raise NotFound("Giấy tờ này không có tệp.", "This paper has no file.")
        work.emit("component.read", dossier_id, {"component": str(component_id)})
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    return pdf(await to_thread.run_sync(files.get, sha256), f"{component_id}.pdf")


def pdf(content: bytes, name: str) -> Response[bytes]:
    """Return a PDF that the browser shows; it is kept by nobody on the way."""
    headers = {"content-disposition": f'inline; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


ROUTES: list[Any] = [find, show, compare, accept, ask, reject, hand_over, paper]
