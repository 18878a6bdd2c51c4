"""Finding: the start page, the search, and what one procedure asks for."""

import time
from itertools import groupby
from typing import Any

from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.procedure import Paper
from motcua.dossiers import drafts, queries
from motcua.platform import Platform
from motcua.portal.slots import needed, uploadable
from motcua.tenancy.tenant import Tenant
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

_MOST = 6
_KEEP_SECONDS = 600.0
_USED = """
select procedure_code, count(*) as n from settlement_fact where day > current_date - 30
group by procedure_code
"""


async def _used(platform: Platform, tenant: Tenant) -> dict[str, int]:
    """Return how many dossiers of each procedure were settled in a month; asked every ten minutes."""
    key = f"used:{tenant.id}"
    kept: tuple[float, dict[str, int]] | None = platform.cache.get(key)
    if kept and time.monotonic() - kept[0] < _KEEP_SECONDS:
        return kept[1]
    async with platform.db.tenant(tenant) as tx:
        found = {r["procedure_code"]: r["n"] for r in await tx.fetch(_USED)}
    platform.cache[key] = (time.monotonic(), found)
    return found


@get("/", include_in_schema=False, opt={"open": True})
async def home(request: AnyRequest) -> Template:
    """Show what can be done here."""
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    law = await platform.catalogue.of(tenant)
    texts = tenant.settings.get("texts", {})
    spoken = texts.get(here(request).lang) or texts.get("vi", {})
    used = await _used(platform, tenant)
    # The most used first; of equals, what is only sample data should not lead.
    offered = sorted(
        law.offered(), key=lambda p: (-used.get(p.code, 0), not p.package.procedure.verified)
    )
    return page(
        request,
        "portal/home.html",
        title=spoken.get("welcome_title", tenant.name),
        text=spoken.get("welcome_text", ""),
        used=bool(used),
        procedures=[p.package.procedure for p in offered[:_MOST]],
        wallet=platform.settings.url_of("vi"),
    )


@get("/procedures", include_in_schema=False, opt={"open": True})
async def search(request: AnyRequest, q: FromQuery[str] = "") -> Template:
    """Show the procedures that match, or all of them by field."""
    platform: Platform = request.app.state.platform
    law = await platform.catalogue.of(province_of(request))
    query = q.strip()[:200]
    if query:
        found = [law.current(hit.entry.code).package.procedure for hit in law.index.search(query)]
        groups = [("", "", found)] if found else []
    else:
        every = sorted(
            (p.package.procedure for p in law.offered()), key=lambda p: (p.field_vi, p.name_vi)
        )
        groups = [
            (vi, en, list(rows))
            for (vi, en), rows in groupby(every, key=lambda p: (p.field_vi, p.field_en))
        ]
    return page(request, "portal/procedures.html", query=query, groups=groups)


@get("/procedures/{code:str}", include_in_schema=False, opt={"open": True})
async def start(request: AnyRequest, code: FromPath[str]) -> Template:
    """Show who, with which papers, at what cost, how long, and where the result goes."""
    tenant, where = province_of(request), here(request)
    platform: Platform = request.app.state.platform
    procedure = (await platform.catalogue.of(tenant)).current(code)
    begun, last = [], None
    if where.session and where.session.kind == "citizen":
        async with platform.db.tenant(tenant) as tx:
            rows = await drafts.mine(tx, where.session.subject)
            last = await queries.last_own(tx, where.session.subject, code)
        begun = [r for r in rows if r["procedure_code"] == code]
    about = procedure.package.procedure
    return page(
        request,
        "portal/procedure.html",
        p=about,
        papers=[_paper(paper, where.lang, procedure) for paper in about.papers],
        levels=_levels(procedure, where.lang),
        begun=begun,
        last=last,
        signed_in=where.session is not None and where.session.kind == "citizen",
        sample=_samples(procedure, where.lang),
        cases=[c for c in procedure.package.cases if c.name_vi],
    )


def _paper(paper: Paper, lang: str, procedure: Adopted) -> dict[str, Any]:
    package = procedure.package
    sometimes = (
        bool(paper.when)
        or package.procedure.required_papers is not None
        or any(paper not in case.papers for case in package.cases)
    )
    return {
        "name": paper.name(lang),
        "note": paper.note_en if lang == "en" else paper.note_vi,
        "required": needed(paper) and not sometimes,
        "sometimes": sometimes,
        "upload": uploadable(paper),
        "wallet": bool(paper.replaced_by),
    }


def _levels(procedure: Adopted, lang: str) -> list[str]:
    names = {
        "commune": ("Ủy ban nhân dân cấp xã", "Commune, ward or special zone"),
        "province": ("Cơ quan cấp tỉnh", "Office of the province"),
    }
    return [names[level][lang == "en"] for level in procedure.package.procedure.level]


_PARTS = {
    "code": ("mã", "code"),
    "name": ("tên", "name"),
    "form": ("biểu mẫu", "form"),
    "papers": ("thành phần hồ sơ", "papers"),
    "steps": ("các bước", "steps"),
    "fee": ("phí, lệ phí", "fee"),
    "time_limit": ("thời hạn", "time limit"),
    "result": ("kết quả", "result"),
    "target": ("chỉ tiêu công bố", "target"),
}


def _samples(procedure: Adopted, lang: str) -> str:
    """Return which parts are sample data."""
    return ", ".join(_PARTS[part][lang == "en"] for part in procedure.package.procedure.sample)


ROUTES: list[Any] = [home, search, start]
