"""Co-signing: the submitter asks, the others read the very same answers and confirm them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.catalogue.fields import Value
from motcua.catalogue.packages import Package
from motcua.dossiers import cosigning, drafts
from motcua.dossiers.drafts import Content
from motcua.errors import Invalid, NotFound
from motcua.portal.sheets import Sheet
from motcua.portal.visit import Visit, citizen
from motcua.web.here import AnyRequest
from motcua.web.pages import page


@post("/drafts/{draft_id:uuid}/cosigners", include_in_schema=False)
async def ask(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect:
    """Ask everybody who is named as a co-signer; only a form without mistakes can be confirmed."""
    visit = citizen(request)
    law = await visit.law()
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    about = law.current(draft.procedure_code).package
    units = await visit.units(about.form)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
        sheet = Sheet(about.form, draft.content, visit.lang, units)
        declared = dict.fromkeys((f.key for f in sheet.declarations()), "1")
        clean = sheet.clean(declared, draft.content.prefill).values
        # What is declared at the very end is the submitter's own word.
        values = {key: value for key, value in clean.items() if key not in declared}
        told = cosigning.Sheet(
            about.procedure.name_vi,
            about.procedure.name_en,
            visit.session.name,
            about.form.describe(values, "vi"),
            about.form.describe(values, "en"),
            _papers(about, draft.content, values),
        )
        await cosigning.ask(work, draft, visit.session.subject, about.form, values, told)
    return visit.go(f"/drafts/{draft_id}/check#cosigners")


def _papers(
    about: Package, content: Content, values: Mapping[str, Value]
) -> list[tuple[str, str, str]]:
    """Return the names of each paper that is handed in, and of its files or of who vouches for it."""
    held = {key: [u.name for u in uploads] for key, uploads in content.papers.items()}
    for slot, file_id in about.form.attached(values):
        if upload := content.attached.get(file_id):
            held.setdefault(slot, []).append(upload.name)
    for key, shown in content.shown.items():
        held.setdefault(key, []).append(shown.issuer_name)
    named = {paper.key: paper for paper in about.procedure.papers}
    return [
        (named[key].name_vi, named[key].name_en, ", ".join(files))
        for key, files in held.items()
        if files and key in named
    ]


@get("/my/cosign", include_in_schema=False)
async def show_requests(request: AnyRequest) -> Template:
    """List what I am asked to confirm."""
    visit = citizen(request)
    async with visit.work() as work:
        found = await cosigning.requests(work, visit.session.subject)
    return page(request, "portal/cosign.html", requests=found, one=None, errors={})


@get("/my/cosign/{request_id:uuid}", include_in_schema=False)
async def show_request(request: AnyRequest, request_id: FromPath[UUID]) -> Template:
    """Show exactly what would be confirmed."""
    return await _one(citizen(request), request_id, {})


@post("/my/cosign/{request_id:uuid}", include_in_schema=False)
async def confirm(request: AnyRequest, request_id: FromPath[UUID]) -> Redirect | Template:
    """Confirm what was read; a form that was changed meanwhile has to be read again."""
    visit = citizen(request)
    posted = await request.form()
    if posted.get("agree") != "1":
        en = visit.lang == "en"
        said = "Confirm this to continue" if en else "Cần xác nhận mục này để tiếp tục"
        return await _one(visit, request_id, {"agree": said})
    try:
        async with visit.work() as work:
            mark = str(posted.get("digest", ""))
            await cosigning.confirm(work, request_id, visit.session.subject, mark)
    except Invalid as problem:
        return await _one(visit, request_id, {"": problem.said(visit.lang)})
    return visit.go(f"/my/cosign/{request_id}")


async def _one(visit: Visit, request_id: UUID, errors: dict[str, str]) -> Template:
    async with visit.work() as work:
        found = await cosigning.requests(work, visit.session.subject, request_id)
    if not found:
        raise NotFound(
            "Yêu cầu này không còn: hồ sơ đã được nộp hoặc đã bị xóa.",
            "This request is not there: the dossier was submitted or deleted.",
        )
    sheet = found[0].sheet
    en = visit.lang == "en"
    lines = sheet.lines_en if en else sheet.lines_vi
    return page(
        visit.request,
        "portal/cosign.html",
        status=422 if errors else 200,
        requests=[],
        one=found[0],
        lines=[{"label": label, "value": said} for label, said in lines],
        papers=[{"label": e if en else v, "value": files} for v, e, files in sheet.papers],
        errors=errors,
    )


ROUTES: list[Any] = [ask, show_requests, show_request, confirm]
"""Registered with the last part of applying."""
