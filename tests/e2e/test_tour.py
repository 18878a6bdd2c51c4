"""The tour in a running house and in a fresh one, and what neither may leave in the log."""

import json
import re
from pathlib import Path

import pytest

from motcua.demo import people
from motcua.demo.visitor import AWAY, HOME, HOME_CODE, HOME_NAME
from motcua.text import fold
from tests.e2e import house as houses
from tests.e2e.conftest import MakeVisitor
from tests.e2e.house import House

_HOP = re.compile(r"^ {2,3}(\d+)  .+ \d+ ms$", re.MULTILINE)
_WHO = re.compile(r"The tour: (.+) \(synthetic\)")
# Not inside a longer word, an id or a number.
_PERSONAL_ID = re.compile(r"(?<![\w.-])\d{12}(?![\w-])")
_KNOWN_KEYS = {
    *("event", "level", "logger", "timestamp", "method", "path", "status", "tenant", "ms"),
    *("subscriber", "type", "attempts", "error", "trace_id", "exception"),
}
_BODY = ("_csrf_token", "mc_session", "mc_csrf", "card_text", "register_number")
_HOPS = 27


@pytest.fixture(scope="module")
def toured(house: House) -> str:
    """Walk the tour against the running house; returns what it printed."""
    done = houses.run("tour", "--url", house.base)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hops(said: str) -> list[int]:
    return [int(number) for number in _HOP.findall(said)]


def test_the_tour_of_a_running_house_prints_every_hop(toured: str) -> None:
    assert hops(toured) == list(range(1, _HOPS + 1))
    assert f"{_HOPS} hops held" in toured


def test_the_demo_walks_the_tour_in_a_new_folder_and_once_more_and_leaves_nothing_running(
    tmp_path: Path,
) -> None:
    data = tmp_path / "fresh"
    again = ("demo", "--port", str(houses.free_port()), "--data", str(data), "--tour")
    first, second = houses.run(*again), houses.run(*again)
    for done in (first, second):
        assert done.returncode == 0, done.stdout + done.stderr
        assert hops(done.stdout) == list(range(1, _HOPS + 1))
        assert "not stored" not in done.stdout
    assert not houses.started_for(data)
    log = (data / "demo.log").read_text(encoding="utf-8")
    assert strange_in(log, names(first.stdout) | names(second.stdout)) == []


def test_a_tour_says_what_to_do_when_there_is_no_platform() -> None:
    done = houses.run("tour", "--url", f"http://localhost:{houses.free_port()}")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_log_holds_no_person_no_session_and_no_body(
    house: House, toured: str, visitor: MakeVisitor, secrets: set[str]
) -> None:
    who = visitor()
    for label in (HOME, AWAY):
        who.sign_in(label, "congdan03.quang-ninh", "citizen")
    cookies = {str(c.get("value")) for c in who.context.cookies()}
    tokens = {c for c in cookies if len(c) >= 16}
    assert tokens
    assert "/sign-in" in house.log
    assert strange_in(house.log, secrets | tokens | names(toured)) == []


@pytest.mark.parametrize(
    "added",
    [
        {"path": "/track/022193900007"},
        {"path": "/desk/find?q=%s", "error": "Đinh Thị Quỳnh"},
        {"error": "dinh thi quynh has no dossier"},
        {"event": "s3cr3t-of-a-session"},
        {"cookie": "a"},
        {"error": "mc_session=…"},
    ],
)
def test_what_must_not_stand_in_a_log_would_be_found(added: dict[str, str]) -> None:
    quiet = {"event": "request", "path": "/desk/0197b2f0-0000-7000-8000-000000000000", "ms": 1.5}
    lines = [json.dumps(quiet)] * 101
    secrets = {"Đinh Thị Quỳnh", "s3cr3t-of-a-session"}
    assert strange_in("\n".join([*lines, ""]), secrets) == []
    assert strange_in("\n".join([*lines, json.dumps(quiet | added), ""]), secrets)


def names(said: str) -> set[str]:
    """Return the tour's citizen as the tour names him, and everybody else he could have been."""
    found = _WHO.search(said)
    assert found
    everybody = people.citizens(HOME, HOME_CODE, HOME_NAME, 40)
    return {found[1]} | {p.full_name for p in everybody} | {p.personal_id for p in everybody}


def strange_in(log: str, secrets: set[str]) -> list[str]:
    """Return what a log holds and should not, with the line."""
    assert log.count("\n") > 100
    found = [f"a personal id: {hit}" for hit in _PERSONAL_ID.findall(log)]
    # JSON writes letters outside ASCII as \\uXXXX, a path may hold them as %XX: read, not only searched.
    plain = log + "\n".join(map(_spoken, log.splitlines()))
    folded = fold(plain)
    found += [f"a secret: {s}" for s in secrets if s in plain or fold(s) in folded]
    for line in log.splitlines():
        extra = json.loads(line).keys() - _KNOWN_KEYS
        found += [f"{key}: {line}" for key in extra]
        found += [line for answer in _BODY if answer in line]
    return found


def _spoken(line: str) -> str:
    return " ".join(str(value) for value in json.loads(line).values())
