"""What the issuer may forget is forgotten, and nothing that somebody still needs."""

import pytest

from motcua.tenancy.tenant import Tenant
from motcua.wallet import upkeep
from tests.core.wallet.archive import Archive
from tests.core.wallet.keyed import Keyed, error_of

pytestmark = pytest.mark.anyio
_TABLES = ("credential_token", "credential_refresh", "credential_grant", "dpop_proof")
_AGE = {
    "credential_token": "expires_at",
    "credential_refresh": "expires_at",
    "credential_grant": "created_at",
    "dpop_proof": "expires_at",
}


async def _tidy(archive: Archive, tenant: Tenant) -> None:
    async with archive.platform.db.tenant(tenant) as tx:
        for statement in upkeep.STATEMENTS.values():
            await tx.execute(statement)


async def test_what_is_in_use_stays(archive: Archive, thai_nguyen: Tenant) -> None:
    keyed = Keyed(archive, thai_nguyen)
    given = (await keyed.code(await archive.mint(await archive.result(thai_nguyen)))).json()
    await _tidy(archive, thai_nguyen)
    assert (await keyed.refresh(given["refresh_token"])).status_code == 200


async def test_what_nobody_can_use_any_more_goes(archive: Archive, thai_nguyen: Tenant) -> None:
    keyed = Keyed(archive, thai_nguyen)
    given = (await keyed.code(await archive.mint(await archive.result(thai_nguyen)))).json()
    async with archive.platform.db.tenant(thai_nguyen) as tx:
        for table in _TABLES:
            column = _AGE[table]
            await tx.execute(f"update {table} set {column} = now() - interval '100 days'")  # noqa: S608
        await tx.execute("delete from credential_token")
    await _tidy(archive, thai_nguyen)
    for table in _TABLES:
        count = f"select count(*) from {table}"  # noqa: S608
        assert await archive.one(thai_nguyen, count) == 0, table
    assert error_of(await keyed.refresh(given["refresh_token"])) == (400, "invalid_grant")
