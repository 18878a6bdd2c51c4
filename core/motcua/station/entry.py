"""Pairing a device, the first screen, calling staff, and leaving."""

from typing import Any

from litestar import get, post
from litestar.response import Redirect, Template

from motcua import clock
from motcua.errors import Invalid, Problem
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.station import devices, health, visits
from motcua.station.screen import Screen, go, go_clean, next_step, say, screen_of, show
from motcua.wallet import session_wallet
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.routes import session_cookie

WAYS = ("number", "apply", "track")
_FIRST = {"number": "/station/number", "apply": "/station/identify", "track": "/station/track"}
_WALLET = "mc_wallet_open"
"""The cookie that says: on this screen a wallet was opened, and waits to be wiped."""
_KIND = """
select d.kind, s.key from device d join site s on s.tenant_id = d.tenant_id and s.id = d.site_id
where d.id = $1
"""


@get("/pair", opt={"open": True}, include_in_schema=False)
async def pair_page(request: AnyRequest) -> Template:
    """Ask for the code an administrator made."""
    province_of(request)
    return show(request, "pair.html", ending=False, low=False)


@post("/pair", opt={"open": True}, include_in_schema=False)
async def pair(request: AnyRequest) -> Redirect | Template:
    """Pair this browser as the device the code was made for."""
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    code = str((await request.form()).get("code", ""))[:40]
    # The connection's own address: what a header says of it, anybody can write.
    address = request.client.host if request.client else ""
    try:
        async with platform.works.begin(tenant, SYSTEM) as work:
            paired = await devices.pair_or_count(work, code, address)
            found = (
                None if isinstance(paired, Invalid) else await work.tx.fetchrow(_KIND, paired[0])
            )
        if isinstance(paired, Invalid):
            raise paired
    except Problem as refused:
        errors = {"code": say(request, refused)}
        return show(
            request, "pair.html", status=refused.status, errors=errors, ending=False, low=False
        )
    path = "/station"
    if found:
        path = {"board": f"/board/{found['key']}", "rating": "/rate"}.get(found["kind"], path)
    answer = go(request, path)
    answer.set_cookie(session_cookie(request, paired[1], device=True))
    return answer


@get("/", include_in_schema=False)
async def first(request: AnyRequest) -> Redirect | Template:
    """Show the first screen; whoever was here before has left, with his wallet."""
    screen = await screen_of(request)
    async with screen.work() as (work, erasure):
        await visits.leave(work, screen.device, "abandoned", erasure)
    if _WALLET in request.cookies:
        return _forget_wallet(request, screen)
    return show(request, "first.html", station=screen.site, ending=False)


@post("/start", include_in_schema=False)
async def start(request: AnyRequest) -> Redirect:
    """Begin a visit: ``way`` is number, apply or track."""
    screen = await screen_of(request)
    way = str((await request.form()).get("way", ""))
    if way not in WAYS:
        return go(request, "/station")
    async with screen.work() as (work, erasure):
        await visits.begin(work, screen.device, way, erasure)
    return go(request, _FIRST[way])


@get("/wallet", include_in_schema=False)
async def wallet(request: AnyRequest) -> Redirect:
    """Open a wallet for this visit; the end of the visit wipes it."""
    screen = await screen_of(request)
    away = Redirect(
        session_wallet.begin_url(screen.platform, screen.tenant, clock.now()), status_code=303
    )
    away.set_cookie(key=_WALLET, value="1", path=here(request).url("/station"), httponly=True)
    return away


@post("/help", include_in_schema=False)
async def call_staff(request: AnyRequest) -> Redirect:
    """Tell the site's officers that somebody needs help at this station."""
    screen = await screen_of(request)
    shown = str((await request.form()).get("ticket", ""))
    back = "/station"
    async with screen.work() as (work, _):
        try:
            if shown:
                following = (await visits.take_ticket(work, screen.device, shown))[1]
                back = f"/station/ticket/{following}"
            else:
                back = next_step((await visits.current(work, screen.device)).notes)
        except visits.NoVisitError:
            back = "/station"  # called from the first screen
        await health.ask_help(work, screen.device)
    return go(request, f"{back}?called=1")


@post("/alive", include_in_schema=False, status_code=204)
async def alive(request: AnyRequest) -> None:
    """Hear from the screen every minute; ``camera`` is ok or none."""
    screen = await screen_of(request)
    camera = str((await request.form()).get("camera", ""))
    if camera and screen.health.get("camera") != camera:
        async with screen.work() as (work, _):
            await health.report(work, screen.device, {"camera": camera})


@post("/wipe", include_in_schema=False)
async def wipe(request: AnyRequest) -> Redirect:
    """End the visit: nothing of it stays in the database, in the store or in the browser."""
    screen = await screen_of(request)
    async with screen.work() as (work, erasure):
        await visits.leave(work, screen.device, "wiped", erasure)
    # The first screen sees to the wallet, if one was opened: it stands on a host of its own.
    return go_clean(request)


@get("/wipe", include_in_schema=False)
async def wipe_again(request: AnyRequest) -> Redirect:
    """Bring whoever reloads the last step to the first screen."""
    return go(request, "/station")


def _forget_wallet(request: AnyRequest, screen: Screen) -> Redirect:
    away = Redirect(session_wallet.end_url(screen.platform, screen.tenant), status_code=303)
    away.delete_cookie(_WALLET, path=here(request).url("/station"))
    return away


ROUTES: list[Any] = [pair_page, pair, first, start, wallet, call_staff, alive, wipe, wipe_again]
