"""What was stated, on paper: of a draft before it is submitted, and of a dossier."""

from typing import Any
from uuid import UUID

from litestar import get
from litestar.params import FromPath
from litestar.response import Template

from motcua.catalogue.form_view import sections
from motcua.catalogue.packages import Package
from motcua.dossiers import drafts, queries
from motcua.dossiers.law import law_of
from motcua.portal.sheets import Sheet
from motcua.portal.visit import Visit, citizen
from motcua.web.here import AnyRequest
from motcua.web.pages import page


@get("/drafts/{draft_id:uuid}/print", include_in_schema=False)
async def print_draft(request: AnyRequest, draft_id: FromPath[UUID]) -> Template:
    """Show a draft's answers as they are printed."""
    visit = citizen(request)
    law = await visit.law()
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    package = law.current(draft.procedure_code).package
    units = await visit.units(package.form)
    values = Sheet(package.form, draft.content, visit.lang, units).values
    back = visit.url(f"/drafts/{draft_id}/check")
    return _printed(visit, package, values, back=back, code="", name=visit.session.name)


@get("/my/{dossier_id:uuid}/print", include_in_schema=False)
async def print_dossier(request: AnyRequest, dossier_id: FromPath[UUID]) -> Template:
    """Show the answers of one of my dossiers as they are printed."""
    visit = citizen(request)
    await visit.law()
    async with visit.work() as work:
        row = await queries.owned(work.tx, dossier_id, visit.session.subject)
        _, procedure = await law_of(visit.platform, work, row)
        values = queries.answers(work, row)
    back = visit.url(f"/my/{dossier_id}")
    code = row["code"] or row["track_code"]
    name = row["subject_name"]
    return _printed(visit, procedure.package, values, back=back, code=code, name=name)


def _printed(
    visit: Visit, package: Package, values: dict[str, Any], *, back: str, code: str, name: str
) -> Template:
    return page(
        visit.request,
        "portal/print.html",
        procedure=package.procedure,
        sections=sections(package.form.outline(values), visit.lang),
        back=back,
        code=code,
        name=name,
    )


ROUTES: list[Any] = [print_draft, print_dossier]
"""Registered with the last part of applying."""
