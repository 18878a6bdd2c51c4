"""Who is at the station: the card is read, shown, and used only after the person agreed."""

from typing import Any

from litestar import get, post
from litestar.response import Redirect, Template

from motcua.errors import Invalid, Problem
from motcua.people import citizens
from motcua.people.idcard import CardData, parse_card, pid_remarks
from motcua.station import cards, visits
from motcua.station.screen import (
    MAX_BODY,
    Screen,
    go,
    go_clean,
    next_step,
    require,
    say,
    screen_of,
    show,
)
from motcua.station.uploads import contents
from motcua.station.visits import Notes
from motcua.text import mask, vn_date
from motcua.wallet import screens
from motcua.web.here import AnyRequest

PURPOSE = "station_service"
SCOPES = ["identity_card", "form_answers", "scanned_papers", "queue_ticket"]
_SEXES = {"male": ("Nam", "Male"), "female": ("Nữ", "Female")}


@get("/identify", include_in_schema=False)
async def identify_page(request: AnyRequest) -> Template:
    """Ask for the card, or show what was read from it."""
    screen = await screen_of(request)
    async with screen.visit() as (_, visit, _erasure):
        notes = visit.notes
    return _page(request, notes)


@post("/identify", include_in_schema=False, request_max_body_size=MAX_BODY)
async def identify(request: AnyRequest) -> Redirect | Template:
    """Read the card from ``card_text`` or ``image``; ``no_card`` leads to the counter."""
    screen = await screen_of(request)
    form = await request.form()
    async with screen.visit() as (work, visit, erasure):
        before = visit.notes
        if form.get("no_card") or form.get("again"):
            await visits.drop(work, before.files(), erasure)
            await screens.forget(work, visit.id)
            visit.notes = before.anew()
            if form.get("no_card"):  # its words promise a number, wherever the person came from
                visit.notes.way, visit.notes.then = "number", ""
            await visits.save(work, visit)
            return go(request, next_step(visit.notes) if form.get("no_card") else _HERE)
    try:
        card = await _read(screen, form)
    except Problem as refused:
        field = "image" if "image" in form and not form.get("card_text") else "card_text"
        return _page(request, before, refused.status, {field: say(request, refused)})
    async with screen.visit() as (work, visit, erasure):
        await visits.drop(work, visit.notes.files(), erasure)
        visit.notes = visit.notes.anew(card=cards.card_of(card))
        await visits.save(work, visit)
    return go(request, _HERE)


@post("/confirm", include_in_schema=False)
async def confirm(request: AnyRequest) -> Redirect:
    """Take what was read as right."""
    screen = await screen_of(request)
    async with screen.visit() as (work, visit, _):
        require(visit.notes.card, visit.notes)
        visit.notes.confirmed = True
        await visits.save(work, visit)
    return go(request, next_step(visit.notes))


@get("/consent", include_in_schema=False)
async def consent_page(request: AnyRequest) -> Template:
    """Say what for, which data and how long; ask."""
    screen = await screen_of(request)
    async with screen.visit() as (_, visit, _erasure):
        require(visit.notes.confirmed, visit.notes)
    return show(request, "consent.html", notes=visit.notes, back="/station/identify")


@post("/consent", include_in_schema=False)
async def consent(request: AnyRequest) -> Redirect | Template:
    """Record the consent (``agree`` is yes), or forget everything."""
    screen = await screen_of(request)
    agree = (await request.form()).get("agree")
    try:
        async with screen.visit() as (work, visit, erasure):
            notes = visit.notes
            require(notes.confirmed, notes)
            if agree != "yes":
                await visits.leave(work, screen.device, "refused", erasure)
                return go_clean(request)
            if notes.card and not notes.person:
                notes.person = await cards.remember(work, notes.card)
                await citizens.consent(work, notes.person, PURPOSE, SCOPES)
            await visits.save(work, visit)
    except Problem as refused:
        errors = {"": say(request, refused)}
        return show(
            request,
            "consent.html",
            status=refused.status,
            notes=notes,
            errors=errors,
            back="/station/identify",
        )
    return go(request, next_step(notes))


_HERE = "/station/identify"


async def _read(screen: Screen, form: Any) -> CardData:
    if text := str(form.get("card_text") or "").strip():
        return parse_card(text[:1000])
    limit = screen.platform.settings.max_upload
    pictures = await contents(form, "image", limit)
    if not pictures:
        raise Invalid(
            "Chưa đọc được thẻ. Hãy đưa thẻ vào đầu đọc, hoặc chụp mặt thẻ có mã QR.",
            "No card was read. Hold it to the reader, or photograph the side with the QR code.",
        )
    return await cards.read_picture(pictures)


def _page(
    request: AnyRequest, notes: Notes, status: int = 200, errors: dict[str, str] | None = None
) -> Template:
    known: dict[str, Any] = {"notes": notes, "errors": errors or {}}
    if notes.card is None or errors:
        return show(request, "identify.html", status=status, **known)
    card = notes.card
    remarks = pid_remarks(
        card.pid, birth=card.birth, sex="male" if card.sex == "male" else "female"
    )
    shown = {"pid": mask(card.pid), "birth": vn_date(card.birth), "sex": _SEXES[card.sex]}
    return show(request, "card.html", card=card, shown=shown, remarks=remarks, **known)


ROUTES: list[Any] = [identify_page, identify, confirm, consent_page, consent]
