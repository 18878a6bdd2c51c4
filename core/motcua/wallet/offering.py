"""Offers of a result to its holder's wallet: minted after sign-in, redeemed once with a code on two ways.

The address of an offer is a secret of its own; the pre-authorised code is derived from it with the
platform's key. So the database holds neither, and the offer can still be fetched by reference.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from motcua.errors import Conflict, Gone, NotFound
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import TenantVault, digest
from motcua.wallet import issuer, jose, metadata
from motcua.wallet.answers import ProtocolError

LIFETIME = timedelta(minutes=10)
TOKEN_LIFETIME = timedelta(minutes=5)
TRIES = 5
TX_CODE_LENGTH = 6
WALLET = Actor("wallet")
"""Who acts where a wallet asks without a session: nobody is known but by the secret he holds."""

_RESULT = """
select id, trace_id, kind, type, status, expires_at from issued_result
where id = $1 and holder_id = $2 for no key update
"""
_END = """
update credential_offer set expires_at = $2
where result_id = $1 and used_at is null and expires_at > $2
"""
_MINT = """
insert into credential_offer (id, result_id, trace_id, code_hash, tx_code_hash, expires_at)
values ($1, $2, $3, $4, $5, $6)
"""
_OFFERED = """
select o.expires_at, o.used_at, o.tries, r.type from credential_offer o
join issued_result r on r.tenant_id = o.tenant_id and r.id = o.result_id where o.code_hash = $1
"""
_REDEEM = """
select id, result_id, trace_id, tx_code_hash, tries, expires_at, used_at from credential_offer
where code_hash = $1 for update
"""
_TRIED = "update credential_offer set tries = tries + 1 where id = $1"
_USED = "update credential_offer set used_at = $2 where id = $1"
_GIVE = """
insert into credential_token (id, token_hash, offer_id, result_id, expires_at)
values ($1, $2, $3, $4, $5)
"""


@dataclass(frozen=True)
class Offered:
    """An offer for its holder's eyes; ``tx_code`` travels another way than the link."""

    link: str
    offer_uri: str
    tx_code: str
    expires_at: datetime


async def mint(platform: Platform, work: Work, *, result_id: UUID, subject_id: UUID) -> Offered:
    """Offer a granted result to its holder; offers of it that were not used yet end.

    ``NotFound`` when the result is not this person's; ``Conflict`` when there is no electronic paper of
    this kind, or the result has been withdrawn or has run out.
    """
    row = await work.tx.fetchrow(_RESULT, result_id, subject_id)
    if row is None:
        raise NotFound("Không tìm thấy kết quả.", "There is no such result.")
    if row["kind"] != "granted" or not row["type"]:
        raise Conflict(
            "Kết quả này không có bản điện tử cho ví.", "This result is not made for a wallet."
        )
    if not deliverable(row, work.now):
        raise Conflict("Kết quả này không còn hiệu lực.", "This result is no longer valid.")
    ref, offer_id = secrets.token_urlsafe(24), uuid7()
    tx_code = f"{secrets.randbelow(10**TX_CODE_LENGTH):0{TX_CODE_LENGTH}d}"
    expires = work.now + LIFETIME
    await work.tx.execute(_END, result_id, work.now)
    await work.tx.execute(
        _MINT,
        offer_id,
        result_id,
        row["trace_id"],
        digest(_code(platform, work.tenant, ref)),
        _tx_hash(work.vault, offer_id, tx_code),
        expires,
    )
    work.emit("offer.minted", result_id, {"type": row["type"]}, trace_id=row["trace_id"])
    uri = f"{issuer.url_of(platform, work.tenant)}/offers/{ref}"
    link = f"{issuer.wallet_url(platform)}?{urlencode({'credential_offer_uri': uri})}"
    return Offered(link, uri, tx_code, expires)


async def read(platform: Platform, tenant: Tenant, ref: str, now: datetime) -> dict[str, Any]:
    """Return the offer at an address; ``NotFound`` when there never was one, ``Gone`` after its end."""
    code = _code(platform, tenant, ref)
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchrow(_OFFERED, digest(code))
    if row is None:
        raise NotFound("Không có lời mời này.", "there is no such offer")
    if _ended(row, now):
        raise Gone("Lời mời đã hết hiệu lực.", "the offer was used or has expired")
    return metadata.credential_offer(
        issuer.url_of(platform, tenant), [row["type"]], code, tx_code_length=TX_CODE_LENGTH
    )


async def redeem(platform: Platform, tenant: Tenant, form: dict[str, str]) -> dict[str, Any]:
    """Answer a token request (OpenID4VCI section 6).

    A wrong transaction code is counted although the request is refused: the refusal is raised after the
    commit. Raises ``ProtocolError``.
    """
    if "grant_type" not in form:
        raise ProtocolError("invalid_request", "grant_type is missing")
    if form["grant_type"] != metadata.PRE_AUTHORIZED:
        raise ProtocolError("unsupported_grant_type", "only pre-authorized codes are supported")
    if not form.get("pre-authorized_code"):
        raise ProtocolError("invalid_request", "pre-authorized_code is missing")
    if not form.get("tx_code"):
        raise ProtocolError("invalid_request", "this offer needs a tx_code")
    async with platform.works.begin(tenant, WALLET) as work:
        given = await _redeem(work, form["pre-authorized_code"], form["tx_code"])
    if given is None:
        raise ProtocolError("invalid_grant", "the code or tx_code is wrong, used or expired")
    lifetime = int(TOKEN_LIFETIME.total_seconds())
    return {"access_token": given, "token_type": "Bearer", "expires_in": lifetime}


def deliverable(result: Record, now: datetime) -> bool:
    """Tell whether a result may become a credential: valid, and for an hour at least."""
    expires = result["expires_at"]
    return result["status"] == 0 and (expires is None or expires > now + timedelta(hours=1))


async def _redeem(work: Work, code: str, tx_code: str) -> str | None:
    """Return an access token; None when the grant is not valid. Never raises: what it counts must stay."""
    offer = await work.tx.fetchrow(_REDEEM, digest(code))
    if offer is None or _ended(offer, work.now):
        return None
    work.trace_id = offer["trace_id"]
    expected = offer["tx_code_hash"]
    if not hmac.compare_digest(_tx_hash(work.vault, offer["id"], tx_code), expected):
        await work.tx.execute(_TRIED, offer["id"])
        if offer["tries"] + 1 >= TRIES:
            work.emit("offer.locked", offer["result_id"])
        return None
    secret = token()
    await work.tx.execute(_USED, offer["id"], work.now)
    expires = work.now + TOKEN_LIFETIME
    await work.tx.execute(_GIVE, uuid7(), digest(secret), offer["id"], offer["result_id"], expires)
    work.emit("offer.used", offer["result_id"])
    return secret


def _ended(offer: Record, now: datetime) -> bool:
    used, tries = offer["used_at"] is not None, offer["tries"] >= TRIES
    return used or tries or offer["expires_at"] <= now


def _code(platform: Platform, tenant: Tenant, ref: str) -> str:
    key = platform.vaults.key("credential-offer")
    return jose.b64u(hmac.digest(key, tenant.id.bytes + ref.encode(), "sha256"))


def _tx_hash(vault: TenantVault, offer_id: UUID, tx_code: str) -> bytes:
    # Six digits have too few values for a plain hash: this one needs the key outside the database.
    return vault.index(f"tx_code:{offer_id}:{tx_code}")
