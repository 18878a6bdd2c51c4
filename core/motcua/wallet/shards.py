"""Places in status lists for new copies: three open lists per tenant, and unpredictable indices in each.

A process takes a small block of places of each open list in a transaction of its own and hands them out from
memory: issuing waits for no row that another process holds. A killed process loses what was left of its blocks,
which nobody misses; no place is handed out twice, because a block is taken before its places are known. Where
a place lies in the list is a keyed permutation of its number (``statuslist.index_of``).
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from motcua import clock
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import statuslist

SIZE = 1 << 20
SHARDS = 3
"""How many lists are open at a time: copies of one batch do not all point to the same one."""

BLOCK = 64
_DRAW = secrets.SystemRandom()

# One at a time per tenant, so that two processes do not open more lists than there should be.
_ALONE = "select pg_advisory_xact_lock(hashtextextended('status_list ' || $1::text, 0))"
_COUNT = "select count(*) from status_list where open"
_TAKE = """
with open as (
  select id, next_seq as first from status_list where open order by id limit $2 for update)
update status_list s set next_seq = least(s.next_seq + $1, s.size), open = s.next_seq + $1 < s.size
from open where s.id = open.id
returning s.id, s.permutation_key, s.size, open.first, s.next_seq as next
"""
_OPEN = "insert into status_list (id, permutation_key, size, opened_at) values ($1, $2, $3, $4)"


@dataclass(frozen=True)
class Place:
    """One entry of a list."""

    list_id: UUID
    index: int


@dataclass
class _Stock:
    """What this process has left of a tenant's lists, in the order in which it is handed out."""

    places: list[Place] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@asynccontextmanager
async def lent(platform: Platform, tenant: Tenant, count: int) -> AsyncIterator[list[Place]]:
    """Lend ``count`` places, spread over the open lists; who uses some takes them out of the list.

    What is left in it comes back. To be called outside of any transaction: it may need one of its own.
    """
    stocks: dict[UUID, _Stock] = platform.cache.setdefault("wallet.places", {})
    stock = stocks.setdefault(tenant.id, _Stock())
    async with stock.lock:
        while len(stock.places) < count:
            stock.places += await _fetch(platform, tenant)
        hand = [stock.places.pop() for _ in range(count)]
    try:
        yield hand
    finally:
        stock.places += hand


async def _fetch(platform: Platform, tenant: Tenant) -> list[Place]:
    """Take a block of each open list, after opening new ones for those that are full; returns it shuffled."""
    vault, found = platform.vaults.of(tenant.id), list[Place]()
    async with platform.db.tenant(tenant) as tx:
        await tx.execute(_ALONE, str(tenant.id))
        for _ in range(SHARDS - await tx.fetchval(_COUNT)):
            sealed = vault.seal(secrets.token_hex(32))
            await tx.execute(_OPEN, uuid7(), sealed, SIZE, clock.now())
        for row in await tx.fetch(_TAKE, BLOCK, SHARDS):
            key = bytes.fromhex(vault.open(row["permutation_key"]))
            numbers = range(row["first"], row["next"])
            found += [Place(row["id"], statuslist.index_of(n, key, row["size"])) for n in numbers]
    _DRAW.shuffle(found)
    return found
