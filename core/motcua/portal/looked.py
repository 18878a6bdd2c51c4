"""Who looked at my data: office, reason and moment, the last first."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from motcua.dossiers.law import names
from motcua.holdings import looks
from motcua.portal import my_papers
from motcua.portal.visit import citizen
from motcua.web.here import AnyRequest
from motcua.web.pages import page

_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


@get("/my/looks", include_in_schema=False)
async def show(request: AnyRequest, before: FromQuery[datetime | None] = None) -> Template:
    """List who looked at my person, my dossiers and papers, and at what I shared."""
    visit = citizen(request)
    moment = (before if before.tzinfo else before.replace(tzinfo=UTC)) if before else _LATEST
    called = names(await visit.law())
    async with visit.work() as work:
        found = await looks.looks(work, visit.session.subject, moment, called)
    following = None
    if len(found) == looks.PAGE:
        following = visit.url(f"/my/looks?{urlencode({'before': found[-1].at.isoformat()})}")
    first = visit.url("/my/looks") if before else None
    return page(
        request,
        "portal/looks.html",
        menu_at=my_papers.HERE,
        rows=looks.folded(found),
        previous=first,
        following=following,
    )


ROUTES: list[Any] = [show]
