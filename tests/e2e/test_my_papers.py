"""My papers in Chromium: the store, one tap, a share and whoever opens it, and a result that was wrong."""

import pytest
from playwright.sync_api import expect

from motcua.demo import people
from motcua.demo.visitor import HOME, HOME_CODE, HOME_NAME
from tests.e2e import walks
from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitor import Visitor
from tests.e2e.walks import ALLOWANCE, Walk

_BEGINS = "async (path) => (await (await fetch(path)).text()).slice(0, 4)"
_PROPOSAL = {"basis": "Khoản 1 Điều 1 Quy chế mẫu", "reason": "Ghi sai số trong sổ gốc"}


@pytest.fixture(scope="module")
def walk(visitor: MakeVisitor) -> Walk:
    """Somebody whose dossier from the station was accepted and decided."""
    walk = Walk(visitor, people.citizens(HOME, HOME_CODE, HOME_NAME, 40)[24])
    walks.pair(walk)
    walks.hand_in(walk)
    receiver = walk.officer("tiepnhan")
    receiver.go(HOME, f"/desk/find?q={walk.known['track']}")
    walk.known["dossier"] = receiver.page.url.rsplit("/", 1)[1].split("?")[0]
    for box in receiver.page.locator('[name="component"]').all():
        box.check()
    receiver.press(receiver.button("Tiếp nhận hồ sơ"))
    walks.settle(walk)
    walks.until_there(walk.signed_in(), HOME, f"/my/{walk.known['dossier']}", "Nhận vào ví")
    return walk


def test_everything_is_in_one_place_and_used_again_with_one_tap(walk: Walk) -> None:
    who = walk.signed_in()
    who.go(HOME, "/my/papers")
    expect(who.page.locator(".holding")).to_have_count(2)
    who.look("my-papers")
    with who.page.expect_download() as coming:
        who.link("Tải tất cả").click()
    assert coming.value.suggested_filename.endswith(".zip")
    who.go(HOME, "/my/papers?q=khongco")
    who.look("my-papers-none")
    who.go(HOME, f"/procedures/{ALLOWANCE}")
    who.press(who.button("Nộp hồ sơ"))
    walks.fill_pages(who, "/form/", "allowance-form", "Lưu và tiếp tục")
    expect(who.page.get_by_text("Giấy tờ bạn đã có ở đây")).to_be_visible()
    who.look("portal-papers-one-tap")
    who.press(who.button("Dùng giấy tờ này"))
    expect(who.page.get_by_text("Giấy tờ bạn đã có ở đây")).to_have_count(0)
    who.look("portal-papers-used")


def _share(who: Visitor, kind: str, name: str = "") -> None:
    who.go(HOME, "/my/papers")
    who.press(who.link("Chia sẻ –"))
    who.page.locator(f'[name="kind"][value="{kind}"]').check()
    if name:
        who.page.locator('[name="recipient"]').fill(name)
    else:
        who.page.locator('[name="unit"]').select_option(label="Phường Hồng Gai")
    who.page.locator('[name="purpose"]').fill("Vay vốn mua nhà")


def test_a_share_opens_with_its_code_and_the_owner_sees_it(walk: Walk) -> None:
    who = walk.signed_in()
    who.go(HOME, "/my/shares")
    expect(who.page.locator('nav a[aria-current="page"]').first).to_have_text("Giấy tờ của tôi")
    who.look("shares-none")
    who.go(HOME, "/my/shares/new")
    who.press(who.button("Chia sẻ", exact=True))
    who.look("share-wrong")
    _share(who, "person", "Ngân hàng Mẫu")
    who.look("share-new")
    who.press(who.button("Chia sẻ", exact=True))
    code = who.page.locator("#share-code").inner_text().strip()
    link = who.page.locator("#share-link").inner_text().strip()
    who.context.grant_permissions(["clipboard-read", "clipboard-write"])
    who.button("Gửi hoặc sao chép liên kết").click()
    expect(who.page.get_by_text("Đã sao chép.")).to_be_visible()
    assert who.page.evaluate("navigator.clipboard.readText()") == link
    who.look("share-made")
    guest = walk.visitor("guest")
    guest.page.goto(link)
    guest.look("shared-code")
    guest.page.locator('[name="code"]').fill(f"{(int(code) + 1) % 1_000_000:06d}")
    guest.press(guest.button("Mở", exact=True))
    guest.look("shared-wrong")
    guest.page.locator('[name="code"]').fill(code)
    guest.press(guest.button("Mở", exact=True))
    assert guest.page.url.endswith("/shared"), "the address holds no secret"
    guest.look("shared")
    assert guest.page.evaluate(_BEGINS, "/shared/paper/1.pdf") == "%PDF"
    who.go(HOME, "/my/shares")
    who.look("shares")
    who.press(who.link("Ngân hàng Mẫu"))
    expect(who.page.get_by_text("nhập sai mã")).to_be_visible()
    who.look("share")
    who.go(HOME, "/my/looks")
    who.look("looks")
    who.go(HOME, "/my/shares")
    who.press(who.link("Ngân hàng Mẫu"))
    who.press(who.button("Dừng chia sẻ ngay"))
    expect(who.page.get_by_text("Bạn đã dừng")).to_be_visible()
    who.look("share-ended")
    guest.page.reload()
    expect(guest.page.get_by_text("Việc chia sẻ đã kết thúc")).to_be_visible()
    assert guest.page.evaluate(_BEGINS, "/shared/paper/1.pdf") != "%PDF"


def test_an_office_of_the_province_opens_it_at_its_desk(walk: Walk) -> None:
    who, officer = walk.signed_in(), walk.officer("tiepnhan")
    _share(who, "unit")
    who.look("share-new-office")
    who.press(who.button("Chia sẻ", exact=True))
    who.look("share-made-office")
    officer.go(HOME, "/desk/shared")
    officer.look("desk-shared")
    officer.press(officer.page.locator(f'a:has-text("{walk.citizen.full_name}")').first)
    officer.look("desk-shared-one")


def test_a_wrong_result_is_withdrawn_by_two_and_the_person_reads_why(walk: Walk) -> None:
    page = f"/desk/dossier/{walk.known['dossier']}"
    specialist, leader, who = walk.officer("chuyenvien"), walk.officer("lanhdao"), walk.signed_in()
    specialist.go(HOME, page)
    specialist.page.locator("summary", has_text="Đề nghị thu hồi").click()
    specialist.press(specialist.button("Gửi đề nghị thu hồi"))
    specialist.look("desk-withdraw-wrong")
    specialist.page.locator('[name="kind"][value="replace"]').check()
    specialist.page.locator('[name="ground"]').select_option("wrong_content")
    for name, value in _PROPOSAL.items():
        specialist.page.locator(f'form[action$="/withdraw"] [name="{name}"]').fill(value)
    specialist.press(specialist.button("Gửi đề nghị thu hồi"))
    leader.go(HOME, page)
    leader.look("desk-withdraw-proposed")
    leader.press(leader.button("Ký thu hồi kết quả"))
    leader.look("desk-withdraw-signed")
    walks.until_there(who, HOME, f"/my/{walk.known['dossier']}", "Quyết định thu hồi (PDF)")
    expect(who.link("Tải bản đã bị thu hồi")).to_have_class("button secondary")
    who.look("portal-withdrawn")
    public = str(who.page.locator('a[href*="/verify/"]').first.get_attribute("href"))
    who.press(who.link("Theo dõi việc cấp lại"))
    who.look("portal-correction")
    who.go(HOME, "/my/papers")
    who.look("my-papers-withdrawn")
    who.go(HOME, public)
    who.look("verify-withdrawn")
