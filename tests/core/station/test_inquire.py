"""A number without a dossier, and how a dossier stands."""

import re

import pytest

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.core.station.conftest import NewScreen
from tests.core.station.person import somebody
from tests.core.station.test_visit import last_session

pytestmark = pytest.mark.anyio


async def test_a_number_needs_no_card(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station(site="tinh")
    await screen.open("/station")
    await screen.press("/station/start", {"way": "number"})
    await screen.press("/station/number", {"line": "B", "once": screen.once})
    assert re.search(r">B\d{3}<", screen.page)
    session = await last_session(platform, quang_ninh)
    assert (session["outcome"], session["data_sealed"]) == ("ticket", None)
    async with platform.db.tenant(quang_ninh) as tx:
        ticket = await tx.fetchrow("select * from ticket where id = $1", session["ticket_id"])
    assert ticket is not None
    assert ticket["person_id"] is None
    assert ticket["trace_id"] == session["trace_id"]


async def test_without_a_card_the_way_leads_to_the_counter(station: NewScreen) -> None:
    screen = await station(site="tinh")
    await screen.open("/station")
    await screen.press("/station/start", {"way": "apply"})
    await screen.press("/station/identify", {"no_card": "1"})
    assert screen.seen[-1] == "/station/number"
    assert "Nhân viên ở quầy sẽ kiểm tra giấy tờ" in screen.page


async def test_one_press_or_two_are_one_number(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station(site="tinh")
    await screen.open("/station")
    await screen.press("/station/start", {"way": "number"})
    body = {"_csrf_token": await screen.token(), "line": "C", "once": screen.once}
    first = await screen.client.post("/station/number", data=body)
    second = await screen.client.post("/station/number", data=body)
    assert first.headers["location"] == second.headers["location"]
    trace = (await last_session(platform, quang_ninh))["trace_id"]
    async with platform.db.tenant(quang_ninh) as tx:
        assert await tx.fetchval("select count(*) from ticket where trace_id = $1", trace) == 1


async def test_who_is_known_gets_one_number_in_a_line(station: NewScreen) -> None:
    screen = await station(site="tinh")
    for _ in range(2):
        await screen.identify(somebody(40), way="number")
        assert screen.seen[-1] == "/station/number"
        answer = await screen.press("/station/number", {"line": "A", "once": screen.once})
    assert answer.status_code == 409
    assert "đã có số" in screen.page


async def test_a_line_that_is_not_there_is_refused(station: NewScreen) -> None:
    screen = await station(site="tinh")
    await screen.open("/station")
    await screen.press("/station/start", {"way": "number"})
    answer = await screen.press("/station/number", {"line": "Z", "once": screen.once})
    assert answer.status_code == 404
    assert "không có lĩnh vực này" in screen.page


async def test_the_code_or_the_link_of_the_slip_shows_how_the_dossier_stands(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    person = somebody(39)
    await screen.identify(person)
    await screen.fill_copy()
    await screen.hand_in()
    found = re.search(r"Mã tra cứu: ([0-9A-Z]{12})", screen.page)
    assert found
    for typed in (found[1].lower(), f"http://quang-ninh.localhost:8000/track/{found[1]}"):
        await screen.open("/station")
        await screen.press("/station/start", {"way": "track"})
        await screen.press("/station/track", {"code": typed})
        assert "Mới đăng ký" in screen.page
        assert person.full_name not in screen.page
    await screen.press("/station/track", {"code": ""})
    answer = await screen.press("/station/track", {"code": "KHONGCOMANAY"})
    assert answer.status_code == 404
    assert "Không có hồ sơ nào với mã này" in screen.page


async def test_a_code_with_characters_that_nobody_can_type_opens_nothing(
    station: NewScreen,
) -> None:
    screen = await station(site="tinh")
    for way, path, key in (
        ("track", "/station/track", "code"),
        ("number", "/station/appointment", "code"),
        ("number", "/station/number", "line"),
    ):
        await screen.start(way)
        assert (await screen.press(path, {key: "WRONG\0"})).status_code == 404
