"""A dossier as an officer needs it: everything on one page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.fees import fee
from motcua.catalogue.fields import Field, Value, written
from motcua.catalogue.forms import Form
from motcua.catalogue.packages import Package
from motcua.channels.shown import Told, of_dossier
from motcua.desk.history import Entry, entries
from motcua.desk.step_view import StepView, draft_fields, step_view
from motcua.desk.withdrawal_view import WithdrawalView, withdrawal_view
from motcua.dossiers import (
    access,
    awaited,
    bundles,
    clock,
    clock_orders,
    clock_view,
    cosigning,
    extension,
    incidents,
    queries,
    returning,
    supplements,
)
from motcua.dossiers.clock_view import ClockView
from motcua.dossiers.law import law_of, names
from motcua.dossiers.states import TITLES
from motcua.dossiers.submission import CHANNELS, uploadable
from motcua.events.work import Work
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.wallet import signing, statuslist
from motcua.wallet.signing import Evidence
from motcua.web.sessions import Session
from motcua.worktime import due

TONES = {1: "info", 2: "info", 3: "bad", 4: "info", 5: "warn", 6: "warn", 7: "warn", 8: "bad"}


_SOURCES = "select * from answer_source where dossier_id = $1"


@dataclass(frozen=True)
class PaperRow:
    """One paper of the check-list: what is asked for, and what was handed in for it."""

    key: str
    name: str
    note: str
    required: bool
    brought: bool
    uploadable: bool
    parts: Sequence[Record]


@dataclass(frozen=True)
class AskPage:
    """A page of the form with the questions that can be asked again: key, label, present answer."""

    title: str
    fields: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class RequestView:
    """A supplement request: what was asked (name, note), and which answers came (label, old, new)."""

    row: Record
    items: Sequence[tuple[str, str]]
    changes: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class ChildView:
    """A dossier that a bundle opened; ``visible`` when this officer may open it."""

    row: Record
    title: tuple[str, str]
    tone: str
    visible: bool


@dataclass(frozen=True)
class DossierView:
    """All that the dossier page shows."""

    row: Record
    title: tuple[str, str]
    tone: str
    name: str
    case: str
    subject: Citizen
    submitter: Citizen | None
    answers: Sequence[tuple[str, str, Record | None]]
    papers: Sequence[PaperRow]
    signature: Evidence | None
    seen_before: Mapping[UUID, str]
    fee_lines: Sequence[str]
    due_at: datetime
    derivation: Sequence[Mapping[str, str]]
    clock: ClockView
    holds: Sequence[tuple[str, str]]
    releases: Collection[str]
    extends: int
    step: StepView | None
    draft_fields: Sequence[Mapping[str, Any]]
    draft_values: Mapping[str, Any]
    draft: Sequence[tuple[str, str]]
    refusal: str
    requests: Sequence[RequestView]
    askable: Sequence[AskPage]
    history: Sequence[Entry]
    supplements_left: int
    result: Record | None
    receives: bool
    hands_over: bool
    withdrawal: WithdrawalView
    deliveries: Sequence[Told]
    awaited: Sequence[Record]
    tellable: Collection[str]
    leads: bool
    children: Sequence[ChildView]
    unsigned: Sequence[str]
    names: Mapping[str, tuple[str, str]]

    @property
    def result_status(self) -> str:
        """How the issued result stands: ``valid``, ``suspended`` or ``revoked``."""
        status = self.result["status"] if self.result else statuslist.VALID
        return {statuslist.REVOKED: "revoked", statuslist.SUSPENDED: "suspended"}.get(
            status, "valid"
        )

    @property
    def uncompared(self) -> list[Record]:
        """The papers nobody has compared with their originals yet."""
        parts = [part for paper in self.papers for part in paper.parts]
        return [part for part in parts if part["provenance"] == "self-scanned"]


async def dossier_view(
    platform: Platform,
    work: Work,
    session: Session,
    row: Record,
    lang: str,
    token: str = "",
) -> DossierView:
    """Gather a dossier for an officer who may see it; the reading of the person is an event.

    Of several steps that wait at once the one under ``token`` is shown, else the first that is the officer's.
    """
    law, procedure = await law_of(platform, work, row)
    package = procedure.package
    answers, draft = queries.answers(work, row), queries.draft(work, row)
    asked = await queries.supplements(work.tx, row["id"])
    history = await queries.events(work.tx, row["id"])
    result = await queries.result(work.tx, row["id"])
    running = await clock_view.view(work.tx, row, package, law.calendar)
    due_at, derivation = _due(law, package, answers, running, work.now)
    charged = fee(package, answers, channel=CHANNELS[row["channel"]])
    refused = row["decision"] == "refused"
    other = row["submitter_id"] != row["subject_id"]
    sources = {source["field"]: source for source in await work.tx.fetch(_SOURCES, row["id"])}
    return DossierView(
        row=row,
        title=TITLES[row["state"]],
        tone=TONES.get(row["state"], "ok"),
        name=package.procedure.name_en if lang == "en" else package.procedure.name_vi,
        case=package.case_for(answers).name(lang),
        subject=await citizens.read(work, row["subject_id"]),
        submitter=await citizens.read(work, row["submitter_id"]) if other else None,
        answers=[
            (label, said, sources.get(path))
            for path, label, said in package.form.described(answers, lang)
        ],
        signature=await signing.of_dossier(work, row["id"]),
        papers=_papers(procedure, answers, await queries.components(work.tx, row["id"]), lang),
        seen_before=await queries.seen_before(work.tx, row["id"]),
        fee_lines=[line.text(lang) for line in charged.lines],
        due_at=due_at,
        derivation=derivation,
        clock=running,
        holds=_holds(session, row, running, lang),
        releases=clock_orders.ENTERED if clock_orders.may_hold(session, row) else (),
        extends=_extends(work, session, row, package, running),
        step=await step_view(work, law, procedure, row, session, history, token),
        draft_fields=draft_fields(package.draft, lang),
        draft_values={**answers, **draft},
        draft=package.draft.describe(draft, lang) if package.draft and not refused else (),
        refusal=str(draft.get("reason", "")) if refused else "",
        requests=[_request(work, package, r, lang) for r in asked],
        askable=_askable(package.form, answers, lang),
        history=await entries(work.tx, history),
        supplements_left=int(work.tenant.settings.get("supplements_in_settlement", 1))
        - row["supplements"],
        result=result,
        receives=session.may("receiver", row["received_unit"]) and row["state"] == 1,
        hands_over=session.may("receiver", row["received_unit"])
        and returning.can_be_handed_over(row, result),
        withdrawal=await withdrawal_view(work, session, row, result),
        deliveries=await of_dossier(platform, work.tenant, work.tx, row["id"], lang, staff=True),
        awaited=(waits := await awaited.of(work.tx, row["id"])),
        tellable={w["message"] for w in awaited.tellable(waits)} if _tells(session, row) else (),
        leads=_may(session, row, incidents.ROLES),
        children=[
            ChildView(
                child,
                TITLES[child["state"]],
                TONES.get(child["state"], "ok"),
                access.visible(session, child),
            )
            for child in await bundles.children(work.tx, row["id"])
        ],
        unsigned=cosigning.unsigned(package.form, answers),
        names=names(law),
    )


def _tells(session: Session, row: Record) -> bool:
    return _may(session, row, ("specialist", *incidents.ROLES))


def _may(session: Session, row: Record, roles: Sequence[str]) -> bool:
    return any(session.may(role, row["competent_unit"]) for role in roles)


def _request(work: Work, package: Package, row: Record, lang: str) -> RequestView:
    items = supplements.items_of(row["items"])
    changes = supplements.opened_changes(work.vault, row["changes_sealed"])
    labels = {asked.key: asked for asked in package.form.fields()}
    return RequestView(
        row,
        [(supplements.name_of(package, item, lang), item.note) for item in items],
        [
            (asked.label(lang), _written(asked, c.old, lang), _written(asked, c.new, lang))
            for c in changes
            if (asked := labels.get(c.key))
        ],
    )


def _written(asked: Field, value: Value | None, lang: str) -> str:
    return "–" if value is None else written(asked, value, lang)


def _askable(form: Form, answers: Mapping[str, Any], lang: str) -> list[AskPage]:
    return [
        AskPage(
            page.title(lang),
            [(f.key, f.label(lang), _written(f, answers.get(f.key), lang)) for f in page.fields],
        )
        for page in supplements.askable(form, answers)
    ]


def _due(
    law: TenantLaw,
    package: Package,
    answers: Mapping[str, Any],
    running: ClockView,
    now: datetime,
) -> tuple[datetime, Sequence[Mapping[str, str]]]:
    """Return the due date and its derivation: what was promised, or what acceptance now would give."""
    if running.due_at is not None:
        return running.due_at, running.derivation
    found = due(law.calendar, package.case_for(answers).time_limit.counted, now)
    return found.at, clock.derivation(found)


def _holds(session: Session, row: Record, running: ClockView, lang: str) -> list[tuple[str, str]]:
    """Return the reasons for which this officer may let the clock stand still now, in words."""
    if not clock_orders.may_hold(session, row):
        return []
    standing = {stop["reason"] for stop in running.standing}
    entered = clock_orders.ENTERED.items()
    return [(key, said[lang == "en"]) for key, said in entered if key not in standing]


def _extends(
    work: Work, session: Session, row: Record, package: Package, running: ClockView
) -> int:
    """Return by how many days at most this officer may prolong the limit now; 0 when he may not."""
    if running.extension or not clock_orders.may_hold(session, row):
        return 0
    limit = min([work.now, *(stop["started_at"] for stop in running.standing)])
    if running.due_at is None or running.due_at <= limit:
        return 0
    if not session.may("leader", row["competent_unit"]):
        return 0
    return extension.most_days(work.tenant, package)


def _papers(
    procedure: Adopted, answers: Mapping[str, Any], parts: Sequence[Record], lang: str
) -> list[PaperRow]:
    wanted = procedure.package.papers_for(answers)
    rows = [
        PaperRow(
            paper.key,
            paper.name(lang),
            paper.note_en if lang == "en" else paper.note_vi,
            paper.required,
            # Originals and identity papers are shown at the counter, not handed in before.
            paper.kind in {"original", "present"},
            uploadable(paper),
            [part for part in parts if part["paper_key"] == paper.key],
        )
        for paper in wanted
    ]
    known = {paper.key for paper in wanted}
    askable = {p.key for p in procedure.package.procedure.papers if uploadable(p)}
    rest = [part for part in parts if part["paper_key"] not in known]
    return rows + [
        PaperRow(
            part["paper_key"],
            part["name_en"] if lang == "en" else part["name_vi"],
            "",
            False,
            False,
            part["paper_key"] in askable,
            [part],
        )
        for part in rest
    ]


def minutes_since(moment: datetime, now: datetime) -> int:
    """Return whole minutes that have passed, 0 or more."""
    return max(0, (now - moment) // timedelta(minutes=1))


def staff_id(text: str) -> UUID | None:
    """Read an id from a form; None when it is empty or none."""
    try:
        return UUID(text)
    except ValueError:
        return None
