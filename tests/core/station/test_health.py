"""What devices say of themselves, and who calls for help in front of one."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from motcua import clock
from motcua.errors import Invalid, NotFound
from motcua.ids import uuid7
from motcua.station import health
from tests.core.queues.conftest import Hall
from tests.core.station.person import Screen

pytestmark = pytest.mark.anyio
Kiosk = Callable[[], Awaitable[Screen]]


async def device(hall: Hall) -> UUID:
    [row] = await hall.fetch("select id from device")
    return UUID(bytes=row["id"].bytes)


async def seen(hall: Hall) -> health.DeviceHealth:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        [found] = await health.health_of(tx, [hall.site], clock.now())
    return found


async def test_a_screen_that_is_used_is_seen_and_not_at_every_touch(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await kiosk()
    before = (await seen(hall)).seen_at
    await screen.open("/station")
    assert (await seen(hall)).seen_at == before
    with clock.at(clock.now() + timedelta(minutes=1)):
        await screen.open("/station")
    later = (await seen(hall)).seen_at
    assert before
    assert later
    assert later > before


async def test_a_screen_says_whether_it_has_a_camera(kiosk: Kiosk, hall: Hall) -> None:
    screen = await kiosk()
    for _ in range(2):
        answer = await screen.press("/station/alive", {"camera": "none"}, follow=False)
        assert answer.status_code == 204
    assert (await seen(hall)).troubles == ("camera",)
    events = await hall.fetch("select payload from event where type = 'device.health'")
    assert [e["payload"]["camera"] for e in events] == ["none"]
    answer = await screen.press("/station/alive", {"camera": "broken"}, follow=False)
    assert answer.status_code == 422


async def test_a_silent_screen_is_a_trouble(kiosk: Kiosk, hall: Hall) -> None:
    await kiosk()
    assert (await seen(hall)).troubles == ()
    with clock.at(clock.now() + health.SILENT + timedelta(seconds=1)):
        assert (await seen(hall)).troubles == ("silent",)


@pytest.mark.parametrize(
    ("said", "troubles", "prints"),
    [
        ({"printer": "ok", "paper": "ok"}, (), "yes"),
        ({"printer": "ok", "paper": "low"}, ("paper_low",), "low"),
        ({"printer": "ok", "paper": "out"}, ("paper_out",), "no"),
        ({"printer": "error"}, ("printer",), "no"),
        ({"camera": "ok"}, (), ""),
    ],
)
async def test_what_a_printer_says_decides_what_becomes_of_a_ticket(
    kiosk: Kiosk, hall: Hall, said: dict[str, str], troubles: tuple[str, ...], prints: str
) -> None:
    await kiosk()
    assert await hall.do(health.report, await device(hall), said)
    assert not await hall.do(health.report, await device(hall), said)
    found = await seen(hall)
    assert found.troubles == troubles
    assert health.prints(found.health, clock.now()) == prints


async def test_a_printer_that_was_heard_once_and_is_silent_prints_nothing(
    kiosk: Kiosk, hall: Hall
) -> None:
    await kiosk()
    await hall.do(health.report, await device(hall), {"printer": "ok", "paper": "ok"})
    with clock.at(clock.now() + health.PRINTER_SILENT + timedelta(seconds=1)):
        found = await seen(hall)
        assert "printer_silent" in found.troubles
        assert health.prints(found.health, clock.now()) == "no"


@pytest.mark.parametrize("said", [{"paper": "blue"}, {"roof": "ok"}])
async def test_what_is_not_known_is_refused(kiosk: Kiosk, hall: Hall, said: dict[str, str]) -> None:
    await kiosk()
    with pytest.raises(Invalid):
        await hall.do(health.report, await device(hall), said)
    assert (await seen(hall)).health == {}


async def test_help_is_asked_once_and_stays_until_somebody_went_there(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await kiosk()
    for _ in range(2):
        await screen.press("/station/help")
    events = await hall.fetch("select payload from event where type = 'device.help'")
    assert [e["payload"]["asked"] for e in events] == [True]
    assert (await seen(hall)).troubles == ("help",)
    await hall.do(health.help_given, await device(hall))
    assert (await seen(hall)).help_since is None
    assert (await hall.event("device.help"))["asked"] is False


async def test_a_device_that_is_not_there_says_nothing(hall: Hall) -> None:
    for deed in (health.ask_help, health.help_given):
        with pytest.raises(NotFound):
            await hall.do(deed, uuid7())
    with pytest.raises(NotFound):
        await hall.do(health.report, uuid7(), {"paper": "ok"})
