"""Refresh tokens: each is used once and brings its successor."""

import pytest

from motcua.tenancy.tenant import Tenant
from tests.core.wallet.archive import Ready
from tests.core.wallet.consent import Person, code_of
from tests.core.wallet.consent import keyed as keyed  # noqa: PLC0414 -- a fixture
from tests.core.wallet.consent import person as person  # noqa: PLC0414 -- a fixture
from tests.core.wallet.consent import ready as ready  # noqa: PLC0414 -- a fixture
from tests.core.wallet.keyed import CLIENT, Keyed, error_of

pytestmark = pytest.mark.anyio


async def test_a_refresh_token_is_used_once_and_brings_its_successor(
    keyed: Keyed, person: Person
) -> None:
    first = (await keyed.exchange(await code_of(keyed, person))).json()
    second = (await keyed.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    body = await keyed.asked(1, CLIENT)
    got = await keyed.json("/credential", second["access_token"], body)
    assert got.status_code == 200
    assert (await keyed.refresh(second["refresh_token"])).status_code == 200


async def test_a_refresh_token_of_another_is_refused_and_ends_nothing(
    keyed: Keyed, person: Person, thai_nguyen: Tenant
) -> None:
    given = (await keyed.exchange(await code_of(keyed, person))).json()
    secret = given["refresh_token"]
    thief, elsewhere = (
        Keyed(keyed.archive, keyed.tenant),
        Keyed(keyed.archive, thai_nguyen, keyed.key),
    )
    for answer in (
        await thief.refresh(secret),
        await keyed.refresh(secret, proof=None),
        await elsewhere.refresh(secret),
        await keyed.refresh(given["access_token"]),
    ):
        assert error_of(answer) == (400, "invalid_grant")
    assert error_of(await keyed.form("/token", {"grant_type": "refresh_token"})) == (
        400,
        "invalid_request",
    )
    assert (await keyed.refresh(secret)).status_code == 200


async def test_a_refresh_token_that_comes_twice_ends_everything(
    keyed: Keyed, person: Person, ready: Ready
) -> None:
    given = (await keyed.exchange(await code_of(keyed, person))).json()
    second = (await keyed.refresh(given["refresh_token"])).json()
    assert error_of(await keyed.refresh(given["refresh_token"])) == (400, "invalid_grant")
    assert error_of(await keyed.refresh(second["refresh_token"])) == (400, "invalid_grant")
    answer = await keyed.json("/credential", second["access_token"], await keyed.asked(1, CLIENT))
    assert error_of(answer) == (401, "invalid_token")
    assert (await keyed.archive.events(keyed.tenant, ready.trace))[-1] == "grant.ended"
