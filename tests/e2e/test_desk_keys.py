"""The counter without a mouse: every step of an officer's day is a key, and the focus is where it belongs."""

import httpx2
import pytest
from playwright.sync_api import Locator, expect

from motcua.demo.visitor import HOME
from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitor import PHONE, WIDE, Visitor

FULL = (1920, 1080)
# A hall of its own: what is left in its queue is in nobody's way.
SITE = "van-don"
OFFICER = f"tiepnhan.{SITE}"


class Keys:
    """An officer who has no mouse."""

    def __init__(self, who: Visitor) -> None:
        self.who = who
        self.page = who.page

    def go(self, key: str) -> None:
        """Press a key that leads to the next page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def open(self, key: str) -> None:
        """Press a key that opens a panel: the focus is in its first question."""
        self.page.keyboard.press(key)
        expect(self.page.locator("details.panel[open] :focus")).to_be_visible()

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def to(self, wanted: Locator) -> None:
        """Go on with Tab until this has the focus."""
        for _ in range(40):
            if wanted.evaluate("e => e === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never came to {wanted}")

    def issue(self, line: str = "A") -> str:
        """Let somebody take a number."""
        cookies = {str(c.get("name")): str(c.get("value")) for c in self.who.context.cookies()}
        answer = httpx2.post(
            f"{self.who.house.base}/t/{HOME}/api/tickets",
            json={"site": SITE, "line": line},
            headers={"authorization": f"Bearer {cookies['mc_session']}"},
        )
        return str(answer.raise_for_status().json()["number"])

    @property
    def big(self) -> Locator:
        return self.page.locator('[data-key="F2"]')

    def at(self, number: str, words: str) -> None:
        """Expect this number at the counter, and the focus on the next right thing."""
        expect(self.page.locator(".serving .number")).to_have_text(number)
        expect(self.big).to_contain_text(words)
        expect(self.big).to_be_focused()


@pytest.fixture(scope="module")
def keys(visitor: MakeVisitor) -> Keys:
    who = visitor()
    who.sign_in(HOME, OFFICER)
    who.go(HOME, "/desk")
    return Keys(who)


def look(keys: Keys, name: str) -> None:
    keys.who.look(f"desk-keys-{name}", FULL, WIDE, PHONE)
    keys.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


def test_a_day_at_the_counter_needs_no_mouse(keys: Keys) -> None:
    page = keys.page
    first, second, third = keys.issue(), keys.issue(), keys.issue()
    keys.go("F2")
    expect(keys.big).to_contain_text("Gọi số tiếp theo")
    expect(keys.big).to_be_focused()
    look(keys, "idle")
    called = _call_until(keys, first)
    assert called == first
    look(keys, "called")
    keys.go("F4")
    expect(page.locator(".serving")).to_contain_text("2 lần")
    keys.go("F2")
    keys.at(first, "Kết thúc và gọi tiếp")
    look(keys, "serving")

    keys.open("Alt+a")
    keys.to(page.locator("#add-service-procedure"))
    keys.type("ban sao so goc")
    look(keys, "add-service")
    keys.go("Enter")
    expect(page.locator(".visit")).to_contain_text("2.000908")

    keys.open("Alt+p")
    keys.page.keyboard.press("Escape")
    expect(page.locator('summary[data-key="Alt+P"]')).to_be_focused()
    keys.open("Alt+p")
    keys.type("Đi sao chụp giấy tờ")
    keys.go("Enter")
    expect(page.locator(".queue.aside")).to_contain_text(first)
    look(keys, "parked")

    keys.go("F2")
    keys.at(second, "Người dân đã đến")
    keys.open("Alt+c")
    look(keys, "transfer")
    page.locator("#transfer-to").focus()
    page.keyboard.press("ArrowDown")
    keys.to(page.locator("#transfer-why"))
    keys.type("Đúng lĩnh vực")
    keys.go("Enter")
    expect(page.locator("undo-bar")).to_contain_text(second)

    keys.go("F2")
    keys.at(third, "Người dân đã đến")
    keys.go("F8")
    expect(page.locator("undo-bar")).to_contain_text(third)
    look(keys, "undo")
    keys.go("Alt+u")
    keys.at(third, "Người dân đã đến")
    keys.go("F2")
    keys.go("F8")
    expect(page.locator(".serving")).to_have_count(0)

    keys.open("Alt+k")
    keys.to(page.locator("details.panel[open] button"))
    keys.go("Enter")
    expect(keys.big).to_contain_text("Làm việc lại")
    look(keys, "break")
    keys.go("F2")
    keys.go("Alt+v")
    keys.at(first, "Kết thúc và gọi tiếp")
    keys.go("F8")
    keys.go("F9")
    expect(page.locator("h1")).to_have_text("Bàn làm việc")
    look(keys, "left")


def _call_until(keys: Keys, number: str) -> str:
    """Call; whoever other tests have left in the line is noted as gone until ours comes."""
    for _ in range(20):
        keys.go("F2")
        called = keys.page.locator(".serving .number").inner_text()
        if called == number:
            return called
        keys.go("F2")
        keys.go("F8")
    return ""


def test_the_keys_are_listed_and_the_list_closes_with_escape(keys: Keys) -> None:
    keys.who.go(HOME, "/desk")
    keys.go("F2")
    keys.page.keyboard.press("Alt+h")
    expect(keys.page.locator("#key-help")).to_be_visible()
    look(keys, "help")
    keys.page.keyboard.press("Escape")
    expect(keys.page.locator("#key-help")).to_be_hidden()


def test_the_next_one_is_called_as_soon_as_somebody_comes(keys: Keys) -> None:
    keys.who.go(HOME, "/desk")
    for _ in range(20):  # whoever still waits is served first
        if keys.page.locator("call-soon").count():
            break
        keys.go("F2")
    expect(keys.page.locator("call-soon")).to_be_visible()
    look(keys, "standby")
    number = keys.issue()
    keys.at(number, "Người dân đã đến")
    keys.page.wait_for_load_state(
        "load"
    )  # the page came by itself: its keys are there when it has loaded
    keys.go("F2")
    keys.go("F8")


def test_another_machine_takes_the_seat_over_and_this_page_is_only_for_reading(
    keys: Keys, visitor: MakeVisitor
) -> None:
    other = visitor()
    other.sign_in(HOME, OFFICER)
    other.go(HOME, "/desk")
    other.look("desk-keys-elsewhere", FULL, WIDE, PHONE)
    again = Keys(other)
    again.go("F2")
    expect(again.big).to_contain_text("Gọi số tiếp theo")
    expect(keys.page.locator("seat-lost")).to_be_visible(timeout=1500)
    expect(keys.page.locator("[data-acts] button:not([disabled])")).to_have_count(0)
    look(keys, "lost")
    keys.go("F2")
    expect(keys.big).to_contain_text("Gọi số tiếp theo")
    expect(other.page.locator("seat-lost")).to_be_visible(timeout=1500)
    keys.go("F9")


def test_the_counter_works_without_scripts(visitor: MakeVisitor) -> None:
    who = visitor(java_script_enabled=False)
    who.sign_in(HOME, OFFICER)
    who.go(HOME, "/desk")
    who.press(who.page.locator('form[action$="/open"] button').first)
    who.page.locator('summary:has-text("Tiếp nhận trực tiếp")').click()
    who.press(who.button("Cấp số và phục vụ"))
    who.page.locator('summary:has-text("Tạm dừng")').click()
    who.page.locator("#park-why").fill("Đi nộp phí")
    who.press(who.page.locator("details.panel[open] button").first)
    who.press(who.button("Hoàn tác"))
    who.press(who.button("Kết thúc lượt"))
    who.press(who.button("Rời quầy"))
    assert not who.troubles
