"""What somebody shared with me: opened with link and code, seen for some minutes, nothing kept by the browser.

After the code the address holds no secret any more: a cookie of this path carries the visit.
"""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.errors import Both
from motcua.events.log import Actor
from motcua.holdings import door, giving
from motcua.holdings.door import Room
from motcua.platform import Platform
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

COOKIE = "mc_share"
VISITOR = Actor("visitor")
_PLACE = "/shared"
_CLOSED = Both(
    "Không mở được: liên kết hoặc mã không đúng, hoặc việc chia sẻ đã kết thúc. "
    "Nhập sai nhiều lần thì liên kết bị khóa; hãy hỏi lại người gửi.",
    "It cannot be opened: link or code is not right, or the share has ended. "
    "After several wrong codes a link is locked; ask whoever sent it.",
)


@get("/shared/{link:str}", include_in_schema=False, opt={"open": True})
async def ask(request: AnyRequest, link: FromPath[str]) -> Template:
    """Ask for the code; the page looks the same for a link that does not exist."""
    province_of(request)
    return _private(page(request, "portal/shared_code.html", errors={}, link=link[:100]))


@post("/shared/{link:str}", include_in_schema=False, opt={"open": True})
async def open_it(request: AnyRequest, link: FromPath[str]) -> Redirect | Template:
    """Open with the code; whatever is wrong, the same sentence comes back."""
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    code = "".join(c for c in str((await request.form()).get("code", "")) if c.isdigit())[:12]
    async with platform.works.begin(tenant, VISITOR) as work:
        secret = await door.knock(platform, work, link[:100], code)
    if secret is None:
        errors = {"code": _CLOSED}
        shown = page(request, "portal/shared_code.html", status=422, errors=errors, link=link[:100])
        return _private(shown)
    away = Redirect(here(request).url(_PLACE), status_code=303, headers=giving.HEADERS)
    away.set_cookie(_cookie(request, secret))
    return away


def _cookie(request: AnyRequest, secret: str) -> Cookie:
    settings = request.app.state.platform.settings
    return Cookie(
        key=COOKIE,
        value=secret,
        path=here(request).url(_PLACE),
        httponly=True,
        secure=settings.scheme == "https",
        samesite="strict",
        max_age=int(door.VISIT.total_seconds()),
    )


@get("/shared", include_in_schema=False, opt={"open": True})
async def inside(request: AnyRequest) -> Template:
    """Show what is shared, as it stands now."""
    room = await _room(request)
    items = [(item, door.in_force(item)) for item in room.items]
    return _private(page(request, "portal/shared.html", row=room.share, items=items))


async def _room(request: AnyRequest) -> Room:
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    async with platform.works.begin(tenant, VISITOR) as work:
        return await door.inside(work, request.cookies.get(COOKIE, ""))


@get("/shared/paper/{name:str}", include_in_schema=False, opt={"open": True})
async def view(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Show one paper with the mark across (``<n>.pdf``)."""
    return await _paper(request, name, download=False)


@get("/shared/file/{name:str}", include_in_schema=False, opt={"open": True})
async def download(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Send the paper itself, with its signature, where the owner allows it."""
    return await _paper(request, name, download=True)


async def _paper(request: AnyRequest, name: str, *, download: bool) -> Response[bytes]:
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    async with platform.works.begin(tenant, VISITOR) as work:
        room = await door.inside(work, request.cookies.get(COOKIE, ""))
        item = await door.paper(work, room, giving.place_of(name), download=download)
        now = work.now
    return await giving.sent(platform, tenant, room, item, now, download=download)


def _private(shown: Template) -> Template:
    shown.headers.update(giving.HEADERS)
    return shown


ROUTES: list[Any] = [ask, open_it, inside, view, download]
