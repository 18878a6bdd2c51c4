"""Scanning the papers: a slot for each, one or several pictures or PDFs, taken away and taken again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect, Template

from motcua.catalogue.procedure import Paper
from motcua.dossiers.slips import PROVENANCE
from motcua.errors import Invalid, Problem
from motcua.events.work import Work
from motcua.files import intake
from motcua.files.intake import Prepared
from motcua.files.scan import scanner_of
from motcua.files.sniff import in_words
from motcua.holdings import reuse
from motcua.holdings.reuse import Fit
from motcua.station import visits
from motcua.station.apply import adopted_of, prefill_of
from motcua.station.screen import MAX_BODY, Screen, go, require, say, screen_of, show
from motcua.station.uploads import contents
from motcua.station.visits import Erasure, Notes, NoVisitError, Scan, Visit
from motcua.text import vn_date
from motcua.web.here import AnyRequest

MOST_SCANS = 10
_MUST = {"copy", "form"}


def asked_for(law: Any, notes: Notes) -> list[Paper]:
    """Return the papers the answers ask for; what is shown at the counter is among them."""
    package = adopted_of(law, notes).package
    return package.papers_for(package.form.read(notes.answers, prefill_of(notes)))


def missing(wanted: list[Paper], notes: Notes) -> list[Paper]:
    """Return the papers that must be scanned before the dossier is handed in."""
    return [p for p in wanted if p.required and p.kind in _MUST and not notes.papers.get(p.key)]


@get("/papers", include_in_schema=False)
async def papers_page(request: AnyRequest) -> Template:
    """Show a slot for every paper."""
    screen = await screen_of(request)
    law = await screen.platform.catalogue.of(screen.tenant)
    async with screen.visit() as (work, visit, _erasure):
        require(visit.notes.done, visit.notes)
        wanted = asked_for(law, visit.notes)
        fits = await _fits(work, wanted, visit.notes)
    return _page(screen, wanted, visit.notes, fits)


@post("/papers", include_in_schema=False, request_max_body_size=MAX_BODY)
async def papers(request: AnyRequest) -> Redirect | Template:
    """Take scans (files under the paper's key), use one of before (``reuse.<key>``), or take one away.

    ``go=next`` continues to the check page when nothing is missing.
    """
    screen = await screen_of(request)
    form = await request.form()
    law = await screen.platform.catalogue.of(screen.tenant)
    async with screen.visit() as (_, before, _erasure):
        require(before.notes.done, before.notes)
    arrived: dict[str, Prepared] = {}
    async with intake.keeping(screen.platform.db, screen.tenant, screen.files, arrived.values()):
        wanted = asked_for(law, before.notes)
        errors, status = await _prepare(screen, before.notes, wanted, form, arrived)
        async with screen.visit() as (work, visit, erasure):
            if visit.id != before.id:
                raise NoVisitError  # the person left while the scans were read
            notes = visit.notes
            require(notes.done, notes)
            removed = await _remove(work, visit, form, erasure)
            await _note(work, notes, arrived)
            await _use_again(work, adopted_of(law, notes).code, wanted, notes, form)
            fits = await _fits(work, wanted, notes)
            going = form.get("go") == "next" and not removed and not errors
            if going:
                errors = _still_missing(screen, missing(wanted, notes))
                notes.papers_seen = not errors
            await visits.save(work, visit)
    if errors:
        return _page(screen, wanted, notes, fits, errors, status)
    return go(request, "/station/check" if going else "/station/papers")


def _still_missing(screen: Screen, left: list[Paper]) -> dict[str, str]:
    english = screen.lang == "en"
    return {
        p.key: f"Scan this paper: {p.name_en}" if english else f"Cần chụp hoặc quét: {p.name_vi}"
        for p in left
    }


async def _remove(work: Work, visit: Visit, form: Any, erasure: Erasure) -> bool:
    for key, scans in visit.notes.papers.items():
        wanted = {str(value) for value in form.getall(f"remove.{key}", [])}
        gone = [scan.id for scan in scans if str(scan.id) in wanted]
        if gone:
            visit.notes.papers[key] = [scan for scan in scans if scan.id not in gone]
            await visits.drop(work, gone, erasure)
            return True
    return False


async def _prepare(
    screen: Screen, notes: Notes, wanted: list[Paper], form: Any, arrived: dict[str, Prepared]
) -> tuple[dict[str, str], int]:
    """Put what came for each paper into ``arrived``; returns what is wrong with the others, and a status."""
    settings = screen.platform.settings
    errors: dict[str, str] = {}
    status = 422
    for paper in wanted:
        if paper.kind == "present" or notes.person is None:
            continue
        try:
            if parts := await contents(form, paper.key, settings.max_upload):
                _need_room(notes, paper.key)
                scanner = scanner_of(settings.clamd)
                arrived[paper.key] = await intake.prepare(screen.files, parts, scanner)
        except Problem as refused:
            errors[paper.key], status = say(screen.request, refused), refused.status
    return errors, status


async def _note(work: Work, notes: Notes, arrived: Mapping[str, Prepared]) -> None:
    for key, paper in arrived.items():
        if notes.person is None:
            raise NoVisitError
        _need_room(notes, key)
        taken = await intake.note(work, paper, notes.person)
        notes.papers.setdefault(key, []).append(Scan(taken.id, taken.pages, taken.size))


def _need_room(notes: Notes, key: str) -> None:
    if len(notes.papers.get(key, ())) >= MOST_SCANS:
        raise Invalid(
            f"Mỗi giấy tờ có tối đa {MOST_SCANS} lần chụp. Hãy gỡ bớt trước khi chụp thêm.",
            f"A paper has at most {MOST_SCANS} scans. Remove one before you add another.",
        )


async def _fits(work: Work, wanted: list[Paper], notes: Notes) -> dict[str, Fit]:
    """Return what the person handed in before, by paper, for those that have no scan yet."""
    if notes.person is None:
        return {}
    open_ = [p for p in wanted if p.kind != "present" and not notes.papers.get(p.key)]
    return {f.paper.key: f for f in await reuse.from_files(work, notes.person, open_)}


async def _use_again(work: Work, code: str, wanted: list[Paper], notes: Notes, form: Any) -> None:
    """Take what was ticked, as far as it is still offered; that the person agreed is kept."""
    offered = await _fits(work, wanted, notes)
    used = [f for key, f in offered.items() if f.upload and form.get(f"reuse.{key}") == f.ref]
    if not used or notes.person is None:
        return
    for fit in used:
        if fit.upload is not None:
            again = await reuse.copied(work, notes.person, fit.upload.id)
            scan = Scan(again.id, again.pages, again.size)
            notes.papers.setdefault(fit.paper.key, []).append(scan)
    await reuse.agreed(work, notes.person, code, used)


def _page(
    screen: Screen,
    wanted: list[Paper],
    notes: Notes,
    fits: Mapping[str, Fit],
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    slots = [_slot(p, notes, screen.lang, fits.get(p.key)) for p in wanted if p.kind != "present"]
    return show(
        screen.request,
        "papers.html",
        status=status,
        errors=errors or {},
        slots=slots,
        brought=[p for p in wanted if p.kind == "present"],
        back="/station/form/1",
    )


def _slot(paper: Paper, notes: Notes, lang: str, fit: Fit | None) -> dict[str, Any]:
    """Return a paper as the macro ``ui.file_slot`` takes it."""
    english = lang == "en"
    scans = notes.papers.get(paper.key, [])
    return {
        "key": paper.key,
        "name": paper.name(lang),
        "required": paper.required and paper.kind in _MUST,
        "note": paper.note_en if english else paper.note_vi,
        "many": len(scans) < MOST_SCANS,
        "reusable": [{"id": fit.ref, "label": _told(fit, english)}] if fit else [],
        "files": [
            {
                "id": str(scan.id),
                "name": f"Scan {n}" if english else f"Bản chụp {n}",
                "size": in_words(scan.size),
                "note": f"{scan.pages} page(s)" if english else f"{scan.pages} trang",
            }
            for n, scan in enumerate(scans, 1)
        ],
    }


def _told(fit: Fit, english: bool) -> str:
    words = "dossier" if english else "hồ sơ"
    return f"{words} {fit.about}, {vn_date(fit.since)}, {PROVENANCE[fit.provenance][english]}"


def scans_of(wanted: list[Paper], notes: Notes) -> list[tuple[str, UUID]]:
    """Return the scans that belong to papers the answers still ask for."""
    keys = {p.key for p in wanted}
    return [(key, s.id) for key, scans in notes.papers.items() if key in keys for s in scans]


ROUTES: list[Any] = [papers_page, papers]
