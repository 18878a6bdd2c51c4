"""Choosing how the result is handed over, in Chromium: at the end of the form, and again on the dossier's page."""

import pytest
from playwright.sync_api import expect

from motcua.demo import people
from motcua.demo.visitor import HOME, HOME_CODE, HOME_NAME, SITE
from tests.e2e import walks
from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitor import Visitor
from tests.e2e.walks import COPY


@pytest.fixture
def applicant(visitor: MakeVisitor) -> Visitor:
    """Somebody whose form is filled, at its last page."""
    who = visitor()
    who.sign_in(HOME, people.citizens(HOME, HOME_CODE, HOME_NAME, 40)[11].username, "citizen")
    who.go(HOME, f"/procedures/{COPY}")
    who.press(who.button("Nộp hồ sơ"))
    walks.fill_pages(who, "/form/", "handover-form", "Lưu và tiếp tục")
    who.press(who.button("Lưu và tiếp tục"))
    who.page.goto(f"{who.page.url.split('?')[0]}?q={SITE}")
    who.page.locator('[name="unit"]').first.check()
    who.press(who.button("Lưu và tiếp tục"))
    return who


def test_a_letter_is_asked_for_mended_submitted_and_called_off(
    applicant: Visitor, visitor: MakeVisitor
) -> None:
    who, page = applicant, applicant.page
    address = page.locator("#f-handover_address")
    expect(address).to_be_hidden()
    page.locator('[name="handover"][value="post"]').check()
    expect(address).to_be_visible()
    expect(address).not_to_have_value("")
    who.look("handover-check")
    address.fill("")
    walks.answer(page.locator("form", has=address))
    who.press(who.button("Nộp hồ sơ"))
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("#f-handover_address-error")).to_contain_text("Hãy ghi địa chỉ nhận thư.")
    who.look("handover-check-error")
    address.fill("Số 5, tổ 1, phường Cao Xanh")
    walks.answer(page.locator("form", has=address))
    who.press(who.button("Nộp hồ sơ"))
    who.press(who.link("Xem hồ sơ"))
    expect(page.locator("dd", has_text="Số 5, tổ 1, phường Cao Xanh")).to_be_visible()
    page.get_by_text("Đổi cách nhận kết quả").click()
    who.look("handover-dossier")
    officer = visitor()
    officer.sign_in(HOME, f"tiepnhan.{SITE}")
    officer.go(HOME, f"/desk/dossier/{page.url.rsplit('/', 1)[1]}")
    expect(officer.page.locator("dd", has_text="Số 5, tổ 1, phường Cao Xanh")).to_be_visible()
    officer.look("handover-desk")
    page.locator('[name="handover"][value="counter"]').check()
    expect(address).to_be_hidden()
    who.press(who.button("Lưu cách nhận"))
    expect(page.locator("dd", has_text="Số 5, tổ 1, phường Cao Xanh")).to_have_count(0)
    expect(page.locator("dd", has_text="Nhận tại quầy")).to_be_visible()
    who.look("handover-changed")
