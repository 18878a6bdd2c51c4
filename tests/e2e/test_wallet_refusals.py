"""What the wallet in Chromium must refuse: forged papers and requests, and answers that are not its own."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Route, expect

from motcua.demo import people
from motcua.demo.visitor import HOME
from tests.e2e.conftest import MakeVisitor
from tests.e2e.house import House
from tests.e2e.visitor import Visitor
from tests.e2e.wallet_page import (
    KIND,
    OTHER_KIND,
    Office,
    bring,
    fetch,
    passed_on,
    refusal,
    take,
    unseal,
)

_FLOW = """() => new Promise((resolve) => {
  const request = indexedDB.open("motcua-wallet");
  request.onsuccess = () => {
    const kept = request.result.transaction("flows").objectStore("flows").getAllKeys();
    kept.onsuccess = () => { request.result.close(); resolve(kept.result.at(-1)); };
  };
})"""
Forge = Callable[[str], str]


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

    unseal(who)
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
    for one in (other, who):
        unseal(one)
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
