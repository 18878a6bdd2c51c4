"""The wallet in Chromium shares what was agreed to, with a program and on a hosted page."""

import json

import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import Visitor
from tests.e2e.wallet_page import (
    KIND,
    OTHER_KIND,
    Office,
    bring,
    fetch,
    take,
)


def test_a_verifier_gets_what_was_agreed_to_encrypted_and_the_history_says_so(
    office: Office, who: Visitor
) -> None:
    take(who, office.sample())
    asked = office.ask("full_name", haip=True)
    bring(who, asked["request"])
    expect(who.button("Đồng ý chia sẻ")).to_be_visible()
    expect(who.page.get_by_text("được mã hóa")).to_be_visible()
    who.look("wallet-share")
    who.button("Đồng ý chia sẻ").click()
    expect(who.page.get_by_text("Đã chia sẻ.")).to_be_visible()
    result = json.loads(fetch(asked["result_url"]))
    assert result["status"] == "verified"
    assert list(result["credentials"][0]["claims"]) == ["full_name"]
    expect(who.page.get_by_text("Còn 9 trên 10")).to_be_visible()
    who.look("wallet-shared")
    bring(who, office.ask("full_name")["request"])
    who.button("Từ chối").click()
    expect(who.page.get_by_text("Đã từ chối, không có gì được chia sẻ.")).to_be_visible()


@pytest.mark.parametrize("haip", [False, True])
def test_the_hosted_page_of_a_bank_takes_the_answer_of_this_browser(
    haip: bool, office: Office, who: Visitor
) -> None:
    take(who, office.sample())
    about = {"asked_by": "Ngân hàng Mẫu", "reason": "Mở tài khoản", "page": True}
    asked = office.ask("full_name", haip=haip, **about)
    who.page.goto(asked["page"])
    who.press(who.button("Mở ví"))
    expect(who.page.get_by_text("Ngân hàng Mẫu")).to_be_visible()
    who.button("Đồng ý chia sẻ").click()
    expect(who.page.get_by_text("Đã xác minh:")).to_be_visible()
    expect(who.page.get_by_text("Người Mẫu")).to_be_visible()
    who.go("vi")
    expect(who.page.locator(".history")).to_contain_text("Ngân hàng Mẫu")


def test_a_person_chooses_among_alternatives_and_papers(office: Office, who: Visitor) -> None:
    for kind in (KIND, OTHER_KIND):
        take(who, office.sample(kind))
    asked = office.ask("full_name", alternatives=[["full_name", "birth_date"]])
    bring(who, asked["request"])
    options = who.page.locator('input[name="set-0"]')
    expect(options).to_have_count(2)
    options.nth(1).check()
    papers = who.page.locator('input[name="paper-option2"]')
    expect(papers).to_have_count(2)
    papers.nth(1).check()
    who.look("wallet-choose")
    who.button("Đồng ý chia sẻ").click()
    expect(who.page.get_by_text("Đã chia sẻ.")).to_be_visible()
    (shown,) = json.loads(fetch(asked["result_url"]))["credentials"]
    assert shown["id"] == "option2"
    assert shown["type"].endswith(f"/{KIND}/1")
    assert set(shown["claims"]) == {"full_name", "birth_date"}
