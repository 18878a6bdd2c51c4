"""Deferred issuance (OpenID4VCI 1.0 section 9): the keys are proven today, the result comes later.

What is waited for stands in PostgreSQL and outlives every process. The answer is sealed and kept for a minute
after it was given, because it may be lost on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua.dossiers.states import State
from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.tenancy.db import Record
from motcua.tenancy.vault import digest
from motcua.wallet.answers import ProtocolError

INTERVAL = 60
"""After how many seconds a wallet should ask again."""

GRACE = timedelta(seconds=60)
LIFETIME = timedelta(days=365)

# The lock keeps the decision waiting, so that nobody is told to wait for what was just refused.
_STATE = """
select d.state, r.id as result_id, r.kind from dossier d
left join issued_result r on r.tenant_id = d.tenant_id and r.dossier_id = d.id and r.issued_at <= $2
where d.id = $1 for share of d
"""
_KEEP = """
insert into credential_deferral (id, transaction_hash, grant_id, holders, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6)
"""
_LOCK = """
select id, holders, delivered_at, expires_at, answer_sealed from credential_deferral
where transaction_hash = $1 and grant_id = $2 for update
"""
_DELIVERED = """
update credential_deferral set delivered_at = $2, answer_sealed = $3 where id = $1
"""


@dataclass(frozen=True)
class Waiting:
    """A request that waits; ``answer`` is what was said to it within the last minute."""

    id: UUID
    holders: Sequence[Mapping[str, str]]
    answer: dict[str, Any] | None


async def result_of(work: Work, dossier_id: UUID) -> UUID | None:
    """Return the granted result of a dossier; None while it is open.

    ``ProtocolError`` (``credential_request_denied``) when it was refused, withdrawn or stopped.
    """
    row = await work.tx.fetchrow(_STATE, dossier_id, work.now)
    if row is None:
        raise LookupError("a grant names a dossier that is not there")
    if row["kind"] == "granted":
        found: UUID = row["result_id"]
        return found
    if row["kind"] is not None or row["state"] in (State.REJECTED, State.STOPPED):
        raise ProtocolError("credential_request_denied", "the application was not granted")
    return None


async def keep(work: Work, grant: Record, holders: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Write down for which keys copies are owed; returns the answer of 202."""
    secret = token()
    await work.tx.execute(
        _KEEP,
        uuid7(),
        digest(secret),
        grant["id"],
        [dict(holder) for holder in holders],
        work.now,
        work.now + LIFETIME,
    )
    payload = {"type": grant["type"], "copies": len(holders)}
    work.emit("credential.deferred", grant["dossier_id"], payload)
    return {"transaction_id": secret, "interval": INTERVAL}


async def lock(work: Work, grant: Record, transaction_id: str) -> Waiting:
    """Return what waits under this id and grant; ``ProtocolError`` (``invalid_transaction_id``)."""
    row = await work.tx.fetchrow(_LOCK, digest(transaction_id), grant["id"])
    if row is None or row["expires_at"] <= work.now:
        raise ProtocolError("invalid_transaction_id", "there is no such transaction")
    if row["delivered_at"] is None:
        return Waiting(row["id"], row["holders"], None)
    if work.now - row["delivered_at"] > GRACE or row["answer_sealed"] is None:
        raise ProtocolError("invalid_transaction_id", "the credentials were delivered already")
    return Waiting(
        row["id"], row["holders"], msgspec.json.decode(work.vault.open(row["answer_sealed"]))
    )


async def delivered(work: Work, waiting: Waiting, answer: Mapping[str, Any]) -> None:
    """Note that the copies were handed out."""
    sealed = work.vault.seal(msgspec.json.encode(answer).decode())
    await work.tx.execute(_DELIVERED, waiting.id, work.now, sealed)
