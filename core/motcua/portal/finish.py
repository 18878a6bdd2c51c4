"""Applying, last part: the office, the answers once more, and the submission."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.fees import fee
from motcua.catalogue.fields import Units, Value, written
from motcua.catalogue.form_view import Control, summary
from motcua.catalogue.form_walk import Item
from motcua.catalogue.procedure import Paper
from motcua.dossiers import cosigning, drafts, offices, queries
from motcua.dossiers.cosigning import Cosigner
from motcua.dossiers.drafts import Content, Draft, Upload
from motcua.dossiers.law import names
from motcua.dossiers.offices import Office
from motcua.dossiers.submission import Submitted, submit
from motcua.errors import Conflict, Invalid, NotFound, Problem, in_words
from motcua.events.work import Work
from motcua.holdings import reuse
from motcua.portal import applying, cosign, fill, printing, signed
from motcua.portal.applying import DECLARED
from motcua.portal.papers import credentials, missing, standing_for
from motcua.portal.sheets import Sheet, steps
from motcua.portal.visit import Visit, citizen
from motcua.wallet import presenting, signing
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


@get("/drafts/{draft_id:uuid}/check", include_in_schema=False)
async def show_check(request: AnyRequest, draft_id: FromPath[UUID]) -> Template:
    """Show all that will be submitted, with a way to change each part."""
    visit = citizen(request)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    return await _check(visit, draft, {})


@post("/drafts/{draft_id:uuid}/check", include_in_schema=False)
async def submit_draft(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect | Template:
    """Submit: dossier, papers, used credentials and the end of the draft are one transaction."""
    visit = citizen(request)
    posted = {k: str(v) for k, v in (await request.form()).items()}
    law = await visit.law()
    known = await offices.of(visit.platform, visit.tenant)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
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
    return await _check(visit, draft, {}, problem)


async def _refused(visit: Visit, draft_id: UUID, problem: Problem) -> Template:
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    said = {k: in_words(v, visit.lang) for k, v in problem.fields.items()}
    return await _check(visit, draft, said or {"": problem.said(visit.lang)})


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
    done = await submit(work, law, application)
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


async def _check(
    visit: Visit, draft: Draft, errors: Mapping[str, str], unsigned: Problem | None = None
) -> Template:
    procedure = (await visit.law()).current(draft.procedure_code)
    form = procedure.package.form
    sheet = Sheet(form, draft.content, visit.lang, await visit.units(form))
    known = await offices.of(visit.platform, visit.tenant)
    values, declared = sheet.values, sheet.declarations()
    async with visit.work() as work:
        cosigners = await cosigning.standing(work, draft, form, values)
    home = visit.url(f"/drafts/{draft.id}")
    here_keys = {f.key for f in declared} | {DECLARED, ""}
    on_page = {k: v for k, v in errors.items() if k in here_keys}
    office = known.get(draft.content.unit)
    todo = _todo(visit, sheet, procedure, draft, home, office)
    wrong = bool(todo)
    todo += _unconfirmed(cosigners, visit.lang)
    rest = [v for k, v in errors.items() if k not in here_keys] if not todo else []
    return page(
        visit.request,
        "portal/check.html",
        status=422 if errors or unsigned else 200,
        unsigned=unsigned.said(visit.lang) if unsigned else "",
        draft=draft,
        procedure=procedure.package.procedure,
        errors=on_page | ({"": " ".join(rest)} if rest else {}),
        todo=todo,
        groups=_groups(sheet, home),
        cosigners=cosigners,
        cosign_link=f"{visit.platform.settings.url_of(visit.tenant.slug)}/my/cosign",
        askable=not wrong and any(c.state == "new" for c in cosigners),
        papers=_papers(visit, procedure, draft, values),
        office=office.name if office else "—",
        case=procedure.package.case_for(values),
        fee=_fee(procedure, values, visit.lang) if not todo else None,
        signature=await signed.standing(visit, draft) if not todo else None,
        declared=[sheet.drawn(f) for f in declared] or [_general(visit.lang)],
        home=home,
        steps=steps(sheet, len(sheet.pages()) + 3),
    )


def _general(lang: str) -> Control:
    said = (
        "I have checked what stands above and declare that it is true"
        if lang == "en"
        else "Tôi đã kiểm tra và cam đoan nội dung trên là đúng sự thật"
    )
    return Control(DECLARED, "checkbox", said, required=True)


def _unconfirmed(cosigners: Sequence[Cosigner], lang: str) -> list[tuple[str, str]]:
    said = "has not confirmed yet" if lang == "en" else "chưa xác nhận cùng ký"
    return [("#cosigners", f"{c.name}: {said}") for c in cosigners if c.state != "confirmed"]


def _todo(
    visit: Visit,
    sheet: Sheet,
    procedure: Adopted,
    draft: Draft,
    home: str,
    office: Office | None,
) -> list[tuple[str, str]]:
    """Return (href, sentence) of all that has to be put right before the dossier can be submitted."""
    en = visit.lang == "en"
    found = [
        (_place(home, number, i.path), f"{i.field.label(visit.lang)}: {i.error.say(visit.lang)}")
        for number, asked in sheet.pages()
        for i in asked.every()
        if i.error
    ]
    for paper in missing(procedure, draft, sheet.values):
        said = f"Missing: {paper.name_en}" if en else f"Thiếu giấy tờ: {paper.name_vi}"
        found.append((f"{home}/papers?back=check#f-{paper.key}", said))
    if office is None or not offices.deciding({"": office}, procedure.package, sheet.values):
        said = "Choose the office that decides" if en else "Hãy chọn cơ quan giải quyết"
        found.append((f"{home}/unit", said))
    return found


def _place(home: str, number: int, path: str) -> str:
    """Return where an answer is changed; the row it lies in has to stand on that page."""
    at = f"&at={path}" if "." in path else ""
    return f"{home}/form/{number}?back=check{at}#f-{path}"


def _groups(sheet: Sheet, home: str) -> list[dict[str, Any]]:
    return [
        {
            "title": asked.title(sheet.lang),
            "rows": [
                {
                    "label": label,
                    "value": said or "—",
                    "href": "" if item.fixed else _place(home, number, item.path),
                    "source": _source(sheet, item),
                }
                for item, label, said in summary(asked.items, sheet.lang)
            ],
        }
        for number, asked in sheet.pages()
    ]


def _source(sheet: Sheet, item: Item) -> str:
    drawing = sheet.drawing()
    if stated := drawing.source(item.path, drawing.typed(item)):
        return stated
    known = item.known is not None and item.value == item.known
    return drawing.sources[item.fixed] if known else ""


def _papers(
    visit: Visit, procedure: Adopted, draft: Draft, values: Mapping[str, Value]
) -> list[dict[str, Any]]:
    package, content, en = procedure.package, draft.content, visit.lang == "en"
    left = {p.key for p in package.papers_left(values, credentials(draft))}
    held: dict[str, list[Upload]] = {}
    for slot, file_id in package.form.attached(values):
        if upload := content.attached.get(file_id):
            held.setdefault(slot, []).append(upload)
    found = []
    for paper in package.papers_for(values):
        if paper.key not in left:
            said = _stands(content, paper, values, en)
        elif uploads := [*content.papers.get(paper.key, []), *held.get(paper.key, [])]:
            said = ", ".join(u.name for u in uploads)
        elif paper.required:
            continue
        else:
            said = "Not needed here" if en else "Không cần nộp ở đây"
        found.append({"label": paper.name(visit.lang), "value": said})
    return found


def _stands(content: Content, paper: Paper, values: Mapping[str, Value], en: bool) -> str:
    """Say what stands for a paper: the person's own result here, or a credential from the wallet."""
    shown = standing_for(content, paper, values)
    if shown.result is None:
        return "From the wallet" if en else "Từ ví"
    words = "Your own result here, issued by" if en else "Kết quả của bạn tại đây, cơ quan cấp:"
    return f"{words} {shown.issuer_name}"


def _fee(procedure: Adopted, values: Mapping[str, Value], lang: str) -> dict[str, Any]:
    found = fee(procedure.package, values)
    return {"amount": found.amount, "lines": [line.text(lang) for line in found.lines]}


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
    show_units,
    save_unit,
    show_check,
    submit_draft,
    sign_draft,
    come_back,
    show_submitted,
    *cosign.ROUTES,
    *fill.ROUTES,
    *printing.ROUTES,
]
