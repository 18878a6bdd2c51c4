"""One site on the monitor: lines, counters, officers, what if, the plan of the day, alerts, devices."""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua import clock
from motcua.dossiers import access
from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.monitor import halls, live, live_pages, moments, site_figures, whatif
from motcua.platform import Platform
from motcua.queues import alerts, days, figures, kpis
from motcua.queues.accuracy import accuracy
from motcua.queues.hours import hours_of
from motcua.station import health
from motcua.tenancy.db import Record, TenantTx
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

T = TypeVar("T")
# What the last days say does not change from one look to the next.
_KEPT_SECONDS = 120.0
_KEPT_MOST = 2000


@get("/monitor/site/{key:str}", include_in_schema=False)
async def show(request: AnyRequest, key: FromPath[str]) -> Template:
    """Show a site now, or with ``?day=&at=`` as it was."""
    return await _page(request, key)


@post("/monitor/site/{key:str}/{what:str}", include_in_schema=False)
async def act(request: AnyRequest, key: FromPath[str], what: FromPath[str]) -> Redirect | Template:
    """Do one thing: ``acknowledge`` an alert, ``help`` was given at a device, ``close`` the day."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, *halls.ROLES)
    form = await request.form()
    try:
        async with platform.works.begin(tenant, officer.actor) as work:
            session, sites = await halls.looking(request, work.tx)
            site = halls.one_of(sites, key)
            live_pages.need_lead(session, site)
            chosen = _id(str(form.get("id", "")))
            await _act(work, site, what, chosen, session.subject, str(form.get("note", "")))
    except (Invalid, Conflict) as wrong:
        return await _page(request, key, refused=wrong.said(here(request).lang))
    return Redirect(here(request).url(f"/monitor/site/{key}?done={what}"), status_code=303)


async def _act(
    work: Work, site: Record, what: str, chosen: UUID | None, officer: UUID, note: str
) -> None:
    match what:
        case "acknowledge" if chosen:
            await alerts.acknowledge(work, site["id"], chosen, officer, note)
        case "help" if chosen:
            own = await health.health_of(work.tx, [site["id"]], work.now)
            if chosen not in {device.id for device in own}:
                raise NotFound("Không có thiết bị này.", "There is no such device.")
            await health.help_given(work, chosen)
        case "close":
            await _close(work, site["id"])
        case _:
            raise NotFound()


async def _close(work: Work, site: UUID) -> None:
    """Close the day, but not while the site is open: people would lose their numbers."""
    day = local_day(work.now)
    spans = await hours_of(work.tx, site, day)
    if spans and work.now < spans[-1][1]:
        raise Conflict(
            "Chỉ đóng ngày sau giờ làm việc: người đang chờ sẽ mất số.",
            "A day is closed after its hours: whoever waits would lose the number.",
        )
    await days.close_day(work, site, day)


def _id(raw: str) -> UUID | None:
    try:
        return UUID(raw) if raw else None
    except ValueError as error:
        raise NotFound() from error


async def _page(request: AnyRequest, key: str, *, refused: str = "") -> Template:
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    asked = request.query_params
    current = clock.now()
    past = moments.read(asked, current) if asked.get("at") else None
    now, rules = past.at if past else current, alerts.rules_of(tenant.settings)
    async with platform.db.tenant(tenant) as tx:
        session, sites = await halls.looking(request, tx)
        site = halls.one_of(sites, key)
        [seen] = await live.look(tx, [site["id"]], now, rules, past=past is not None)
        leads = halls.leads(session, site["unit_id"])
        own: dict[str, Any] = {
            "counters": await site_figures.counters(tx, [site["id"]], now),
            "officers": await _officers(tx, site["id"], now) if leads else None,
        }
        if past is None:
            own |= await _ahead(platform, tx, site["id"], now)
            own["what_if"] = await _what_if(tx, seen, asked.get("line", ""), now)
    common = live_pages.shown(request, [seen], rules, now, moment=past.query if past else None)
    defined = (*live_pages.SITE_KPIS, *(("utilisation", "weighted") if leads else ()))
    common["kpis"] = kpis.of(defined)
    return page(
        request,
        "monitor/site.html",
        status=409 if refused else 200,
        **common,
        **own,
        seen=seen,
        reasons=_reasons(seen),
        leads=leads,
        may_act=any(session.may(role, site["unit_id"]) for role in halls.ROLES),
        may_set=session.may("admin", site["unit_id"]),
        one_site=len(sites) == 1,
        past_moment=past,
        refused=refused,
        troubles={k: pair[here(request).lang == "en"] for k, pair in health.TROUBLES.items()},
        line_rows=lambda line, figure: _line_rows(request, seen, line, figure, past),
        done=asked.get("done", ""),
    )


def _reasons(seen: live.Seen) -> list[tuple[str, str]]:
    """Return each measure that is high, with the letters of its lines."""
    letters = {line.line: line.letter for line in seen.now.lines}
    found: dict[str, list[str]] = {}
    for one in seen.reasons:
        of_line = [letters[one.line]] if one.line in letters else []
        found.setdefault(one.measure, []).extend(of_line)
    return [(measure, ", ".join(sorted(own))) for measure, own in found.items()]


def _line_rows(
    request: AnyRequest,
    seen: live.Seen,
    line: figures.Standing,
    figure: str,
    past: moments.Moment | None,
) -> str:
    query = {"site": seen.key, "line": str(line.line), "figure": live_pages.ROWS[figure]}
    base = "/monitor/replay/rows" if past else "/monitor/rows"
    return here(request).url(base) + "?" + urlencode(query | (past.query if past else {}))


async def _officers(tx: TenantTx, site: UUID, now: Any) -> list[figures.Officer]:
    return await figures.officers(tx, site, local_day(now), now)


async def _what_if(tx: TenantTx, seen: live.Seen, letter: str, now: Any) -> whatif.WhatIf | None:
    if letter not in {line.letter for line in seen.now.lines}:
        return None
    return await whatif.of_site(tx, seen.now.site, letter, now)


async def _ahead(platform: Platform, tx: TenantTx, site: UUID, now: Any) -> dict[str, Any]:
    """Return what is planned and what the last days say; kept for some minutes."""
    today = local_day(now)
    since, until = today - timedelta(days=site_figures.ACCURACY_DAYS), today - timedelta(days=1)
    return {
        "appointments": site_figures.by_line(await site_figures.appointments(tx, site, now), now),
        "closed": await site_figures.closed(tx, site, today),
        "plan": await _kept(
            platform, ("plan", tx.tenant.id, site), lambda: site_figures.proposal(tx, site, now)
        ),
        "accuracy": await _kept(
            platform,
            ("accuracy", tx.tenant.id, site),
            lambda: accuracy(tx, site, since, until),
        ),
    }


async def _kept(platform: Platform, key: tuple[Any, ...], make: Callable[[], Awaitable[T]]) -> T:
    kept: dict[tuple[Any, ...], tuple[float, T]] = platform.cache.setdefault("monitor", {})
    found = kept.get(key)
    if found is None or found[0] < time.monotonic():
        if len(kept) >= _KEPT_MOST:
            kept.clear()
        found = kept[key] = (time.monotonic() + _KEPT_SECONDS, await make())
    return found[1]


ROUTES: list[Any] = [show, act]
