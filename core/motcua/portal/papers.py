"""Applying, second part: one slot for each paper, filled with a file or with a paper from the wallet."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.catalogue.adopted import Adopted
from motcua.dossiers import drafts
from motcua.dossiers.drafts import Draft, Upload
from motcua.errors import Conflict, NotFound, Problem
from motcua.events.work import Work
from motcua.files.intake import Prepared, keeping, note, read_own
from motcua.portal import from_wallet, reuse
from motcua.portal.papers_page import drawn
from motcua.portal.sheets import Sheet
from motcua.portal.slots import missing
from motcua.portal.uploading import UPLOAD_BODY, prepared, uploads
from motcua.portal.visit import Visit, citizen
from motcua.text import nfc
from motcua.web.here import AnyRequest

_PER_PAPER = 10


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
            await from_wallet.collect(visit, procedure, draft_id, presentation, response_code)
        except Problem as problem:
            said = problem.en if visit.lang == "en" else problem.vi
        else:
            return visit.go(f"/drafts/{draft_id}/papers")
    return await drawn(visit, procedure, draft, {"": said} if said else {}, back)


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
        return await drawn(visit, procedure, draft, errors, back)
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


ROUTES: list[Any] = [show_papers, save_papers, show_file, *from_wallet.ROUTES]
