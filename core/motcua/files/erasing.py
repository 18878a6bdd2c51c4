"""Erasing contents that no record names any more, without losing one that is just being uploaded again.

Contents are shared: two people who scan the same paper, or a result that its holder hands in, are one file.
Whoever notes a content holds it until his transaction ends (``HOLD``, shared); whoever erases it waits for
that, looks again, and removes the file before the next one may note it.
"""

from collections.abc import Iterable
from datetime import datetime

from anyio import to_thread

from motcua.files.store import TenantFiles
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant

HOLD = "select pg_advisory_xact_lock_shared(hashtextextended($1, 0))"
_SEIZE = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
#: Every table that names a content, with its column; a test looks for those that are missing here.
NAMED_BY = (
    ("stored_file", "sha256"),
    ("component", "sha256"),
    ("issued_result", "pdf_sha256"),
    ("clock_extension", "pdf_sha256"),
    ("sealed_document", "lasting_sha256"),
    ("sealed_document", "sha256"),
    ("result_withdrawal", "pdf_sha256"),
)
_NOWHERE = " and ".join(
    f"not exists (select 1 from {table} where {column} = h)"  # noqa: S608 -- our own names
    for table, column in NAMED_BY
)
_UNNAMED = f"select h from unnest($1::text[]) h where {_NOWHERE}"  # noqa: S608 -- the same
_AT_ONCE = 1000


async def erase(db: Database, tenant: Tenant, files: TenantFiles, hashes: Iterable[str]) -> int:
    """Erase those of the contents that nothing names; returns how many. Call it after the commit."""
    erased = 0
    for sha256 in sorted(hashes):
        async with db.tenant(tenant) as tx:  # one each: nobody waits for two locks
            await tx.execute(_SEIZE, sha256)
            if await tx.fetchval(_UNNAMED, [sha256]) is not None:
                await to_thread.run_sync(files.remove, sha256)
                erased += 1
    return erased


async def sweep(
    db: Database, tenant: Tenant, files: TenantFiles, before: datetime, shards: Iterable[int]
) -> int:
    """Erase contents that nothing names and that were written before a moment; returns how many.

    A process that was killed between storing a content and naming it leaves one. ``shards`` are the first
    bytes of the hashes looked at, so that a large store is swept a part at a time.
    """
    erased = 0
    for shard in shards:
        found = await to_thread.run_sync(files.untouched_since, before, shard)
        for start in range(0, len(found), _AT_ONCE):
            async with db.tenant(tenant) as tx:
                rows = await tx.fetch(_UNNAMED, found[start : start + _AT_ONCE])
            # Each is looked at again under its lock: it may have been uploaded anew meanwhile.
            erased += await erase(db, tenant, files, {row["h"] for row in rows})
    return erased
