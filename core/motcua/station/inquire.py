"""Taking a number without a dossier, and looking up how a dossier stands."""

from typing import Any

from litestar import get, post
from litestar.response import Redirect, Template

from motcua.dossiers import queries, states
from motcua.errors import Problem
from motcua.events.work import Work
from motcua.queues import service
from motcua.station import lines, visits
from motcua.station.finish import second_press
from motcua.station.screen import Screen, go, say, screen_of, show
from motcua.station.visits import Notes, NoVisitError
from motcua.web.here import AnyRequest


@get("/number", include_in_schema=False)
async def numbers(request: AnyRequest) -> Template:
    """Show the lines of this site with how many wait."""
    screen = await screen_of(request)
    async with screen.visit() as (work, visit, _):
        return await _numbers(screen, work, visit.notes)


@post("/number", include_in_schema=False)
async def take_number(request: AnyRequest) -> Redirect | Template:
    """Take a number in the line with the letter ``line``."""
    screen = await screen_of(request)
    form = await request.form()
    letter, once = str(form.get("line", "")), str(form.get("once", ""))
    try:
        async with screen.visit() as (work, visit, erasure):
            line = await lines.by_letter(work.tx, screen.site.id, letter)
            issued = await service.issue(work, screen.site.id, line, person=visit.notes.person)
            await visits.drop(work, visit.notes.files(), erasure)
            await visits.end(work, visit, "ticket", ticket=issued.id, show=visit.notes.once)
    except NoVisitError:
        return await second_press(screen, once)
    except Problem as refused:
        async with screen.visit() as (work, visit, _):
            return await _numbers(screen, work, visit.notes, refused)
    return go(request, f"/station/ticket/{visit.notes.once}")


async def _numbers(
    screen: Screen, work: Work, notes: Notes, refused: Problem | None = None
) -> Template:
    return show(
        screen.request,
        "number.html",
        status=refused.status if refused else 200,
        errors={"": say(screen.request, refused)} if refused else {},
        lines=await lines.waiting(work.tx, screen.site.id, work.now),
        notes=notes,
    )


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
    code = _code(str((await request.form()).get("code", "")))
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
        state_title=title,
    )


def _code(text: str) -> str:
    """Take the code out of what was typed, or out of the link in the slip's QR code."""
    return text.strip().rstrip("/").rsplit("/", 1)[-1].replace(" ", "").upper()[:40]


ROUTES: list[Any] = [numbers, take_number, track_page, track]
