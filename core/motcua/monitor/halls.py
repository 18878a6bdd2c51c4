"""Whose halls somebody may look at, and whose officers."""

from collections.abc import Iterable
from uuid import UUID

from motcua.dossiers import access
from motcua.errors import Forbidden, NotFound
from motcua.people.capabilities import units
from motcua.queues import queries
from motcua.tenancy.db import Record, Tx
from motcua.web.here import AnyRequest
from motcua.web.sessions import Session

ROLES = ("head", "leader", "admin")
#: Who answers for the officers of a hall sees their figures; an administrator does not.
LEADING = ("head", "leader")


async def looking(
    request: AnyRequest, tx: Tx, roles: Iterable[str] = ROLES
) -> tuple[Session, list[Record]]:
    """Return who asks and the sites of his units, by name; all sites when he holds a role everywhere.

    ``Forbidden`` for whoever holds none of the roles, or only for units without a site.
    """
    session = access.officer(request, *roles)
    sites = await queries.sites(tx, _places(session, roles))
    if not sites:
        raise Forbidden(
            "Đơn vị của bạn không có điểm tiếp nhận nào.", "Your unit has no site to look at."
        )
    return session, sites


def _places(session: Session, roles: Iterable[str]) -> list[UUID] | None:
    found = [units(session.capabilities, role) for role in roles]
    if None in found:
        return None
    return [unit for places in found for unit in places or ()]


def everywhere(session: Session, role: str) -> bool:
    """Return whether somebody holds a role in all units."""
    return units(session.capabilities, role) is None


def leads(session: Session, unit: UUID) -> bool:
    """Return whether somebody answers for the officers of this unit."""
    return any(session.may(role, unit) for role in LEADING)


def one_of(sites: Iterable[Record], key: str) -> Record:
    """Return the site with this key among those somebody may see; for him no other exists."""
    for site in sites:
        if site["key"] == key:
            return site
    raise NotFound("Không có điểm tiếp nhận này.", "There is no such site.")
