"""Who may see a dossier: the officers of the unit that received it and of the one that settles it."""

from collections.abc import Mapping
from typing import Any

from motcua.web.sessions import Session

# An administrator keeps the house in order and does not read people's dossiers.
CASE_ROLES = ("receiver", "head", "specialist", "leader", "clerk")


def visible(session: Session, dossier: Mapping[str, Any]) -> bool:
    """Return whether an officer of one of the dossier's two units is looking."""
    places = (dossier["received_unit"], dossier["competent_unit"])
    return any(session.may(role, unit) for role in CASE_ROLES for unit in places)
