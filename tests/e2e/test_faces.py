"""Every face of the house in Chromium, walked by its people; see ``Visitor.look`` for what must hold.

The walk of one visit goes from the portal to another province. Its parts are fixtures, so that each
test says what it needs and is run after it.
"""

import re

import pytest
from playwright.sync_api import expect

from motcua.demo.visitor import AWAY, HOME, OFFICE, SITE
from tests.e2e import walks
from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitor import HALL, WIDE
from tests.e2e.walks import Walk


@pytest.fixture(scope="module")
def walk(visitor: MakeVisitor, secrets: set[str]) -> Walk:
    walk = Walk(visitor)
    secrets |= {walk.citizen.full_name, walk.citizen.personal_id}
    return walk


@pytest.fixture(scope="module")
def applied(walk: Walk) -> Walk:
    walks.apply(walk)
    return walk


@pytest.fixture(scope="module")
def ticketed(applied: Walk) -> Walk:
    walks.pair(applied)
    applied.known["number"] = walks.take_number(applied)
    applied.known["ticket"] = walks.hand_in(applied)
    for line in "CBD":
        walks.take_number(applied, line)
    return applied


@pytest.fixture(scope="module")
def received(ticketed: Walk) -> Walk:
    walks.sit_down(ticketed)
    walks.open_board(ticketed)
    assert walks.call(ticketed) < 1.0
    walks.call_unseen(ticketed)
    walks.receive(ticketed)
    return ticketed


@pytest.fixture(scope="module")
def awaited(received: Walk) -> Walk:
    walks.wait_in_wallet(received)
    return received


@pytest.fixture(scope="module")
def issued(awaited: Walk, secrets: set[str]) -> Walk:
    walks.settle(awaited)
    walks.offered(awaited)
    secrets.add(awaited.known["offer"].rsplit("%2F", 1)[-1])
    return awaited


@pytest.fixture(scope="module")
def held(issued: Walk) -> Walk:
    walks.receive_in_wallet(issued)
    return issued


def test_a_procedure_is_found_by_plain_words_and_leads_to_the_sign_in(walk: Walk) -> None:
    who = walks.find(walk)
    expect(who.page.locator("h1")).to_have_text("Định danh thử nghiệm")


def test_a_citizen_applies_and_follows_the_dossier(applied: Walk) -> None:
    anybody = walks.follow_up(applied)
    expect(anybody.page.get_by_text(applied.known["online"])).to_be_visible()
    expect(anybody.page.get_by_text(applied.citizen.full_name)).to_have_count(0)


def test_a_visitor_gets_a_ticket_with_his_dossier_and_leaves_nothing(ticketed: Walk) -> None:
    station = walks.track_at_station(ticketed)
    station.go(HOME, "/station/check")
    expect(station.page.get_by_text(ticketed.citizen.full_name)).to_have_count(0)
    assert (
        station.page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        == []
    )


def test_an_officer_calls_compares_and_accepts(received: Walk) -> None:
    officer = received.visitor("tiepnhan")
    officer.go(HOME, f"/desk/dossier/{received.known['dossier']}")
    expect(officer.page.locator("h1")).to_contain_text(re.compile(r"H\d{2}\.[\d.]+-\d{6}-\d{4}"))
    officer.look("desk-dossier")


def test_the_board_shows_the_call_large_enough_for_a_hall(received: Walk) -> None:
    hall = received.visitor("hall")
    number = hall.page.locator(".call-number")
    expect(number).to_have_text(received.known["ticket"], timeout=10_000)  # each stands for 8 s
    hall.look("board", HALL, WIDE)
    hall.page.set_viewport_size({"width": HALL[0], "height": HALL[1]})
    box = number.bounding_box()
    assert box
    assert box["height"] > 150


def test_an_administrator_looks_after_devices_and_failed_deliveries(received: Walk) -> None:
    admin = received.officer("quantri")
    places = [("/desk", "admin-desk"), ("/desk/outbox", "desk-outbox"), ("/x/admin", "admin-home")]
    walks.look_round(admin, HOME, places)


def test_the_result_goes_into_the_wallet_in_the_browser(held: Walk) -> None:
    expect(held.visitor("citizen").page.locator(".pass")).to_contain_text(held.citizen.full_name)


def test_a_result_that_a_wallet_waited_for_arrives_after_the_page_was_closed(issued: Walk) -> None:
    who = walks.arrives_in_wallet(issued)
    expect(who.page.locator(".pass")).to_contain_text(issued.citizen.full_name)
    expect(who.page.locator(".awaited")).to_have_count(0)


def test_another_province_takes_the_paper_from_the_wallet(held: Walk) -> None:
    walks.present(held)
    who = walks.submit_away(held)
    assert f"//{AWAY}." in who.page.url
    expect(who.page.locator("main").get_by_text("ví").first).to_be_visible()
    who.go("vi")
    expect(who.page.get_by_text("Thái Nguyên").first).to_be_visible()
    who.look("wallet-history")


def test_anybody_can_verify_the_result(issued: Walk) -> None:
    citizen, anybody = issued.visitor("citizen"), issued.visitor("anybody")
    citizen.go(HOME, f"/my/{issued.known['dossier']}")
    anybody.page.goto(str(citizen.link("Trang kiểm tra").evaluate("a => a.href")))
    expect(anybody.page.locator(".notice.ok")).to_be_visible()
    anybody.look("portal-verify")


def test_the_national_office_sees_figures_and_no_person(received: Walk) -> None:
    office = received.visitor("office")
    office.sign_in(OFFICE, "dieuphoi")
    office.go(OFFICE)
    expect(office.page.locator("main")).to_contain_text("Quảng Ninh")
    expect(office.page.get_by_text(received.citizen.full_name)).to_have_count(0)
    office.look("national")


def test_the_public_pages_hold_in_english_too(received: Walk) -> None:
    anybody = received.visitor("anybody")
    walks.look_round(
        anybody,
        HOME,
        [
            ("/x/service-standards", "service-standards"),
            ("/?lang=en", "english-home"),
            ("/procedures", "english-procedures"),
        ],
    )
    anybody.forgiven = re.compile(r"Failed to load resource: .* status of 404")
    anybody.go(HOME, "/track/KHONGCO23456")
    anybody.look("english-not-found")


def test_the_portal_works_without_scripts(visitor: MakeVisitor, received: Walk) -> None:
    who = visitor(java_script_enabled=False)
    who.go(HOME)
    who.page.locator("#q").fill("sao so goc")
    who.press(who.button("Tìm"))
    expect(who.page.get_by_text("bản sao").first).to_be_visible()
    who.sign_in(HOME, "congdan11.quang-ninh", "citizen")
    who.go(HOME, f"/procedures/{walks.COPY}")
    who.press(who.button("Nộp hồ sơ"))
    first = who.page.url
    for _ in range(2):  # the second time with the questions that the first answer brought
        walks.answer(who.page.locator("main"))
        who.press(who.button("Lưu và tiếp tục"))
    assert who.page.url != first
    who.go(HOME, f"/board/{SITE}")
    expect(who.page.locator(".call-number")).to_have_text(received.known["ticket"])
    assert not who.troubles
