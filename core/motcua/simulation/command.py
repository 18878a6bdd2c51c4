"""The command ``motcua simulate``."""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import click

from motcua import clock
from motcua.dossiers.codes import local_day

_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".data/simulation"),
    show_default=True,
    help="Where the simulation keeps its data; delete it to begin anew.",
)
_TENANT = click.option("--tenant", required=True, help="Whose halls.")


@click.group()
def simulate() -> None:
    """Play days of whole provinces with invented people."""


@simulate.command("day")
@_TENANT
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="Default: the next day on which all are open."
)
@click.option("--visitors", default=20_000, show_default=True, help="People on that day.")
@click.option("--sites", default=0, help="Only so many sites; 0 for all.")
@click.option("--speed", default=600.0, show_default=True, help="At most so much faster than life.")
@click.option("--seed", default=1, show_default=True, help="The same seed draws the same people.")
@click.option("--servers", default=1, show_default=True, help="Server processes.")
@_DATA
def simulate_day(
    tenant: str,
    day: datetime | None,
    visitors: int,
    sites: int,
    speed: float,
    seed: int,
    servers: int,
    data: Path,
) -> None:
    """Drive a province's day through the HTTP API, then check every figure of it.

    Officers, devices and people are invented; the servers, the database and the requests are real. Ends with
    1 when a check does not hold.
    """
    from motcua.simulation.day import Order
    from motcua.simulation.running import run_day

    when = day.date() if day else local_day(clock.now()) + timedelta(days=1)
    order = Order(when, visitors, sites, speed, seed)
    sys.exit(asyncio.run(run_day(tenant, order, data, servers, _sayer(), seek=day is None)))


@simulate.command("check")
@_TENANT
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day to check.")
@_DATA
def simulate_check(tenant: str, day: datetime, data: Path) -> None:
    """Check the figures of a day that lies in the database, played or real."""
    from motcua.simulation.running import run_check

    sys.exit(asyncio.run(run_check(tenant, day.date(), data, _sayer())))


def _sayer() -> Callable[[str], None]:
    began = time.perf_counter()
    return lambda text: click.echo(f"  {time.perf_counter() - began:7.1f} s  {text}")
