"""Encrypted answers: what is offered works, what is not is refused with a reason."""

from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwe as plain
from joserfc.jwk import OctKey

from motcua.wallet import jose, jwe

Refused = Callable[[str], Any]


@pytest.mark.parametrize("enc", jwe.ENCRYPTIONS)
def test_an_answer_comes_back_as_it_was_encrypted(enc: str) -> None:
    key = jose.generate_key()
    said = {"vp_token": {"paper": ["x~y~"]}, "state": "trạng thái"}
    assert jwe.decrypt(jwe.encrypt(said, jwe.published(key), enc=enc), key) == said


def test_a_large_presentation_fits() -> None:
    key = jose.generate_key()
    said = {"vp_token": {"paper": ["p" * 400_000]}}
    assert jwe.decrypt(jwe.encrypt(said, jwe.published(key)), key) == said


def test_the_published_key_says_what_it_is_for() -> None:
    key = jose.generate_key()
    shown = jwe.published(key)
    assert (shown["alg"], shown["use"], shown["kid"]) == ("ECDH-ES", "enc", jose.thumbprint(key))
    assert "d" not in shown


def test_an_answer_to_another_key_is_refused(refused: Refused) -> None:
    key, other = jose.generate_key(), jose.generate_key()
    with refused("malformed"):
        jwe.decrypt(jwe.encrypt({}, jwe.published(other)), key)
    unnamed = {n: v for n, v in jwe.published(other).items() if n != "kid"}
    header = {"alg": "ECDH-ES", "enc": "A128GCM"}
    with refused("malformed"):
        jwe.decrypt(plain.encrypt_compact(header, b"{}", jose.key_from_jwk(unnamed)), key)


def test_a_damaged_answer_is_refused(refused: Refused) -> None:
    key = jose.generate_key()
    head, encrypted, iv, text, tag = jwe.encrypt({"a": 1}, jwe.published(key)).split(".")
    other = "A" if text[0] != "A" else "B"
    for wrong in (
        ".".join((head, encrypted, iv, other + text[1:], tag)),
        f"{head}.{encrypted}.{iv}.{text}",
        "a.b.c.d.e",
        "",
        "x" * (jwe.MAX_LENGTH + 1),
    ):
        with refused("malformed"):
            jwe.decrypt(wrong, key)


@pytest.mark.parametrize("change", [{"enc": "A256CBC-HS512"}, {"zip": "DEF"}, {"alg": "dir"}])
def test_another_way_of_encrypting_is_refused(change: dict[str, str], refused: Refused) -> None:
    key = jose.generate_key()
    header = {"alg": "ECDH-ES", "enc": "A128GCM", **change}
    to: Any = OctKey.generate_key(128) if change.get("alg") == "dir" else key
    algorithms = ["dir", "ECDH-ES", "A128GCM", "A256CBC-HS512", "DEF"]
    token = plain.encrypt_compact(header, b'{"a":1}', to, algorithms=algorithms)
    with refused("unsupported_algorithm"):
        jwe.decrypt(token, key)


def test_what_is_no_object_is_refused(refused: Refused) -> None:
    key = jose.generate_key()
    token = plain.encrypt_compact({"alg": "ECDH-ES", "enc": "A128GCM"}, b"[1]", key)
    with refused("malformed"):
        jwe.decrypt(token, key)
