"""Presentations as a wallet sees them: the signed request, and what it posts back (OpenID4VP 1.0)."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from motcua import clock
from motcua.errors import Gone, NotFound
from motcua.ids import token
from motcua.keys import signing
from motcua.keys.signing import Signer
from motcua.platform import Platform
from motcua.tenancy.db import Record, TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import TenantVault, digest
from motcua.wallet import issuer, jose, jwe, requests, transactions, verifying
from motcua.wallet.answers import ProtocolError
from motcua.wallet.offering import WALLET
from motcua.wallet.refusal import CredentialError
from motcua.wallet.verifying import Expected, Proven

PAPER = "paper"
"""The purpose of a presentation that stands for a paper of a dossier."""
SIGN = "sign"
"""The purpose of a presentation that signs an application."""
_READ = "select * from presentation where id = $1"
_FINISH = """
update presentation set status = $2, finished_at = $3, response_code_hash = $4, claims_sealed = $5,
  issuer = $6, digest = $7, error = $8, response_key_sealed = null
where id = $1 and status = 'waiting' and expires_at > $3 returning id
"""


class Signed(msgspec.Struct, frozen=True):
    """What is kept of a signature until it is collected: what was proven, and the presentations as given."""

    proven: dict[str, Proven]
    given: dict[str, str]


async def request_object(
    platform: Platform, tenant: Tenant, presentation_id: str, wallet_nonce: str | None
) -> str:
    """Return the signed request; asking twice is allowed. ``NotFound``, or ``Gone`` after its end."""
    if wallet_nonce is not None and not 0 < len(wallet_nonce) <= requests.MAX_NONCE:
        raise ProtocolError("invalid_request", "wallet_nonce is empty or too long")
    now, vault = clock.now(), platform.vaults.of(tenant.id)
    async with platform.db.tenant(tenant) as tx:
        row = await _read(tx, presentation_id)
        if row["status"] != "waiting" or row["expires_at"] <= now:
            raise Gone("Yêu cầu đã kết thúc.", "the request was answered or has expired")
        signer = await _signer(tx, vault, row, now)
    return await signer.run(lambda: _built(platform, tenant, row, signer, wallet_nonce, now))


def _built(
    platform: Platform,
    tenant: Tenant,
    row: Record,
    signer: Signer,
    wallet_nonce: str | None,
    now: datetime,
) -> str:
    return requests.build_request(
        key=signer.key,
        chain=signer.chain,
        response_uri=f"{issuer.url_of(platform, tenant)}/vp/{row['id']}/response",
        nonce=row["nonce"],
        state=row["state"],
        query=row["query"],
        client_name=row["asked_by"] or tenant.name,
        now=now,
        wallet_nonce=wallet_nonce,
        lifetime=row["expires_at"] - now,
        encrypt_to=_answer_key(row, platform.vaults.of(tenant.id)),
        transaction_data=row["transaction_data"] or (),
    )


async def answer(
    platform: Platform, tenant: Tenant, presentation_id: str, form: Mapping[str, str]
) -> dict[str, str]:
    """Judge a wallet's answer; returns where the person goes next.

    One answer counts. A presentation that does not hold ends the request too, and its reason is raised as
    ``CredentialError``; only when the issuer is silent (``Unavailable``) the wallet may try again.
    """
    now = clock.now()
    async with platform.db.tenant(tenant) as tx:
        row = await _read(tx, presentation_id)
        signer = await issuer.signer_of(tx, platform.vaults.of(tenant.id), now)
    said = _opened(row, platform.vaults.of(tenant.id), form, now)
    _check_said(row, said)
    if "error" in said:
        # The wallet's own words are not kept: only that the person did not share, or could not sign.
        known = said["error"] if said["error"] == transactions.REFUSED else "access_denied"
        return await _finish(platform, tenant, row, "refused", error=known)
    client_id = row["client_id"] or requests.client_id_of(signer.chain[0])
    expected = Expected(row["nonce"], client_id, row["query"], row["transaction_data"] or ())
    try:
        given = verifying.presentations(said["vp_token"], row["query"])
        proven = await verifying.verify(platform, tenant, expected, given, now)
    except CredentialError as error:
        await _finish(platform, tenant, row, "failed", error=error.reason_code)
        raise
    return await _finish(platform, tenant, row, "verified", proven, given)


async def _signer(tx: TenantTx, vault: TenantVault, row: Record, now: datetime) -> Signer:
    """Return the key that the request was promised with: another one may have taken over since."""
    wanted = row["client_id"]
    if wanted is None:
        return await issuer.signer_of(tx, vault, now)
    found = await signing.with_certificate(
        tx, vault, now, lambda leaf: requests.client_id_of(leaf) == wanted
    )
    if found is None:
        raise Gone("Yêu cầu đã kết thúc.", "the key of this request was revoked: ask anew")
    return found


async def _read(tx: TenantTx, presentation_id: str) -> Record:
    try:
        row = await tx.fetchrow(_READ, UUID(presentation_id))
    except ValueError:
        row = None
    if row is None:
        raise NotFound("Không có yêu cầu này.", "there is no such request")
    return row


def _answer_key(row: Record, vault: TenantVault) -> jose.Key | None:
    """Return the key made for this one answer, while it is awaited."""
    sealed = row["response_key_sealed"]
    return jose.key_from_pem(vault.open(sealed).encode()) if sealed else None


def _opened(
    row: Record, vault: TenantVault, form: Mapping[str, str], now: datetime
) -> Mapping[str, Any]:
    """Return the parameters of an answer, decrypted where that was asked (section 8.3.1).

    Raises ``ProtocolError``; the request stays open then: whoever sends rubbish ends nothing.
    """
    if row["status"] != "waiting":
        raise ProtocolError("invalid_request", "this request was answered already")
    if row["expires_at"] <= now:
        raise ProtocolError("invalid_request", "this request has expired")
    key = _answer_key(row, vault)
    # Section 8.5: a wallet may say an error in the clear, it holds nothing personal.
    if key is None or ("error" in form and "response" not in form):
        return form
    if set(form) != {"response"}:
        raise ProtocolError(
            "invalid_request", "the answer must be encrypted: response, and only it"
        )
    try:
        return jwe.decrypt(form["response"], key)
    except CredentialError as error:
        raise ProtocolError("invalid_request", error.description) from error


def _check_said(row: Record, said: Mapping[str, Any]) -> None:
    given = said.get("state")
    fits = isinstance(given, str) and hmac.compare_digest(given.encode(), row["state"].encode())
    if not fits:
        raise ProtocolError("invalid_request", "state is missing or wrong")
    if ("error" in said) == ("vp_token" in said):
        raise ProtocolError("invalid_request", "either vp_token or error must be given")
    if row["response_key_sealed"] and "vp_token" in said and isinstance(said["vp_token"], str):
        raise ProtocolError("invalid_request", "vp_token in an encrypted answer is an object")


async def _finish(
    platform: Platform,
    tenant: Tenant,
    row: Record,
    status: str,
    proven: Mapping[str, Proven] | None = None,
    given: Mapping[str, str] | None = None,
    *,
    error: str | None = None,
) -> dict[str, str]:
    """Write the outcome if nobody was faster; the code goes to the wallet only, its hash stays.

    Where the request was shown on another screen there is no code and no way back: that screen waits.
    """
    code = token() if row["flow"] == "same_device" and status != "failed" else None
    first = next(iter(proven.values())) if proven else None
    async with platform.works.begin(tenant, WALLET, trace_id=row["trace_id"]) as work:
        done = await work.tx.fetchval(
            _FINISH,
            row["id"],
            status,
            work.now,
            digest(code) if code else None,
            work.vault.seal(_kept(row, proven, given or {})) if proven else None,
            first.issuer if first else None,
            first.digest if first else None,
            error,
        )
        if done is None:
            raise ProtocolError("invalid_request", "this request was answered already")
        about = {"paper": row["paper_key"], "type": row["vct_type"]}
        if first:
            work.emit("presentation.verified", row["id"], {**about, "issuer": first.issuer})
        else:
            work.emit("presentation.refused", row["id"], {**about, "reason": error})
    return {"redirect_uri": _way_back(platform, tenant, row, code)} if code else {}


def _kept(row: Record, proven: Mapping[str, Proven], given: Mapping[str, str]) -> str:
    """Return what is kept of an answer: the claims of the one paper, or all that was asked for.

    Of a signature the presentation itself is kept: it is the evidence.
    """
    if row["purpose"] == PAPER:
        return msgspec.json.encode(next(iter(proven.values())).claims).decode()
    found = _asked_for(row["query"], proven)
    if row["purpose"] == SIGN:
        return msgspec.json.encode(Signed(found, dict(given))).decode()
    return msgspec.json.encode(found).decode()


def _asked_for(query: Mapping[str, Any], proven: Mapping[str, Proven]) -> dict[str, Proven]:
    """Keep of each paper only the claims that were asked for: what its issuer left open is not for others."""
    names = {
        entry["id"]: {claim["path"][0] for claim in entry.get("claims", ())}
        for entry in query["credentials"]
    }
    return {
        name: replace(one, claims={c: v for c, v in one.claims.items() if c in names[name]})
        for name, one in proven.items()
    }


def _way_back(platform: Platform, tenant: Tenant, row: Record, code: str) -> str:
    query = urlencode({"presentation": str(row["id"]), "response_code": code})
    joint = "&" if "?" in row["return_path"] else "?"
    return f"{issuer.url_of(platform, tenant)}{row['return_path']}{joint}{query}"
