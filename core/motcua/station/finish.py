"""The check page, handing in, and the ticket that is shown once."""

from collections.abc import Mapping
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from markupsafe import Markup

from motcua.catalogue.fees import fee
from motcua.catalogue.fields import Value
from motcua.catalogue.forms import Form
from motcua.dossiers import cosigning, submission
from motcua.dossiers.subjects import subject_of
from motcua.errors import Invalid, Problem
from motcua.events.work import Work
from motcua.files.qr import qr_svg
from motcua.holdings import reuse
from motcua.notices import sending
from motcua.station import answers, jobs, lines, slips, taking, visits
from motcua.station.apply import adopted_of, check_unit, prefill_of
from motcua.station.health import prints
from motcua.station.papers import asked_for, missing, scans_of
from motcua.station.screen import GoElsewhereError, Screen, go, require, say, screen_of, show
from motcua.station.visits import Erasure, Notes, NoVisitError, Visit
from motcua.tenancy.db import TenantTx
from motcua.web.here import AnyRequest

DIRECT = 1
_UNIT = "select name from unit where id = $1"


@get("/check", include_in_schema=False)
async def check_page(request: AnyRequest) -> Template:
    """Show everything once more."""
    screen = await screen_of(request)
    async with screen.visit() as (work, visit, _):
        require(visit.notes.done and visit.notes.papers_seen, visit.notes)
        return await _check(screen, work.tx, visit.notes)


@post("/check", include_in_schema=False)
async def submit(request: AnyRequest) -> Redirect | Template:
    """Hand in: dossier and ticket in one transaction; a second press finds the first one's ticket."""
    screen = await screen_of(request)
    once = str((await request.form()).get("once", ""))
    try:
        async with screen.visit() as (work, visit, erasure):
            notes = visit.notes
            require(notes.done and notes.papers_seen, notes)
            await _submit(screen, work, visit, erasure)
    except NoVisitError:
        return await second_press(screen, once)
    except Problem as refused:
        async with screen.visit() as (work, visit, _):
            errors = {"": say(request, refused), **refused.fields}
            return await _check(screen, work.tx, visit.notes, errors, refused.status)
    return go(request, f"/station/ticket/{notes.once}")


async def second_press(screen: Screen, once: str) -> Redirect:
    """Answer a form that was sent twice: the ticket of the first time while nobody has seen it."""
    async with screen.work() as (work, _):
        unshown = bool(once) and await visits.unshown(work, screen.device, once)
    return go(screen.request, f"/station/ticket/{once}" if unshown else "/station")


@get("/ticket/{token:str}", include_in_schema=False)
async def ticket(request: AnyRequest, token: FromPath[str]) -> Template:
    """Show the tickets of this token, once; the page itself may ask again under its next token."""
    screen = await screen_of(request)
    async with screen.work() as (work, _):
        ticket_id, following = await visits.take_ticket(work, screen.device, token)
        shown = await slips.of_visit(work.tx, ticket_id)
        now = work.now
    return show(
        request,
        "ticket.html",
        tickets=[_Ticket(t, screen) for t in shown],
        printing=prints(screen.health, now),
        told=sending.reach(screen.platform, screen.tenant) and any(t.told for t in shown),
        again=f"/station/ticket/{following}",
        shown_token=following,
        ending=False,
    )


@post("/print", include_in_schema=False)
async def print_again(request: AnyRequest) -> Redirect:
    """Print the tickets that are on the screen once more."""
    screen = await screen_of(request)
    token = str((await request.form()).get("ticket", ""))
    async with screen.work() as (work, _):
        ticket_id, following = await visits.take_ticket(work, screen.device, token)
        jobs.order(work, screen, [t.id for t in await slips.of_visit(work.tx, ticket_id)])
    return go(request, f"/station/ticket/{following}")


class _Ticket:
    """A ticket as the page shows it, in the language on screen."""

    def __init__(self, ticket: slips.Shown, screen: Screen) -> None:
        base = screen.platform.settings.url_of(screen.tenant.slug)
        english = screen.lang == "en"
        self.slip = slips.slip_of(ticket, screen.lang, base)
        title = "QR code of this number" if english else "Mã QR của số này"
        self.code = _code(self.slip.link, f"{title}: {ticket.number}")
        title = "QR code to follow the dossier" if english else "Mã QR tra cứu hồ sơ"
        self.dossier = _code(self.slip.dossier, title) if self.slip.dossier else ""


def _code(link: str, title: str) -> Markup:
    return Markup(qr_svg(link, title=title))  # noqa: S704 -- our own SVG


async def _submit(screen: Screen, work: Work, visit: Visit, erasure: Erasure) -> None:
    """Submit the dossier, issue the ticket, end the visit."""
    notes = visit.notes
    law = await screen.platform.catalogue.of(screen.tenant, work.tx)
    adopted, prefilled = adopted_of(law, notes), prefill_of(notes)
    package = adopted.package
    filling = _whole_form(screen, notes, package.form, prefilled)
    await check_unit(work.tx, package, notes)
    wanted = asked_for(law, notes)
    if missing(wanted, notes):
        raise GoElsewhereError("/station/papers")
    if notes.person is None or notes.card is None or notes.unit is None:
        raise NoVisitError
    scans = scans_of(wanted, notes)
    stated = package.form.clean(filling.whole(notes.answers), prefilled, lang=screen.lang)
    _refuse_cosigners(package.form, stated.values)
    submitter = notes.card.citizen()
    subject = await subject_of(work, package.form, stated.values, notes.person, submitter)
    application = submission.Application(
        procedure=adopted,
        answers=stated,
        subject_id=subject.id,
        submitter_id=notes.person,
        subject_name=subject.name,
        received_unit=screen.site.unit_id,
        competent_unit=notes.unit,
        channel=DIRECT,
        papers=[submission.Paper(key, file_id) for key, file_id in scans],
    )
    application = await reuse.ready(work, application)
    submitted = await submission.submit(work, law, application)
    line = await lines.for_field(work.tx, screen.site.id, package.procedure.field)
    ticket = await taking.issue(work, screen, visit, [line], submitted.id)
    used = {file_id for _, file_id in scans}
    await visits.drop(work, [f for f in notes.files() if f not in used], erasure)
    await visits.end(work, visit, "submitted", ticket=ticket, show=notes.once)


def _refuse_cosigners(form: Form, values: Mapping[str, Value]) -> None:
    """Refuse what others have to sign too: at a station only the one with the card is known."""
    if cosigning.unsigned(form, values):
        raise Invalid(
            "Hồ sơ này có người cùng ký nên không nộp được tại trạm.",
            "Others have to sign this dossier too, so it cannot be submitted at a station.",
        )


def _whole_form(
    screen: Screen, notes: Notes, form: Form, prefilled: Mapping[str, str]
) -> answers.Filling:
    """Send the person back to the first page where something is wrong or missing by now."""
    filling = answers.Filling(form, prefilled, screen.lang, papers=notes.papers)
    if wrong := filling.errors_of(notes.answers):
        raise GoElsewhereError(f"/station/form/{next(iter(wrong)) + 1}")
    return filling


async def _check(
    screen: Screen,
    tx: TenantTx,
    notes: Notes,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    law = await screen.platform.catalogue.of(screen.tenant, tx)
    package, prefilled = adopted_of(law, notes).package, prefill_of(notes)
    filling = _whole_form(screen, notes, package.form, prefilled)
    await check_unit(tx, package, notes)
    values = filling.form.read(filling.whole(notes.answers), prefilled)
    wanted = asked_for(law, notes)
    if missing(wanted, notes):
        raise GoElsewhereError("/station/papers")
    return show(
        screen.request,
        "check.html",
        status=status,
        errors=errors or {},
        procedure=package.procedure,
        lines=answers.lines(package.form, values, screen.lang),
        papers=[_paper(p, notes, screen.lang) for p in wanted],
        unit=await tx.fetchval(_UNIT, notes.unit),
        fee=fee(package, values, channel=submission.CHANNELS[DIRECT]).amount,
        cosigners=cosigning.unsigned(package.form, values),
        once=notes.once,
        back="/station/papers",
    )


def _paper(paper: Any, notes: Notes, lang: str) -> dict[str, Any]:
    pages = sum(scan.pages for scan in notes.papers.get(paper.key, []))
    return {"name": paper.name(lang), "pages": pages}


ROUTES: list[Any] = [check_page, submit, ticket, print_again]
