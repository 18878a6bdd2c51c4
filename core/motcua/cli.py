"""The ``motcua`` program."""

import asyncio
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from motcua import __version__
from motcua.errors import Problem


class Program(click.Group):
    """Reads commands of plugins only when a command is asked for, and says errors in one line."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except (Problem, ValueError, FileNotFoundError) as error:
            click.echo(f"motcua: {error}", err=True)
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
def demo(port: int, data: Path, tour: bool) -> None:
    """Start everything on this machine: PostgreSQL, Redis, three provinces, synthetic people."""
    from motcua.demo.serve import run_demo

    sys.exit(run_demo(port, data, tour=tour))


@main.command()
@click.option("--host", default="0.0.0.0", show_default=True)  # noqa: S104 -- behind a proxy
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the web, in production: settings come from the environment (see docs/operators.md)."""
    from granian.constants import Interfaces
    from granian.server import Server

    from motcua.settings import from_environment

    from_environment()
    Server(
        "motcua.asgi:application",
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        factory=True,
        backlog=8192,
        backpressure=4096,
        log_access=False,
    ).serve()


@main.command()
@run_async
async def worker() -> None:
    """Do what is owed: relay and arq worker, in production."""
    from motcua.app import open_platform
    from motcua.plugins.manager import Plugins
    from motcua.running import background
    from motcua.settings import from_environment

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
