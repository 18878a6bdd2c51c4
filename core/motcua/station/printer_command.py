"""The command ``motcua printer``; what it needs is imported when it is called."""

import asyncio
from pathlib import Path

import click


@click.command()
@click.option(
    "--url", required=True, help="The tenant's address, such as https://province.example."
)
@click.option("--code", default="", help="The code made for the printer at the desk; needed once.")
@click.option("--to", required=True, help="file:/dev/usb/lp0, tcp:host:9100 or folder:DIR.")
@click.option(
    "--width",
    type=click.Choice(["58", "80"]),
    default="80",
    show_default=True,
    help="Width of the paper in millimetres.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the token is kept, readable by its owner alone.  [default: in the user's settings]",
)
@click.option("--once", is_flag=True, help="Ask for tickets once, then stop.")
def printer(
    url: str, code: str, to: str, width: str, token_file: Path | None, *, once: bool
) -> None:
    """Print the tickets of a kiosk, and tell the centre how the paper is."""
    from motcua.station.printer import serve

    kept = token_file or Path(click.get_app_dir("motcua")) / "printer.json"
    asyncio.run(serve(url, code, to, int(width), kept, once=once))
