"""The issuer's process is killed amid issuances; ``make chaos`` does the same with two hundred and more deaths."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from motcua.app import open_platform
from motcua.demo.cluster import Cluster
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from tests.chaos import wallets
from tests.core.wallet.live_server import Server

pytestmark = pytest.mark.anyio
WALLETS = 24


@pytest.fixture
async def server(prepared: Cluster, tmp_path: Path) -> AsyncIterator[Server]:
    made = Server(prepared.settings, tmp_path / "serve.log")
    await asyncio.to_thread(made.start)
    yield made
    await asyncio.to_thread(made.stop)


async def test_a_killed_issuer_uses_no_code_and_no_index_twice_and_loses_no_notification(
    server: Server, prepared: Cluster, plugins: Plugins, quang_ninh: Tenant
) -> None:
    settings = replace(prepared.settings, base_url=server.base)
    told = wallets.Told()
    async with open_platform(settings, plugins) as platform:
        await platform.directory.refresh(force=True)
        made = await wallets.offers(platform, quang_ninh, WALLETS)
        wallet = wallets.Wallet(platform, quang_ninh, server.port, told)
        fetching = [asyncio.create_task(wallet.fetch(offer)) for offer in made]
        # The death falls between the first copies and the last ones, however fast the machine is.
        while not told.papers and not all(task.done() for task in fetching):
            await asyncio.sleep(0)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        await asyncio.gather(*fetching)
        await wallet.close()
        await wallets.check(platform, quang_ninh, made, told)
