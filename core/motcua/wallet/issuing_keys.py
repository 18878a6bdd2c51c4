"""Making a tenant's signing keys under the platform's root.

The root lies in the data folder, outside the database: certificate ``root.pem``, key ``root-key.pem``. On
a production installation the key file is moved to a safe place once the tenants have their keys.
"""

import os
from datetime import datetime
from pathlib import Path

from motcua.errors import Unavailable
from motcua.settings import Settings
from motcua.tenancy import keys
from motcua.tenancy.db import TenantTx
from motcua.tenancy.vault import TenantVault
from motcua.wallet import certificates, jose

_HAS = "select 1 from tenant_key where purpose = $1 and not_after > $2"


def root_certificate_file(settings: Settings) -> Path:
    """Return where the platform's root certificate lies: every verifier trusts what it signed."""
    return settings.data / "root.pem"


def load_or_make_root(settings: Settings, now: datetime) -> certificates.Authority:
    """Return the root with its key; makes both on a new installation.

    ``Unavailable`` when there is a certificate but its key was taken away, as it should be.
    """
    certificate, key = root_certificate_file(settings), settings.data / "root-key.pem"
    if not certificate.exists():
        root = certificates.make_root("Một Cửa Root", now=now)
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(jose.key_to_pem(root.key))
        certificate.write_bytes(certificates.to_pem(root.certificate))
    if not key.exists():
        raise Unavailable(
            "Khóa gốc không có trên máy này.",
            f"The root key is not at {key}: bring it back to make new tenant keys.",
        )
    found = certificates.from_pem(certificate.read_bytes())[0]
    return certificates.Authority(found, jose.key_from_pem(key.read_bytes()))


async def make_missing(
    tx: TenantTx, vault: TenantVault, settings: Settings, now: datetime
) -> list[str]:
    """Give a tenant a key for each purpose that has no valid one; returns the new key ids."""
    made = []
    for purpose in ("document", "credential"):
        if not await tx.fetchval(_HAS, purpose, now):
            made.append(await _make(tx, vault, settings, purpose, now))
    return made


async def _make(
    tx: TenantTx, vault: TenantVault, settings: Settings, purpose: str, now: datetime
) -> str:
    root, key = load_or_make_root(settings, now), jose.generate_key()
    tenant = tx.tenant
    if purpose == "document":
        leaf = certificates.document_certificate(
            root, key, name=tenant.name, organization=tenant.name, now=now
        )
    else:
        leaf = certificates.credential_certificate(
            root,
            key,
            name=tenant.name,
            organization=tenant.name,
            host=tenant.host,
            now=now,
        )
    kid = jose.thumbprint(key)
    stored = keys.TenantKey(
        kid,
        purpose,
        jose.published(key),
        certificates.to_pem(leaf).decode(),
        jose.key_to_pem(key).decode(),
    )
    await keys.store(tx, vault, stored, leaf.not_valid_before_utc, leaf.not_valid_after_utc)
    return kid
