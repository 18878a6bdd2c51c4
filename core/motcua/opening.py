"""What commands share: the platform they act on (the environment's, or else a demo's here), the tenant, the actor."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

T = TypeVar("T")
DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".data/demo"),
    show_default=True,
    help="The demo's data, when MOTCUA_DATABASE_URL is not set.",
)
TENANT = click.option("--tenant", "slug", required=True, help="The tenant's short name.")
ADDRESS = "address"
"""The file in a demo's folder that holds its address."""


@contextlib.contextmanager
def settings_of(data: Path) -> Iterator[Any]:
    """Lend the settings of the environment, or else of a demo on this machine (started if need be).

    Only errors are logged: what a command prints is its answer.
    """
    from motcua import logs
    from motcua.settings import from_environment

    logs.configure(level=40)
    if os.environ.get("MOTCUA_DATABASE_URL"):
        yield from_environment()
        return
    if not (data / "secret.key").exists():
        raise ValueError(f"no demo in {data}: run `motcua demo` first, or set MOTCUA_DATABASE_URL")
    from motcua.demo import cluster

    started = cluster.start(data, Path("tenants"), base_url=_address(data))
    try:
        yield started.settings
    finally:
        started.stop()


def _address(data: Path) -> str:
    """Return the address at which the demo of this folder was last served, and believe its authority."""
    from motcua.http import trust_also

    file, authority = data / ADDRESS, data / "https" / "ca.pem"
    if authority.exists():
        trust_also(authority)
    return file.read_text(encoding="ascii").strip() if file.exists() else "http://localhost:8000"


def with_platform(data: Path, function: Callable[[Any], Awaitable[T]], *, url: str = "") -> T:
    """Open the platform of ``settings_of``, run a coroutine function on it and return what it returns.

    ``url`` is the platform's public address, where it is not that of the settings.
    """
    from motcua.app import open_platform
    from motcua.plugins.manager import Plugins

    async def run(settings: Any) -> T:
        plugins = Plugins.discover(settings.blocked_plugins)
        async with open_platform(settings, plugins) as platform:
            await platform.directory.refresh(force=True)
            return await function(platform)

    with settings_of(data) as settings:
        return asyncio.run(run(replace(settings, base_url=url) if url else settings))


def province(platform: Any, slug: str) -> Any:
    """Return a province by its short name; ``ValueError`` tells which there are."""
    found = platform.directory.by_slug(slug)
    if found is None or not found.is_province:
        known = " ".join(t.slug for t in platform.directory.all() if t.is_province)
        raise ValueError(f"no tenant {slug!r} that issues papers; there are: {known or 'none yet'}")
    return found


def operator() -> Any:
    """Return who acts at the command line."""
    from motcua.events.log import Actor

    return Actor("operator")
