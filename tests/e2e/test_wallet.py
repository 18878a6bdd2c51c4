"""The wallet in Chromium: every way in, and its papers without a line."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import expect

from motcua.demo import people
from motcua.demo.visitor import HOME
from tests.e2e.house import House
from tests.e2e.visitor import Visitor
from tests.e2e.wallet_page import (
    Office,
    bring,
    fetch,
    refusal,
    take,
)


def test_a_paper_comes_by_signing_in_at_the_issuer(
    house: House, office: Office, who: Visitor, citizen: people.Person
) -> None:
    offered = office.sample(flow="code", tx_code=None, holder=citizen.personal_id)
    bring(who, offered["offer"])
    expect(who.button("Đăng nhập để nhận")).to_be_visible()
    who.look("wallet-sign-in")
    who.press(who.button("Đăng nhập để nhận"))
    ways = who.page.locator("section").filter(has=who.page.locator("#for-citizens"))
    who.press(ways.get_by_role("button").first)
    who.page.locator("#q").fill(citizen.username)
    who.press(who.button("Tìm"))
    who.press(who.page.locator(f'button[value="{citizen.username}"]'))
    expect(who.page.locator("#target")).to_have_text(f"vi.localhost:{house.port}")
    who.look("wallet-authorize")
    who.press(who.button("Đồng ý đưa vào ví"))
    expect(who.button("Lưu vào ví")).to_be_visible()
    assert urlsplit(who.page.url).query == ""
    who.look("wallet-signed-in")
    who.button("Lưu vào ví").click()
    expect(who.page.locator(".badge.ok")).to_be_visible()


def test_a_person_may_say_no_on_the_issuers_page(
    office: Office, who: Visitor, citizen: people.Person
) -> None:
    who.sign_in(HOME, citizen.username, "citizen")
    offered = office.sample(flow="code", tx_code=None, holder=citizen.personal_id)
    bring(who, offered["offer"])
    who.press(who.button("Đăng nhập để nhận"))
    who.press(who.button("Không, quay về ví"))
    expect(who.page.get_by_text("Không lưu gì vào ví.")).to_be_visible()
    expect(who.page.locator(".pass")).to_have_count(0)


def test_a_pasted_link_and_a_picture_of_a_code_lead_to_the_offer(
    office: Office, who: Visitor, tmp_path: Any
) -> None:
    import segno

    offered = office.sample(tx_code=True)
    who.go("vi", "/#scan")
    who.look("wallet-scan")
    who.page.locator("#link").fill("https://office.example/")
    who.button("Mở", exact=True).click()
    expect(refusal(who)).to_contain_text("không phải là lời mời")
    who.page.locator("#link").fill(offered["offer"])
    who.button("Mở", exact=True).click()
    expect(who.page.locator("#tx_code")).to_be_visible()
    picture = tmp_path / "code.png"
    segno.make(offered["offer"], error="m").save(picture, scale=6)
    who.go("vi", "/#scan")
    who.page.reload()
    who.page.locator("#picture").set_input_files(picture)
    expect(who.page.locator("#tx_code")).to_be_visible()
    who.page.locator("#tx_code").fill("000000" if offered["tx_code"] != "000000" else "1")
    who.button("Nhận giấy tờ").click()
    expect(refusal(who)).to_contain_text("Mã giao dịch không đúng")


def test_an_offer_by_value_at_the_portals_own_address_reaches_the_wallet(
    office: Office, who: Visitor
) -> None:
    offered = office.sample()
    uri = parse_qs(urlsplit(offered["offer"]).query)["credential_offer_uri"][0]
    value = fetch(uri)
    who.go(HOME, "/wallet?" + urlencode({"credential_offer": value}))
    assert urlsplit(who.page.url).hostname == "vi.localhost"
    who.button("Nhận giấy tờ").click()
    expect(who.button("Lưu vào ví")).to_be_visible()
    who.button("Bỏ, không lưu").click()
    expect(who.page.locator(".pass")).to_have_count(0)


def test_a_paper_that_was_suspended_or_withdrawn_is_marked(office: Office, who: Visitor) -> None:
    offered = office.sample()
    take(who, offered)
    for act, tone, said in (
        ("suspend", "warn", "Tạm ngừng hiệu lực"),
        ("restore", "ok", "Còn hiệu lực"),
        ("revoke", "bad", "Đã thu hồi"),
    ):
        office.change(offered["result"], act)
        who.page.reload()
        expect(who.page.locator(f".badge.{tone}")).to_have_text(said)
        expect(who.page.locator(".pass.ended")).to_have_count(int(act != "restore"))
    who.look("wallet-revoked")


def test_papers_are_shown_without_a_line_and_say_what_was_last_known(
    office: Office, who: Visitor
) -> None:
    take(who, office.sample())
    who.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    who.context.set_offline(True)
    who.go("vi")
    expect(who.page.get_by_text("Đang không có mạng")).to_be_visible()
    expect(who.page.get_by_text("theo lần kiểm tra")).to_be_visible()
    who.look("wallet-offline")
    who.link("Xuất trình").click()
    expect(who.page.locator(".check-code svg")).to_be_visible()
    who.look("wallet-offline-show")
    who.context.set_offline(False)
    expect(who.page.get_by_text("Đang không có mạng")).to_have_count(0)
    who.go("vi")
    expect(who.page.get_by_text("theo lần kiểm tra")).to_have_count(0)


def test_keys_cannot_be_read_out_and_each_copy_has_its_own(office: Office, who: Visitor) -> None:
    take(who, office.sample())
    seen = who.page.evaluate("""() => new Promise((resolve) => {
      const request = indexedDB.open("motcua-wallet");
      request.onsuccess = () => {
        const kept = request.result.transaction("papers").objectStore("papers").getAll();
        kept.onsuccess = async () => {
          request.result.close();
          const { copies, grant } = kept.result[0];
          const keys = [...copies.map((copy) => copy.key), grant.key];
          const xs = await Promise.all(keys.map(async (k) => (await crypto.subtle.exportKey("jwk", k.publicKey)).x));
          resolve({ open: keys.filter((k) => k.privateKey.extractable).length, distinct: new Set(xs).size });
        };
      };
    })""")
    assert seen == {"open": 0, "distinct": 11}
