"""``motcua demo``: everything in one process, and the addresses to go to."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.server.embed import Server

from motcua import clock, logs
from motcua.app import create_app, open_platform
from motcua.board import voice, voice_maker
from motcua.demo import cluster as clusters
from motcua.demo import population, tls
from motcua.demo.cluster import Cluster
from motcua.demo.tls import Tls
from motcua.demo.tour import walk
from motcua.demo.visitor import HOME
from motcua.errors import Unavailable
from motcua.http import trust_also
from motcua.opening import ADDRESS
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.running import background
from motcua.simulation.alive import keep_alive
from motcua.wallet.issuer import WALLET
from motcua.web import live
from motcua.web.simulated import simulated


@dataclass
class Steps:
    """Says what is going on, with the seconds since the start."""

    began: float

    def __call__(self, text: str) -> None:
        click.echo(f"  {time.perf_counter() - self.began:5.1f} s  {text}")


def run_demo(port: int, data: Path, *, tour: bool, quiet: bool = False, https: bool = False) -> int:
    """Run the demo until Ctrl-C, or the tour until its end; returns the exit code.

    ``quiet``: no invented people come to its halls. ``https``: over TLS, with an authority of its own.
    """
    say = Steps(time.perf_counter())
    tenants = tenants_folder()
    _check_port(port)
    data.mkdir(parents=True, exist_ok=True)
    logs.configure(file=data / "demo.log")
    say("starting PostgreSQL and Redis")
    base_url = f"{'https' if https else 'http'}://localhost:{port}"
    cluster = clusters.start(data, tenants, base_url=base_url)
    # Commands beside this one (`motcua wallet …`) are to speak of the same addresses.
    (data / ADDRESS).write_text(base_url + "\n", encoding="ascii")
    if alive := not (tour or quiet):
        # The invented people of the last forty minutes say when they came.
        cluster.settings = replace(cluster.settings, simulation="stamps")
    try:
        return asyncio.run(_run(cluster, port, say, tour=tour, alive=alive))
    except KeyboardInterrupt:
        return 0
    finally:
        cluster.stop()
        say("stopped; the data stay in " + str(data))


def tenants_folder() -> Path:
    """Return the folder of the tenants: the environment's, or the one beside this program."""
    named = os.environ.get("MOTCUA_TENANTS")
    beside = (Path("tenants"), Path(__file__).parents[3] / "tenants")
    for folder in (Path(named),) if named else beside:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        "no folder `tenants` here: run the demo from the repository, or set MOTCUA_TENANTS"
    )


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ValueError(
                f"port {port} is taken by another program: choose one with --port"
            ) from error


async def _run(cluster: Cluster, port: int, say: Steps, *, tour: bool, alive: bool) -> int:
    plugins = Plugins.discover()
    for name, reason in plugins.quarantined.items():
        say(f"plugin {name} is quarantined: {reason}")
    say("bringing schema and tenants up to date")
    refused = await clusters.prepare(cluster, plugins, say if cluster.fresh else lambda _: None)
    for package in refused if not cluster.fresh else ():
        say(f"not stored: {package}")
    async with open_platform(cluster.settings, plugins) as platform:
        await population.fill(platform, say if cluster.fresh else lambda _: None)
        await platform.directory.refresh()
        files = _tls(platform)
        async with serving(platform, port, files):
            say("serving")
            if tour:
                return await walk(cluster.settings.base_url)
            _greet(platform, files, alive=alive)
            async with _voice(platform, say), _alive(platform, port, alive=alive):
                await _until_interrupted()
    return 0


@contextlib.asynccontextmanager
async def _voice(platform: Platform, say: Steps) -> AsyncIterator[None]:
    """Let the boards learn to speak meanwhile, where espeak-ng is installed; what is made stays made."""

    async def learn() -> None:
        try:
            if await voice_maker.complete(voice.common_folder(platform.settings.data)):
                say("the boards can speak now: load a board that is open anew")
        except (Unavailable, OSError) as refused:
            say(f"the boards only chime: {refused}")

    task = asyncio.create_task(learn())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _tls(platform: Platform) -> Tls | None:
    """Return the certificates where the demo's address is https, and believe them in this process, too."""
    settings = platform.settings
    if settings.scheme != "https":
        return None
    files = tls.prepare(settings.data, ["localhost", *_hosts(platform)], clock.now())
    trust_also(files.authority)
    return files


@contextlib.asynccontextmanager
async def serving(platform: Platform, port: int, files: Tls | None = None) -> AsyncIterator[None]:
    """Serve the web on localhost, and do what is owed, until the end of the block."""
    secure: dict[str, Any] = {}
    if files is not None:
        # TLS 1.2 is what older wallet software speaks.
        secure = {"ssl_cert": files.certificate, "ssl_key": files.key}
        secure |= {"ssl_protocol_min": SSLProtocols.tls12, "http": HTTPModes.http1}
    server = Server(
        simulated(create_app(platform), platform.settings.simulation),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        backlog=1024,
        **secure,
    )
    async with background(platform):
        task = asyncio.create_task(server.serve())
        try:
            await _answering(port)
            yield
        finally:
            # A server waits for its connections, and an open board's never ends by itself.
            live.close(platform)
            server.stop()  # type: ignore[no-untyped-call]
            await task


@contextlib.asynccontextmanager
async def _alive(platform: Platform, port: int, *, alive: bool) -> AsyncIterator[None]:
    """Let invented people come to some halls of the first province meanwhile, if they are to."""
    tenant = platform.directory.by_slug(HOME) if alive else None
    task = asyncio.create_task(keep_alive(platform, tenant, port)) if tenant else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _answering(port: int) -> None:
    """Wait until the port answers."""
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


async def _until_interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for kind in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(kind, stop.set)
    await stop.wait()


def _greet(platform: Platform, files: Tls | None, *, alive: bool) -> None:
    base = platform.settings
    busy = "come to four other halls" if alive else "do not come to the halls"
    click.echo("\nMột Cửa is running. Everybody in it is synthetic.\n")
    for tenant in platform.directory.all():
        url = base.url_of(tenant.slug)
        click.echo(f"  {tenant.short_name:<12} {url}")
    click.echo(f"  {'Ví / wallet':<12} {base.url_of('vi')}")
    click.echo(
        f"""
  Sign in as a citizen   congdan01.quang-ninh … congdan{population.CITIZENS}.quang-ninh, .ha-noi, .thai-nguyen
  Sign in as an officer  tiepnhan.hong-gai (receiver), truongphong.hong-gai (head),
                         chuyenvien.hong-gai (specialist), lanhdao.hong-gai (leader),
                         vanthu.hong-gai (clerk), quantri (administrator)
  National office        dieuphoi
  Hall board             {base.url_of("quang-ninh")}/board/hong-gai
  Station                {base.url_of("quang-ninh")}/station/pair (code: sign in as quantri, /desk/devices)
  Invented visitors      {busy} (--quiet-halls)
  Walk one whole visit   motcua tour --url {base.base_url}{f" --ca {files.authority}" if files else ""}

{_how_to_trust(files, _hosts(platform)) if files else ""}  Ctrl-C stops everything.
"""
    )


def _hosts(platform: Platform) -> list[str]:
    return [f"{WALLET}.localhost", *(t.host for t in platform.directory.all())]


def _how_to_trust(files: Tls, hosts: list[str]) -> str:
    return f"""  Authority to trust     {files.authority.resolve()}
                         curl --cacert FILE … · SSL_CERT_FILE=FILE (Python, Go, OpenSSL)
                         NODE_EXTRA_CA_CERTS=FILE (Node) · a browser: import it under its authorities.
                         It can speak for names below localhost, and for no other host.
  Where these names       are not found (curl and browsers find them, others ask /etc/hosts):
                         127.0.0.1 {" ".join(hosts)}

"""
