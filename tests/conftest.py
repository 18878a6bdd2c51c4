"""The house for tests: one PostgreSQL and one Redis per run, migrated and with its tenants on board.

Row-level security is the isolation between tests too: a test that needs empty tables makes a tenant of
its own with ``new_tenant``.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
import structlog
from anyio import to_thread
from click.testing import CliRunner, Result

from motcua import cli
from motcua.app import create_app, open_platform
from motcua.demo import cluster as clusters
from motcua.demo.cluster import Cluster
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web.gate import Gate

ROOT = Path(__file__).parents[1]
BASE = "http://localhost:8000"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for all asynchronous fixtures and tests of the run."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Give each test a plain log, and undo what a command did to it.

    The library's own choice draws every local variable of every frame: seconds for one error of the platform.
    """
    structlog.reset_defaults()
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return Plugins.discover()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    data = Path(tempfile.mkdtemp(prefix="mctest-"))
    started = clusters.start(data, ROOT / "tenants", durable=False, base_url=BASE)
    yield started
    started.stop()
    shutil.rmtree(data)


@pytest.fixture(scope="session")
async def prepared(cluster: Cluster, plugins: Plugins) -> Cluster:
    await clusters.prepare(cluster, plugins, lambda _: None)
    return cluster


@pytest.fixture(scope="session")
async def platform(prepared: Cluster, plugins: Plugins) -> AsyncIterator[Platform]:
    async with open_platform(prepared.settings, plugins) as opened:
        await opened.directory.refresh(force=True)
        yield opened


@pytest.fixture(scope="session")
def app(platform: Platform) -> Gate:
    return create_app(platform)


@pytest.fixture(scope="session")
async def owner(prepared: Cluster) -> AsyncIterator[Database]:
    """Connect as the schema's owner: it may write the directory; row-level security holds for it too."""
    database = await Database.open(prepared.settings.owner_url, size=2)
    yield database
    await database.close()


def tenant_named(platform: Platform, slug: str) -> Tenant:
    tenant = platform.directory.by_slug(slug)
    assert tenant is not None
    return tenant


@pytest.fixture(scope="session")
def quang_ninh(platform: Platform) -> Tenant:
    return tenant_named(platform, "quang-ninh")


@pytest.fixture(scope="session")
def thai_nguyen(platform: Platform) -> Tenant:
    return tenant_named(platform, "thai-nguyen")


Browser = Callable[[str], httpx2.AsyncClient]


@pytest.fixture
async def browse(app: Gate) -> AsyncIterator[Browser]:
    """Return clients that talk to a tenant's host inside this process: ``browse("quang-ninh")``."""
    clients: list[httpx2.AsyncClient] = []

    def at(label: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=app)
        client = httpx2.AsyncClient(
            transport=transport,
            base_url=f"http://{label}.localhost:8000",
            headers={"accept": "text/html"},
        )
        clients.append(client)
        return client

    yield at
    for client in clients:
        await client.aclose()


Command = Callable[..., Awaitable[Result]]


@pytest.fixture
def command(prepared: Cluster, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Call the program on this platform, in a thread of its own: it has its own event loop."""
    settings = prepared.settings
    for name, value in {
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key.hex(),
        "REDIS_URL": settings.redis_url,
        "DATA": str(settings.data),
        "BASE_URL": settings.base_url,
    }.items():
        monkeypatch.setenv(f"MOTCUA_{name}", value)

    async def call(*words: str) -> Result:
        return await to_thread.run_sync(lambda: CliRunner().invoke(cli.main, words))

    return call


NewTenant = Callable[[], Awaitable[Tenant]]

_EMPTY = """
insert into tenant (id, slug, host, kind, name, short_name, agency_code, province_code, plugins, settings)
select $1, $2, $3, kind, name, short_name, agency_code, province_code, plugins, settings
from tenant where slug = 'quang-ninh'
"""


@pytest.fixture
def new_tenant(platform: Platform, owner: Database) -> NewTenant:
    """Return a maker of empty tenants (no unit, no site, no procedure)."""

    async def make() -> Tenant:
        tenant_id: UUID = uuid7()
        slug = f"t{tenant_id.hex}"
        async with owner.platform() as tx:
            await tx.execute(_EMPTY, tenant_id, slug, f"{slug}.localhost")
        await platform.directory.refresh(force=True)
        return tenant_named(platform, slug)

    return make
