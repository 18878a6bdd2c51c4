"""Whom a tenant believes: every province of the platform, and the issuers its administrator added."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.keys import store
from motcua.platform import Platform
from motcua.reach import is_loopback_name, is_public_name
from motcua.tenancy.db import Record, Tx
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, issuer, trust
from motcua.wallet.trust import Trust, TrustedIssuer

_ADD = """
insert into trusted_issuer (id, url, name, certificates, types, valid_from, valid_until, added_at, added_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (tenant_id, url) where revoked_at is null do nothing returning id
"""
_REVOKE = """
update trusted_issuer set revoked_at = $2, revoked_by = $3, revoked_reason = $4
where id = $1 and revoked_at is null returning url
"""
_ALL = "select * from trusted_issuer order by added_at"
_LIVE = "select * from trusted_issuer where revoked_at is null order by url"


@dataclass(frozen=True)
class Outside:
    """An issuer outside of the platform, as an administrator describes it.

    ``certificates`` are the anchors in PEM. ``types`` maps the names of our own papers, for which the
    issuer's shall count, to the issuer's ``vct``.
    """

    url: str
    name: str
    certificates: str
    types: Mapping[str, str]
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True)
class Published:
    """A signed trust list and the tag by which a reader asks whether it changed."""

    token: str
    etag: str
    made_at: datetime
    content: str


async def add(
    platform: Platform,
    work: Work,
    found: Outside,
    wrong: Mapping[str, str | tuple[str, str]] | None = None,
) -> UUID:
    """Believe an issuer from now on; returns the entry's id.

    ``Invalid`` names what is wrong, field by field, together with what was ``wrong`` already when it was read;
    ``Conflict`` when this address is on the list already.
    """
    _check(platform, found, wrong or {})
    entry_id: UUID | None = await work.tx.fetchval(
        _ADD,
        uuid7(),
        found.url,
        found.name.strip(),
        found.certificates,
        dict(found.types),
        found.valid_from,
        found.valid_until,
        work.now,
        str(work.actor),
    )
    if entry_id is None:
        raise Conflict(
            "Nơi cấp này đã có trong danh sách tin cậy. Hãy gỡ mục cũ trước.",
            "This issuer is on the trust list already. Revoke the old entry first.",
        )
    payload = {"issuer": found.url, "types": sorted(found.types)}
    work.emit("trust.added", entry_id, {**payload, "until": found.valid_until.isoformat()})
    return entry_id


async def revoke(work: Work, entry_id: UUID, reason: str) -> None:
    """Believe an issuer no longer, at once. ``NotFound`` when it is not believed."""
    if not reason.strip():
        raise Invalid(fields={"reason": ("Hãy ghi rõ lý do.", "Give the reason.")})
    url = await work.tx.fetchval(_REVOKE, entry_id, work.now, str(work.actor), reason.strip())
    if url is None:
        raise NotFound(
            "Không có nơi cấp này trong danh sách tin cậy.", "There is no such trusted issuer."
        )
    work.emit("trust.revoked", entry_id, {"issuer": url, "reason": reason.strip()})


async def entries(tx: Tx) -> list[dict[str, Any]]:
    """Return every entry there is or was, oldest first, as a program reads it."""
    return [_described(row) for row in await tx.fetch(_ALL)]


async def trust_of(platform: Platform, tx: Tx) -> Trust:
    """Return whom the tenant of a transaction believes now."""
    roots = tuple(issuer.roots(platform))
    inside = [
        TrustedIssuer(url, tenant.name, roots) for url, tenant in issuer.provinces(platform).items()
    ]
    outside = [_outside(row) for row in await tx.fetch(_LIVE)]
    return Trust.of([*outside, *inside], await store.revoked(tx))


async def published(platform: Platform, tenant: Tenant, now: datetime) -> Published:
    """Return the signed list as it is now; signed anew when it changed or half of its life is over."""
    kept: dict[UUID, Published] = platform.cache.setdefault("wallet.trust_lists", {})
    before = kept.get(tenant.id)
    async with platform.db.tenant(tenant) as tx:
        found = await trust_of(platform, tx)
        signer = await issuer.signer_of(tx, platform.vaults.of(tenant.id), now)
        content = repr((signer.kid, sorted(found.revoked), sorted(found.issuers.items())))
        if before and before.content == content and now - before.made_at < trust.LIFETIME / 2:
            return before
    source = issuer.url_of(platform, tenant)
    token = await signer.run(
        lambda: trust.make_list(found, source=source, key=signer.key, chain=signer.chain, now=now)
    )
    etag = f'"{hashlib.sha256(token.encode()).hexdigest()[:32]}"'
    kept[tenant.id] = Published(token, etag, now, content)
    return kept[tenant.id]


def _check(platform: Platform, found: Outside, unread: Mapping[str, str | tuple[str, str]]) -> None:
    wrong: dict[str, str | tuple[str, str]] = {}
    parts = _parts(found.url)
    if parts is None or parts.query or parts.fragment or "@" in parts.netloc:
        wrong["url"] = ("Địa chỉ phải bắt đầu bằng https://.", "The address must be https://.")
    elif not _is_public(platform, parts.hostname or ""):
        wrong["url"] = (
            "Hãy ghi tên miền công khai của nơi cấp, không ghi địa chỉ IP hay tên máy nội bộ.",
            "Give the issuer's public domain name, no IP address and no name of a machine inside.",
        )
    if found.url.endswith("/"):
        wrong["url"] = ("Địa chỉ không kết thúc bằng dấu /.", "The address has no / at its end.")
    if found.url in issuer.provinces(platform):
        wrong["url"] = ("Đơn vị này đã được tin cậy sẵn.", "This tenant is trusted anyway.")
    if not found.name.strip():
        wrong["name"] = ("Hãy ghi tên nơi cấp.", "Give the issuer's name.")
    if (said := _wrong_anchors(platform, found)) is not None:
        wrong["certificates"] = said
    if not found.types or not all(k and v for k, v in found.types.items()):
        wrong["types"] = ("Hãy chọn loại giấy tờ.", "Say for which papers it is believed.")
    if found.valid_from >= found.valid_until:
        wrong["valid_until"] = ("Thời hạn không hợp lệ.", "The validity ends before it begins.")
    wrong |= unread
    if wrong:
        raise Invalid(fields=wrong)


def _wrong_anchors(platform: Platform, found: Outside) -> tuple[str, str] | None:
    """Return what is wrong with the certificates."""
    if "PRIVATE KEY" in found.certificates:
        return (
            "Đây là khóa bí mật. Chỉ dán chứng thư; khóa này coi như đã lộ, hãy báo nơi cấp.",
            "This is a private key. Give the certificate only; tell the issuer that its key is known now.",
        )
    anchors = _anchors(found.certificates)
    if not anchors:
        return "Chứng thư không đọc được.", "The certificates cannot be read."
    if any(certificates.is_or_is_below(one, issuer.roots(platform)) for one in anchors):
        return (
            "Đây là chứng thư của chính hệ thống này. Hãy dán chứng thư gốc của nơi cấp bên ngoài.",
            "This is a certificate of this platform itself. Give the root certificate of the issuer outside.",
        )
    if all(one.not_valid_after_utc <= found.valid_from for one in anchors):
        return (
            "Chứng thư hết hạn trước khi được tin cậy.",
            "The certificates end before the issuer is believed.",
        )
    return None


def _parts(url: str) -> SplitResult | None:
    """Take an address apart; None unless it is https with a host (http only within this machine)."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    secure = parts.scheme == "https" or is_loopback_name(parts.hostname or "")
    return parts if secure and parts.hostname else None


def _is_public(platform: Platform, host: str) -> bool:
    """Tell whether a host may be asked for status lists: nobody points this server at machines behind it."""
    if is_loopback_name(host):
        return is_loopback_name(urlsplit(platform.settings.base_url).hostname or "")
    return is_public_name(host)


def _anchors(pem: str) -> list[Any]:
    try:
        return list(certificates.from_pem(pem.encode()))
    except ValueError:
        return []


def _outside(row: Record) -> TrustedIssuer:
    return TrustedIssuer(
        url=row["url"],
        name=row["name"],
        anchors=tuple(certificates.from_pem(row["certificates"].encode())),
        types=dict(row["types"]),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        outside=True,
    )


def _described(row: Record) -> dict[str, Any]:
    told = ("valid_from", "valid_until", "added_at", "revoked_at")
    return {
        "id": str(row["id"]),
        "issuer": row["url"],
        "name": row["name"],
        "types": dict(row["types"]),
        **{name: row[name].isoformat() if row[name] else None for name in told},
        "added_by": row["added_by"],
        "revoked_by": row["revoked_by"],
        "reason": row["revoked_reason"],
    }
