"""The national office: figures of all provinces, and no dossier of any of them."""

import csv
import io
from typing import Any

from litestar import Request, Response, get
from litestar.response import Template

from motcua.api import (
    FEW,
    Invalid,
    National,
    NotFound,
    Platform,
    Province,
    Tenant,
    here,
    local_day,
    national_days,
    national_figures,
    need_role,
    page,
    splits,
    tenant_of,
)
from motcua_admin import span as spans
from motcua_admin.span import Span

AnyRequest = Request[Any, Any, Any]
_COLUMNS = (
    "slug",
    "province",
    "day",
    "received",
    "finished",
    "waiting_at_end_of_day",
    "overdue_now",
    "on_time",
    "late",
    "on_time_percent",
)


def _office(request: AnyRequest) -> Tenant:
    """Return the office; 404 on a province's host, 401 or 403 for whoever does not work here."""
    tenant = tenant_of(request)
    if tenant.is_province:
        raise NotFound()
    need_role(here(request).session, "national")
    return tenant


async def _read(request: AnyRequest, span: Span) -> National:
    platform: Platform = request.app.state.platform
    return await national_figures(platform, span.first, span.last)


@get("/national", include_in_schema=False)
async def national(request: AnyRequest) -> Template:
    """Show the country: how each province stands, and its days."""
    _office(request)
    query = request.query_params
    shown: dict[str, Any] = {"presets": spans.PRESETS, "query": query, "few": FEW}
    try:
        span = spans.read(query)
        found = await _read(request, span)
    except Invalid as wrong:
        return page(
            request,
            "admin/national.html",
            status=422,
            found=None,
            span=None,
            errors=wrong.fields,
            **shown,
        )
    return page(
        request,
        "admin/national.html",
        found=found,
        span=span,
        errors={},
        **_tables(found, _chosen(found, query.get("province", ""))),
        **shown,
    )


def _chosen(found: National, slug: str) -> Province | None:
    if not slug:
        return None
    for province in found.provinces:
        if province.slug == slug:
            return province
    raise NotFound("Không có tỉnh, thành phố này.", "There is no such province.")


def _tables(found: National, chosen: Province | None) -> dict[str, Any]:
    """Return the rows of both tables with their small figures hidden, and the sums."""
    provinces = sorted(found.provinces, key=lambda p: (-p.overdue, -p.waiting, p.name))
    totals = [p.total for p in provinces]
    days = national_days([chosen] if chosen else provinces)
    hidden = splits([(t.on_time, t.late) for t in totals])
    by_day = splits([(d.on_time, d.late) for d in days])
    # The whole is a row of its own; it is hidden only when it is small itself.
    whole = splits([(found.total.on_time, found.total.late)])[0]
    return {
        "chosen": chosen,
        "provinces": list(zip(provinces, totals, hidden, strict=True)),
        "days": list(zip(days, by_day, strict=True)),
        "total": found.total,
        "whole": whole,
        "waiting": sum(p.waiting for p in provinces),
        "overdue": sum(p.overdue for p in provinces),
    }


@get("/national.json", include_in_schema=False)
async def as_json(request: AnyRequest) -> dict[str, Any]:
    """Return the same figures for programs; what is hidden as small is ``null``."""
    _office(request)
    found = await _read(request, spans.read(request.query_params))
    return {
        "first": found.first,
        "last": found.last,
        "read_at": found.read_at,
        "hidden_below": FEW,
        "provinces": [_province(p) for p in found.provinces],
    }


def _province(province: Province) -> dict[str, Any]:
    hidden = splits([(d.on_time, d.late) for d in province.days])
    return {
        "slug": province.slug,
        "name": province.name,
        "waiting": province.waiting,
        "overdue": province.overdue,
        "latest_event_at": province.last_at,
        "days": [
            {
                "day": d.day,
                "received": d.received,
                "finished": d.finished,
                "waiting": d.waiting,
                "on_time": s.on_time if isinstance(s.on_time, int) else None,
                "late": s.late if isinstance(s.late, int) else None,
                "on_time_percent": s.share,
            }
            for d, s in zip(province.days, hidden, strict=True)
        ],
    }


@get("/national.csv", include_in_schema=False)
async def as_csv(request: AnyRequest) -> Response[str]:
    """Return one line for each province and day; with a byte order mark, so that Excel reads UTF-8."""
    _office(request)
    found = await _read(request, spans.read(request.query_params))
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(_COLUMNS)
    today = local_day(found.read_at)
    for p in found.provinces:
        hidden = splits([(d.on_time, d.late) for d in p.days])
        for d, s in zip(p.days, hidden, strict=True):
            overdue: int | str = p.overdue if d.day == today else ""
            share: int | str = "" if s.share is None else s.share
            lines.writerow(
                (
                    p.slug,
                    p.name,
                    d.day.isoformat(),
                    d.received,
                    d.finished,
                    d.waiting,
                    overdue,
                    s.on_time,
                    s.late,
                    share,
                )
            )
    name = f"motcua-{found.first}-{found.last}.csv"
    return Response(
        "\ufeff" + text.getvalue(),
        media_type="text/csv",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


ROUTES: list[Any] = [national, as_json, as_csv]
