"""One demo and one browser for the whole run; the secrets that passed through them are collected."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from motcua.demo import people
from motcua.demo.visitor import HOME, HOME_CODE, HOME_NAME
from tests.e2e.house import House, running
from tests.e2e.visitor import Visitor
from tests.e2e.wallet_page import QUIET, Office

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",  # as a board in a hall is set up
]
MakeVisitor = Callable[..., Visitor]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data: Path = tmp_path_factory.mktemp("e2e") / "demo"
    with running(data) as house:
        yield house


@pytest.fixture(scope="session")
def secrets() -> set[str]:
    """Collect what passes through the house and must stand in no log."""
    return set()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        said = "chromium is not installed: the faces of the house cannot be walked"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visitor(browser: Browser, house: House, secrets: set[str]) -> Iterator[MakeVisitor]:
    """Make browsers, one for each person; all are closed at the end of the run."""
    made: list[Visitor] = []

    def make(**options: object) -> Visitor:
        made.append(Visitor(browser, house, secrets, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def who(visitor: MakeVisitor) -> Visitor:
    """Somebody with a wallet; the wallet's own refusals are no errors of the page."""
    who = visitor()
    who.forgiven = QUIET
    return who


@pytest.fixture(scope="session")
def citizen() -> people.Person:
    """Somebody who signs in at the issuer of his papers."""
    return people.citizens(HOME, HOME_CODE, HOME_NAME, 40)[8]


@pytest.fixture(scope="session")
def office(house: House) -> Office:
    return Office(house)
