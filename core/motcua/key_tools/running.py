"""How a command about keys runs: on the environment's platform or the demo's, for one tenant, with its answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".data/demo"),
    show_default=True,
    help="The demo's data, when MOTCUA_DATABASE_URL is not set.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
PURPOSE = click.option(
    "--purpose",
    required=True,
    type=click.Choice(["document", "credential"]),
    help="What the key signs: PDF documents, or credentials (with status lists and requests).",
)
FILE = click.Path(path_type=Path, dir_okay=False)
PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file with the passphrase; without it you are asked.",
)

Act = Callable[[Any, Any], Awaitable[dict[str, Any]]]
Tell = Callable[[dict[str, Any]], str]


def passphrase_of(file: Path | None, *, confirm: bool = False) -> str:
    """Return the passphrase of a file, or ask for it (twice when it is new)."""
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    asked: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return asked


def settings_in(data: Path) -> AbstractContextManager[Any]:
    """Lend the settings of the environment, or of the demo."""
    from motcua import logs
    from motcua.opening import settings_of

    logs.configure(level=40)
    return settings_of(data)


def run(data: Path, slug: str, act: Act, tell: Tell, *, as_json: bool) -> None:
    """Open the platform, find the tenant, act, print."""
    from motcua.app import open_platform
    from motcua.plugins.manager import Plugins

    async def go(settings: Any) -> dict[str, Any]:
        plugins = Plugins.discover(settings.blocked_plugins)
        async with open_platform(settings, plugins) as platform:
            await platform.directory.refresh(force=True)
            tenant = platform.directory.by_slug(slug)
            if tenant is None or not tenant.is_province:
                known = " ".join(t.slug for t in platform.directory.all() if t.is_province)
                raise ValueError(f"no tenant {slug!r} that signs; there are: {known or 'none yet'}")
            return await act(platform, tenant)

    with settings_in(data) as settings:
        said = asyncio.run(go(settings))
    say(said, tell, as_json=as_json)


def say(said: dict[str, Any], tell: Tell, *, as_json: bool) -> None:
    """Print an answer: as JSON, or as sentences."""
    click.echo(json.dumps(said, ensure_ascii=False) if as_json else tell(said))


def operator() -> Any:
    """Return who acts at the command line."""
    from motcua.events.log import Actor

    return Actor("operator")
