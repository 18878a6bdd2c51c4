"""What an operator or a program does with the wallet of a tenant: offer, ask, withdraw, look; one event each."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from motcua.errors import Invalid, NotFound
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import asking, deferring, delivery, offering, samples
from motcua.wallet.asking import Wish
from motcua.wallet.statuslist import REVOKED, SUSPENDED, VALID

Change = Literal["revoke", "suspend", "restore"]
_STANDING = {VALID: "valid", REVOKED: "revoked", SUSPENDED: "suspended"}
_HOLDER = "select holder_id from issued_result where id = $1"
_SUBJECT = "select subject_id from dossier where id = $1"
_STATUS = """
select r.id, r.number, r.type, r.status, r.issued_at, r.expires_at,
  (select count(*) from credential c where c.tenant_id = r.tenant_id and c.result_id = r.id) as copies,
  (select count(*) from credential c where c.tenant_id = r.tenant_id and c.result_id = r.id
     and c.notified = 'credential_accepted') as accepted,
  o.number as replaces, n.number as replaced_by
from issued_result r
left join issued_result o on o.tenant_id = r.tenant_id and o.id = r.replaces
left join issued_result n on n.tenant_id = r.tenant_id and n.replaces = r.id
where r.id = $1
"""
_HISTORY = """
select at, type, actor, payload from event
where subject = $1 and type = any($2) order by id
"""
_TOLD = (
    "offer.minted", "offer.used", "offer.locked", "credential.issued", "result.revoked",
    "result.suspended", "result.restored", "result.withdrawn", "result.replaced",
)  # fmt: skip


@dataclass(frozen=True)
class OfferWish:
    """What is offered: a result, a dossier whose result is awaited, or a sample of a kind; one of them.

    ``deferred`` lets a sample come a minute later. ``sign_in`` makes an offer that its holder redeems by signing in;
    ``holder`` is then the number of whom a sample is for. ``tx_code`` asks for a code sent another way. ``by_value``
    puts the offer itself into the link, for a wallet that cannot fetch; ``haip`` writes HAIP's own scheme before it.
    """

    result: UUID | None = None
    dossier: UUID | None = None
    sample: str = ""
    tx_code: bool = False
    deferred: bool = False
    sign_in: bool = False
    holder: str = ""
    by_value: bool = False
    haip: bool = False


async def offer(
    platform: Platform, tenant: Tenant, actor: Actor, wish: OfferWish
) -> dict[str, Any]:
    """Make an offer for its holder's wallet; returns the link and, apart from it, the transaction code.

    ``NotFound`` for an unknown result, dossier or kind; ``Conflict`` when it is not made for a wallet, is no longer
    valid or, a sample, not on this machine; ``Invalid`` when the wish names nothing, or what does not go together.
    """
    _check(wish)
    about: tuple[UUID | None, UUID | None] = (wish.result, wish.dossier)
    if wish.sample:
        later = timedelta(seconds=deferring.INTERVAL) if wish.deferred else None
        made = await samples.make(
            platform, tenant, wish.sample, actor=actor, later=later, pid=wish.holder
        )
        about = (None, made.dossier) if wish.deferred else (made.result, None)
    flow = offering.SIGN_IN if wish.sign_in else offering.CODE_SENT
    async with platform.works.begin(tenant, actor) as work:
        offered = await _mint(platform, work, *about, flow=flow, with_code=wish.tx_code)
    return {
        "offer": _link(offered, wish),
        "page": offered.link,
        "result": str(about[0]) if about[0] else None,
        "dossier": str(about[1]) if about[1] else None,
        "tx_code": offered.tx_code or None,
        "expires_at": offered.expires_at.isoformat(),
    }


def _link(offered: offering.Offered, wish: OfferWish) -> str:
    """Return the link for any wallet (OpenID4VCI section 4.1; the other scheme: HAIP 1.0 section 4.2)."""
    scheme = "haip-vci" if wish.haip else "openid-credential-offer"
    if wish.by_value:
        text = msgspec.json.encode(offered.document).decode()
        return f"{scheme}://?{urlencode({'credential_offer': text})}"
    return f"{scheme}://?{urlencode({'credential_offer_uri': offered.offer_uri})}"


def _check(wish: OfferWish) -> None:
    wrong: dict[str, tuple[str, str]] = {}
    if sum(map(bool, (wish.result, wish.dossier, wish.sample))) != 1:
        wrong["result"] = (
            "Chọn một trong: kết quả, hồ sơ, loại mẫu.",
            "Name a result, a dossier or a sample, one of them.",
        )
    if wish.deferred and wish.result:
        wrong["deferred"] = (
            "Kết quả đã có thì không phải chờ: hãy nêu hồ sơ.",
            "A result that is there is not waited for: name its dossier.",
        )
    if wish.sign_in and wish.tx_code:
        wrong["tx_code"] = (
            "Đăng nhập thì không cần mã giao dịch.",
            "Who signs in needs no transaction code.",
        )
    if wish.holder and not wish.sample:
        wrong["holder"] = ("Chỉ dùng cho loại mẫu.", "For samples only.")
    if wrong:
        raise Invalid(fields=wrong)


async def _mint(
    platform: Platform,
    work: Work,
    result_id: UUID | None,
    dossier_id: UUID | None,
    *,
    flow: str,
    with_code: bool,
) -> offering.Offered:
    if result_id is not None:
        holder = await work.tx.fetchval(_HOLDER, result_id)
        if holder is None:
            raise _no_result()
        return await offering.mint(
            platform, work, result_id=result_id, subject_id=holder, flow=flow, with_code=with_code
        )
    subject = await work.tx.fetchval(_SUBJECT, dossier_id)
    if dossier_id is None or subject is None:
        raise NotFound("Không tìm thấy hồ sơ đang chờ.", "There is no such open dossier.")
    return await offering.mint_ahead(
        platform, work, dossier_id=dossier_id, subject_id=subject, flow=flow, with_code=with_code
    )


async def request(
    platform: Platform, tenant: Tenant, actor: Actor, wish: Wish, *, hosted: bool = False
) -> dict[str, Any]:
    """Ask for claims; returns the link for a wallet and where the answer is read (or its page)."""
    kinds = await asking.kinds_with(platform, wish.options)
    async with platform.works.begin(tenant, actor) as work:
        asked = await asking.ask(platform, work, wish, kinds, hosted=hosted)
    where = {"page": asked.page} if hosted else {"result_url": asked.result_url}
    told = {"id": str(asked.id), "request": asked.request, **where}
    return {**told, "expires_at": asked.expires_at.isoformat()}


async def change(work: Work, result_id: UUID, what: Change, reason: str) -> dict[str, Any]:
    """Revoke, suspend or restore a result with all its copies; ``Conflict`` when its status forbids it."""
    act = {"revoke": delivery.revoke, "suspend": delivery.suspend, "restore": delivery.restore}[
        what
    ]
    copies = await act(work, result_id, reason)
    return {"result": str(result_id), "done": what, "copies": copies}


async def status(work: Work, result_id: UUID) -> dict[str, Any]:
    """Return how a result stands, how many copies wallets hold, and what was done with it by whom."""
    row = await work.tx.fetchrow(_STATUS, result_id)
    if row is None:
        raise _no_result()
    work.emit("result.looked_at", result_id)
    history = await work.tx.fetch(_HISTORY, result_id, list(_TOLD))
    ended = row["expires_at"] is not None and row["expires_at"] <= work.now
    return {
        "result": str(row["id"]),
        "number": row["number"],
        "type": row["type"],
        "status": "expired" if ended and row["status"] == VALID else _STANDING[row["status"]],
        "issued_at": row["issued_at"].isoformat(),
        "expires_at": row["expires_at"].isoformat() if row["expires_at"] else None,
        "copies": row["copies"],
        "accepted": row["accepted"],
        "replaces": row["replaces"],
        "replaced_by": row["replaced_by"],
        "history": [
            {"at": e["at"].isoformat(), "event": e["type"], "by": e["actor"], **e["payload"]}
            for e in history
        ],
    }


def _no_result() -> NotFound:
    return NotFound("Không tìm thấy kết quả.", "There is no such result.")
