"""The settings and the open platform of a command: the environment's, or else a demo's on this machine."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ADDRESS = "address"
"""The file in a demo's folder that holds its address."""


@contextlib.contextmanager
def settings_of(data: Path) -> Iterator[Any]:
    """Lend the settings of the environment, or else of a demo on this machine (started if need be)."""
    from motcua.settings import from_environment

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


def with_platform(data: Path, function: Callable[[Any], Any]) -> None:
    """Open the platform of ``settings_of`` and run a coroutine function on it."""
    from motcua.app import open_platform
    from motcua.plugins.manager import Plugins

    async def run(settings: Any) -> None:
        plugins = Plugins.discover(settings.blocked_plugins)
        async with open_platform(settings, plugins) as platform:
            await function(platform)

    with settings_of(data) as settings:
        asyncio.run(run(settings))
