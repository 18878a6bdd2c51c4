"""The halls of the demo that are never empty: the last minutes at once, and nobody at the halls it names."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import httpx2
import pytest

from motcua.clock import now
from motcua.dossiers.codes import local_day
from motcua.platform import Platform
from motcua.queues.hours import midnight
from motcua.simulation import alive
from motcua.simulation.driving import HallDay
from motcua.simulation.wire import Inside
from motcua.tenancy.tenant import Tenant
from motcua.web.gate import Gate
from motcua.web.simulated import simulated

pytestmark = pytest.mark.anyio

_WHERE = """
select s.key, count(*) as n from ticket t join site s on s.tenant_id = t.tenant_id and s.id = t.site_id
where t.day = (select max(day) from ticket where site_id = $1) group by s.key
"""
_SEATS = "select count(*) from counter where site_id = $1 and staff_id is not null"


async def _past(platform: Platform, province: Tenant, app: Gate) -> list[HallDay]:
    # A moment at which the day has a past, whenever the tests run.
    moment = midnight(local_day(now())) + timedelta(hours=10)
    transport = httpx2.ASGITransport(app=cast(Any, simulated(app, "stamps")))
    base = f"http://{province.host}"
    async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
        found = await alive.halls_now(platform, province, lambda: Inside(client), moment)
        # They are paced together: none may wait for another for good.
        async with asyncio.timeout(120):
            await asyncio.gather(*(hall.play(moment) for hall in found))
    return found


async def test_the_halls_that_are_not_named_have_a_past_at_once(
    platform: Platform, province: Tenant, app: Gate
) -> None:
    found = await _past(platform, province, app)

    assert [hall.hall.key for hall in found] == ["z-khac", "z-nua"]
    for hall in found:
        assert hall.log.counts["numbers"] >= 3
        assert hall.log.counts["calls"] >= 3
        assert hall.log.refused == {}
    async with platform.db.tenant(province) as tx:
        where = {row["key"] for row in await tx.fetch(_WHERE, found[0].hall.id)}
    assert where == {"z-khac", "z-nua"}


async def test_who_was_left_by_a_demo_that_was_stopped_is_gone(
    platform: Platform, province: Tenant, app: Gate
) -> None:
    await _past(platform, province, app)

    again = await _past(platform, province, app)

    for hall in again:
        assert hall.log.refused == {}
        async with platform.db.tenant(province) as tx:
            assert await tx.fetchval(_SEATS, hall.hall.id) > 0
