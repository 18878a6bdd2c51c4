"""What a wallet tells about a credential it was given (OpenID4VCI 1.0 section 11).

That a wallet took the paper is the delivery of the result: the dossier ends here.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from motcua.dossiers.changes import change, lock
from motcua.dossiers.states import State
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet.answers import ProtocolError
from motcua.wallet.offering import WALLET

_EVENTS = {
    "credential_accepted": "credential.delivered",
    "credential_failure": "credential.failed",
    "credential_deleted": "credential.deleted",
}
MAY_TELL = timedelta(hours=24)
"""How long after its end a token may still tell: people read before they store."""

_TOLD = """
select c.id, c.notified, c.result_id, r.dossier_id from credential c
join issued_result r on r.tenant_id = c.tenant_id and r.id = c.result_id
where c.notification_hash = $1 and r.dossier_id = $2
for update of c
"""
_NOTE = "update credential set notified = $2 where id = any($1)"
_DELIVERED = """
update dossier set delivery = 'in_wallet', returned_at = coalesce(returned_at, $2) where id = $1
"""


async def note(platform: Platform, tenant: Tenant, grant: Record, body: Mapping[str, Any]) -> None:
    """Record a notification; saying the same again changes nothing.

    ``ProtocolError``: ``invalid_notification_request``, ``invalid_notification_id``.
    """
    notice, event = body.get("notification_id"), body.get("event")
    if not isinstance(notice, str) or not isinstance(event, str) or event not in _EVENTS:
        raise ProtocolError(
            "invalid_notification_request", "notification_id or event is missing or unknown"
        )
    async with platform.works.begin(tenant, WALLET) as work:
        rows = await work.tx.fetch(_TOLD, digest(notice), grant["dossier_id"])
        if not rows:
            raise ProtocolError("invalid_notification_id", "there is no such notification")
        before = rows[0]["notified"]
        # Only what was accepted can be deleted later; nothing else follows a first word.
        if before is not None and (before, event) != ("credential_accepted", "credential_deleted"):
            return
        await work.tx.execute(_NOTE, [r["id"] for r in rows], event)
        if event == "credential_accepted":
            await _deliver(platform, work, rows[0]["dossier_id"])
        else:
            work.trace_id = (await lock(work, rows[0]["dossier_id"]))["trace_id"]
        work.emit(_EVENTS[event], rows[0]["result_id"], {"copies": len(rows)})


async def _deliver(platform: Platform, work: Work, dossier_id: UUID) -> None:
    dossier = await lock(work, dossier_id)
    if dossier["state"] == State.DONE:
        await change(platform, work, dossier, "dossier.returned", {"way": "wallet"})
    await work.tx.execute(_DELIVERED, dossier_id, work.now)
