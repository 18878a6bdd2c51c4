"""My dossier's papers and what I can do with it: answer a request, collect, take to the wallet, rate."""

from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.channels import handover
from motcua.documents.kept import newest
from motcua.dossiers import queries, rating, slips
from motcua.dossiers.answering import Handed, answer_supplement
from motcua.dossiers.drafts import Handover
from motcua.dossiers.submission import Paper
from motcua.errors import Invalid, NotFound, Problem, TooLarge
from motcua.events.work import Work
from motcua.files.intake import Prepared, keeping, note
from motcua.holdings import letters
from motcua.portal import handing
from motcua.portal import supplement as asking
from motcua.portal.mine import dossier_page
from motcua.portal.uploading import UPLOAD_BODY, prepared, uploads
from motcua.portal.visit import Visit, citizen
from motcua.tenancy.db import Record
from motcua.wallet import offering
from motcua.wallet.statuslist import REVOKED
from motcua.web.here import AnyRequest
from motcua.web.pages import page


@post(
    "/my/{dossier_id:uuid}/supplement",
    include_in_schema=False,
    request_max_body_size=UPLOAD_BODY,
)
async def answer(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Hand in exactly what was asked for; the clock goes on."""
    visit = citizen(request)
    posted = await request.form()
    sought = await asking.owned(visit, dossier_id)
    typed = sought.typed(posted)
    await asking.keep(visit, sought, typed)
    if asking.only_rows(posted):
        return await dossier_page(visit, dossier_id, {}, typed, asking.places(posted))
    arrived: dict[str, Prepared] = {}
    try:
        sought.look_first(typed)
        async with keeping(visit.platform.db, visit.tenant, visit.files, arrived.values()):
            await _prepare(visit, [p.key for p in sought.papers(typed)], posted, arrived)
            async with visit.work() as work:
                papers = [
                    Paper(key, (await note(work, paper, visit.session.subject)).id)
                    for key, paper in arrived.items()
                ]
                await answer_supplement(
                    visit.platform,
                    work,
                    dossier_id,
                    visit.session.subject,
                    Handed(papers, typed),
                    sought.units,
                )
    except (Invalid, TooLarge) as problem:
        errors = problem.fields or {"": problem.said(visit.lang)}
        return await dossier_page(visit, dossier_id, errors, typed, asking.places(posted))
    return visit.go(f"/my/{dossier_id}")


@post("/my/{dossier_id:uuid}/supplement/part", include_in_schema=False, status_code=200)
async def part(request: AnyRequest, dossier_id: FromPath[UUID]) -> Template:
    """Return the questions asked for, with what is typed now; nothing is saved (``form.js``)."""
    visit = citizen(request)
    posted = await request.form()
    sought = await asking.owned(visit, dossier_id)
    rows = asking.rows(sought, sought.typed(posted), {}, visit.lang, asking.places(posted))
    return page(request, "portal/_asked.html", rows=rows)


async def _prepare(
    visit: Visit, asked: list[str], posted: FormMultiDict, arrived: dict[str, Prepared]
) -> None:
    """Put what came for each paper into ``arrived``; ``Invalid`` names each that cannot be used."""
    wrong: dict[str, str | tuple[str, str]] = {}
    for key in asked:
        if not (parts := uploads(posted, key)):
            continue
        try:
            arrived[key] = await prepared(visit, parts)
        except Problem as problem:
            wrong[key] = (problem.vi, problem.en)
    if wrong:
        raise Invalid(fields=wrong)


@get("/my/{dossier_id:uuid}/receipt.pdf", include_in_schema=False)
async def receipt(request: AnyRequest, dossier_id: FromPath[UUID]) -> Response[bytes]:
    """Send form 01, receipt and appointment."""
    visit = citizen(request)
    await visit.law()
    async with visit.work() as work:
        row = await queries.owned(work.tx, dossier_id, visit.session.subject)
        read = await slips.receipt(visit.platform, work, row)
    return _pdf(await slips.pdf(read), f"giay-tiep-nhan-{row['code']}")


@get("/my/{dossier_id:uuid}/supplement.pdf", include_in_schema=False)
async def supplement(request: AnyRequest, dossier_id: FromPath[UUID]) -> Response[bytes]:
    """Send form 02, what was asked for last."""
    visit = citizen(request)
    await visit.law()
    async with visit.work() as work:
        row = await queries.owned(work.tx, dossier_id, visit.session.subject)
        read = await slips.supplement_request(visit.platform, work, row)
    return _pdf(await slips.pdf(read), f"yeu-cau-bo-sung-{row['code'] or row['track_code']}")


@get("/my/{dossier_id:uuid}/result.pdf", include_in_schema=False)
async def result(
    request: AnyRequest, dossier_id: FromPath[UUID], version: FromQuery[str] = ""
) -> Response[bytes]:
    """Send the signed result: the file that lasts, once there is one, or with ``version=issued`` the first."""
    visit = citizen(request)
    async with visit.work() as work:
        row = await queries.owned(work.tx, dossier_id, visit.session.subject)
        found = await _result(work, dossier_id)
        issued = str(found["pdf_sha256"])
        sha256 = issued if version == "issued" else await newest(work.tx, issued)
        work.emit("result.downloaded", found["id"])
    pdf = await to_thread.run_sync(visit.files.get, sha256)
    ended = "da-thu-hoi-" if found["status"] == REVOKED else ""
    return _pdf(pdf, f"ket-qua-{ended}{row['code']}")


@get("/my/{dossier_id:uuid}/withdrawal.pdf", include_in_schema=False)
async def withdrawal(request: AnyRequest, dossier_id: FromPath[UUID]) -> Response[bytes]:
    """Send the signed decision by which the result was withdrawn."""
    visit = citizen(request)
    async with visit.work() as work:
        row = await queries.owned(work.tx, dossier_id, visit.session.subject)
        sha256 = await letters.letter(work, dossier_id)
    pdf = await to_thread.run_sync(visit.files.get, sha256)
    return _pdf(pdf, f"thu-hoi-{row['code']}")


@get("/my/{dossier_id:uuid}/papers/{name:str}", include_in_schema=False)
async def paper(
    request: AnyRequest, dossier_id: FromPath[UUID], name: FromPath[str]
) -> Response[bytes]:
    """Send one of my own papers; ``name`` is ``<component id>.pdf``."""
    visit = citizen(request)
    async with visit.work() as work:
        await queries.owned(work.tx, dossier_id, visit.session.subject)
        papers = await queries.components(work.tx, dossier_id)
    found = next((c for c in papers if f"{c['id']}.pdf" == name and c["sha256"]), None)
    if found is None:
        raise NotFound("Không tìm thấy giấy tờ.", "There is no such paper.")
    pdf = await to_thread.run_sync(visit.files.get, found["sha256"])
    return _pdf(pdf, str(found["paper_key"]))


async def _result(work: Work, dossier_id: UUID) -> Record:
    found = await queries.result(work.tx, dossier_id)
    if found is None:
        raise NotFound("Hồ sơ chưa có kết quả.", "There is no result yet.")
    return found


def _pdf(content: bytes, name: str) -> Response[bytes]:
    safe = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)
    return Response(
        content,
        media_type="application/pdf",
        headers={"content-disposition": f'inline; filename="{safe}.pdf"'},
    )


@post("/my/{dossier_id:uuid}/offer", include_in_schema=False, status_code=200)
async def offer(request: AnyRequest, dossier_id: FromPath[UUID]) -> Template:
    """Offer the result to the wallet; link and code are shown this once and kept nowhere."""
    visit = citizen(request)
    async with visit.work() as work:
        row = await queries.owned(work.tx, dossier_id, visit.session.subject)
        found = await _result(work, dossier_id)
        offered = await offering.mint(
            visit.platform, work, result_id=found["id"], subject_id=visit.session.subject
        )
    return page(request, "portal/offer.html", row=row, result=found, offered=offered)


@post("/my/{dossier_id:uuid}/offer-here", include_in_schema=False)
async def offer_here(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect:
    """Lead to the wallet of this browser, which fetches the result by signing in.

    A result that is not there yet is awaited: the wallet gets it as soon as it is decided.
    """
    visit = citizen(request)
    subject = visit.session.subject
    async with visit.work() as work:
        await queries.owned(work.tx, dossier_id, subject)
        found = await queries.result(work.tx, dossier_id)
        if found is None:
            offered = await offering.mint_ahead(
                visit.platform,
                work,
                dossier_id=dossier_id,
                subject_id=subject,
                flow=offering.SIGN_IN,
            )
        else:
            offered = await offering.mint(
                visit.platform,
                work,
                result_id=found["id"],
                subject_id=subject,
                flow=offering.SIGN_IN,
            )
    return Redirect(offered.link, status_code=303)


@post("/my/{dossier_id:uuid}/rating", include_in_schema=False)
async def rate(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Say how it was, once."""
    visit = citizen(request)
    posted = await request.form()
    score, comment = str(posted.get("score", "")), str(posted.get("comment", ""))
    try:
        async with visit.work() as work:
            number = int(score) if score in {"1", "2", "3"} else 0
            await rating.rate(work, dossier_id, visit.session.subject, number, comment)
    except Invalid as problem:
        return await dossier_page(visit, dossier_id, problem.fields)
    return visit.go(f"/my/{dossier_id}")


@post("/my/{dossier_id:uuid}/handover", include_in_schema=False)
async def choose_handover(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Choose another way to receive the result, until it is issued."""
    visit = citizen(request)
    posted = {k: str(v) for k, v in (await request.form()).items()}
    typed = handing.typed_of(posted) or Handover()
    try:
        async with visit.work() as work:
            row = await queries.owned(work.tx, dossier_id, visit.session.subject)
            wish = handing.read(handing.way_of(visit, row["procedure_code"], work.now), typed)
            await handover.change(work, dossier_id, visit.session.subject, wish)
    except Invalid as problem:
        return await dossier_page(visit, dossier_id, problem.fields, wished=typed)
    return visit.go(f"/my/{dossier_id}#handover")


ROUTES: list[Any] = [
    answer,
    part,
    receipt,
    supplement,
    result,
    withdrawal,
    paper,
    offer,
    offer_here,
    rate,
    choose_handover,
]
