"""``motcua calendar``: a working calendar to begin with, and what differs between two of them."""

import tomllib
from pathlib import Path
from typing import Any

import click

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def calendar() -> None:
    """Make and compare working calendars."""


@calendar.command("seed")
@click.option("--year", required=True, type=int, help="The first year.")
@click.option("--until", default=0, help="The last year; without it, the first alone.")
@click.option("--corrections", type=_FILE, help="A file of swaps and days off of your own.")
def calendar_seed(year: int, until: int, corrections: Path | None) -> None:
    """Print a calendar.toml for Viet Nam: read it, correct it, then load the tenant's folder."""
    from motcua.worktime.seed import seed, shipped, to_toml

    own: dict[str, Any] = dict(shipped())
    if corrections:
        for key, rows in _read(corrections).items():
            own[key] = [*own.get(key, []), *rows] if isinstance(rows, list) else rows
    data = seed(year, until or year, own)
    comments = (
        "Lịch làm việc / working calendar, made by `motcua calendar seed`.",
        "Check it against what was announced: swapped days are often decided in the last days of a year.",
        "Sessions and cut-off are SAMPLE DATA, to be corrected by the tenant. A change is a new version.",
    )
    click.echo(to_toml(data, comments), nl=False)


@calendar.command("diff")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--names", is_flag=True, help="Compare the names of the days too.")
def calendar_diff(old: Path, new: Path, names: bool) -> None:
    """Say date by date what calendar NEW makes of calendar OLD."""
    from motcua.worktime import Calendar, differences

    before, after = (Calendar.from_data(_read(path)) for path in (old, new))
    found = differences(before, after, names=names)
    for vi, en in found:
        click.echo(f"{vi}  |  {en}")
    if not found:
        click.echo("Hai lịch như nhau.  |  The calendars agree.")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
