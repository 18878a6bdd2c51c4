"""Applying, last part: the office, the answers once more, and the submission."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.fees import fee
from motcua.catalogue.fields import Field, Value, written
from motcua.dossiers import drafts, offices, queries
from motcua.dossiers.drafts import Draft
from motcua.dossiers.offices import Office
from motcua.dossiers.submission import Application, Submitted, submit
from motcua.dossiers.submission import Paper as HandedIn
from motcua.errors import Invalid
from motcua.events.work import Work
from motcua.people import citizens
from motcua.portal.papers import credentials, missing
from motcua.portal.sheets import Asked, Sheet, steps
from motcua.portal.visit import Visit, citizen
from motcua.wallet import presenting
from motcua.web.here import AnyRequest
from motcua.web.pages import page

ONLINE = 2
_FIRST_OFFERED = 12
DECLARED = "declared"


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
        try:
            draft.content.unit = offices.chosen(known, procedure.package.procedure, code).code
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
    able = offices.deciding(known, procedure.package.procedure)
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
        more=len(able) - len(found) if not query.strip() else 0,
        steps=steps(sheet, len(sheet.pages()) + 2),
    )


def _first(able: list[Office], draft: Draft, sheet: Sheet) -> list[Office]:
    """Return the office chosen before, those in the address typed or known, then the first by name."""
    address = " ".join(
        str(text)
        for asked in sheet.form.fields()
        if asked.kind == "address"
        for text in (sheet.shown(asked),)
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
    draft: Draft | None = None
    try:
        async with visit.work() as work:
            draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
            done = await _submit(work, visit, law, draft, known, posted)
    except Invalid as problem:
        if draft is None:
            raise
        return await _check(visit, draft, problem.fields or {"": problem.vi})
    return visit.go(f"/submitted/{done.track_code}")


async def _submit(
    work: Work,
    visit: Visit,
    law: TenantLaw,
    draft: Draft,
    known: Mapping[str, Office],
    posted: Mapping[str, str],
) -> Submitted:
    procedure = law.current(draft.procedure_code)
    sheet = Sheet(procedure.package.form, draft.content, visit.lang)
    # The identity is read again: what it says now counts, not what it said when the draft was begun.
    person = await citizens.read(work, visit.session.subject)
    answers = sheet.clean(_declared(sheet, posted), person.prefill())
    office = offices.chosen(known, procedure.package.procedure, draft.content.unit)
    application = Application(
        procedure=procedure,
        answers=answers,
        subject_id=visit.session.subject,
        submitter_id=visit.session.subject,
        subject_name=person.full_name,
        received_unit=office.id,
        competent_unit=office.id,
        channel=ONLINE,
        papers=_handed_in(procedure, draft, answers.values),
        credentials=credentials(draft),
    )
    done = await submit(work, law, application)
    used = {UUID(str(p.evidence["presentation"])) for p in application.papers if p.evidence}
    for presentation in sorted(used):
        await presenting.use(work, presentation, done.id)
    await drafts.submitted(work, draft)
    return done


def _declared(sheet: Sheet, posted: Mapping[str, str]) -> dict[str, str]:
    """Return what was declared; a form without a declaration of its own asks for a general one."""
    fields = sheet.declarations()
    if not fields and posted.get(DECLARED) != "1":
        raise Invalid(fields={DECLARED: _confirm(sheet.lang)})
    return {f.key: posted.get(f.key, "") for f in fields}


def _confirm(lang: str) -> str:
    return "Confirm this to continue" if lang == "en" else "Cần xác nhận mục này để tiếp tục"


def _handed_in(procedure: Adopted, draft: Draft, values: Mapping[str, Value]) -> list[HandedIn]:
    """Return a component for each upload, and for each paper that a credential stands for."""
    package, content = procedure.package, draft.content
    left = {p.key for p in package.papers_left(values, credentials(draft))}
    found: list[HandedIn] = []
    for paper in package.papers_for(values):
        if paper.key in left:
            found += [HandedIn(paper.key, u.id) for u in content.papers.get(paper.key, [])]
            continue
        shown = next(
            s
            for s in (content.shown.get(paper.key), *content.shown.values())
            if s and paper.replaced(s.vct_type, s.claims, values)
        )
        found.append(HandedIn(paper.key, evidence=shown.evidence))
    return found


async def _check(visit: Visit, draft: Draft, errors: Mapping[str, str]) -> Template:
    procedure = (await visit.law()).current(draft.procedure_code)
    sheet = Sheet(procedure.package.form, draft.content, visit.lang)
    known = await offices.of(visit.platform, visit.tenant)
    values, declared = sheet.values, sheet.declarations()
    home = visit.url(f"/drafts/{draft.id}")
    here_keys = {f.key for f in declared} | {DECLARED, ""}
    on_page = {k: v for k, v in errors.items() if k in here_keys}
    office = known.get(draft.content.unit)
    todo = _todo(visit, sheet, procedure, draft, home, office)
    rest = [v for k, v in errors.items() if k not in here_keys] if not todo else []
    return page(
        visit.request,
        "portal/check.html",
        status=422 if errors else 200,
        draft=draft,
        procedure=procedure.package.procedure,
        errors=on_page | ({"": " ".join(rest)} if rest else {}),
        todo=todo,
        groups=_groups(sheet, values, home),
        papers=_papers(visit, procedure, draft, values),
        office=office.name if office else "—",
        fee=_fee(procedure, values, visit.lang) if not todo else None,
        declared=[sheet.drawn(f) for f in declared] or [_general(visit.lang)],
        home=home,
        steps=steps(sheet, len(sheet.pages()) + 3),
    )


def _general(lang: str) -> Asked:
    said = (
        "I have checked what stands above and declare that it is true"
        if lang == "en"
        else "Tôi đã kiểm tra và cam đoan nội dung trên là đúng sự thật"
    )
    return Asked(DECLARED, "checkbox", said, "", True, (), False, "", "", 0)


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
    wrong = sheet.errors({f.key: "1" for f in sheet.declarations()})
    found = [
        (f"{home}/form/{number}?back=check#f-{f.key}", f"{f.label(visit.lang)}: {wrong[f.key]}")
        for number, asked in sheet.pages()
        for f in asked.fields
        if f.key in wrong
    ]
    for paper in missing(procedure, draft, sheet.values):
        said = f"Missing: {paper.name_en}" if en else f"Thiếu giấy tờ: {paper.name_vi}"
        found.append((f"{home}/papers?back=check#f-{paper.key}", said))
    if office is None or office.level not in procedure.package.procedure.level:
        said = "Choose the office that decides" if en else "Hãy chọn cơ quan giải quyết"
        found.append((f"{home}/unit", said))
    return found


def _groups(sheet: Sheet, values: Mapping[str, Value], home: str) -> list[dict[str, Any]]:
    return [
        {
            "title": asked.title(sheet.lang),
            "rows": [_row(sheet, f, values, f"{home}/form/{number}") for f in asked.fields],
        }
        for number, asked in sheet.pages()
    ]


def _row(sheet: Sheet, asked: Field, values: Mapping[str, Value], href: str) -> dict[str, str]:
    value = values.get(asked.key)
    return {
        "label": asked.label(sheet.lang),
        "value": written(asked, value, sheet.lang) if value is not None else "—",
        "href": "" if sheet.fixed(asked) else f"{href}?back=check#f-{asked.key}",
        "source": sheet.drawn(asked).source,
    }


def _papers(
    visit: Visit, procedure: Adopted, draft: Draft, values: Mapping[str, Value]
) -> list[dict[str, Any]]:
    package, content, en = procedure.package, draft.content, visit.lang == "en"
    left = {p.key for p in package.papers_left(values, credentials(draft))}
    found = []
    for paper in package.papers_for(values):
        if paper.key not in left:
            said = "From the wallet" if en else "Từ ví"
        elif uploads := content.papers.get(paper.key):
            said = ", ".join(u.name for u in uploads)
        elif paper.required:
            continue
        else:
            said = "Not needed here" if en else "Không cần nộp ở đây"
        found.append({"label": paper.name(visit.lang), "value": said})
    return found


def _fee(procedure: Adopted, values: Mapping[str, Value], lang: str) -> dict[str, Any]:
    found = fee(procedure.package, values)
    return {"amount": found.amount, "lines": [line.text(lang) for line in found.lines]}


@get("/submitted/{track_code:str}", include_in_schema=False)
async def show_submitted(request: AnyRequest, track_code: FromPath[str]) -> Template:
    """Confirm a submission: code, QR, what happens next and when."""
    visit = citizen(request)
    async with visit.work() as work:
        found = await queries.track(work.tx, track_code)
        dossier = await queries.owned(work.tx, found["id"], visit.session.subject)
    link = f"{visit.platform.settings.url_of(visit.tenant.slug)}/track/{dossier['track_code']}"
    return page(request, "portal/submitted.html", dossier=dossier, link=link)


ROUTES: list[Any] = [show_units, save_unit, show_check, submit_draft, show_submitted]
