"""The wallet that a station opens for a visit, and how the station sees to its end."""

from urllib.parse import urlsplit

import pytest

from tests.conftest import Browser
from tests.core.station.conftest import NewScreen

pytestmark = pytest.mark.anyio


async def test_the_first_screen_offers_a_wallet_for_this_visit(station: NewScreen) -> None:
    screen = await station()
    first = await screen.client.get("/station")
    assert 'href="/station/wallet"' in first.text
    away = await screen.client.get("/station/wallet")
    assert away.status_code == 303
    there = urlsplit(away.headers["location"])
    assert (there.hostname, there.path) == ("vi.localhost", "/wallet/session")
    assert there.query.startswith("pass=quang-ninh.")


@pytest.mark.parametrize("way", ["wiped", "left"])
async def test_a_wallet_that_was_opened_is_ended_before_the_next_person(
    way: str, station: NewScreen
) -> None:
    screen = await station()
    await screen.client.get("/station/wallet")
    if way == "wiped":
        answer = await screen.press("/station/wipe", follow=False)
        assert answer.headers["location"] == "/station"
    away = await screen.client.get("/station")
    assert away.status_code == 303
    assert away.headers["location"] == "http://vi.localhost:8000/wallet/session/end?at=quang-ninh"
    assert (await screen.client.get("/station")).status_code == 200


async def test_who_is_no_station_opens_no_wallet(browse: Browser) -> None:
    client = browse("quang-ninh")
    assert (await client.get("/station/wallet")).status_code in {303, 401, 403}
    assert "vi.localhost" not in (await client.get("/station/wallet")).headers.get("location", "")
