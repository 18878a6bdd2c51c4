"""Credential requests: from a token and proofs to signed copies (OpenID4VCI 1.0 section 8)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.keys.signing import Signer
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import deferring, grants, issuer, jose, nonces, proofs, sdjwt, shards
from motcua.wallet.answers import ProtocolError
from motcua.wallet.offering import WALLET, deliverable
from motcua.wallet.shards import Place

BATCH = 10
"""How many copies one token may bring, each bound to a key of its own."""

COPIES = 100
"""How many copies a grant may bring in all, whatever tokens it brings after the first."""

_SPEND = """
with token as (
  update credential_token set issued = issued + $2
  where id = $1 and expires_at > $3 and issued + $2 <= $4 returning grant_id)
update credential_grant g set issued = g.issued + $2 from token
where g.id = token.grant_id and g.ended_at is null and g.issued + $2 <= $5 returning g.id
"""
# The lock keeps a revocation waiting until the copies are written, so that it finds them all.
_RESULT = """
select id, number, verify_code, pdf_sha256, type, claims_sealed, hidden, expires_at, status
from issued_result where id = $1 for share
"""
_INSERT = """
insert into credential (id, result_id, list_id, list_index, holder_thumbprint, digest,
  notification_hash, issued_at, signing_kid)
select i, $2, l, x, h, d, $7, $8, $9
from unnest($1::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[]) as c(i, l, x, h, d)
"""


def nonce_secret(platform: Platform) -> bytes:
    """Return the key of ``c_nonce``, the same in every process."""
    return platform.vaults.key("c_nonce")


async def issue(
    platform: Platform, tenant: Tenant, grant: Record, body: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Any], int]:
    """Answer a credential request: one copy for each proof, or the word that it takes longer (202).

    Raises ``ProtocolError`` and ``CredentialError`` with the codes of section 8.3.1.
    """
    _check_body(body, grant)
    holders = proofs.check_proofs(
        _proofs(body),
        audience=issuer.url_of(platform, tenant),
        check_nonce=lambda n: nonces.check_nonce(
            n, nonce_secret(platform), tenant=str(tenant.id), now=now
        ),
        now=now,
        batch_size=BATCH,
        client_id=grant["client_id"],
    )
    async with (
        shards.lent(platform, tenant, len(holders)) as places,
        platform.works.begin(tenant, WALLET, trace_id=grant["trace_id"]) as work,
    ):
        spent = (grant["token_id"], len(holders), now, BATCH, COPIES)
        if not await work.tx.fetchval(_SPEND, *spent):
            raise ProtocolError(
                "credential_request_denied",
                f"one token brings {BATCH} copies at most, one authorization {COPIES}",
            )
        result_id = grant["result_id"] or await deferring.result_of(work, grant["dossier_id"])
        if result_id is None:
            return await deferring.keep(work, grant, holders), 202
        return await copies(platform, work, result_id, holders, places), 200


async def later(
    platform: Platform, tenant: Tenant, grant: Record, body: Mapping[str, Any]
) -> tuple[dict[str, Any], int]:
    """Answer a deferred credential request (section 9): the copies, or 202 as long as there is no result.

    What was delivered is told again for a minute, in case the answer was lost. Raises ``ProtocolError``:
    ``invalid_transaction_id``, ``credential_request_denied``.
    """
    given = body.get("transaction_id")
    if not isinstance(given, str):
        raise ProtocolError("invalid_transaction_id", "transaction_id is missing")
    async with (
        shards.lent(platform, tenant, BATCH) as places,
        platform.works.begin(tenant, WALLET, trace_id=grant["trace_id"]) as work,
    ):
        waiting = await deferring.lock(work, grant, given)
        if waiting.answer is not None:
            return waiting.answer, 200
        result_id = await deferring.result_of(work, grant["dossier_id"])
        if result_id is None:
            return {"transaction_id": given, "interval": deferring.INTERVAL}, 202
        answer = await copies(platform, work, result_id, waiting.holders, places)
        await deferring.delivered(work, waiting, answer)
    return answer, 200


async def copies(
    platform: Platform,
    work: Work,
    result_id: UUID,
    holders: Sequence[Mapping[str, str]],
    lent: list[Place],
) -> dict[str, Any]:
    """Sign one copy of a result for each holder's key and write them down.

    Each takes one of the ``lent`` places of status lists out of the list.
    """
    result = await work.tx.fetchrow(_RESULT, result_id)
    if result is None or not deliverable(result, work.now):
        raise ProtocolError("credential_request_denied", "the result is no longer valid")
    signer = await issuer.signer_of(work.tx, work.vault, work.now)
    places = [lent.pop() for _ in holders]
    url, notice = issuer.url_of(platform, work.tenant), token()
    claims = _claims(work, result, url)
    made = await signer.each(
        [
            partial(_signed, result, claims, url, signer, holder, place, work.now)
            for holder, place in zip(holders, places, strict=True)
        ]
    )
    await _store(work, result, url, holders, places, notice, signer.kid)
    work.emit("credential.issued", result["id"], {"type": result["type"], "copies": len(made)})
    return {"credentials": [{"credential": c} for c in made], "notification_id": notice}


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
    kid: str,
) -> None:
    await work.tx.execute(
        _INSERT,
        [uuid7() for _ in places],
        result["id"],
        [place.list_id for place in places],
        [place.index for place in places],
        [jose.thumbprint(holder) for holder in holders],
        [issuer.digest_of(issuer.status_uri(url, p.list_id), p.index) for p in places],
        digest(notice),
        work.now,
        kid,
    )


def _check_body(body: Mapping[str, Any], grant: Record) -> None:
    named = [n for n in ("credential_configuration_id", "credential_identifier") if n in body]
    if len(named) != 1:
        raise ProtocolError(
            "invalid_credential_request",
            "credential_configuration_id or credential_identifier must be given, and only one",
        )
    if grant["identified"] and named != ["credential_identifier"]:
        raise ProtocolError(
            "invalid_credential_request", "the token response named a credential_identifier: use it"
        )
    if named == ["credential_identifier"]:
        if not grant["identified"] or body[named[0]] != grants.identifier(grant["id"]):
            raise ProtocolError(
                "unknown_credential_identifier", "this credential identifier was not given out"
            )
    elif body[named[0]] != grant["type"]:
        raise ProtocolError(
            "unknown_credential_configuration", "the token is for another configuration"
        )


def _proofs(body: Mapping[str, Any]) -> Sequence[object]:
    given = body.get("proofs")
    if not isinstance(given, dict) or list(given) != ["jwt"] or not isinstance(given["jwt"], list):
        raise ProtocolError("invalid_proof", "proofs must hold jwt, a list of proofs, and only it")
    proof: list[object] = given["jwt"]
    return proof
