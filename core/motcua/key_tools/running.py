"""How a command about keys runs: on the environment's platform or the demo's, for one tenant, with its answer."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from motcua.opening import province, with_platform

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


def run(data: Path, slug: str, act: Act, tell: Tell, *, as_json: bool) -> None:
    """Open the platform, find the tenant, act, print."""

    async def go(platform: Any) -> dict[str, Any]:
        return await act(platform, province(platform, slug))

    say(with_platform(data, go), tell, as_json=as_json)


def say(said: dict[str, Any], tell: Tell, *, as_json: bool) -> None:
    """Print an answer: as JSON, or as sentences."""
    click.echo(json.dumps(said, ensure_ascii=False) if as_json else tell(said))
