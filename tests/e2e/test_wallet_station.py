"""The wallet of one visit at a station: nothing of it is left for the next person."""

from playwright.sync_api import expect

from motcua.demo.visitor import HOME
from tests.e2e import walks
from tests.e2e.conftest import MakeVisitor
from tests.e2e.house import House
from tests.e2e.visitor import PHONE
from tests.e2e.wallet_page import (
    QUIET,
    STATION,
    Office,
    bring,
    take,
)

_STORES = "async () => (await indexedDB.databases()).map((one) => one.name)"


def test_the_wallet_of_a_station_is_wiped_at_the_end_of_the_visit(
    office: Office, visitor: MakeVisitor
) -> None:
    walk = walks.Walk(visitor)
    station = walk.visitor("station")
    station.forgiven = QUIET
    take(station, office.sample())  # somebody's own wallet, in the same browser: it stays
    walks.pair(walk)
    station.press(station.link("Mở ví cho lần này"))
    expect(station.page.get_by_text("ví cho lần này tại trạm")).to_be_visible()
    expect(station.page.locator(".pass")).to_have_count(0)
    station.look("station-wallet", STATION, PHONE)
    bring(station, office.sample()["offer"])
    station.button("Nhận giấy tờ").click()
    expect(station.button("Lưu vào ví")).to_have_count(0)
    station.button("Dùng cho lần này").click()
    expect(station.page.locator(".pass")).to_have_count(1)
    station.look("station-wallet-paper", STATION)
    assert "motcua-wallet-visit" in station.page.evaluate(_STORES)
    station.link("Kết thúc và xóa").click()
    station.page.wait_for_url("**/station")
    station.go("vi")
    expect(station.page.locator(".pass")).to_have_count(1)  # his own again
    expect(station.page.get_by_text("tại trạm")).to_have_count(0)
    assert station.page.evaluate(_STORES) == ["motcua-wallet"]


def test_the_first_screen_of_a_station_ends_a_wallet_that_was_left_open(
    house: House, office: Office, visitor: MakeVisitor
) -> None:
    walk = walks.Walk(visitor)
    walks.pair(walk)
    station = walk.visitor("station")
    station.press(station.link("Mở ví cho lần này"))
    bring(station, office.sample()["offer"])
    station.button("Nhận giấy tờ").click()
    station.button("Dùng cho lần này").click()
    expect(station.page.locator(".pass")).to_have_count(1)
    station.page.goto(house.url(HOME, "/station"))
    station.page.wait_for_url("**/station")
    expect(station.page.get_by_text("Xin chào")).to_be_visible()
    station.press(station.link("Mở ví cho lần này"))
    expect(station.page.locator(".pass")).to_have_count(0)
    station.go("vi", "/wallet/session/end")
    station.page.wait_for_url("**/station")
    station.go("vi", "/wallet/session?pass=quang-ninh.99999999999.forged")
    assert "motcua-wallet-visit" not in station.page.evaluate(_STORES)
