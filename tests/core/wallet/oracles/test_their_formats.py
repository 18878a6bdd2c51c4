"""Tokens, lists and credentials of others read by us, and ours by them, without a server."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from motcua.wallet import certificates, jose, sdjwt, statuslist
from tests.core.wallet.conftest import CLAIMS, HIDDEN, NOW, Issuer
from tests.core.wallet.oracles import software

Refused = Callable[[str], Any]


@pytest.fixture
def theirs(packages: Path, issuer: Issuer) -> Callable[..., Any]:
    root = certificates.to_pem(issuer.root).decode()
    return lambda job, **about: software.run(packages, job, root=root, **about)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_we_read_every_entry_of_their_status_lists(theirs: Any, bits: int) -> None:
    draw = random.Random(bits)
    values = [draw.randrange(2**bits) for _ in range(1000)]
    entry = {"bits": bits, "lst": theirs("makeList", bits=bits, values=values)["lst"]}
    assert [statuslist.read_status(entry, n) for n in range(1000)] == values


@pytest.mark.parametrize("bits", [1, 2])
def test_they_read_every_entry_of_our_status_lists(theirs: Any, bits: int, issuer: Issuer) -> None:
    draw = random.Random(bits)
    values = {n: draw.randrange(2**bits) for n in range(0, 5000, 7)}
    token = statuslist.make_token(
        statuslist.build(values, size=5000, bits=bits),
        bits=bits,
        uri="https://x.example/1",
        key=issuer.key,
        kid=issuer.kid,
        x5c=None,
        iat=NOW,
        lifetime=timedelta(hours=1),
        ttl=timedelta(minutes=5),
    )
    seen = theirs("readList", token=token, indices=list(range(5000)))["values"]
    assert seen == [values.get(n, 0) for n in range(5000)]


def test_they_verify_a_token_and_a_thumbprint_of_ours(theirs: Any, issuer: Issuer) -> None:
    token = jose.sign({"tên": "Hà"}, issuer.key, typ="x+jwt", kid=issuer.kid)
    public = jose.public_jwk(issuer.key)
    seen = theirs("verifyToken", token=token, jwk=public)
    assert (seen["payload"], seen["header"]["typ"]) == ({"tên": "Hà"}, "x+jwt")
    assert theirs("thumbprint", jwk=public)["thumbprint"] == issuer.kid
    other = jose.public_jwk(jose.generate_key())
    assert "signature" in theirs("verifyToken", token=token, jwk=other)["refused"]


def test_we_verify_a_credential_of_theirs(
    theirs: Any, issuer: Issuer, holder: jose.Key, refused: Refused
) -> None:
    claims = {
        "iss": issuer.url,
        "vct": "https://i.example/v",
        "iat": int(NOW.timestamp()),
        "cnf": {"jwk": jose.public_jwk(holder)},
        "full_name": "Nguyễn Thị Ngọc",
        "address": {"commune": "Hà Lầm", "province": "Quảng Ninh"},
        "languages": ["vi", "en"],
    }
    frame = {
        "_sd": ["full_name", "address"],
        "address": {"_sd": ["commune"]},
        "languages": {"_sd": [1]},
        "_sd_decoy": 3,
    }
    key = issuer.key.as_dict(private=True)
    made = theirs("issue", claims=claims, frame=frame, jwk=key)["credential"]
    seen = sdjwt.verify_credential(made, issuer_key_lookup=issuer.lookup, now=NOW)
    wanted = ("full_name", "address", "languages")
    assert {n: seen.claims[n] for n in wanted} == {n: claims[n] for n in wanted}
    stranger = theirs("issue", claims=claims, frame=frame, jwk=_private())["credential"]
    with refused("bad_signature"):
        sdjwt.verify_credential(stranger, issuer_key_lookup=issuer.lookup, now=NOW)


def test_they_believe_nothing_that_is_forged(theirs: Any, issuer: Issuer, holder: jose.Key) -> None:
    good = issuer.issue(holder, exp=None)
    assert theirs("judge", credential=good)["claims"]["birth_date"] == CLAIMS["birth_date"]
    assert theirs("judge", credential=good.replace(".", ".A", 1)).get("refused")
    jwt, *items, _ = good.split("~")
    assert len(items) == len(HIDDEN)
    # A disclosure that nobody signed: we refuse it (RFC 9901 section 7.1), they overlook it.
    forged = jose.b64u(b'["salt","full_name","Nguoi Khac"]')
    seen = theirs("judge", credential=f"{jwt}~{forged}~")
    assert "Nguoi Khac" not in str(seen["claims"])
    other = certificates.make_root("Gốc khác", now=NOW)
    pem = certificates.to_pem(other.certificate).decode()
    assert "not signed by" in _judged(good, pem)["refused"]


def _judged(credential: str, root: str) -> Any:
    folder = software.install()
    return software.run(folder, "judge", credential=credential, root=root)


def _private() -> dict[str, Any]:
    return dict(jose.generate_key().as_dict(private=True))
