"""Encrypted credential requests and answers (OpenID4VCI 1.0 section 10)."""

from typing import Any

import pytest
from joserfc import jwe as plain
from joserfc.jwk import OctKey, RSAKey

from motcua.app import open_platform
from motcua.demo.cluster import Cluster
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from motcua.wallet import envelopes, jose, jwe
from tests.core.wallet.archive import Archive
from tests.core.wallet.keyed import Keyed, error_of
from tests.core.wallet.test_deferring import Case, case, keyed  # noqa: F401 -- fixtures

pytestmark = pytest.mark.anyio
WRONG = (400, "invalid_encryption_parameters")


def _wish(key: jose.Key, **changes: Any) -> dict[str, Any]:
    wish = {"jwk": jwe.published(key), "enc": "A128GCM", **changes}
    return {"credential_response_encryption": {k: v for k, v in wish.items() if v is not None}}


@pytest.fixture
async def access(keyed: Keyed) -> str:  # noqa: F811 -- a fixture
    offered = await keyed.archive.mint(await keyed.archive.result(keyed.tenant))
    token: str = (await keyed.code(offered)).json()["access_token"]
    return token


async def test_the_metadata_say_to_what_a_wallet_encrypts(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    keys = []
    for tenant in (quang_ninh, thai_nguyen):
        url = archive.url(tenant, "/.well-known/openid-credential-issuer")
        said = (await archive.client.get(url)).json()
        asked, answered = (
            said["credential_request_encryption"],
            said["credential_response_encryption"],
        )
        assert answered["alg_values_supported"] == ["ECDH-ES"]
        assert asked["enc_values_supported"] == answered["enc_values_supported"]
        assert not asked["encryption_required"]
        assert not answered["encryption_required"]
        assert "zip_values_supported" not in {*asked, *answered}
        (key,) = asked["jwks"]["keys"]
        assert "d" not in key
        assert (key["alg"], key["use"], key["kid"]) == ("ECDH-ES", "enc", jose.thumbprint(key))
        keys.append(key["kid"])
    assert keys[0] != keys[1]


async def test_another_process_opens_what_was_encrypted_to_the_same_key(
    archive: Archive, prepared: Cluster, plugins: Plugins, quang_ninh: Tenant
) -> None:
    async with open_platform(prepared.settings, plugins) as other:
        said = [envelopes.announced(p, quang_ninh) for p in (archive.platform, other)]
    assert said[0] == said[1]


@pytest.mark.parametrize("enc", jwe.ENCRYPTIONS)
async def test_request_and_answer_travel_encrypted(keyed: Keyed, access: str, enc: str) -> None:  # noqa: F811
    key = jose.generate_key()
    body = {**await keyed.asked(3), **_wish(key, enc=enc)}
    got = await keyed.sealed("/credential", access, body, enc=enc)
    assert (got.status_code, got.headers["content-type"]) == (200, "application/jwt")
    assert (got.headers["cache-control"], got.headers["access-control-allow-origin"]) == (
        "no-store",
        "*",
    )
    assert "dpop-nonce" in got.headers
    header = jose.json_object(jose.b64u_decode(got.text.split(".")[0]))
    assert (header["alg"], header["enc"], header["kid"]) == ("ECDH-ES", enc, jose.thumbprint(key))
    assert len(jwe.decrypt(got.text, key)["credentials"]) == 3


async def test_an_encrypted_request_without_a_key_is_answered_openly(
    keyed: Keyed,  # noqa: F811
    access: str,
) -> None:
    got = await keyed.sealed("/credential", access, await keyed.asked())
    assert got.headers["content-type"] == "application/json"
    assert len(got.json()["credentials"]) == 1


async def test_a_key_without_a_name_is_answered_without_a_name(keyed: Keyed, access: str) -> None:  # noqa: F811
    key = jose.generate_key()
    unnamed = {n: v for n, v in jwe.published(key).items() if n != "kid"}
    body = {**await keyed.asked(), **_wish(key, jwk=unnamed)}
    got = await keyed.sealed("/credential", access, body)
    assert "kid" not in jose.json_object(jose.b64u_decode(got.text.split(".")[0]))
    assert jwe.decrypt(got.text, key)["notification_id"]


async def test_waiting_is_told_encrypted_too_and_the_key_may_change(case: Case) -> None:  # noqa: F811
    first, second = jose.generate_key(), jose.generate_key()
    given = (await case.keyed.code(await case.offer())).json()
    access = given["access_token"]
    body = {**await case.keyed.asked(2), **_wish(first)}
    waits = await case.keyed.sealed("/credential", access, body)
    assert (waits.status_code, waits.headers["content-type"]) == (202, "application/jwt")
    told = jwe.decrypt(waits.text, first)
    ask = {"transaction_id": told["transaction_id"], **_wish(second)}
    still = await case.keyed.sealed("/deferred", access, ask)
    assert (still.status_code, jwe.decrypt(still.text, second)) == (202, told)
    await case.decide()
    got = await case.keyed.sealed("/deferred", access, ask)
    answer = jwe.decrypt(got.text, second)
    assert (got.status_code, len(answer["credentials"])) == (200, 2)
    # A lost answer is given again, to whichever key this request names.
    again = await case.keyed.sealed("/deferred", access, {**ask, **_wish(first)})
    assert jwe.decrypt(again.text, first) == answer


async def test_a_refusal_is_never_encrypted(keyed: Keyed, access: str) -> None:  # noqa: F811
    body = {**await keyed.asked(), "proofs": {"jwt": ["x.y.z"]}, **_wish(jose.generate_key())}
    answer = await keyed.sealed("/credential", access, body)
    assert error_of(answer) == (400, "invalid_proof")


async def test_who_puts_his_own_key_into_an_open_request_gets_nothing(
    keyed: Keyed,  # noqa: F811
    access: str,
) -> None:
    body = {**await keyed.asked(), **_wish(jose.generate_key())}
    assert error_of(await keyed.json("/credential", access, body)) == WRONG


@pytest.mark.parametrize(
    "changes",
    [
        {"enc": "A256CBC-HS512"},
        {"enc": None},
        {"enc": 7},
        {"zip": "DEF"},
        {"jwk": None},
        {"jwk": "x"},
        {"jwk": {"kty": "RSA", "alg": "ECDH-ES", "n": "AQAB", "e": "AQAB"}},
        {"jwk": {"kty": "oct", "alg": "dir", "k": "x"}},
        {"jwk": {"kty": "EC", "crv": "P-256", "alg": "ECDH-ES", "x": "A" * 43, "y": "A" * 43}},
    ],
)
async def test_an_answer_that_cannot_be_encrypted_so_is_refused(
    keyed: Keyed,  # noqa: F811
    access: str,
    changes: dict[str, Any],
) -> None:
    body = {**await keyed.asked(), **_wish(jose.generate_key(), **changes)}
    assert error_of(await keyed.sealed("/credential", access, body)) == WRONG


@pytest.mark.parametrize(
    "member",
    [{"alg": "ECDH-ES+A128KW"}, {"alg": None}, {"use": "sig"}, {"kid": 7}, {"d": "x"}],
)
async def test_a_key_for_something_else_is_refused(
    keyed: Keyed,  # noqa: F811
    access: str,
    member: dict[str, Any],
) -> None:
    jwk = {**jwe.published(jose.generate_key()), **member}
    body = {**await keyed.asked(), **_wish(jose.generate_key(), jwk=jwk)}
    assert error_of(await keyed.sealed("/credential", access, body)) == WRONG


async def test_what_is_encrypted_to_another_or_in_another_way_is_refused(
    keyed: Keyed,  # noqa: F811
    access: str,
    thai_nguyen: Tenant,
) -> None:
    body = await keyed.asked()
    elsewhere = envelopes.announced(keyed.archive.platform, thai_nguyen)
    (foreign,) = elsewhere["credential_request_encryption"]["jwks"]["keys"]
    assert error_of(await keyed.sealed("/credential", access, body, to=foreign)) == WRONG
    here = envelopes.announced(keyed.archive.platform, keyed.tenant)
    (ours,) = here["credential_request_encryption"]["jwks"]["keys"]
    text = b'{"credential_configuration_id":"x"}'
    algorithms = ["dir", "RSA-OAEP", "ECDH-ES", "A128GCM", "A256CBC-HS512", "DEF"]

    def made(to: Any, **header: str) -> str:
        head = {"alg": "ECDH-ES", "enc": "A128GCM", **header}
        return plain.encrypt_compact(head, text, to, algorithms=algorithms)

    for sent in (
        made(jose.key_from_jwk(ours), zip="DEF"),
        made(jose.key_from_jwk(ours), enc="A256CBC-HS512"),
        made(OctKey.generate_key(128), alg="dir"),
        made(RSAKey.generate_key(2048), alg="RSA-OAEP"),
        "a.b.c.d.e",
        "",
        text.decode(),
    ):
        headers = {
            "authorization": f"DPoP {access}",
            "dpop": keyed.proof("/credential", access),
            "content-type": "application/jwt",
        }
        url = keyed.archive.url(keyed.tenant, "/credential")
        answer = await keyed.archive.client.post(url, content=sent, headers=headers)
        assert error_of(answer) == WRONG, sent
