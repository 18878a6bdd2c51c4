"""Rating a service: a small screen at the counter that asks when it is over, and the page of the number."""

import asyncio
from typing import Any, Literal
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua import clock
from motcua.errors import Both, Conflict, Invalid, NotFound, Problem
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.queues import feedback
from motcua.queues.feedback import Rateable
from motcua.station.screen import Screen, code_in, go, screen_of
from motcua.tenancy.db import TenantTx
from motcua.web.here import AnyRequest, province_of
from motcua.web.pages import page

WAIT_SECONDS = 20.0
LOOK_SECONDS = 5.0

_COUNTERS = """
select id, number from counter where site_id = $1 order by length(number), number
"""
_COUNTER = "select id, number from counter where id = $1 and site_id = $2"
_PLACE = "update device set health = health || $2::jsonb where id = $1"
WHOLE_SITE = "site"


@get("/rate", include_in_schema=False)
async def rate(request: AnyRequest) -> Template:
    """Show the device: where it stands is asked once; then it waits, asks, and thanks."""
    screen = await screen_of(request, "rating")
    async with screen.platform.db.tenant(screen.tenant) as tx:
        place = await _place(tx, screen)
        if place is None:
            counters = await tx.fetch(_COUNTERS, screen.site.id)
            return _page(screen, "place.html", counters=counters)
        found = await _found(tx, screen, place)
    thanked = request.query_params.get("thanked") == "1"
    return _page(screen, "rate.html", found=found, counter=place[1], thanked=thanked and not found)


@post("/rate/place", include_in_schema=False)
async def put(request: AnyRequest) -> Redirect:
    """Note where the device stands: ``counter`` is an id, or ``site``; for another place it is paired anew."""
    screen = await screen_of(request, "rating")
    wanted = str((await request.form()).get("counter", ""))
    async with screen.work() as (work, _):
        if await _place(work.tx, screen) is not None:
            raise Conflict(
                "Thiết bị đã có chỗ. Muốn đổi chỗ, hãy ghép lại bằng mã mới.",
                "The device has its place. To move it, pair it anew.",
            )
        if wanted != WHOLE_SITE and await _counter(work.tx, screen, wanted) is None:
            raise NotFound("Không có quầy này.", "There is no such counter.")
        await work.tx.execute(_PLACE, screen.device, {"counter": wanted})
        work.emit("device.placed", screen.device, {"counter": wanted})
    return go(request, "/rate")


@get("/rate/now", include_in_schema=False)
async def now(request: AnyRequest) -> dict[str, str]:
    """Wait until there is another number to ask about than ``have``; answers with its code, or nothing."""
    screen = await screen_of(request, "rating")
    have = request.query_params.get("have", "")
    loop = asyncio.get_running_loop()
    until = loop.time() + WAIT_SECONDS
    while True:
        # Listening begins before the look, so that no ring is lost between the two.
        bell = screen.platform.bell.wait(f"site:{screen.site.id}", LOOK_SECONDS)
        rung = asyncio.create_task(bell)
        try:
            async with screen.platform.db.tenant(screen.tenant) as tx:
                place = await _place(tx, screen)
                found = await _found(tx, screen, place) if place else None
            code = found.public_code if found else ""
            if code != have or loop.time() >= until:
                return {"code": code}
            await rung
        finally:
            rung.cancel()


@post("/rate", include_in_schema=False)
async def give_here(request: AnyRequest) -> Redirect | Template:
    """Rate the number that the device asks about; ``code`` is its token, or what stands on the ticket."""
    screen = await screen_of(request, "rating")
    form = {key: str(value) for key, value in (await request.form()).items()}
    try:
        async with screen.work() as (work, _):
            place = await _place(work.tx, screen)
            found = await _asked(work, screen, place, form.get("code", ""))
            if not form.get("level"):
                return _page(screen, "rate.html", found=found, counter="", thanked=False)
            if form.get("level") == "1" and not form.get("reason"):
                reasons = feedback.reasons()
                return _page(screen, "reasons.html", found=found, reasons=reasons)
            await _give(work, found, form, "device")
    except Problem as refused:
        async with screen.platform.db.tenant(screen.tenant) as tx:
            place = await _place(tx, screen)
            found_now = await _found(tx, screen, place) if place else None
        return _page(
            screen,
            "rate.html",
            status=refused.status,
            found=found_now,
            counter=place[1] if place else "",
            thanked=False,
            errors={"code": refused.said(screen.lang)},
        )
    return go(request, "/rate?thanked=1")


@post("/q/{code:str}/rating", opt={"open": True}, include_in_schema=False)
async def give_by_phone(request: AnyRequest, code: FromPath[str]) -> Redirect | Template:
    """Rate the number of a public code: who holds the code holds the number."""
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    form = {key: str(value) for key, value in (await request.form()).items()}
    async with platform.works.begin(tenant, Actor("citizen")) as work:
        found = await feedback.by_code(work.tx, code_in(code), work.now)
        if found is None:
            raise _refused()
        if form.get("level") == "1" and not form.get("reason"):
            return _form(request, found, asked="words" in form)
        await _give(work, found, form, "phone")
    return go(request, f"/q/{found.public_code}?thanked=1")


def _form(request: AnyRequest, found: Rateable, *, asked: bool) -> Template:
    """Ask why; ``asked`` when it was asked already and nothing was chosen."""
    missing = {"reason": Both("Hãy cho biết điều chưa hài lòng.", "Please say what was not good.")}
    return page(
        request,
        "station/rate_phone.html",
        status=422 if asked else 200,
        errors=missing if asked else {},
        found=found,
        reasons=feedback.reasons(),
    )


async def _give(
    work: Work, found: Rateable, form: dict[str, str], channel: Literal["device", "phone"]
) -> None:
    level = form.get("level", "")
    await feedback.give(
        work,
        found.ticket,
        int(level[:9]) if level.isascii() and level.isdigit() else 0,
        reason=form.get("reason", ""),
        words=form.get("words", ""),
        channel=channel,
    )


async def _asked(
    work: Work, screen: Screen, place: tuple[UUID | None, str] | None, code: str
) -> Rateable:
    """Return the number a form is about: at a counter only one that was served there just before."""
    wanted = code_in(code)
    if place and place[0]:
        found = await feedback.asked_at(work.tx, place[0], wanted, work.now)
    else:
        found = await feedback.by_code(work.tx, wanted, work.now)
    if found is None:
        raise _refused()
    return found


def _refused() -> Invalid:
    return Invalid(
        said := "Không đánh giá được số này: chưa phục vụ xong, đã đánh giá, hoặc đã quá lâu.",
        "This number cannot be rated: it is not served yet, was rated, or is too long ago.",
        fields={"code": said},
    )


async def _place(tx: TenantTx, screen: Screen) -> tuple[UUID | None, str] | None:
    """Return the counter at which the device stands with its number; (None, "") for the whole site."""
    said = screen.health.get("counter")
    if said is None:
        return None
    if said == WHOLE_SITE:
        return None, ""
    row = await _counter(tx, screen, said)
    return (UUID(bytes=row["id"].bytes), row["number"]) if row else None


async def _counter(tx: TenantTx, screen: Screen, wanted: str) -> Any:
    try:
        return await tx.fetchrow(_COUNTER, UUID(wanted), screen.site.id)
    except ValueError:
        return None


async def _found(tx: TenantTx, screen: Screen, place: tuple[UUID | None, str]) -> Rateable | None:
    return await feedback.at_counter(tx, place[0], clock.now()) if place[0] else None


def _page(screen: Screen, template: str, /, status: int = 200, **context: Any) -> Template:
    known: dict[str, Any] = {"errors": {}, "station": screen.site, "levels": feedback.LEVELS}
    return page(screen.request, f"station/{template}", status=status, **{**known, **context})


ROUTES: list[Any] = [rate, put, now, give_here, give_by_phone]
