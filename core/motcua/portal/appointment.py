"""One appointment: what was agreed, its calendar file, another hour, not at all, and being there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.dossiers.law import names
from motcua.errors import Invalid, NotFound, Problem
from motcua.platform import Platform
from motcua.portal.appointments import free_days
from motcua.portal.asking import asker, code_of
from motcua.queues import agreed, appointments, calendar_file
from motcua.queues.calendar_file import Entry
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.text import vn_date
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sign_in import base_url_of

_HISTORY = """
select type, at, payload from event
where subject = $1 and type = any($2) order by id
"""
_TOLD = [f"appointment.{what}" for what in ("booked", "moved", "cancelled", "arrived", "missed")]
DONE = ("book", "move", "cancel")
NEAR = timedelta(minutes=30)
"""So long before the hour somebody may say on his own telephone that he is there; at the door always."""


@get("/appointments/{code:str}", include_in_schema=False, opt={"open": True})
async def show(request: AnyRequest, code: FromPath[str], done: FromQuery[str] = "") -> Template:
    """Show an appointment to whoever holds its code."""
    return await _page(request, code, done=done)


@get("/appointments/{code:str}/calendar.ics", include_in_schema=False, opt={"open": True})
async def calendar(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Send the appointment as a calendar file."""
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(tenant) as tx:
        row = await agreed.by_code(tx, code_of(code))
    entry = entry_of(row, tenant, base_url_of(request), here(request).lang)
    method = "CANCEL" if entry.cancelled else "PUBLISH"
    return Response(
        calendar_file.written(entry),
        media_type=f"text/calendar; charset=utf-8; method={method}",
        headers={
            "content-disposition": f'attachment; filename="lich-hen-{row["public_code"]}.ics"',
            "cache-control": "no-store",
        },
    )


@get("/appointments/{code:str}/move", include_in_schema=False, opt={"open": True})
async def other_hours(request: AnyRequest, code: FromPath[str]) -> Template:
    """Show the hours to which it can be moved."""
    return await _move_page(request, code)


@post("/appointments/{code:str}/move", include_in_schema=False, opt={"open": True})
async def move(request: AnyRequest, code: FromPath[str]) -> Redirect | Template:
    """Move it to another hour."""
    who = asker(request)
    form = await request.form()
    try:
        slot = _slot(str(form.get("slot", "")))
        seen = _sequence(str(form.get("sequence", "")))
        async with who.platform.works.begin(who.tenant, who.actor) as work:
            await appointments.move(work, code_of(code), slot, sequence=seen)
    except Problem as refused:
        if refused.status == 404:
            raise
        errors = refused.fields or {"slot": refused.said(who.lang)}
        return await _move_page(request, code, errors=errors, status=refused.status)
    return _to(request, code, "move")


@post("/appointments/{code:str}/cancel", include_in_schema=False, opt={"open": True})
async def cancel(request: AnyRequest, code: FromPath[str]) -> Redirect | Template:
    """Cancel it."""
    who = asker(request)
    try:
        async with who.platform.works.begin(who.tenant, who.actor) as work:
            await appointments.cancel(work, code_of(code))
    except Problem as refused:
        if refused.status == 404:
            raise
        errors = {"": refused.said(who.lang)}
        return await _page(request, code, errors=errors, status=refused.status)
    return _to(request, code, "cancel")


def entry_of(row: Record, tenant: Tenant, base: str, lang: str) -> Entry:
    """Return what a calendar shows of an appointment; its name in all calendars never changes."""
    line = row["name_en"] if lang == "en" else row["name_vi"]
    summary = f"Appointment: {line}" if lang == "en" else f"Lịch hẹn: {line}"
    say = "Appointment code" if lang == "en" else "Mã hẹn"
    url = f"{base}/appointments/{row['public_code']}"
    return Entry(
        uid=f"{row['id']}@{tenant.slug}",
        sequence=row["sequence"],
        stamp=clock.now(),
        begin=row["from_at"],
        end=row["to_at"],
        summary=summary,
        location=", ".join(filter(None, [row["site_name"], row["address"]])),
        description=f"{say}: {row['public_code']}\n{url}",
        url=url,
        latitude=row["latitude"],
        longitude=row["longitude"],
        cancelled=row["state"] == "cancelled",
    )


async def _page(
    request: AnyRequest,
    code: str,
    *,
    done: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    platform: Platform = request.app.state.platform
    tenant, now = province_of(request), clock.now()
    law = await platform.catalogue.of(tenant)
    async with platform.db.tenant(tenant) as tx:
        row = await agreed.by_code(tx, code_of(code))
        events = await tx.fetch(_HISTORY, row["id"], _TOLD)
    return page(
        request,
        "portal/appointment.html",
        status=status,
        row=row,
        near=row["day"] == local_day(now) and now >= row["from_at"] - NEAR,
        names=names(law),
        history=[(e["type"].split(".")[1], e["at"]) for e in events],
        address=f"{base_url_of(request)}/appointments/{row['public_code']}",
        done=done if done in DONE else "",
        errors=errors or {},
    )


async def _move_page(
    request: AnyRequest, code: str, *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(province_of(request)) as tx:
        row = await agreed.by_code(tx, code_of(code))
        if row["state"] != "booked":
            raise NotFound(
                "Lịch hẹn này không còn đổi giờ được.", "This appointment cannot be moved any more."
            )
        days = await free_days(tx, row["line_id"])
    return page(
        request,
        "portal/appointment_move.html",
        status=status,
        row=row,
        days=days,
        chosen="",
        errors=errors or {},
        said=vn_date(row["day"]),
    )


def _slot(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        said = ("Hãy chọn một khung giờ.", "Choose an hour.")
        raise Invalid(*said, fields={"slot": said}) from error


def _sequence(text: str) -> int | None:
    """Read the sequence that was on the screen; one so long was never there, and fits no other."""
    return int(text[:9]) if text.isascii() and text.isdigit() else None


def _to(request: AnyRequest, code: str, done: str) -> Redirect:
    return Redirect(
        here(request).url(f"/appointments/{code_of(code)}?done={done}"), status_code=303
    )


ROUTES: list[Any] = [show, calendar, other_hours, move, cancel]
