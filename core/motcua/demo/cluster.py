"""A PostgreSQL and a Redis of our own, with roles, schema and tenants: for the demo and the tests."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from motcua.embedded import Postgres, Redis
from motcua.keys import rotation
from motcua.migrations import bootstrap, run
from motcua.onboarding import load_tenant, store_packages
from motcua.plugins.manager import Plugins
from motcua.settings import Settings
from motcua.tenancy.db import Database
from motcua.tenancy.vault import Vaults

DATABASE = "motcua"
Progress = Callable[[str], None]


@dataclass
class Cluster:
    """Started servers and the settings by which the program reaches them."""

    postgres: Postgres
    redis: Redis | None
    settings: Settings
    fresh: bool

    def stop(self) -> None:
        """Stop what this process started."""
        if self.redis:
            self.redis.stop()
        self.postgres.stop()


def start(data: Path, tenants: Path, *, durable: bool = True, base_url: str) -> Cluster:
    """Start the servers on ``data``; the secret key is made once and lies beside the data."""
    data.mkdir(parents=True, exist_ok=True)
    postgres = Postgres(data / "pg", durable=durable)
    postgres.start()
    redis = Redis.find(data / "redis" if durable else None)
    if redis:
        redis.start()
    settings = Settings(
        database_url=postgres.url("mc_app", DATABASE),
        owner_url=postgres.url("mc_owner", DATABASE),
        national_url=postgres.url("mc_national", DATABASE),
        redis_url=redis.url() if redis else "",
        secret_key=_secret(data / "secret.key"),
        data=data,
        tenants=tenants,
        base_url=base_url,
    )
    return Cluster(postgres, redis, settings, postgres.fresh)


def _secret(path: Path) -> bytes:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return bytes.fromhex(path.read_text())


async def prepare(cluster: Cluster, plugins: Plugins, progress: Progress) -> list[str]:
    """Make database, schema, tenants and keys; does only what is missing.

    Returns the procedure packages that were not stored, and why.
    """
    admin = cluster.postgres.url("postgres", "postgres")
    await bootstrap.prepare(admin, DATABASE, cluster.postgres.url("postgres", DATABASE))
    await run.upgrade(cluster.settings.owner_url, plugins)
    return await onboard(cluster.settings, plugins, progress)


async def onboard(settings: Settings, plugins: Plugins, progress: Progress) -> list[str]:
    """Load every tenant folder, and give each tenant its keys; returns the packages not stored, and why."""
    owner = await Database.open(settings.owner_url, size=2)
    vaults = Vaults(settings.secret_key)
    domain = settings.domain.rsplit(":", 1)[0]
    try:
        refused = await store_packages(owner, plugins, progress)
        for folder in sorted(p for p in settings.tenants.iterdir() if p.is_dir()):
            tenant = await load_tenant(owner, folder, domain, progress)
            if tenant.is_province:
                async with owner.tenant(tenant) as tx:
                    await rotation.make_missing(
                        tx, vaults.of(tenant.id), settings, datetime.now(UTC)
                    )
        # A planner that knows nothing of a table that was just filled takes the wrong index.
        async with owner.platform() as tx:
            await tx.execute("analyze")
        return refused
    finally:
        await owner.close()


def with_port(settings: Settings, port: int) -> Settings:
    """Return the settings of a server on this port of ``localhost``."""
    return replace(settings, base_url=f"http://localhost:{port}")


def run_blocking(cluster: Cluster, plugins: Plugins, progress: Progress) -> None:
    """Run ``prepare`` outside an event loop."""
    asyncio.run(prepare(cluster, plugins, progress))
