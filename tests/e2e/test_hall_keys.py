"""The kiosk and the monitor without a mouse or a touch, and the ticket on the narrowest paper there is."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from motcua.demo.visitor import HOME
from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitor import PICTURES, WIDE, Visitor

#: 58 mm at 96 px to the inch: the paper of the small printers.
PAPER = (219, 700)
KIOSK = (1080, 1920)
_FOCUSED = "e => e === document.activeElement"
_RING = "e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; }"
_WIDER = """
() => [...document.querySelectorAll('.ticket, .ticket *')]
  .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 80))
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


def test_the_ticket_fits_on_paper_of_58_millimetres(kiosk: Visitor) -> None:
    page = kiosk.page
    kiosk.press(page.locator('button[value="number"]'))
    kiosk.press(page.locator('button.choice[value="B"]'))
    expect(page.locator(".ticket-number").first).to_be_visible()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
    try:
        assert page.evaluate(_WIDER) == []
        number, code = page.locator(".ticket-number").first, page.locator(".ticket .qr svg").first
        for part, least in ((number, 40), (code, 110)):
            box = part.bounding_box()
            assert box
            assert box["height"] >= least
        expect(page.locator(".actions").first).not_to_be_visible()
        if PICTURES:
            kiosk.picture(Path(PICTURES) / "ticket-58mm.png")
    finally:
        page.emulate_media(media="screen")


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
