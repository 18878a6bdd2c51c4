"""One door for every key of a counter: who may press it, what it does, and what the page says when it is refused."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.desk import holding, moves, seats
from motcua.desk.counters import counter_for, counter_page
from motcua.desk.deeds import LONGEST, Deed, Done, Verb, plain
from motcua.dossiers import access
from motcua.errors import Forbidden, NotFound, Problem, SignInNeeded
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.queues import days
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import Session, need_role

_HELD: Mapping[str, Verb] = {**moves.VERBS, **seats.VERBS}
_SITE_OF_LINE = """
select s.unit_id from line l join site s on s.tenant_id = l.tenant_id and s.id = l.site_id
where l.id = $1
"""


@post("/desk/counter/{counter_id:uuid}/{verb:str}", include_in_schema=False)
async def act(
    request: AnyRequest, counter_id: FromPath[UUID], verb: FromPath[str]
) -> Redirect | Template:
    """Do one thing at the counter; a refusal is told on the page, beside what is true now."""
    roles = seats.KEEPERS if verb == "release" else ("receiver",)
    officer = access.officer(request, *roles)
    command = seats.FREE.get(verb) or _HELD.get(verb)
    if command is None:
        raise NotFound()
    platform: Platform = request.app.state.platform
    form = {key: plain(str(value)) for key, value in (await request.form()).items()}
    try:
        async with platform.works.begin(province_of(request), officer.actor) as work:
            counter = await counter_for(work.tx, officer, counter_id, roles)
            if verb in _HELD:
                await holding.check(work, officer, counter_id)
            done = await command(Deed(platform, work, officer, counter, form))
    except (NotFound, Forbidden, SignInNeeded):
        raise
    except Problem as refused:
        return await _refused(request, counter_id, verb, refused, form)
    return Redirect(here(request).url(_after(counter_id, done)), status_code=303)


def _after(counter_id: UUID, done: Done) -> str:
    said = {
        "done": done.code,
        "undo": str(done.undo) if done.undo else "",
        "standby": "1" if done.standby else "",
        "moved": str(done.moved[0]) if done.moved else "",
        "to": done.moved[1] if done.moved else "",
    }
    query = urlencode({key: value for key, value in said.items() if value})
    path = "/desk" if done.to_start else f"/desk/counter/{counter_id}"
    return f"{path}?{query}" if query else path


async def _refused(
    request: AnyRequest, counter_id: UUID, verb: str, refused: Problem, form: Mapping[str, str]
) -> Redirect | Template:
    """Show the page as it is now with the sentence at its place; at the start when he sits nowhere here."""
    said = refused.said(here(request).lang)
    if verb in seats.FREE:
        return await seats.start_page(request, status=refused.status, said=said)
    shown = await counter_page(
        request,
        counter_id,
        status=refused.status,
        failed=verb,
        said=said,
        fields=refused.fields,
        kept=form,
    )
    if isinstance(shown, Redirect):
        return await seats.start_page(request, status=refused.status, said=said)
    return shown


@post("/desk/line/{line_id:uuid}/{verb:str}", include_in_schema=False)
async def line(
    request: AnyRequest, line_id: FromPath[UUID], verb: FromPath[str]
) -> Redirect | Template:
    """Pause a line of the site, for a reason, or open it again."""
    officer = access.officer(request, *seats.LEADS)
    if verb not in {"pause", "open"}:
        raise NotFound()
    platform: Platform = request.app.state.platform
    why = plain(str((await request.form()).get("why", ""))).strip()[:LONGEST]
    try:
        async with platform.works.begin(province_of(request), officer.actor) as work:
            await _leads(work, officer, line_id)
            if verb == "pause":
                await days.pause_line(work, line_id, why)
            else:
                await days.open_line(work, line_id)
    except (NotFound, Forbidden, SignInNeeded):
        raise
    except Problem as refused:
        said = refused.said(here(request).lang)
        return await seats.start_page(request, status=refused.status, said=said)
    return Redirect(here(request).url(f"/desk?done=line-{verb}"), status_code=303)


async def _leads(work: Work, officer: Session, line_id: UUID) -> None:
    unit = await work.tx.fetchval(_SITE_OF_LINE, line_id)
    if unit is None:
        raise NotFound("Không có lĩnh vực này.", "There is no such line.")
    need_role(officer, *seats.LEADS, unit=unit)


ROUTES: list[Any] = [act, line]
