"""Looking up how a dossier stands, and whether its result is there."""

from typing import Any

from litestar import get, post
from litestar.response import Redirect, Template

from motcua.dossiers import queries, states
from motcua.errors import Problem
from motcua.station import visits
from motcua.station.screen import Screen, code_in, go, say, screen_of, show
from motcua.web.here import AnyRequest


@get("/track", include_in_schema=False)
async def track_page(request: AnyRequest) -> Template:
    """Ask for the code of a dossier, or show how it stands."""
    screen = await screen_of(request)
    async with screen.visit() as (work, visit, _):
        code = visit.notes.track
        return _status(screen, await queries.track(work.tx, code) if code else None)


@post("/track", include_in_schema=False)
async def track(request: AnyRequest) -> Redirect | Template:
    """Look up ``code``, typed or scanned from the slip."""
    screen = await screen_of(request)
    code = code_in(str((await request.form()).get("code", "")))
    try:
        async with screen.visit() as (work, visit, _):
            if code:
                await queries.track(work.tx, code)
            visit.notes.way, visit.notes.track = "track", code
            await visits.save(work, visit)
    except Problem as refused:
        return _status(screen, None, refused)
    return go(request, "/station/track")


def _status(screen: Screen, found: Any, refused: Problem | None = None) -> Template:
    title = states.TITLES[found["state"]] if found else ("", "")
    return show(
        screen.request,
        "track.html",
        status=refused.status if refused else 200,
        errors={"code": say(screen.request, refused)} if refused else {},
        found=found,
        ready=bool(found) and found["state"] == states.State.DONE,
        state_title=title,
    )


ROUTES: list[Any] = [track_page, track]
