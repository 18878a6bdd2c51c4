"""A hall with a machine of its own: a second database stands for the node, the line between is cut at will."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from motcua.app import create_app, open_platform
from motcua.demo.cluster import Cluster
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.migrations import bootstrap, run
from motcua.node.keeper import Keeper
from motcua.node.link import Link
from motcua.node.run import Identity, open_store
from motcua.node.store import Store
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web.gate import Gate

from ..queues.conftest import Hall, hall  # noqa: F401 -- a fixture


@dataclass
class Line(httpx2.AsyncBaseTransport):
    """The line to the centre: ``cut`` loses questions, ``deaf`` loses answers to what did arrive."""

    inner: httpx2.AsyncBaseTransport
    cut: bool = False
    deaf: bool = False
    failing: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        fate = self.failing.pop(0) if self.failing else ""
        if self.cut or fate == "cut":
            raise httpx2.ConnectError("cut")
        answer = await self.inner.handle_async_request(request)
        if self.deaf or fate == "deaf":
            raise httpx2.ReadError("deaf")
        return answer


@dataclass
class Machine:
    """The node of the hall, with a clock of its own that only goes on when it is told."""

    platform: Platform
    tenant: Tenant
    store: Store
    link: Link
    line: Line
    seconds: float = 1000.0
    keeper: Any = None

    async def boot(self) -> Keeper:
        """Start (again): what was only in memory is gone."""
        self.keeper = Keeper(self.store, self.link, seconds=lambda: self.seconds)
        await self.keeper.start()
        return self.keeper  # type: ignore[no-any-return]

    async def ticks(self, count: int, *, apart: float = 2.5) -> None:
        """Let the keeper beat, with so many seconds between."""
        for _ in range(count):
            self.seconds += apart
            await self.keeper.tick()

    def work(self) -> Any:
        """Begin a unit of work at the node."""
        return self.platform.works.begin(self.tenant, SYSTEM)

    async def fetch(self, sql: str, *args: object) -> list[Any]:
        """Return the rows of a query at the node."""
        async with self.platform.db.tenant(self.tenant) as tx:
            return [dict(r) for r in await tx.fetch(sql, *args)]


NewMachine = Callable[[Hall], Awaitable[Machine]]


@pytest.fixture(scope="session")
async def node_database(prepared: Cluster, plugins: Plugins) -> AsyncIterator[Any]:
    """Return settings of a database of its own, migrated."""
    name = f"node_{uuid7().hex[-12:]}"
    settings = prepared.settings
    admin = prepared.postgres.url("postgres", "postgres")
    await bootstrap.prepare(admin, name, prepared.postgres.url("postgres", name))

    def there(url: str) -> str:
        return url.replace("/motcua?", f"/{name}?")

    moved = replace(
        settings,
        database_url=there(settings.database_url),
        owner_url=there(settings.owner_url),
        redis_url="",
    )
    assert moved.database_url != settings.database_url
    await run.upgrade(moved.owner_url, plugins)
    yield moved
    connection = await asyncpg.connect(admin)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
async def machine(
    hall: Hall,  # noqa: F811
    app: Gate,
    node_database: Any,
    plugins: Plugins,
) -> AsyncIterator[Machine]:
    """Return the paired machine of the hall; it is filled from the centre and waits."""
    token = await hall.token("node")
    device = (await hall.fetch("select id from device where kind = 'node'"))[0]["id"]
    line = Line(httpx2.ASGITransport(app=app))
    base = f"http://{hall.tenant.slug}.localhost:8000"
    headers = {"authorization": f"Bearer {token}"}
    owner = await Database.open(node_database.owner_url, size=2)
    client = httpx2.AsyncClient(transport=line, base_url=base, headers=headers)
    async with open_platform(node_database, plugins) as platform, client:
        link = Link(client)
        me = Identity(token, UUID(bytes=device.bytes), hall.site, uuid7().hex)
        store = await open_store(platform, owner, link, me)
        made = Machine(platform, store.tenant, store, link, line)
        await made.boot()
        yield made
    await owner.close()
    await _empty(node_database.owner_url)


async def _empty(url: str) -> None:
    """Leave the node's database as it was: one machine knows one tenant."""
    connection = await asyncpg.connect(url)
    names = await connection.fetch(
        "select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where nspname = 'public' and relkind = 'r' and relname not like 'alembic%'"
    )
    await connection.execute("truncate " + ", ".join(row["relname"] for row in names))
    await connection.close()


@pytest.fixture
def node_app(machine: Machine) -> Gate:
    """Return the node's own pages."""
    return create_app(machine.platform)
