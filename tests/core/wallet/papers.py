"""Papers in wallets for the tests of what presentations are used for."""

import json
from typing import Any

from motcua.events.log import SYSTEM
from motcua.tenancy.tenant import Tenant
from motcua.wallet.holder import HolderWallet
from tests.core.wallet.archive import Archive, Ready

_CLAIMS = "update issued_result set claims_sealed = $2 where id = $1"


async def identity(
    archive: Archive, tenant: Tenant, pid: str, name: str, **more: Any
) -> tuple[Ready, HolderWallet]:
    """Give somebody with this number an identity paper in a wallet."""
    claims = {"full_name": name, "personal_id": pid, "birth_date": "1964-01-04", "sex": "male"}
    address = {"address": "Số 81, tổ 9, Hồng Gai"}
    return await paper(archive, tenant, "identity-paper", {**claims, **address, **more})


async def paper(
    archive: Archive, tenant: Tenant, kind: str, claims: dict[str, Any]
) -> tuple[Ready, HolderWallet]:
    """Put a paper of a kind, with these claims, into a new wallet."""
    ready = await archive.result(tenant, type=kind, claims=claims)
    return ready, await archive.received(ready)


async def change(archive: Archive, ready: Ready, claims: dict[str, Any]) -> None:
    """Let a result say something else: before it is fetched."""
    async with archive.platform.works.begin(ready.tenant, SYSTEM) as work:
        await work.tx.execute(_CLAIMS, ready.id, work.vault.seal(json.dumps(claims)))
