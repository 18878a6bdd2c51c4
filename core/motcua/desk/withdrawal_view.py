"""What the dossier page shows of a wrong result: the proposal, who may decide, and the chain of both results."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from motcua.events.work import Work
from motcua.holdings import withdrawing
from motcua.holdings.grounds import Ground, grounds
from motcua.holdings.withdrawing import Link
from motcua.people.capabilities import units
from motcua.tenancy.db import Record, Tx
from motcua.tenancy.tenant import Tenant
from motcua.wallet import statuslist
from motcua.web.sessions import Session

PROPOSED = """
select w.dossier_id, w.kind, w.ground, w.proposed_at, p.full_name as proposer,
  coalesce(d.code, d.track_code) as code, d.procedure_code, d.procedure_name
from result_withdrawal w
join dossier d on d.tenant_id = w.tenant_id and d.id = w.dossier_id
join staff p on p.tenant_id = w.tenant_id and p.id = w.proposed_by
where w.state = 'proposed' and ($1::uuid[] is null or d.competent_unit = any($1))
  and ($2::uuid is null or w.proposed_by <> $2)
order by w.proposed_at, w.id
"""


@dataclass(frozen=True)
class WithdrawalView:
    """``standing`` is the last withdrawal of the result, ``corrects`` what this dossier was opened for."""

    standing: Record | None
    corrects: Record | None
    chain: Sequence[Link]
    grounds: Sequence[Ground]
    proposes: bool
    signs: bool
    declines: bool
    mine: bool
    ground: Ground | None


async def to_sign(tenant: Tenant, tx: Tx, session: Session) -> list[tuple[Record, Ground | None]]:
    """Return the proposals that wait for this leader's signature, oldest first, each with its ground."""
    if "leader" not in session.roles():
        return []
    led: list[UUID] | None = units(session.capabilities, "leader")
    own = None if tenant.settings.get("withdrawal_alone") else session.subject
    known = grounds(tenant)
    return [(row, known.get(row["ground"])) for row in await tx.fetch(PROPOSED, led, own)]


async def withdrawal_view(
    work: Work, session: Session, row: Record, result: Record | None
) -> WithdrawalView:
    """Gather it for an officer who may see the dossier."""
    unit = row["competent_unit"]
    standing = await withdrawing.standing(work.tx, row["id"]) if result else None
    state = standing["state"] if standing else "declined"
    known = grounds(work.tenant)
    leads, mine = session.may("leader", unit), bool(standing) and _proposed(session, standing)
    alone = bool(work.tenant.settings.get("withdrawal_alone"))
    return WithdrawalView(
        standing=standing,
        corrects=await withdrawing.corrects(work.tx, row["id"]),
        chain=await withdrawing.chain(work.tx, result["id"]) if result else (),
        grounds=list(known.values()),
        proposes=_proposable(result, state)
        and any(session.may(role, unit) for role in withdrawing.PROPOSES),
        signs=state == "proposed" and leads and (alone or not mine),
        declines=state == "proposed" and (leads or mine),
        mine=mine,
        ground=known.get(standing["ground"]) if standing else None,
    )


def _proposed(session: Session, standing: Record | None) -> bool:
    return standing is not None and standing["proposed_by"] == session.subject


def _proposable(result: Record | None, state: str) -> bool:
    """Tell whether a withdrawal may be proposed: of a result that has none, or whose last was declined."""
    if result is None or state != "declined":
        return False
    return bool(result["status"] != statuslist.REVOKED or result["kind"] == "granted")
