"""My dossiers: the list with the drafts, and everything of one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from motcua.catalogue.adopted import TenantLaw
from motcua.catalogue.form_posted import Raw
from motcua.channels import shown
from motcua.dossiers import bundles, clock_view, drafts, offices, queries, rating
from motcua.dossiers.clock_view import ClockView
from motcua.dossiers.drafts import Handover
from motcua.dossiers.law import law_of, names
from motcua.dossiers.slips import MONEY, PROVENANCE
from motcua.dossiers.states import State
from motcua.errors import Problem
from motcua.events.work import Work
from motcua.portal import handing, progress, supplement
from motcua.portal.outcome import outcome_of
from motcua.portal.supplement import Sought
from motcua.portal.visit import Visit, citizen
from motcua.tenancy.db import Record
from motcua.text import vn_moment
from motcua.wallet import signing
from motcua.wallet.statuslist import REVOKED
from motcua.web.here import AnyRequest
from motcua.web.pages import page

_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
_NIL = UUID(int=0)
_READS = """
select at, actor, type from event
where subject = any($1) and type in ('person.read', 'dossier.read') and actor <> $2
order by id desc limit 20
"""
_WITHDRAWN = "select dossier_id from issued_result where dossier_id = any($1) and status = $2"
_READERS = {
    "staff": ("Cán bộ của cơ quan", "An officer"),
    "device": ("Ki-ốt", "A kiosk"),
    "system": ("Hệ thống Một Cửa, để làm kết quả", "Một Cửa itself, to make the result"),
    "citizen": ("Người nộp hồ sơ", "The applicant"),
}


@get("/my", include_in_schema=False)
async def show_all(
    request: AnyRequest,
    before: FromQuery[datetime | None] = None,
    before_id: FromQuery[UUID | None] = None,
) -> Template:
    """List the drafts and the dossiers, newest first."""
    return await overview(citizen(request), before=before, before_id=before_id)


async def overview(
    visit: Visit,
    *,
    before: datetime | None = None,
    before_id: UUID | None = None,
    problem: Problem | None = None,
) -> Template:
    """Return the page ``/my``; with a ``problem`` it says why something else could not be begun."""
    law = await visit.law()
    moment = (before if before.tzinfo else before.replace(tzinfo=UTC)) if before else _LATEST
    async with visit.work() as work:
        begun = await drafts.mine(work.tx, visit.session.subject)
        rows = await queries.mine(work.tx, visit.session.subject, moment, before_id or _NIL)
        gone = await work.tx.fetch(_WITHDRAWN, [r["id"] for r in rows], REVOKED)
    known = {p.code: p.package.procedure for p in law.procedures}
    following = ""
    if len(rows) == queries.PAGE:
        last = rows[-1]
        keys = {"before": last["submitted_at"].isoformat(), "before_id": last["id"]}
        following = visit.url(f"/my?{urlencode(keys)}")
    return page(
        visit.request,
        "portal/my.html",
        status=problem.status if problem else 200,
        problem=(problem.en if visit.lang == "en" else problem.vi) if problem else "",
        drafts=[(d, known.get(d["procedure_code"])) for d in begun] if not before else [],
        rows=[(r, *progress.state_badge(r["state"], visit.lang)) for r in rows],
        withdrawn={row["dossier_id"] for row in gone},
        names=names(law),
        first=before is None,
        following=following,
    )


@get("/my/{dossier_id:uuid}", include_in_schema=False)
async def show_one(request: AnyRequest, dossier_id: FromPath[UUID]) -> Template:
    """Show everything of one dossier of mine."""
    return await dossier_page(citizen(request), dossier_id, {})


async def dossier_page(
    visit: Visit,
    dossier_id: UUID,
    errors: dict[str, str],
    typed: Raw | None = None,
    at: Sequence[str] = (),
    wished: Handover | None = None,
) -> Template:
    """Return the page of a dossier; ``errors`` belong to one of its forms.

    ``typed`` and ``at`` are those of the supplement, ``wished`` was typed of how the result is handed over.
    """
    lang = visit.lang
    await offices.of(visit.platform, visit.tenant)  # kept, so that no work waits for it
    async with visit.work() as work:
        row = await queries.owned(work.tx, dossier_id, visit.session.subject)
        law, procedure = await law_of(visit.platform, work, row)
        events = await queries.events(work.tx, dossier_id)
        papers = await _papers(visit, work, dossier_id)
        sought = await supplement.read(visit, work, row)
        outcome = await outcome_of(work, dossier_id)
        rated = await rating.of(work.tx, dossier_id)
        deliveries = await shown.of_dossier(visit.platform, visit.tenant, work.tx, dossier_id, lang)
        reads = await _reads(work, visit, row)
        handed = await handing.of_dossier(visit, work, row, wished)
        answers = queries.answers(work, row)
        evidence = await signing.of_dossier(work, dossier_id)
        children = await bundles.children(work.tx, dossier_id)
        running = await clock_view.view(work.tx, row, procedure.package, law.calendar)
    return page(
        visit.request,
        "portal/dossier.html",
        status=422 if errors else 200,
        errors=supplement.on_page(errors),
        row=row,
        name=procedure.package.procedure.name_en if lang == "en" else row["procedure_name"],
        names=names(law),
        unit=row["competent_name"],
        badge=progress.state_badge(row["state"], lang),
        **_course(law, row, events, running, lang, outcome.gone),
        papers=papers,
        asked=sought.request if sought else None,
        **_asked(sought, typed, errors, lang, at),
        children=[(c, *progress.state_badge(c["state"], lang)) for c in children],
        **outcome.drawn(visit, row, procedure),
        deliveries=deliveries,
        **handed,
        rated=rated,
        rateable=row["state"] in (State.DONE, State.RETURNED) and rated is None,
        reads=reads,
        signature=evidence,
        answers=[
            {"label": label, "value": value}
            for label, value in procedure.package.form.describe(answers, lang)
        ],
        money_state=MONEY[row["money"]][lang == "en"],
    )


def _course(
    law: TenantLaw,
    row: Record,
    events: Sequence[Record],
    running: ClockView,
    lang: str,
    gone: datetime | None,
) -> dict[str, Any]:
    """Return how far the dossier is, and how its due date came about."""
    return {
        "items": progress.timeline(law, row, events, lang, gone=gone),
        "clock": progress.clock(law.calendar, row, events, lang),
        "lines": progress.explained(running.derivation, lang),
        "react": running.reaction.explain(lang) if running.reaction else [],
        "running": running,
    }


async def _papers(visit: Visit, work: Work, dossier_id: UUID) -> list[dict[str, Any]]:
    components = await queries.components(work.tx, dossier_id)
    before = await queries.seen_before(work.tx, dossier_id)
    return [_paper(visit, dossier_id, c, before.get(c["id"], "")) for c in components]


def _paper(visit: Visit, dossier_id: UUID, component: Record, before: str) -> dict[str, Any]:
    en = visit.lang == "en"
    tones = {"self-scanned": "neutral", "officer-compared": "ok", "issuer-signed": "ok"}
    link = visit.url(f"/my/{dossier_id}/papers/{component['id']}.pdf")
    return {
        "name": component["name_en"] if en else component["name_vi"],
        "provenance": PROVENANCE[component["provenance"]][en],
        "tone": tones[component["provenance"]],
        "pages": component["pages"],
        "before": before,
        "issuer": (component["evidence"] or {}).get("issuer_name", ""),
        "href": link if component["sha256"] else "",
    }


def _asked(
    sought: Sought | None,
    typed: Raw | None,
    errors: Mapping[str, str],
    lang: str,
    at: Sequence[str],
) -> dict[str, Any]:
    """Return the questions and papers of the open request, as far as there is one."""
    if sought is None:
        return {"rows": [], "slots": [], "summary": supplement.summary(errors, (), lang)}
    now = sought.start() if typed is None else typed
    rows = supplement.rows(sought, now, errors, lang, at)
    return {
        "rows": rows,
        "slots": supplement.slots(sought, now, lang),
        "summary": supplement.summary(errors, rows, lang),
    }


async def _reads(work: Work, visit: Visit, row: Record) -> list[tuple[str, str, int]]:
    """Return when, by whom (kind, no name) and how often in a row the person's data was read by others."""
    subjects = [row["subject_id"], row["id"]]
    rows = await work.tx.fetch(_READS, subjects, str(visit.session.actor))
    lines = []
    for kind, together in groupby(rows, key=lambda r: str(r["actor"]).split(":", 1)[0]):
        same = list(together)
        who = _READERS.get(kind, (kind, kind))[visit.lang == "en"]
        lines.append((vn_moment(same[0]["at"]), who, len(same)))
    return lines


ROUTES: list[Any] = [show_all, show_one]
