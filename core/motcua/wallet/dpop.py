"""DPoP (RFC 9449): a request comes from whoever holds the key that its token is bound to.

A proof is for one method, one address and one moment, and is taken once: what was seen stands in PostgreSQL
until it is too old to be taken anyway, so that no other process takes it either.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import issuer, jose, nonces
from motcua.wallet.answers import ProtocolError
from motcua.wallet.moments import SKEW, check_fresh, seconds
from motcua.wallet.profiles import is_haip
from motcua.wallet.refusal import CredentialError
from motcua.web.here import AnyRequest

TYPE = "dpop+jwt"
HEADER = "DPoP-Nonce"
MAX_AGE = timedelta(minutes=2)
"""How old a proof may be; a nonce of ours lives five minutes."""

LONGEST_JTI = 512
_PORTS = {"http": 80, "https": 443}
# The rows of others that are held at this moment are left to the next one.
_TAKE = """
with old as (
  select proof_hash from dpop_proof where expires_at < $3 order by expires_at limit 5
  for update skip locked),
gone as (delete from dpop_proof where proof_hash in (select proof_hash from old))
insert into dpop_proof (proof_hash, expires_at) values ($1, $2)
on conflict do nothing returning 1
"""


@dataclass(frozen=True)
class Proof:
    """What a proof says once its signature holds."""

    jkt: str
    jti: str
    nonce: str | None


def make_proof(
    key: jose.Key,
    *,
    method: str,
    url: str,
    iat: datetime,
    jti: str,
    access_token: str | None = None,
    nonce: str | None = None,
) -> str:
    """Return the proof a wallet sends (section 4.2)."""
    said: dict[str, Any] = {"jti": jti, "htm": method, "htu": url, "iat": seconds(iat)}
    if access_token is not None:
        said["ath"] = ath_of(access_token)
    if nonce is not None:
        said["nonce"] = nonce
    return jose.sign(said, key, typ=TYPE, jwk=jose.public_jwk(key))


def ath_of(access_token: str) -> str:
    """Return by which a proof names its token: base64url of its SHA-256."""
    return jose.b64u(hashlib.sha256(access_token.encode()).digest())


def check_proof(
    proof: str, *, method: str, url: str, now: datetime, access_token: str | None = None
) -> Proof:
    """Check a proof by itself (section 4.3, but for the nonce and what was seen before).

    ``url`` is the endpoint as the metadata name it. Raises ``CredentialError`` (``invalid_dpop_proof``)
    with the exact reason.
    """
    try:
        return _check(proof, method, url, now, access_token)
    except CredentialError as error:
        raise CredentialError("invalid_dpop_proof", error.description) from error


async def bound(
    request: AnyRequest, platform: Platform, tenant: Tenant, now: datetime, token: str | None = None
) -> str | None:
    """Return the thumbprint of the key that proves this request; None when it brings no proof.

    ``token`` is the access token at an endpoint that takes one. Raises ``ProtocolError``:
    ``invalid_dpop_proof``, ``use_dpop_nonce`` with a fresh nonce.
    """
    status = 400 if token is None else 401
    given = request.headers.getall("dpop", [])
    if not given:
        if is_haip(tenant):
            raise ProtocolError("invalid_dpop_proof", "a DPoP proof is missing", status)
        return None
    if len(given) > 1:
        raise ProtocolError("invalid_dpop_proof", "there is more than one DPoP proof", status)
    url = issuer.url_of(platform, tenant) + request.scope["path"]
    try:
        found = check_proof(given[0], method=request.method, url=url, now=now, access_token=token)
    except CredentialError as error:
        raise ProtocolError("invalid_dpop_proof", error.description, status) from error
    _check_nonce(platform, tenant, found.nonce, now, status)
    if not await first(platform, tenant, found, now):
        raise ProtocolError("invalid_dpop_proof", "this proof was used before", status)
    return found.jkt


def fresh(platform: Platform, tenant: Tenant, now: datetime) -> str:
    """Return a nonce for the next proof; nothing is stored."""
    return nonces.make_nonce(_secret(platform), tenant=str(tenant.id), now=now)


def _check(proof: str, method: str, url: str, now: datetime, access_token: str | None) -> Proof:
    jwk = jose.read(proof).header.get("jwk")
    if not isinstance(jwk, dict):
        raise CredentialError("malformed", "the header must hold jwk")
    key = jose.key_from_jwk(jwk)
    said = jose.verify(proof, key, typ=TYPE).payload
    jti, nonce = said.get("jti"), said.get("nonce")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise CredentialError("malformed", "jti is missing or too long")
    if said.get("htm") != method:
        raise CredentialError("malformed", "htm is not the method of this request")
    if _plain(said.get("htu")) != _plain(url):
        raise CredentialError("malformed", "htu is not the address of this request")
    check_fresh(said.get("iat"), now, MAX_AGE)
    if access_token is not None and said.get("ath") != ath_of(access_token):
        raise CredentialError("malformed", "ath is not the hash of the access token")
    if nonce is not None and not isinstance(nonce, str):
        raise CredentialError("malformed", "nonce is not a text")
    return Proof(jose.thumbprint(key), jti, nonce)


def _plain(url: object) -> tuple[str, str | None, int | None, str] | None:
    """Return what counts of an address (RFC 9449 section 4.3: without query and fragment, normalised)."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port, parts.path or "/"


def _check_nonce(
    platform: Platform, tenant: Tenant, nonce: str | None, now: datetime, status: int
) -> None:
    if nonce is None and not is_haip(tenant):
        return
    known = nonces.check_nonce(nonce or "", _secret(platform), tenant=str(tenant.id), now=now)
    if not known:
        headers = {HEADER: fresh(platform, tenant, now)}
        raise ProtocolError(
            "use_dpop_nonce", "the proof needs the nonce of this answer", status, headers
        )


async def first(platform: Platform, tenant: Tenant, proof: Proof, now: datetime) -> bool:
    """Note a proof and tell whether it comes for the first time."""
    seen = hashlib.sha256(f"{proof.jkt} {proof.jti}".encode()).digest()
    async with platform.db.tenant(tenant) as tx:
        return bool(await tx.fetchval(_TAKE, seen, now + MAX_AGE + SKEW, now))


def _secret(platform: Platform) -> bytes:
    return platform.vaults.key("dpop_nonce")
