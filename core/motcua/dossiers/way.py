"""A dossier's way through its process: each command of the engine, and what it means for the dossier.

Where the diagram says that the statutory clock stands still (``mc:clock="pause"``) or that a payment is due
(``mc:state="6"``), that happens to the dossier, in the same transaction. The supplement loop is the one
exception: who asks for papers stops the clock himself (``settlement``).
"""

import contextlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.timing import timer_moment
from motcua.dossiers import clock
from motcua.dossiers.changes import CHILD_ENDED, change, lock
from motcua.dossiers.law import law_of
from motcua.dossiers.states import State
from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process import Command, Wait, store
from motcua.process.store import Advanced, Files, Moments
from motcua.tenancy.db import Record
from motcua.worktime import Calendar, add_working_minutes

SUPPLEMENT_MESSAGE = "supplement_answered"
CHILDREN_MESSAGE = "children_finished"
RESERVED_MESSAGES = frozenset({SUPPLEMENT_MESSAGE, CHILDREN_MESSAGE})
"""What only the platform itself may say has come."""
_DUTY, _OPINION = "financial_duty", "opinion"


def moments(calendar: Calendar, since: datetime, due_at: datetime | None) -> Moments:
    """Return how the waits of a dossier become due: timers, and steps that have hours of their own."""

    def moment(wait: Wait) -> datetime | None:
        if wait.timer is not None:
            return timer_moment(calendar, wait.timer, since, due_at or since)
        if wait.kind == "user" and wait.hours:
            return add_working_minutes(calendar, since, int(wait.hours * 60))
        return None

    return moment


def files_of(procedure: Adopted) -> Files:
    """Return what the process of a dossier's case is made of."""
    package = procedure.package
    case = package.cases[0].id
    decisions = {name: text.encode() for name, text in package.decisions.items()}
    return Files(package.bpmn(case), package.library(case), decisions)


async def begin(
    platform: Platform,
    work: Work,
    dossier_id: UUID,
    procedure: Adopted,
    variables: Mapping[str, Any],
) -> None:
    """Start the process of a dossier that was just accepted."""
    dossier = await lock(work, dossier_id)
    law = await platform.catalogue.of(work.tenant, work.tx)
    done = await store.begin(
        work,
        dossier_id,
        procedure.definition,
        f"{procedure.code}@{procedure.package.version}",
        files=files_of(procedure),
        unit=dossier["competent_unit"],
        variables=dict(variables),
        moments=moments(law.calendar, work.now, dossier["due_at"]),
    )
    await follow(platform, work, dossier, procedure, done)


async def go(
    platform: Platform,
    work: Work,
    dossier_id: UUID,
    command: Command,
    *,
    assignee: UUID | None = None,
) -> Advanced:
    """Apply one command to the dossier's process; ``Conflict`` when nothing waits for it."""
    dossier = await lock(work, dossier_id)
    law, procedure = await law_of(platform, work, dossier)
    done = await store.advance(
        work,
        dossier_id,
        procedure.definition,
        command,
        unit=dossier["competent_unit"],
        moments=moments(law.calendar, work.now, dossier["due_at"]),
        assignee=assignee,
    )
    await follow(platform, work, dossier, procedure, done)
    return done


async def follow(
    platform: Platform,
    work: Work,
    dossier: Record,
    procedure: Adopted,
    done: Advanced,
) -> None:
    """Bring clock and state to what the diagram says of the place where the case waits now.

    ``dossier`` is its row, ``procedure`` the one it follows from here on.
    """
    if any(w.message == CHILDREN_MESSAGE for w in done.fresh):
        # The last of them may have ended before anybody waited for it.
        work.emit(CHILD_ENDED, dossier["id"], {})
    before = any(stands(row["clock"], row["message"], row["optional"]) for row in done.before)
    now = [w for w in done.waits if stands(w.clock, w.message, w.optional)]
    if now and not before:
        await _stand_still(platform, work, dossier, now)
    elif before and not now:
        await _go_on(platform, work, dossier, procedure)


def stands(clock_said: str | None, message: str | None, optional: bool) -> bool:
    """Return whether the clock stands still while this is waited for, by the diagram alone."""
    return clock_said == "pause" and message != SUPPLEMENT_MESSAGE and not optional


async def _stand_still(
    platform: Platform, work: Work, dossier: Record, waits: Iterable[Wait]
) -> None:
    payment = any(wait.state == State.PAYMENT_DUE for wait in waits)
    # An officer may have stopped the clock for this reason before the process came here.
    with contextlib.suppress(Conflict):
        await clock.pause(work, dossier["id"], _DUTY if payment else _OPINION)
    if not payment:
        return
    if dossier["state"] == State.ACCEPTED:
        await change(platform, work, dossier, "dossier.processing")
        dossier = await lock(work, dossier["id"])
    await change(platform, work, dossier, "dossier.payment_due")


async def _go_on(platform: Platform, work: Work, dossier: Record, procedure: Adopted) -> None:
    dossier = await lock(work, dossier["id"])
    payment = dossier["state"] == State.PAYMENT_DUE
    if payment:
        await change(platform, work, dossier, "dossier.payment_met")
    # And he may have let it go on already.
    with contextlib.suppress(Conflict):
        await clock.resume(work, dossier, procedure.package, _DUTY if payment else _OPINION)
