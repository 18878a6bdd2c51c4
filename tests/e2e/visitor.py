"""One person's browser, with eyes for what must not be: errors, foreign hosts, faults of access."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect

from tests.e2e.house import House

PHONE, WIDE, HALL = (390, 844), (1280, 900), (1920, 1080)
PICTURES = os.environ.get("MOTCUA_PICTURES", "")
"""A folder: where every page that is looked at is kept as a picture, too."""

# Chromium writes an error for every answer of 4xx; a form that comes back is 422 on purpose.
_EXPECTED = re.compile(r"Failed to load resource: .* status of 422")
_TELL_CSP = """
document.addEventListener('securitypolicyviolation',
  (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`));
"""
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Visitor:
    """A browser context and its one page; everything strange in it is remembered in ``troubles``."""

    def __init__(self, browser: Browser, house: House, secrets: set[str], **options: Any) -> None:
        self.house = house
        self.secrets = secrets
        self.troubles: list[str] = []
        self.forgiven = _EXPECTED
        self.context = browser.new_context(locale="vi-VN", reduced_motion="reduce", **options)
        self.context.set_default_timeout(10_000)
        self.context.set_default_navigation_timeout(15_000)
        self.context.add_init_script(_TELL_CSP)
        self.context.on("console", self._heard)
        self.context.on("request", self._asked)
        self.context.on("response", self._answered)
        self.context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        self.page: Page = self.context.new_page()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not self.forgiven.search(message.text):
            self.troubles.append(f"{message.text} ({self.page.url})")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"}:
            return
        if not (parts.hostname or "").endswith(".localhost") or parts.port != self.house.port:
            self.troubles.append(f"a foreign host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.troubles.append(f"{response.status} {response.url}")

    def close(self) -> None:
        """Close the browser; what its cookies held was secret."""
        self.secrets |= {str(c.get("value")) for c in self.context.cookies() if _long(c)}
        self.context.close()

    def go(self, label: str, path: str = "/") -> Page:
        """Open an address."""
        self.page.goto(self.house.url(label, path))
        return self.page

    def press(self, key: Locator) -> Page:
        """Press a button or link that leads to another page, or to this one anew."""
        with self.page.expect_navigation():
            key.click()
        return self.page

    def button(self, name: str, *, exact: bool = False) -> Locator:
        """Return the first button with these words."""
        return self.page.get_by_role("button", name=name, exact=exact).first

    def link(self, name: str) -> Locator:
        """Return the first link with these words."""
        return self.page.get_by_role("link", name=name).first

    def sign_in(self, label: str, account: str, audience: str = "staff") -> Page:
        """Sign in at the sandbox identity provider, as a person would click it."""
        self.go(label, "/sign-in")
        ways = self.page.locator("#for-staff" if audience == "staff" else "#for-citizens")
        self.press(self.page.locator("section").filter(has=ways).get_by_role("button").first)
        self.page.locator("#q").fill(account)
        self.press(self.button("Tìm"))
        self.press(self.page.locator(f'button[value="{account}"]'))
        expect(self.page.locator(".who")).to_be_visible()
        return self.page

    def look(self, name: str, *sizes: tuple[int, int]) -> None:
        """Look at the page on a phone and on a desk: fits, can be used by all, and has no error."""
        for width, height in sizes or (PHONE, WIDE):
            self.page.set_viewport_size({"width": width, "height": height})
            wider = self.page.evaluate(_WIDER)
            assert wider <= 0, f"{name} is {wider} px wider than {width}: {self._widest()}"
            if PICTURES:
                self.picture(Path(PICTURES) / f"{name}-{width}.png")
            report = Axe().run(self.page)
            assert not report.violations_count, f"{name} {width}\n{report.generate_report()}"
        assert not self.troubles, f"{name}: {self.troubles}"

    def picture(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=True)

    def _widest(self) -> Any:
        return self.page.evaluate(
            "[...document.querySelectorAll('body *')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth)"
            ".slice(0, 5).map(e => e.outerHTML.slice(0, 120))"
        )


def _long(cookie: Any) -> bool:
    return len(str(cookie.get("value"))) >= 16
