"""The wallet in Chromium: every way in, sharing, without a line, at a station, and what it must refuse."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import APIResponse, Locator, Route, expect

from motcua.demo import people
from motcua.demo.visitor import HOME, HOME_CODE, HOME_NAME
from tests.e2e import house as houses
from tests.e2e import walks
from tests.e2e.conftest import MakeVisitor
from tests.e2e.house import House
from tests.e2e.visitor import PHONE, Visitor

KIND, OTHER_KIND = "register-copy", "birth-certificate"
STATION = (1080, 1920)
_QUIET = re.compile(r"status of (400|401|404|422)|ERR_INTERNET_DISCONNECTED|ERR_FAILED")
_STORES = "async () => (await indexedDB.databases()).map((one) => one.name)"
_FLOW = """() => new Promise((resolve) => {
  const request = indexedDB.open("motcua-wallet");
  request.onsuccess = () => {
    const kept = request.result.transaction("flows").objectStore("flows").getAllKeys();
    kept.onsuccess = () => { request.result.close(); resolve(kept.result.at(-1)); };
  };
})"""

Forge = Callable[[str], str]


@pytest.fixture(scope="module")
def citizen() -> people.Person:
    return people.citizens(HOME, HOME_CODE, HOME_NAME, 40)[8]


@pytest.fixture
def who(visitor: MakeVisitor) -> Visitor:
    who = visitor()
    who.forgiven = _QUIET
    return who


class Office:
    """A program of the province: offers papers, asks for claims, withdraws; and looks at what passes by."""

    def __init__(self, house: House) -> None:
        self.house = house
        scopes = [word for scope in ("offer", "request", "status") for word in ("--scope", scope)]
        made = houses.run(
            *("wallet", "--url", house.base, "token", "--tenant", HOME, "--name", "e2e"),
            *(*scopes, "--data", str(house.data)),
        )
        assert made.returncode == 0, made.stdout + made.stderr
        self.token = json.loads(made.stdout)["token"]

    def sample(self, kind: str = KIND, **more: Any) -> dict[str, Any]:
        """Offer an invented paper; without a transaction code unless it is asked for."""
        return self._tell("offers", {"sample": kind, "tx_code": False, **more})

    def ask(self, *claims: str, **more: Any) -> dict[str, Any]:
        return self._tell("requests", {"claims": claims, **more})

    def change(self, result: str, what: str) -> None:
        self._tell(f"results/{result}/{what}", {"reason": "thử"})

    def _tell(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        url = self.house.url(HOME, f"/api/wallet/{path}")
        answer: dict[str, Any] = json.loads(fetch(url, json.dumps(said).encode(), headers))
        return answer


def fetch(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> str:
    """Fetch from the house; its names are known to the browser only."""
    parts = urlsplit(url)
    there = f"http://127.0.0.1:{parts.port}{parts.path}?{parts.query}"
    asked = Request(there, body, {"host": parts.netloc, **(headers or {})})
    with urlopen(asked) as answer:  # noqa: S310 -- our own house
        text: str = answer.read().decode()
    return text


def passed_on(route: Route) -> APIResponse:
    """Let a request of the page through and return its answer."""
    parts = urlsplit(route.request.url)
    there = f"http://127.0.0.1:{parts.port}{parts.path}"
    return route.fetch(url=there, headers={**route.request.headers, "host": parts.netloc})


@pytest.fixture(scope="module")
def office(house: House) -> Office:
    return Office(house)


def bring(who: Visitor, link: str) -> None:
    """Open an offer or a request in the wallet."""
    who.go("vi", f"/?{urlsplit(link).query}")


def take(who: Visitor, offered: dict[str, Any]) -> None:
    """Receive what is offered without a code, up to the list."""
    bring(who, offered["offer"])
    who.button("Nhận giấy tờ").click()
    who.button("Lưu vào ví").click()
    expect(who.page.locator(".badge.ok").first).to_be_visible()


def refusal(who: Visitor) -> Locator:
    return who.page.get_by_role("alert").first


# --- ways in ------------------------------------------------------------------------------------


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


# --- sharing ------------------------------------------------------------------------------------


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


# --- without a line -----------------------------------------------------------------------------


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


# --- at a station -------------------------------------------------------------------------------


def test_the_wallet_of_a_station_is_wiped_at_the_end_of_the_visit(
    office: Office, visitor: MakeVisitor
) -> None:
    walk = walks.Walk(visitor)
    station = walk.visitor("station")
    station.forgiven = _QUIET
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


# --- what it must refuse ------------------------------------------------------------------------


def part(head: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("=")


def without_signature(token: str) -> str:
    head, _, _ = token.split("~")[0].split(".")
    said = json.loads(base64.urlsafe_b64decode(head + "=="))
    return token.replace(head, part({**said, "alg": "none"}), 1)


def with_other_content(token: str) -> str:
    head, body, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{part({**said, 'response_uri': 'http://vi.localhost/thief'})}.{signature}"


def with_other_disclosure(token: str) -> str:
    jwt, first, *rest = token.split("~")
    salt, name, _ = json.loads(base64.urlsafe_b64decode(first + "=="))
    made = base64.urlsafe_b64encode(json.dumps([salt, name, "Kẻ Khác"]).encode()).decode()
    return "~".join((jwt, made.rstrip("="), *rest))


def with_one_more(token: str) -> str:
    return token + base64.urlsafe_b64encode(b'["s","owner",true]').decode().rstrip("=") + "~"


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (without_signature, "thuật toán"),
        (lambda token: token.replace("~", "a~", 1), "Chữ ký không hợp lệ|cấu trúc"),
        (with_other_disclosure, "đã bị sửa"),
        (with_one_more, "đã bị sửa"),
    ],
)
def test_a_forged_paper_is_not_stored(
    forge: Forge, said: str, office: Office, who: Visitor
) -> None:
    def answer(route: Route) -> None:
        given = passed_on(route)
        body = given.json()
        body["credentials"] = [{"credential": forge(c["credential"])} for c in body["credentials"]]
        route.fulfill(response=given, json=body)

    who.context.route("**/credential", answer)
    bring(who, office.sample()["offer"])
    who.button("Nhận giấy tờ").click()
    expect(refusal(who)).to_contain_text(re.compile(said))
    who.go("vi")
    expect(who.page.locator(".pass")).to_have_count(0)


@pytest.mark.parametrize(
    ("kind", "said"), [(KIND, "cấp cho ví khác"), (OTHER_KIND, "Loại giấy tờ không đúng")]
)
def test_a_genuine_paper_of_somebody_else_or_of_another_kind_is_not_stored(
    kind: str, said: str, office: Office, who: Visitor, visitor: MakeVisitor
) -> None:
    genuine: list[Any] = []
    other = visitor()
    other.page.on(
        "response", lambda r: genuine.append(r.json()) if r.url.endswith("/credential") else None
    )
    take(other, office.sample(kind))
    who.context.route("**/credential", lambda route: route.fulfill(json=genuine[0]))
    bring(who, office.sample()["offer"])
    who.button("Nhận giấy tờ").click()
    expect(refusal(who)).to_contain_text(said)


@pytest.mark.parametrize("forge", [without_signature, with_other_content])
def test_a_forged_request_reveals_nothing(forge: Forge, office: Office, who: Visitor) -> None:
    take(who, office.sample())
    posted: list[str] = []
    who.page.on("request", lambda r: posted.append(r.url) if "/response" in r.url else None)

    def answer(route: Route) -> None:
        given = passed_on(route)
        route.fulfill(response=given, body=forge(given.text()))

    who.context.route("**/vp/*/request", answer)
    bring(who, office.ask("full_name")["request"])
    expect(refusal(who)).to_be_visible()
    expect(who.button("Đồng ý chia sẻ")).to_have_count(0)
    assert posted == []


def test_a_request_that_was_made_for_another_wallet_is_refused(
    office: Office, who: Visitor
) -> None:
    take(who, office.sample())
    asked = office.ask("full_name", haip=True)
    bring(who, asked["request"])
    expect(who.button("Đồng ý chia sẻ")).to_be_visible()
    uri = parse_qs(urlsplit(asked["request"]).query)["request_uri"][0]
    others = fetch(uri, b"wallet_nonce=of-another-wallet")
    who.context.route("**/vp/*/request", lambda route: route.fulfill(body=others))
    bring(who, asked["request"])
    expect(refusal(who)).to_contain_text("không khớp với liên kết")
    nobodys = fetch(uri)
    who.context.unroute("**/vp/*/request")
    who.context.route("**/vp/*/request", lambda route: route.fulfill(body=nobodys))
    bring(who, asked["request"])
    expect(refusal(who)).to_contain_text("không khớp với liên kết")


@pytest.mark.parametrize("body", [f"{part({'alg': 'none'})}.{part({})}.", "a.b.c"])
def test_a_list_of_status_that_nobody_signed_is_not_believed(
    body: str, office: Office, who: Visitor
) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body=body, headers={"access-control-allow-origin": "*"})

    take(who, office.sample())
    who.context.route("**/status/*", answer)
    who.page.reload()
    expect(who.page.get_by_text("theo lần kiểm tra")).to_be_visible()
    expect(who.page.locator(".badge")).to_have_text("Còn hiệu lực")


def test_an_answer_with_another_state_or_issuer_is_refused(
    house: House, office: Office, who: Visitor, citizen: people.Person
) -> None:
    who.go("vi", "/?" + urlencode({"code": "stolen", "state": "s", "iss": house.url(HOME, "")}))
    expect(refusal(who)).to_contain_text("không thuộc lần đăng nhập nào")
    offered = office.sample(flow="code", tx_code=None, holder=citizen.personal_id)
    for answer in ({"iss": "https://thief.example"}, {}):
        bring(who, offered["offer"])
        who.press(who.button("Đăng nhập để nhận"))
        who.go("vi")
        state = who.page.evaluate(_FLOW)
        who.go("vi", "/?" + urlencode({"code": "stolen", "state": state, **answer}))
        expect(refusal(who)).to_contain_text("máy chủ khác")
        # It was good for one answer: the honest one that comes after it is too late.
        good = {"code": "c", "state": state, "iss": house.url(HOME, "")}
        who.go("vi", "/?" + urlencode(good))
        expect(refusal(who)).to_contain_text("không thuộc lần đăng nhập nào")


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
