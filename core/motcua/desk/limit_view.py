"""What the dossier page shows of the time limit: when it is due and why, and what may stop or prolong it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motcua.catalogue.adopted import TenantLaw
from motcua.catalogue.packages import Package
from motcua.dossiers import clock, clock_orders, clock_view, extension
from motcua.dossiers.clock_view import ClockView
from motcua.events.work import Work
from motcua.tenancy.db import Record
from motcua.web.sessions import Session
from motcua.worktime import due


@dataclass(frozen=True)
class LimitView:
    """When it is due, and what this officer may do to the clock now.

    ``holds`` are reasons (key, words) to let it stand still, ``releases`` those he may end, ``extends`` by how
    many days at most he may prolong the limit, 0 when he may not.
    """

    due_at: datetime
    derivation: Sequence[Mapping[str, str]]
    clock: ClockView
    holds: Sequence[tuple[str, str]]
    releases: Collection[str]
    extends: int


async def limit_view(
    work: Work,
    session: Session,
    row: Record,
    law: TenantLaw,
    package: Package,
    answers: Mapping[str, Any],
    lang: str,
) -> LimitView:
    """Gather it for an officer who may see the dossier."""
    running = await clock_view.view(work.tx, row, package, law.calendar)
    due_at, derivation = _due(law, package, answers, running, work.now)
    return LimitView(
        due_at,
        derivation,
        running,
        holds=_holds(session, row, running, lang),
        releases=clock_orders.ENTERED if clock_orders.may_hold(session, row) else (),
        extends=_extends(work, session, row, package, running),
    )


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
