"""Authlib's server over our transaction: what it refuses is kept, what breaks is undone, what it says is ours."""

import asyncio
import json
import logging
import os
from datetime import UTC, datetime

import httpx2
import pytest
from authlib.oauth2 import rfc8414, rfc9207  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import AuthorizationServer  # type: ignore[import-untyped]
from joserfc import jws
from sqlalchemy.exc import MissingGreenlet

from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.wallet import bridge, dpop, jose, metadata, server
from motcua.wallet.metadata import PRE_AUTHORIZED
from tests.core.wallet.archive import Archive, Ready
from tests.core.wallet.keyed import Keyed, error_of

pytestmark = pytest.mark.anyio
_BREAK = "alter table credential_token add constraint broken check (expires_at is null) not valid"
_MEND = "alter table credential_token drop constraint broken"
_ODD = 'a "b" \\ ố\n'


@pytest.fixture
def keyed(archive: Archive, quang_ninh: Tenant) -> Keyed:
    return Keyed(archive, quang_ninh)


async def _run(owner: Database, sql: str) -> None:
    async with owner.platform() as tx:
        await tx.execute(sql)


def test_the_server_is_authlibs_and_has_the_grants_that_are_published() -> None:
    assert isinstance(server.SERVER, AuthorizationServer)
    asked = {kind.GRANT_TYPE for kind, _ in server.SERVER._token_grants}
    assert asked == set(metadata.GRANTS)


async def test_what_is_published_is_what_its_standards_ask_for(keyed: Keyed) -> None:
    address = metadata.well_known(keyed.archive.url(keyed.tenant), metadata.SERVER)
    said = (await keyed.archive.client.get(address)).json()
    # Only the demo speaks http, and what stands in the document is the same but for that.
    secure = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value
        for name, value in said.items()
    }
    rfc8414.AuthorizationServerMetadata(secure).validate([rfc9207.AuthorizationServerMetadata])


async def test_plain_http_needs_no_switch_of_the_process(keyed: Keyed) -> None:
    assert "AUTHLIB_INSECURE_TRANSPORT" not in os.environ
    assert keyed.archive.url(keyed.tenant).startswith("http://")
    assert (await keyed.push()).status_code == 201


async def test_what_breaks_on_our_side_is_undone_and_told_as_such(
    archive: Archive, owner: Database, quang_ninh: Tenant
) -> None:
    offered = await archive.mint(await archive.result(quang_ninh))
    code = await archive.code(offered)
    await _run(owner, _BREAK)
    try:
        broken = await archive.redeem(quang_ninh, code, offered.tx_code)
    finally:
        await _run(owner, _MEND)
    assert error_of(broken) == (500, "server_error")
    assert (await archive.redeem(quang_ninh, code, offered.tx_code)).status_code == 200


async def test_a_token_costs_the_database_seven_round_trips(
    archive: Archive, quang_ninh: Tenant
) -> None:
    offered = await archive.mint(await archive.result(quang_ninh))
    code = await archive.code(offered)
    before = archive.platform.db.round_trips
    assert (await archive.redeem(quang_ninh, code, offered.tx_code)).status_code == 200
    # Begin, the offer, its use, the grant, the token, the event, commit.
    assert archive.platform.db.round_trips - before == 7


async def test_one_server_keeps_the_requests_of_many_apart(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    some = [Keyed(archive, tenant) for tenant in (quang_ninh, thai_nguyen) for _ in range(4)]

    async def fetch(one: Keyed) -> str:
        offered = await archive.mint(await archive.result(one.tenant))
        given = (await one.code(offered)).json()
        got = await one.json("/credential", given["access_token"], await one.asked())
        assert got.status_code == 200, got.text
        token: str = given["access_token"]
        return token

    tokens = await asyncio.gather(*map(fetch, some))
    assert len(set(tokens)) == len(some)
    elsewhere = Keyed(archive, thai_nguyen, some[0].key)
    answer = await elsewhere.json("/credential", tokens[0], await elsewhere.asked())
    assert error_of(answer) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": _ODD}, "unsupported_grant_type"),
        ({"grant_type": PRE_AUTHORIZED}, "invalid_request"),
        ({"grant_type": PRE_AUTHORIZED, "pre-authorized_code": _ODD}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": _ODD}, "invalid_grant"),
    ],
)
async def test_a_token_request_that_is_wrong_is_told_so_and_not_repeated(
    keyed: Keyed, form: dict[str, str], error: str
) -> None:
    answer = await keyed.form("/token", form)
    assert error_of(answer) == (400, error)
    assert '"b"' not in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("response_type", "unsupported_response_type"),
        ("redirect_uri", "invalid_request"),
        ("code_challenge", "invalid_request"),
        ("code_challenge_method", "invalid_request"),
        ("scope", "invalid_scope"),
        ("dpop_jkt", "invalid_dpop_proof"),
        ("issuer_state", "invalid_request"),
    ],
)
async def test_odd_letters_in_a_pushed_request_are_refused_and_not_repeated(
    keyed: Keyed, name: str, error: str
) -> None:
    answer = await keyed.push(**{name: _ODD})
    assert error_of(answer) == (400, error)
    assert "location" not in answer.headers
    assert '"b"' not in answer.json()["error_description"]


async def test_what_no_database_stores_is_the_mistake_of_whoever_sends_it(keyed: Keyed) -> None:
    for name in ("state", "issuer_state", "x"):
        assert error_of(await keyed.push(**{name: "a\0b"})) == (400, "invalid_request")
    now, url = int(datetime.now(UTC).timestamp()), keyed.archive.url(keyed.tenant, "/par")
    said = {"jti": "#", "htm": "POST", "htu": url, "iat": now}
    header = {"alg": "ES256", "typ": dpop.TYPE, "jwk": jose.public_jwk(keyed.key)}
    body = json.dumps(said).replace("#", "\\ud800").encode()
    half = jws.serialize_compact(header, body, keyed.key, registry=jose._registry())
    assert error_of(await keyed.push(half)) == (400, "invalid_dpop_proof")


async def test_a_refresh_asks_for_no_more_than_was_granted(
    keyed: Keyed,
) -> None:
    given = (await keyed.code(await keyed.archive.mint(await _ready(keyed)))).json()
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    more = await keyed.form("/token", {**form, "scope": "passport"})
    assert error_of(more) == (400, "invalid_scope")
    assert (await keyed.form("/token", form)).status_code == 200


async def test_refresh_tokens_that_race_leave_one_answer_and_no_grant(keyed: Keyed) -> None:
    given = (await keyed.code(await keyed.archive.mint(await _ready(keyed)))).json()
    answers: list[httpx2.Response] = await asyncio.gather(
        *(keyed.refresh(given["refresh_token"]) for _ in range(20))
    )
    assert sorted(a.status_code for a in answers) == [200] + [400] * 19
    (won,) = (a.json() for a in answers if a.status_code == 200)
    assert error_of(await keyed.refresh(won["refresh_token"])) == (400, "invalid_grant")


async def test_no_token_is_written_to_a_log(keyed: Keyed, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        given = (await keyed.code(await keyed.archive.mint(await _ready(keyed)))).json()
        again = (await keyed.refresh(given["refresh_token"])).json()
    for secret in (given["access_token"], given["refresh_token"], again["access_token"]):
        assert secret not in caplog.text


async def test_hooks_wait_inside_the_bridge_and_nowhere_else() -> None:
    async def answer(number: int) -> int:
        await asyncio.sleep(0)
        if number < 0:
            raise LookupError("a negative number")
        return number * 2

    assert await bridge.run(lambda: bridge.wait(answer(1)) + bridge.wait(answer(20))) == 42
    with pytest.raises(LookupError):
        await bridge.run(lambda: bridge.wait(answer(-1)))
    with pytest.raises(MissingGreenlet):
        bridge.wait(answer(1))


async def _ready(keyed: Keyed) -> Ready:
    return await keyed.archive.result(keyed.tenant)
