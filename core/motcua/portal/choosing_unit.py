"""Applying, third part: the office that decides."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.catalogue.adopted import TenantLaw
from motcua.catalogue.fields import written
from motcua.dossiers import drafts, offices
from motcua.dossiers.drafts import Draft
from motcua.dossiers.offices import Office
from motcua.errors import Invalid
from motcua.portal.sheets import Sheet, steps
from motcua.portal.visit import Visit, citizen
from motcua.web.here import AnyRequest
from motcua.web.pages import page

_FIRST_OFFERED = 12


@get("/drafts/{draft_id:uuid}/unit", include_in_schema=False)
async def show_units(
    request: AnyRequest, draft_id: FromPath[UUID], q: FromQuery[str] = ""
) -> Template:
    """Offer the offices that may decide; those near the person's address first."""
    visit = citizen(request)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    return await _units(visit, draft, q[:100], {})


@post("/drafts/{draft_id:uuid}/unit", include_in_schema=False)
async def save_unit(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect | Template:
    """Keep the chosen office."""
    visit = citizen(request)
    code = str((await request.form()).get("unit", ""))
    law = await visit.law()
    known = await offices.of(visit.platform, visit.tenant)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
        procedure = law.current(draft.procedure_code)
        values = Sheet(procedure.package.form, draft.content, visit.lang).values
        try:
            draft.content.unit = offices.chosen(known, procedure.package, values, code).code
        except Invalid as problem:
            said = problem.en if visit.lang == "en" else problem.vi
            return await _units(visit, draft, "", {"unit": said}, law)
        await drafts.save(work, draft)
    return visit.go(f"/drafts/{draft_id}/check")


async def _units(
    visit: Visit, draft: Draft, query: str, errors: dict[str, str], law: TenantLaw | None = None
) -> Template:
    procedure = (law or await visit.law()).current(draft.procedure_code)
    sheet = Sheet(procedure.package.form, draft.content, visit.lang)
    known = await offices.of(visit.platform, visit.tenant)
    able = offices.deciding(known, procedure.package, sheet.values)
    found = offices.find(able, query)
    if not query.strip():
        found = _first(able, draft, sheet)
    return page(
        visit.request,
        "portal/unit.html",
        status=422 if errors else 200,
        draft=draft,
        errors=errors,
        query=query,
        chosen=draft.content.unit,
        offices=found[:60],
        routed=bool(procedure.package.route(sheet.values)),
        more=len(able) - len(found) if not query.strip() else 0,
        steps=steps(sheet, len(sheet.pages()) + 2),
    )


def _first(able: list[Office], draft: Draft, sheet: Sheet) -> list[Office]:
    """Return the office chosen before, those in the address typed or known, then the first by name."""
    address = " ".join(
        str(text)
        for asked in sheet.form.fields()
        if asked.kind in ("address", "address2")
        for text in (written(asked, sheet.values[asked.key]),)
        if asked.key in sheet.values
    )
    spoken = f"{address} {draft.content.prefill.get('person.address', '')}"
    chosen = [o for o in able if o.code == draft.content.unit]
    return list(dict.fromkeys([*chosen, *offices.near(able, spoken), *able]))[:_FIRST_OFFERED]


ROUTES: list[Any] = [show_units, save_unit]
