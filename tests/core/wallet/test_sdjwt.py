import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.wallet import jose, sdjwt
from motcua.wallet.disclosures import digest_of
from motcua.wallet.refusal import CredentialError

Refused = Callable[[str], Any]
Issuer = Any  # the fixture's class lives in conftest
AUD, NONCE = "x509_hash:abc", "n-0S6_WzA2Mj"


def test_only_what_is_revealed_is_seen(issuer: Issuer, holder: jose.Key, now: datetime) -> None:
    status = sdjwt.Status("http://qn.localhost:8000/status/1", 77)
    shown = _present(issuer.issue(holder, status=status), {"full_name"}, holder, now)
    seen = _verify(shown, issuer, now)
    assert seen.claims == {"full_name": "Nguyễn Thị Bích Ngọc", "result_code": "H49-2026-000123"}
    assert (seen.issuer, seen.kid, seen.status) == (issuer.url, issuer.kid, status)
    assert seen.vct == "http://qn.localhost:8000/vct/residence/1"
    assert seen.holder_jwk == jose.public_jwk(holder)
    assert seen.digest == hashlib.sha256(shown.encode()).hexdigest()
    assert "1994" not in "".join(map(_decoded, shown.split("~")[1:-1]))


def test_the_holder_sees_everything(issuer: Issuer, holder: jose.Key, now: datetime) -> None:
    seen = sdjwt.verify_credential(issuer.issue(holder), issuer_key_lookup=issuer.lookup, now=now)
    assert seen.claims["address"] == {"commune": "Hà Lầm", "province": "Quảng Ninh"}
    assert len(seen.claims) == 4


def test_moments_are_rounded_to_the_hour_and_salts_differ(issuer: Issuer, holder: jose.Key) -> None:
    first, second = (sdjwt.take_apart(issuer.issue(holder)) for _ in range(2))
    assert first.payload["iat"] % 3600 == first.payload["exp"] % 3600 == 0
    assert first.payload["iat"] == datetime(2026, 11, 22, 2, tzinfo=UTC).timestamp()
    assert not set(first.payload["_sd"]) & set(second.payload["_sd"])
    assert first.payload["_sd"] == sorted(first.payload["_sd"])
    assert first.header["typ"] == "dc+sd-jwt"


def test_a_tampered_disclosure_is_refused(
    issuer: Issuer, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    jwt, *shown, _ = _present(issuer.issue(holder), {"birth_date"}, holder, now).split("~")
    salt, name, _value = json.loads(jose.b64u_decode(shown[0]))
    forged = jose.b64u(json.dumps([salt, name, "2010-01-01"]).encode())
    bound = f"{jwt}~{forged}~"
    with refused("bad_disclosure"):
        _verify(bound + _binding(bound, holder, now), issuer, now)


def test_a_disclosure_added_or_taken_away_breaks_the_hash(
    issuer: Issuer, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    credential = issuer.issue(holder)
    shown = _present(credential, {"birth_date"}, holder, now)
    jwt, disclosure, binding = shown.split("~")
    with refused("bad_disclosure"):
        _verify(f"{jwt}~{binding}", issuer, now)
    extra = next(d for d in credential.split("~")[1:-1] if d != disclosure)
    with refused("bad_disclosure"):
        _verify(f"{jwt}~{disclosure}~{extra}~{binding}", issuer, now)


def test_a_disclosure_sent_twice_is_refused(
    issuer: Issuer, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    jwt, disclosure, _ = _present(issuer.issue(holder), {"birth_date"}, holder, now).split("~")
    bound = f"{jwt}~{disclosure}~{disclosure}~"
    with refused("duplicate_digest"):
        _verify(bound + _binding(bound, holder, now), issuer, now)


def test_a_digest_in_two_places_is_refused(issuer: Issuer, now: datetime, refused: Refused) -> None:
    text = _disclosure("a", 1)
    payload = {"_sd": [digest_of(text)], "below": {"_sd": [digest_of(text)]}}
    with refused("duplicate_digest"):
        _receive(issuer, payload, [text], now)


@pytest.mark.parametrize("name", ["iss", "exp", "nbf", "cnf", "vct", "status"])
def test_technical_claims_cannot_hide(
    name: str, issuer: Issuer, now: datetime, refused: Refused
) -> None:
    text = _disclosure(name, "x")
    with refused("bad_disclosure"):
        _receive(issuer, {"_sd": [digest_of(text)]}, [text], now)


def test_a_disclosure_cannot_replace_an_open_claim(
    issuer: Issuer, now: datetime, refused: Refused
) -> None:
    text = _disclosure("full_name", "Another")
    with refused("bad_disclosure"):
        _receive(issuer, {"full_name": "A", "_sd": [digest_of(text)]}, [text], now)


@pytest.mark.parametrize(
    "text",
    [
        jose.b64u(b'["salt"]'),
        jose.b64u(b'["salt","_sd",[]]'),
        jose.b64u(b'["salt","...","x"]'),
        jose.b64u(b'[1,"a","x"]'),
        jose.b64u(b'{"a":1}'),
        jose.b64u(b"[" * 100_000),
        "no base64 é",
    ],
)
def test_a_disclosure_that_is_none_is_refused(
    text: str, issuer: Issuer, now: datetime, refused: Refused
) -> None:
    with refused("bad_disclosure"):
        _receive(issuer, {"_sd": [digest_of(text)]}, [text], now)


def test_a_deeply_nested_credential_is_refused(
    issuer: Issuer, now: datetime, refused: Refused
) -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    with refused("malformed"):
        _receive(issuer, {"a": deep}, [], now)


def test_nested_and_array_disclosures_of_other_issuers_are_read(
    issuer: Issuer, holder: jose.Key, now: datetime
) -> None:
    street = _disclosure("street", "Lê Thánh Tông")
    address = _disclosure("address", {"_sd": [digest_of(street)], "commune": "Hà Lầm"})
    first, second = (jose.b64u(json.dumps(["s" * n, f"child {n}"]).encode()) for n in (1, 2))
    payload = {
        "_sd": [digest_of(address), digest_of("decoy")],
        "children": [{"...": digest_of(first)}, {"...": digest_of(second)}],
        "cnf": {"jwk": jose.public_jwk(holder)},
    }
    texts = [street, address, first, second]
    assert _receive(issuer, payload, texts, now).claims == {
        "address": {"commune": "Hà Lầm", "street": "Lê Thánh Tông"},
        "children": ["child 1", "child 2"],
    }
    credential = _signed(issuer, payload, texts)
    shown = _verify(_present(credential, {"address"}, holder, now), issuer, now)
    assert shown.claims == {
        "address": {"commune": "Hà Lầm", "street": "Lê Thánh Tông"},
        "children": [],
    }
    shown = _verify(_present(credential, {"children"}, holder, now), issuer, now)
    assert shown.claims == {"children": ["child 1", "child 2"]}


def test_a_presentation_without_key_binding_is_refused(
    issuer: Issuer, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    with refused("missing_key_binding"):
        _verify(issuer.issue(holder), issuer, now)
    unbound = issuer.issue(None)
    with refused("missing_key_binding"):
        _verify(unbound + _binding(unbound, holder, now), issuer, now)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"nonce": "another"}, "wrong_nonce"),
        ({"aud": "x509_hash:other"}, "wrong_audience"),
        ({"aud": [AUD]}, "wrong_audience"),
        ({"iat": -601}, "stale"),
        ({"iat": 61}, "from_the_future"),
        ({"iat": "now"}, "malformed"),
        ({"iat": True}, "malformed"),
        ({"iat": 1e300}, "malformed"),
        ({"sd_hash": "AA"}, "bad_disclosure"),
    ],
)
def test_a_key_binding_must_fit_this_request(
    change: dict[str, Any],
    code: str,
    issuer: Issuer,
    holder: jose.Key,
    now: datetime,
    refused: Refused,
) -> None:
    if isinstance(change.get("iat"), int) and not isinstance(change["iat"], bool):
        change = {"iat": int(now.timestamp()) + change["iat"]}
    bound = issuer.issue(holder)
    with refused(code):
        _verify(bound + _binding(bound, holder, now, **change), issuer, now)


def test_the_limits_of_age_are_accepted(issuer: Issuer, holder: jose.Key, now: datetime) -> None:
    bound = issuer.issue(holder)
    for shift in (-600, 0, 60):
        moment = int(now.timestamp()) + shift
        assert _verify(bound + _binding(bound, holder, now, iat=moment), issuer, now)


def test_a_stolen_credential_cannot_be_presented(
    issuer: Issuer, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    shown = _present(issuer.issue(holder), {"full_name"}, jose.generate_key(), now)
    with refused("wrong_holder"):
        _verify(shown, issuer, now)


def test_another_token_of_the_holder_is_no_key_binding(
    issuer: Issuer, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    bound = issuer.issue(holder)
    payload = jose.read(_binding(bound, holder, now)).payload
    with refused("wrong_type"):
        _verify(bound + jose.sign(payload, holder, typ="JWT"), issuer, now)


def test_a_key_binding_with_alg_none_is_refused(
    issuer: Issuer, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    bound = issuer.issue(holder)
    _, body, signature = _binding(bound, holder, now).split(".")
    head = jose.b64u(b'{"alg":"none","typ":"kb+jwt"}')
    with refused("unsupported_algorithm"):
        _verify(f"{bound}{head}.{body}.{signature}", issuer, now)


def test_the_issuer_must_be_trusted_and_must_have_signed(
    issuer: Issuer, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    shown = _present(issuer.issue(holder), set(), holder, now)
    with refused("untrusted_issuer"):
        _verify(shown, issuer, now, lookup=lambda iss, header: None)
    stranger = jose.generate_key()
    with refused("bad_signature"):
        _verify(shown, issuer, now, lookup=lambda iss, header: stranger)


def test_an_ordinary_jwt_of_the_issuer_is_no_credential(
    issuer: Issuer, now: datetime, refused: Refused
) -> None:
    token = jose.sign({"iss": issuer.url, "vct": "x"}, issuer.key, typ="JWT")
    with refused("wrong_type"):
        sdjwt.verify_credential(f"{token}~", issuer_key_lookup=issuer.lookup, now=now)


def test_validity_is_checked(
    issuer: Issuer, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    credential = issuer.issue(holder, exp=now + timedelta(hours=2))
    later = now + timedelta(hours=2)
    with refused("expired"):
        sdjwt.verify_credential(credential, issuer_key_lookup=issuer.lookup, now=later)
    earlier = now - timedelta(hours=1)
    with refused("not_yet_valid"):
        sdjwt.verify_credential(credential, issuer_key_lookup=issuer.lookup, now=earlier)
    with pytest.raises(ValueError, match="expire"):
        issuer.issue(holder, exp=now + timedelta(minutes=20))


def test_reserved_and_unknown_claims_cannot_be_issued(issuer: Issuer) -> None:
    with pytest.raises(ValueError, match="cnf"):
        issuer.issue(None, claims={"cnf": 1})
    with pytest.raises(ValueError, match="missing"):
        sdjwt.issue(
            {},
            {"missing"},
            issuer=issuer.url,
            vct="v",
            key=issuer.key,
            kid="k",
            x5c=None,
            holder_jwk=None,
            status=None,
            iat=datetime(2026, 1, 1, tzinfo=UTC),
            exp=None,
        )


def test_other_hash_algorithms_are_refused(issuer: Issuer, now: datetime, refused: Refused) -> None:
    with refused("unsupported_algorithm"):
        _receive(issuer, {"_sd_alg": "sha-512"}, [], now)


_names = st.text(min_size=1, max_size=8).filter(
    lambda n: n not in sdjwt._REGISTERED | {"_sd", "..."}
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_any_claims_come_back_as_chosen(data: st.DataObject) -> None:
    claims = data.draw(st.dictionaries(_names, _values, max_size=5))
    names = sorted(claims)
    hidden = set(data.draw(st.lists(st.sampled_from(names))) if names else [])
    reveal = set(data.draw(st.lists(st.sampled_from(names))) if names else [])
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    credential = sdjwt.issue(
        claims,
        hidden,
        issuer="https://i.example",
        vct="v",
        key=_KEY,
        kid="k",
        x5c=None,
        holder_jwk=jose.public_jwk(_KEY),
        status=None,
        iat=moment,
        exp=None,
    )
    seen = sdjwt.verify_presentation(
        _present(credential, reveal, _KEY, moment),
        issuer_key_lookup=lambda iss, header: _KEY,
        nonce=NONCE,
        aud=AUD,
        now=moment,
        max_age=timedelta(minutes=5),
    )
    assert seen.claims == {n: v for n, v in claims.items() if n not in hidden or n in reveal}


@given(st.text(max_size=200))
def test_rubbish_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(CredentialError):
        sdjwt.take_apart(text)


_KEY = jose.generate_key()


def _decoded(disclosure: str) -> str:
    return jose.b64u_decode(disclosure).decode()


def _disclosure(name: str, value: Any) -> str:
    return jose.b64u(json.dumps(["salt", name, value]).encode())


def _signed(issuer: Issuer, payload: dict[str, Any], texts: list[str]) -> str:
    body = {"iss": issuer.url, "vct": "v", **payload}
    return "~".join((jose.sign(body, issuer.key, typ="dc+sd-jwt"), *texts, ""))


def _receive(
    issuer: Issuer, payload: dict[str, Any], texts: list[str], now: datetime
) -> sdjwt.Verified:
    credential = _signed(issuer, payload, texts)
    return sdjwt.verify_credential(credential, issuer_key_lookup=issuer.lookup, now=now)


def _binding(bound: str, key: jose.Key, now: datetime, **change: Any) -> str:
    payload = {
        "iat": int(now.timestamp()),
        "aud": AUD,
        "nonce": NONCE,
        "sd_hash": digest_of(bound),
        **change,
    }
    return jose.sign(payload, key, typ="kb+jwt")


def _present(credential: str, reveal: set[str], key: jose.Key, now: datetime) -> str:
    return sdjwt.present(credential, reveal, holder_key=key, nonce=NONCE, aud=AUD, iat=now)


def _verify(
    presentation: str, issuer: Issuer, now: datetime, *, lookup: Any = None
) -> sdjwt.Verified:
    return sdjwt.verify_presentation(
        presentation,
        issuer_key_lookup=lookup or issuer.lookup,
        nonce=NONCE,
        aud=AUD,
        now=now,
        max_age=timedelta(minutes=10),
    )
