"""The examples printed in the specifications come out as printed; ``facts.json`` says where each stands."""

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws

from motcua.wallet import dpop, extensions, jose, statuslist
from motcua.wallet.disclosures import digest_of, read_disclosure

FACTS: dict[str, Any] = json.loads(Path(__file__).with_name("facts.json").read_text("utf-8"))
Refused = Callable[[str], Any]


def test_a_status_list_of_four_bits_is_read_entry_by_entry() -> None:
    """Lists of one and two bits stand in ``test_statuslist``; of eight bits, see ``test_theirs``."""
    about = FACTS["status_list_4_bits"]
    packed = bytes.fromhex(about["zlib_hex"])
    assert len(zlib.decompress(packed)) == 2**20 // 2
    entry = {"bits": 4, "lst": jose.b64u(packed)}
    values = {int(i): v for i, v in about["values"].items()}
    assert {i: statuslist.read_status(entry, i) for i in values} == values
    assert [statuslist.read_status(entry, i) for i in (1, 1994, 1030206)] == [0, 0, 0]


def test_the_signature_of_the_es256_example_holds() -> None:
    about = FACTS["es256"]
    key = jose.key_from_jwk(about["jwk"])
    found = jws.deserialize_compact(about["token"], key, algorithms=["ES256"])
    assert json.loads(found.payload)["iss"] == "joe"


def test_a_token_that_does_not_say_what_it_is_is_refused(refused: Refused) -> None:
    """The ES256 example has no ``typ``: we take no token without one (RFC 8725 section 3.11)."""
    about = FACTS["es256"]
    with refused("wrong_type"):
        jose.verify(about["token"], jose.key_from_jwk(about["jwk"]), typ="JWT")


@pytest.mark.parametrize("name", ["ed25519", "hs256"])
def test_other_algorithms_are_refused_though_their_examples_are_right(
    name: str, refused: Refused
) -> None:
    with refused("unsupported_algorithm"):
        jose.read(FACTS[name]["token"])


def test_the_unsecured_example_is_refused(refused: Refused) -> None:
    with refused("malformed"):
        jose.read(FACTS["unsecured"]["token"])


def test_the_pkce_example_fits_together() -> None:
    about = FACTS["pkce"]
    assert list(extensions.S256.CODE_CHALLENGE_METHODS) == ["S256"]
    matches = extensions.S256.CODE_CHALLENGE_METHODS["S256"]
    assert matches(about["verifier"], about["challenge"])
    assert not matches(about["verifier"][:-1] + "l", about["challenge"])


@pytest.mark.parametrize(("name", "with_token"), [("at_token", False), ("at_resource", True)])
def test_the_dpop_examples_are_taken(name: str, with_token: bool) -> None:
    about = FACTS["dpop"]
    one, token = about[name], about["access_token"] if with_token else None
    at = datetime.fromtimestamp(one["iat"], UTC) + timedelta(seconds=4)
    found = dpop.check_proof(
        one["proof"], method=one["method"], url=one["url"], now=at, access_token=token
    )
    assert (found.jkt, found.jti) == (about["jkt"], one["jti"])


def test_the_hash_of_the_access_token_is_that_of_the_example() -> None:
    assert dpop.ath_of(FACTS["dpop"]["access_token"]) == FACTS["dpop"]["ath"]


@pytest.mark.parametrize("about", FACTS["disclosures"]["properties"], ids=lambda a: a["name"])
def test_the_disclosures_of_the_examples_have_their_digests(about: dict[str, str]) -> None:
    item = read_disclosure(about["disclosure"])
    assert (item.name, item.value) == (about["name"], about["value"])
    assert digest_of(about["disclosure"]) == about["digest"]
