"""Papers of a draft from the person's own store: offered with their provenance, taken with one tap."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.fields import Value
from motcua.dossiers import drafts
from motcua.dossiers.drafts import Draft
from motcua.dossiers.slips import PROVENANCE
from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.holdings import reuse
from motcua.holdings.reuse import Fit
from motcua.portal.sheets import Sheet
from motcua.portal.visit import Visit, citizen
from motcua.text import vn_date
from motcua.web.here import AnyRequest

_OWN = ("Kết quả của bạn, cơ quan cấp ký số", "Your own result, signed by its issuer")


async def fits_of(
    visit: Visit, work: Work, procedure: Adopted, draft: Draft, values: Mapping[str, Value]
) -> list[Fit]:
    """Return what the store can stand for of the papers that have nothing yet."""
    content, package = draft.content, procedure.package
    credentials = tuple(shown.credential for shown in content.shown.values())
    left = package.papers_left(values, credentials)
    pairs = package.form.attached(values)
    taken = {key for key, files in content.papers.items() if files}
    taken |= {slot for slot, file_id in pairs if file_id in content.attached}
    person = visit.session.subject
    return await reuse.fits(visit.platform, work, person, left, values, taken)


def drawn(fit: Fit, lang: str) -> dict[str, Any]:
    """Describe a fit for the page: the paper, from where, how sure, since when."""
    en = lang == "en"
    own = fit.provenance == "issuer-signed"
    since = {
        "issuer-signed": ("cấp ngày", "issued"),
        "officer-compared": ("đối chiếu ngày", "compared"),
        "self-scanned": ("nộp lần đầu ngày", "first brought"),
    }[fit.provenance][en]
    source = fit.about if own else f"{'dossier' if en else 'hồ sơ'} {fit.about}"
    return {
        "use": f"{fit.paper.key}={fit.ref}",
        "name": fit.paper.name(lang),
        "provenance": (_OWN if own else PROVENANCE[fit.provenance])[en],
        "tone": "neutral" if fit.provenance == "self-scanned" else "ok",
        "about": f"{source}, {since} {vn_date(fit.since)}",
    }


@post("/drafts/{draft_id:uuid}/papers/use", include_in_schema=False)
async def use(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect:
    """Take one (``use=<paper>=<ref>``) or all (``all=1``) of what the store offers; consent is kept.

    What is asked for is looked up again: what is not offered any more is not taken. ``Conflict`` when nothing is.
    """
    visit = citizen(request)
    posted = await request.form()
    law = await visit.law()
    asked = {str(v) for v in posted.getall("use", [])}
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
        procedure = law.current(draft.procedure_code)
        values = Sheet(procedure.package.form, draft.content, visit.lang).values
        offered = await fits_of(visit, work, procedure, draft, values)
        chosen = [f for f in offered if "all" in posted or f"{f.paper.key}={f.ref}" in asked]
        if not chosen:
            raise Conflict(
                "Giấy tờ này không dùng lại được nữa: đã hết hiệu lực, bị thu hồi, hoặc đã có trong hồ sơ.",
                "This paper cannot be used: it is no longer in force, or the dossier has one already.",
            )
        _put(draft, chosen)
        await reuse.agreed(work, visit.session.subject, draft.procedure_code, chosen)
        await drafts.save(work, draft)
    back = "?back=check" if posted.get("_return") == "check" else ""
    return visit.go(f"/drafts/{draft_id}/papers{back}")


def _put(draft: Draft, chosen: list[Fit]) -> None:
    for fit in chosen:
        if fit.shown is not None:
            draft.content.shown[fit.paper.key] = fit.shown
        elif fit.upload is not None:
            draft.content.papers.setdefault(fit.paper.key, []).append(fit.upload)


ROUTES: list[Any] = [use]
