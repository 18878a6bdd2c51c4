"""Authorization codes: each opens once, within a minute, to who asked for it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from motcua.tenancy.tenant import Tenant
from motcua.wallet.pushing import PREFIX
from tests.core.wallet.archive import KIND, Ready
from tests.core.wallet.consent import Person, code_of
from tests.core.wallet.consent import keyed as keyed  # noqa: PLC0414 -- a fixture
from tests.core.wallet.consent import person as person  # noqa: PLC0414 -- a fixture
from tests.core.wallet.consent import ready as ready  # noqa: PLC0414 -- a fixture
from tests.core.wallet.keyed import CLIENT, REDIRECT, Keyed, error_of, said_in

pytestmark = pytest.mark.anyio
_ALL = "select string_agg(t::text, '') from {} t"


async def test_a_code_opens_to_its_key_verifier_client_and_address_only(
    keyed: Keyed, person: Person, thai_nguyen: Tenant
) -> None:
    thief = Keyed(keyed.archive, keyed.tenant)
    wrong: list[Any] = [
        lambda code: thief.exchange(code),
        lambda code: keyed.exchange(code, proof=None),
        lambda code: keyed.exchange(code, code_verifier="w" * 43),
        lambda code: keyed.exchange(code, code_verifier="short"),
        lambda code: keyed.exchange(code, client_id="https://other.example.vn"),
        lambda code: keyed.exchange(code, redirect_uri=REDIRECT + "/"),
    ]
    for attempt in wrong:
        code = await code_of(keyed, person)
        assert error_of(await attempt(code)) == (400, "invalid_grant")
        # Whoever has stolen a code tries once.
        assert error_of(await keyed.exchange(code)) == (400, "invalid_grant")
    code = await code_of(keyed, person)
    other = Keyed(keyed.archive, thai_nguyen, keyed.key)
    assert error_of(await other.exchange(code)) == (400, "invalid_grant")
    assert error_of(await keyed.exchange(code, code_verifier="")) == (400, "invalid_request")
    assert (await keyed.exchange(code)).status_code == 200


async def test_a_code_is_redeemed_once_though_twenty_try(keyed: Keyed, person: Person) -> None:
    code = await code_of(keyed, person)
    answers = await asyncio.gather(*(keyed.exchange(code) for _ in range(20)))
    assert sorted(a.status_code for a in answers) == [200] + [400] * 19


async def test_a_code_that_comes_twice_ends_what_it_brought(keyed: Keyed, person: Person) -> None:
    code = await code_of(keyed, person)
    given = (await keyed.exchange(code)).json()
    assert error_of(await keyed.exchange(code)) == (400, "invalid_grant")
    body = await keyed.asked(1, CLIENT)
    assert error_of(await keyed.json("/credential", given["access_token"], body)) == (
        401,
        "invalid_token",
    )
    assert error_of(await keyed.refresh(given["refresh_token"])) == (400, "invalid_grant")


async def test_a_code_lives_a_minute(keyed: Keyed, person: Person) -> None:
    code = await code_of(keyed, person)
    left = "select max(expires_at) - now() from authorization_request where used_at is null and code_hash is not null"
    assert await keyed.archive.one(keyed.tenant, left) <= timedelta(seconds=60)
    old = "update authorization_request set expires_at = now() where code_hash is not null returning 1"
    await keyed.archive.one(keyed.tenant, old)
    assert error_of(await keyed.exchange(code)) == (400, "invalid_grant")


async def test_without_a_key_a_code_brings_five_minutes_and_no_more(
    keyed: Keyed, person: Person
) -> None:
    await person.arrive(await keyed.push(proof=None))
    code = said_in((await person.say("agree")).headers["location"])["code"]
    given = (await keyed.exchange(code, proof=None)).json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 300)
    assert "refresh_token" not in given


async def test_details_bring_an_identifier_that_must_be_used(keyed: Keyed, person: Person) -> None:
    details = f'[{{"type":"openid_credential","credential_configuration_id":"{KIND}"}}]'
    code = await code_of(keyed, person, scope=None, authorization_details=details)
    given = (await keyed.exchange(code)).json()
    (entry,) = given["authorization_details"]
    assert entry["credential_configuration_id"] == KIND
    (name,) = entry["credential_identifiers"]
    access = given["access_token"]
    for named, error in (
        ({"credential_configuration_id": KIND}, "invalid_credential_request"),
        ({"credential_identifier": "another"}, "unknown_credential_identifier"),
    ):
        answer = await keyed.json("/credential", access, await keyed.asked(1, CLIENT, **named))
        assert error_of(answer) == (400, error)
    got = await keyed.json(
        "/credential", access, await keyed.asked(3, CLIENT, credential_identifier=name)
    )
    assert len(got.json()["credentials"]) == 3


async def test_details_work_with_a_code_that_was_sent_too(keyed: Keyed, ready: Ready) -> None:
    details = '[{"type":"openid_credential","credential_configuration_id":"%s"}]'
    offered = await keyed.archive.mint(ready)
    other = await keyed.code(offered, authorization_details=details % "passport")
    assert error_of(other) == (400, "invalid_authorization_details")
    given = (await keyed.code(offered, authorization_details=details % KIND)).json()
    assert given["authorization_details"][0]["credential_identifiers"]


async def test_a_proof_of_possession_names_no_other_client(keyed: Keyed, person: Person) -> None:
    given = (await keyed.exchange(await code_of(keyed, person))).json()
    body = await keyed.asked(1, "https://other.example.vn")
    answer = await keyed.json("/credential", given["access_token"], body)
    assert error_of(answer) == (400, "invalid_proof")


async def test_the_database_holds_no_secret_of_the_flow(keyed: Keyed, person: Person) -> None:
    pushed = await keyed.push()
    await person.arrive(pushed)
    code = said_in((await person.say("agree")).headers["location"])["code"]
    given = (await keyed.exchange(code)).json()
    rows = "".join(
        [
            str(await keyed.archive.one(keyed.tenant, _ALL.format(t)))
            for t in ("authorization_request", "credential_grant", "credential_refresh")
        ]
    )
    secrets = (pushed.json()["request_uri"].removeprefix(PREFIX), code, given["refresh_token"])
    for secret in secrets:
        assert secret not in rows
        assert secret.encode().hex() not in rows
