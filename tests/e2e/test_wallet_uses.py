"""The wallet put to use in Chromium: it signs an application, fills a form in, and says at a station who is there."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from motcua.demo import people
from motcua.demo.visitor import AWAY, HOME, HOME_CODE, HOME_NAME
from tests.e2e import walks
from tests.e2e.conftest import MakeVisitor
from tests.e2e.house import House
from tests.e2e.visitor import PHONE, Visitor
from tests.e2e.walks import COPY, Walk
from tests.e2e.wallet_page import STATION, Office, take

IDENTITY = "3.999001.MAU"
SIGN, AGREE = "Ký bằng giấy tờ trong ví", "Đồng ý và ký"
_FILL = 'form[action$="/fill"] button'
_SIGNED = "đã được ký bằng ví; nội dung đúng như lúc ký"


@pytest.fixture(scope="module")
def walk(visitor: MakeVisitor) -> Walk:
    """Somebody with the identity paper of the sandbox in the wallet of his browser."""
    walk = Walk(visitor, people.citizens(HOME, HOME_CODE, HOME_NAME, 40)[21])
    get_identity_paper(walk)
    return walk


def get_identity_paper(walk: Walk) -> None:
    """Apply for the identity paper, have it decided, and take it into the wallet."""
    who = walk.signed_in()
    begin(who, HOME, IDENTITY)
    to_the_check(who)
    walks.answer(who.page.locator("main"))
    who.press(who.button("Nộp hồ sơ"))
    track = who.page.locator("#track-code").inner_text()
    who.press(who.link("Xem hồ sơ"))
    walk.known["dossier"] = who.page.url.rsplit("/", 1)[1].split("?")[0]
    accept(walk, track)
    leader = walk.officer("lanhdao")
    leader.go(HOME, f"/desk/dossier/{walk.known['dossier']}")
    leader.press(leader.page.locator('form[action$="/step"] button[type="submit"]').first)
    walks.until_there(who, HOME, f"/my/{walk.known['dossier']}", "Đưa vào ví trên máy này")
    who.press(who.button("Đưa vào ví trên máy này"))
    who.press(who.button("Đăng nhập để nhận"))
    who.press(who.button("Đồng ý đưa vào ví"))
    who.button("Lưu vào ví").click()
    expect(who.page.locator(".badge.ok")).to_be_visible()
    expect(who.link("Về trang của Tỉnh Quảng Ninh")).to_be_visible()


def accept(walk: Walk, track: str) -> None:
    receiver = walk.officer("tiepnhan")
    receiver.go(HOME, f"/desk/find?q={track}")
    for box in receiver.page.locator('[name="component"]').all():
        box.check()
    receiver.press(receiver.button("Tiếp nhận hồ sơ"))


def begin(who: Visitor, label: str, procedure: str) -> None:
    who.go(label, f"/procedures/{procedure}")
    who.press(who.button("Nộp hồ sơ"))


def to_the_check(who: Visitor) -> None:
    """Answer the form and choose the office, up to the page that shows everything once more."""
    for _ in range(12):
        if "/check" in who.page.url:
            return
        if "/unit" in who.page.url:
            if f"//{HOME}." in who.page.url:
                who.page.locator("#q").fill("Hồng Gai")
                who.press(who.button("Tìm"))
            who.page.locator('[name="unit"]').first.check()
        else:
            walks.answer(who.page.locator("main"))
        who.press(who.button("Lưu và tiếp tục"))
    raise AssertionError(f"no way on from {who.page.url}")


def sign(who: Visitor) -> None:
    """Open the wallet with what would be submitted, read it there, agree, come back."""
    walks.answer(who.page.locator("main"))
    who.press(who.button(SIGN))
    expect(who.page.locator(".card.act")).to_contain_text(COPY)
    who.button(AGREE).click()
    who.page.wait_for_url(re.compile(r"/drafts/.+/(check|signed)"))


def test_an_application_is_signed_with_the_wallet_and_the_officer_checks_it(walk: Walk) -> None:
    who = walk.signed_in()
    begin(who, HOME, COPY)
    to_the_check(who)
    who.look("sign-check")
    who.press(who.button(SIGN))
    expect(who.page.locator("[data-error-summary]")).to_be_visible()  # not declared yet
    walks.answer(who.page.locator("main"))
    who.press(who.button(SIGN))
    expect(who.page.locator(".card.act")).to_contain_text(COPY)
    expect(who.page.get_by_text("Nộp hồ sơ: Cấp bản sao từ sổ gốc")).to_be_visible()
    who.look("wallet-sign")
    who.press(who.button("Từ chối"))
    expect(who.page.get_by_text("Hồ sơ chưa được ký")).to_be_visible()
    expect(who.page.get_by_text(_SIGNED)).to_have_count(0)
    who.look("sign-refused")
    sign(who)
    expect(who.page.get_by_text(_SIGNED)).to_be_visible()
    who.look("sign-signed")
    who.press(who.button("Nộp hồ sơ đã ký"))
    expect(who.page.get_by_text("Hồ sơ có chữ ký bằng ví.")).to_be_visible()
    who.look("sign-submitted")
    track = who.page.locator("#track-code").inner_text()
    who.press(who.link("Xem hồ sơ"))
    expect(who.page.locator("#signed")).to_contain_text(walk.citizen.full_name)
    who.look("sign-dossier")
    who.go("vi")
    expect(who.page.locator(".history")).to_contain_text(COPY)
    who.look("sign-history")
    officer = walk.officer("tiepnhan")
    officer.go(HOME, f"/desk/find?q={track}")
    officer.press(officer.page.locator('a[href$="/signature"]').first)
    expect(officer.page.get_by_text("Chữ ký vẫn đúng")).to_be_visible()
    expect(officer.page.get_by_text("đúng như nội dung đã ký")).to_be_visible()
    expect(officer.page.locator(".summary").first).to_contain_text(walk.citizen.full_name)
    officer.look("sign-officer")


def test_what_is_changed_after_signing_has_to_be_signed_again(walk: Walk) -> None:
    who = walk.signed_in()
    begin(who, HOME, COPY)
    to_the_check(who)
    sign(who)
    home = re.sub(r"/check.*", "", who.page.url)
    who.press(who.page.locator('a[href*="f-copies"]').first)
    who.page.locator('[name="copies"]').fill("3")
    who.press(who.button("Lưu và tiếp tục"))
    who.page.goto(f"{home}/check")
    expect(who.page.get_by_text("chữ ký cũ không còn tính")).to_be_visible()
    who.look("sign-stale")
    sign(who)
    expect(who.page.get_by_text(_SIGNED)).to_be_visible()


def test_the_paper_of_another_person_signs_nothing(walk: Walk, visitor: MakeVisitor) -> None:
    who = walk.signed_in()
    other = people.citizens(HOME, HOME_CODE, HOME_NAME, 40)[22]
    who.context.clear_cookies()
    who.sign_in(HOME, other.username, "citizen")
    begin(who, HOME, COPY)
    to_the_check(who)
    sign(who)
    expect(who.page.get_by_role("alert")).to_contain_text("của người khác")
    expect(who.page.get_by_text(_SIGNED)).to_have_count(0)
    who.look("sign-other-person")


def test_a_wallet_without_an_identity_paper_says_what_is_missing(
    walk: Walk, visitor: MakeVisitor
) -> None:
    who = visitor()
    who.sign_in(AWAY, walk.citizen.username, "citizen")
    begin(who, AWAY, COPY)
    to_the_check(who)
    walks.answer(who.page.locator("main"))
    who.press(who.button(SIGN))
    expect(who.page.get_by_role("alert")).to_contain_text("không có giấy tờ phù hợp")
    expect(who.button(AGREE)).to_have_count(0)
    who.look("wallet-sign-nothing")
    who.press(who.button("Quay lại, không chia sẻ"))
    expect(who.page.get_by_text("Hồ sơ chưa được ký")).to_be_visible()
    who.look("sign-without-paper")


def test_a_form_is_filled_in_from_a_paper_and_says_so(walk: Walk, house: House) -> None:
    who = walk.signed_in()
    take(who, Office(house).sample("register-copy"))
    begin(who, HOME, COPY)
    expect(who.page.locator(_FILL)).to_be_visible()
    who.look("fill-offered")
    who.press(who.page.locator(_FILL))
    expect(who.button("Đồng ý chia sẻ")).to_be_visible()
    who.look("wallet-fill")
    who.button("Đồng ý chia sẻ").click()
    who.page.wait_for_url("**filled=**")
    expect(who.page.locator('[name="subject_name"]')).to_have_value(re.compile("Người Mẫu"))
    expect(who.page.get_by_text("Lấy từ ví: Bản sao từ sổ gốc").first).to_be_visible()
    # The paper is another person's: nothing of who is signed in stays beside that name.
    expect(who.page.get_by_text("Giấy tờ này của người khác")).to_be_visible()
    who.look("fill-filled")


def test_a_station_learns_who_is_there_from_the_wallet_of_a_telephone(
    walk: Walk, tmp_path: Path
) -> None:
    who, station = walk.signed_in(), walks.pair(walk)
    station.press(station.page.locator('button[value="apply"]'))
    station.press(station.button("Hiện mã để quét bằng ví"))
    station.look("station-by-wallet", STATION, PHONE)
    picture = tmp_path / "code.png"
    station.page.locator(".wallet-code svg").screenshot(path=picture)
    who.go("vi", "/#scan")
    who.page.reload()
    who.page.locator("#picture").set_input_files(picture)
    expect(who.button("Đồng ý chia sẻ")).to_be_visible()
    who.look("wallet-station")
    who.button("Đồng ý chia sẻ").click()
    expect(who.page.get_by_text("Đã chia sẻ.")).to_be_visible()
    expect(station.page.get_by_text(walk.citizen.full_name)).to_be_visible()  # by itself
    expect(station.page.get_by_text(walk.citizen.personal_id)).to_have_count(0)
    station.look("station-by-wallet-card", STATION, PHONE)
    station.press(station.button("Đúng, tiếp tục"))
    station.press(station.page.locator('button[value="yes"]'))
    station.press(station.button("Kết thúc"))
    station.go(HOME, "/station/card")
    expect(station.page.get_by_text(walk.citizen.full_name)).to_have_count(0)
