"""What a dossier waits for besides people: what has come in, and service tasks that failed for good."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.desk.dossiers import dossier_page
from motcua.dossiers import access, awaited, incidents
from motcua.dossiers.law import names
from motcua.errors import Invalid
from motcua.events.work import Work
from motcua.people.capabilities import units
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session, need_role


@get("/desk/incidents", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """List the service tasks that failed for good, in the units somebody leads."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, *incidents.ROLES)
    law = await platform.catalogue.of(tenant)
    async with platform.db.tenant(tenant) as tx:
        rows = await incidents.listed(tx, _led(officer))
    total = rows[0]["total"] if rows else 0
    return page(request, "desk/incidents.html", rows=rows, names=names(law), total=total)


def _led(officer: Session) -> list[UUID] | None:
    found: list[UUID] = []
    for role in incidents.ROLES:
        held = units(officer.capabilities, role)
        if held is None:
            return None
        found += held
    return found


@post("/desk/dossier/{dossier_id:uuid}/retry", include_in_schema=False)
async def retry(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect:
    """Try a failed service task again."""
    platform, officer = _asks(request)
    form = await request.form()
    async with platform.works.begin(province_of(request), officer.actor) as work:
        await _leads(work, officer, dossier_id)
        await incidents.retry(work, dossier_id, str(form.get("token", "")))
    return _back(request, dossier_id, "retried")


@post("/desk/dossier/{dossier_id:uuid}/skip", include_in_schema=False)
async def skip(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Go on without a failed service task, for a reason."""
    platform, officer = _asks(request)
    form = await request.form()
    token, reason = str(form.get("token", "")), str(form.get("reason", ""))
    try:
        async with platform.works.begin(province_of(request), officer.actor) as work:
            await _leads(work, officer, dossier_id)
            await incidents.skip(platform, work, dossier_id, token, reason)
    except Invalid as wrong:
        return await dossier_page(
            request, dossier_id, errors=wrong.fields, failed=f"skip-{token}", kept=form
        )
    return _back(request, dossier_id, "skipped")


@post("/desk/dossier/{dossier_id:uuid}/arrived", include_in_schema=False)
async def arrived(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect:
    """Say that what the dossier waits for has come."""
    platform, officer = _asks(request)
    form = await request.form()
    async with platform.works.begin(province_of(request), officer.actor) as work:
        row = await access.seen(work, officer, dossier_id)
        need_role(officer, "specialist", *incidents.ROLES, unit=row["competent_unit"])
        await awaited.arrived(platform, work, dossier_id, str(form.get("message", "")))
    return _back(request, dossier_id, "arrived")


def _asks(request: AnyRequest) -> tuple[Platform, Session]:
    platform: Platform = request.app.state.platform
    return platform, access.officer(request)


async def _leads(work: Work, officer: Session, dossier_id: UUID) -> Record:
    row = await access.seen(work, officer, dossier_id)
    need_role(officer, *incidents.ROLES, unit=row["competent_unit"])
    return row


def _back(request: AnyRequest, dossier_id: UUID, done: str) -> Redirect:
    return Redirect(here(request).url(f"/desk/dossier/{dossier_id}?done={done}"), status_code=303)


ROUTES: list[Any] = [show, retry, skip, arrived]
