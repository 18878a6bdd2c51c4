"""Any day again: the monitor as it was at a moment, and the rows its figures counted then.

Devices, links, alerts and paused lines are told from their events; see ``past``.
"""

from typing import Any
from uuid import UUID

from litestar import get
from litestar.response import Template

from motcua import clock
from motcua.errors import Forbidden, Invalid, NotFound
from motcua.monitor import halls, live, live_pages, moments, reports_files
from motcua.monitor.moments import Moment
from motcua.platform import Platform
from motcua.queues import figures
from motcua.queues.alerts import rules_of
from motcua.queues.figures import Scope
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

# What an officer's figures on a site's page open.
_OFFICERS = ("done", "time:serving", "services")


@get("/monitor/replay", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """Show how the sites stood at a moment."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    rules = rules_of(tenant.settings)
    moment, errors = _moment(request)
    async with platform.db.tenant(tenant) as tx:
        _, sites = await halls.looking(request, tx)
        found = await live.look(tx, live_pages.ids(sites), moment.at, rules, past=True)
    context = live_pages.shown(request, found, rules, moment.at, moment=moment.query)
    return page(
        request,
        "monitor/replay.html",
        status=422 if errors else 200,
        **context,
        moment_shown=moment,
        errors=errors,
        kept={key: request.query_params.get(key, "") for key in errors},
    )


def _moment(request: AnyRequest) -> tuple[Moment, dict[str, str]]:
    """Read the moment; what cannot be read is told, and the rest of the question still counts."""
    asked, now = request.query_params, clock.now()
    try:
        return moments.read(asked, now), {}
    except Invalid as wrong:
        rest = {key: value for key, value in asked.items() if key not in wrong.fields}
        return moments.read(rest if "day" in rest else {}, now), wrong.fields


@get("/monitor/replay/rows", include_in_schema=False)
async def rows(request: AnyRequest) -> Template:
    """List what a figure of a site, or of all, counted at a moment: at most the first page of it."""
    platform: Platform = request.app.state.platform
    asked = request.query_params
    moment = moments.read(asked, clock.now())
    async with platform.db.tenant(province_of(request)) as tx:
        session, sites = await halls.looking(request, tx)
        key, officer = asked.get("site", ""), _id(asked.get("officer", ""))
        chosen = [halls.one_of(sites, key)] if key else sites
        if officer and not (key and halls.leads(session, chosen[0]["unit_id"])):
            raise Forbidden()
        if asked.get("figure", "") not in (_OFFICERS if officer else live_pages.ROWS.values()):
            raise NotFound("Không có số liệu này.", "There is no such figure.")
        scope = Scope(
            live_pages.ids(chosen),
            moment.day,
            moment.day,
            moment.at,
            line=_id(asked.get("line", "")),
            officer=officer,
        )
        found = await figures.rows(tx, asked["figure"], scope)
    return page(
        request,
        "monitor/replay_rows.html",
        found=found,
        figure=asked["figure"],
        place=chosen[0]["name"] if key else province_of(request).name,
        one_site=bool(key),
        moment_shown=moment,
        minutes=lambda seconds: reports_files.minutes(seconds, here(request).lang),
    )


def _id(raw: str) -> UUID | None:
    try:
        return UUID(raw) if raw else None
    except ValueError as error:
        raise NotFound() from error


ROUTES: list[Any] = [show, rows]
