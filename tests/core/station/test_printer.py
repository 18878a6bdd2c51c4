"""The agent beside a station: paired by its own code, prints what was issued there, tells how the paper is."""

import json
import stat
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from motcua import clock
from motcua.errors import Invalid, SignInNeeded
from motcua.station import devices, jobs, printer, printer_routes
from motcua.station.paper import Folder
from tests.conftest import Browser
from tests.core.queues.conftest import Hall
from tests.core.station.person import Screen
from tests.core.station.test_printing import codes, raster

pytestmark = pytest.mark.anyio
Kiosk = Callable[[], Awaitable[Screen]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for tickets in these tests."""
    monkeypatch.setattr(printer_routes, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(printer, "_WAITS", (0.0, 0.0))


@pytest.fixture
def api(browse: Browser, hall: Hall) -> httpx2.AsyncClient:
    client = browse(hall.tenant.slug)
    client.headers["accept"] = "application/json"
    return client


async def code_for(hall: Hall, name: str = "Trạm thử") -> str:
    async with hall.work() as work:
        return await devices.make_code(work, hall.site, "printer", name)


async def agent_of(api: httpx2.AsyncClient, hall: Hall, folder: Path) -> printer.Agent:
    found = await printer.pair(api, await code_for(hall))
    assert found["station"] == "Trạm thử"
    api.headers["authorization"] = f"Bearer {found['token']}"
    return printer.Agent(api, Folder(folder), 80)


def printed(folder: Path) -> list[list[str]]:
    return [codes(raster(file.read_bytes())) for file in sorted(folder.glob("*.escpos"))]


async def test_a_number_of_the_station_comes_out_once(
    kiosk: Kiosk, hall: Hall, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    screen = await kiosk()
    agent = await agent_of(api, hall, tmp_path)
    assert await agent.once() == 0
    await screen.start()
    await screen.take("A", "B")
    assert "Phiếu đang in" in screen.page
    assert await agent.once() == 2
    assert await agent.once() == 0
    tickets = await hall.fetch("select number, public_code from ticket order by number")
    base = hall.platform.settings.url_of(hall.tenant.slug)
    assert printed(tmp_path) == [[f"{base}/q/{t['public_code']}"] for t in tickets]
    [first, _] = sorted(tmp_path.glob("*.png"))
    with Image.open(first) as picture:
        assert picture.width == 576


async def test_a_ticket_is_printed_again_when_it_is_asked_for(
    kiosk: Kiosk, hall: Hall, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    screen = await kiosk()
    agent = await agent_of(api, hall, tmp_path)
    await agent.once()
    await screen.start()
    await screen.take("A")
    assert await agent.once() == 1
    token = screen.page.split('name="ticket" value="')[1].split('"')[0]
    await screen.press("/station/print", {"ticket": token})
    assert "A001" in screen.page
    assert await agent.once() == 1
    assert len(printed(tmp_path)) == 2


async def test_without_paper_nothing_is_printed_and_the_screen_says_what_to_do(
    kiosk: Kiosk, hall: Hall, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    screen = await kiosk()
    agent = await agent_of(api, hall, tmp_path)
    (tmp_path / "paper").write_text("out")
    assert await agent.once() == 0
    await screen.start()
    await screen.take("A")
    assert "Máy in đang hết giấy" in screen.page
    assert "chụp ảnh màn hình" in screen.page
    assert await agent.once() == 0
    assert (await hall.event("device.health"))["paper"] == "out"
    (tmp_path / "paper").write_text("ok")
    assert await agent.once() == 1  # new paper within two minutes: he is still there


async def test_nobody_gets_the_ticket_of_somebody_who_has_gone(
    kiosk: Kiosk, hall: Hall, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    screen = await kiosk()
    agent = await agent_of(api, hall, tmp_path)
    await agent.once()
    await screen.start()
    await screen.take("A")
    with clock.at(clock.now() + jobs.LIFE + timedelta(seconds=1)):
        assert await agent.once() == 0
    assert printed(tmp_path) == []


async def test_a_station_without_an_agent_lets_its_browser_print(kiosk: Kiosk, hall: Hall) -> None:
    screen = await kiosk()
    await screen.start()
    await screen.take("A")
    assert "data-print" in screen.page
    assert await hall.fetch("select 1 from event where type = $1", jobs.ASKED) == []


async def test_the_station_and_its_printer_are_paired_beside_each_other(
    kiosk: Kiosk, hall: Hall, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    screen = await kiosk()
    await agent_of(api, hall, tmp_path)
    assert (await screen.open("/station")).status_code == 200
    await agent_of(api, hall, tmp_path)
    sessions = await hall.fetch("select data->>'kind' as kind from web_session order by 1")
    assert [s["kind"] for s in sessions] == ["printer", "station"]


async def test_a_printers_code_opens_no_station_and_a_stations_code_no_printer(
    kiosk: Kiosk, browse: Browser, hall: Hall, api: httpx2.AsyncClient
) -> None:
    await kiosk()
    stranger = Screen(browse(hall.tenant.slug))
    assert (await stranger.pair(await code_for(hall))).status_code == 422
    async with hall.work() as work:
        code = await devices.make_code(work, hall.site, "station", "Trạm thử")
    with pytest.raises(Invalid):
        await printer.pair(api, code)
    with pytest.raises(Invalid):
        await code_for(hall, "Không có trạm này")


async def test_a_printers_token_opens_no_page_and_a_stations_none_of_its_doors(
    kiosk: Kiosk, browse: Browser, hall: Hall, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    screen = await kiosk()
    await agent_of(api, hall, tmp_path)
    token = api.headers["authorization"].removeprefix("Bearer ")
    page = browse(hall.tenant.slug)
    page.cookies.set("mc_session", token)
    assert (await page.get("/station")).status_code == 403
    own = screen.client.cookies.get("mc_session")
    answer = await api.get("/api/printer/jobs", headers={"authorization": f"Bearer {own}"})
    assert answer.status_code == 403


async def test_an_agent_that_was_taken_away_stops(
    kiosk: Kiosk, hall: Hall, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await kiosk()
    agent = await agent_of(api, hall, tmp_path)
    api.headers["authorization"] = "Bearer nothing"
    with pytest.raises(SignInNeeded):
        await agent.once()


def test_the_token_is_kept_for_its_owner_alone_and_for_one_address(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "printer.json"
    printer._keep(file, {"url": "https://a.example", "token": "x", "station": "Trạm"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["token"] == "x"
    assert printer._kept(file, "https://a.example") == "x"
    with pytest.raises(ValueError, match="paired with"):
        printer._kept(file, "https://b.example")
    with pytest.raises(ValueError, match="not paired"):
        printer._kept(tmp_path / "none", "https://a.example")
