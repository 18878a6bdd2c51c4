"""``kill -9`` of the issuer amid 200 parallel issuances (``MOTCUA_WALLETS``, ``MOTCUA_KILLS``)."""

import asyncio
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from motcua.app import open_platform
from motcua.demo import cluster as clusters
from motcua.plugins.manager import Plugins
from tests.chaos import wallets
from tests.chaos.house import House

pytestmark = pytest.mark.anyio
WALLETS = int(os.environ.get("MOTCUA_WALLETS", "200"))
KILLS = min(int(os.environ.get("MOTCUA_KILLS", "12")), 40)
_PARTS = ("web", "web", "web", "worker-1", "postgres")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="mcwallets-") as folder:
        made = House(Path(folder))
        made.start_servers()
        yield made
        made.stop()


async def test_no_code_twice_no_index_twice_no_notification_lost(
    house: House, plugins: Plugins
) -> None:
    await clusters.prepare(house.cluster, plugins, lambda _: None)
    async with open_platform(house.cluster.settings, plugins) as platform:
        await platform.directory.refresh(force=True)
        tenant = platform.directory.by_slug("quang-ninh")
        assert tenant is not None
        made = await wallets.offers(platform, tenant, WALLETS)
        house.start_program()
        told = wallets.Told()
        wallet = wallets.Wallet(platform, tenant, house.port, told)
        killer = asyncio.create_task(_kill(house))
        try:
            await asyncio.gather(*(wallet.fetch(offer) for offer in made))
        finally:
            killer.cancel()
            await wallet.close()
    async with open_platform(house.cluster.settings, plugins) as platform:
        await platform.directory.refresh(force=True)
        await wallets.check(platform, tenant, made, told)
    print(f"\nkilled {house.kills}; {len(told.papers)} fetched, {len(told.lost)} answers lost")


async def _kill(house: House) -> None:
    draw = random.Random(20261122)
    for _ in range(KILLS):
        await asyncio.sleep(0.3 + draw.random())
        await asyncio.to_thread(house.kill, draw.choice(_PARTS))
        await asyncio.to_thread(house.revive)
    while True:
        await asyncio.sleep(0.2)
        await asyncio.to_thread(house.revive)
