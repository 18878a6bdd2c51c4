"""The hall's board: a dark page for a television, the stream that keeps it alive, its voice. Numbers only."""

from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import File, Template

from motcua.board import pairing, voice
from motcua.board.halls import hall_of
from motcua.board.presence import presence_of
from motcua.board.stream import HallSource
from motcua.errors import NotFound
from motcua.platform import Platform
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.live import Lasting, hub_of, resumed
from motcua.web.pages import page

_DAY = "public, max-age=86400"


@get("/board/{site_key:str}", opt={"open": True}, include_in_schema=False)
async def hall(request: AnyRequest, site_key: FromPath[str]) -> Template:
    """Show a hall's board, or with ``?zone=`` that of one of its zones."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    shown = await hall_of(platform, tenant, site_key)
    zone = shown.zone(request.query_params.get("zone", ""))
    source = HallSource(platform, tenant, shown.id, zone.id if zone else None)
    await source.look(rung=True)
    [(_, state, _)] = source.greeting()
    texts = tenant.settings.get("texts", {}).get(here(request).lang, {})
    return page(
        request,
        "board/hall.html",
        hall=shown,
        zone=zone,
        query=f"?zone={zone.key}" if zone else "",
        state=state,
        clips=voice.clips(platform.settings, tenant),
        message=texts.get("board_notice", ""),
    )


@get("/board/{site_key:str}/stream", opt={"open": True}, include_in_schema=False)
async def hear(request: AnyRequest, site_key: FromPath[str]) -> Lasting:
    """Send the board what happens in the hall; resumes after ``Last-Event-ID``."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    shown = await hall_of(platform, tenant, site_key)
    zone = shown.zone(request.query_params.get("zone", ""))
    seen = resumed(request.headers.get("last-event-id"), request.query_params.get("last_event_id"))
    zone_id = zone.id if zone else None
    session = pairing.paired(request)
    told = hub_of(platform).stream(
        ("board", tenant.id, shown.id, zone_id),
        lambda: HallSource(platform, tenant, shown.id, zone_id),
        seen,
        session=(tenant, session) if session else None,
    )
    return presence_of(platform).of(tenant, session.subject, told) if session else told


@get("/board/{site_key:str}/voice/{name:str}", opt={"open": True}, include_in_schema=False)
async def clip(request: AnyRequest, site_key: FromPath[str], name: FromPath[str]) -> File:
    """Send one clip of the board's voice."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    await hall_of(platform, tenant, site_key)
    file = voice.clip(platform.settings, tenant, name)
    if file is None:
        raise NotFound("Không có tệp âm thanh này.", "There is no such clip.")
    return File(
        file,
        media_type=voice.KINDS[file.suffix],
        headers={"cache-control": _DAY},
        content_disposition_type="inline",
    )


ROUTES: list[Any] = [*pairing.ROUTES, hall, hear, clip]
