"""Choosing a procedure, the commune that decides, and filling in the form page by page."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.form_view import named
from motcua.catalogue.packages import Package
from motcua.dossiers import offices
from motcua.dossiers.offices import level_of
from motcua.errors import Invalid, NotFound, Problem
from motcua.station import answers, lines, visits
from motcua.station.answers import Filling
from motcua.station.screen import (
    GoElsewhereError,
    Screen,
    Site,
    go,
    next_step,
    require,
    say,
    screen_of,
    show,
)
from motcua.station.uploads import texts
from motcua.station.visits import Notes
from motcua.tenancy.db import TenantTx
from motcua.text import fold
from motcua.web.here import AnyRequest

_SHOWN = 12
_UNITS = """
select id, name, kind, code from unit
where valid_to is null and ($1 = '' or folded like '%' || $1 || '%')
  and ((kind = 'province') = $2 or code = any($3)) order by folded limit 20
"""
_UNIT = "select id, name, kind, code from unit where id = $1 and valid_to is null"


def adopted_of(law: TenantLaw, notes: Notes) -> Adopted:
    """Return the procedure as it was chosen; ``NotFound`` when it is not applied here any more."""
    if notes.adopted is None:
        raise NotFound()
    return law.adopted(notes.adopted)


def prefill_of(notes: Notes) -> Mapping[str, str]:
    """Return what the card says, by the names forms use; nothing from the register."""
    return notes.card.citizen().prefill() if notes.card else {}


def levels_of(package: Package, notes: Notes) -> tuple[str, ...]:
    """Return the levels that may decide on what was answered so far; a unit's code when it is that one."""
    route = package.route(package.form.read(notes.answers, prefill_of(notes)))
    return (route,) if route else package.procedure.level


def fits(unit_kind: str, levels: tuple[str, ...], code: str = "") -> bool:
    """Return whether a unit of this kind and code is of these levels, or is itself the one they name."""
    return level_of(unit_kind) in levels or code in levels


async def check_unit(tx: TenantTx, package: Package, notes: Notes) -> None:
    """Send the person back to the offices when the answers ask for another one by now."""
    row = await tx.fetchrow(_UNIT, notes.unit)
    if row is None or not fits(row["kind"], levels_of(package, notes), row["code"]):
        raise GoElsewhereError("/station/unit")


@get("/procedure", include_in_schema=False)
async def procedures(request: AnyRequest) -> Template:
    """Find a procedure by plain words (``q``)."""
    screen = await screen_of(request)
    async with screen.visit() as (_, visit, _erasure):
        require(visit.notes.person, visit.notes)
    return await _procedures(screen)


@post("/procedure", include_in_schema=False)
async def choose(request: AnyRequest) -> Redirect | Template:
    """Choose the procedure ``code``; another one than before begins an empty form."""
    screen = await screen_of(request)
    code = str((await request.form()).get("code", ""))
    law = await screen.platform.catalogue.of(screen.tenant)
    try:
        async with screen.visit() as (work, visit, erasure):
            notes = visit.notes
            require(notes.person, notes)
            chosen = law.current(code)
            procedure = chosen.package.procedure
            await lines.for_field(work.tx, screen.site.id, procedure.field)
            if notes.adopted != chosen.id:
                await visits.drop(work, notes.files(), erasure)
                _begin(notes, chosen, screen.site)
            await visits.save(work, visit)
    except Problem as refused:
        return await _procedures(screen, refused)
    return go(request, next_step(notes))


def _begin(notes: Notes, chosen: Adopted, site: Site) -> None:
    """Begin an empty form, with the card's values."""
    package = chosen.package
    notes.code, notes.adopted = chosen.code, chosen.id
    notes.answers = dict(package.form.initial(prefill_of(notes)))
    notes.done, notes.papers, notes.papers_seen = False, {}, False
    notes.unit = site.unit_id if fits(site.unit_kind, levels_of(package, notes)) else None


async def _procedures(screen: Screen, refused: Problem | None = None) -> Template:
    request = screen.request
    law = await screen.platform.catalogue.of(screen.tenant)
    query = request.query_params.get("q", "")[:200]
    if query.strip():
        found = [law.current(hit.entry.code) for hit in law.index.search(query, _SHOWN)]
    else:
        found = law.offered()[:_SHOWN]
    return show(
        request,
        "procedures.html",
        status=refused.status if refused else 200,
        errors={"": say(request, refused)} if refused else {},
        query=query,
        procedures=[adopted.package.procedure for adopted in found],
    )


@get("/unit", include_in_schema=False)
async def units(request: AnyRequest) -> Template:
    """Find the commune whose committee decides (``q``)."""
    screen = await screen_of(request)
    async with screen.visit() as (_, visit, _erasure):
        require(visit.notes.code, visit.notes)
    return await _units(screen, visit.notes)


@post("/unit", include_in_schema=False)
async def choose_unit(request: AnyRequest) -> Redirect | Template:
    """Choose the unit that decides."""
    screen = await screen_of(request)
    wanted = str((await request.form()).get("unit", ""))
    law = await screen.platform.catalogue.of(screen.tenant)
    try:
        async with screen.visit() as (work, visit, _):
            notes = visit.notes
            require(notes.code, notes)
            row = await work.tx.fetchrow(_UNIT, _uuid(wanted))
            levels = levels_of(adopted_of(law, notes).package, notes)
            if row is None or not fits(row["kind"], levels, row["code"]):
                raise Invalid(
                    "Cơ quan này không giải quyết thủ tục đã chọn. Hãy chọn trong danh sách.",
                    "This office does not decide on the procedure. Choose one of the list.",
                )
            notes.unit = row["id"]
            await visits.save(work, visit)
    except Problem as refused:
        return await _units(screen, notes, refused)
    return go(request, next_step(notes))


async def _units(screen: Screen, notes: Notes, refused: Problem | None = None) -> Template:
    law = await screen.platform.catalogue.of(screen.tenant)
    package = adopted_of(law, notes).package
    levels = levels_of(package, notes)
    query = screen.request.query_params.get("q", "")[:100]
    province = not fits("commune", levels)
    async with screen.platform.db.tenant(screen.tenant) as tx:
        found = await tx.fetch(_UNITS, fold(query), province, list(levels))
    return show(
        screen.request,
        "units.html",
        status=refused.status if refused else 200,
        errors={"": say(screen.request, refused)} if refused else {},
        query=query,
        found=found if query or province else [],
        own=screen.site if fits(screen.site.unit_kind, levels) else None,
        procedure=package.procedure,
        back="/station/procedure",
    )


@get("/form/{number:int}", include_in_schema=False)
async def form_page(request: AnyRequest, number: FromPath[int]) -> Template:
    """Show one page of the form; a page that is not asked gives way to the next."""
    screen = await screen_of(request)
    notes, adopted = await _at_form(screen)
    filling = await filling_of(screen, notes, adopted)
    index = _visible(filling, notes, number)
    at = request.query_params.get("at", "")[:120]
    return _form(screen, adopted, filling, index, notes.answers, {}, at=(at,))


@post("/form/{number:int}", include_in_schema=False)
async def answer_page(request: AnyRequest, number: FromPath[int]) -> Redirect | Template:
    """Take the answers of a page; all that is wrong on it is said at once."""
    screen = await screen_of(request)
    posted = texts(await request.form())
    notes, adopted = await _at_form(screen)
    filling = await filling_of(screen, notes, adopted)
    async with screen.visit() as (work, visit, _):
        notes = visit.notes
        require(notes.code and notes.unit, notes)
        index = _visible(filling, notes, number)
        raw = filling.merge(index, notes.answers, posted)
        at = filling.rearrange(raw, posted)
        wrong = {} if at is not None else filling.errors_of(raw)
        if index not in wrong:
            notes.answers = raw
            following = [n for n in filling.asked(raw) if n > index]
            notes.done = at is None and not following
            await visits.save(work, visit)
    if index in wrong:
        return _form(screen, adopted, filling, index, raw, wrong[index], at=tuple(wrong[index]))
    if at is not None:
        return go(request, f"/station/form/{number}?at={at}#f-{at}")
    return go(request, f"/station/form/{following[0] + 1}" if following else next_step(notes))


@post("/form/{number:int}/fields", include_in_schema=False)
async def fields(request: AnyRequest, number: FromPath[int]) -> Template:
    """Return the fields of a page as they follow from what stands in them; nothing is saved."""
    screen = await screen_of(request)
    posted = texts(await request.form())
    notes, adopted = await _at_form(screen)
    filling = await filling_of(screen, notes, adopted)
    index = _visible(filling, notes, number)
    raw = filling.merge(index, notes.answers, posted)
    at = tuple(posted.get("_window", ()))
    return _form(screen, adopted, filling, index, raw, {}, at=at, part=True)


async def filling_of(screen: Screen, notes: Notes, adopted: Adopted) -> Filling:
    """Return the form of a visit with what the card says; no transaction is open."""
    form = adopted.package.form
    units = None
    if "address2" in form.kinds:
        known = await offices.of(screen.platform, screen.tenant)
        units = {o.code: o.name for o in known.values() if o.level == "commune"}
    return Filling(form, prefill_of(notes), screen.lang, units, notes.papers)


async def _at_form(screen: Screen) -> tuple[Notes, Adopted]:
    law = await screen.platform.catalogue.of(screen.tenant)
    async with screen.visit() as (_, visit, _erasure):
        notes = visit.notes
        require(notes.code and notes.unit, notes)
    return notes, adopted_of(law, notes)


def _visible(filling: Filling, notes: Notes, number: int) -> int:
    """Return the place (from 0) of the page with this number; ``NotFound`` beyond the form."""
    if not 1 <= number <= len(filling.form.pages):
        raise NotFound()
    found = [n for n in filling.asked(notes.answers) if n >= number - 1]
    if not found:
        raise GoElsewhereError("/station/papers")
    if found[0] != number - 1:
        raise GoElsewhereError(f"/station/form/{found[0] + 1}")
    return found[0]


def _form(
    screen: Screen,
    adopted: Adopted,
    filling: Filling,
    index: int,
    raw: answers.Raw,
    errors: dict[str, str],
    *,
    at: Sequence[str] = (),
    part: bool = False,
) -> Template:
    lang = screen.lang
    pages = filling.asked(raw)
    earlier = [n for n in pages if n < index]
    source = "From the identity card" if lang == "en" else "Lấy từ thẻ căn cước"
    return show(
        screen.request,
        "fields.html" if part else "form.html",
        status=422 if errors else 200,
        errors=named(pages[index].items, errors, lang),
        procedure=adopted.package.procedure,
        form_page=filling.form.pages[index],
        titles=[page.title(lang) for page in pages.values()],
        place=list(pages).index(index) + 1,
        number=index + 1,
        blocks=filling.questions(pages[index], source, errors, at),
        back=f"/station/form/{earlier[-1] + 1}" if earlier else "/station/procedure",
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES: list[Any] = [
    procedures,
    choose,
    units,
    choose_unit,
    form_page,
    answer_page,
    fields,
]
