"""A hall whose line to the centre is cut for a while: its own machine takes over, and hands back afterwards.

The machine is the one of ``motcua site`` with its own database and its own pages, in this process, with a
clock that is the simulation's.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx2

from motcua import clock
from motcua.app import create_app, open_platform
from motcua.demo.cluster import Cluster
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.migrations import bootstrap
from motcua.migrations import run as migrations
from motcua.node.keeper import Keeper
from motcua.node.link import Link
from motcua.node.run import BEAT_SECONDS, Identity, open_store
from motcua.platform import Platform
from motcua.simulation.driving import HallDay
from motcua.simulation.halls import Hall
from motcua.simulation.stage import Person
from motcua.simulation.visitors import Visitor
from motcua.simulation.wire import Api, Inside
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua.web.simulated import HEADER, simulated

_BEAT = timedelta(seconds=BEAT_SECONDS)
_BEFORE = timedelta(seconds=40)
# The machine's own line breaks first: what the hall does meanwhile, the centre alone knows.
_UNSEEN = timedelta(seconds=8)
_DEVICE = "insert into device (id, site_id, kind, name, paired_at) values ($1, $2, 'node', $3, $4)"


@dataclass(frozen=True)
class Cut:
    """When the line is cut, and for how long."""

    at: datetime
    lasts: timedelta


class _Line(httpx2.AsyncBaseTransport):
    """The line to the centre; while it is cut, nothing passes."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.cut, self._inner = False, inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.cut:
            raise httpx2.ConnectError("the line is cut")
        request.headers[HEADER.decode()] = clock.now().isoformat()
        return await self._inner.handle_async_request(request)


@dataclass
class Machine:
    """The hall's own machine, before it is started: its database, its identity and its line."""

    hall: Hall
    platform: Platform
    owner: Database
    identity: Identity
    link: Link
    line: _Line
    keeper: Keeper | None = None


@contextlib.asynccontextmanager
async def machine(
    cluster: Cluster,
    centre: Platform,
    tenant: Tenant,
    hall: Hall,
    transport: httpx2.AsyncBaseTransport,
    base: str,
) -> AsyncIterator[Machine]:
    """Give a hall a machine of its own until the end of the block; ``transport`` reaches the centre at ``base``."""
    name = f"node_{uuid7().hex[-12:]}"
    admin = cluster.postgres.url("postgres", "postgres")
    await bootstrap.prepare(admin, name, cluster.postgres.url("postgres", name))
    settings = replace(
        cluster.settings,
        database_url=cluster.postgres.url("mc_app", name),
        owner_url=cluster.postgres.url("mc_owner", name),
        redis_url="",
        base_url=centre.settings.base_url,
    )
    await migrations.upgrade(settings.owner_url, centre.plugins)
    identity = await _identity(centre, tenant, hall)
    line = _Line(transport)
    bearer = {"authorization": f"Bearer {identity.token}", "host": tenant.host}
    owner = await Database.open(settings.owner_url, size=2)
    client = httpx2.AsyncClient(transport=line, base_url=base, headers=bearer)
    try:
        async with open_platform(settings, centre.plugins) as platform, client:
            yield Machine(hall, platform, owner, identity, Link(client), line)
    finally:
        await owner.close()
        connection = await asyncpg.connect(admin)
        await connection.execute(f"drop database {name} with (force)")
        await connection.close()


async def _identity(centre: Platform, tenant: Tenant, hall: Hall) -> Identity:
    """Pair the machine with the centre, as the administrator's code would."""
    device, name = uuid7(), f"Máy dự phòng mô phỏng {uuid7().hex[-6:]}"
    async with centre.works.begin(tenant, SYSTEM) as work:
        await work.tx.execute(_DEVICE, device, hall.id, name, work.now)
        token = await sessions.start(work, "device", device, name)
    return Identity(token, device, UUID(bytes=hall.id.bytes), uuid7().hex)


def plan(day: HallDay, own: Machine, cut: Cut) -> None:
    """Put the cut into a hall's day."""
    begin = cut.at - _BEFORE
    day.later(begin, lambda: _join(day, own))
    at = begin + _BEAT
    while at < cut.at - _UNSEEN:
        day.later(at, lambda: _beat(day, own))
        at += _BEAT
    day.later(at, lambda: _deaf(day))
    day.later(cut.at, lambda: _cut(day, own))
    day.later(cut.at + cut.lasts / 2, lambda: _from_afar(day))
    day.later(cut.at + cut.lasts, lambda: _heal(day, own))


async def _join(day: HallDay, own: Machine) -> None:
    with clock.at(day.now):
        store = await open_store(own.platform, own.owner, own.link, own.identity)
        own.keeper = Keeper(store, own.link, seconds=lambda: day.now.timestamp())
        await own.keeper.start()
        await own.keeper.tick()


async def _beat(day: HallDay, own: Machine) -> Keeper:
    if own.keeper is None:
        raise RuntimeError("a beat of a machine that was not started")
    with clock.at(day.now):
        await own.keeper.tick()
    return own.keeper


async def _deaf(day: HallDay) -> None:
    day.deaf = True


async def _cut(day: HallDay, own: Machine) -> None:
    """Cut the line; the hall stands still until its machine may take over."""
    own.line.cut = True
    while (await _beat(day, own)).state != "alone":
        day.now += _BEAT
    app = simulated(create_app(own.platform), "stamps")
    [tenant] = own.platform.directory.all()
    inside = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=cast(Any, app)), base_url=f"http://{tenant.host}"
    )
    day.api = Api(Inside(inside), day.remote.counts)
    day.deaf = False
    day.log.count("halls that went on alone")
    await day.line_lost()


async def _from_afar(day: HallDay) -> None:
    """Let somebody telephone for a number there meanwhile: the centre must refuse."""
    minutes = timedelta(minutes=20)
    someone = Visitor(99_999, day.now + minutes, (next(iter(day.hall.means)),), (5.0,), "phone")
    await day.reserved(Person(someone), (day.now + minutes, day.now + 2 * minutes))


async def _heal(day: HallDay, own: Machine) -> None:
    """Heal the line: what the hall did goes to the centre, and the centre writes again."""
    own.line.cut = False
    while (await _beat(day, own)).state != "linked":
        day.now += _BEAT
    with clock.at(day.now):
        await own.link.bye()
    inside, day.api = day.api, day.remote
    if isinstance(inside.wire, Inside):
        await inside.wire.client.aclose()
    day.log.count("halls that merged")
