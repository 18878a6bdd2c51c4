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
from motcua.desk.history import Entry, entries
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
    settlement,
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
from motcua.process.outcomes import outcome_names
from motcua.tenancy.db import Record
from motcua.wallet import statuslist
from motcua.web.sessions import Session
from motcua.worktime import add_working_minutes, due

TONES = {1: "info", 2: "info", 3: "bad", 4: "info", 5: "warn", 6: "warn", 7: "warn", 8: "bad"}
_KINDS = {"name": "text", "address": "text", "declaration": "checkbox"}


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
class StepView:
    """A step that waits, and what this officer may do with it."""

    wait: Record
    mine: bool
    outcomes: tuple[str, ...]
    asks_draft: bool
    shows_draft: bool
    people: Sequence[tuple[str, str]]
    limit: datetime | None
    returned: str
    main: str
    others: Sequence[tuple[str, str, str]]
    more: Sequence[Record]


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
    answers: Sequence[tuple[str, str]]
    papers: Sequence[PaperRow]
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
    revokes: bool
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
    return DossierView(
        row=row,
        title=TITLES[row["state"]],
        tone=TONES.get(row["state"], "ok"),
        name=package.procedure.name_en if lang == "en" else package.procedure.name_vi,
        case=package.case_for(answers).name(lang),
        subject=await citizens.read(work, row["subject_id"]),
        submitter=await citizens.read(work, row["submitter_id"]) if other else None,
        answers=package.form.describe(answers, lang),
        papers=_papers(procedure, answers, await queries.components(work.tx, row["id"]), lang),
        seen_before=await queries.seen_before(work.tx, row["id"]),
        fee_lines=[line.text(lang) for line in charged.lines],
        due_at=due_at,
        derivation=derivation,
        clock=running,
        holds=_holds(session, row, running, lang),
        releases=clock_orders.ENTERED if clock_orders.may_hold(session, row) else (),
        extends=_extends(work, session, row, package, running),
        step=await _step(work, law, procedure, row, session, history, token),
        draft_fields=_fields(package.draft, lang),
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
        revokes=result is not None
        and result["status"] != statuslist.REVOKED
        and session.may("leader", row["competent_unit"]),
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


async def _step(
    work: Work,
    law: TenantLaw,
    procedure: Adopted,
    row: Record,
    session: Session,
    history: Sequence[Record],
    token: str,
) -> StepView | None:
    waits = [w for w in await queries.waits(work.tx, row["id"]) if w["kind"] == "user"]
    if not waits:
        return None
    mine = [w for w in waits if is_mine(session, w)]
    wait = next((w for w in waits if w["token"] == token), (mine or waits)[0])
    outcomes = tuple(wait["outcomes"])
    next_role = procedure.role_after(wait["node"])
    people: Sequence[tuple[str, str]] = ()
    if not outcomes and next_role:
        found = await queries.colleagues(work.tx, next_role, wait["unit_id"])
        people = [(str(r["id"]), r["full_name"]) for r in found]
    limit = None
    if wait["hours"]:
        minutes = round(wait["hours"] * 60)
        limit = add_working_minutes(law.calendar, wait["since"], minutes)
    return StepView(
        wait,
        is_mine(session, wait),
        outcomes,
        drafts(procedure, outcomes),
        bool(row["draft_sealed"]),
        people,
        limit,
        _returned(history),
        *_ways_on(procedure, wait, outcomes),
        [w for w in waits if w["token"] != wait["token"]],
    )


#: Outcomes that have forms of their own on the page.
_KNOWN = frozenset({"ok", "supplement", "refuse", "return"})


def _ways_on(
    procedure: Adopted, wait: Record, outcomes: Sequence[str]
) -> tuple[str, Sequence[tuple[str, str, str]]]:
    """Return the outcome of the main button, and what a drawn process offers beside the usual ones.

    Each of those is (outcome, Vietnamese, English).
    """
    drawn = procedure.definition.nodes
    names = outcome_names(procedure.definition, wait["node"]) if wait["node"] in drawn else {}
    own = [(o, *names.get(o, (o, o))) for o in outcomes if o not in _KNOWN]
    if "ok" in outcomes or not own:
        return ("ok" if outcomes else ""), own
    return own[0][0], own[1:]


def _returned(history: Sequence[Record]) -> str:
    """Return what is to be mended, while nobody has done the step again."""
    for event in reversed(history):
        if event["type"] == "step.returned":
            return str(event["payload"]["reason"])
        if event["type"] == "dossier.step_done" and event["payload"]["outcome"] != "return":
            return ""
    return ""


def is_mine(session: Session, wait: Record) -> bool:
    """Return whether a step waits for this officer."""
    return session.may(wait["role"], wait["unit_id"]) and (
        wait["assignee"] in (None, session.subject)
    )


def drafts(procedure: Adopted, outcomes: Sequence[str]) -> bool:
    """Return whether the result is drafted in this step: the one that decides on the request."""
    return procedure.package.draft is not None and settlement.decides(outcomes)


def _fields(form: Form | None, lang: str) -> list[dict[str, Any]]:
    return [] if form is None else [_field(asked, lang) for asked in form.fields()]


def _field(asked: Field, lang: str) -> dict[str, Any]:
    """Return a question as the macro ``field`` draws it, under the name ``draft.<key>``."""
    return {
        "key": f"draft.{asked.key}",
        "name": asked.key,
        "kind": _KINDS.get(asked.kind, asked.kind),
        "label": asked.label(lang),
        "help": asked.help(lang),
        "required": asked.required,
        "choices": [(c.value, c.en if lang == "en" else c.vi) for c in asked.choices],
        "max_length": asked.max if asked.kind in {"text", "long_text", "name", "address"} else 0,
    }


def minutes_since(moment: datetime, now: datetime) -> int:
    """Return whole minutes that have passed, 0 or more."""
    return max(0, (now - moment) // timedelta(minutes=1))


def staff_id(text: str) -> UUID | None:
    """Read an id from a form; None when it is empty or none."""
    try:
        return UUID(text)
    except ValueError:
        return None
