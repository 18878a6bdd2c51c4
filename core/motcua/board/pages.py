"""The hall's board: a dark page for a television, and the stream that keeps it alive. Numbers only."""

from datetime import UTC, datetime
from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream, Template

from motcua.board.stream import HallReader, newest
from motcua.platform import Platform
from motcua.queues import board, queries
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.live import follow, resumed, stream
from motcua.web.pages import page


@get("/board/{site_key:str}", opt={"open": True}, include_in_schema=False)
async def hall(request: AnyRequest, site_key: FromPath[str]) -> Template:
    """Show a hall's board."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    async with platform.db.tenant(tenant) as tx:
        site = await queries.site(tx, site_key)
        state = await board.snapshot(tx, site["id"], datetime.now(UTC))
    texts = tenant.settings.get("texts", {}).get(here(request).lang, {})
    return page(
        request,
        "board/hall.html",
        hall=site,
        calls=newest(state["calls"]),
        lines=state["lines"],
        message=texts.get("board_notice", ""),
    )


@get("/board/{site_key:str}/stream", opt={"open": True}, include_in_schema=False)
async def hear(request: AnyRequest, site_key: FromPath[str]) -> Stream:
    """Send the board what happens in the hall; resumes after ``Last-Event-ID``."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    async with platform.db.tenant(tenant) as tx:
        site = await queries.site(tx, site_key)
    seen = resumed(request.headers.get("last-event-id"), request.query_params.get("last_event_id"))
    reader = HallReader(platform, tenant, site["id"], seen)
    return stream(follow(platform.bell, f"site:{site['id']}", reader, seen))


ROUTES: list[Any] = [hall, hear]
