"""Applying, last part: the answers once more, the signature, and the submission."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.catalogue.adopted import TenantLaw
from motcua.catalogue.fields import Units
from motcua.channels import handover
from motcua.dossiers import drafts, offices, queries
from motcua.dossiers.drafts import Draft
from motcua.dossiers.law import names
from motcua.dossiers.offices import Office
from motcua.dossiers.submission import Submitted, submit
from motcua.errors import Conflict, Invalid, NotFound, Problem, in_words
from motcua.events.work import Work
from motcua.holdings import reuse
from motcua.portal import applying, cosign, fill, handing, printing, signed
from motcua.portal.check_page import checked
from motcua.portal.visit import Visit, citizen
from motcua.wallet import presenting, signing
from motcua.web.here import AnyRequest
from motcua.web.pages import page


@get("/drafts/{draft_id:uuid}/check", include_in_schema=False)
async def show_check(request: AnyRequest, draft_id: FromPath[UUID]) -> Template:
    """Show all that will be submitted, with a way to change each part."""
    visit = citizen(request)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    return await checked(visit, draft, {})


@post("/drafts/{draft_id:uuid}/check", include_in_schema=False)
async def submit_draft(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect | Template:
    """Submit: dossier, papers, used credentials and the end of the draft are one transaction."""
    visit = citizen(request)
    posted = {k: str(v) for k, v in (await request.form()).items()}
    law = await visit.law()
    known = await offices.of(visit.platform, visit.tenant)
    draft = await handing.keep(visit, draft_id, posted)
    units = await visit.units(law.current(draft.procedure_code).package.form)
    try:
        async with visit.work() as work:
            draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
            done = await _submit(work, visit, law, draft, known, posted, units)
    except Invalid as problem:
        return await _refused(visit, draft_id, problem)
    return visit.go(f"/submitted/{done.track_code}")


@post("/drafts/{draft_id:uuid}/sign", include_in_schema=False)
async def sign_draft(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect | Template:
    """Open the wallet to sign what would be submitted; the declarations are signed with it."""
    visit = citizen(request)
    posted = {k: str(v) for k, v in (await request.form()).items()}
    await handing.keep(visit, draft_id, posted)
    try:
        return await signed.begin(visit, draft_id, posted)
    except Invalid as problem:
        return await _refused(visit, draft_id, problem)


@get("/drafts/{draft_id:uuid}/signed", include_in_schema=False)
async def come_back(
    request: AnyRequest,
    draft_id: FromPath[UUID],
    presentation: FromQuery[UUID | None] = None,
    response_code: FromQuery[str] = "",
) -> Redirect | Template:
    """Keep the signature that the wallet brings back; the check page says how it stands."""
    visit = citizen(request)
    async with visit.work() as work:
        await drafts.read(work, draft_id, visit.session.subject)
    if presentation is not None:
        try:
            await signed.collect(visit, draft_id, presentation, response_code)
        except (Conflict, NotFound) as problem:
            return await _unsigned(visit, draft_id, problem)
        except Invalid as problem:
            return await _refused(visit, draft_id, problem)
    return visit.go(f"/drafts/{draft_id}/check#signature")


async def _unsigned(visit: Visit, draft_id: UUID, problem: Problem) -> Template:
    """Say why nothing was signed: the person refused, or the paper cannot sign; nothing is to be mended."""
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    return await checked(visit, draft, {}, problem)


async def _refused(visit: Visit, draft_id: UUID, problem: Problem) -> Template:
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    said = {k: in_words(v, visit.lang) for k, v in problem.fields.items()}
    return await checked(visit, draft, said or {"": problem.said(visit.lang)})


async def _submit(
    work: Work,
    visit: Visit,
    law: TenantLaw,
    draft: Draft,
    known: Mapping[str, Office],
    posted: Mapping[str, str],
    units: Units | None,
) -> Submitted:
    procedure = law.current(draft.procedure_code)
    ready = await applying.ready(work, visit, procedure, draft, known, posted, units)
    evidence, holds = applying.signature(work, draft, ready.form)
    if posted.get("signed") and not holds:
        raise Invalid(
            "Nội dung đã thay đổi sau khi ký bằng ví. Hãy kiểm tra lại và ký lại.",
            "The content changed after it was signed with the wallet. Look at it and sign again.",
        )
    application = await reuse.ready(work, ready.application)
    wish = handing.wish_of(visit, draft, work.now)
    done = await submit(work, law, application)
    await handover.choose(work, done.id, wish, application.received_unit)
    reuse.note(work, application, done.id)
    shown = (p.evidence for p in application.papers if p.evidence)
    used = {UUID(str(e["presentation"])) for e in shown if "presentation" in e}
    for presentation in sorted(used):
        await presenting.use(work, presentation, done.id)
    if evidence is not None and holds:
        await signing.keep(work, done.id, evidence)
    await fill.keep(work, draft, done.id)
    await drafts.submitted(work, draft)
    return done


@get("/submitted/{track_code:str}", include_in_schema=False)
async def show_submitted(request: AnyRequest, track_code: FromPath[str]) -> Template:
    """Confirm a submission: code, QR, what happens next and when."""
    visit = citizen(request)
    law = await visit.law()
    async with visit.work() as work:
        found = await queries.track(work.tx, track_code)
        dossier = await queries.owned(work.tx, found["id"], visit.session.subject)
        evidence = await signing.of_dossier(work, dossier["id"])
    link = f"{visit.platform.settings.url_of(visit.tenant.slug)}/track/{dossier['track_code']}"
    return page(
        request,
        "portal/submitted.html",
        dossier=dossier,
        names=names(law),
        link=link,
        signature=evidence,
    )


ROUTES: list[Any] = [
    show_check,
    submit_draft,
    sign_draft,
    come_back,
    show_submitted,
    *cosign.ROUTES,
    *fill.ROUTES,
    *printing.ROUTES,
]
