"""Booking an appointment: which hall, which line, which day and hour, and by which telephone one is reached."""

from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from motcua import clock, notices
from motcua.dossiers.codes import local_day
from motcua.errors import Invalid, NotFound, Problem
from motcua.portal.asking import Asker, asker, phone_of
from motcua.queues import agreed, appointments, slots
from motcua.tenancy.db import Record, TenantTx
from motcua.text import fold
from motcua.web.here import AnyRequest, here
from motcua.web.pages import page

FARTHEST = timedelta(days=60)
_PLACES = """
select s.key, s.name, s.address, u.name as unit, l.letter, l.name_vi, l.name_en, l.fields
from line l
join site s on s.tenant_id = l.tenant_id and s.id = l.site_id
join unit u on u.tenant_id = s.tenant_id and u.id = s.unit_id
where l.appointments is not null order by s.kind = 'provincial' desc, s.name, l.letter
"""
_LINE = """
select l.id, l.letter, l.name_vi, l.name_en, s.id as site_id, s.key as site_key, s.name as site_name,
  s.address
from line l join site s on s.tenant_id = l.tenant_id and s.id = l.site_id
where s.key = $1 and l.letter = $2
"""
_DOSSIER = """
select d.id, d.code, d.track_code, d.procedure_code, d.procedure_name from dossier d
where d.id = $1 and d.submitter_id = $2
"""


@get("/appointments", include_in_schema=False, opt={"open": True})
async def choose(
    request: AnyRequest,
    site: FromQuery[str] = "",
    line: FromQuery[str] = "",
    procedure: FromQuery[str] = "",
    dossier: FromQuery[UUID | None] = None,
    q: FromQuery[str] = "",
) -> Template:
    """Show the halls that take appointments; with a hall and a line, the hours that are free."""
    who = asker(request)
    if site and line:
        about = {"procedure": procedure, "dossier": dossier}
        return await _hours(request, who, site, line, about, phone=await who.own_phone())
    async with who.platform.db.tenant(who.tenant) as tx:
        rows = await tx.fetch(_PLACES)
        mine = await agreed.mine(tx, who.person, local_day(clock.now())) if who.person else []
    wanted = fold(q[:80])
    kept = [r for r in rows if wanted in fold(f"{r['name']} {r['unit']} {r['address']}")]
    places = [list(found) for _, found in groupby(kept, key=lambda r: r["key"])]
    about = {"procedure": procedure, "dossier": str(dossier or "")}
    return page(
        request,
        "portal/appointments.html",
        places=places,
        mine=[row for row in mine if row["state"] == "booked"],
        query=q[:80],
        about={key: value for key, value in about.items() if value},
    )


@post("/appointments", include_in_schema=False, opt={"open": True})
async def book(request: AnyRequest) -> Redirect | Template:
    """Book the hour that was chosen and lead to its page."""
    who = asker(request)
    form = {key: str(value)[:80] for key, value in (await request.form()).items()}
    procedure, dossier = form.get("procedure", ""), _uuid(form.get("dossier", ""))
    typed = form.get("code", "")
    try:
        slot = _uuid(form.get("slot", ""))
        if slot is None:
            said = ("Hãy chọn một khung giờ.", "Choose an hour.")
            raise Invalid(*said, fields={"slot": said})
        phone = form.get("phone", "")
        made = await take(who, slot, phone, typed, procedure=procedure, dossier=dossier)
    except Problem as refused:
        if refused.status == 404:
            raise
        # Whoever has not been asked for the code yet has done nothing wrong.
        confirm = "code" in refused.fields
        errors = refused.fields or {"slot": refused.said(who.lang)}
        if confirm and not typed.strip():
            errors = {}
        return await _hours(
            request,
            who,
            form.get("site", ""),
            form.get("line", ""),
            {"procedure": procedure, "dossier": dossier},
            phone=form.get("phone", ""),
            chosen=form.get("slot", ""),
            errors=errors,
            confirm=confirm or bool(typed),
            status=refused.status if errors else 200,
        )
    address = f"/appointments/{made.public_code}?done=book"
    return Redirect(here(request).url(address), status_code=303)


async def take(
    who: Asker,
    slot: UUID,
    phone: str,
    code: str = "",
    *,
    procedure: str = "",
    dossier: UUID | None = None,
) -> appointments.Booked:
    """Book a slot for whoever asks; a dossier has to be his own, a procedure one that is offered here.

    ``code`` confirms the telephone as ``Asker.confirm`` says.
    """
    contact = phone_of(phone)
    if procedure:
        law = await who.platform.catalogue.of(who.tenant)
        procedure = law.current(procedure).code
    if dossier is not None and who.person is None:
        raise NotFound("Không có hồ sơ này.", "There is no such dossier.")
    # What cannot be booked costs nobody a code.
    async with who.platform.db.tenant(who.tenant) as tx:
        await appointments.refuse_gone(tx, slot, clock.now())
    await who.confirm(contact, code)
    async with who.platform.works.begin(who.tenant, who.actor) as work:
        await who.knock(work, "book")
        return await appointments.book(
            work,
            slot,
            contact=contact,
            person=who.person,
            language=who.lang,
            procedure=procedure or None,
            dossier=dossier,
        )


async def _hours(
    request: AnyRequest,
    who: Asker,
    site: str,
    line: str,
    about: dict[str, Any],
    *,
    phone: str = "",
    chosen: str = "",
    errors: dict[str, str] | None = None,
    confirm: bool = False,
    status: int = 200,
) -> Template:
    async with who.platform.db.tenant(who.tenant) as tx:
        place = await tx.fetchrow(_LINE, site, line)
        if place is None:
            raise NotFound("Điểm tiếp nhận không có lĩnh vực này.", "The site has no such line.")
        days = await free_days(tx, place["id"])
        dossier = None
        if about["dossier"] and who.person:
            dossier = await tx.fetchrow(_DOSSIER, about["dossier"], who.person)
    return page(
        request,
        "portal/appointments_hours.html",
        status=status,
        place=place,
        days=days,
        about=about,
        dossier=dossier,
        procedure=await _procedure(who, about["procedure"]),
        phone=phone,
        chosen=chosen,
        errors=errors or {},
        confirm=confirm,
        messages=notices.reach(who.platform, who.tenant),
    )


async def free_days(tx: TenantTx, line: UUID) -> list[tuple[date, list[slots.Free]]]:
    """Return the days of a line that have free hours, each with them."""
    now = clock.now()
    today = local_day(now)
    found = await slots.free(tx, line, now, today, today + FARTHEST)
    return [(day, list(rows)) for day, rows in groupby(found, key=lambda slot: slot.day)]


async def _procedure(who: Asker, code: str) -> Record | None:
    if not code:
        return None
    law = await who.platform.catalogue.of(who.tenant)
    about = law.current(code).package.procedure
    return {"name_vi": about.name_vi, "name_en": about.name_en, "code": code}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES: list[Any] = [choose, book]
