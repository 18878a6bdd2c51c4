"""What is kept about signed documents: which file stands for one today, and which hosts stand on papers."""

from motcua.ids import uuid7
from motcua.tenancy.db import Record, TenantTx, Tx

_NEWEST = "select lasting_sha256 from sealed_document where sha256 = $1"
_PRINTED = """
insert into paper_host (id, host, since) values ($1, $2, now()) on conflict (tenant_id, host) do nothing
"""
_HOSTS = "select host from paper_host order by since, host"
_KNOWN = "select * from sealed_document where sha256 = $1 or lasting_sha256 = $1"


async def newest(tx: Tx, sha256: str) -> str:
    """Return the hash of the file to hand out for a document that was issued with this hash."""
    return await tx.fetchval(_NEWEST, sha256) or sha256


async def known(tx: Tx, sha256: str) -> Record | None:
    """Return the row of a document by the hash of either file; None as long as there is only the first."""
    return await tx.fetchrow(_KNOWN, sha256)


async def printed(tx: TenantTx, host: str) -> None:
    """Remember that papers are printed under a host (``example.vn``, ``localhost:8000``): they outlive its name."""
    await tx.execute(_PRINTED, uuid7(), host.lower())


async def hosts(tx: Tx) -> list[str]:
    """Return every host under which the tenant's papers were printed, the oldest first."""
    return [row["host"] for row in await tx.fetch(_HOSTS)]
