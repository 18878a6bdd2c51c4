"""The signed list that says which credentials hold no longer: now, and as it was at a moment of the past."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from motcua.errors import NotFound
from motcua.keys.signing import Signer
from motcua.platform import Platform
from motcua.tenancy.db import Record, Tx
from motcua.tenancy.tenant import Tenant
from motcua.wallet import issuer, statuslist
from motcua.wallet.shards import Place

BITS = 2
TTL = timedelta(minutes=5)
LIFETIME = timedelta(hours=1)
KEPT = timedelta(days=366)
"""How far back a list can be asked for as it was."""

_SIGNED_AGAIN = timedelta(minutes=30)
_LISTS_KEPT = 1000

# How many are withdrawn and which: other numbers, another version. Read from the index alone.
_LIST = """
select l.size, l.opened_at, c.many, c.mixed from status_list l cross join lateral (
  select count(*) as many,
    coalesce(bit_xor(hashint8extended(list_index::bigint * 4 + status, 0)), 0) as mixed
  from credential where list_id = $1 and status <> 0) c
where l.id = $1
"""
_CHANGED = "select list_index, status from credential where list_id = $1 and status <> 0"
_THEN = """
select c.list_index, min(h.status) as status from (
  (select distinct on (result_id) result_id, status, signing_kid from status_change
   where at <= $2 and signing_kid is null order by result_id, at desc, id desc)
  union all
  select result_id, status, signing_kid from status_change
  where at <= $2 and signing_kid is not null) h
join credential c on c.result_id = h.result_id
  and (h.signing_kid is null or h.signing_kid = c.signing_kid)
where c.list_id = $1 and c.issued_at <= $2 and h.status <> 0 group by c.list_index
"""
_ONE = "select status from credential where list_id = $1 and list_index = $2"


@dataclass(frozen=True)
class Published:
    """A signed list and the tag by which a reader asks whether it changed."""

    token: str
    etag: str
    made_at: datetime
    version: tuple[int, int, str]


async def published(platform: Platform, tenant: Tenant, list_id: UUID, now: datetime) -> Published:
    """Return the signed list as it is now; ``NotFound`` for an unknown list.

    The signature is made again at once when something changed, else when half of its life is over.
    """
    kept: dict[tuple[UUID, UUID], Published] = platform.cache.setdefault("wallet.lists", {})
    before = kept.get((tenant.id, list_id))
    async with platform.db.tenant(tenant) as tx:
        row = await _list(tx, list_id)
        signer = await issuer.signer_of(tx, platform.vaults.of(tenant.id), now)
        version = (row["many"], row["mixed"], signer.kid)
        if before and before.version == version and now - before.made_at < _SIGNED_AGAIN:
            return before
        changed = {r["list_index"]: r["status"] for r in await tx.fetch(_CHANGED, list_id)}
    content = (row["size"], changed, now, TTL)
    token = await signer.run(lambda: _signed(platform, tenant, list_id, signer, content))
    if len(kept) >= _LISTS_KEPT:
        kept.clear()
    kept[tenant.id, list_id] = Published(token, _etag(token), now, version)
    return kept[tenant.id, list_id]


async def published_at(
    platform: Platform, tenant: Tenant, list_id: UUID, then: int, now: datetime
) -> Published:
    """Return the list as it was at ``then``, in seconds since 1970 (Token Status List section 8.4).

    It is signed today, with the moment asked for inside of its ``iat`` and ``exp``. ``NotFound`` for an unknown
    list, for a moment before the list was opened, longer ago than ``KEPT``, or to come.
    """
    async with platform.db.tenant(tenant) as tx:
        row = await _list(tx, list_id)
        if not max(row["opened_at"], now - KEPT).timestamp() - 1 < then <= now.timestamp():
            raise NotFound("Không lưu danh sách ở thời điểm này.", "no list is kept of that time")
        # Whatever happened within that second had happened.
        at = datetime.fromtimestamp(then, UTC)
        until = at + timedelta(microseconds=999_999)
        changed = {r["list_index"]: r["status"] for r in await tx.fetch(_THEN, list_id, until)}
        signer = await issuer.signer_of(tx, platform.vaults.of(tenant.id), now)
    content = (row["size"], changed, at, None)
    token = await signer.run(lambda: _signed(platform, tenant, list_id, signer, content))
    return Published(
        token, _etag(f"{list_id} {then} {sorted(changed.items())}"), at, (0, 0, signer.kid)
    )


async def status_at(tx: Tx, place: Place) -> int | None:
    """Return the status of this tenant's credential at a place; None when none was issued there."""
    found: int | None = await tx.fetchval(_ONE, place.list_id, place.index)
    return found


async def _list(tx: Tx, list_id: UUID) -> Record:
    row = await tx.fetchrow(_LIST, list_id)
    if row is None:
        raise NotFound("Không có danh sách này.", "there is no such status list")
    return row


def _signed(
    platform: Platform,
    tenant: Tenant,
    list_id: UUID,
    signer: Signer,
    content: tuple[int, Mapping[int, int], datetime, timedelta | None],
) -> str:
    size, changed, iat, ttl = content
    return statuslist.make_token(
        statuslist.build(changed, size=size, bits=BITS),
        bits=BITS,
        uri=issuer.status_uri(issuer.url_of(platform, tenant), list_id),
        key=signer.key,
        kid=signer.kid,
        x5c=signer.x5c,
        iat=iat,
        lifetime=LIFETIME,
        ttl=ttl,
    )


def _etag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
