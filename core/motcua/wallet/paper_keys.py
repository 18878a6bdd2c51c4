"""The keys by which papers are checked without a network: of every province, as one signed list.

A JWS (``typ`` is ``motcua-paper-keys+jwt``) of the tenant that serves it. It names every document key there ever
was, with its certificates, because a paper outlives them; a revoked key says so. Whoever checks keeps the list.

A paper outlives the host that stands on it, too: ``hosts`` of a key are all under which it signs or signed, the
present one and former ones, as far as the authority above it may certify them. ``host`` is one of them, for readers
that know no others; ``home`` is where the province is found today.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from motcua.documents import kept
from motcua.documents.paper import PaperKey, PaperKeys, key_id
from motcua.keys import signing, store
from motcua.keys.store import CREDENTIAL, DOCUMENT, KeyRow
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, jose
from motcua.wallet.moments import SKEW, moment_of, seconds
from motcua.wallet.refusal import CredentialError

NAME = "motcua-paper-keys"
TYPE = "motcua-paper-keys+jwt"
MEDIA_TYPE = "application/motcua-paper-keys+jwt"
TTL = timedelta(minutes=5)
LIFETIME = timedelta(days=30)
"""How long somebody without a network may go on with a list he has."""
_CACHE = "wallet.paper_keys"


async def published(platform: Platform, tenant: Tenant, now: datetime) -> str:
    """Return the signed list as the tenant serves it; the entries are read anew every five minutes."""
    url = platform.settings.url_of(tenant.slug)
    payload = {
        "iss": url,
        "iat": seconds(now),
        "exp": seconds(now + LIFETIME),
        "ttl": int(TTL.total_seconds()),
        "keys": await _entries(platform, now),
    }
    async with platform.db.tenant(tenant) as tx:
        signer = await signing.current(tx, platform.vaults.of(tenant.id), CREDENTIAL, now)
    return await signer.run(lambda: jose.sign(payload, signer.key, typ=TYPE, x5c=signer.x5c))


def read_paper_keys(
    token: str, *, root: bytes, source: str, now: datetime | None = None
) -> PaperKeys:
    """Verify a list of paper keys and return the keys it says.

    ``root`` is the platform's root certificate in PEM, pinned by the reader; ``source`` the address of the
    tenant from whose ``/.well-known/motcua-paper-keys`` the list came. Each key's own certificates must lead
    to the root too, and a host other than its authority's is left out, with the key when none remains: no tenant
    speaks for another one. Raises ``CredentialError`` as ``read_trust_list`` does.
    """
    at = now or datetime.now(UTC)
    roots = certificates.from_pem(root)
    chain = certificates.read_x5c(jose.read(token.strip()).header.get("x5c"))
    leaf = certificates.check_chain(chain, roots=roots, now=at)
    payload = jose.verify(token.strip(), certificates.key_of(leaf), typ=TYPE).payload
    if payload.get("iss") != source or urlsplit(source).hostname not in certificates.hosts_of(leaf):
        raise CredentialError("untrusted_issuer", "the list of paper keys is another tenant's")
    if moment_of(payload.get("iat"), "iat") > at + SKEW:
        raise CredentialError("not_yet_valid", "the list of paper keys lies in the future")
    if moment_of(payload.get("exp"), "exp") <= at:
        raise CredentialError("expired", "the list of paper keys has expired")
    entries = payload.get("keys")
    if not isinstance(entries, list):
        raise CredentialError("malformed", "the list of paper keys names no keys")
    read = [_read(entry, roots) for entry in entries]
    return PaperKeys(dict(found for found in read if found is not None))


async def _entries(platform: Platform, now: datetime) -> list[dict[str, Any]]:
    known: tuple[datetime, list[dict[str, Any]]] | None = platform.cache.get(_CACHE)
    if known is not None and known[0] <= now < known[0] + TTL:
        return known[1]
    found: list[dict[str, Any]] = []
    for tenant in platform.directory.all():
        if tenant.is_province:
            async with platform.db.tenant(tenant) as tx:
                rows, former = await store.every(tx), await kept.hosts(tx)
            home = urlsplit(platform.settings.url_of(tenant.slug)).netloc.lower()
            found += [_entry(row, home, former) for row in rows if row.purpose == DOCUMENT]
    platform.cache[_CACHE] = (now, found)
    return found


def _entry(row: KeyRow, home: str, former: list[str]) -> dict[str, Any]:
    chain = certificates.from_pem(row.certificate.encode())
    hosts = _hosts(chain, [home, *former])
    public = certificates.key_of(chain[0]).public_key
    entry = {
        "kid": key_id(public).hex(),
        "host": hosts[0],
        "hosts": hosts,
        "home": home,
        "name": _name(chain[0]),
        "jwk": {name: row.public_jwk[name] for name in ("kty", "crv", "x", "y")},
        "x5c": [base64.b64encode(certificates.der(c)).decode() for c in chain],
        "from": seconds(row.not_before),
        "until": seconds(row.not_after),
    }
    return entry if row.revoked_at is None else {**entry, "revoked": seconds(row.revoked_at)}


def _hosts(chain: Sequence[x509.Certificate], known: Sequence[str]) -> list[str]:
    """Return the hosts for which a key may speak: of those that are known, else the one that is certified."""
    found = [host for host in dict.fromkeys(known) if _may(chain, host)]
    certified = certificates.allowed_hosts(chain[1]) if len(chain) > 1 else None
    return found or list(certified or known[:1])


def _may(chain: Sequence[x509.Certificate], host: str) -> bool:
    return len(chain) < 2 or certificates.may_certify(chain[1], host.partition(":")[0])


def _read(entry: Any, roots: Any) -> tuple[str, PaperKey] | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("host"), str):
        raise CredentialError("malformed", "an entry of the paper keys names no host")
    chain = certificates.read_x5c(entry.get("x5c"))
    start, end = (moment_of(entry.get(name), name) for name in ("from", "until"))
    # Judged in its own time: the paper is older than today's certificates.
    leaf = certificates.check_chain(chain, roots=roots, now=start + timedelta(seconds=1))
    public = certificates.key_of(leaf).public_key
    within = leaf.not_valid_before_utc <= start and end <= leaf.not_valid_after_utc
    if not within or not isinstance(public, ec.EllipticCurvePublicKey):
        raise CredentialError("malformed", "a paper key is used outside of its certificate's time")
    said = entry.get("hosts", [entry["host"]])
    if not isinstance(said, list) or not all(isinstance(host, str) for host in said):
        raise CredentialError("malformed", "hosts of a paper key are not texts")
    hosts = frozenset(host.lower() for host in said if _may(chain, host.lower()))
    if not hosts:
        return None
    key = PaperKey(public, hosts, _name(leaf), start, end, "revoked" in entry)
    return key_id(public).hex(), key


def _name(leaf: Any) -> str:
    found = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""
