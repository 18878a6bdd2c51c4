"""Lists of revoked certificates (RFC 5280 section 5): one of each tenant's authority, one of the root.

An authority's list is signed whenever it is asked for. The root's needs the root's key, which is rarely there:
it is written to ``<data>/root.crl`` when it is, lasts for a year, and is renewed after a revocation.
"""

import base64
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from motcua.errors import NotFound, Unavailable
from motcua.ids import uuid7
from motcua.keys import root, store
from motcua.keys.store import AUTHORITY, KeyRow
from motcua.platform import Platform
from motcua.settings import Settings
from motcua.tenancy.db import TenantTx
from motcua.tenancy.vault import TenantVault
from motcua.wallet import certificates, jose

LIFETIME = timedelta(days=7)
ROOT_LIFETIME = timedelta(days=365)
_ROOT_RENEWED = timedelta(days=30)
_BACKDATED = timedelta(minutes=5)
ROOT = "root"
_SEEN = "keys revoked when the root's list was looked through"
_REVOKED_EVER = "select count(*) from revoked_key"


def root_file(settings: Settings) -> Path:
    """Return where the root's list lies."""
    return settings.data / "root.crl"


def root_ends(settings: Settings) -> datetime | None:
    """Return until when the root's list holds; None when there is none."""
    file = root_file(settings)
    if not file.exists():
        return None
    return x509.load_der_x509_crl(file.read_bytes()).next_update_utc


async def of_authority(tx: TenantTx, vault: TenantVault, kid: str, now: datetime) -> bytes:
    """Return the list of one of the tenant's authorities, former ones included, in DER.

    ``NotFound`` when it is none of this tenant.
    """
    known = await store.every(tx)
    found = next((k for k in known if k.kid == kid and k.purpose == AUTHORITY), None)
    if found is None or found.private_sealed is None:
        raise NotFound(
            "Không có danh sách thu hồi này.", "There is no such list of revoked certificates."
        )
    key = jose.key_from_pem(vault.open(found.private_sealed).encode())
    authority = certificates.Authority(_leaf(found), key)
    return make(authority, _revoked(known, kid), now, LIFETIME)


async def of_root(platform: Platform, now: datetime) -> bytes:
    """Return the root's list in DER; it is renewed when the root's key is here and something changed.

    ``Unavailable`` tells the operator that it ended while the key was away.
    """
    file = root_file(platform.settings)
    kept = x509.load_der_x509_crl(file.read_bytes()) if file.exists() else None
    # Anybody may ask: on a machine without a root that makes none.
    if root.standing(platform.settings) is not None and root.available(platform.settings):
        return await _renewed(platform, now, kept)
    if kept is None or kept.next_update_utc is None or kept.next_update_utc <= now:
        raise Unavailable(
            "Danh sách thu hồi của chứng thư gốc đã hết hạn.",
            f"The root's list at {file} ended or is missing: run `motcua document crl`"
            " with the root key at hand.",
        )
    return kept.public_bytes(serialization.Encoding.DER)


async def _renewed(
    platform: Platform, now: datetime, kept: x509.CertificateRevocationList | None
) -> bytes:
    """Return the root's list, looked through again only when some key was revoked, or it grows old."""
    async with platform.db.platform() as tx:
        revoked = await tx.fetchval(_REVOKED_EVER)
    recent = kept is not None and kept.last_update_utc > now - _ROOT_RENEWED
    if kept is not None and recent and platform.cache.get(_SEEN) == revoked:
        return kept.public_bytes(serialization.Encoding.DER)
    made = await renew_root(platform, now, kept)
    platform.cache[_SEEN] = revoked
    return made or root_file(platform.settings).read_bytes()


async def renew_root(
    platform: Platform,
    now: datetime,
    kept: x509.CertificateRevocationList | None = None,
    authority: certificates.Authority | None = None,
) -> bytes | None:
    """Write the root's list anew; None when ``kept`` is recent and says the same already."""
    revoked = await _revoked_by_root(platform)
    if kept is not None and _says(kept, revoked) and kept.last_update_utc > now - _ROOT_RENEWED:
        return None
    made = make(authority or root.load_or_make(platform.settings, now), revoked, now, ROOT_LIFETIME)
    file = root_file(platform.settings)
    fresh = file.with_name(f".{file.name}.{uuid7().hex}")
    fresh.write_bytes(made)
    os.replace(fresh, file)
    return made


def make(
    authority: certificates.Authority,
    revoked: Mapping[int, datetime],
    now: datetime,
    lifetime: timedelta,
) -> bytes:
    """Return a signed list in DER; ``revoked`` maps serial numbers to the moment of revocation."""
    private = authority.key.private_key
    if private is None:
        raise ValueError("signing a list needs a private key")
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - _BACKDATED)
        .next_update(now + lifetime)
        .add_extension(above, critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for serial, at in sorted(revoked.items()):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def kid_of(certificate: x509.Certificate) -> str:
    """Return the key id of an authority's certificate, by which its list is found."""
    return jose.thumbprint(certificates.key_of(certificate))


def path_of(kid: str) -> str:
    """Return where on the tenant's host a list is published; ``kid`` is ``ROOT`` for the root's."""
    return f"/crl/{_name_of(kid)}.crl"


def addresses(url: str, kid: str) -> certificates.Addresses | None:
    """Return what a certificate says about its issuer ``kid``, published at a tenant's ``url``; None without one."""
    if not url:
        return None
    return certificates.Addresses(url + path_of(kid), f"{url}/ca/{_name_of(kid)}.cer")


async def certificate_of(tx: TenantTx, settings: Settings, kid: str) -> bytes:
    """Return the certificate of one of the tenant's authorities, former ones included, or the root's, in DER.

    ``NotFound`` when it is none of this tenant.
    """
    if kid == ROOT and (found := root.standing(settings)) is not None:
        return certificates.der(found.certificate)
    known = [k for k in await store.every(tx) if k.kid == kid and k.purpose == AUTHORITY]
    if not known:
        raise NotFound("Không có chứng thư này.", "There is no such certificate.")
    return certificates.der(_leaf(known[0]))


def kid_from(name: str) -> str:
    """Return the key id that a path names; ``NotFound`` when it names none."""
    if name == ROOT:
        return name
    try:
        return jose.b64u(bytes.fromhex(name))
    except ValueError:
        raise NotFound() from None


def _name_of(kid: str) -> str:
    return kid if kid == ROOT else base64.b16encode(jose.b64u_decode(kid)).decode().lower()


async def _revoked_by_root(platform: Platform) -> dict[int, datetime]:
    """Return what the root certified and was revoked, over all tenants: authorities, and first signers."""
    found: dict[int, datetime] = {}
    for tenant in platform.directory.all():
        async with platform.db.tenant(tenant) as tx:
            known = await store.every(tx)
        found |= _revoked(known, None)
    return found


def _revoked(known: Sequence[KeyRow], issuer_kid: str | None) -> dict[int, datetime]:
    return {
        _leaf(key).serial_number: key.revoked_at
        for key in known
        if key.issuer_kid == issuer_kid and key.revoked_at is not None
    }


def _says(crl: x509.CertificateRevocationList, revoked: Mapping[int, datetime]) -> bool:
    return {entry.serial_number for entry in crl} == revoked.keys()


def _leaf(key: KeyRow) -> x509.Certificate:
    return certificates.from_pem(key.certificate.encode())[0]
