"""What the commands do: start the house on a folder of data, play, check, and say what came out."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

import httpx2

from motcua import logs
from motcua.app import open_platform
from motcua.demo import cluster as clusters
from motcua.demo.cluster import Cluster
from motcua.demo.serve import tenants_folder
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.simulation import check, report
from motcua.simulation import day as days
from motcua.simulation.day import Order, Played, Say
from motcua.simulation.server import serving
from motcua.simulation.wire import Connection
from motcua.tenancy.tenant import Tenant


@asynccontextmanager
async def _house(
    data: Path, slug: str, say: Say
) -> AsyncIterator[tuple[Cluster, Platform, Tenant]]:
    data.mkdir(parents=True, exist_ok=True)
    logs.configure(file=data / "simulation.log", level=30)
    say("starting PostgreSQL and Redis")
    cluster = clusters.start(data, tenants_folder(), base_url="http://localhost:8000")
    try:
        plugins = Plugins.discover()
        say("bringing schema and tenants up to date")
        await clusters.prepare(cluster, plugins, lambda _: None)
        async with open_platform(cluster.settings, plugins) as platform:
            await platform.directory.refresh(force=True)
            tenant = platform.directory.by_slug(slug)
            if tenant is None:
                raise ValueError(f"no tenant {slug!r}")
            yield cluster, platform, tenant
    finally:
        cluster.stop()


async def run_day(
    slug: str, order: Order, data: Path, servers: int, say: Say, *, seek: bool = False
) -> int:
    """Play a day on a folder of data and check it; returns the exit code.

    ``seek``: the first day from the order's on on which all its halls are open.
    """
    async with _house(data, slug, say) as (cluster, platform, tenant):
        if seek:
            order = await days.on_open_day(platform, tenant, order)
            say(f"the day is {order.day:%A} {order.day}")
        found = await days.made_ready(platform, tenant, order, say)
        async with serving(cluster.settings, servers) as ports:
            say(f"{servers} server process(es); the day begins")
            inside = httpx2.AsyncHTTPTransport()
            played = await days.play(
                platform,
                tenant,
                order,
                found,
                lambda n: Connection(ports[n % servers], tenant.host),
                say,
                cut=(cluster, inside, f"http://127.0.0.1:{ports[0]}"),
            )
            await inside.aclose()
        for line in report.summary(played):
            say(line)
        return await _checked(platform, tenant, [h.id for h in found], order.day, say, played)


async def run_check(slug: str, day: date, data: Path, say: Say) -> int:
    """Check a day of all sites in a folder of data; returns the exit code."""
    async with _house(data, slug, say) as (_, platform, tenant):
        async with platform.db.tenant(tenant) as tx:
            sites = [row["id"] for row in await tx.fetch("select id from site order by key")]
        return await _checked(platform, tenant, sites, day, say)


async def _checked(
    platform: Platform,
    tenant: Tenant,
    sites: Sequence[UUID],
    day: date,
    say: Say,
    played: Played | None = None,
) -> int:
    say("checking")
    log = played.log if played else None
    raw, shown, now = await check.read(platform, tenant, sites, day)
    findings = check.findings(raw, shown, now, log)
    for finding in findings:
        say(str(finding))
    for line in (*await report.estimates(platform, tenant, sites, day), *report.by_hour(raw)):
        say(line)
    wrong = [finding for finding in findings if not finding.ok]
    say(f"{len(findings) - len(wrong)} of {len(findings)} checks hold")
    return 1 if wrong else 0
