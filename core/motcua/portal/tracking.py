"""What anybody may see of a dossier who holds its code: how it stands. Never a name."""

from typing import Any

from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.dossiers import queries
from motcua.dossiers.law import names
from motcua.dossiers.routes import public_events
from motcua.errors import NotFound
from motcua.platform import Platform
from motcua.portal import outcome, progress
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page


def typed_code(code: str) -> str:
    """Return a code as it is stored, whatever a person typed around it."""
    return "".join(c for c in code.upper() if c.isalnum())[:40]


@get("/track", include_in_schema=False, opt={"open": True})
async def ask(request: AnyRequest, code: FromQuery[str] = "") -> Redirect | Template:
    """Ask for the code, or go to its page."""
    tenant = province_of(request)
    if not typed_code(code):
        return page(request, "portal/track.html", code="", errors={})
    platform: Platform = request.app.state.platform
    try:
        async with platform.db.tenant(tenant) as tx:
            row = await queries.track(tx, typed_code(code))
    except NotFound as unknown:
        said = unknown.en if here(request).lang == "en" else unknown.vi
        errors = {"code": said}
        return page(request, "portal/track.html", status=404, code=code[:40], errors=errors)
    return Redirect(here(request).url(f"/track/{row['track_code']}"), status_code=303)


@get("/track/{track_code:str}", include_in_schema=False, opt={"open": True})
async def show(request: AnyRequest, track_code: FromPath[str]) -> Template:
    """Show how a dossier stands to whoever holds its code."""
    tenant, lang = province_of(request), here(request).lang
    platform: Platform = request.app.state.platform
    law = await platform.catalogue.of(tenant)
    async with platform.db.tenant(tenant) as tx:
        row = await queries.track(tx, typed_code(track_code))
        gone = await outcome.withdrawn_at(tx, row["id"])
    events = public_events(row)
    return page(
        request,
        "portal/tracked.html",
        row=row,
        names=names(law),
        unit=row["unit"],
        badge=progress.state_badge(row["state"], lang),
        items=progress.timeline(law, row, events, lang, gone=gone),
        clock=progress.clock(law.calendar, row, events, lang),
        lines=progress.explained(row["derivation"], lang),
        react=progress.reaction_lines(law.calendar, row, events, lang),
        running=None,
    )


ROUTES: list[Any] = [ask, show]
