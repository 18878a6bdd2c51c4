"""Making keys: a tenant's authority under the root, and signers under the authority."""

from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread
from cryptography import x509

from motcua.errors import Unavailable
from motcua.ids import uuid7
from motcua.keys import crls, store
from motcua.keys.policy import policy_of
from motcua.keys.signers.stores import store_of
from motcua.keys.store import AUTHORITY, DOCUMENT, KeyRow
from motcua.tenancy.db import TenantTx
from motcua.tenancy.vault import TenantVault
from motcua.wallet import certificates, jose
from motcua.wallet.certificates import Authority


@dataclass(frozen=True)
class Pair:
    """A new key pair, and where its private part went."""

    public: jose.Key
    signer: str
    sealed: bytes | None
    reference: str | None


async def make_authority(
    tx: TenantTx, vault: TenantVault, root: Authority, now: datetime, url: str = ""
) -> KeyRow:
    """Give a tenant a new authority, sealed in its vault; it is used at once.

    ``url`` is the tenant's public address, where the root's list is found; "" when others do not find it.
    """
    tenant, key = tx.tenant, jose.generate_key()
    at = crls.addresses(url, crls.ROOT)
    made = certificates.tenant_authority(
        root, key, name=tenant.name, host=tenant.host, now=now, at=at
    )
    pair = Pair(key, "sealed", vault.seal(jose.key_to_pem(key).decode()), None)
    return await _keep(tx, AUTHORITY, pair, (made,), None, now)


async def make_signer(
    tx: TenantTx,
    vault: TenantVault,
    purpose: str,
    use_from: datetime,
    now: datetime,
    url: str = "",
) -> KeyRow:
    """Make a key where the tenant's settings say, and let the tenant's authority certify it.

    ``url`` is the tenant's public address, where the authority's list is found; "" when others do not find it.
    ``Unavailable`` when there is no authority, or the device that should make the key does not answer.
    """
    above = await authority(tx, vault, now)
    if above is None or not certificates.may_certify(above[1].certificate, tx.tenant.host):
        raise Unavailable(
            "Đơn vị chưa có chứng thư trung gian (CA) còn hiệu lực.",
            f"Tenant {tx.tenant.slug} has no authority for {tx.tenant.host}:"
            f" run `motcua keys ca {tx.tenant.slug}` with the root key at hand.",
        )
    row, parent = above
    pair = await _pair(tx, vault, purpose)
    leaf = _certify(parent, tx, purpose, pair.public, now, crls.addresses(url, row.kid))
    return await _keep(tx, purpose, pair, (leaf, parent.certificate), row.kid, use_from)


async def authority(
    tx: TenantTx, vault: TenantVault, now: datetime
) -> tuple[KeyRow, Authority] | None:
    """Return the tenant's authority with its key; None when there is none that holds."""
    row = await store.current(tx, AUTHORITY, now)
    if row is None or row.private_sealed is None:
        return None
    certificate = certificates.from_pem(row.certificate.encode())[0]
    key = jose.key_from_pem(vault.open(row.private_sealed).encode())
    return row, Authority(certificate, key)


async def _pair(tx: TenantTx, vault: TenantVault, purpose: str) -> Pair:
    where = policy_of(tx.tenant).signer
    if where == "sealed":
        key = jose.generate_key()
        return Pair(key, where, vault.seal(jose.key_to_pem(key).decode()), None)
    place, label = store_of(tx.tenant, where), f"motcua {tx.tenant.slug} {purpose}"
    made = await to_thread.run_sync(place.make, label)
    return Pair(made.public, where, None, made.reference)


def _certify(
    parent: Authority,
    tx: TenantTx,
    purpose: str,
    public: jose.Key,
    now: datetime,
    at: certificates.Addresses | None,
) -> x509.Certificate:
    name = tx.tenant.name
    if purpose == DOCUMENT:
        return certificates.document_certificate(
            parent, public, name=name, organization=name, now=now, at=at
        )
    return certificates.credential_certificate(
        parent, public, name=name, organization=name, host=tx.tenant.host, now=now, at=at
    )


async def _keep(
    tx: TenantTx,
    purpose: str,
    pair: Pair,
    chain: tuple[x509.Certificate, ...],
    issuer_kid: str | None,
    use_from: datetime,
) -> KeyRow:
    row = KeyRow(
        id=uuid7(),
        kid=jose.thumbprint(pair.public),
        purpose=purpose,
        public_jwk=dict(jose.published(pair.public)),
        certificate=certificates.to_pem(*chain).decode(),
        private_sealed=pair.sealed,
        not_before=chain[0].not_valid_before_utc,
        not_after=chain[0].not_valid_after_utc,
        signer=pair.signer,
        reference=pair.reference,
        issuer_kid=issuer_kid,
        use_from=use_from,
    )
    await store.insert(tx, row)
    return row
