"""Offers of a result to its holder's wallet: minted after sign-in, redeemed once (``pre_authorized``, ``codes``).

The code travels on two ways (link and transaction code), or the wallet brings its holder to sign in.

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

from motcua.dossiers.states import FINAL
from motcua.errors import Conflict, Gone, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import TenantVault, digest
from motcua.wallet import grants, issuer, jose, metadata
from motcua.wallet.grants import Subject

LIFETIME = timedelta(minutes=10)
TRIES = 5
TX_CODE_LENGTH = 6
WALLET = grants.WALLET
CODE_SENT, SIGN_IN = "code_sent", "sign_in"
"""How an offer is redeemed: with the code it carries, or by signing in on the page of the issuer."""

_RESULT = """
select id, dossier_id, trace_id, kind, type, status, expires_at from issued_result
where id = $1 and holder_id = $2 for no key update
"""
_DOSSIER = """
select d.id, d.trace_id, d.adopted_id, d.state from dossier d
where d.id = $1 and d.subject_id = $2
  and not exists (select 1 from issued_result r where r.tenant_id = d.tenant_id
    and r.dossier_id = d.id and r.issued_at <= $3)
for no key update
"""
_END = """
update credential_offer set expires_at = $2
where dossier_id = $1 and used_at is null and expires_at > $2
"""
_MINT = """
insert into credential_offer (id, result_id, dossier_id, type, flow, trace_id, code_hash,
  tx_code_hash, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_OFFERED = """
select expires_at, used_at, tries, type, flow, tx_code_hash is not null as with_code
from credential_offer where code_hash = any($1)
"""


@dataclass(frozen=True)
class Offered:
    """An offer for its holder's eyes; ``tx_code`` travels another way than the link, or is empty.

    ``document`` is what lies at ``offer_uri``, for an offer by value (OpenID4VCI section 4.1.2).
    """

    link: str
    offer_uri: str
    document: dict[str, Any]
    tx_code: str
    expires_at: datetime


async def mint(
    platform: Platform,
    work: Work,
    *,
    result_id: UUID,
    subject_id: UUID,
    flow: str = CODE_SENT,
    with_code: bool = True,
) -> Offered:
    """Offer a granted result to its holder; offers of it that were not used yet end.

    ``with_code`` is false where link and person are in one place, such as the counter. ``NotFound`` when
    the result is not this person's; ``Conflict`` when there is no electronic paper of this kind, or the
    result has been withdrawn or has run out.
    """
    row = await work.tx.fetchrow(_RESULT, result_id, subject_id)
    if row is None:
        raise NotFound("Không tìm thấy kết quả.", "There is no such result.")
    if row["kind"] != "granted" or not row["type"]:
        raise _not_made()
    if not deliverable(row, work.now):
        raise Conflict("Kết quả này không còn hiệu lực.", "This result is no longer valid.")
    subject = Subject(row["trace_id"], row["dossier_id"], row["id"], row["type"])
    return await _mint(platform, work, subject, flow, with_code)


async def mint_ahead(
    platform: Platform,
    work: Work,
    *,
    dossier_id: UUID,
    subject_id: UUID,
    flow: str = CODE_SENT,
    with_code: bool = True,
) -> Offered:
    """Offer what a dossier will bring, before it is decided: the wallet gets it when it is there.

    ``NotFound`` when the dossier is not this person's or has its result; ``Conflict`` when it has ended, or
    its procedure makes nothing for a wallet.
    """
    row = await work.tx.fetchrow(_DOSSIER, dossier_id, subject_id, work.now)
    if row is None:
        raise NotFound("Không tìm thấy hồ sơ đang chờ.", "There is no such open dossier.")
    if row["state"] in FINAL:
        raise Conflict("Hồ sơ đã kết thúc.", "The dossier has ended.")
    law = await platform.catalogue.of(work.tenant)
    rule = law.adopted(row["adopted_id"]).package.procedure.result
    if rule is None or not rule.type:
        raise _not_made()
    subject = Subject(row["trace_id"], row["id"], None, rule.type)
    return await _mint(platform, work, subject, flow, with_code)


async def _mint(
    platform: Platform, work: Work, subject: Subject, flow: str, with_code: bool
) -> Offered:
    ref, offer_id = secrets.token_urlsafe(24), uuid7()
    sent = with_code and flow == CODE_SENT
    tx_code = f"{secrets.randbelow(10**TX_CODE_LENGTH):0{TX_CODE_LENGTH}d}" if sent else ""
    expires = work.now + LIFETIME
    await work.tx.execute(_END, subject.dossier_id, work.now)
    await work.tx.execute(
        _MINT,
        offer_id,
        subject.result_id,
        subject.dossier_id,
        subject.type,
        flow,
        subject.trace_id,
        digest(_code(platform, work.tenant, ref, flow)),
        tx_hash(work.vault, offer_id, tx_code) if sent else None,
        expires,
    )
    about = subject.result_id or subject.dossier_id
    work.emit("offer.minted", about, {"type": subject.type}, trace_id=subject.trace_id)
    uri = f"{issuer.url_of(platform, work.tenant)}/offers/{ref}"
    link = f"{issuer.wallet_url(platform)}?{urlencode({'credential_offer_uri': uri})}"
    document = _document(platform, work.tenant, ref, subject.type, flow, with_code=sent)
    return Offered(link, uri, document, tx_code, expires)


async def read(platform: Platform, tenant: Tenant, ref: str, now: datetime) -> dict[str, Any]:
    """Return the offer at an address; ``NotFound`` when there never was one, ``Gone`` after its end."""
    codes = [_code(platform, tenant, ref, flow) for flow in (CODE_SENT, SIGN_IN)]
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchrow(_OFFERED, [digest(code) for code in codes])
    if row is None:
        raise NotFound("Không có lời mời này.", "there is no such offer")
    if ended(row, now):
        raise Gone("Lời mời đã hết hiệu lực.", "the offer was used or has expired")
    return _document(platform, tenant, ref, row["type"], row["flow"], with_code=row["with_code"])


def _document(
    platform: Platform, tenant: Tenant, ref: str, type: str, flow: str, *, with_code: bool
) -> dict[str, Any]:
    url, code = issuer.url_of(platform, tenant), _code(platform, tenant, ref, flow)
    if flow == SIGN_IN:
        return metadata.sign_in_offer(url, [type], code)
    length = TX_CODE_LENGTH if with_code else None
    return metadata.credential_offer(url, [type], code, tx_code_length=length)


def deliverable(result: Record, now: datetime) -> bool:
    """Tell whether a result may become a credential: valid, and for an hour at least."""
    expires = result["expires_at"]
    return result["status"] == 0 and (expires is None or expires > now + timedelta(hours=1))


def ended(offer: Record, now: datetime) -> bool:
    """Tell whether an offer was used, locked or has run out."""
    used, tries = offer["used_at"] is not None, offer["tries"] >= TRIES
    return used or tries or offer["expires_at"] <= now


def _not_made() -> Conflict:
    return Conflict(
        "Kết quả này không có bản điện tử cho ví.", "This result is not made for a wallet."
    )


def _code(platform: Platform, tenant: Tenant, ref: str, flow: str) -> str:
    # Each way has a key of its own: what opens one door is nothing at the other.
    purpose = "credential-offer" if flow == CODE_SENT else "credential-offer:issuer-state"
    key = platform.vaults.key(purpose)
    return jose.b64u(hmac.digest(key, tenant.id.bytes + ref.encode(), "sha256"))


def tx_hash(vault: TenantVault, offer_id: UUID, tx_code: str) -> bytes:
    """Return what is stored in place of a transaction code."""
    # Six digits have too few values for a plain hash: this one needs the key outside the database.
    return vault.index(f"tx_code:{offer_id}:{tx_code}")
