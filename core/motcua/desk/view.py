"""A dossier as an officer needs it: everything on one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.catalogue.fees import fee
from motcua.catalogue.forms import Form
from motcua.channels import handover
from motcua.channels.shown import Told, of_dossier, wish_rows
from motcua.desk.awaited_view import AwaitedView, awaited_view
from motcua.desk.history import Entry, entries
from motcua.desk.limit_view import LimitView, limit_view
from motcua.desk.papers_view import PapersView, papers_view
from motcua.desk.step_view import DraftView, StepView, draft_view, step_view
from motcua.desk.supplement_view import SupplementView, supplement_view
from motcua.desk.withdrawal_view import WithdrawalView, withdrawal_view
from motcua.dossiers import access, bundles, cosigning, queries, returning
from motcua.dossiers.law import law_of, names
from motcua.dossiers.states import TITLES
from motcua.dossiers.submission import CHANNELS
from motcua.events.work import Work
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.wallet import signing, statuslist
from motcua.wallet.signing import Evidence
from motcua.web.sessions import Session

TONES = {1: "info", 2: "info", 3: "bad", 4: "info", 5: "warn", 6: "warn", 7: "warn", 8: "bad"}
_SOURCES = "select * from answer_source where dossier_id = $1"


@dataclass(frozen=True)
class ChildView:
    """A dossier that a bundle opened; ``visible`` when this officer may open it."""

    row: Record
    title: tuple[str, str]
    tone: str
    visible: bool


@dataclass(frozen=True)
class DossierView:
    """All that the dossier page shows; ``answers`` are (label, answer, where it came from)."""

    row: Record
    title: tuple[str, str]
    tone: str
    name: str
    case: str
    subject: Citizen
    submitter: Citizen | None
    answers: Sequence[tuple[str, str, Record | None]]
    papers: PapersView
    signature: Evidence | None
    fee_lines: Sequence[str]
    limit: LimitView
    step: StepView | None
    draft: DraftView
    supplements: SupplementView
    history: Sequence[Entry]
    result: Record | None
    receives: bool
    hands_over: bool
    withdrawal: WithdrawalView
    deliveries: Sequence[Told]
    handed: Sequence[Mapping[str, str]]
    awaited: AwaitedView
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
    history = await queries.events(work.tx, row["id"])
    result = await queries.result(work.tx, row["id"])
    charged = fee(package, answers, channel=CHANNELS[row["channel"]])
    other = row["submitter_id"] != row["subject_id"]
    wish = await handover.of(work, row["id"])
    received_here = session.may("receiver", row["received_unit"])
    return DossierView(
        row=row,
        title=TITLES[row["state"]],
        tone=TONES.get(row["state"], "ok"),
        name=package.procedure.name_en if lang == "en" else package.procedure.name_vi,
        case=package.case_for(answers).name(lang),
        subject=await citizens.read(work, row["subject_id"]),
        submitter=await citizens.read(work, row["submitter_id"]) if other else None,
        answers=await _answers(work, row, package.form, answers, lang),
        papers=await papers_view(work.tx, row["id"], procedure, answers, lang),
        signature=await signing.of_dossier(work, row["id"]),
        fee_lines=[line.text(lang) for line in charged.lines],
        limit=await limit_view(work, session, row, law, package, answers, lang),
        step=await step_view(work, law, procedure, row, session, history, token),
        draft=draft_view(package.draft, row, answers, draft, lang),
        supplements=await supplement_view(work, row, package, answers, lang),
        history=await entries(work.tx, history),
        result=result,
        receives=received_here and row["state"] == 1,
        hands_over=received_here and returning.can_be_handed_over(row, result),
        withdrawal=await withdrawal_view(work, session, row, result),
        deliveries=await of_dossier(platform, work.tenant, work.tx, row["id"], lang, staff=True),
        handed=wish_rows(platform, work.tenant, wish, lang),
        awaited=await awaited_view(work, session, row),
        children=await _children(work, session, row["id"]),
        unsigned=cosigning.unsigned(package.form, answers),
        names=names(law),
    )


async def _answers(
    work: Work, row: Record, form: Form, answers: Mapping[str, Any], lang: str
) -> list[tuple[str, str, Record | None]]:
    """Return the answers in the order of the form, each with its source where one was noted."""
    sources = {source["field"]: source for source in await work.tx.fetch(_SOURCES, row["id"])}
    described = form.described(answers, lang)
    return [(label, said, sources.get(path)) for path, label, said in described]


async def _children(work: Work, session: Session, dossier_id: UUID) -> list[ChildView]:
    return [
        ChildView(
            child,
            TITLES[child["state"]],
            TONES.get(child["state"], "ok"),
            access.visible(session, child),
        )
        for child in await bundles.children(work.tx, dossier_id)
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
