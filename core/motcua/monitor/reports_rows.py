"""Behind a figure: a page of exactly the numbers, pieces of time or services that it counts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import get
from litestar.response import Template

from motcua import clock
from motcua.errors import Forbidden, NotFound
from motcua.monitor import halls, reports_files
from motcua.monitor.reports import wish_of
from motcua.monitor.reports_made import Wish
from motcua.platform import Platform
from motcua.queues import figures
from motcua.queues.figures import Scope
from motcua.queues.figures.rows import PAGE
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session

_LAST_PAGE = 10_000


@get("/monitor/rows", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """List what a figure counts, with the same filters as the figure itself."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    asked = request.query_params
    async with platform.db.tenant(tenant) as tx:
        session, _ = await halls.looking(request, tx)
        wish = await wish_of(request, tx, asked)
        scope = _scope(wish, asked, session)
        number = _whole(asked.get("page", "1"), 1, _LAST_PAGE)
        found = await figures.rows(
            tx, asked.get("figure", ""), scope, limit=PAGE, offset=(number - 1) * PAGE
        )
    kept = {key: value for key, value in asked.items() if key not in ("page", "lang")}
    return page(
        request,
        "monitor/report_rows.html",
        found=found,
        figure=asked.get("figure", ""),
        place=wish.site["name"] if wish.site else tenant.name,
        one_site=wish.site is not None,
        days=wish.days,
        officers=wish.officers,
        back=urlencode(wish.query),
        previous=_page(kept, number - 1) if number > 1 else None,
        next=_page(kept, number + 1) if number * PAGE < found.total else None,
        first=(number - 1) * PAGE,
        minutes=lambda seconds: reports_files.minutes(seconds, here(request).lang),
    )


def _scope(wish: Wish, asked: Mapping[str, str], session: Session) -> Scope:
    """Narrow the report's scope; an officer's rows are for who answers for him."""
    line, counter, officer = (_id(asked.get(key, "")) for key in ("line", "counter", "officer"))
    if officer and not (wish.site and halls.leads(session, wish.site["unit_id"])):
        raise Forbidden(
            "Số liệu của cán bộ chỉ dành cho người phụ trách đơn vị.",
            "The figures of officers are for those who lead the unit.",
        )
    hour = _whole(asked["hour"], 0, 23) if asked.get("hour") else None
    scope = wish.scope(clock.now())
    return replace(scope, line=line, counter=counter, officer=officer, hour=hour)


def _id(raw: str) -> UUID | None:
    try:
        return UUID(raw) if raw else None
    except ValueError as error:
        raise NotFound() from error


def _whole(raw: str, low: int, high: int) -> int:
    if raw.isascii() and raw.isdigit() and len(raw) <= 6 and low <= int(raw) <= high:
        return int(raw)
    raise NotFound()


def _page(kept: Mapping[str, str], number: int) -> str:
    return urlencode({**kept, "page": number})


ROUTES: list[Any] = [show]
