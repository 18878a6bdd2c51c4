"""Who may see a dossier at the desk, and who may act on it."""

from collections.abc import Iterable
from uuid import UUID

from motcua.dossiers import queries
from motcua.dossiers.access import CASE_ROLES, visible
from motcua.errors import NotFound
from motcua.people.capabilities import units
from motcua.tenancy.db import Record, Tx
from motcua.web.here import AnyRequest, here
from motcua.web.sessions import Session, need_role

DESK_ROLES = (*CASE_ROLES, "admin")


def officer(request: AnyRequest, *roles: str) -> Session:
    """Return the officer who asks, when one of these roles is held anywhere."""
    return need_role(here(request).session, *(roles or CASE_ROLES))


async def dossier(tx: Tx, session: Session, dossier_id: UUID) -> Record:
    """Return the dossier's row when this officer may see it; for any other it does not exist."""
    row = await queries.one(tx, dossier_id)
    if not visible(session, row):
        raise NotFound("Không tìm thấy hồ sơ.", "There is no such dossier.")
    return row


async def received(tx: Tx, session: Session, dossier_id: UUID) -> Record:
    """Return the dossier's row to a receiver of its unit; 403 for its other officers."""
    row = await dossier(tx, session, dossier_id)
    need_role(session, "receiver", unit=row["received_unit"])
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
