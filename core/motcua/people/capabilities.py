"""Who may do what: a capability is a role in a unit, and one function decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

ROLES = ("receiver", "head", "specialist", "leader", "clerk", "admin", "national")


@dataclass(frozen=True)
class Capability:
    """A role, in one unit or (``unit`` is None) in all units of the tenant."""

    role: str
    unit: UUID | None


def may(held: Iterable[Capability], role: str, unit: UUID | None = None) -> bool:
    """Return whether somebody who holds these capabilities may act in this role for this unit."""
    return any(c.role == role and (c.unit is None or unit is None or c.unit == unit) for c in held)


def units(held: Iterable[Capability], role: str) -> list[UUID] | None:
    """Return the units in which the role is held; None when it is held everywhere."""
    found = [c.unit for c in held if c.role == role]
    return None if None in found else [u for u in found if u is not None]
