"""Applying, first part: a draft is begun, and the form is filled in page by page.

Every button of a page saves it. ``_add`` and ``_drop`` change the rows of a repeated group, ``_go`` turns
over to other rows, ``_file`` only uploads; all of them come back to the page without a word about what is
still missing, so that nothing needs JavaScript.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.catalogue.form_posted import add_row, drop_row, place_of
from motcua.catalogue.form_view import named
from motcua.dossiers import drafts
from motcua.dossiers.drafts import Draft
from motcua.errors import Conflict, NotFound
from motcua.files.intake import Prepared, keeping
from motcua.people import citizens
from motcua.portal import reuse
from motcua.portal.attaching import Attaching, attachments, forget
from motcua.portal.filling import offered
from motcua.portal.mine import overview
from motcua.portal.sheets import Sheet, begin, posted_texts, steps
from motcua.portal.uploading import UPLOAD_BODY
from motcua.portal.visit import Visit, citizen
from motcua.web.here import AnyRequest
from motcua.web.pages import page

CHECK = "check"
_AGAIN = ("_add", "_drop", "_go", "_file")


async def sheet_of(visit: Visit, draft: Draft) -> Sheet:
    """Return the form of a draft in the version in force now; no transaction is open."""
    form = (await visit.law()).current(draft.procedure_code).package.form
    return Sheet(form, draft.content, visit.lang, await visit.units(form))


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
    wrong = sheet.walk.errors
    for number, asked in sheet.pages():
        if any(item.path in wrong for item in asked.every()):
            return visit.go(f"/drafts/{draft_id}/form/{number}")
    return visit.go(f"/drafts/{draft_id}/papers")


@get("/drafts/{draft_id:uuid}/form/{number:int}", include_in_schema=False)
async def show_page(
    request: AnyRequest,
    draft_id: FromPath[UUID],
    number: FromPath[int],
    back: FromQuery[str] = "",
    at: FromQuery[str] = "",
) -> Redirect | Template:
    """Show one page of the form; a page that is not asked gives way to the next.

    ``at`` is the path of a question whose row has to stand on the page.
    """
    visit = citizen(request)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    sheet = await sheet_of(visit, draft)
    _exists(sheet, number)
    if sheet.page(number) is None:
        return visit.go(_next(sheet, draft, number, back))
    return await _drawn(Sight(visit, draft, sheet, number, back, (at[:120],)), {})


@post(
    "/drafts/{draft_id:uuid}/form/{number:int}",
    include_in_schema=False,
    request_max_body_size=UPLOAD_BODY,
)
async def save_page(
    request: AnyRequest, draft_id: FromPath[UUID], number: FromPath[int]
) -> Redirect | Template:
    """Save one page, right or wrong; go on when it is right."""
    visit = citizen(request)
    posted = await request.form()
    law = await visit.law()
    texts = posted_texts(posted)
    arrived: dict[str, Prepared] = {}
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    sheet = await sheet_of(visit, draft)
    _exists(sheet, number)
    brought = any(not isinstance(value, str) for _, value in posted.multi_items())
    if brought:  # only to know which questions ask for files now
        sheet.take(number, texts)
    papers = {p.key: p for p in law.current(draft.procedure_code).package.procedure.papers}
    attaching = Attaching(visit, papers, posted, arrived)
    async with keeping(visit.platform.db, visit.tenant, visit.files, arrived.values()):
        unusable = await attaching.prepare(attachments(sheet, number)) if brought else {}
        async with visit.work() as work:
            draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
            sheet = Sheet(sheet.form, draft.content, visit.lang, sheet.units)
            taken = sheet.take(number, texts)
            if slots := attachments(sheet, number):
                await attaching.keep(work, draft, slots)
            at = _rearranged(sheet, posted)
            forget(draft)
            if slots or at is not None:
                sheet.changed()
            await drafts.save(work, draft)
    sight = Sight(visit, draft, sheet, number, str(posted.get("_return", "")), ())
    if unusable:
        return await _drawn(sight, unusable)
    if at is not None or any(name in posted for name in _AGAIN) or _button(posted):
        return visit.go(sight.href(at or ""))
    errors = sheet.wrong(taken)
    if errors:
        return await _drawn(sight, errors)
    return visit.go(_next(sheet, draft, number, sight.back))


def _button(posted: FormMultiDict) -> bool:
    return any(name.startswith("remove.") for name in posted)


def _rearranged(sheet: Sheet, posted: FormMultiDict) -> str | None:
    """Do what a button of a repeated group asks for; returns the path to come back to."""
    rows = {f.key: f for f in sheet.form.fields()}
    raw = sheet.content.answers
    if field := rows.get(str(posted.get("_add", ""))):
        return f"{field.key}.{add_row(field, raw)}"
    key, number = place_of(str(posted.get("_drop", "")))
    if field := rows.get(key):
        drop_row(field, raw, number)
        return f"{key}.{max(0, number - 1)}"
    key, number = place_of(str(posted.get("_go", "")))
    return f"{key}.{number}" if key in rows else None


@post("/drafts/{draft_id:uuid}/part/{number:int}", include_in_schema=False, status_code=200)
async def part(request: AnyRequest, draft_id: FromPath[UUID], number: FromPath[int]) -> Template:
    """Return the questions of a page with what is typed now; nothing is saved (``form.js``)."""
    visit = citizen(request)
    posted = await request.form()
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    sheet = await sheet_of(visit, draft)
    _exists(sheet, number)
    sheet.take(number, posted_texts(posted))
    window = tuple(str(v) for v in posted.getall("_window", []))
    sight = Sight(visit, draft, sheet, number, "", window)
    return page(request, "portal/_fields.html", blocks=await _blocks(sight, {}))


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


@dataclass(frozen=True)
class Sight:
    """One page of a draft as it is looked at; ``at`` are paths whose rows have to stand on it."""

    visit: Visit
    draft: Draft
    sheet: Sheet
    number: int
    back: str
    at: Sequence[str]

    def href(self, path: str) -> str:
        """Return the address of this page with the row of a path on it."""
        asked = {"back": self.back if self.back == CHECK else "", "at": path}
        query = "&".join(f"{k}={quote(v)}" for k, v in asked.items() if v)
        anchor = f"#f-{path}" if path else ""
        return f"/drafts/{self.draft.id}/form/{self.number}{'?' * bool(query)}{query}{anchor}"


async def _blocks(sight: Sight, told: Mapping[str, str]) -> list[Any]:
    """Return the questions of the page as blocks, with the errors that may be told."""
    sheet, visit = sight.sheet, sight.visit
    asked = sheet.page(sight.number)
    items = attachments(sheet, sight.number)
    files: dict[str, Any] = {}
    if items:
        law = await visit.law()
        known = law.current(sight.draft.procedure_code).package.procedure.papers
        papers = Attaching(visit, {p.key: p for p in known}, FormMultiDict([]), {})
        async with visit.work() as work:
            held = await reuse.held(work.tx, visit.session.subject, papers.names(items))
        files["files"] = lambda item: papers.slot(sight.draft, held, item)
    return sheet.blocks(asked.items if asked else (), told, at=sight.at, **files)


def _listed(sight: Sight, errors: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (link, sentence) of each error for the list above the form: ``Người con 2, Họ tên: …``."""
    asked = sight.sheet.page(sight.number)
    told = named(asked.items if asked else (), errors, sight.visit.lang)
    here = _on_page(sight)
    far = {path for path in told if "." in path and path not in here}
    return [
        (sight.visit.url(sight.href(path)) if path in far else f"#f-{path}", said)
        for path, said in told.items()
    ]


def _on_page(sight: Sight) -> set[str]:
    """Return the paths that stand on the page, whose rows may be a part of all."""
    asked = sight.sheet.page(sight.number)
    blocks = sight.sheet.drawing(at=sight.at).blocks(asked.items) if asked else []
    found: set[str] = set()
    while blocks:
        block = blocks.pop()
        found.add(block.path)
        blocks += [*block.blocks, *(b for row in block.rows for b in row.blocks)]
    return found


async def _drawn(sight: Sight, errors: dict[str, str]) -> Template:
    visit, sheet, number = sight.visit, sight.sheet, sight.number
    if errors and not any(sight.at):
        sight = Sight(visit, sight.draft, sheet, number, sight.back, tuple(errors))
    asked = sheet.page(number)
    numbers = [n for n, _ in sheet.pages()]
    previous = sheet.before(number)
    blocks = await _blocks(sight, errors)
    help_text = (asked.page.help_en if visit.lang == "en" else asked.page.help_vi) if asked else ""
    return page(
        visit.request,
        "portal/form.html",
        status=422 if errors else 200,
        draft=sight.draft,
        number=number,
        title=asked.title(visit.lang) if asked else "",
        help=help_text,
        blocks=blocks,
        errors=errors,
        summary=_listed(sight, errors),
        files=bool(attachments(sheet, number)),
        back=sight.back if sight.back == CHECK else "",
        from_wallet=await offered(visit, sheet, number) if not errors else [],
        filled=visit.request.query_params.get("filled", ""),
        emptied=visit.request.query_params.get("emptied", ""),
        previous=f"/drafts/{sight.draft.id}/form/{previous}" if previous else "",
        steps=steps(sheet, numbers.index(number) + 1 if number in numbers else 1),
    )


ROUTES: list[Any] = [apply, resume, show_page, save_page, part, delete]
