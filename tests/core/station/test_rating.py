"""The rating device at a counter, one for a whole site, and the page of a number on the telephone."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from motcua import clock
from motcua.queues import feedback, serving
from motcua.station import rating
from tests.conftest import Browser
from tests.core.queues.conftest import Hall
from tests.core.station.person import Screen, in_hall

pytestmark = pytest.mark.anyio
MakeDevice = Callable[[], Awaitable[Screen]]


@pytest.fixture
def device(browse: Browser, hall: Hall) -> MakeDevice:
    async def make() -> Screen:
        return await in_hall(Screen(browse(hall.tenant.slug)), hall, "rating", "Đánh giá 1")

    return make


async def served(hall: Hall) -> dict[str, Any]:
    issued = await hall.issue()
    if not await hall.fetch("select 1 from counter where staff_id = $1", hall.staff[0]):
        await hall.sit(0)
    await hall.bring(0)
    await hall.do(serving.finish, issued.id, hall.staff[0])
    return await hall.ticket(issued.id)


async def levels(hall: Hall) -> list[tuple[int, str | None, str]]:
    rows = await hall.fetch("select level, reason, channel from feedback order by at")
    return [(r["level"], r["reason"], r["channel"]) for r in rows]


async def test_a_device_asks_for_its_place_once(device: MakeDevice, hall: Hall) -> None:
    screen = await device()
    assert screen.seen[-1] == "/rate"
    assert "đặt ở đâu" in screen.page
    assert (await screen.press("/rate/place", {"counter": "x"})).status_code == 404
    await screen.open("/rate")
    await screen.press("/rate/place", {"counter": str(hall.counters[0])})
    assert "Kính chào" in screen.page
    answer = await screen.press("/rate/place", {"counter": "site"})
    assert answer.status_code == 409


async def test_it_asks_about_the_service_that_has_ended_and_thanks(
    device: MakeDevice, hall: Hall
) -> None:
    screen = await device()
    await screen.press("/rate/place", {"counter": str(hall.counters[0])})
    ticket = await served(hall)
    await screen.open("/rate")
    assert ticket["number"] in screen.page
    for words in ("Rất hài lòng", "Hài lòng", "Chưa hài lòng"):
        assert words in screen.page
    await screen.press("/rate", {"code": ticket["public_code"], "level": "3"})
    assert "Cảm ơn" in screen.page
    assert await levels(hall) == [(3, None, "device")]


async def test_a_dislike_is_asked_for_its_reason_first(device: MakeDevice, hall: Hall) -> None:
    screen = await device()
    await screen.press("/rate/place", {"counter": str(hall.counters[0])})
    code = (await served(hall))["public_code"]
    await screen.open("/rate")
    await screen.press("/rate", {"code": code, "level": "1"})
    assert "Điều gì chưa làm" in screen.page
    assert await levels(hall) == []
    await screen.press("/rate", {"code": code, "level": "1", "reason": "waited"})
    assert "Cảm ơn" in screen.page
    assert await levels(hall) == [(1, "waited", "device")]


async def test_who_is_choosing_a_reason_is_left_in_peace_when_the_next_service_begins(
    device: MakeDevice, hall: Hall
) -> None:
    screen = await device()
    await screen.press("/rate/place", {"counter": str(hall.counters[0])})
    code = (await served(hall))["public_code"]
    await screen.open("/rate")
    await screen.press("/rate", {"code": code, "level": "1"})
    [waits] = re.findall(r"<rate-wait[^>]*>", screen.page)
    assert "src=" not in waits, "nothing calls the page away"
    assert 'rest="60"' in waits
    await hall.issue()
    await hall.bring(0)
    await screen.press("/rate", {"code": code, "level": "1", "reason": "waited"})
    assert "Cảm ơn" in screen.page
    assert await levels(hall) == [(1, "waited", "device")]


async def test_a_device_forgets_a_service_after_a_while(device: MakeDevice, hall: Hall) -> None:
    screen = await device()
    await screen.press("/rate/place", {"counter": str(hall.counters[0])})
    code = (await served(hall))["public_code"]
    with clock.at(clock.now() + feedback.DEVICE_MINUTES):
        answer = await screen.press("/rate", {"code": code, "level": "3"})
    assert answer.status_code == 422
    assert await levels(hall) == []


async def test_a_device_at_a_counter_takes_no_other_number(device: MakeDevice, hall: Hall) -> None:
    screen = await device()
    await screen.press("/rate/place", {"counter": str(hall.counters[1])})
    code = (await served(hall))["public_code"]
    answer = await screen.press("/rate", {"code": code, "level": "3"})
    assert answer.status_code == 422
    assert await levels(hall) == []


async def test_a_device_of_the_whole_site_takes_the_code_of_the_ticket(
    device: MakeDevice, hall: Hall
) -> None:
    screen = await device()
    await screen.press("/rate/place", {"counter": "site"})
    code = (await served(hall))["public_code"]
    answer = await screen.press("/rate", {"code": "KHONGCO2", "level": "3"})
    assert answer.status_code == 422
    assert "Không đánh giá được số này" in screen.page
    await screen.press("/rate", {"code": f"http://x.test/q/{code.lower()}"})
    assert "Rất hài lòng" in screen.page
    await screen.press("/rate", {"code": code, "level": "2"})
    assert "Cảm ơn" in screen.page
    assert await levels(hall) == [(2, None, "device")]


async def test_who_waits_is_told_at_once_when_there_is_somebody_to_ask(
    device: MakeDevice, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rating, "WAIT_SECONDS", 0.0)
    screen = await device()
    await screen.press("/rate/place", {"counter": str(hall.counters[0])})
    assert (await screen.client.get("/rate/now?have=")).json() == {"code": ""}
    code = (await served(hall))["public_code"]
    assert (await screen.client.get("/rate/now?have=")).json() == {"code": code}


async def test_the_holder_of_a_number_rates_it_by_telephone_once(
    browse: Browser, hall: Hall
) -> None:
    ticket = await served(hall)
    phone = Screen(browse(hall.tenant.slug))
    await phone.open("/sign-in")
    path = f"/q/{ticket['public_code']}/rating"
    assert (await phone.press(path, {"level": "3" * 5000})).status_code == 422
    answer = await phone.press(path, {"level": "1"})
    assert answer.status_code == 200
    assert "Điều gì chưa làm" in phone.page
    answer = await phone.press(path, {"level": "1", "words": "Chờ từ sáng"})
    assert answer.status_code == 422
    answer = await phone.press(
        path, {"level": "1", "reason": "waited", "words": "Chờ từ sáng"}, follow=False
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/q/{ticket['public_code']}?thanked=1"
    assert (await phone.press(path, {"level": "3"}, follow=False)).status_code == 422
    assert await levels(hall) == [(1, "waited", "phone")]


async def test_a_code_that_belongs_to_nobody_rates_nothing(browse: Browser, hall: Hall) -> None:
    phone = Screen(browse(hall.tenant.slug))
    await phone.open("/sign-in")
    for code, status in (("KHONGCO2", 422), ("x" * 500, 422), ("%00", 404)):
        assert (await phone.press(f"/q/{code}/rating", {"level": "3"})).status_code == status
    assert await levels(hall) == []


async def test_a_station_opens_no_rating_device(
    kiosk: Callable[[], Awaitable[Screen]],
) -> None:
    screen = await kiosk()
    assert (await screen.client.get("/rate")).status_code == 403


async def test_the_device_speaks_english(device: MakeDevice, hall: Hall) -> None:
    screen = await device()
    await screen.press("/rate/place", {"counter": str(hall.counters[0])})
    await served(hall)
    await screen.open("/rate?lang=en")
    assert "Very satisfied" in screen.page
    assert re.search(r"<html lang=\"en\"", screen.page)
