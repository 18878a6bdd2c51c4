"""Status lists: places for new credentials, and the signed list that says which of them hold no longer."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Tx
from motcua.tenancy.tenant import Tenant
from motcua.wallet import issuer, statuslist

SIZE = 1 << 17
BITS = 2
TTL = timedelta(minutes=5)
LIFETIME = timedelta(hours=1)
_SIGNED_AGAIN = timedelta(minutes=30)

_TAKE = """
update status_list set next_seq = next_seq + $1, open = next_seq + $1 < size
where id = (select id from status_list where open and next_seq + $1 <= size
            order by id limit 1 for update)
returning id, permutation_key, size, next_seq - $1 as first
"""
_OPEN = "insert into status_list (id, permutation_key, size) values ($1, $2, $3)"
_LIST = "select size from status_list where id = $1"
_CHANGED = "select list_index, status from credential where list_id = $1 and status <> 0"
_ONE = "select status from credential where list_id = $1 and list_index = $2"


@dataclass(frozen=True)
class Place:
    """One entry of a list."""

    list_id: UUID
    index: int


@dataclass(frozen=True)
class Published:
    """A signed list and the tag by which a reader asks whether it changed."""

    token: str
    etag: str
    made_at: datetime
    content: str


async def reserve(work: Work, count: int) -> Sequence[Place]:
    """Take places for ``count`` copies; opens a list when there is none or it is full.

    The row stays locked until the end of the work. Indices are a keyed permutation of the sequence: unique,
    and unpredictable without the key, which is sealed.
    """
    row = await work.tx.fetchrow(_TAKE, count)
    if row is None:
        sealed = work.vault.seal(secrets.token_hex(32))
        await work.tx.execute(_OPEN, uuid7(), sealed, SIZE)
        row = await work.tx.fetchrow(_TAKE, count)
    if row is None:
        raise LookupError("a new status list has no room")
    key = bytes.fromhex(work.vault.open(row["permutation_key"]))
    numbers = range(row["first"], row["first"] + count)
    return [Place(row["id"], statuslist.index_of(n, key, row["size"])) for n in numbers]


async def published(platform: Platform, tenant: Tenant, list_id: UUID, now: datetime) -> Published:
    """Return the signed list as it is now; ``NotFound`` for an unknown list.

    The signature is made again only when something changed, or half of its life is over.
    """
    kept: dict[tuple[UUID, UUID], Published] = platform.cache.setdefault("wallet.lists", {})
    before = kept.get((tenant.id, list_id))
    async with platform.db.tenant(tenant) as tx:
        size = await tx.fetchval(_LIST, list_id)
        if size is None:
            raise NotFound("Không có danh sách này.", "there is no such status list")
        rows = await tx.fetch(_CHANGED, list_id)
        content = repr(sorted((r["list_index"], r["status"]) for r in rows))
        if before and before.content == content and now - before.made_at < _SIGNED_AGAIN:
            return before
        signer = await issuer.signer_of(tx, platform.vaults.of(tenant.id), now)
    token = statuslist.make_token(
        statuslist.build({r["list_index"]: r["status"] for r in rows}, size=size, bits=BITS),
        bits=BITS,
        uri=issuer.status_uri(issuer.url_of(platform, tenant), list_id),
        key=signer.key,
        kid=signer.kid,
        x5c=signer.x5c,
        iat=now,
        lifetime=LIFETIME,
        ttl=TTL,
    )
    etag = f'"{hashlib.sha256(token.encode()).hexdigest()[:32]}"'
    if len(kept) > 1000:
        kept.clear()
    kept[tenant.id, list_id] = Published(token, etag, now, content)
    return kept[tenant.id, list_id]


async def status_at(tx: Tx, place: Place) -> int | None:
    """Return the status of this tenant's credential at a place; None when none was issued there."""
    found: int | None = await tx.fetchval(_ONE, place.list_id, place.index)
    return found
