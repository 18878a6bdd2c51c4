"""The event: what happened, to what, by whom, as part of which trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """Who acts: a citizen, a member of staff, a device, a program, a wallet, or the system itself."""

    kind: str
    id: UUID | None = None
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM = Actor("system")


@dataclass(frozen=True)
class Event:
    """One entry of the log. ``payload`` holds no personal identifier: the log outlives the person's data."""

    id: UUID
    trace_id: UUID
    at: datetime
    type: str
    subject: UUID
    unit_id: UUID | None
    actor: str
    payload: Mapping[str, Any]
