"""What citizens share with this office for a time: seen at the desk, and every look written down for them."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Template

from motcua.dossiers import access
from motcua.holdings import door, giving
from motcua.platform import Platform
from motcua.web.here import AnyRequest, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session


@get("/desk/shared", include_in_schema=False)
async def show_all(request: AnyRequest) -> Template:
    """List what is shared with the officer's units; the list opens nothing yet."""
    platform: Platform = request.app.state.platform
    officer = access.officer(request)
    async with platform.works.begin(province_of(request), officer.actor) as work:
        rows = await door.waiting(work, _units(officer))
    return page(request, "desk/shared.html", rows=rows)


@get("/desk/shared/{share_id:uuid}", include_in_schema=False)
async def show_one(request: AnyRequest, share_id: FromPath[UUID]) -> Template:
    """Open one; that it was opened is told to its owner."""
    platform: Platform = request.app.state.platform
    officer = access.officer(request)
    async with platform.works.begin(province_of(request), officer.actor) as work:
        room = await door.enter(platform, work, share_id, _units(officer))
    items = [(item, door.in_force(item)) for item in room.items]
    return page(request, "desk/shared_one.html", row=room.share, items=items)


@get("/desk/shared/{share_id:uuid}/paper/{name:str}", include_in_schema=False)
async def view(
    request: AnyRequest, share_id: FromPath[UUID], name: FromPath[str]
) -> Response[bytes]:
    """Show one paper with the mark across."""
    return await _paper(request, share_id, name, download=False)


@get("/desk/shared/{share_id:uuid}/file/{name:str}", include_in_schema=False)
async def download(
    request: AnyRequest, share_id: FromPath[UUID], name: FromPath[str]
) -> Response[bytes]:
    """Send the paper itself where the owner allows it."""
    return await _paper(request, share_id, name, download=True)


async def _paper(
    request: AnyRequest, share_id: UUID, name: str, *, download: bool
) -> Response[bytes]:
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    async with platform.works.begin(tenant, officer.actor) as work:
        room = await door.enter(platform, work, share_id, _units(officer))
        item = await door.paper(work, room, giving.place_of(name), download=download)
        now = work.now
    return await giving.sent(platform, tenant, room, item, now, download=download)


def _units(officer: Session) -> list[UUID] | None:
    """Return the units in which the officer handles dossiers; None for all of them."""
    _, units = access.held(officer)
    return None if None in units else [u for u in units if u is not None]


ROUTES: list[Any] = [show_all, show_one, view, download]
