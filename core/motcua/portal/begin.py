"""Applying, first part: a draft is begun, and the form is filled in page by page."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.dossiers import drafts
from motcua.dossiers.drafts import Draft
from motcua.errors import Conflict, NotFound
from motcua.people import citizens
from motcua.portal.mine import overview
from motcua.portal.sheets import Sheet, begin, steps
from motcua.portal.visit import Visit, citizen
from motcua.web.here import AnyRequest
from motcua.web.pages import page

CHECK = "check"


async def sheet_of(visit: Visit, draft: Draft) -> Sheet:
    """Return the form of a draft in the version in force now."""
    procedure = (await visit.law()).current(draft.procedure_code)
    return Sheet(procedure.package.form, draft.content, visit.lang)


@post("/apply/{code:str}", include_in_schema=False)
async def apply(request: AnyRequest, code: FromPath[str]) -> Redirect | Template:
    """Begin a draft, filled with what the identity knows."""
    visit = citizen(request)
    form = (await visit.law()).current(code).package.form
    trace = visit.session.data.get("trace_id")
    try:
        async with visit.work() as work:
            prefill = (await citizens.read(work, visit.session.subject)).prefill()
            draft = await drafts.create(
                work,
                visit.session.subject,
                code,
                begin(form, prefill),
                UUID(trace) if trace else None,
            )
    except Conflict as full:
        return await overview(visit, problem=full)
    return visit.go(f"/drafts/{draft.id}")


@get("/drafts/{draft_id:uuid}", include_in_schema=False)
async def resume(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect:
    """Go to the first page of the form that is not right yet, or to the papers."""
    visit = citizen(request)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    sheet = await sheet_of(visit, draft)
    wrong = sheet.errors({})
    for number, asked in sheet.pages():
        if any(f.key in wrong for f in asked.fields):
            return visit.go(f"/drafts/{draft_id}/form/{number}")
    return visit.go(f"/drafts/{draft_id}/papers")


@get("/drafts/{draft_id:uuid}/form/{number:int}", include_in_schema=False)
async def show_page(
    request: AnyRequest, draft_id: FromPath[UUID], number: FromPath[int], back: FromQuery[str] = ""
) -> Redirect | Template:
    """Show one page of the form; a page that is not asked gives way to the next."""
    visit = citizen(request)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    sheet = await sheet_of(visit, draft)
    _exists(sheet, number)
    if sheet.page(number) is None:
        return visit.go(_next(sheet, draft, number, back))
    return _drawn(visit, draft, sheet, number, back, {})


@post("/drafts/{draft_id:uuid}/form/{number:int}", include_in_schema=False)
async def save_page(
    request: AnyRequest, draft_id: FromPath[UUID], number: FromPath[int]
) -> Redirect | Template:
    """Save one page, right or wrong; go on when it is right."""
    visit = citizen(request)
    posted = await request.form()
    law = await visit.law()
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
        form = law.current(draft.procedure_code).package.form
        sheet = Sheet(form, draft.content, visit.lang)
        _exists(sheet, number)
        errors = sheet.take(number, posted)
        await drafts.save(work, draft)
    back = str(posted.get("_return", ""))
    if errors:
        return _drawn(visit, draft, sheet, number, back, errors)
    return visit.go(_next(sheet, draft, number, back))


@post("/drafts/{draft_id:uuid}/part/{number:int}", include_in_schema=False, status_code=200)
async def part(request: AnyRequest, draft_id: FromPath[UUID], number: FromPath[int]) -> Template:
    """Return the questions of a page with what is typed now; nothing is saved (``form.js``)."""
    visit = citizen(request)
    posted = await request.form()
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    sheet = await sheet_of(visit, draft)
    _exists(sheet, number)
    sheet.take(number, posted)
    asked = sheet.page(number)
    return page(request, "portal/_fields.html", rows=_rows(sheet, asked, {}))


@post("/drafts/{draft_id:uuid}/delete", include_in_schema=False)
async def delete(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect:
    """Throw a draft away."""
    visit = citizen(request)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
        await drafts.drop(work, draft)
    return visit.go("/my")


def _exists(sheet: Sheet, number: int) -> None:
    if not 1 <= number <= len(sheet.form.pages):
        raise NotFound()


def _next(sheet: Sheet, draft: Draft, number: int, back: str) -> str:
    if back == CHECK:
        return f"/drafts/{draft.id}/check"
    following = sheet.after(number)
    return f"/drafts/{draft.id}/form/{following}" if following else f"/drafts/{draft.id}/papers"


def _rows(sheet: Sheet, asked: Any, errors: dict[str, str]) -> list[dict[str, Any]]:
    fields = asked.fields if asked else ()
    return [
        {"f": sheet.drawn(f), "value": sheet.shown(f), "error": errors.get(f.key, "")}
        for f in fields
    ]


def _named(sheet: Sheet, key: str, said: str) -> str:
    """Return an error with its question, as it stands in the list above the form."""
    label = next((f.label(sheet.lang) for f in sheet.form.fields() if f.key == key), "")
    return f"{label}: {said}" if label else said


def _drawn(
    visit: Visit, draft: Draft, sheet: Sheet, number: int, back: str, errors: dict[str, str]
) -> Template:
    asked = sheet.page(number)
    numbers = [n for n, _ in sheet.pages()]
    previous = sheet.before(number)
    return page(
        visit.request,
        "portal/form.html",
        status=422 if errors else 200,
        draft=draft,
        number=number,
        title=asked.title(visit.lang) if asked else "",
        help=(asked.help_en if visit.lang == "en" else asked.help_vi) if asked else "",
        rows=_rows(sheet, asked, errors),
        errors=errors,
        summary={k: _named(sheet, k, said) for k, said in errors.items()},
        back=back if back == CHECK else "",
        previous=f"/drafts/{draft.id}/form/{previous}" if previous else "",
        steps=steps(sheet, numbers.index(number) + 1 if number in numbers else 1),
    )


ROUTES: list[Any] = [apply, resume, show_page, save_page, part, delete]
