"""The command ``motcua site``."""

import asyncio
import time
from pathlib import Path

import click


@click.command()
@click.option("--url", required=True, help="The tenant's address at the centre.")
@click.option(
    "--code", default="", help="The pairing code, the first time (made at /desk/devices)."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".data/site"),
    show_default=True,
    help="Where this machine keeps its own data.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for the hall's network."
)
@click.option("--port", default=8090, show_default=True, help="Port of the hall's address.")
def site(url: str, code: str, data: Path, host: str, port: int) -> None:
    """Keep one hall going when the province is out of reach.

    Runs on a small machine at the centre. Kiosks, boards and desks of the hall use its address: it passes
    everything through while the province answers, and issues and calls by itself when the line is cut.
    """
    from motcua import logs
    from motcua.node.run import run_site

    began = time.perf_counter()

    def say(text: str) -> None:
        click.echo(f"  {time.perf_counter() - began:6.1f} s  {text}")

    data.mkdir(parents=True, exist_ok=True)
    logs.configure(file=data / "site.log")
    asyncio.run(run_site(url.rstrip("/"), data, host, port, code, say))
