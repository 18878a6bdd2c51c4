"""What an answer of a wallet proves: every check in its order, and whom we believe.

Trusted are the provinces of this platform and the issuers an administrator added. Their keys come with the
credential, in a certificate that leads to a trusted anchor and bears the issuer's host; so no key is looked up
over the network, and a status list is fetched only from the issuer's own address.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2

from motcua.errors import Unavailable
from motcua.http import borrowed
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    checking,
    dcql,
    issuer,
    sdjwt,
    statuses,
    statuslist,
    transactions,
    trust_store,
)
from motcua.wallet.refusal import CredentialError
from motcua.wallet.shards import Place
from motcua.wallet.trust import Trust

QUERY_ID = "paper"
MAX_PRESENTATION = 256 * 1024
MAX_LIST = 4 * 1024 * 1024


@dataclass(frozen=True)
class Expected:
    """What was asked for, by whom: the presentation must have been made for exactly this."""

    nonce: str
    client_id: str
    query: Mapping[str, Any]
    transaction_data: Sequence[str] = ()


@dataclass(frozen=True)
class Proven:
    """One credential that holds: its claims, who says so, and the digest both sides of a trace know."""

    claims: dict[str, Any]
    issuer: str
    issuer_name: str
    vct: str
    digest: str


async def verify(
    platform: Platform,
    tenant: Tenant,
    expected: Expected,
    given: Mapping[str, str],
    now: datetime,
) -> dict[str, Proven]:
    """Check what was presented, ``query id -> presentation``; must be called outside of any transaction.

    Order: issuer's certificate, signature, disclosures and validity, key binding, transaction data, type, query, status.
    Raises ``CredentialError``, or ``Unavailable`` when the issuer's status list cannot be had.
    """
    async with platform.db.tenant(tenant) as tx:
        trust = await trust_store.trust_of(platform, tx)
    seen = {
        name: checking.check(
            text, nonce=expected.nonce, audience=expected.client_id, trust=trust, now=now
        )
        for name, text in given.items()
    }
    transactions.check(
        expected.transaction_data, {name: one.key_binding for name, one in seen.items()}
    )
    _check_types(expected.query, seen)
    dcql.check_answer(expected.query, {name: (s.vct, s.claims) for name, s in seen.items()})
    return {name: await _current(platform, tenant, trust, one, now) for name, one in seen.items()}


def presentations(vp_token: object, query: Mapping[str, Any]) -> dict[str, str]:
    """Return the presentations of a ``vp_token`` by query (OpenID4VP section 8.1).

    It is an object, or its JSON text. Raises ``CredentialError`` (``malformed``): not one presentation for
    each query answered, an unknown query, or too long.
    """
    if isinstance(vp_token, str):
        vp_token = _parsed(vp_token)
    if not isinstance(vp_token, dict) or not vp_token:
        raise CredentialError("malformed", "vp_token is not a JSON object with presentations")
    known = {entry["id"] for entry in query["credentials"]}
    found: dict[str, str] = {}
    for name, many in vp_token.items():
        single = isinstance(many, list) and len(many) == 1 and isinstance(many[0], str)
        if name not in known or not single:
            raise CredentialError("malformed", "vp_token must hold one presentation for a query")
        found[name] = many[0]
    if sum(map(len, found.values())) > MAX_PRESENTATION:
        raise CredentialError("malformed", "vp_token is too long")
    return found


def _parsed(vp_token: str) -> object:
    if len(vp_token) > MAX_PRESENTATION:
        raise CredentialError("malformed", "vp_token is too long")
    try:
        found: object = json.loads(vp_token)
    except (ValueError, RecursionError) as error:
        raise CredentialError("malformed", "vp_token is not JSON") from error
    return found


def _check_types(query: Mapping[str, Any], seen: Mapping[str, sdjwt.Verified]) -> None:
    for entry in query["credentials"]:
        one = seen.get(entry["id"])
        if one is not None and one.vct not in entry["meta"]["vct_values"]:
            raise CredentialError("wrong_type", "vct is not a type that was asked for")


async def _current(
    platform: Platform, tenant: Tenant, trust: Trust, seen: sdjwt.Verified, now: datetime
) -> Proven:
    """Check the status, last of all, and return what holds."""
    entry = checking.status_entry(seen, trust, now)
    if seen.issuer == issuer.url_of(platform, tenant):
        checking.refuse_withdrawn(await _own_status(platform, tenant, entry))
    else:
        # Never kept: a revocation counts at once.
        async with borrowed(platform.cache, platform.settings.reach) as client:
            token = await _fetch(client, entry.uri)
        checking.check_status(seen, trust, token, now)
    name = trust.issuer(seen.issuer, now).name
    digest = issuer.digest_of(entry.uri, entry.index)
    return Proven(seen.claims, seen.issuer, name, seen.vct, digest)


async def _own_status(platform: Platform, tenant: Tenant, entry: sdjwt.Status) -> int:
    try:
        list_id = UUID(entry.uri.rsplit("/", 1)[-1])
    except ValueError as error:
        raise CredentialError("malformed", "the status list has an unknown address") from error
    async with platform.db.tenant(tenant) as tx:
        status = await statuses.status_at(tx, Place(list_id, entry.index))
    if status is None:
        raise CredentialError("malformed", "no credential was issued at this place")
    return status


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
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _silent(type(error).__name__) from error


def _silent(reason: str) -> Unavailable:
    return Unavailable(
        "Nơi cấp chưa trả lời về tình trạng giấy tờ. Hãy thử lại sau ít phút.",
        f"the issuer's status list cannot be had: {reason}",
    )
