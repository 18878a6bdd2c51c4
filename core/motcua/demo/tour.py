"""The tour: one visit from station to wallet and on to another province, through HTTP only.

Every hop is done as the person in it would do it: with a sign-in, pages, forms, cookies. A hop that does not
hold ends the tour with what was seen.
"""

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import click
import httpx2

from motcua.demo import hops_office, hops_papers, hops_station, people
from motcua.demo.browser import HopFailedError
from motcua.demo.visitor import CITIZENS, HOME, HOME_CODE, HOME_NAME, Tour
from motcua.http import client
from motcua.wallet.holder import HolderWallet

_HOPS: Sequence[Callable[[Tour], Awaitable[None]]] = (
    hops_station.pair_station,
    hops_station.at_the_station,
    hops_office.at_the_counter,
    hops_office.steps,
    hops_papers.result,
    hops_papers.reuse,
    hops_papers.national,
)


async def walk(base_url: str) -> int:
    """Walk the trace; returns 0 when every hop held, 1 otherwise."""
    draw = random.SystemRandom()
    citizen = draw.choice(people.citizens(HOME, HOME_CODE, HOME_NAME, CITIZENS))
    began = time.perf_counter()
    async with client() as http:
        tour = Tour(base_url, citizen, HolderWallet(http, now=lambda: datetime.now(UTC)))
        click.echo(f"\nThe tour: {citizen.full_name} (synthetic) visits {HOME}\n")
        try:
            for hops in _HOPS:
                await hops(tour)
        except httpx2.ConnectError as error:
            click.echo(
                f"\n  {base_url} cannot be reached: {error}. --url is the platform's address, without a "
                "tenant's name; over https, --ca is the certificate that `motcua demo --https` prints.",
                err=True,
            )
            return 1
        except (HopFailedError, ValueError, OSError, httpx2.HTTPError) as error:
            click.echo(f"\n  hop {tour.number} did not hold: {error}", err=True)
            return 1
        finally:
            for browser in tour.browsers.values():
                await browser.close()
    took = time.perf_counter() - began
    click.echo(
        f"\n  {tour.number} hops held in {took:.1f} s. See the chain: motcua trace {tour.ids['code']}\n"
    )
    return 0
