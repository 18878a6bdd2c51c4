"""The JSON API of a counter: who sits there, and which number is called to it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody

from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.queues import calling, queries, seats, taking_up
from motcua.queues.schemas import Acted, AtCounterOut, CallOut, CounterAct
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import need, need_role

_SEATS: Mapping[str, Callable[[Work, UUID, UUID], Awaitable[None]]] = {
    "leave": seats.leave_counter,
    "break": seats.take_break,
    "back": seats.end_break,
}


@post("/api/counters/{counter_id:uuid}/call", status_code=200)
async def call(
    request: AnyRequest,
    counter_id: FromPath[UUID],
    data: JSONBody[CounterAct | None] = None,
) -> CallOut:
    """Call the next ticket by the policy; with a ``ticket`` and a ``reason`` that one, out of order."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    async with platform.works.begin(province_of(request), staff.actor, alone=True) as work:
        place = await calling.place_of(work, counter_id)
        need_role(staff, "receiver", unit=place.unit)
        if data is not None and data.ticket is not None:
            called: calling.Called | None = await calling.call_this(
                work, counter_id, staff.subject, data.ticket, data.reason
            )
        else:
            called = await calling.call_next(work, counter_id, staff.subject)
    if called is None:
        return CallOut()
    return CallOut(called.number, called.id, called.dossier_id, 1)


@asynccontextmanager
async def _at(
    request: AnyRequest, counter_id: UUID, *roles: str
) -> AsyncIterator[tuple[Work, UUID, Record]]:
    """Open a transaction of an officer who may act at a counter; gives it, the officer's id and the counter."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    async with platform.works.begin(province_of(request), staff.actor) as work:
        row = await queries.counter(work.tx, counter_id)
        need_role(staff, *(roles or ("receiver",)), unit=row["unit_id"])
        yield work, staff.subject, row


@post("/api/counters/{counter_id:uuid}/recall", status_code=200)
async def recall(request: AnyRequest, counter_id: FromPath[UUID]) -> CallOut:
    """Call the number that is at the counter again."""
    async with _at(request, counter_id) as (work, staff, _):
        ticket = await queries.at_counter(work.tx, counter_id)
        if ticket is None:
            raise Conflict("Quầy chưa gọi số nào.", "No number is called to this counter.")
        calls = await calling.recall(work, ticket["id"], staff)
    return CallOut(ticket["number"], ticket["id"], ticket["dossier_id"], calls)


@post("/api/counters/{counter_id:uuid}/release", status_code=204)
async def release(request: AnyRequest, counter_id: FromPath[UUID]) -> None:
    """Free a counter whose officer is gone; a number that is still there ends as not shown up."""
    async with _at(request, counter_id, "receiver", "admin") as (work, _, _):
        await seats.release_counter(work, counter_id)


@post("/api/counters/{counter_id:uuid}/open", status_code=204)
async def open_counter(
    request: AnyRequest,
    counter_id: FromPath[UUID],
    data: JSONBody[CounterAct | None] = None,
) -> None:
    """Sit down at a counter, with a work profile if one is chosen."""
    async with _at(request, counter_id) as (work, staff, _):
        profile = data.profile if data is not None else None
        await seats.open_counter(work, counter_id, staff, profile)


@get("/api/counters/{counter_id:uuid}")
async def at_counter(request: AnyRequest, counter_id: FromPath[UUID]) -> AtCounterOut:
    """Tell what stands at a counter now: its number and whether it is called or served, and who sits there."""
    async with _at(request, counter_id) as (work, staff, row):
        ticket = await queries.at_counter(work.tx, counter_id)
    seat = (row["staff_id"] == staff, row["break_since"] is not None)
    if ticket is None:
        return AtCounterOut(*seat)
    return AtCounterOut(*seat, ticket["number"], ticket["id"], ticket["state"], ticket["version"])


@post("/api/counters/{counter_id:uuid}/take-up", status_code=200)
async def take_up(
    request: AnyRequest, counter_id: FromPath[UUID], data: JSONBody[CounterAct]
) -> Acted:
    """Go on, at a site that was just cut off, with the ``ticket`` that was being served here."""
    async with _at(request, counter_id) as (work, staff, _):
        if data.ticket is None:
            said = ("Hãy cho biết số.", "Say which ticket.")
            raise Invalid(*said, fields={"ticket": said})
        await taking_up.take_up(work, counter_id, staff, data.ticket)
        row = await queries.ticket_state(work.tx, data.ticket)
    return Acted(row["state"], row["version"])


@post("/api/counters/{counter_id:uuid}/{verb:str}", status_code=204)
async def sit(request: AnyRequest, counter_id: FromPath[UUID], verb: FromPath[str]) -> None:
    """Leave a counter (``leave``), have a ``break``, come ``back``."""
    async with _at(request, counter_id) as (work, staff, _):
        if verb not in _SEATS:
            raise NotFound()
        await _SEATS[verb](work, counter_id, staff)


ROUTES: list[Any] = [call, recall, release, open_counter, at_counter, take_up, sit]
