"""The browser wallet's modules against the house itself, over HTTP, under the profile that demands encryption."""

import base64
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from motcua.app import open_platform
from motcua.demo.cluster import Cluster
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, issuer, operating
from motcua.wallet.operating import OfferWish
from tests.core.wallet.archive import KIND
from tests.core.wallet.browser import NODE, needs_node, runner
from tests.core.wallet.keyed import CLIENT
from tests.core.wallet.live_server import Server
from tests.core.wallet.test_attestation import Provider

pytestmark = [pytest.mark.anyio, needs_node]
DRIVER = Path(__file__).with_name("strict_driver.mjs")
SEALED = "application/jwt"

Take = Callable[..., Any]


@pytest.fixture(scope="module")
async def provider(owner: Database, quang_ninh: Tenant) -> AsyncIterator[Provider]:
    """Put Quảng Ninh under the strict profile before its server starts."""
    vouches = Provider.make(datetime.now(UTC))
    pem = certificates.to_pem(vouches.root.certificate).decode()
    before = dict(quang_ninh.settings)
    for settings in ({**before, "wallet": {"profile": "haip", "attesters": [pem]}}, before):
        async with owner.platform() as tx:
            await tx.execute(
                "update tenant set settings = $2 where id = $1", quang_ninh.id, settings
            )
        if settings is not before:
            yield vouches


@pytest.fixture(scope="module")
async def house(
    provider: Provider,
    prepared: Cluster,
    plugins: Plugins,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Platform]:
    server = Server(prepared.settings, tmp_path_factory.mktemp("strict") / "serve.log")
    await anyio.to_thread.run_sync(server.start)
    async with open_platform(replace(prepared.settings, base_url=server.base), plugins) as opened:
        await opened.directory.refresh(force=True)
        yield opened
    await anyio.to_thread.run_sync(server.stop)


@pytest.fixture
def take(house: Platform, provider: Provider, quang_ninh: Tenant, tmp_path: Path) -> Take:
    """Let the wallet take an offer; ``vouched`` says whether a provider speaks for it."""
    runner(tmp_path)

    async def do(offered: dict[str, Any], *, vouched: bool) -> Any:
        url = issuer.url_of(house, quang_ninh)
        roots = [base64.b64encode(certificates.der(one)).decode() for one in issuer.roots(house)]
        job = {
            "link": offered["offer"],
            "code": offered["tx_code"],
            "client": CLIENT,
            # The first is answered with a nonce of the server.
            "vouched": [provider.headers(url), provider.headers(url)] if vouched else [],
            "roots": roots,
            "now": int(datetime.now(UTC).timestamp()),
        }
        return await anyio.to_thread.run_sync(lambda: _node(tmp_path, job))

    return do


def _node(folder: Path, job: dict[str, Any]) -> Any:
    done = subprocess.run(
        [str(NODE), str(DRIVER), str(folder)],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def _offer(house: Platform, tenant: Tenant, **about: Any) -> dict[str, Any]:
    return await operating.offer(house, tenant, SYSTEM, OfferWish(sample=KIND, **about))


async def test_a_house_that_demands_encryption_gives_its_papers_to_the_browser_wallet(
    house: Platform, quang_ninh: Tenant, take: Take
) -> None:
    seen = await take(await _offer(house, quang_ninh, tx_code=True), vouched=True)
    assert seen == {"papers": [[10, True]], "waiting": 0, "passed": [[SEALED, SEALED]]}


async def test_it_is_told_so_encrypted_too_when_a_paper_is_not_ready(
    house: Platform, quang_ninh: Tenant, take: Take
) -> None:
    seen = await take(await _offer(house, quang_ninh, deferred=True), vouched=True)
    assert seen == {"papers": [], "waiting": 1, "passed": [[SEALED, SEALED]] * 2}


async def test_a_wallet_that_nobody_vouches_for_is_told_so_and_sends_nothing(
    house: Platform, quang_ninh: Tenant, take: Take
) -> None:
    seen = await take(await _offer(house, quang_ninh), vouched=False)
    assert seen == {"refused": "attestation_needed"}
