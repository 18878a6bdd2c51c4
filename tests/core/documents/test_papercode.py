"""The browser's module and the program's function say the same of every code, good and bad."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from motcua.documents.paper import PaperError, key_id, verify_paper
from motcua.wallet import jose
from motcua.web.pages import CORE

from .authority import certify
from .test_paper import HOST, NOW, PAPER, SIGNER, TEXT, apart, code_of, keys, together

MODULE = CORE / "portal" / "static" / "papercode.js"
DRIVER = Path(__file__).with_name("papercode_driver.mjs")
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def _list(**more: Any) -> dict[str, Any]:
    public = SIGNER.key.public_key()
    known = keys().keys[key_id(public).hex()]
    entry = {
        "kid": key_id(public).hex(),
        "host": HOST,
        "name": known.name,
        "jwk": jose.public_jwk(jose.key_from_public(public)),
        "from": known.start.timestamp(),
        "until": known.end.timestamp(),
    }
    return {"keys": [{**entry, **more}]}


def _browser(texts: list[str], *, here: bool = False, **more: Any) -> list[Any]:
    told = {
        "module": str(MODULE),
        "keys": _list(**more),
        "now": NOW.timestamp(),
        "texts": texts,
        "here": here,
    }
    run = subprocess.run(
        ["node", DRIVER], input=json.dumps(told), capture_output=True, text=True, check=True
    )
    answers: list[Any] = json.loads(run.stdout)
    return answers


def _program(text: str) -> str:
    try:
        verify_paper(text, keys=keys(), now=NOW)
    except PaperError as refused:
        return refused.reason_code
    return "genuine"


def _bad() -> list[str]:
    address, parts = apart(TEXT)
    chance = random.Random(4711)  # the same codes each time
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    changed = []
    for _ in range(120):
        at = chance.randrange(TEXT.index("#") + 1, len(TEXT))
        changed.append(TEXT[:at] + chance.choice(letters) + TEXT[at + 1 :])
    return [
        *changed,
        *(TEXT[: chance.randrange(len(TEXT))] for _ in range(20)),
        "",
        TEXT + "A",
        TEXT.replace("HTTPS", "HTTP"),
        TEXT.replace("K7Q2", "AAAA"),
        code_of(by=certify("Tỉnh Mẫu")),
        code_of(url="https://tinh-khac.example.vn"),
        together(address, parts, tag=list),
        together(address, [*parts, b""]),
        together(address, [*parts[:3], b""]),
        together(address, [parts[0], {1: -7}, *parts[2:]]),
    ]


def test_a_genuine_code_says_the_same_in_the_browser() -> None:
    (seen,) = _browser([TEXT])
    assert (seen["number"], seen["title"], seen["unit"], seen["holder"]) == (
        PAPER.number,
        PAPER.title,
        PAPER.unit,
        PAPER.holder,
    )
    assert PAPER.expires_at is not None
    assert (seen["issued"], seen["ends"]) == (
        PAPER.issued_at.timestamp(),
        PAPER.expires_at.timestamp(),
    )
    assert not seen["expired"]


def test_what_the_program_refuses_the_browser_refuses_with_the_same_name() -> None:
    bad = [text for text in _bad() if text != TEXT]
    assert _browser(bad) == [_program(text) for text in bad]


def test_a_withdrawn_key_a_foreign_host_and_another_time_are_refused_there_too() -> None:
    assert _browser([TEXT], revoked=1) == ["revoked_key"]
    assert _browser([TEXT], host="tinh-khac.example.vn") == ["untrusted_issuer"]
    assert _browser([TEXT], hosts=["tinh-khac.example.vn"]) == ["untrusted_issuer"]
    assert _browser([TEXT], until=PAPER.issued_at.timestamp()) == ["untrusted_issuer"]
    assert _browser([TEXT], kid="00" * 8) == ["unknown_key"]


def test_a_paper_holds_under_a_former_host_in_the_browser_as_well() -> None:
    new, both = "ten-moi.example.vn", ["ten-moi.example.vn", HOST]
    (seen,) = _browser([TEXT], hosts=both, home=new)
    assert (seen["number"], seen["home"]) == (PAPER.number, new)
    anew = code_of(url=f"https://{new}")
    (seen,) = _browser([anew], hosts=both, home=new)
    assert seen["number"] == PAPER.number


def test_the_page_at_the_new_host_finds_that_the_code_was_signed_at_the_former_one() -> None:
    """The old address leads to the new one, and the fragment goes along: the address there is not the signed one."""
    new, both = "ten-moi.example.vn", ["ten-moi.example.vn", HOST]
    arrived = "https://ten-moi.example.vn" + TEXT[TEXT.index("/V/") :]
    assert _browser([arrived], hosts=both, home=new) == ["bad_signature"]
    (seen,) = _browser([arrived], here=True, hosts=both, home=new)
    assert seen["number"] == PAPER.number
    (seen,) = _browser([arrived], here=True, hosts=[HOST], home=new)
    assert seen["number"] == PAPER.number, "a key of before signs for the former host alone"
    forged = arrived.replace("/V/", "/V/A")
    assert _browser([forged], here=True, hosts=both, home=new) == ["bad_signature"]
    assert _browser([arrived], here=True, hosts=["ha-noi.example.vn"]) == ["untrusted_issuer"]
