"""Credential requests: from a token and proofs to signed copies (OpenID4VCI 1.0 section 8)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import issuer, jose, nonces, proofs, sdjwt, statuses
from motcua.wallet.answers import ProtocolError
from motcua.wallet.issuer import Signer
from motcua.wallet.offering import WALLET, deliverable
from motcua.wallet.statuses import Place

BATCH = 10
"""How many copies one token may bring, each bound to a key of its own."""

_GRANT = """
select t.id, t.result_id, r.trace_id, r.type from credential_token t
join issued_result r on r.tenant_id = t.tenant_id and r.id = t.result_id
where t.token_hash = $1 and t.expires_at > $2
"""
_SPEND = """
update credential_token set issued = issued + $2
where id = $1 and expires_at > $3 and issued + $2 <= $4 returning id
"""
# The lock keeps a revocation waiting until the copies are written, so that it finds them all.
_RESULT = """
select id, number, verify_code, pdf_sha256, type, claims_sealed, hidden, expires_at, status
from issued_result where id = $1 for share
"""
_INSERT = """
insert into credential (id, result_id, list_id, list_index, holder_thumbprint, digest,
  notification_hash, issued_at)
select i, $2, $3, x, h, d, $7, $8
from unnest($1::uuid[], $4::int[], $5::text[], $6::text[]) as c(i, x, h, d)
"""


def bearer(header: str | None) -> str:
    """Return the token of an Authorization header; ``ProtocolError`` 401 without one."""
    kind, _, value = (header or "").partition(" ")
    if kind.lower() != "bearer" or not value.strip():
        raise ProtocolError("invalid_token", "an access token is missing", 401)
    return value.strip()


def nonce_secret(platform: Platform) -> bytes:
    """Return the key of ``c_nonce``, the same in every process."""
    return platform.vaults.key("c_nonce")


async def issue(
    platform: Platform, tenant: Tenant, secret: str, body: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Answer a credential request: one copy for each proof.

    Raises ``ProtocolError`` and ``CredentialError`` with the codes of section 8.3.1.
    """
    async with platform.db.tenant(tenant) as tx:
        grant = await tx.fetchrow(_GRANT, digest(secret), now)
    if grant is None:
        raise ProtocolError("invalid_token", "the access token is unknown or has expired", 401)
    _check_body(body, grant["type"])
    holders = proofs.check_proofs(
        _proofs(body),
        audience=issuer.url_of(platform, tenant),
        check_nonce=lambda n: nonces.check_nonce(
            n, nonce_secret(platform), tenant=str(tenant.id), now=now
        ),
        now=now,
        batch_size=BATCH,
    )
    async with platform.works.begin(tenant, WALLET, trace_id=grant["trace_id"]) as work:
        if not await work.tx.fetchval(_SPEND, grant["id"], len(holders), now, BATCH):
            raise ProtocolError(
                "credential_request_denied", f"one token brings {BATCH} copies at most"
            )
        return await _issue(platform, work, grant["result_id"], holders)


async def _issue(
    platform: Platform, work: Work, result_id: object, holders: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    result = await work.tx.fetchrow(_RESULT, result_id)
    if result is None or not deliverable(result, work.now):
        raise ProtocolError("credential_request_denied", "the result is no longer valid")
    signer = await issuer.signer_of(work.tx, work.vault, work.now)
    places = await statuses.reserve(work, len(holders))
    url, notice = issuer.url_of(platform, work.tenant), token()
    claims = _claims(work, result, url)
    copies = [
        _signed(result, claims, url, signer, holder, place, work.now)
        for holder, place in zip(holders, places, strict=True)
    ]
    await _store(work, result, url, holders, places, notice)
    work.emit("credential.issued", result["id"], {"type": result["type"], "copies": len(copies)})
    return {"credentials": [{"credential": c} for c in copies], "notification_id": notice}


def _claims(work: Work, result: Record, url: str) -> dict[str, Any]:
    claims: dict[str, Any] = msgspec.json.decode(work.vault.open(result["claims_sealed"]))
    document = {
        "number": result["number"],
        "sha256": result["pdf_sha256"],
        "uri": f"{url}/verify/{result['verify_code']}",
    }
    return {**claims, issuer.DOCUMENT.name: document}


def _signed(
    result: Record,
    claims: Mapping[str, Any],
    url: str,
    signer: Signer,
    holder: Mapping[str, str],
    place: Place,
    now: datetime,
) -> str:
    # A verifier checks the certificate at the time of the presentation, so no credential outlives it; the
    # holder may fetch another one from the result, which stays.
    ends = min(signer.until, result["expires_at"] or signer.until)
    return sdjwt.issue(
        claims,
        {*result["hidden"], issuer.DOCUMENT.name} & claims.keys(),
        issuer=url,
        vct=issuer.vct_of(url, result["type"]),
        key=signer.key,
        kid=signer.kid,
        x5c=signer.x5c,
        holder_jwk=holder,
        status=sdjwt.Status(issuer.status_uri(url, place.list_id), place.index),
        iat=now,
        exp=ends,
    )


async def _store(
    work: Work,
    result: Record,
    url: str,
    holders: Sequence[Mapping[str, str]],
    places: Sequence[Place],
    notice: str,
) -> None:
    uri = issuer.status_uri(url, places[0].list_id)
    await work.tx.execute(
        _INSERT,
        [uuid7() for _ in places],
        result["id"],
        places[0].list_id,
        [place.index for place in places],
        [jose.thumbprint(holder) for holder in holders],
        [issuer.digest_of(uri, place.index) for place in places],
        digest(notice),
        work.now,
    )


def _check_body(body: Mapping[str, Any], kind: str) -> None:
    named = [n for n in ("credential_configuration_id", "credential_identifier") if n in body]
    if len(named) != 1:
        raise ProtocolError(
            "invalid_credential_request", "credential_configuration_id must be given, and only it"
        )
    if named == ["credential_identifier"]:
        raise ProtocolError(
            "unknown_credential_identifier", "no credential identifiers were given out"
        )
    if body["credential_configuration_id"] != kind:
        raise ProtocolError(
            "unknown_credential_configuration", "the token is for another configuration"
        )
    if "credential_response_encryption" in body:
        raise ProtocolError(
            "invalid_encryption_parameters", "answers are not encrypted by this issuer"
        )


def _proofs(body: Mapping[str, Any]) -> Sequence[object]:
    given = body.get("proofs")
    if not isinstance(given, dict) or list(given) != ["jwt"] or not isinstance(given["jwt"], list):
        raise ProtocolError("invalid_proof", "proofs must hold jwt, a list of proofs, and only it")
    proof: list[object] = given["jwt"]
    return proof
