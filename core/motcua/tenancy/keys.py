"""A tenant's own keys: public part readable, private part sealed with a key outside the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motcua.errors import Unavailable
from motcua.ids import uuid7
from motcua.tenancy.db import TenantTx
from motcua.tenancy.vault import TenantVault

_CURRENT = """
select kid, public_jwk, certificate, private_sealed from tenant_key
where purpose = $1 and not_before <= $2 and not_after > $2 order by not_before desc limit 1
"""
_PUBLIC = """
select kid, public_jwk, certificate from tenant_key where purpose = $1 and not_after > $2 order by kid
"""
_STORE = """
insert into tenant_key (id, kid, purpose, public_jwk, certificate, private_sealed, not_before,
  not_after) values ($1, $2, $3, $4, $5, $6, $7, $8)
"""


@dataclass(frozen=True)
class TenantKey:
    """A key pair with its certificate chain; PEM texts, leaf first."""

    kid: str
    purpose: str
    public_jwk: dict[str, Any]
    certificate: str
    private_pem: str


async def current(tx: TenantTx, vault: TenantVault, purpose: str, now: datetime) -> TenantKey:
    """Return the key to sign with; ``Unavailable`` tells the operator to make one."""
    row = await tx.fetchrow(_CURRENT, purpose, now)
    if row is None:
        raise Unavailable(
            "Đơn vị chưa có khóa ký số còn hiệu lực.",
            f"No valid {purpose} key: run `motcua keys make {tx.tenant.slug}`.",
        )
    return TenantKey(
        row["kid"],
        purpose,
        row["public_jwk"],
        row["certificate"],
        vault.open(row["private_sealed"]),
    )


async def public(tx: TenantTx, purpose: str, now: datetime) -> list[dict[str, Any]]:
    """Return the public keys that are or were in use and may still be needed to verify."""
    return [r["public_jwk"] for r in await tx.fetch(_PUBLIC, purpose, now)]


async def store(
    tx: TenantTx, vault: TenantVault, key: TenantKey, not_before: datetime, not_after: datetime
) -> None:
    """Keep a new key."""
    await tx.execute(
        _STORE,
        uuid7(),
        key.kid,
        key.purpose,
        key.public_jwk,
        key.certificate,
        vault.seal(key.private_pem),
        not_before,
        not_after,
    )
