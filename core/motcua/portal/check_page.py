"""The page before the submission: all that will be submitted, and what has to be put right first."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar.response import Template

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.fees import fee
from motcua.catalogue.fields import Value
from motcua.catalogue.form_view import Control, summary
from motcua.catalogue.form_walk import Item
from motcua.catalogue.procedure import Paper
from motcua.dossiers import cosigning, offices
from motcua.dossiers.cosigning import Cosigner
from motcua.dossiers.drafts import Content, Draft, Upload
from motcua.dossiers.offices import Office
from motcua.errors import Problem
from motcua.portal import handing, signed
from motcua.portal.applying import DECLARED
from motcua.portal.sheets import Sheet, steps
from motcua.portal.slots import credentials, missing, standing_for
from motcua.portal.visit import Visit
from motcua.web.pages import page


async def checked(
    visit: Visit, draft: Draft, errors: Mapping[str, str], unsigned: Problem | None = None
) -> Template:
    """Draw the page; ``errors`` by question, ``unsigned`` says why the wallet signed nothing."""
    procedure = (await visit.law()).current(draft.procedure_code)
    form = procedure.package.form
    sheet = Sheet(form, draft.content, visit.lang, await visit.units(form))
    known = await offices.of(visit.platform, visit.tenant)
    values, declared = sheet.values, sheet.declarations()
    async with visit.work() as work:
        cosigners = await cosigning.standing(work, draft, form, values)
        handover = handing.of_draft(visit, draft, work.now)
    home = visit.url(f"/drafts/{draft.id}")
    here_keys = {f.key for f in declared} | {DECLARED, "", *(handing.KEYS if handover else ())}
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
        handover=handover,
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
