"""Presentations as a wallet sees them: the signed request, and what it posts back (OpenID4VP 1.0)."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from motcua.errors import Gone, NotFound
from motcua.ids import token
from motcua.platform import Platform
from motcua.tenancy.db import Record, TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import issuer, requests, verifying
from motcua.wallet.answers import ProtocolError
from motcua.wallet.offering import WALLET
from motcua.wallet.refusal import CredentialError
from motcua.wallet.verifying import Expected, Proven

_READ = "select * from presentation where id = $1"
_FINISH = """
update presentation set status = $2, finished_at = $3, response_code_hash = $4, claims_sealed = $5,
  issuer = $6, digest = $7, error = $8
where id = $1 and status = 'waiting' and expires_at > $3 returning id
"""


async def request_object(
    platform: Platform, tenant: Tenant, presentation_id: str, wallet_nonce: str | None
) -> str:
    """Return the signed request; asking twice is allowed. ``NotFound``, or ``Gone`` after its end."""
    now = datetime.now(UTC)
    async with platform.db.tenant(tenant) as tx:
        row = await _read(tx, presentation_id)
        if row["status"] != "waiting" or row["expires_at"] <= now:
            raise Gone("Yêu cầu đã kết thúc.", "the request was answered or has expired")
        signer = await issuer.signer_of(tx, platform.vaults.of(tenant.id), now)
    return requests.build_request(
        key=signer.key,
        chain=signer.chain,
        response_uri=f"{issuer.url_of(platform, tenant)}/vp/{row['id']}/response",
        nonce=row["nonce"],
        state=row["state"],
        query=row["query"],
        client_name=tenant.name,
        now=now,
        wallet_nonce=wallet_nonce,
        lifetime=row["expires_at"] - now,
    )


async def answer(
    platform: Platform, tenant: Tenant, presentation_id: str, form: Mapping[str, str]
) -> dict[str, str]:
    """Judge a wallet's answer; returns where the person goes next.

    One answer counts. A presentation that does not hold ends the request too, and its reason is raised as
    ``CredentialError``; only when the issuer is silent (``Unavailable``) the wallet may try again.
    """
    now = datetime.now(UTC)
    async with platform.db.tenant(tenant) as tx:
        row = await _read(tx, presentation_id)
        signer = await issuer.signer_of(tx, platform.vaults.of(tenant.id), now)
    _check_open(row, form, now)
    if "error" in form:
        # The wallet's own words are not kept: only that the person did not share.
        return await _finish(platform, tenant, row, "refused", error="access_denied")
    expected = Expected(
        row["nonce"], requests.client_id_of(signer.chain[0]), row["vct_type"], row["query"]
    )
    try:
        proven = await verifying.verify(platform, tenant, expected, form.get("vp_token", ""), now)
    except CredentialError as error:
        await _finish(platform, tenant, row, "failed", error=error.reason_code)
        raise
    return await _finish(platform, tenant, row, "verified", proven)


async def _read(tx: TenantTx, presentation_id: str) -> Record:
    try:
        row = await tx.fetchrow(_READ, UUID(presentation_id))
    except ValueError:
        row = None
    if row is None:
        raise NotFound("Không có yêu cầu này.", "there is no such request")
    return row


def _check_open(row: Record, form: Mapping[str, str], now: datetime) -> None:
    given = form.get("state", "").encode()
    if not hmac.compare_digest(given, row["state"].encode()):
        raise ProtocolError("invalid_request", "state is missing or wrong")
    if row["status"] != "waiting":
        raise ProtocolError("invalid_request", "this request was answered already")
    if row["expires_at"] <= now:
        raise ProtocolError("invalid_request", "this request has expired")
    if ("error" in form) == ("vp_token" in form):
        raise ProtocolError("invalid_request", "either vp_token or error must be given")


async def _finish(
    platform: Platform,
    tenant: Tenant,
    row: Record,
    status: str,
    proven: Proven | None = None,
    *,
    error: str | None = None,
) -> dict[str, str]:
    """Write the outcome if nobody was faster; the code goes to the wallet only, its hash stays."""
    code = token()
    async with platform.works.begin(tenant, WALLET, trace_id=row["trace_id"]) as work:
        claims = msgspec.json.encode(proven.claims).decode() if proven else None
        done = await work.tx.fetchval(
            _FINISH,
            row["id"],
            status,
            work.now,
            digest(code) if status != "failed" else None,
            work.vault.seal(claims) if claims else None,
            proven.issuer if proven else None,
            proven.digest if proven else None,
            error,
        )
        if done is None:
            raise ProtocolError("invalid_request", "this request was answered already")
        about = {"paper": row["paper_key"], "type": row["vct_type"]}
        if proven:
            work.emit("presentation.verified", row["id"], {**about, "issuer": proven.issuer})
        else:
            work.emit("presentation.refused", row["id"], {**about, "reason": error})
    query = urlencode({"presentation": str(row["id"]), "response_code": code})
    joint = "&" if "?" in row["return_path"] else "?"
    url = issuer.url_of(platform, tenant)
    return {"redirect_uri": f"{url}{row['return_path']}{joint}{query}"}
