"""Stations of the test run, each paired once."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import count

import pytest

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.queues.conftest import Hall, hall
from tests.core.station.person import Screen, in_hall, new_code

__all__ = ["hall"]

NewScreen = Callable[..., Awaitable[Screen]]


@pytest.fixture(scope="session")
def serial() -> Iterator[int]:
    return count(1)


@pytest.fixture
def station(
    browse: Browser, platform: Platform, quang_ninh: Tenant, serial: Iterator[int]
) -> NewScreen:
    """Return a maker of paired stations; it takes the key of a site."""

    async def make(site: str = "hong-gai") -> Screen:
        screen = Screen(browse("quang-ninh"))
        code = await new_code(platform, quang_ninh, f"Trạm {next(serial)}", site)
        answer = await screen.pair(code)
        assert answer.status_code == 200, answer.text
        return screen

    return make


@pytest.fixture
def kiosk(browse: Browser, hall: Hall) -> Callable[[], Awaitable[Screen]]:
    """Return a maker of paired stations of a hall of its own."""

    async def make() -> Screen:
        return await in_hall(Screen(browse(hall.tenant.slug)), hall, "station", "Trạm thử")

    return make
