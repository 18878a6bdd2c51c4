"""The JSON API of the queue: for stations, ticket machines and counters of other makes."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody

from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.queues import board, queries, service
from motcua.queues.schemas import CallOut, LineOut, NewTicket, SiteOut, TicketOut
from motcua.tenancy.db import Record, Tx
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import Session, need, need_role

_VERBS: Mapping[str, Callable[[Work, UUID, UUID], Awaitable[None]]] = {
    "start": service.start,
    "finish": service.finish,
    "no-show": service.no_show,
}


async def _may_issue(tx: Tx, session: Session | None, site: Record) -> Session:
    """Return the session when it is a station of this site or a receiver of its unit."""
    if session is None or session.kind != "device":
        return need_role(session, "receiver", unit=site["unit_id"])
    device = need(session, "device")
    if await queries.device_site(tx, device.subject) != site["id"]:
        raise NotFound()
    return device


@post("/api/tickets")
async def issue(request: AnyRequest, data: JSONBody[NewTicket]) -> TicketOut:
    """Issue a ticket; 409 when the person of the dossier holds a live one in the line."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    session = here(request).session
    if session is None:
        need(session, "device")
    async with platform.db.tenant(tenant) as tx:
        site = await queries.site(tx, data.site)
        holder = await _may_issue(tx, session, site)
        line = await queries.line(tx, site["id"], data.line)
        person = None
        if data.dossier is not None:
            person = await queries.dossier_person(tx, data.dossier, site["unit_id"])
    async with platform.works.begin(tenant, holder.actor) as work:
        issued = await service.issue(work, site["id"], line, person=person, dossier=data.dossier)
    shown = issued.estimate
    return TicketOut(issued.id, issued.number, issued.public_code, shown.low, shown.high)


@post("/api/counters/{counter_id:uuid}/call", status_code=200)
async def call(request: AnyRequest, counter_id: FromPath[UUID]) -> CallOut:
    """Call the next ticket of the counter's lines."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    staff = need(here(request).session, "staff")
    async with platform.works.begin(tenant, staff.actor) as work:
        counter = await queries.counter(work.tx, counter_id)
        need_role(staff, "receiver", unit=counter["unit_id"])
        called = await service.call_next(work, counter_id, staff.subject)
    if called is None:
        return CallOut()
    return CallOut(called.number, called.id, called.dossier_id, 1)


@post("/api/counters/{counter_id:uuid}/recall", status_code=200)
async def recall(request: AnyRequest, counter_id: FromPath[UUID]) -> CallOut:
    """Call the number that is at the counter again."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    staff = need(here(request).session, "staff")
    async with platform.works.begin(tenant, staff.actor) as work:
        counter = await queries.counter(work.tx, counter_id)
        need_role(staff, "receiver", unit=counter["unit_id"])
        ticket = await queries.at_counter(work.tx, counter_id)
        if ticket is None:
            raise Conflict("Quầy chưa gọi số nào.", "No number is called to this counter.")
        calls = await service.recall(work, ticket["id"], staff.subject)
    return CallOut(ticket["number"], ticket["id"], ticket["dossier_id"], calls)


@post("/api/counters/{counter_id:uuid}/release", status_code=204)
async def release(request: AnyRequest, counter_id: FromPath[UUID]) -> None:
    """Free a counter whose officer is gone; a number that is still there ends as not shown up."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    staff = need(here(request).session, "staff")
    async with platform.works.begin(tenant, staff.actor) as work:
        counter = await queries.counter(work.tx, counter_id)
        need_role(staff, "receiver", "admin", unit=counter["unit_id"])
        await service.release_counter(work, counter_id)


@post("/api/tickets/{ticket_id:uuid}/{verb:str}", status_code=204)
async def move(request: AnyRequest, ticket_id: FromPath[UUID], verb: FromPath[str]) -> None:
    """Move a ticket on: ``start``, ``finish`` or ``no-show``."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    staff = need(here(request).session, "staff")
    if verb not in _VERBS:
        raise NotFound()
    async with platform.works.begin(tenant, staff.actor) as work:
        unit = await queries.ticket_unit(work.tx, ticket_id)
        need_role(staff, "receiver", unit=unit)
        await _VERBS[verb](work, ticket_id, staff.subject)


@get("/api/sites/{key:str}", opt={"open": True})
async def lines(request: AnyRequest, key: FromPath[str]) -> SiteOut:
    """Tell how full a site is: numbers only, as on the board in its hall."""
    platform: Platform = request.app.state.platform
    now = datetime.now(UTC)
    async with platform.db.tenant(province_of(request)) as tx:
        site = await queries.site(tx, key)
        state = await board.snapshot(tx, site["id"], now)
    found = [
        LineOut(r["letter"], r["name"], r["name_en"], r["waiting"], r["range"])
        for r in state["lines"]
    ]
    return SiteOut(site["key"], site["name"], state["now"], found)


ROUTES: list[Any] = [issue, call, recall, release, move, lines]
