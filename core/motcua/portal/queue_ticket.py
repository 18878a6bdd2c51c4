"""One number on a telephone: its place and range live, where to go, and what its holder may do."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.errors import NotFound, Problem
from motcua.platform import Platform
from motcua.portal.asking import asker, code_of
from motcua.portal.queue_parts import fragment
from motcua.queues import advice, feedback, forecasting, policies, remote, standing
from motcua.queues.advice import Advice
from motcua.queues.standing import NEAR_PLACES, Place
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.live import Lasting, Message, follow, stream
from motcua.web.pages import page

ADVISED_SECONDS = 60.0
"""Whether another hall is quicker is asked so often for a line, however many telephones look."""


@get("/q/{code:str}", include_in_schema=False, opt={"open": True})
async def show(request: AnyRequest, code: FromPath[str], done: FromQuery[str] = "") -> Template:
    """Show a number to whoever holds its code."""
    return await _page(request, code, done=done)


@get("/q/{code:str}/stream", include_in_schema=False, opt={"open": True})
async def hear(request: AnyRequest, code: FromPath[str], done: FromQuery[str] = "") -> Lasting:
    """Send the number's standing whenever it changed; ends with the number.

    ``done`` is what the page says was just done: said on while the person waits, and not afterwards.
    """
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    async with platform.db.tenant(tenant) as tx:
        row = await remote.by_code(tx, code_of(code))
    read = _reader(request, platform, tenant, row["site_id"], row["id"], _verb(done))
    return stream(follow(platform.bell, f"site:{row['site_id']}", read, None))


@post("/q/{code:str}/{verb:str}", include_in_schema=False, opt={"open": True})
async def act(request: AnyRequest, code: FromPath[str], verb: FromPath[str]) -> Redirect | Template:
    """Say that one is here, let others pass, or give the number back."""
    who = asker(request)
    if verb not in remote.VERBS:
        raise NotFound()
    try:
        async with who.platform.works.begin(who.tenant, who.actor) as work:
            await remote.act(work, code_of(code), verb)
    except Problem as refused:
        if refused.status == 404:
            raise
        errors = {"": refused.said(who.lang)}
        return await _page(request, code, errors=errors, status=refused.status)
    return Redirect(here(request).url(f"/q/{code_of(code)}?done={verb}"), status_code=303)


async def _page(
    request: AnyRequest,
    code: str,
    *,
    done: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    async with platform.db.tenant(tenant) as tx:
        row = await remote.by_code(tx, code_of(code))
    known = await _known(platform, tenant, row)
    return page(
        request,
        "portal/queue_ticket.html",
        status=status,
        done=_verb(done),
        thanked="thanked" in request.query_params,
        errors=errors or {},
        **known,
    )


def _verb(done: str) -> str:
    return done if done in remote.VERBS else ""


async def _known(platform: Platform, tenant: Tenant, row: Record) -> dict[str, Any]:
    """Return what the live part shows; its numbers come from the hall as it was read last."""
    now = clock.now()
    today = row["day"] == local_day(now)
    hall = await standing.hall_of(platform, tenant, row["site_id"], now)
    # Nobody calls it any more, though it keeps its state until its day is closed.
    lapsed = row["day"] < local_day(now) and row["state"] in _WAITS
    # What the holder has just done himself may be younger than the hall that was read.
    live = today and row["state"] not in _OVER
    place = hall.places.get(row["id"]) if live else None
    if live and (place is None or place.version < row["version"]):
        async with platform.db.tenant(tenant) as tx:
            hall = await standing.read(tx, row["site_id"], now)
        place = hall.places.get(row["id"])
    state = "expired" if lapsed else place.state if place else row["state"]
    waits = today and state in _WAITS
    return {
        "ticket": row,
        "place": place,
        "state": state,
        "waits": waits,
        "advice": await better_for(platform, tenant, row, now) if waits else None,
        "missed": await _missed(platform, tenant, row, now) if state == "waiting" else "",
        "cut_off": hall.cut_off,
        "today": today,
        "may_arrive": remote.may_arrive(row, now),
        "near": NEAR_PLACES,
        "over": place is None and (lapsed or row["state"] in _OVER),
        "rateable": row["state"] == "done" and not row["rated"] and _lately(row, now),
        "levels": feedback.LEVELS,
    }


def _lately(row: Record, now: datetime) -> bool:
    return bool((local_day(now) - row["day"]).days < feedback.DAYS)


async def _missed(platform: Platform, tenant: Tenant, row: Record, now: datetime) -> str:
    """Return "" for who was not called in vain, else whether the next call is the ``last`` one or one of ``more``."""
    if not row["recycled"]:
        return ""
    async with platform.db.tenant(tenant) as tx:
        rules = await policies.policy_in_force(tx, row["site_id"], now)
    return "last" if row["recycled"] >= rules.recycle_times else "more"


@dataclass
class _Advised:
    """The hall that was quicker than a line when somebody looked last."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    looked_at: float = -ADVISED_SECONDS
    at: datetime | None = None
    advice: Advice | None = None


def advice_key(tenant: Tenant, row: Record) -> str:
    """Return under which key of the platform's cache the advice for a ticket's line is kept."""
    return f"advice:{tenant.id}:{row['line_id']}"


async def better_for(
    platform: Platform, tenant: Tenant, row: Record, now: datetime
) -> Advice | None:
    """Return a hall that is quicker than the line of this ticket, as it was at most a minute ago."""
    kept: _Advised = platform.cache.setdefault(advice_key(tenant, row), _Advised())
    async with kept.lock:
        young = time.monotonic() - kept.looked_at < ADVISED_SECONDS
        # In a simulation the clock jumps while a minute has not passed.
        if young and kept.at is not None and abs(now - kept.at) < timedelta(minutes=1):
            return kept.advice
        async with platform.db.tenant(tenant) as tx:
            kept.advice = await advice.better_site(tx, row["site_id"], row["line_id"], now)
        kept.looked_at, kept.at = time.monotonic(), now
        return kept.advice


_WAITS = ("reserved", "waiting")
_OVER = ("done", "no_show", "expired", "left", "cancelled", "voided")


def _reader(
    request: AnyRequest, platform: Platform, tenant: Tenant, site: UUID, ticket: UUID, done: str
) -> Callable[[int | None], Any]:
    told = _Told(done=done)

    async def read(_: int | None) -> list[Message]:
        now = clock.now()
        hall = await standing.hall_of(platform, tenant, site, now)
        place = hall.places.get(ticket)
        # Nothing moved for this number: the database is not asked for it.
        seen = (place, hall.cut_off, place is not None and _believed(place, now))
        if place is not None and told.seen == seen:
            return []
        async with platform.db.tenant(tenant) as tx:
            row = await remote.by_id(tx, ticket)
        if row is None:
            return [("end", {}, None)]
        known = await _known(platform, tenant, row)
        # Who was called since waits for another reason than what he did before.
        told.done = told.done if known["waits"] else ""
        html = fragment(request, "portal/queue_now.html", done=told.done, **known)
        before, told.seen = told.seen[0], seen
        if html == told.html:
            return []
        told.html = html
        await _note(platform, tenant, place, before)
        return [("now", html, None)]

    return read


@dataclass
class _Told:
    """What one telephone was told last."""

    seen: tuple[Place | None, bool, bool] = (None, False, False)
    html: str = ""
    done: str = ""


def _believed(place: Place, now: datetime) -> bool:
    return place.window_from is None or now >= place.window_from - remote.NEAR


async def _note(
    platform: Platform, tenant: Tenant, place: Place | None, before: Place | None
) -> None:
    """Keep the range that is shown now beside what will happen, when it is another one than before."""
    if place is None or place.range is None or (before and before.range == place.range):
        return
    async with platform.db.tenant(tenant) as tx:
        await forecasting.shown(tx, place.id, place.ahead, place.range, clock.now())


ROUTES: list[Any] = [show, hear, act]
