"""DPoP (RFC 9449): tokens bound to a key, and every proof that proves nothing."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from motcua.tenancy.tenant import Tenant
from motcua.wallet import dpop, jose, nonces, proofs
from tests.core.wallet.archive import Archive
from tests.core.wallet.keyed import Keyed, error_of

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
URL = "https://qn.example.vn/token"
Refused = Callable[[str], Any]


@pytest.fixture
def keyed(archive: Archive, quang_ninh: Tenant) -> Keyed:
    return Keyed(archive, quang_ninh)


def _proof(key: jose.Key, **changes: Any) -> str:
    said: dict[str, Any] = {"jti": "j", "htm": "POST", "htu": URL, "iat": int(NOW.timestamp())}
    said = {k: v for k, v in {**said, **changes}.items() if v is not None}
    return jose.sign(said, key, typ=dpop.TYPE, jwk=jose.public_jwk(key))


def test_a_proof_names_its_key(holder: jose.Key) -> None:
    made = dpop.make_proof(holder, method="POST", url=URL, iat=NOW, jti="j", nonce="n")
    found = dpop.check_proof(made, method="POST", url=URL, now=NOW)
    assert found == dpop.Proof(jose.thumbprint(holder), "j", "n")


@pytest.mark.parametrize(
    "htu",
    [
        "HTTPS://QN.example.vn/token",
        "https://qn.example.vn:443/token",
        "https://qn.example.vn/token?a=1#b",
    ],
)
def test_the_address_is_compared_as_an_address(holder: jose.Key, htu: str) -> None:
    dpop.check_proof(_proof(holder, htu=htu), method="POST", url=URL, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htm": None},
        {"htu": "https://qn.example.vn/credential"},
        {"htu": "https://tn.example.vn/token"},
        {"htu": "http://qn.example.vn/token"},
        {"htu": "https://qn.example.vn:99999/token"},
        {"htu": None},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "j" * 600},
        {"iat": None},
        {"iat": "now"},
        {"iat": int((NOW - timedelta(hours=1)).timestamp())},
        {"iat": int((NOW - timedelta(minutes=3)).timestamp())},
        {"iat": int((NOW + timedelta(minutes=3)).timestamp())},
        {"nonce": 7},
    ],
)
def test_a_proof_for_something_else_is_none(
    holder: jose.Key, refused: Refused, changes: dict[str, Any]
) -> None:
    with refused("invalid_dpop_proof"):
        dpop.check_proof(_proof(holder, **changes), method="POST", url=URL, now=NOW)


def test_a_proof_that_nobody_signed_is_none(holder: jose.Key, refused: Refused) -> None:
    other, said = (
        jose.generate_key(),
        {"jti": "j", "htm": "POST", "htu": URL, "iat": int(NOW.timestamp())},
    )
    public = jose.public_jwk(holder)
    head, body, _ = _proof(holder).split(".")
    none = jose.b64u(b'{"alg":"none","typ":"dpop+jwt"}')
    symmetric = jose.b64u(b'{"alg":"HS256","typ":"dpop+jwt"}')
    for made in (
        jose.sign(said, other, typ=dpop.TYPE, jwk=public),
        jose.sign(said, holder, typ="JWT", jwk=public),
        jose.sign(said, holder, typ=proofs.TYPE, jwk=public),
        jose.sign(said, holder, typ=dpop.TYPE),
        jose.sign(said, holder, typ=dpop.TYPE, jwk=holder.as_dict(private=True)),
        jose.sign(said, holder, typ=dpop.TYPE, jwk={**public, "crv": "P-384"}),
        f"{head}.{body}.{jose.b64u(bytes(64))}",
        f"{none}.{body}.",
        f"{none}.{body}.{jose.b64u(b'x')}",
        f"{symmetric}.{body}.{jose.b64u(bytes(32))}",
        "nonsense",
        "",
    ):
        with refused("invalid_dpop_proof"):
            dpop.check_proof(made, method="POST", url=URL, now=NOW)


def test_a_proof_names_the_token_it_comes_with(holder: jose.Key, refused: Refused) -> None:
    good = _proof(holder, ath=dpop.ath_of("t"))
    dpop.check_proof(good, method="POST", url=URL, now=NOW, access_token="t")
    for made in (_proof(holder), _proof(holder, ath=dpop.ath_of("other"))):
        with refused("invalid_dpop_proof"):
            dpop.check_proof(made, method="POST", url=URL, now=NOW, access_token="t")


async def test_a_token_asked_for_with_a_key_is_bound_to_it(keyed: Keyed) -> None:
    ready = await keyed.archive.result(keyed.tenant)
    answer = await keyed.code(await keyed.archive.mint(ready))
    given = answer.json()
    assert (given["token_type"], given["expires_in"]) == ("DPoP", 1800)
    assert nonces_are_ours(keyed, answer.headers["dpop-nonce"])
    got = await keyed.json("/credential", given["access_token"], await keyed.asked())
    assert got.status_code == 200
    assert nonces_are_ours(keyed, got.headers["dpop-nonce"])
    told = {"notification_id": got.json()["notification_id"], "event": "credential_accepted"}
    assert (await keyed.json("/notification", given["access_token"], told)).status_code == 204


async def test_without_a_key_a_token_lives_five_minutes_and_has_no_successor(keyed: Keyed) -> None:
    offered = await keyed.archive.mint(await keyed.archive.result(keyed.tenant))
    given = (await keyed.code(offered, proof=None)).json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 300)
    assert "refresh_token" not in given


async def test_a_stolen_token_opens_nothing(keyed: Keyed) -> None:
    offered = await keyed.archive.mint(await keyed.archive.result(keyed.tenant))
    stolen = (await keyed.code(offered)).json()["access_token"]
    thief, body = Keyed(keyed.archive, keyed.tenant), await keyed.asked()
    for answer in (
        await thief.json("/credential", stolen, body),
        await thief.json("/credential", stolen, body, scheme="Bearer", proof=None),
        await thief.json("/credential", stolen, body, scheme="Bearer"),
        await keyed.json("/credential", stolen, body, scheme="Bearer"),
        await keyed.json("/credential", stolen, body, proof=None),
        await keyed.json("/credential", stolen, body, proof=keyed.proof("/credential")),
        await keyed.json("/credential", stolen, body, proof=keyed.proof("/token", stolen)),
        await keyed.json("/credential", stolen, body, proof=keyed.proof("/credential", "another")),
        await thief.json("/deferred", stolen, {"transaction_id": "x"}),
        await thief.json("/notification", stolen, {"notification_id": "x", "event": "x"}),
    ):
        status, error = error_of(answer)
        assert status == 401
        assert error in {"invalid_token", "invalid_dpop_proof"}
    assert (await keyed.json("/credential", stolen, body)).status_code == 200


async def test_a_bearer_token_does_not_become_a_bound_one(keyed: Keyed) -> None:
    token = await keyed.archive.access(await keyed.archive.result(keyed.tenant))
    answer = await keyed.json("/credential", token, await keyed.asked())
    assert error_of(answer) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("DPoP ")
    assert 'algs="ES256"' in answer.headers["www-authenticate"]


async def test_a_proof_is_taken_once_though_twenty_send_it(keyed: Keyed) -> None:
    offered = await keyed.archive.mint(await keyed.archive.result(keyed.tenant))
    access = (await keyed.code(offered)).json()["access_token"]
    proof = keyed.proof("/deferred", access)
    body = {"transaction_id": "x"}
    answers = await asyncio.gather(
        *(keyed.json("/deferred", access, body, proof=proof) for _ in range(20))
    )
    errors = sorted(error_of(a) for a in answers)
    assert errors == [(400, "invalid_transaction_id"), *[(401, "invalid_dpop_proof")] * 19]


async def test_what_was_seen_outlives_the_process_and_is_forgotten_when_too_old(
    keyed: Keyed,
) -> None:
    proof = keyed.proof("/token")
    first = await keyed.form("/token", {"grant_type": "refresh_token"}, proof)
    assert error_of(first) == (400, "invalid_request")
    again = await keyed.form("/token", {"grant_type": "refresh_token"}, proof)
    assert error_of(again) == (400, "invalid_dpop_proof")
    old = "update dpop_proof set expires_at = now() - interval '1 hour' returning 1"
    await keyed.archive.one(keyed.tenant, old)
    before = await keyed.archive.one(keyed.tenant, "select count(*) from dpop_proof")
    await keyed.form("/token", {"grant_type": "refresh_token"})
    after = await keyed.archive.one(keyed.tenant, "select count(*) from dpop_proof")
    assert after == before + 1 - min(5, before)


async def test_two_proofs_are_none(keyed: Keyed) -> None:
    headers = [("dpop", keyed.proof("/token")), ("dpop", keyed.proof("/token"))]
    answer = await keyed.archive.client.post(
        keyed.archive.url(keyed.tenant, "/token"), data={"grant_type": "x"}, headers=headers
    )
    assert error_of(answer) == (400, "invalid_dpop_proof")


async def test_a_nonce_that_is_not_ours_is_answered_with_a_fresh_one(
    keyed: Keyed, thai_nguyen: Tenant
) -> None:
    secret = keyed.archive.platform.vaults.key("dpop_nonce")
    old = nonces.make_nonce(
        secret, tenant=str(keyed.tenant.id), now=datetime.now(UTC) - timedelta(minutes=6)
    )
    foreign = dpop.fresh(keyed.archive.platform, thai_nguyen, datetime.now(UTC))
    c_nonce = await keyed.archive.nonce(keyed.tenant)
    offered = await keyed.archive.mint(await keyed.archive.result(keyed.tenant))
    for wrong in ("x", old, foreign, c_nonce):
        answer = await keyed.with_nonce(wrong).code(offered)
        assert error_of(answer) == (400, "use_dpop_nonce")
        fresh = answer.headers["dpop-nonce"]
    assert "DPoP-Nonce" in answer.headers["access-control-expose-headers"]
    assert (await keyed.with_nonce(fresh).code(offered)).status_code == 200


async def test_a_proof_for_one_province_is_nothing_in_another(
    keyed: Keyed, thai_nguyen: Tenant
) -> None:
    other = Keyed(keyed.archive, thai_nguyen, keyed.key)
    answer = await other.form("/token", {"grant_type": "x"}, keyed.proof("/token"))
    assert error_of(answer) == (400, "invalid_dpop_proof")


def nonces_are_ours(keyed: Keyed, nonce: str) -> bool:
    secret = keyed.archive.platform.vaults.key("dpop_nonce")
    return nonces.check_nonce(nonce, secret, tenant=str(keyed.tenant.id), now=datetime.now(UTC))
