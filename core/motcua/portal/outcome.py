"""What became of a dossier: its result, what corrected or withdrew it, and whether a wallet may have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.catalogue.adopted import Adopted
from motcua.dossiers import queries
from motcua.dossiers.states import FINAL
from motcua.events.work import Work
from motcua.holdings import withdrawing
from motcua.holdings.grounds import grounds
from motcua.portal.visit import Visit
from motcua.tenancy.db import Record, TenantTx
from motcua.wallet.statuslist import REVOKED

# Why a result does not hold, when no decision of an office says it: a program or a lost key did it.
_SAID = """
select reason, at from status_change where result_id = $1 and status = $2 and signing_kid is null
order by at desc, id desc limit 1
"""

_GONE = """
select (select max(c.at) from status_change c where c.result_id = r.id and c.status = $2) as at
from issued_result r where r.dossier_id = $1 and r.status = $2
"""


@dataclass(frozen=True)
class Outcome:
    """``chain`` is the result with all that it replaced or was replaced by; ``corrects`` what this dossier corrects.

    ``ended`` is the reason and the moment that were noted when the result was withdrawn or suspended.
    """

    result: Record | None
    chain: Sequence[withdrawing.Link]
    withdrawal: Record | None
    corrects: Record | None
    ended: Record | None

    def drawn(self, visit: Visit, row: Record, procedure: Adopted) -> dict[str, Any]:
        """Describe it for the page of its dossier; only whom it is about can have it in a wallet."""
        own = row["subject_id"] == visit.session.subject
        signed = self.withdrawal is not None and self.withdrawal["state"] == "signed"
        return {
            "result": self.result,
            "chain": self.chain,
            "withdrawal": self.withdrawal if signed else None,
            "withdrawn": self.result is not None and self.result["status"] == REVOKED,
            "ended": self.ended,
            "next_result": self._next(),
            "ground": _ground(visit, self.withdrawal),
            "corrects": self.corrects,
            "offerable": own and _offerable(self.result),
            "awaitable": own and _awaitable(row, self.result, procedure),
        }

    @property
    def gone(self) -> datetime | None:
        """When the result was withdrawn; None while it holds or is only suspended."""
        if self.result is None or self.result["status"] != REVOKED:
            return None
        noted = self.ended["at"] if self.ended else None
        signed = self.withdrawal["decided_at"] if self.withdrawal else None
        return noted or signed

    def _next(self) -> withdrawing.Link | None:
        """Return the result that stands in the place of this one, if there is one by now."""
        at = [
            n for n, link in enumerate(self.chain) if self.result and link.id == self.result["id"]
        ]
        return self.chain[at[0] + 1] if at and at[0] + 1 < len(self.chain) else None


async def outcome_of(work: Work, dossier_id: UUID) -> Outcome:
    """Return what became of a dossier up to now."""
    result = await queries.result(work.tx, dossier_id)
    status = result["status"] if result else 0
    return Outcome(
        result,
        await withdrawing.chain(work.tx, result["id"]) if result else [],
        await withdrawing.standing(work.tx, dossier_id) if result else None,
        await withdrawing.corrects(work.tx, dossier_id),
        await work.tx.fetchrow(_SAID, result["id"], status) if result and status else None,
    )


def _ground(visit: Visit, withdrawal: Record | None) -> str:
    known = grounds(visit.tenant).get(withdrawal["ground"]) if withdrawal else None
    return known.said(visit.lang) if known else ""


def _offerable(result: Record | None) -> bool:
    return bool(result and result["kind"] == "granted" and result["type"] and result["status"] == 0)


def _awaitable(row: Record, result: Record | None, procedure: Adopted) -> bool:
    """Tell whether the dossier will bring a paper that a wallet can wait for."""
    rule = procedure.package.procedure.result
    return result is None and row["state"] not in FINAL and bool(rule and rule.type)


async def withdrawn_at(tx: TenantTx, dossier: UUID) -> datetime | None:
    """Return when the result of a dossier was withdrawn, for a page that says no more of it."""
    at: datetime | None = await tx.fetchval(_GONE, dossier, REVOKED)
    return at
