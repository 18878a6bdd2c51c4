"""The JSON API of the queue: for stations, ticket machines and counters of other makes."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.people.parse import parse_phone
from motcua.platform import Platform
from motcua.queues import (
    board,
    calling,
    days,
    forecasting,
    issuing,
    queries,
    seats,
    standing,
    taking_up,
)
from motcua.queues.acts import ACTS
from motcua.queues.issuing import Issued, Priority
from motcua.queues.schemas import (
    Acted,
    AtCounterOut,
    CallOut,
    CapacityOut,
    CounterAct,
    LeftOut,
    LineOut,
    NewTicket,
    PlaceOut,
    SiteOut,
    TicketAct,
    TicketOut,
)
from motcua.tenancy.db import Record, Tx
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import Session, need, need_role

_STATE = "select state, version from ticket where id = $1"
_WAITS = ("waiting", "reserved")


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
    """Issue a ticket, or reserve one with a window; 409 when the person holds a live one in the line."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    session = here(request).session
    if session is None:
        need(session, "device")
    # Before anything is looked up nobody is known: who it was is written when his right is.
    async with platform.works.begin(tenant, _actor(session)) as work:
        site = await queries.site(work.tx, data.site)
        holder = await _may_issue(work.tx, session, site)
        line = await queries.line(work.tx, site["id"], data.line)
        person = None
        if data.dossier is not None:
            person = await queries.dossier_person(work.tx, data.dossier, site["unit_id"])
        issued = await _issue(work, holder, site["id"], line, person, data)
    return ticket_out(issued)


def _actor(session: Session | None) -> Any:
    return need(session, session.kind if session else "device").actor


async def _issue(
    work: Work, holder: Session, site: UUID, line: UUID, person: UUID | None, data: NewTicket
) -> Issued:
    # One telephone, written one way: it holds one number in a line.
    contact = parse_phone(data.contact, field="contact") if data.contact.strip() else ""
    if data.window is not None:
        return await issuing.reserve(
            work,
            site,
            line,
            contact=contact,
            person=person,
            language=data.language,
            window=_aware(data.window),
        )
    device = holder.subject if holder.kind == "device" else None
    claim = None
    if data.priority is not None:
        seen_by = holder.subject if holder.kind == "staff" else None
        claim = Priority(data.priority.key, data.priority.why, seen_by)
    return await issuing.issue(
        work,
        site,
        line,
        person=person,
        dossier=data.dossier,
        origin="kiosk" if device else "counter",
        visit=data.visit,
        contact=contact,
        language=data.language,
        priority=claim,
        device=device,
    )


def _aware(window: tuple[Any, Any]) -> tuple[Any, Any]:
    if any(moment.tzinfo is None for moment in window):
        said = ("Khung giờ thiếu múi giờ.", "The window has no time zone.")
        raise Invalid(*said, fields={"window": said})
    return window


def ticket_out(issued: Issued) -> TicketOut:
    """Return a ticket as it is printed."""
    shown = issued.estimate
    return TicketOut(
        issued.id, issued.number, issued.public_code, shown.low, shown.high, issued.visit_id
    )


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


async def _counter(work: Work, staff: Session, counter: UUID, *roles: str) -> Record:
    row = await queries.counter(work.tx, counter)
    need_role(staff, *(roles or ("receiver",)), unit=row["unit_id"])
    return row


@post("/api/counters/{counter_id:uuid}/recall", status_code=200)
async def recall(request: AnyRequest, counter_id: FromPath[UUID]) -> CallOut:
    """Call the number that is at the counter again."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    async with platform.works.begin(province_of(request), staff.actor) as work:
        await _counter(work, staff, counter_id)
        ticket = await queries.at_counter(work.tx, counter_id)
        if ticket is None:
            raise Conflict("Quầy chưa gọi số nào.", "No number is called to this counter.")
        calls = await calling.recall(work, ticket["id"], staff.subject)
    return CallOut(ticket["number"], ticket["id"], ticket["dossier_id"], calls)


@post("/api/counters/{counter_id:uuid}/release", status_code=204)
async def release(request: AnyRequest, counter_id: FromPath[UUID]) -> None:
    """Free a counter whose officer is gone; a number that is still there ends as not shown up."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    async with platform.works.begin(province_of(request), staff.actor) as work:
        await _counter(work, staff, counter_id, "receiver", "admin")
        await seats.release_counter(work, counter_id)


_SEATS: Mapping[str, Callable[[Work, UUID, UUID], Awaitable[None]]] = {
    "leave": seats.leave_counter,
    "break": seats.take_break,
    "back": seats.end_break,
}


@post("/api/counters/{counter_id:uuid}/open", status_code=204)
async def open_counter(
    request: AnyRequest,
    counter_id: FromPath[UUID],
    data: JSONBody[CounterAct | None] = None,
) -> None:
    """Sit down at a counter, with a work profile if one is chosen."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    async with platform.works.begin(province_of(request), staff.actor) as work:
        await _counter(work, staff, counter_id)
        await seats.open_counter(
            work, counter_id, staff.subject, data.profile if data is not None else None
        )


@get("/api/counters/{counter_id:uuid}")
async def at_counter(request: AnyRequest, counter_id: FromPath[UUID]) -> AtCounterOut:
    """Tell what stands at a counter now: its number and whether it is called or served, and who sits there."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    async with platform.works.begin(province_of(request), staff.actor) as work:
        row = await _counter(work, staff, counter_id)
        ticket = await queries.at_counter(work.tx, counter_id)
    seat = (row["staff_id"] == staff.subject, row["break_since"] is not None)
    if ticket is None:
        return AtCounterOut(*seat)
    return AtCounterOut(*seat, ticket["number"], ticket["id"], ticket["state"], ticket["version"])


@post("/api/counters/{counter_id:uuid}/take-up", status_code=200)
async def take_up(
    request: AnyRequest, counter_id: FromPath[UUID], data: JSONBody[CounterAct]
) -> Acted:
    """Go on, at a site that was just cut off, with the ``ticket`` that was being served here."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    async with platform.works.begin(province_of(request), staff.actor) as work:
        await _counter(work, staff, counter_id)
        if data.ticket is None:
            said = ("Hãy cho biết số.", "Say which ticket.")
            raise Invalid(*said, fields={"ticket": said})
        await taking_up.take_up(work, counter_id, staff.subject, data.ticket)
        row = await work.tx.fetchrow(_STATE, data.ticket)
    if row is None:
        raise NotFound()
    return Acted(row["state"], row["version"])


@post("/api/counters/{counter_id:uuid}/{verb:str}", status_code=204)
async def sit(request: AnyRequest, counter_id: FromPath[UUID], verb: FromPath[str]) -> None:
    """Leave a counter (``leave``), have a ``break``, come ``back``."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    if verb not in _SEATS:
        raise NotFound()
    async with platform.works.begin(province_of(request), staff.actor) as work:
        await _counter(work, staff, counter_id)
        await _SEATS[verb](work, counter_id, staff.subject)


@post("/api/tickets/{ticket_id:uuid}/{verb:str}", status_code=200)
async def move(
    request: AnyRequest,
    ticket_id: FromPath[UUID],
    verb: FromPath[str],
    data: JSONBody[TicketAct | None] = None,
) -> Acted:
    """Move a ticket on.

    One of start, finish, no-show, park, resume, come-back, returned, transfer, services, send-on, arrive, leave,
    cancel, let-pass, undo, void, priority.
    """
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    act = ACTS.get(verb)
    if act is None:
        raise NotFound()
    async with platform.works.begin(province_of(request), staff.actor) as work:
        unit = await queries.ticket_unit(work.tx, ticket_id)
        need_role(staff, *act.roles, unit=unit)
        result = await act.run(work, ticket_id, staff.subject, data or TicketAct())
        row = await work.tx.fetchrow(_STATE, ticket_id)
    if row is None:
        raise NotFound()
    acted = Acted(row["state"], row["version"])
    if isinstance(result, Issued):
        acted.issued = ticket_out(result)
    elif result is not None:
        acted.result = str(result)
    return acted


@get("/api/sites", opt={"open": True})
async def sites(request: AnyRequest) -> list[SiteOut]:
    """List the sites with how full each is now: numbers only."""
    platform: Platform = request.app.state.platform
    now = clock.now()
    async with platform.db.tenant(province_of(request)) as tx:
        rows = await queries.standings(tx, local_day(now))
        ids = {r["id"] for r in rows}
        halls = {site: await forecasting.forecast_of(tx, site, now) for site in ids}
    found: dict[str, SiteOut] = {}
    for r in rows:
        at = found.setdefault(r["key"], SiteOut(r["key"], r["name"], now.isoformat(), []))
        expected = halls[r["id"]]
        left = str(expected.next(r["letter"])) if r["letter"] in expected.calls else ""
        at.lines.append(
            LineOut(r["letter"], r["name_vi"], r["name_en"], r["waiting"], left, r["paused"])
        )
    return list(found.values())


@get("/api/sites/{key:str}", opt={"open": True})
async def lines(request: AnyRequest, key: FromPath[str]) -> SiteOut:
    """Tell how full a site is: numbers only, as on the board in its hall."""
    platform: Platform = request.app.state.platform
    now = clock.now()
    async with platform.db.tenant(province_of(request)) as tx:
        site = await queries.site(tx, key)
        state = await board.snapshot(tx, site["id"], now)
    found = [
        LineOut(r["letter"], r["name"], r["name_en"], r["waiting"], r["range"], r["paused"])
        for r in state["lines"]
    ]
    return SiteOut(site["key"], site["name"], state["now"], found)


@get("/api/sites/{key:str}/capacity/{day:date}", opt={"open": True})
async def capacity(request: AnyRequest, key: FromPath[str], day: FromPath[date]) -> CapacityOut:
    """Tell when a site is open on a day, and how many numbers each line has left."""
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(province_of(request)) as tx:
        site = await queries.site(tx, key)
        spans = await days.hours_of(tx, site["id"], day)
        left = await days.capacity(tx, site["id"], day)
    rows = [
        LeftOut(c.letter, c.paused, c.given_remote, c.given_walk_in, c.left_remote, c.left_walk_in)
        for c in left
    ]
    return CapacityOut(day.isoformat(), list(spans), rows)


@get("/api/q/{public_code:str}", opt={"open": True})
async def place(request: AnyRequest, public_code: FromPath[str]) -> PlaceOut:
    """Tell where a number stands, to whoever holds its code."""
    platform: Platform = request.app.state.platform
    now = clock.now()
    tenant = province_of(request)
    async with platform.db.tenant(tenant) as tx:
        row = await queries.public(tx, public_code.strip().upper())
    out = PlaceOut(
        row["number"],
        row["state"],
        row["key"],
        row["name"],
        row["letter"],
        row["name_vi"],
        row["name_en"],
        now.isoformat(),
        counter=row["counter"],
    )
    if row["window_from"] is not None:
        out.window = (row["window_from"], row["window_to"])
    if row["state"] in _WAITS and row["day"] == local_day(now):
        hall = await standing.hall_of(platform, tenant, row["site_id"], now)
        stands = hall.places.get(row["id"])
        left = (stands.range if stands else None) or hall.lines[row["letter"]].range
        ahead = stands.ahead if stands else hall.lines[row["letter"]].waiting
        out.place, out.low, out.high = ahead + 1, left.low, left.high
    return out


ROUTES: list[Any] = [
    issue,
    call,
    recall,
    release,
    open_counter,
    at_counter,
    take_up,
    sit,
    move,
    sites,
    lines,
    capacity,
    place,
]
