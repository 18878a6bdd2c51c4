"""The JSON API of the queue: for stations, ticket machines and counters of other makes."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.people.parse import parse_phone
from motcua.platform import Platform
from motcua.queues import counter_routes, door, issuing, open_routes, queries
from motcua.queues.acts import ACTS
from motcua.queues.door import Door
from motcua.queues.issuing import Issued, Priority
from motcua.queues.schemas import Acted, NewTicket, TicketAct, TicketOut
from motcua.tenancy.db import TenantTx
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import Session, need, need_role


async def _may_issue(tx: TenantTx, session: Session | None, at: Door) -> Session:
    """Return the session when it is a station of this site or a receiver of its unit."""
    if session is None or session.kind != "device":
        return need_role(session, "receiver", unit=at.unit)
    device = need(session, "device")
    if await door.station_site(tx, device.subject) != at.site:
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
    async with platform.works.begin(tenant, _actor(session), alone=True) as work:
        at = await door.door_of(work.tx, data.site, data.line)
        holder = await _may_issue(work.tx, session, at)
        person = None
        if data.dossier is not None:
            person = await queries.dossier_person(work.tx, data.dossier, at.unit)
        issued = await _issue(work, holder, at, person, data)
    return ticket_out(issued)


def _actor(session: Session | None) -> Any:
    return need(session, session.kind if session else "device").actor


async def _issue(
    work: Work, holder: Session, at: Door, person: UUID | None, data: NewTicket
) -> Issued:
    # One telephone, written one way: it holds one number in a line.
    contact = parse_phone(data.contact, field="contact") if data.contact.strip() else ""
    if data.window is not None:
        return await issuing.reserve(
            work,
            at.site,
            at.line,
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
        at.site,
        at.line,
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
        issued.id,
        issued.number,
        issued.public_code,
        shown.low,
        shown.high,
        issued.visit_id,
        shown.late,
    )


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
        row = await queries.ticket_state(work.tx, ticket_id)
    acted = Acted(row["state"], row["version"])
    if isinstance(result, Issued):
        acted.issued = ticket_out(result)
    elif result is not None:
        acted.result = str(result)
    return acted


ROUTES: list[Any] = [issue, move, *counter_routes.ROUTES, *open_routes.ROUTES]
