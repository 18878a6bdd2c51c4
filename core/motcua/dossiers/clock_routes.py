"""The clock of a dossier for programs: how its dates were found, pauses, the one extension."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from motcua.catalogue.calendars import read_calendar
from motcua.dossiers import access, clock_orders, clock_view, extension, queries
from motcua.dossiers.extension import Order
from motcua.dossiers.law import law_of
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import need


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the clock stands still (``financial_duty``, ``opinion``, ``force_majeure``), and what is waited for."""

    reason: str
    note: str


class Released(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which reason has ended."""

    reason: str


class Prolonged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By how many days, and why it takes longer."""

    days: int
    reason: str


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


async def told(platform: Platform, work: Work, dossier: Record) -> dict[str, Any]:
    """Return all that can be told of a dossier's clock, as JSON values."""
    _, procedure = await law_of(platform, work, dossier)
    calendar = await read_calendar(work.tx)
    found = await clock_view.view(work.tx, dossier, procedure.package, calendar)
    return found.to_data()


@get("/api/dossiers/{dossier_id:uuid}/clock")
async def my_clock(request: AnyRequest, dossier_id: FromPath[UUID]) -> dict[str, Any]:
    """Explain the due date of a dossier of mine: every rule used, every day left out, and why."""
    tenant, session = province_of(request), need(here(request).session, "citizen")
    platform = _platform(request)
    async with platform.works.begin(tenant, session.actor) as work:
        row = await queries.owned(work.tx, dossier_id, session.subject)
        return await told(platform, work, row)


@get("/api/staff/dossiers/{dossier_id:uuid}/clock")
async def clock_of(request: AnyRequest, dossier_id: FromPath[UUID]) -> dict[str, Any]:
    """Explain the due date of a dossier to an officer who may see it."""
    tenant, session = province_of(request), need(here(request).session, "staff")
    platform = _platform(request)
    async with platform.works.begin(tenant, session.actor) as work:
        row = await access.seen(work, session, dossier_id)
        return await told(platform, work, row)


@post("/api/staff/dossiers/{dossier_id:uuid}/clock/pause", status_code=200)
async def pause(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Held]
) -> dict[str, Any]:
    """Let the clock stand still; the citizen sees reason and note."""
    tenant, session = province_of(request), need(here(request).session, "staff")
    platform = _platform(request)
    async with platform.works.begin(tenant, session.actor) as work:
        await clock_orders.settled(work, session, dossier_id)
        await clock_orders.hold(work, dossier_id, data.reason, data.note)
        return await told(platform, work, await queries.one(work.tx, dossier_id))


@post("/api/staff/dossiers/{dossier_id:uuid}/clock/resume", status_code=200)
async def resume(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Released]
) -> dict[str, Any]:
    """Let the clock go on; the due date moves by the time it stood still."""
    tenant, session = province_of(request), need(here(request).session, "staff")
    platform = _platform(request)
    async with platform.works.begin(tenant, session.actor) as work:
        await clock_orders.settled(work, session, dossier_id)
        await clock_orders.release(platform, work, dossier_id, data.reason)
        return await told(platform, work, await queries.one(work.tx, dossier_id))


@post("/api/staff/dossiers/{dossier_id:uuid}/clock/extend", status_code=200)
async def extend(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Prolonged]
) -> dict[str, Any]:
    """Prolong the limit once, before it ends, with a signed letter of apology (form 04); for leaders."""
    tenant, session = province_of(request), need(here(request).session, "staff")
    platform = _platform(request)

    async def led(work: Work) -> None:
        await access.led(work, session, dossier_id)

    order = Order(data.days, data.reason)
    await extension.extend(platform, tenant, session.actor, dossier_id, order, led)
    async with platform.works.begin(tenant, session.actor) as work:
        return await told(platform, work, await queries.one(work.tx, dossier_id))


ROUTES: list[Any] = [my_clock, clock_of, pause, resume, extend]
