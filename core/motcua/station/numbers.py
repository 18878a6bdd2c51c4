"""Taking a number: in which line, and with what is known of the person: a card, a telephone, or nothing."""

from collections.abc import Mapping
from typing import Any

from litestar import get, post
from litestar.response import Redirect, Template

from motcua.catalogue.adopted import TenantLaw
from motcua.dossiers.codes import local_day
from motcua.errors import Problem, Unavailable
from motcua.events.work import Work
from motcua.notices import sending
from motcua.people.parse import parse_phone
from motcua.station import lines, priorities, taking, visits
from motcua.station.finish import second_press
from motcua.station.screen import Screen, go, say, screen_of, show
from motcua.station.uploads import texts
from motcua.station.visits import Notes, NoVisitError
from motcua.text import mask
from motcua.web.here import AnyRequest

_NUMBER = "/station/number"


@get("/number", include_in_schema=False)
async def numbers(request: AnyRequest) -> Template:
    """Show the lines of this site with how many wait; ``q`` finds a line by plain words."""
    screen = await screen_of(request)
    async with screen.visit() as (work, visit, _):
        if visit.notes.then:  # whoever stands before the lines has not come for his appointment
            visit.notes.then = ""
            await visits.save(work, visit)
        return await _numbers(screen, work, visit.notes)


@post("/number", include_in_schema=False)
async def take_number(request: AnyRequest) -> Redirect | Template:
    """Take a number in the line with the letter ``line``; several letters are several services of one visit."""
    screen = await screen_of(request)
    form = texts(await request.form())
    once = (form.get("once") or [""])[0]
    try:
        async with screen.visit() as (work, visit, erasure):
            await taking.take(work, screen, visit, form.get("line", []), erasure)
    except NoVisitError:
        return await second_press(screen, once)
    except Problem as refused:
        many = "many" in form
        async with screen.visit() as (work, visit, _):
            return await _numbers(screen, work, visit.notes, refused, many=many)
    return go(request, f"/station/ticket/{visit.notes.once}")


async def _numbers(
    screen: Screen, work: Work, notes: Notes, refused: Problem | None = None, *, many: bool = False
) -> Template:
    asked = screen.request.query_params
    query = asked.get("q", "")[:200].strip()
    law = await _law(screen, work)
    site = screen.site.id
    offers = await lines.offers(work.tx, law, site, work.now)
    cut = await lines.cut_off(work.tx, site, work.now)
    day = local_day(work.now)
    ranks = await priorities.classes(work.tx, notes, day)
    return show(
        screen.request,
        "number.html",
        status=refused.status if refused else 200,
        errors={"": say(screen.request, refused)} if refused else {},
        lines=offers,
        names={offer.letter: offer for offer in offers},
        cut=cut,
        found=await lines.search(work.tx, law, site, query) if query and law else [],
        query=query,
        back=_NUMBER if query or asked.get("many") == "1" else None,
        many=many or asked.get("many") == "1",
        first=next((c for c in ranks if c.shown), None)
        or next((c for c in ranks if c.key == notes.priority), None),
        priorities=bool(ranks),
        phone=mask(notes.phone),
        texting=sending.reach(screen.platform, screen.tenant),
        booking=f"{screen.platform.settings.url_of(screen.tenant.slug)}/appointments",
        notes=notes,
    )


async def _law(screen: Screen, work: Work) -> TenantLaw | None:
    """Return what is offered here, to name it beside the lines; a number never waits for that."""
    try:
        return await screen.platform.catalogue.of(screen.tenant, work.tx)
    except Unavailable:
        return None


@get("/phone", include_in_schema=False)
async def phone_page(request: AnyRequest) -> Template:
    """Ask for a telephone that is told about the number."""
    screen = await screen_of(request)
    async with screen.visit():
        return _phone(request, {})


@post("/phone", include_in_schema=False)
async def phone(request: AnyRequest) -> Redirect | Template:
    """Keep the telephone of this visit; an empty one forgets it."""
    screen = await screen_of(request)
    typed = str((await request.form()).get("phone", ""))[:40].strip()
    try:
        number = parse_phone(typed) if typed else ""
    except Problem as refused:
        async with screen.visit():
            return _phone(request, {"phone": say(request, refused)}, refused.status)
    async with screen.visit() as (work, visit, _):
        visit.notes.phone = number
        await visits.save(work, visit)
    return go(request, _NUMBER)


def _phone(request: AnyRequest, errors: Mapping[str, str], status: int = 200) -> Template:
    return show(request, "phone.html", status=status, errors=errors, back=_NUMBER)


@get("/priority", include_in_schema=False)
async def priority_page(request: AnyRequest) -> Template:
    """Offer the classes of people who go first, each with what shows it."""
    screen = await screen_of(request)
    async with screen.visit() as (work, visit, _):
        found = await priorities.classes(work.tx, visit.notes, local_day(work.now))
    return show(request, "priority.html", classes=found, notes=visit.notes, back=_NUMBER)


@post("/priority", include_in_schema=False)
async def priority(request: AnyRequest) -> Redirect:
    """Keep the class of this visit, ``key``; an empty one forgets it. The counter looks at the evidence."""
    screen = await screen_of(request)
    key = str((await request.form()).get("key", ""))[:60]
    async with screen.visit() as (work, visit, _):
        if key:
            await priorities.check(work.tx, key, local_day(work.now))
        visit.notes.priority = key
        await visits.save(work, visit)
    return go(request, _NUMBER)


@get("/appointment", include_in_schema=False)
async def appointment_page(request: AnyRequest) -> Template:
    """Ask for the code or the telephone of an appointment, or of a number taken from afar."""
    screen = await screen_of(request)
    async with screen.visit() as (_, visit, _erasure):
        return _appointment(request, visit.notes)


@post("/appointment", include_in_schema=False)
async def appointment(request: AnyRequest) -> Redirect | Template:
    """Let the holder of a ``code``, a telephone or the card be here; his number is shown."""
    screen = await screen_of(request)
    form = texts(await request.form())
    typed, once = (form.get("code") or [""])[0], (form.get("once") or [""])[0]
    try:
        async with screen.visit() as (work, visit, erasure):
            await taking.check_in(work, screen, visit, typed, erasure)
    except NoVisitError:
        return await second_press(screen, once)
    except Problem as refused:
        async with screen.visit() as (_, visit, _erasure):
            said = {"code": say(request, refused)}
            return _appointment(request, visit.notes, said, refused.status)
    return go(request, f"/station/ticket/{visit.notes.once}")


def _appointment(
    request: AnyRequest, notes: Notes, errors: Mapping[str, str] | None = None, status: int = 200
) -> Template:
    known: dict[str, Any] = {"notes": notes, "errors": errors or {}, "back": _NUMBER}
    return show(request, "appointment.html", status=status, **known)


ROUTES: list[Any] = [
    numbers,
    take_number,
    phone_page,
    phone,
    priority_page,
    priority,
    appointment_page,
    appointment,
]
