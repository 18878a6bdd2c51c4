"""Reports of reception: as a page, to print, and as files; and the rows behind each figure."""

import time
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Template

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.errors import Invalid, NotFound
from motcua.monitor import halls, reports_files
from motcua.monitor.reports_made import Report, Span, Wish, make
from motcua.monitor.reports_tables import written
from motcua.people.parse import parse_date
from motcua.platform import Platform
from motcua.tenancy.db import TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

_EARLIEST = date(2020, 1, 1)
# Page, print and files of one report are the same figures, and a province's month takes seconds.
_KEPT_SECONDS = 60.0
_KEPT_MOST = 16
_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


@get("/monitor/reports", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """Show a report, with the ways to print and to keep it."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    asked = request.query_params
    errors: Mapping[str, str] = {}
    async with platform.db.tenant(tenant) as tx:
        try:
            wish = await wish_of(request, tx, asked)
        except Invalid as wrong:
            errors = wrong.fields
            wish = await wish_of(request, tx, {k: v for k, v in asked.items() if k != "date"})
        report = await _report(platform, tenant, tx, wish)
    lang = here(request).lang
    return page(
        request,
        "monitor/reports.html",
        status=422 if errors else 200,
        report=report,
        wish=wish,
        title=reports_files.title(report, lang),
        place=reports_files.place(report, tenant, lang),
        written=lambda cell, column: written(cell.value, cell.kind or column.kind, lang),
        today=local_day(clock.now()),
        kept={"date": asked.get("date", "")} if errors else {},
        errors=errors,
    )


@get("/monitor/reports/{form:str}", include_in_schema=False)
async def keep(request: AnyRequest, form: FromPath[str]) -> Response[bytes]:
    """Return a report as a file: ``pdf``, ``xlsx`` or ``csv``."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    lang = here(request).lang
    async with platform.db.tenant(tenant) as tx:
        wish = await wish_of(request, tx, request.query_params)
        if form not in _TYPES:
            raise NotFound()
        report = await _report(platform, tenant, tx, wish)
    match form:
        case "pdf":
            content = await reports_files.pdf(report, tenant)
        case "xlsx":
            content = await reports_files.xlsx(report, tenant, lang)
        case _:
            content = reports_files.csv_text(report, lang)
    name = f"{reports_files.file_name(report)}.{form}"
    shown = "inline" if form == "pdf" else "attachment"
    headers = {"content-disposition": f'{shown}; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=_TYPES[form], headers=headers)


async def wish_of(request: AnyRequest, tx: TenantTx, asked: Mapping[str, str]) -> Wish:
    """Read what is asked for; a day that is none is ``Invalid``, a strange site ``NotFound``."""
    session, sites = await halls.looking(request, tx)
    key = asked.get("site", "")
    site = halls.one_of(sites, key) if key else None
    if len(sites) == 1:
        site = sites[0]
    today = local_day(clock.now())
    typed = asked.get("date", "").strip()
    # A month's report counts the numbers reserved for its days to come, and each of them opens its rows.
    latest = Wish("month", today, sites, site).days[1]
    day = parse_date(typed, earliest=_EARLIEST, latest=latest) if typed else today
    span: Span = "month" if asked.get("span") == "month" else "day"
    officers = site is not None and halls.leads(session, site["unit_id"])
    return Wish(span, day, sites, site, officers)


async def _report(platform: Platform, tenant: Tenant, tx: TenantTx, wish: Wish) -> Report:
    """Return the report, made anew when the last one is older than a minute."""
    kept: dict[tuple[object, ...], tuple[float, Report]] = platform.cache.setdefault("reports", {})
    chosen: tuple[UUID, ...] = tuple(site["id"] for site in wish.chosen)
    key = (tenant.id, wish.span, wish.days, chosen, wish.officers)
    found = kept.get(key)
    if found is None or found[0] < time.monotonic():
        law = await platform.catalogue.of(tenant, tx)
        report = await make(tx, wish, law.calendar, clock.now())
        if len(kept) >= _KEPT_MOST:
            kept.clear()
        found = kept[key] = (time.monotonic() + _KEPT_SECONDS, report)
    return found[1]


ROUTES: list[Any] = [show, keep]
