"""The page of a draft's papers: a slot for each, with what lies in it and what could be put there."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar.response import Template

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.fields import Value
from motcua.catalogue.procedure import Paper
from motcua.dossiers.drafts import Draft, Upload
from motcua.portal import one_tap, reuse
from motcua.portal.reuse import Held
from motcua.portal.sheets import Sheet, steps
from motcua.portal.slots import credentials, in_form, needed, standing_for, uploadable
from motcua.portal.visit import Visit
from motcua.web.pages import page


async def drawn(
    visit: Visit, procedure: Adopted, draft: Draft, errors: dict[str, str], back: str
) -> Template:
    """Draw the page; ``errors`` by paper, ``back`` is "check" when the person came from the last page."""
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
