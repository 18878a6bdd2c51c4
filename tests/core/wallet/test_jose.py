import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from motcua.keys.signers.sealed import LocalKey
from motcua.wallet import jose
from motcua.wallet.refusal import CredentialError

Refused = Callable[[str], Any]


def test_a_key_that_only_signs_makes_the_same_kind_of_token() -> None:
    """The path of keys in a vault, a module or a service."""
    key = jose.generate_key()
    held = LocalKey.from_pem(jose.key_to_pem(key).decode())
    token = jose.sign({"tên": "Hà"}, held, typ="x+jwt", kid="k", x5c=None)
    found = jose.verify(token, key, typ="x+jwt")
    assert (found.payload, found.header) == (
        {"tên": "Hà"},
        {"alg": "ES256", "typ": "x+jwt", "kid": "k"},
    )
    with pytest.raises(ValueError, match="not private"):
        LocalKey.from_pem(jose.key_to_pem(jose.key_from_jwk(jose.public_jwk(key))).decode())


def test_a_signed_token_is_read_back(refused: Refused) -> None:
    key = jose.generate_key()
    token = jose.verify(jose.sign({"tên": "Hà"}, key, typ="x+jwt", kid="k"), key, typ="x+jwt")
    assert (token.payload, token.header["kid"], token.verified) == ({"tên": "Hà"}, "k", True)


def test_a_long_chain_and_a_large_payload_pass() -> None:
    key = jose.generate_key()
    chain = [base64.b64encode(bytes(1500)).decode()] * 3
    token = jose.sign({"lst": "A" * 5_000_000}, key, typ="x", x5c=chain)
    assert jose.verify(token, key, typ="x").header["x5c"] == chain


def test_an_enormous_header_is_refused(refused: Refused) -> None:
    key = jose.generate_key()
    forged = _with_header(jose.sign({}, key, typ="x"), alg="ES256", typ="x", x="A" * 60_000)
    with refused("bad_signature"):
        jose.verify(forged, key, typ="x")


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS256", "ES384", "ES512", "EdDSA", ""])
def test_every_other_algorithm_is_refused(alg: str, refused: Refused) -> None:
    key = jose.generate_key()
    forged = _with_header(jose.sign({}, key, typ="x"), alg=alg, typ="x")
    with refused("unsupported_algorithm"):
        jose.verify(forged, key, typ="x")


def test_a_token_without_signature_is_refused(refused: Refused) -> None:
    head, body, _ = jose.sign({}, jose.generate_key(), typ="x").split(".")
    with refused("malformed"):
        jose.read(f"{head}.{body}.")


def test_a_public_key_is_no_hmac_secret(refused: Refused) -> None:
    key = jose.generate_key()
    head = jose.b64u(b'{"alg":"HS256","typ":"x"}')
    body = jose.b64u(b"{}")
    public = key.as_pem(private=False)
    mac = hmac.digest(public, f"{head}.{body}".encode(), hashlib.sha256)
    with refused("unsupported_algorithm"):
        jose.verify(f"{head}.{body}.{jose.b64u(mac)}", key, typ="x")


def test_the_type_must_be_the_one_expected(refused: Refused) -> None:
    key = jose.generate_key()
    token = jose.sign({}, key, typ="kb+jwt")
    with refused("wrong_type"):
        jose.verify(token, key, typ="dc+sd-jwt")
    assert jose.verify(token, key, typ=["a", "kb+jwt"]).verified
    with refused("wrong_type"):
        jose.verify(_with_header(token, alg="ES256"), key, typ="kb+jwt")


def test_critical_extensions_are_refused(refused: Refused) -> None:
    key = jose.generate_key()
    token = _with_header(jose.sign({}, key, typ="x"), alg="ES256", typ="x", b64=False, crit=["b64"])
    with refused("unsupported_algorithm"):
        jose.verify(token, key, typ="x")


def test_another_key_does_not_verify(refused: Refused) -> None:
    token = jose.sign({"a": 1}, jose.generate_key(), typ="x")
    with refused("bad_signature"):
        jose.verify(token, jose.generate_key(), typ="x")


@given(st.integers(0, 10_000), st.sampled_from("ABCXYZabcxyz0189-_.~= \n"))
def test_no_changed_character_is_accepted(place: int, letter: str) -> None:
    key = jose.key_from_pem(_PEM)
    token = jose.sign({"full_name": "A", "n": 1}, key, typ="x")
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed == token:
        return
    with pytest.raises(CredentialError):
        jose.verify(changed, key, typ="x")


def test_thumbprint_is_the_hash_of_the_canonical_members() -> None:
    jwk = jose.public_jwk(jose.generate_key())
    canonical = json.dumps(jwk, sort_keys=True, separators=(",", ":")).encode()
    assert jose.thumbprint({**jwk, "kid": "x"}) == jose.b64u(hashlib.sha256(canonical).digest())


@given(st.binary())
def test_base64url_has_one_spelling(data: bytes) -> None:
    text = jose.b64u(data)
    assert jose.b64u_decode(text) == data
    for other in (text + "=", text + "\n", "+" + text):
        with pytest.raises(CredentialError):
            jose.b64u_decode(other)


def test_loose_bits_at_the_end_are_refused(refused: Refused) -> None:
    with refused("malformed"):
        jose.b64u_decode("QR")


def test_keys_survive_pem_and_only_p256_is_accepted() -> None:
    key = jose.generate_key()
    assert jose.thumbprint(jose.key_from_pem(jose.key_to_pem(key))) == jose.thumbprint(key)
    other = ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)
    for private in other:
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        with pytest.raises(ValueError, match=r"P-256|elliptic"):
            jose.key_from_pem(pem)


def test_a_jwk_with_a_private_part_or_off_the_curve_is_refused(refused: Refused) -> None:
    key = jose.generate_key()
    jwk = jose.public_jwk(key)
    with refused("malformed"):
        jose.key_from_jwk({**jwk, "d": jwk["x"]})
    with refused("malformed"):
        jose.key_from_jwk({**jwk, "y": jwk["x"]})
    with refused("malformed"):
        jose.key_from_jwk({**jwk, "x": "AA"})
    with refused("unsupported_algorithm"):
        jose.key_from_jwk({**jwk, "crv": "P-384"})
    with refused("malformed"):
        jose.key_from_jwk({"kty": "EC", "crv": "P-256", "x": jwk["x"]})


@pytest.mark.parametrize(
    "text",
    [
        rb'{"a": "\ud800"}',
        rb'{"\udfff": 1}',
        rb'{"a": [{"b": "x\udc00"}]}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\0"}',
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_a_text_that_nobody_can_store_is_no_json_of_ours(text: bytes) -> None:
    with pytest.raises(CredentialError) as refused:
        jose.json_object(text)
    assert refused.value.reason_code == "malformed"


def test_escapes_of_whole_characters_are_read() -> None:
    text = rb'{"a": "\u1ed1 \ud83d\ude00 \\u0000"}'
    assert jose.json_object(text) == {"a": "ố 😀 \\u0000"}


def test_a_key_is_found_by_its_id() -> None:
    keys = [jose.generate_key() for _ in range(2)]
    published = {"keys": [jose.published(k) for k in keys]}
    found = jose.find_key(published, jose.thumbprint(keys[1]))
    assert found is not None
    assert jose.public_jwk(found) == jose.public_jwk(keys[1])
    assert jose.find_key(published, None) is None
    assert jose.find_key(published, "unknown") is None


def _with_header(token: str, **header: object) -> str:
    _, body, signature = token.split(".")
    return ".".join((jose.b64u(json.dumps(header).encode()), body, signature))


_PEM = jose.key_to_pem(jose.generate_key())
