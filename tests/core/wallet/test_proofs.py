from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from motcua.wallet import jose, proofs

Refused = Callable[[str], Any]
ISSUER = "http://qn.localhost:8000"


def test_a_proof_names_the_holders_key(holder: jose.Key, now: datetime) -> None:
    proof = proofs.make_proof(holder, audience=ISSUER, nonce="n", iat=now)
    assert _check(proof, now) == jose.public_jwk(holder)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"nonce": "other"}, "invalid_nonce"),
        ({"nonce": None}, "invalid_nonce"),
        ({"aud": "https://other.example"}, "invalid_proof"),
        ({"aud": None}, "invalid_proof"),
        ({"iat": -301}, "invalid_proof"),
        ({"iat": 3600}, "invalid_proof"),
        ({"iat": None}, "invalid_proof"),
        ({"iss": "somebody"}, "invalid_proof"),
    ],
)
def test_a_proof_for_something_else_is_refused(
    payload: dict[str, Any], code: str, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    if isinstance(payload.get("iat"), int):
        payload = {"iat": int(now.timestamp()) + payload["iat"]}
    proof = _proof(holder, now, payload=payload)
    with refused(code):
        _check(proof, now)


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "x"},
        {"x5c": ["AA=="]},
        {"jwk": None},
        {"jwk": None, "kid": "did:key:x"},
        {"jwk": {}},
        {"typ": "JWT"},
    ],
)
def test_the_header_holds_exactly_one_key(
    header: dict[str, Any], holder: jose.Key, now: datetime, refused: Refused
) -> None:
    with refused("invalid_proof"):
        _check(_proof(holder, now, header=header), now)


def test_a_private_key_or_a_foreign_key_in_the_header_is_refused(
    holder: jose.Key, now: datetime, refused: Refused
) -> None:
    private = holder.as_dict(private=True)
    with refused("invalid_proof"):
        _check(_proof(holder, now, header={"jwk": private}), now)
    stranger = jose.public_jwk(jose.generate_key())
    with refused("invalid_proof"):
        _check(_proof(holder, now, header={"jwk": stranger}), now)


def test_the_client_of_the_access_token_may_name_itself(
    holder: jose.Key, now: datetime, refused: Refused
) -> None:
    proof = _proof(holder, now, payload={"iss": "client"})
    arguments: dict[str, Any] = {"audience": ISSUER, "check_nonce": lambda n: True, "now": now}
    assert proofs.check_proof(proof, client_id="client", **arguments)
    with refused("invalid_proof"):
        proofs.check_proof(proof, client_id="another", **arguments)


def test_a_batch_has_distinct_keys_and_a_limit(now: datetime, refused: Refused) -> None:
    keys = [jose.generate_key() for _ in range(3)]
    made = [proofs.make_proof(k, audience=ISSUER, nonce="n", iat=now) for k in keys]
    assert _check_all(made, now) == [jose.public_jwk(k) for k in keys]
    for wrong in ([], [*made, made[0]], [made[0], made[0]], [7]):
        with refused("invalid_proof"):
            _check_all(wrong, now)


def _proof(
    key: jose.Key,
    now: datetime,
    *,
    header: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
) -> str:
    head = {"typ": "openid4vci-proof+jwt", "jwk": jose.public_jwk(key), **(header or {})}
    body = {"aud": ISSUER, "iat": int(now.timestamp()), "nonce": "n", **(payload or {})}
    body = {name: value for name, value in body.items() if value is not None}
    return jose.sign(body, key, **head)


def _check(proof: str, now: datetime) -> dict[str, str]:
    return proofs.check_proof(
        proof,
        audience=ISSUER,
        check_nonce=lambda n: n == "n",
        now=now,
        max_age=timedelta(minutes=5),
    )


def _check_all(made: list[Any], now: datetime) -> list[dict[str, str]]:
    return proofs.check_proofs(
        made, audience=ISSUER, check_nonce=lambda n: n == "n", now=now, batch_size=3
    )
