"""What got stuck behind the halls: results that do not reach people, and effects the system gave up."""

from dataclasses import dataclass

from motcua.channels import shown
from motcua.dossiers import preserving
from motcua.tenancy.db import Tx
from motcua.web.sessions import Session

DEAD = """
select count(*) as effects, count(*) filter (where subscriber = $1) as unsealed
from outbox where dead_at is not null
"""


@dataclass(frozen=True)
class Stuck:
    """``deliveries`` in the units of whoever looks; ``effects`` and, of them, ``unsealed`` documents."""

    deliveries: int = 0
    effects: int = 0
    unsealed: int = 0


async def look(tx: Tx, session: Session) -> Stuck:
    """Count what is stuck; the system's own effects are for administrators, who can send them again."""
    deliveries = await shown.count_stuck(tx, shown.places(session))
    row = await tx.fetchrow(DEAD, preserving.SUBSCRIBER) if session.may("admin") else None
    if row is None:
        return Stuck(deliveries)
    return Stuck(deliveries, row["effects"], row["unsealed"])
