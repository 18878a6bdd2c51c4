"""The wallet in Chromium, as somebody uses it; and the program of a province that offers papers and asks for them."""

import json
import re
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playwright.sync_api import APIResponse, Locator, Route, expect

from motcua.demo.visitor import HOME
from tests.e2e import house as houses
from tests.e2e.house import House
from tests.e2e.visitor import Visitor

KIND, OTHER_KIND = "register-copy", "birth-certificate"
STATION = (1080, 1920)
QUIET = re.compile(r"status of (400|401|404|422)|ERR_INTERNET_DISCONNECTED|ERR_FAILED")


class Office:
    """A program of the province: offers papers, asks for claims, withdraws; and looks at what passes by."""

    def __init__(self, house: House, place: str = HOME) -> None:
        self.house, self.place = house, place
        scopes = [word for scope in ("offer", "request", "status") for word in ("--scope", scope)]
        made = houses.run(
            *("wallet", "--url", house.base, "token", "--tenant", place, "--name", "e2e"),
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
        url = self.house.url(self.place, f"/api/wallet/{path}")
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


def unseal(who: Visitor) -> None:
    """Stand between wallet and issuer so that no encryption is offered: what passes by can be read and changed."""

    def answer(route: Route) -> None:
        given = passed_on(route)
        said = {k: v for k, v in given.json().items() if not k.endswith("_encryption")}
        route.fulfill(response=given, json=said)

    who.context.route("**/.well-known/openid-credential-issuer", answer)


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
