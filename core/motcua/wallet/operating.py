"""What an operator or a program does with the wallet of a tenant: offer, ask, withdraw, look; one event each."""

from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from motcua.errors import NotFound
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import asking, delivery, offering
from motcua.wallet.asking import Wish
from motcua.wallet.statuslist import REVOKED, SUSPENDED, VALID

Change = Literal["revoke", "suspend", "restore"]
_STANDING = {VALID: "valid", REVOKED: "revoked", SUSPENDED: "suspended"}
_HOLDER = "select holder_id from issued_result where id = $1"
_STATUS = """
select r.id, r.number, r.type, r.status, r.issued_at, r.expires_at,
  (select count(*) from credential c where c.tenant_id = r.tenant_id and c.result_id = r.id) as copies,
  (select count(*) from credential c where c.tenant_id = r.tenant_id and c.result_id = r.id
     and c.notified = 'credential_accepted') as accepted
from issued_result r where r.id = $1
"""
_HISTORY = """
select at, type, actor, payload from event
where subject = $1 and type = any($2) order by id
"""
_TOLD = (
    "offer.minted", "offer.used", "offer.locked", "credential.issued", "result.revoked",
    "result.suspended", "result.restored",
)  # fmt: skip


async def offer(
    work: Work, platform: Platform, result_id: UUID, *, tx_code: bool
) -> dict[str, Any]:
    """Offer a result to its holder's wallet; returns the link and, apart from it, the transaction code.

    ``NotFound`` for an unknown result; ``Conflict`` when it is not made for a wallet or no longer valid.
    """
    holder = await work.tx.fetchval(_HOLDER, result_id)
    if holder is None:
        raise _no_result()
    made = await offering.mint(
        platform, work, result_id=result_id, subject_id=holder, with_code=tx_code
    )
    return {
        "offer": f"openid-credential-offer://?{urlencode({'credential_offer_uri': made.offer_uri})}",
        "page": made.link,
        "tx_code": made.tx_code or None,
        "expires_at": made.expires_at.isoformat(),
    }


async def request(
    platform: Platform, tenant: Tenant, actor: Actor, wish: Wish, *, hosted: bool = False
) -> dict[str, Any]:
    """Ask for claims; returns the link for a wallet and where the answer is read (or its page)."""
    kinds = await asking.kinds_with(platform, wish.options)
    async with platform.works.begin(tenant, actor) as work:
        asked = await asking.ask(platform, work, wish, kinds, hosted=hosted)
    where = {"page": asked.page} if hosted else {"result_url": asked.result_url}
    told = {"id": str(asked.id), "request": asked.request, **where}
    return {**told, "expires_at": asked.expires_at.isoformat()}


async def change(work: Work, result_id: UUID, what: Change, reason: str) -> dict[str, Any]:
    """Revoke, suspend or restore a result with all its copies; ``Conflict`` when its status forbids it."""
    act = {"revoke": delivery.revoke, "suspend": delivery.suspend, "restore": delivery.restore}[
        what
    ]
    copies = await act(work, result_id, reason)
    return {"result": str(result_id), "done": what, "copies": copies}


async def status(work: Work, result_id: UUID) -> dict[str, Any]:
    """Return how a result stands, how many copies wallets hold, and what was done with it by whom."""
    row = await work.tx.fetchrow(_STATUS, result_id)
    if row is None:
        raise _no_result()
    work.emit("result.looked_at", result_id)
    history = await work.tx.fetch(_HISTORY, result_id, list(_TOLD))
    ended = row["expires_at"] is not None and row["expires_at"] <= work.now
    return {
        "result": str(row["id"]),
        "number": row["number"],
        "type": row["type"],
        "status": "expired" if ended and row["status"] == VALID else _STANDING[row["status"]],
        "issued_at": row["issued_at"].isoformat(),
        "expires_at": row["expires_at"].isoformat() if row["expires_at"] else None,
        "copies": row["copies"],
        "accepted": row["accepted"],
        "history": [
            {"at": e["at"].isoformat(), "event": e["type"], "by": e["actor"], **e["payload"]}
            for e in history
        ],
    }


def _no_result() -> NotFound:
    return NotFound("Không tìm thấy kết quả.", "There is no such result.")
