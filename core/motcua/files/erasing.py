"""Erasing contents that no record names any more, without losing one that is just being uploaded again.

Contents are shared: two people who scan the same paper, or a result that its holder hands in, are one file.
Whoever notes a content holds it until his transaction ends (``HOLD``, shared); whoever erases it waits for
that, looks again, and removes the file before the next one may note it.
"""

from collections.abc import Iterable

from anyio import to_thread

from motcua.files.store import TenantFiles
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant

HOLD = "select pg_advisory_xact_lock_shared(hashtextextended($1, 0))"
_SEIZE = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
# Every table that names a content stands here.
_NAMED = """
select 1 from stored_file where sha256 = $1
union all select 1 from component where sha256 = $1
union all select 1 from issued_result where pdf_sha256 = $1
limit 1
"""


async def erase(db: Database, tenant: Tenant, files: TenantFiles, hashes: Iterable[str]) -> int:
    """Erase those of the contents that nothing names; returns how many. Call it after the commit."""
    erased = 0
    for sha256 in sorted(hashes):
        async with db.tenant(tenant) as tx:  # one each: nobody waits for two locks
            await tx.execute(_SEIZE, sha256)
            if await tx.fetchval(_NAMED, sha256) is None:
                await to_thread.run_sync(files.remove, sha256)
                erased += 1
    return erased
