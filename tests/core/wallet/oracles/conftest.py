"""A live server of the house, as others reach it, and the software of others."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from motcua.app import open_platform
from motcua.demo.cluster import Cluster
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, issuer
from motcua.wallet.operating import OfferWish
from tests.core.wallet.archive import KIND
from tests.core.wallet.live_server import Server
from tests.core.wallet.oracles import software

Job = Callable[..., Any]


@dataclass(frozen=True)
class Live:
    """A platform whose addresses lead to a server that is really there."""

    platform: Platform
    tenant: Tenant
    root: str

    async def offer(self, **about: Any) -> dict[str, Any]:
        from motcua.events.log import SYSTEM
        from motcua.wallet import operating

        wish = OfferWish(sample=KIND, **about)
        return await operating.offer(self.platform, self.tenant, SYSTEM, wish)


@pytest.fixture(scope="session")
def address(prepared: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the house of this run on a port of its own."""
    server = Server(prepared.settings, tmp_path_factory.mktemp("live") / "serve.log")
    server.start()
    yield server.base
    server.stop()


@pytest.fixture
async def live(
    address: str, prepared: Cluster, plugins: Plugins, quang_ninh: Tenant
) -> AsyncIterator[Live]:
    settings = replace(prepared.settings, base_url=address)

    async with open_platform(settings, plugins) as platform:
        await platform.directory.refresh(force=True)
        root = b"".join(certificates.to_pem(one) for one in issuer.roots(platform)).decode()
        yield Live(platform, quang_ninh, root)


@pytest.fixture(scope="session")
def packages() -> Path:
    return software.install()


@pytest.fixture
def theirs(packages: Path, live: Live) -> Job:
    """Let the software of others do a job; it knows the platform's root certificate."""

    async def do(job: str, **about: Any) -> Any:
        work = {"root": live.root, **about}
        return await anyio.to_thread.run_sync(lambda: software.run(packages, job, **work))

    return do
