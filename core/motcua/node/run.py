"""``motcua site``: start the machine of a hall, pair it once, and keep the hall going."""

import asyncio
import json
import secrets
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import structlog
from granian.constants import Interfaces
from granian.server.embed import Server

from motcua import __version__, http
from motcua.app import create_app, open_platform
from motcua.demo import cluster as clusters
from motcua.demo.cluster import DATABASE, Cluster
from motcua.errors import Unavailable
from motcua.migrations import bootstrap
from motcua.migrations import run as migrations
from motcua.node.door import Door
from motcua.node.keeper import Keeper
from motcua.node.link import Link, LinkDownError, NotWantedError
from motcua.node.store import Store, install, keep_tenant
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web import live

BEAT_SECONDS = 2.5
# A board listens all day through this machine.
_MOST = 1 << 60
Say = Callable[[str], None]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Identity:
    """Who this machine is: written once, at pairing. ``store`` names its database."""

    token: str
    device: UUID
    site: UUID
    store: str


async def paired(data: Path, url: str, code: str) -> Identity:
    """Return who this machine is; pairs it with ``code`` the first time.

    ``ValueError`` when it is not paired and no code is given, or the centre refuses the code;
    ``Unavailable`` when the centre cannot be reached for it.
    """
    path = data / "node.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        found = await _pair(url, code)
        path.touch(mode=0o600)
        path.write_text(json.dumps({**found, "store": secrets.token_hex(8)}))
    known = json.loads(path.read_text())
    return Identity(known["token"], UUID(known["device"]), UUID(known["site"]), known["store"])


async def _pair(url: str, code: str) -> dict[str, Any]:
    if not code:
        raise ValueError(
            "this machine is not paired yet: an administrator makes a code at /desk/devices"
            " (kind: node), then start with --code CODE"
        )
    async with http.client(base_url=url) as client:
        try:
            answer = await client.post("/api/node/pair", json={"code": code})
        except httpx2.HTTPError as error:
            raise Unavailable(
                "Không tới được trung tâm để ghép máy.", f"{url} does not answer: {error}"
            ) from error
    if answer.status_code != 200:
        raise ValueError(f"the centre refuses the code: {answer.json().get('detail', answer.text)}")
    found: dict[str, Any] = answer.json()
    return found


async def open_store(platform: Platform, owner: Database, link: Link, me: Identity) -> Store:
    """Return the node's database, filled from the centre when it answers.

    A machine that was here before needs no centre for it; ``Unavailable`` for one that never reached it.
    """
    await install(owner)
    since = await _alone_since(platform)
    try:
        await link.hello({"version": __version__, "store": me.store})
        said = await link.beat(answer="", alone_since=since, have_live="", have_setup="")
    except (LinkDownError, NotWantedError) as error:
        _log.warning("node_without_centre", said=str(error))
        return Store(platform.db, _only(platform))
    if since is not None:
        return Store(platform.db, _only(platform))
    await keep_tenant(owner, said["setup"]["tenant"])
    await platform.directory.refresh(force=True)
    store = Store(platform.db, _only(platform))
    await store.mirror(said["setup"], said["live"])
    await store.begin(me.site, me.device, me.store)
    return store


async def _alone_since(platform: Platform) -> datetime | None:
    await platform.directory.refresh(force=True)
    tenants = list(platform.directory.all())
    return await Store(platform.db, tenants[0]).alone_since() if tenants else None


def _only(platform: Platform) -> Tenant:
    tenants = list(platform.directory.all())
    if len(tenants) != 1:
        raise Unavailable(
            "Máy này chưa từng nối với trung tâm.",
            "this machine has never reached the centre: it must do so once before it can go on alone",
        )
    return tenants[0]


async def run_site(url: str, data: Path, host: str, port: int, code: str, say: Say) -> None:
    """Keep a hall going until Ctrl-C; then the site is given back to the centre."""
    me = await paired(data, url, code)
    say("starting PostgreSQL and Redis")
    started = clusters.start(data, data, base_url=url)
    try:
        await _serve(started, me, url, host, port, say)
    finally:
        started.stop()


async def _serve(started: Cluster, me: Identity, url: str, host: str, port: int, say: Say) -> None:
    plugins = Plugins.discover()
    admin = started.postgres.url("postgres", "postgres")
    await bootstrap.prepare(admin, DATABASE, started.postgres.url("postgres", DATABASE))
    await migrations.upgrade(started.settings.owner_url, plugins)
    split = httpx2.URL(url)
    base = f"{split.scheme}://{split.netloc.decode().split('.', 1)[-1]}"
    async with AsyncExitStack() as stack:
        owner = await Database.open(started.settings.owner_url, size=2)
        stack.push_async_callback(owner.close)
        settings = replace(started.settings, base_url=base)
        platform = await stack.enter_async_context(open_platform(settings, plugins))
        bearer = {"authorization": f"Bearer {me.token}"}
        client = await stack.enter_async_context(
            http.client(limit=_MOST, base_url=url, headers=bearer)
        )
        link = Link(client)
        store = await open_store(platform, owner, link, me)
        keeper = Keeper(store, link)
        await keeper.start()
        plain = await stack.enter_async_context(http.client(limit=_MOST, base_url=url))
        door = Door(keeper, create_app(platform), plain, store.tenant.host)
        await _until_stopped(keeper, door, host, port, platform, say)
        if keeper.state == "linked":
            await link.bye()
            say("the site is given back to the centre")


async def _until_stopped(
    keeper: Keeper, door: Door, host: str, port: int, platform: Platform, say: Say
) -> None:
    stop = asyncio.Event()
    for kind in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(kind, stop.set)
    server = Server(
        door,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        backlog=1024,
    )
    serving = asyncio.create_task(server.serve())
    bell = asyncio.create_task(platform.bell.run())
    say(f"serving the hall at http://{host}:{port}; Ctrl-C stops it")
    said = ""
    try:
        while not stop.is_set():
            await keeper.tick()
            said = _say_state(keeper, said, say)
            try:
                await asyncio.wait_for(stop.wait(), BEAT_SECONDS)
            except TimeoutError:
                continue
    finally:
        bell.cancel()
        live.close(platform)
        server.stop()  # type: ignore[no-untyped-call]
        await serving


def _say_state(keeper: Keeper, said: str, say: Say) -> str:
    words = {
        "linked": "linked: the centre writes for this site",
        "waiting": "no answer from the centre: waiting until it cannot write any more",
        "alone": "alone: this machine issues and calls",
    }
    now = keeper.refused or words[keeper.state]
    if now != said:
        say(now)
    return now
