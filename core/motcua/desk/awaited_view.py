"""What the dossier page shows of what a dossier waits for besides people: other systems and messages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from motcua.dossiers import awaited, incidents
from motcua.events.work import Work
from motcua.tenancy.db import Record
from motcua.web.sessions import Session


@dataclass(frozen=True)
class AwaitedView:
    """``tellable`` are the messages this officer may enter by hand; ``leads``: he may mend what broke."""

    waits: Sequence[Record]
    tellable: Collection[str]
    leads: bool


async def awaited_view(work: Work, session: Session, row: Record) -> AwaitedView:
    """Gather it for an officer who may see the dossier."""
    waits = await awaited.of(work.tx, row["id"])
    tells = _may(session, row, ("specialist", *incidents.ROLES))
    return AwaitedView(
        waits,
        {wait["message"] for wait in awaited.tellable(waits)} if tells else (),
        _may(session, row, incidents.ROLES),
    )


def _may(session: Session, row: Record, roles: Sequence[str]) -> bool:
    return any(session.may(role, row["competent_unit"]) for role in roles)
