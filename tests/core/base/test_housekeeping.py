"""What grows for no reason is cleared away, and nothing else."""

import pytest

from motcua.events.log import SYSTEM
from motcua.housekeeping import tidy
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.web import sessions
from tests.conftest import NewTenant

pytestmark = pytest.mark.anyio


async def test_an_ended_session_is_cleared_away_and_a_live_one_is_not(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    async with platform.works.begin(tenant, SYSTEM) as work:
        await sessions.start(work, "citizen", uuid7(), "Người đã đi")
        await work.tx.execute("update web_session set expires_at = now() - interval '2 days'")
        await sessions.start(work, "citizen", uuid7(), "Người còn đây")
    assert (await tidy(platform, tenant))["sessions"] == 1
    async with platform.db.tenant(tenant) as tx:
        assert await tx.fetchval("select count(*) from web_session") == 1
