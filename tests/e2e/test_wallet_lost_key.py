"""The wallet in Chromium when its issuer lost a key: what it signed is marked; and how papers travel until then."""

import json

from playwright.sync_api import Response, expect

from tests.e2e import house as houses
from tests.e2e.house import House
from tests.e2e.visitor import Visitor
from tests.e2e.wallet_page import KIND, Office, take

# No other walk leads there: whatever its key signed ends with this test.
PLACE = "ha-noi"


def _keys(house: House, *words: str) -> dict[str, object]:
    made = houses.run("keys", *words, "--json", "--data", str(house.data))
    assert made.returncode == 0, made.stdout + made.stderr
    found: dict[str, object] = json.loads(made.stdout)
    return found


def test_a_paper_of_a_key_that_was_lost_is_marked_and_says_what_to_do(
    house: House, who: Visitor
) -> None:
    kinds: list[tuple[str, str]] = []

    def note(response: Response) -> None:
        if response.url.endswith("/credential") and response.request.method == "POST":
            sent = response.request.headers.get("content-type", "")
            kinds.append((sent, response.headers.get("content-type", "")))

    office = Office(house, PLACE)
    who.page.on("response", note)
    take(who, office.sample(KIND))
    assert kinds == [("application/jwt", "application/jwt")]
    expect(who.page.locator(".badge.ok")).to_have_text("Còn hiệu lực")
    keys = _keys(house, "list", PLACE)["keys"]
    assert isinstance(keys, list)
    (kid,) = [k["kid"] for k in keys if k["purpose"] == "credential" and k["state"] == "valid"]
    _keys(house, "revoke", PLACE, kid, "--reason", "Máy chủ bị mất", "--yes")
    who.page.reload()
    expect(who.page.locator(".badge.bad")).to_have_text("Không còn giá trị")
    expect(who.page.get_by_text("Khóa đã ký bản này")).to_be_visible()
    expect(who.page.locator(".pass.ended")).to_have_count(1)
    who.look("wallet-lost-key")
    who.context.set_offline(True)
    who.go("vi")
    expect(who.page.locator(".badge.bad")).to_have_text("Không còn giá trị")
    who.context.set_offline(False)
    # What another key signs from now on holds.
    who.go("vi")
    take(who, office.sample(KIND))
    expect(who.page.locator(".badge.ok")).to_have_text("Còn hiệu lực")
    who.page.reload()
    expect(who.page.locator(".badge.bad")).to_have_count(1)
