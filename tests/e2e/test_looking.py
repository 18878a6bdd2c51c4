"""The eyes of the browser tests: each fault they look for is made on purpose, and seen."""

import pytest

from motcua.demo.visitor import HOME
from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitor import PHONE


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("document.body.style.width = '3000px'", "px wider than 390"),
        ("document.querySelector('main').append(document.createElement('button'))", "button-name"),
        ("console.error('broken')", "broken"),
        ("fetch('http://elsewhere.localhost:9/').catch(() => 0)", "CSP: connect-src"),
        ("document.body.setAttribute('style', 'color: red')", "CSP: style-src"),
    ],
)
def test_a_fault_of_a_page_is_seen(visitor: MakeVisitor, fault: str, seen: str) -> None:
    who = visitor()
    who.go(HOME, "/track")
    who.page.evaluate(fault)
    with pytest.raises(AssertionError, match=seen):
        who.look("spoiled", PHONE)


def test_a_request_to_a_foreign_host_is_seen(visitor: MakeVisitor) -> None:
    who = visitor()
    who.go(HOME, "/track")
    who.page.goto(who.house.base)  # the house's port, but none of its hosts
    assert any("a foreign host" in trouble for trouble in who.troubles)
