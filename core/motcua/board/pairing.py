"""A television becomes a site's board: it shows where to get a code, takes it, and remembers its zone."""

from typing import Any

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from motcua.board.halls import Hall, hall_of
from motcua.errors import Both, Invalid, NotFound, Problem
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.station import devices
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.routes import session_cookie
from motcua.web.sessions import Session

KIND = "board"
ZONE = "mc_board_zone"
KEYS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What codes are made of: the keys on the screen of a television that has no others."""

_WHOLE = "-"
_YEAR = 365 * 86400
_DEVICE = """
select d.kind, s.key from device d join site s on s.tenant_id = d.tenant_id and s.id = d.site_id
where d.id = $1
"""


def paired(request: AnyRequest) -> Session | None:
    """Return the session of a paired board; None for any other browser."""
    session = here(request).session
    is_board = session and session.kind == "device" and session.data.get("kind") == KIND
    return session if is_board else None


@get("/board", opt={"open": True}, include_in_schema=False)
async def start(request: AnyRequest) -> Template | Redirect:
    """Show a paired board its hall; ask any other screen for its code."""
    tenant = province_of(request)
    session = paired(request)
    if session is None:
        return _ask(request)
    hall = await hall_of(request.app.state.platform, tenant, str(session.data["site"]))
    chosen = request.query_params.get("zone") or request.cookies.get(ZONE, "")
    if hall.zones and chosen not in {_WHOLE, *hall.zones}:
        return page(request, "board/zones.html", hall=hall, whole=_WHOLE)
    return _to(request, hall, chosen)


@post("/board", opt={"open": True}, include_in_schema=False)
async def pair(request: AnyRequest) -> Template | Redirect:
    """Pair this screen with the code an administrator made for it."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    code = str((await request.form()).get("code", ""))[:40]
    # The connection's own address: what a header says of it, anybody can write.
    address = request.client.host if request.client else ""
    try:
        async with platform.works.begin(tenant, SYSTEM) as work:
            found = await devices.pair_or_count(work, code, address)
            row = None if isinstance(found, Invalid) else await work.tx.fetchrow(_DEVICE, found[0])
        if isinstance(found, Invalid):
            raise found
    except Problem as refused:
        return _ask(request, refused)
    if row is None:
        raise NotFound()
    path = "/board" if row["kind"] == KIND else "/station"
    answer = Redirect(here(request).url(path), status_code=303)
    answer.set_cookie(session_cookie(request, found[1], device=True))
    return answer


def _ask(request: AnyRequest, refused: Problem | None = None) -> Template:
    platform: Platform = request.app.state.platform
    return page(
        request,
        "board/pair.html",
        status=refused.status if refused else 200,
        errors={"code": Both(refused.vi, refused.en)} if refused else {},
        devices_url=platform.settings.url_of(province_of(request).slug) + "/desk/devices",
        keys=KEYS,
    )


def _to(request: AnyRequest, hall: Hall, chosen: str) -> Redirect:
    """Go to the hall, or to the zone that was chosen once; the screen remembers it."""
    zone = f"?zone={chosen}" if chosen in hall.zones else ""
    answer = Redirect(here(request).url(f"/board/{hall.key}{zone}"), status_code=303)
    if request.query_params.get("zone"):
        settings = request.app.state.platform.settings
        answer.set_cookie(
            Cookie(
                key=ZONE,
                value=chosen,
                path=here(request).root or "/",
                max_age=_YEAR,
                samesite="lax",
                httponly=True,
                secure=settings.scheme == "https",
            )
        )
    return answer


ROUTES: list[Any] = [start, pair]
