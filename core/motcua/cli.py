"""The ``motcua`` program."""

import asyncio
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from motcua import __version__
from motcua.board.voice_command import board_voice
from motcua.cli_calendar import calendar
from motcua.document_tools.commands import document
from motcua.errors import Problem, in_words
from motcua.key_tools.commands import keys
from motcua.node.command import site
from motcua.opening import DATA, settings_of, with_platform
from motcua.people.capabilities import ROLES
from motcua.procedure_tools.commands import procedure
from motcua.procedure_tools.moving import move
from motcua.simulation.command import simulate
from motcua.station.printer_command import printer
from motcua.wallet_tools.commands import wallet
from motcua.wallet_tools.deliveries import deliveries


class Program(click.Group):
    """Reads commands of plugins only when a command is asked for, and says errors in one line."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        if found is None and not ctx.resilient_parsing:
            self._ask_plugins()
            found = super().get_command(ctx, cmd_name)
        return found

    def _ask_plugins(self) -> None:
        from motcua import logs
        from motcua.plugins.manager import Plugins

        logs.configure(level=40)
        own = dict(self.commands)
        blocked = frozenset(os.environ.get("MOTCUA_BLOCKED_PLUGINS", "").split())
        Plugins.discover(blocked).add_commands(self)
        self.commands.update(own)  # a plugin adds commands and takes none away

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except (Problem, ValueError, OSError, DBAPIError) as error:
            click.echo(f"motcua: {error}", err=True)
            for name, sentence in getattr(error, "fields", {}).items():
                click.echo(f"  {name}: {in_words(sentence, 'en')}", err=True)
            sys.exit(2)


@click.group(cls=Program)
@click.version_option(__version__)
def main() -> None:
    """Một Cửa: one door for public services.

    Start with `motcua demo`: it needs nothing but this program.
    """


def run_async(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command be written as a coroutine."""

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return asyncio.run(function(*args, **kwargs))

    return wrapped


@main.command()
@click.option("--port", default=8000, show_default=True, help="Port on localhost.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".data/demo"),
    show_default=True,
    help="Where the demo keeps its data; delete it to begin anew.",
)
@click.option("--tour", is_flag=True, help="Walk one visit from station to wallet, then stop.")
@click.option("--quiet-halls", is_flag=True, help="No invented people come to the halls.")
@click.option("--https", is_flag=True, help="Serve over TLS, with an authority of this demo's own.")
def demo(port: int, data: Path, tour: bool, quiet_halls: bool, https: bool) -> None:
    """Start everything on this machine: PostgreSQL, Redis, three provinces, synthetic people.

    With --https other people's wallet software can be pointed at it: they trust the certificate it prints.
    """
    from motcua.demo.serve import run_demo

    sys.exit(run_demo(port, data, tour=tour, quiet=quiet_halls, https=https))


@main.command()
@click.option("--host", default="0.0.0.0", show_default=True)  # noqa: S104 -- behind a proxy
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the web, in production: settings come from the environment (see docs/operators.md)."""
    from granian.constants import HTTPModes, Interfaces
    from granian.server import Server

    from motcua.running import allow_connections
    from motcua.settings import from_environment

    from_environment()
    Server(
        "motcua.asgi:application",
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        factory=True,
        # The proxy in front speaks HTTP/1.1 to us; without the rest a board's connection costs a third less.
        http=HTTPModes.http1,
        websockets=False,
        backlog=8192,
        # Connections, not requests: beyond it they hang. Every board and monitor holds one.
        backpressure=allow_connections(),
        # A board never closes its stream by itself.
        workers_kill_timeout=10,
        log_access=False,
    ).serve()


@main.command()
@run_async
async def worker() -> None:
    """Do what is owed: relay and arq worker, in production."""
    from motcua import logs
    from motcua.app import open_platform
    from motcua.plugins.manager import Plugins
    from motcua.running import background
    from motcua.settings import from_environment

    logs.configure()
    settings = from_environment()
    plugins = Plugins.discover(settings.blocked_plugins)
    async with open_platform(settings, plugins) as platform, background(platform):
        click.echo("worker: running; Ctrl-C stops it")
        await asyncio.Event().wait()


@main.group()
def db() -> None:
    """Look after the database's schema."""


@db.command()
@run_async
async def upgrade() -> None:
    """Apply the migrations of the core and of every plugin."""
    from motcua.migrations import run
    from motcua.plugins.manager import Plugins
    from motcua.settings import from_environment

    settings = from_environment()
    if not settings.owner_url:
        raise ValueError("set MOTCUA_OWNER_DATABASE_URL: postgresql://mc_owner:…@host/motcua")
    await run.upgrade(settings.owner_url, Plugins.discover(settings.blocked_plugins))
    click.echo("the schema is up to date")


@db.command()
@run_async
async def init() -> None:
    """Make the roles and the empty database, as an administrator of the cluster; safe to repeat."""
    from urllib.parse import urlsplit, urlunsplit

    from motcua.migrations.bootstrap import prepare
    from motcua.settings import from_environment

    settings = from_environment()
    admin = os.environ.get("MOTCUA_ADMIN_DATABASE_URL", "")
    if not admin:
        raise ValueError("set MOTCUA_ADMIN_DATABASE_URL: postgresql://postgres:…@host/postgres")
    name = urlsplit(settings.database_url).path.strip("/")
    if not name:
        raise ValueError("MOTCUA_DATABASE_URL names no database: postgresql://mc_app:…@host/motcua")
    inside = urlunsplit(urlsplit(admin)._replace(path=f"/{name}"))
    fresh = await prepare(admin, name, inside)
    click.echo(f"database {name}: {'made' if fresh else 'was there'}; roles are as they should be")
    click.echo("next: motcua db upgrade")


@main.command()
@click.option(
    "--url", default="http://localhost:8000", show_default=True, help="A running platform."
)
@click.option(
    "--ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The authority to trust, of a demo with --https: the certificate that it printed.",
)
@run_async
async def tour(url: str, ca: Path | None) -> None:
    """Walk one visit from station to wallet against a running platform, as its people would."""
    from motcua.demo.tour import walk
    from motcua.http import trust_also

    if ca is not None:
        trust_also(ca)
    sys.exit(await walk(url.rstrip("/")))


@main.command()
@click.argument("code")
@DATA
def trace(code: str, data: Path) -> None:
    """Print the chain of a dossier, from the station to where its result was used again."""
    from motcua.tracing import chain

    async def show(platform: Any) -> None:
        for line in (await chain(platform, code)).tree():
            click.echo(line)

    with_platform(data, show)


@main.command()
@DATA
def doctor(data: Path) -> None:
    """Check settings, roles, migrations, plugins, keys, what is stuck; say what to do about each fault."""
    from motcua import doctor as checks

    with settings_of(data) as settings:
        findings = asyncio.run(checks.examine(settings))
    for finding in findings:
        click.echo(str(finding))
    sys.exit(0 if all(f.ok for f in findings) else 1)


@main.group()
def tenant() -> None:
    """Bring provinces on board."""


@tenant.command("load")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@run_async
async def tenant_load(folder: Path) -> None:
    """Load a tenant's FOLDER (tenant.toml, units.csv, calendar.toml, …); loading again updates it."""
    from motcua.onboarding import load_tenant, store_packages
    from motcua.plugins.manager import Plugins
    from motcua.settings import from_environment
    from motcua.tenancy.db import Database

    settings = from_environment()
    if not settings.owner_url:
        raise ValueError("set MOTCUA_OWNER_DATABASE_URL: postgresql://mc_owner:…@host/motcua")
    owner = await Database.open(settings.owner_url, size=2)
    try:
        await store_packages(owner, Plugins.discover(settings.blocked_plugins), click.echo)
        domain = settings.domain.rsplit(":", 1)[0]
        loaded = await load_tenant(owner, folder, domain, click.echo)
    finally:
        await owner.close()
    click.echo(f"{loaded.slug} is on board at {settings.url_of(loaded.slug)}")
    click.echo(f"next: motcua keys make {loaded.slug}")


@main.group()
def staff() -> None:
    """Say who works at a tenant."""


@staff.command("add")
@click.argument("slug")
@click.argument("username")
@click.argument("full_name")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--unit", default="", help="Code of a unit; without it, every unit of the tenant.")
def staff_add(slug: str, username: str, full_name: str, role: str, unit: str) -> None:
    """Give a person a role at tenant SLUG; USERNAME is what the identity provider calls the person."""
    from motcua.onboarding import employ

    async def give(platform: Any) -> None:
        click.echo(await employ(platform, slug, username, full_name, role, unit))

    with_platform(Path(".data/demo"), give)


procedure.add_command(move)
main.add_command(procedure)
main.add_command(calendar)
main.add_command(board_voice)
main.add_command(printer)
main.add_command(site)
main.add_command(keys)
main.add_command(wallet)
main.add_command(document)
main.add_command(deliveries)
main.add_command(simulate)


@main.group()
def plugin() -> None:
    """Help those who write plugins."""


@plugin.command("check")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def plugin_check(folder: Path) -> None:
    """Read the procedure package in FOLDER, draw its process and play its scenarios."""
    from motcua.catalogue.examples import run as play
    from motcua.catalogue.packages import load_package

    package = load_package(folder)
    wrong = {s.key: found for s in package.scenarios if (found := play(package, s))}
    for key, found in wrong.items():
        click.echo(f"FAULT  {key}: " + "; ".join(found))
    right = len(package.scenarios) - len(wrong)
    click.echo(
        f"{package.code} {package.version}: {right} of {len(package.scenarios)} scenarios hold"
    )
    sys.exit(1 if wrong else 0)
