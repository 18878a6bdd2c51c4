"""Who walks the tour, and what is found out on the way."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import click

from motcua.demo import people
from motcua.demo.browser import Browser, HopFailedError
from motcua.wallet.holder import HolderWallet

HOME, AWAY, OFFICE = "quang-ninh", "thai-nguyen", "quoc-gia"
HOME_CODE, HOME_NAME, SITE = "22", "Quảng Ninh", "hong-gai"
CITIZENS = 40


@dataclass
class Hop:
    """One line of the tour: who did what, where, with which id."""

    who: str
    what: str
    where: str
    id: str = ""


@dataclass
class Tour:
    """What the hops share, and what they found out on the way."""

    base: str
    citizen: people.Person
    wallet: HolderWallet
    number: int = 0
    ids: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)

    def url(self, label: str, path: str = "/") -> str:
        """Return an address at a host."""
        scheme, rest = self.base.split("://", 1)
        return f"{scheme}://{label}.{rest}{path}"

    def browser(self, who: str) -> Browser:
        """Return this person's browser; everybody has his own."""
        if who not in self.browsers:
            self.browsers[who] = Browser()
        return self.browsers[who]

    @asynccontextmanager
    async def hop(self, who: str, what: str, where: str) -> AsyncIterator[Hop]:
        """Time one hop and print it when it held."""
        self.number += 1
        hop, began = Hop(who, what, where), time.perf_counter()
        yield hop
        took = (time.perf_counter() - began) * 1000
        click.echo(
            f"  {self.number:2d}  {hop.who:<12} {hop.what:<52} {hop.where:<12} {hop.id:<22} {took:6.0f} ms"
        )

    def need(self, truth: object, said: str) -> None:
        """End the tour when something is not as it should be."""
        if not truth:
            raise HopFailedError(said)
