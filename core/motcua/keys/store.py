"""The rows of a tenant's keys: public part readable, private part sealed or elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from motcua.tenancy.db import Record, TenantTx, Tx

AUTHORITY, DOCUMENT, CREDENTIAL = "authority", "document", "credential"
SIGNERS = (DOCUMENT, CREDENTIAL)

# Whoever makes or revokes keys of a tenant does it alone: two housekeepers make one successor.
_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended('keys ' || $1::text, 0))"
_ALL = "select * from tenant_key order by purpose, use_from, id"
_CURRENT = """
select * from tenant_key where purpose = $1 and use_from <= $2 and not_after > $2 and revoked_at is null
order by use_from desc, id desc limit 1
"""
_PUBLIC = """
select public_jwk from tenant_key where purpose = $1 and not_after > $2 and revoked_at is null order by kid
"""
_INSERT = """
insert into tenant_key (id, kid, purpose, public_jwk, certificate, private_sealed, not_before, not_after,
  signer, reference, issuer_kid, use_from) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_ADVANCE = "update tenant_key set use_from = $2 where id = $1 and use_from > $2"
_REVOKE = """
update tenant_key set revoked_at = $2, revoked_by = $3, revoked_reason = $4
where id = $1 and revoked_at is null
"""
_REVOKED_EVERYWHERE = """
insert into revoked_key (kid, host, purpose, revoked_at) values ($1, $2, $3, $4)
on conflict (kid) do nothing
"""
_REVOKED = "select kid from revoked_key order by kid"


@dataclass(frozen=True)
class KeyRow:
    """A key pair with its certificate chain (PEM, leaf first, without the root)."""

    id: UUID
    kid: str
    purpose: str
    public_jwk: dict[str, Any]
    certificate: str
    private_sealed: bytes | None
    not_before: datetime
    not_after: datetime
    signer: str
    reference: str | None
    issuer_kid: str | None
    use_from: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revoked_reason: str | None = None

    @classmethod
    def of(cls, row: Record) -> Self:
        """Read a row."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    def valid(self, now: datetime) -> bool:
        """Tell whether the key may sign, now or from its day on."""
        return self.revoked_at is None and self.not_after > now

    def state(self, now: datetime) -> str:
        """Return ``revoked``, ``expired``, ``published`` (not in use yet) or ``valid``."""
        if self.revoked_at is not None:
            return "revoked"
        if self.not_after <= now:
            return "expired"
        return "published" if self.use_from > now else "valid"


async def lock(tx: TenantTx) -> None:
    """Let nobody else make or revoke keys of this tenant until the end of the transaction."""
    await tx.execute(_ONE_AT_A_TIME, str(tx.tenant.id))


async def every(tx: TenantTx) -> list[KeyRow]:
    """Return all keys of the tenant, former ones included, the newest of each purpose last."""
    return [KeyRow.of(row) for row in await tx.fetch(_ALL)]


async def current(tx: TenantTx, purpose: str, now: datetime) -> KeyRow | None:
    """Return the key to sign with now."""
    row = await tx.fetchrow(_CURRENT, purpose, now)
    return KeyRow.of(row) if row else None


async def public(tx: TenantTx, purpose: str, now: datetime) -> list[dict[str, Any]]:
    """Return the public keys by which anything that still holds may be verified, and those to come."""
    return [r["public_jwk"] for r in await tx.fetch(_PUBLIC, purpose, now)]


async def insert(tx: TenantTx, key: KeyRow) -> None:
    """Keep a new key."""
    await tx.execute(
        _INSERT,
        key.id,
        key.kid,
        key.purpose,
        key.public_jwk,
        key.certificate,
        key.private_sealed,
        key.not_before,
        key.not_after,
        key.signer,
        key.reference,
        key.issuer_kid,
        key.use_from,
    )


async def use_from(tx: TenantTx, key: KeyRow, at: datetime) -> None:
    """Take a published key into use earlier than it was to be."""
    await tx.execute(_ADVANCE, key.id, at)


async def mark_revoked(tx: TenantTx, key: KeyRow, at: datetime, by: str, reason: str) -> None:
    """Note that a key is never to be used again, here and for the verifiers of every tenant."""
    await tx.execute(_REVOKE, key.id, at, by, reason)
    await tx.execute(_REVOKED_EVERYWHERE, key.kid, tx.tenant.host, key.purpose, at)


async def revoked(tx: Tx) -> Sequence[str]:
    """Return the kids of all keys of the platform that were revoked."""
    return [row["kid"] for row in await tx.fetch(_REVOKED)]
