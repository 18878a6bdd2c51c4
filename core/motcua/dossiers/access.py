"""Who may see a dossier: the officers of the unit that received it and of the one that settles it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from motcua.dossiers import queries
from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.people.capabilities import units
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here
from motcua.web.sessions import Session, need_role

# An administrator keeps the house in order and does not read people's dossiers.
CASE_ROLES = ("receiver", "head", "specialist", "leader", "clerk")
DESK_ROLES = (*CASE_ROLES, "admin")


def visible(session: Session, dossier: Mapping[str, Any]) -> bool:
    """Return whether an officer of one of the dossier's two units is looking."""
    places = (dossier["received_unit"], dossier["competent_unit"])
    return any(session.may(role, unit) for role in CASE_ROLES for unit in places)


def officer(request: AnyRequest, *roles: str) -> Session:
    """Return the officer who asks, when one of these roles is held anywhere."""
    return need_role(here(request).session, *(roles or CASE_ROLES))


async def seen(work: Work, session: Session, dossier_id: UUID) -> Record:
    """Return the dossier's row when this officer may see it; for any other it does not exist.

    From here on the work belongs to the dossier's trace: who reads it stands in its story.
    """
    row = await queries.one(work.tx, dossier_id)
    if not visible(session, row):
        raise NotFound("Không tìm thấy hồ sơ.", "There is no such dossier.")
    work.trace_id = row["trace_id"]
    return row


async def received(work: Work, session: Session, dossier_id: UUID) -> Record:
    """Return the dossier's row to a receiver of its unit; 403 for its other officers."""
    row = await seen(work, session, dossier_id)
    need_role(session, "receiver", unit=row["received_unit"])
    return row


async def led(work: Work, session: Session, dossier_id: UUID) -> Record:
    """Return the dossier's row to a leader of the unit that settles it; 403 for its other officers."""
    row = await seen(work, session, dossier_id)
    need_role(session, "leader", unit=row["competent_unit"])
    return row


def held(
    session: Session, roles: Iterable[str] = CASE_ROLES
) -> tuple[list[str], list[UUID | None]]:
    """Return the roles an officer holds and, at the same places, the units they are held in."""
    wanted = set(roles)
    found = [c for c in session.capabilities if c.role in wanted]
    return [c.role for c in found], [c.unit for c in found]


def receiving(session: Session) -> list[UUID] | None:
    """Return the units for which somebody receives; None for all of them."""
    return units(session.capabilities, "receiver")
