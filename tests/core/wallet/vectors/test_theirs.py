"""SD-JWT by another implementation (``sd-jwt`` of PyPI, on jwcrypto): each side reads what the other writes."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from sd_jwt.common import SDObj  # type: ignore[import-untyped]
from sd_jwt.holder import SDJWTHolder  # type: ignore[import-untyped]
from sd_jwt.issuer import SDJWTIssuer  # type: ignore[import-untyped]
from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

from motcua.wallet import jose, sdjwt
from motcua.wallet.refusal import CredentialError
from tests.core.wallet.conftest import CLAIMS, HIDDEN, NOW, Issuer

NONCE, AUD = "n-0S6_WzA2Mj", "x509_hash:abc"
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=6,
)


def _theirs(key: jose.Key, *, private: bool = False) -> JWK:
    return JWK.from_json(json.dumps(key.as_dict(private=private)))


def _read(shown: str, issuer: Issuer, **bound: str) -> dict[str, Any]:
    found: dict[str, Any] = SDJWTVerifier(
        shown, lambda *_: _theirs(issuer.key), *bound.values()
    ).get_verified_payload()
    return found


def test_they_read_a_credential_of_ours(issuer: Issuer, holder: jose.Key) -> None:
    seen = _read(issuer.issue(holder), issuer)
    assert {name: seen[name] for name in CLAIMS} == CLAIMS
    assert seen["cnf"] == {"jwk": jose.public_jwk(holder)}


@pytest.mark.parametrize("reveal", [set(), {"full_name"}, HIDDEN])
def test_they_verify_a_presentation_of_ours(
    issuer: Issuer, holder: jose.Key, reveal: set[str]
) -> None:
    shown = sdjwt.present(
        issuer.issue(holder), reveal, holder_key=holder, nonce=NONCE, aud=AUD, iat=NOW
    )
    seen = _read(shown, issuer, aud=AUD, nonce=NONCE)
    assert {n for n in CLAIMS if n in seen} == reveal | (CLAIMS.keys() - HIDDEN)


def test_they_refuse_what_is_tampered_with_or_for_another(issuer: Issuer, holder: jose.Key) -> None:
    shown = sdjwt.present(
        issuer.issue(holder), HIDDEN, holder_key=holder, nonce=NONCE, aud=AUD, iat=NOW
    )
    with pytest.raises(Exception, match=r"(?i)nonce"):
        _read(shown, issuer, aud=AUD, nonce="other")
    with pytest.raises(Exception, match=r"(?i)aud"):
        _read(shown, issuer, aud="other", nonce=NONCE)
    head, rest = shown.split(".", 1)
    body = rest[:10] + ("A" if rest[10] != "A" else "B") + rest[11:]
    with pytest.raises(Exception):  # noqa: B017, PT011 -- whatever they call it
        _read(f"{head}.{body}", issuer, aud=AUD, nonce=NONCE)


def _issued(issuer: Issuer, holder: jose.Key, claims: dict[str, Any]) -> SDJWTIssuer:
    said = {"iss": issuer.url, "vct": "https://i.example/v", "iat": int(NOW.timestamp())}
    hidden = {SDObj(name): value for name, value in claims.items()}
    return SDJWTIssuer(
        user_claims={**said, **hidden},
        issuer_key=_theirs(issuer.key, private=True),
        holder_key=_theirs(holder),
        sign_alg="ES256",
        extra_header_parameters={"typ": "dc+sd-jwt", "kid": issuer.kid},
        add_decoy_claims=True,
    )


def _shown(issued: SDJWTIssuer, holder: jose.Key, reveal: dict[str, Any]) -> str:
    wallet = SDJWTHolder(issued.sd_jwt_issuance)
    key = _theirs(holder, private=True)
    wallet.create_presentation(reveal, NONCE, AUD, key, sign_alg="ES256")
    shown: str = wallet.sd_jwt_presentation
    return shown


def test_we_verify_a_presentation_of_theirs_with_decoys(issuer: Issuer, holder: jose.Key) -> None:
    issued = _issued(issuer, holder, {"full_name": "Nguyễn Thị Ngọc", "birth_date": "1994-05-19"})
    seen = _verify(_shown(issued, holder, {"full_name": True}), issuer)
    assert seen.claims == {"full_name": "Nguyễn Thị Ngọc"}


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.text("xyz", min_size=1, max_size=4), _values, max_size=4))
def test_whatever_they_hide_we_open(claims: dict[str, Any]) -> None:
    key = jose.generate_key()
    issuer = Issuer("https://i.example", key, "k", (), None)  # type: ignore[arg-type]
    issued = _issued(issuer, key, claims)
    seen = sdjwt.verify_credential(issued.sd_jwt_issuance, issuer_key_lookup=issuer.lookup, now=NOW)
    assert seen.claims == claims


def test_we_refuse_a_presentation_of_theirs_without_key_binding(
    issuer: Issuer, holder: jose.Key
) -> None:
    issued = _issued(issuer, holder, {"full_name": "A"})
    wallet = SDJWTHolder(issued.sd_jwt_issuance)
    wallet.create_presentation({"full_name": True})
    with pytest.raises(CredentialError, check=lambda e: e.reason_code == "missing_key_binding"):
        _verify(wallet.sd_jwt_presentation, issuer)


def _verify(shown: str, issuer: Issuer) -> sdjwt.Verified:
    return sdjwt.verify_presentation(
        shown,
        issuer_key_lookup=issuer.lookup,
        nonce=NONCE,
        aud=AUD,
        now=datetime.now(NOW.tzinfo),
        max_age=timedelta(minutes=5),
    )
