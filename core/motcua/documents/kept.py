"""Which file stands for a signed document today: the one that was issued, or the longer one that lasts."""

from motcua.tenancy.db import Record, Tx

_NEWEST = "select lasting_sha256 from sealed_document where sha256 = $1"
_KNOWN = "select * from sealed_document where sha256 = $1 or lasting_sha256 = $1"


async def newest(tx: Tx, sha256: str) -> str:
    """Return the hash of the file to hand out for a document that was issued with this hash."""
    return await tx.fetchval(_NEWEST, sha256) or sha256


async def known(tx: Tx, sha256: str) -> Record | None:
    """Return the row of a document by the hash of either file; None as long as there is only the first."""
    return await tx.fetchrow(_KNOWN, sha256)
