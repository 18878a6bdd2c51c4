"""Applying, second part: one slot for each paper, filled with a file or with a paper from the wallet."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.fields import Value
from motcua.catalogue.procedure import Paper, Replacement
from motcua.dossiers import drafts
from motcua.dossiers.drafts import Content, Draft, Shown, Upload
from motcua.errors import Conflict, Invalid, NotFound, Problem, TooLarge
from motcua.events.work import Work
from motcua.files.intake import Prepared, keeping, note, prepare, read_own
from motcua.files.scan import scanner_of
from motcua.portal import one_tap, reuse
from motcua.portal.reuse import Held
from motcua.portal.sheets import Sheet, steps
from motcua.portal.visit import Visit, citizen
from motcua.text import nfc
from motcua.wallet import presenting
from motcua.web.here import AnyRequest
from motcua.web.pages import page

UPLOAD_BODY = 50_000_000
_PER_PAPER = 10
_UPLOADED = frozenset({"copy", "form", "original"})


def uploadable(paper: Paper) -> bool:
    """Tell whether a paper gets a slot; a form this form replaces and what is only shown at the counter do not."""
    return paper.kind in _UPLOADED and (paper.required or paper.copies > 0)


def needed(paper: Paper) -> bool:
    """Tell whether nothing can be submitted without it; originals come with the person to the counter."""
    return paper.required and paper.kind in {"copy", "form"}


def missing(procedure: Adopted, draft: Draft, values: Mapping[str, Value]) -> list[Paper]:
    """Return the papers without which the dossier cannot be submitted."""
    left = procedure.package.papers_left(values, credentials(draft))
    given = in_form(procedure, draft, values)
    return [
        p for p in left if needed(p) and p.key not in given and not draft.content.papers.get(p.key)
    ]


def in_form(procedure: Adopted, draft: Draft, values: Mapping[str, Value]) -> set[str]:
    """Return the papers that were attached to questions of the form."""
    pairs = procedure.package.form.attached(values)
    return {slot for slot, file_id in pairs if file_id in draft.content.attached}


def credentials(draft: Draft) -> tuple[Any, ...]:
    """Return what was presented, as the rules see it."""
    return tuple(shown.credential for shown in draft.content.shown.values())


@get("/drafts/{draft_id:uuid}/papers", include_in_schema=False)
async def show_papers(
    request: AnyRequest,
    draft_id: FromPath[UUID],
    presentation: FromQuery[UUID | None] = None,
    response_code: FromQuery[str] = "",
    back: FromQuery[str] = "",
) -> Redirect | Template:
    """Show the slots; the wallet comes back here with what was presented."""
    visit = citizen(request)
    law = await visit.law()
    said = ""
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    procedure = law.current(draft.procedure_code)
    if presentation:
        try:
            await _collect(visit, procedure, draft_id, presentation, response_code)
        except Problem as problem:
            said = problem.en if visit.lang == "en" else problem.vi
        else:
            return visit.go(f"/drafts/{draft_id}/papers")
    return await _drawn(visit, procedure, draft, {"": said} if said else {}, back)


async def _collect(
    visit: Visit, procedure: Adopted, draft_id: UUID, presentation: UUID, code: str
) -> None:
    """Put a verified credential in the place of each paper it stands for."""
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
        found = await presenting.collect(
            visit.platform,
            work,
            presentation_id=presentation,
            response_code=code,
            subject_id=visit.session.subject,
        )
        shown = Shown(
            found.id,
            found.vct_type,
            dict(found.claims),
            found.issuer,
            found.issuer_name,
            found.digest,
        )
        values = Sheet(procedure.package.form, draft.content, visit.lang).values
        replaced = [
            p
            for p in procedure.package.papers_for(values)
            if p.replaced(shown.vct_type, shown.claims, values)
        ]
        if not replaced:
            raise Invalid(
                "Giấy tờ này hợp lệ nhưng không thay được giấy tờ nào của hồ sơ: "
                "loại giấy hoặc tên người trên giấy khác với hồ sơ.",
                "This paper is valid but stands for none of the dossier's: its kind or the name on it differs.",
            )
        for paper in replaced:
            draft.content.shown[paper.key] = shown
        await drafts.save(work, draft)


@post(
    "/drafts/{draft_id:uuid}/papers",
    include_in_schema=False,
    request_max_body_size=UPLOAD_BODY,
)
async def save_papers(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect | Template:
    """Take files, take one out, or go on; a file that cannot be used leaves the others where they are."""
    visit = citizen(request)
    posted = await request.form()
    law = await visit.law()
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    procedure = law.current(draft.procedure_code)
    removed = any(name == "drop" or name.startswith("remove.") for name in posted)
    arrived: dict[str, Prepared] = {}
    async with keeping(visit.platform.db, visit.tenant, visit.files, arrived.values()):
        errors = {} if removed else await _prepare_all(visit, procedure, draft, posted, arrived)
        async with visit.work() as work:
            draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
            _remove(draft, posted)
            errors |= await _note_all(visit, work, draft, posted, arrived)
            await _use_again(visit, work, procedure, draft, posted)
            await drafts.save(work, draft)
    back = str(posted.get("_return", ""))
    going_on = not removed and posted.get("action") != "upload"
    if going_on and not errors:
        values = Sheet(procedure.package.form, draft.content, visit.lang).values
        en = visit.lang == "en"
        errors = {
            p.key: f"Missing: {p.name_en}." if en else f"Thiếu giấy tờ: {p.name_vi}."
            for p in missing(procedure, draft, values)
        }
    if errors:
        return await _drawn(visit, procedure, draft, errors, back)
    if not going_on:
        return visit.go(f"/drafts/{draft_id}/papers" + (f"?back={back}" if back == "check" else ""))
    return visit.go(f"/drafts/{draft_id}/{'check' if back == 'check' else 'unit'}")


def _remove(draft: Draft, posted: FormMultiDict) -> None:
    """Take out the file (``remove.<paper>``) or credential (``drop``) whose button was pressed."""
    content = draft.content
    for name, value in posted.multi_items():
        if name.startswith("remove."):
            key = name.removeprefix("remove.")
            kept = [u for u in content.papers.get(key, []) if str(u.id) != value]
            content.papers[key] = kept
        elif name == "drop":
            content.shown.pop(str(value), None)


async def _prepare_all(
    visit: Visit,
    procedure: Adopted,
    draft: Draft,
    posted: FormMultiDict,
    arrived: dict[str, Prepared],
) -> dict[str, str]:
    """Put what came for each paper into ``arrived``; returns what is wrong with the others."""
    errors: dict[str, str] = {}
    for paper in procedure.package.procedure.papers:
        if not (parts := uploads(posted, paper.key)):
            continue
        try:
            _need_room(draft, paper.key)
            arrived[paper.key] = await prepared(visit, parts)
        except Problem as problem:
            errors[paper.key] = problem.en if visit.lang == "en" else problem.vi
    return errors


async def _use_again(
    visit: Visit, work: Work, procedure: Adopted, draft: Draft, posted: FormMultiDict
) -> None:
    """Put ticked papers of earlier dossiers (``reuse.<paper>``) into their slots, as far as there is room."""
    papers = [p for p in procedure.package.procedure.papers if f"reuse.{p.key}" in posted]
    if not papers:
        return
    again = await reuse.held(work.tx, visit.session.subject, (p.name_vi for p in papers))
    for paper in papers:
        ticked = [str(v) for v in posted.getall(f"reuse.{paper.key}", [])]
        files = draft.content.papers.setdefault(paper.key, [])
        present = {u.id for u in files}
        fresh = [u for u in reuse.wanted(again, paper.name_vi, ticked) if u.id not in present]
        files += fresh[: _PER_PAPER - len(files)]


async def _note_all(
    visit: Visit,
    work: Work,
    draft: Draft,
    posted: FormMultiDict,
    arrived: Mapping[str, Prepared],
) -> dict[str, str]:
    errors: dict[str, str] = {}
    for key, paper in arrived.items():
        try:
            _need_room(draft, key)  # again: now nobody else changes the draft
        except Conflict as full:
            errors[key] = full.en if visit.lang == "en" else full.vi
            continue
        taken = await note(work, paper, visit.session.subject)
        parts = uploads(posted, key)
        more = f" (+{len(parts) - 1})" if len(parts) > 1 else ""
        name = (nfc(parts[0].filename)[:120] or key) + more
        draft.content.papers.setdefault(key, []).append(
            Upload(taken.id, name, taken.pages, taken.size)
        )
    return errors


def _need_room(draft: Draft, key: str) -> None:
    if len(draft.content.papers.get(key, ())) >= _PER_PAPER:
        raise Conflict(
            f"Mỗi giấy tờ tối đa {_PER_PAPER} tệp.", f"At most {_PER_PAPER} files for each paper."
        )


def uploads(posted: FormMultiDict, key: str) -> list[UploadFile]:
    """Return the files posted under a name; an input left empty gives none."""
    return [p for p in posted.getall(key, []) if isinstance(p, UploadFile) and p.filename]


async def prepared(visit: Visit, parts: Sequence[UploadFile]) -> Prepared:
    """Make one paper of files; no transaction is open. ``TooLarge`` and the errors of ``prepare``."""
    limit = visit.platform.settings.max_upload
    contents = [await part.read(limit + 1) for part in parts]
    if any(len(content) > limit for content in contents):
        megabytes = limit // 1_048_576
        raise TooLarge(
            f"Tệp lớn hơn {megabytes} MB. Hãy chụp hoặc quét lại với độ phân giải thấp hơn.",
            f"The file is larger than {megabytes} MB. Scan it again at a lower resolution.",
        )
    return await prepare(visit.files, contents, scanner_of(visit.platform.settings.clamd))


@post("/drafts/{draft_id:uuid}/papers/{paper:str}/present", include_in_schema=False)
async def present(request: AnyRequest, draft_id: FromPath[UUID], paper: FromPath[str]) -> Redirect:
    """Ask the wallet for a credential that stands for this paper."""
    visit = citizen(request)
    posted = await request.form()
    law = await visit.law()
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
        procedure = law.current(draft.procedure_code)
        values = Sheet(procedure.package.form, draft.content, visit.lang).values
        rule = _rule(procedure, paper, str(posted.get("vct_type", "")), values)
        link = await presenting.start(
            visit.platform,
            work,
            subject_id=visit.session.subject,
            paper_key=paper,
            vct_type=rule.vct_type,
            claims={**rule.claims, **dict.fromkeys(rule.same)},
            return_path=f"/drafts/{draft_id}/papers",
            draft_id=draft_id,
        )
    return Redirect(link, status_code=303)


def _rule(procedure: Adopted, key: str, vct_type: str, values: Mapping[str, Value]) -> Replacement:
    for paper in procedure.package.papers_for(values):
        for rule in paper.replaced_by:
            if paper.key == key and vct_type in ("", rule.vct_type):
                return rule
    raise NotFound(
        "Không có giấy tờ nào trong ví thay được giấy tờ này.",
        "No paper of the wallet stands for this one.",
    )


@get("/drafts/{draft_id:uuid}/files/{file_id:uuid}", include_in_schema=False)
async def show_file(
    request: AnyRequest, draft_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """Show an uploaded file to whoever uploaded it."""
    visit = citizen(request)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
        listed = [*draft.content.papers.values(), draft.content.attached.values()]
        if not any(u.id == file_id for many in listed for u in many):
            raise NotFound("Không tìm thấy tệp.", "There is no such file.")
        pdf = await read_own(work.tx, visit.files, file_id, visit.session.subject)
    return Response(pdf, media_type="application/pdf")


async def _drawn(
    visit: Visit, procedure: Adopted, draft: Draft, errors: dict[str, str], back: str
) -> Template:
    sheet = Sheet(procedure.package.form, draft.content, visit.lang)
    values = sheet.values
    left = procedure.package.papers_left(values, credentials(draft))
    asked = procedure.package.papers_for(values)
    done = [p for p in asked if p not in left]
    given = in_form(procedure, draft, values)
    left = [p for p in left if p.key not in given]
    async with visit.work() as work:
        again = await reuse.held(work.tx, visit.session.subject, (p.name_vi for p in left))
        fits = await one_tap.fits_of(visit, work, procedure, draft, values)
    pages = sheet.pages()
    return page(
        visit.request,
        "portal/papers.html",
        status=422 if errors else 200,
        draft=draft,
        errors=errors,
        slots=[_slot(visit, draft, p, again) for p in left if uploadable(p)],
        notes=[_note(visit, p) for p in left if not uploadable(p)],
        done=[_done(visit, draft, p, values) for p in done],
        from_wallet=[_offer(visit, p) for p in left if p.replaced_by],
        fits=[one_tap.drawn(f, visit.lang) for f in fits],
        back=back if back == "check" else "",
        previous=f"/drafts/{draft.id}/form/{pages[-1][0]}" if pages else "",
        steps=steps(sheet, len(pages) + 1),
    )


def _slot(visit: Visit, draft: Draft, paper: Paper, again: Sequence[Held]) -> dict[str, Any]:
    files = draft.content.papers.get(paper.key, [])
    return {
        "key": paper.key,
        "name": paper.name(visit.lang),
        "required": needed(paper),
        "many": True,
        "note": _text(visit, paper),
        "files": [file_row(visit, draft, upload) for upload in files],
        "reusable": reuse.offered(again, paper.name_vi, (u.id for u in files), visit.lang),
    }


def file_row(visit: Visit, draft: Draft, upload: Upload) -> dict[str, Any]:
    """Describe a file of a draft for ``ui.file_slot``."""
    unit = "pages" if visit.lang == "en" else "trang"
    return {
        "id": upload.id,
        "name": upload.name,
        "size": f"{upload.pages} {unit}, {max(1, upload.size // 1024)} KB",
        "href": visit.url(f"/drafts/{draft.id}/files/{upload.id}"),
    }


def _text(visit: Visit, paper: Paper) -> str:
    return paper.note_en if visit.lang == "en" else paper.note_vi


def _note(visit: Visit, paper: Paper) -> dict[str, str]:
    return {"name": paper.name(visit.lang), "note": _text(visit, paper)}


def standing_for(content: Content, paper: Paper, values: Mapping[str, Value]) -> Shown:
    """Return what stands for a paper: what was shown for it, or for another one that fits too."""
    return next(
        s
        for s in (content.shown.get(paper.key), *content.shown.values())
        if s and paper.replaced(s.vct_type, s.claims, values)
    )


def _done(
    visit: Visit, draft: Draft, paper: Paper, values: Mapping[str, Value]
) -> dict[str, object]:
    shown = standing_for(draft.content, paper, values)
    return {
        "key": paper.key,
        "name": paper.name(visit.lang),
        "issuer": shown.issuer_name,
        "own": shown.result is not None,
    }


def _offer(visit: Visit, paper: Paper) -> dict[str, Any]:
    types = dict.fromkeys(rule.vct_type for rule in paper.replaced_by)
    return {"key": paper.key, "name": paper.name(visit.lang), "types": list(types)}


ROUTES: list[Any] = [show_papers, save_papers, present, show_file]
