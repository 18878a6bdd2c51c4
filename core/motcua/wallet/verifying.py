"""What a presentation proves: every check in its order, and whom we believe.

Trusted are the provinces of this platform. Their keys come with the credential, in a certificate that leads
to the platform's root and bears the issuer's host; so no key is looked up over the network.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2

from motcua.errors import Unavailable
from motcua.http import borrowed
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, dcql, issuer, jose, sdjwt, statuses, statuslist
from motcua.wallet.refusal import CredentialError
from motcua.wallet.statuses import Place

QUERY_ID = "paper"
MAX_AGE = timedelta(minutes=5)
MAX_PRESENTATION = 256 * 1024
MAX_LIST = 4 * 1024 * 1024
_WITHDRAWN = {statuslist.REVOKED: "revoked", statuslist.SUSPENDED: "suspended"}


@dataclass(frozen=True)
class Expected:
    """What was asked for, by whom: the presentation must have been made for exactly this."""

    nonce: str
    client_id: str
    vct_type: str
    query: Mapping[str, Any]


@dataclass(frozen=True)
class Proven:
    """What holds: the claims, who says so, and the digest that both sides of a trace know."""

    claims: dict[str, Any]
    issuer: str
    digest: str


async def verify(
    platform: Platform, tenant: Tenant, expected: Expected, vp_token: str, now: datetime
) -> Proven:
    """Check a ``vp_token`` for a verifier; must be called outside of any transaction.

    Order: issuer's certificate, signature, disclosures and validity, key binding, type and query, status.
    Raises ``CredentialError``, or ``Unavailable`` when the issuer's status list cannot be had.
    """
    seen = sdjwt.verify_presentation(
        _single(vp_token),
        issuer_key_lookup=lambda iss, header: issuer_key(platform, iss, header, now),
        nonce=expected.nonce,
        aud=expected.client_id,
        now=now,
        max_age=MAX_AGE,
    )
    if seen.vct != issuer.vct_of(seen.issuer, expected.vct_type):
        raise CredentialError("wrong_type", "vct is not a type of this issuer that was asked for")
    dcql.check_answer(expected.query, {QUERY_ID: (seen.vct, seen.claims)})
    entry = _status_entry(seen)
    status = await _status(platform, tenant, seen.issuer, entry, now)
    if status != statuslist.VALID:
        raise CredentialError(_WITHDRAWN.get(status, "revoked"), "the credential was withdrawn")
    return Proven(seen.claims, seen.issuer, issuer.digest_of(entry.uri, entry.index))


def issuer_key(
    platform: Platform, url: str, header: Mapping[str, Any], now: datetime
) -> jose.Key | None:
    """Return the key of a trusted issuer from the certificate in a protected header; else None.

    Raises ``CredentialError`` when the certificate is not below our root or bears another host.
    """
    if url not in issuer.provinces(platform):
        return None
    chain = certificates.read_x5c(header.get("x5c"))
    leaf = certificates.check_chain(chain, roots=issuer.roots(platform), now=now)
    if urlsplit(url).hostname not in certificates.hosts_of(leaf):
        raise CredentialError("untrusted_certificate", "the certificate is another host's")
    return certificates.key_of(leaf)


def _single(vp_token: str) -> str:
    """Return the one presentation in a ``vp_token`` (OpenID4VP section 8.1)."""
    if len(vp_token) > MAX_PRESENTATION:
        raise CredentialError("malformed", "vp_token is too long")
    try:
        found = json.loads(vp_token)
    except (ValueError, RecursionError) as error:
        raise CredentialError("malformed", "vp_token is not JSON") from error
    given = found.get(QUERY_ID) if isinstance(found, dict) and len(found) == 1 else None
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], str):
        raise CredentialError("malformed", f"vp_token must hold one presentation as {QUERY_ID}")
    return given[0]


def _status_entry(seen: sdjwt.Verified) -> sdjwt.Status:
    """Return the status entry; every trusted issuer gives one, at its own host."""
    entry = seen.status
    if entry is None or not entry.uri.startswith(issuer.status_uri(seen.issuer, "")):
        raise CredentialError("malformed", "the credential has no status list of its issuer")
    return entry


async def _status(
    platform: Platform, tenant: Tenant, url: str, entry: sdjwt.Status, now: datetime
) -> int:
    if url != issuer.url_of(platform, tenant):
        return await _status_elsewhere(platform, url, entry, now)
    try:
        list_id = UUID(entry.uri.rsplit("/", 1)[-1])
    except ValueError as error:
        raise CredentialError("malformed", "the status list has an unknown address") from error
    async with platform.db.tenant(tenant) as tx:
        status = await statuses.status_at(tx, Place(list_id, entry.index))
    if status is None:
        raise CredentialError("malformed", "no credential was issued at this place")
    return status


async def _status_elsewhere(
    platform: Platform, url: str, entry: sdjwt.Status, now: datetime
) -> int:
    """Fetch the list from the issuer's own host; never kept, so that a revocation counts at once."""
    async with borrowed(platform.cache) as client:
        token = await _fetch(client, entry.uri)
    found = statuslist.verify_token(
        token,
        uri=entry.uri,
        key_lookup=lambda header: issuer_key(platform, url, header, now),
        now=now,
    )
    return statuslist.read_status(found, entry.index)


async def _fetch(client: httpx2.AsyncClient, uri: str) -> str:
    """Return a status list token: no redirect, a few seconds, a few megabytes."""
    data = bytearray()
    headers = {"accept": statuslist.MEDIA_TYPE}
    try:
        async with client.stream(
            "GET", uri, headers=headers, follow_redirects=False, timeout=5.0
        ) as response:
            if response.status_code != 200:
                raise _silent(f"HTTP {response.status_code}")
            async for part in response.aiter_bytes():
                data += part
                if len(data) > MAX_LIST:
                    raise CredentialError("malformed", "the status list is too large")
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise CredentialError("malformed", "the status list is not a token") from error
    except httpx2.HTTPError as error:
        raise _silent(type(error).__name__) from error


def _silent(reason: str) -> Unavailable:
    return Unavailable(
        "Nơi cấp chưa trả lời về tình trạng giấy tờ. Hãy thử lại sau ít phút.",
        f"the issuer's status list cannot be had: {reason}",
    )
