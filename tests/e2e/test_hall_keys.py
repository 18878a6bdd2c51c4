"""The kiosk and the monitor without a mouse or a touch, the kiosk from a wheelchair, its ticket on paper."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from motcua.demo.visitor import HOME
from tests.e2e.conftest import MakeVisitor
from tests.e2e.paper import pages
from tests.e2e.visitor import PICTURES, WIDE, Visitor

#: The rolls of the small printers and of the usual ones, a sheet, and what a browser takes by itself.
PAPERS: list[dict[str, Any]] = [
    {"width": "58mm", "height": "210mm"},
    {"width": "80mm", "height": "297mm"},
    {"format": "A4"},
    {"format": "Letter", "prefer_css_page_size": True},
]
KIOSK = (1080, 1920)
_FOCUSED = "e => e === document.activeElement"
_RING = "e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; }"
BLACK_ON_WHITE = [["rgb(0, 0, 0)"], "rgb(255, 255, 255)"]
_INK = """
e => [
  [...new Set([e, ...e.querySelectorAll('p, strong, i, b, figcaption')].map(p => getComputedStyle(p).color))],
  getComputedStyle(e).backgroundColor,
]
"""
#: What of this cannot be seen without scrolling: under the bar, or beyond the screen.
_HIDDEN = """
wanted => {
  const bar = document.querySelector('.reach').getBoundingClientRect().top;
  return [...document.querySelectorAll(wanted)]
    .map(e => [e.getBoundingClientRect(), e])
    .filter(([box, e]) => !e.closest('.reach') && (box.top < 0 || box.bottom > bar))
    .map(([, e]) => e.outerHTML.slice(0, 80));
}
"""


def to(who: Visitor, wanted: Locator, *, most: int = 60) -> None:
    """Go on with Tab until this has the focus, and can be seen to have it."""
    for _ in range(most):
        if wanted.evaluate(_FOCUSED):
            assert wanted.evaluate(_RING), "nothing shows where the focus is"
            return
        who.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {wanted}")


def enter(who: Visitor, wanted: Locator) -> None:
    """Go to a key or link that leads on, and press it."""
    to(who, wanted)
    with who.page.expect_navigation():
        who.page.keyboard.press("Enter")


@pytest.fixture(scope="module")
def kiosk(visitor: MakeVisitor) -> Visitor:
    admin, station = visitor(), visitor()
    admin.sign_in(HOME, "quantri")
    admin.go(HOME, "/desk/devices")
    site = admin.page.locator('[name="site"]')
    site.select_option(label=site.locator("option", has_text="Vân Đồn").first.inner_text())
    admin.page.locator('[name="kind"][value="station"]').check()
    admin.page.locator('[name="name"]').fill("Trạm chỉ có bàn phím")
    admin.press(admin.button("Lấy mã ghép nối"))
    code = admin.page.locator(".pair-code").inner_text().strip()
    station.page.set_viewport_size({"width": KIOSK[0], "height": KIOSK[1]})
    station.go(HOME, "/station/pair")
    to(station, station.page.locator('[name="code"]'))
    station.page.keyboard.type(code)
    with station.page.expect_navigation():
        station.page.keyboard.press("Enter")
    return station


def test_a_number_is_taken_at_the_kiosk_with_keys_alone(kiosk: Visitor) -> None:
    page = kiosk.page
    enter(kiosk, page.locator('button[value="number"]'))
    kiosk.look("kiosk-keys-lines", KIOSK)
    enter(kiosk, page.locator('button.choice[value="A"]'))
    expect(page.locator(".ticket-number").first).to_contain_text("A")
    kiosk.look("kiosk-keys-ticket", KIOSK)
    enter(kiosk, kiosk.button("Kết thúc"))
    expect(page.locator('button[value="number"]')).to_be_visible()


def take(kiosk: Visitor, letter: str) -> tuple[str, str]:
    """Take a number; returns it and its code."""
    page = kiosk.page
    kiosk.press(page.locator('button[value="number"]'))
    kiosk.press(page.locator(f'button.choice[value="{letter}"]'))
    return (
        page.locator(".ticket-number").first.inner_text().strip(),
        page.locator(".ticket .code").first.inner_text().strip(),
    )


@pytest.mark.parametrize("face", ["plain", "strong", "lowered"])
def test_number_and_code_stand_on_the_one_page_of_a_printed_ticket(
    kiosk: Visitor, face: str
) -> None:
    page = kiosk.page
    if face == "lowered":
        kiosk.press(kiosk.link("Hạ thấp màn hình"))
    number, code = take(kiosk, "B")
    if face == "strong":
        page.locator("[data-screen=strong]").click()
        expect(page.locator("body.strong")).to_be_visible()
    for paper in PAPERS:
        pdf = page.pdf(**paper)
        if PICTURES:
            width = paper.get("width") or paper["format"]
            (Path(PICTURES) / f"ticket-{face}-{width}.pdf").write_bytes(pdf)
        [printed] = pages(pdf)
        assert number in printed, paper
        assert printed.endswith(code), paper
        assert "VânĐồn" in printed, paper
        assert "Kếtthúc" not in printed, paper
    page.emulate_media(media="print")
    assert page.locator(".ticket").evaluate(_INK) == BLACK_ON_WHITE
    page.emulate_media(media="null")  # "screen" would be printed as the screen is
    kiosk.press(kiosk.button("Kết thúc"))


def test_each_of_several_tickets_has_a_page_of_its_own(kiosk: Visitor) -> None:
    page = kiosk.page
    kiosk.press(page.locator('button[value="number"]'))
    kiosk.press(kiosk.link("Tôi làm nhiều việc"))
    for letter in "AB":
        page.locator(f'input[value="{letter}"]').check()
    kiosk.press(kiosk.button("Lấy số cho các việc đã chọn"))
    numbers = [one.inner_text().strip() for one in page.locator(".ticket-number").all()]
    for paper in PAPERS:
        printed = pages(page.pdf(**paper))
        assert len(printed) == len(numbers) == 2
        assert all(number in one for number, one in zip(numbers, printed, strict=True))
    kiosk.press(kiosk.button("Kết thúc"))


def test_lowered_all_that_is_pressed_or_photographed_is_within_reach(kiosk: Visitor) -> None:
    page = kiosk.page
    page.set_viewport_size({"width": KIOSK[0], "height": KIOSK[1]})
    kiosk.press(kiosk.link("Hạ thấp màn hình"))
    kiosk.press(page.locator('button[value="number"]'))
    kiosk.press(kiosk.link("Nhắn tin cho tôi"))
    assert page.evaluate(_HIDDEN, ".keypad button, .actions .button") == []
    kiosk.look("kiosk-lowered-phone", KIOSK)
    kiosk.press(kiosk.link("Quay lại"))
    kiosk.press(page.locator('button.choice[value="A"]'))
    assert page.evaluate(_HIDDEN, ".ticket .qr svg, .actions .button") == []
    kiosk.look("kiosk-lowered-ticket", KIOSK)
    for there, words in (("English", "Your number"), ("Tiếng Việt", "Số của ông/bà")):
        language = page.locator("[hreflang]")
        assert language.evaluate("e => e.getBoundingClientRect().top / innerHeight > 0.6")
        kiosk.press(kiosk.link(there))
        expect(page.locator(".ticket")).to_contain_text(words)
    kiosk.press(kiosk.button("Kết thúc"))
    expect(page.locator(".lowered")).to_have_count(0)


def test_the_monitor_is_walked_with_keys_alone(visitor: MakeVisitor) -> None:
    who = visitor()
    who.sign_in(HOME, "quantri")
    page = who.page
    who.go(HOME, "/monitor")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    enter(who, page.locator(".site-tile h3 a").first)
    enter(who, page.locator(".crumbs a").first)
    # Hundreds of figures stand on the tiles: one key leads past them.
    to(who, page.locator('.skip[href="#list"]'))
    page.keyboard.press("Enter")
    enter(who, page.locator(".site-list [data-cell=waiting]").first)
    expect(page.locator("h1")).to_contain_text("(")
    who.go(HOME, "/monitor/replay")
    to(who, page.locator("#f-at"))
    page.keyboard.press("Control+a")
    # The only moment of today that has passed whenever this runs.
    page.keyboard.type("00:00")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("00:00")
    who.look("monitor-keys-replay")
