"""The JSON API for citizens' programs: numbers from afar, arrival, appointments. Open where the pages are.

Whoever holds the code of a number or an appointment acts for it. Without a bearer token requests are counted
by network address.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.errors import Invalid, NotFound
from motcua.platform import Platform
from motcua.portal import appointments as booking
from motcua.portal import queue, queue_door
from motcua.portal.asking import asker, code_of
from motcua.queues import advice, agreed, appointments, queries, remote, slots
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import need, need_role

_SLOT = """
select s.id, i.unit_id from slot s join site i on i.tenant_id = s.tenant_id and i.id = s.site_id
where s.id = $1
"""


class NewRemote(msgspec.Struct, forbid_unknown_fields=True):
    """A wish for a number from afar; ``when`` is ``now`` or the begin of a half-hour (ISO 8601).

    ``code`` is what was sent to the telephone, which is asked for where messages are sent and nobody is signed in.
    """

    site: str
    line: str
    phone: str = ""
    when: str = "now"
    code: str = ""


class RemoteOut(msgspec.Struct):
    """A number from afar: ``state`` after the command, and the window in which to come."""

    number: str
    public_code: str
    state: str
    window: tuple[datetime, datetime] | None = None


class Here(msgspec.Struct, forbid_unknown_fields=True):
    """Who is at a site's door: the code of a number or an appointment, or a telephone."""

    code: str


class WindowOut(msgspec.Struct):
    """A half-hour of a coming day; ``left`` is null without a cap."""

    begin: datetime
    end: datetime
    left: int | None


class SlotOut(msgspec.Struct):
    """An hour that can be booked."""

    id: UUID
    day: date
    begin: datetime
    end: datetime
    left: int


class NewAppointment(msgspec.Struct, forbid_unknown_fields=True):
    """A wish for an appointment; ``code`` as for a number from afar."""

    slot: UUID
    phone: str = ""
    code: str = ""
    procedure: str = ""
    dossier: UUID | None = None


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """Another slot; ``sequence`` is the one that was read, so that no change is overwritten unseen."""

    slot: UUID
    sequence: int | None = None


class AppointmentOut(msgspec.Struct):
    """An appointment, without the person."""

    public_code: str
    state: str
    sequence: int
    site: str
    line: str
    begin: datetime
    end: datetime
    ticket: str | None = None


class AdviceOut(msgspec.Struct):
    """A hall that would be quicker: minutes of the way, of a bad wait there, of the usual wait here."""

    site: str
    site_name: str
    line: str
    kilometres: float
    speed_kmh: int
    way: int
    there: int
    here: int
    saved: int


class Closing(msgspec.Struct, forbid_unknown_fields=True):
    """Why a slot is closed, and whether what is booked in it is cancelled."""

    why: str
    cancel: bool = False


@post("/api/queue", opt={"open": True})
async def reserve(request: AnyRequest, data: JSONBody[NewRemote]) -> RemoteOut:
    """Take a number from afar; 409 at the cap, and when this telephone or person holds a live one.

    422 at ``code``: it was sent to the telephone now, or is wrong.
    """
    who = asker(request)
    code = await queue.take(who, data.site, data.line, data.phone, data.when, data.code)
    return await _remote(request, code)


@post("/api/q/{public_code:str}/{verb:str}", status_code=200, opt={"open": True})
async def act(request: AnyRequest, public_code: FromPath[str], verb: FromPath[str]) -> RemoteOut:
    """Say that one is here (``arrive``), let the next one pass (``let-pass``), or give it back (``leave``)."""
    who = asker(request)
    async with who.platform.works.begin(who.tenant, who.actor) as work:
        await remote.act(work, code_of(public_code), verb)
    return await _remote(request, code_of(public_code))


@post("/api/sites/{key:str}/arrivals", status_code=200, opt={"open": True})
async def arrive(request: AnyRequest, key: FromPath[str], data: JSONBody[Here]) -> list[RemoteOut]:
    """Let somebody at the door be here; by telephone the codes of his numbers are not told."""
    found, by_code = await queue_door.arrivals(asker(request), key, data.code)
    return [_out(row, by_code) for row in found]


@get("/api/sites/{key:str}/{letter:str}/windows", opt={"open": True})
async def windows(
    request: AnyRequest, key: FromPath[str], letter: FromPath[str], day: FromQuery[date]
) -> list[WindowOut]:
    """Tell the half-hours of a coming day, with what is left of each; none of a day too far or over."""
    platform: Platform = request.app.state.platform
    ahead = (day - local_day(clock.now())).days
    async with platform.db.tenant(province_of(request)) as tx:
        line = await remote.line_at(tx, key, letter)
        near = 0 <= ahead <= remote.DAYS_AHEAD
        found = await remote.windows(tx, line["site_id"], line["id"], day) if near else []
    return [WindowOut(w.from_at, w.to_at, w.left) for w in found]


@get("/api/sites/{key:str}/{letter:str}/slots", opt={"open": True})
async def free(request: AnyRequest, key: FromPath[str], letter: FromPath[str]) -> list[SlotOut]:
    """Tell the hours that can be booked."""
    platform: Platform = request.app.state.platform
    now = clock.now()
    today = local_day(now)
    async with platform.db.tenant(province_of(request)) as tx:
        line = await remote.line_at(tx, key, letter)
        found = await slots.free(tx, line["id"], now, today, today + booking.FARTHEST)
    return [SlotOut(s.id, s.day, s.from_at, s.to_at, s.left) for s in found]


@get("/api/sites/{key:str}/{letter:str}/advice", opt={"open": True})
async def better(
    request: AnyRequest,
    key: FromPath[str],
    letter: FromPath[str],
    latitude: FromQuery[float | None] = None,
    longitude: FromQuery[float | None] = None,
) -> AdviceOut | None:
    """Tell whether another hall would be quicker, the way included; null when none is worth naming."""
    platform: Platform = request.app.state.platform
    where = _point(latitude, longitude)
    async with platform.db.tenant(province_of(request)) as tx:
        line = await remote.line_at(tx, key, letter)
        found = await advice.better_site(tx, line["site_id"], line["id"], clock.now(), where)
    if found is None:
        return None
    return AdviceOut(
        found.site_key,
        found.site_name,
        found.letter,
        found.kilometres,
        found.speed,
        found.way,
        found.there,
        found.here,
        found.saved,
    )


@post("/api/appointments", opt={"open": True})
async def book(request: AnyRequest, data: JSONBody[NewAppointment]) -> AppointmentOut:
    """Book; 409 when the slot is full or this telephone or person has one that day in the line.

    422 at ``code`` as for a number from afar.
    """
    made = await booking.take(
        asker(request),
        data.slot,
        data.phone,
        data.code,
        procedure=data.procedure,
        dossier=data.dossier,
    )
    return await _appointment(request, made.public_code)


@get("/api/appointments/{code:str}", opt={"open": True})
async def appointment(request: AnyRequest, code: FromPath[str]) -> AppointmentOut:
    """Tell what was agreed, to whoever holds the code."""
    return await _appointment(request, code)


@post("/api/appointments/{code:str}/move", status_code=200, opt={"open": True})
async def move(request: AnyRequest, code: FromPath[str], data: JSONBody[Change]) -> AppointmentOut:
    """Move it to another slot of its line; the old one is free in the same moment."""
    who = asker(request)
    async with who.platform.works.begin(who.tenant, who.actor) as work:
        await appointments.move(work, code_of(code), data.slot, sequence=data.sequence)
    return await _appointment(request, code)


@post("/api/appointments/{code:str}/cancel", status_code=200, opt={"open": True})
async def cancel(request: AnyRequest, code: FromPath[str]) -> AppointmentOut:
    """Cancel it."""
    who = asker(request)
    async with who.platform.works.begin(who.tenant, who.actor) as work:
        await appointments.cancel(work, code_of(code))
    return await _appointment(request, code)


@post("/api/staff/slots/{slot_id:uuid}/close", status_code=200)
async def close(
    request: AnyRequest, slot_id: FromPath[UUID], data: JSONBody[Closing]
) -> dict[str, int]:
    """Close a slot; returns how many have booked in it, or were cancelled and told why."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    async with platform.works.begin(province_of(request), staff.actor) as work:
        row = await work.tx.fetchrow(_SLOT, slot_id)
        if row is None:
            raise NotFound("Không có khung giờ này.", "There is no such slot.")
        need_role(staff, "receiver", "head", "admin", unit=row["unit_id"])
        ended = appointments.withdraw if data.cancel else slots.close
        return {"booked": await ended(work, slot_id, data.why[:200])}


@get("/api/staff/sites/{key:str}/appointments")
async def of_day(
    request: AnyRequest, key: FromPath[str], day: FromQuery[date | None] = None
) -> list[AppointmentOut]:
    """List a site's appointments of a day, today without one, in the order of time."""
    platform: Platform = request.app.state.platform
    staff = need(here(request).session, "staff")
    async with platform.db.tenant(province_of(request)) as tx:
        site = await queries.site(tx, key)
        need_role(staff, "receiver", "head", "admin", unit=site["unit_id"])
        rows = await agreed.of_day(tx, site["id"], day or local_day(clock.now()))
    return [_agreed(row) for row in rows]


def _point(latitude: float | None, longitude: float | None) -> advice.Point | None:
    if latitude is None or longitude is None:
        return None
    # Written so that no number (NaN) is refused too.
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        said = ("Tọa độ chưa hợp lệ.", "The coordinates are not valid.")
        raise Invalid(*said, fields={"latitude": said})
    return latitude, longitude


async def _remote(request: AnyRequest, code: str) -> RemoteOut:
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(province_of(request)) as tx:
        return _out(await remote.by_code(tx, code), True)


def _out(row: Record, with_code: bool) -> RemoteOut:
    window = (row["window_from"], row["window_to"]) if row["window_from"] else None
    code = row["public_code"] if with_code else ""
    return RemoteOut(row["number"], code, row["state"], window)


async def _appointment(request: AnyRequest, code: str) -> AppointmentOut:
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(province_of(request)) as tx:
        return _agreed(await agreed.by_code(tx, code_of(code)))


def _agreed(row: Record) -> AppointmentOut:
    return AppointmentOut(
        row["public_code"],
        row["state"],
        row["sequence"],
        row["site_key"],
        row["letter"],
        row["from_at"],
        row["to_at"],
        row["number"],
    )


ROUTES: list[Any] = [
    reserve,
    act,
    arrive,
    windows,
    free,
    better,
    book,
    appointment,
    move,
    cancel,
    close,
    of_day,
]
