import json
import secrets
from typing import Any

import httpx2
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.jwk import KeySet

from motcua.demo import population
from motcua.events.log import SYSTEM
from motcua.migrations import run
from motcua.platform import Platform
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser, NewTenant
from tests.plugins.sandbox_identity import walk
from tests.plugins.sandbox_identity.walk import CITIZEN, RECEIVER

pytestmark = pytest.mark.anyio

ROOT = "/x/sandbox-identity"
CALLBACK = "http://quang-ninh.localhost:8000/sign-in/callback"
VERIFIER = "v" * 50


def asking(**changes: str | None) -> dict[str, str]:
    """Return the parameters of an authorization request; None takes one away."""
    right: dict[str, str | None] = {
        "response_type": "code",
        "client_id": "motcua-citizen",
        "redirect_uri": CALLBACK,
        "scope": "openid profile",
        "state": "abc",
        "nonce": secrets.token_urlsafe(12),
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (right | changes).items() if value is not None}


async def code_for(client: httpx2.AsyncClient, person: str, **changes: str | None) -> str:
    """Let a person confirm a request; return the code."""
    address = str(client.base_url.join(f"{ROOT}/authorize").copy_merge_params(asking(**changes)))
    back = walk.query(await walk.confirm(client, address, account=person))
    assert back["state"] == "abc"
    assert back["iss"] == "http://quang-ninh.localhost:8000/x/sandbox-identity"
    return back["code"]


async def exchange(client: httpx2.AsyncClient, code: str, **changes: str) -> httpx2.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": "motcua-citizen",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    return await client.post(f"{ROOT}/token", data=form)


async def told(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.get(f"{ROOT}/userinfo", headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"code_challenge_method": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": "short"},
        {"nonce": None},
    ],
)
async def test_a_request_without_s256_or_nonce_goes_back_as_an_error(
    peopled: Platform, browse: Browser, changes: dict[str, str | None]
) -> None:
    answer = await browse("quang-ninh").get(f"{ROOT}/authorize", params=asking(**changes))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(CALLBACK + "?")
    said = walk.query(answer.headers["location"])
    assert (said["error"], said["state"]) == ("invalid_request", "abc")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/sign-in/callback"},
        {"redirect_uri": CALLBACK + "/more"},
        {"redirect_uri": "http://nobody.localhost:8000/sign-in/callback"},
        {"redirect_uri": 'http://quang-ninh.localhost:8000/"ạ\\'},
        {"redirect_uri": None},
        {"client_id": "somebody"},
        {"client_id": None},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_no_portals(
    peopled: Platform, browse: Browser, changes: dict[str, str | None]
) -> None:
    client = browse("quang-ninh")
    answer = await client.get(f"{ROOT}/authorize", params=asking(**changes))
    assert answer.status_code == 400
    assert "không đến từ một cổng dịch vụ" in answer.text


async def test_a_code_becomes_tokens_that_tell_who_and_what(
    peopled: Platform, browse: Browser
) -> None:
    client = browse("quang-ninh")
    nonce = secrets.token_urlsafe(12)
    answer = await exchange(client, await code_for(client, CITIZEN.username, nonce=nonce))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    keys = (await client.get(f"{ROOT}/jwks")).json()
    identity = jwt.decode(tokens["id_token"], KeySet.import_key_set(keys), algorithms=["ES256"])
    assert identity.claims["iss"] == "http://quang-ninh.localhost:8000/x/sandbox-identity"
    assert identity.claims["aud"] == ["motcua-citizen"]
    assert identity.claims["nonce"] == nonce
    assert set(identity.claims).isdisjoint(CITIZEN.claims)
    claims = (await told(client, tokens["access_token"])).json()
    assert claims == {**CITIZEN.claims, "sub": identity.claims["sub"]}


async def test_the_key_set_is_public_and_stays_the_same(peopled: Platform, browse: Browser) -> None:
    client = browse("quang-ninh")
    first, second = [(await client.get(f"{ROOT}/jwks")).json() for _ in range(2)]
    assert first == second
    assert "d" not in first["keys"][0]
    other = (await browse("thai-nguyen").get(f"{ROOT}/jwks")).json()
    assert other != first


async def test_a_code_is_good_once_and_a_second_use_ends_the_first_token(
    peopled: Platform, browse: Browser
) -> None:
    client = browse("quang-ninh")
    code = await code_for(client, CITIZEN.username)
    token = (await exchange(client, code)).json()["access_token"]
    assert (await told(client, token)).status_code == 200
    again = await exchange(client, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await told(client, token)).status_code == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 50}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"redirect_uri": "http://thai-nguyen.localhost:8000/sign-in/callback"}, "invalid_grant"),
        ({"client_id": "motcua-staff"}, "invalid_grant"),
    ],
)
async def test_a_wrong_exchange_fails_and_uses_the_code_up(
    peopled: Platform, browse: Browser, changes: dict[str, str], error: str
) -> None:
    client = browse("quang-ninh")
    code = await code_for(client, CITIZEN.username)
    wrong = await exchange(client, code, **changes)
    assert (wrong.status_code, wrong.json()["error"]) == (400, error)
    assert (await exchange(client, code)).json()["error"] == "invalid_grant"


async def test_a_code_lives_for_a_minute(
    peopled: Platform, browse: Browser, quang_ninh: Tenant
) -> None:
    client = browse("quang-ninh")
    code = await code_for(client, CITIZEN.username)
    async with peopled.works.begin(quang_ninh, SYSTEM) as work:
        await work.tx.execute(
            "update sandbox_identity_code set expires_at = expires_at - interval '60 seconds'"
        )
    assert (await exchange(client, code)).json()["error"] == "invalid_grant"


async def test_another_tenants_code_is_no_code(peopled: Platform, browse: Browser) -> None:
    code = await code_for(browse("quang-ninh"), CITIZEN.username)
    answer = await exchange(browse("thai-nguyen"), code)
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("form", [{}, {"grant_type": "password"}, {"grant_type": "refresh_token"}])
async def test_other_grants_do_not_exist(
    peopled: Platform, browse: Browser, form: dict[str, str]
) -> None:
    answer = await browse("quang-ninh").post(f"{ROOT}/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


async def test_a_nonce_is_good_once(peopled: Platform, browse: Browser) -> None:
    client = browse("quang-ninh")
    await code_for(client, CITIZEN.username, nonce="the-same-nonce")
    again = await client.get(f"{ROOT}/authorize", params=asking(nonce="the-same-nonce"))
    assert walk.query(again.headers["location"])["error"] == "invalid_request"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic x"])
async def test_userinfo_tells_nothing_without_a_living_token(
    peopled: Platform, browse: Browser, header: str
) -> None:
    answer = await browse("quang-ninh").get(f"{ROOT}/userinfo", headers={"authorization": header})
    assert (answer.status_code, answer.json()) == (401, {})
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_portal_for_citizens_cannot_ask_for_an_officer(
    peopled: Platform, browse: Browser
) -> None:
    client = browse("quang-ninh")
    page = await client.get(f"{ROOT}/authorize", params=asking())
    assert RECEIVER.username not in page.text
    form = {"_csrf_token": walk.csrf(page), "account": RECEIVER.username}
    answer = await client.post(f"{ROOT}/authorize", params=asking(), data=form)
    assert answer.status_code == 404


async def test_nobody_confirms_without_having_seen_the_page(
    peopled: Platform, browse: Browser
) -> None:
    client = browse("quang-ninh")
    form = {"account": CITIZEN.username}
    answer = await client.post(f"{ROOT}/authorize", params=asking(), data=form)
    assert answer.status_code == 403


async def test_people_are_found_without_their_diacritics(
    peopled: Platform, browse: Browser
) -> None:
    client = browse("quang-ninh")
    staff: dict[str, Any] = {"client_id": "motcua-staff"}
    page = await client.get(f"{ROOT}/authorize", params={**asking(**staff), "q": "tran thi thu"})
    assert RECEIVER.full_name in page.text
    assert "Lê Văn Lạ" not in page.text
    page = await client.get(f"{ROOT}/authorize", params={**asking(**staff), "q": "tiepnhan.test"})
    assert RECEIVER.full_name in page.text
    none = await client.get(f"{ROOT}/authorize", params={**asking(), "q": "ỷ ỷ ỷ"})
    assert "Không có nhân vật nào khớp" in none.text
    assert "Đây không phải hệ thống định danh thật" in none.text


async def test_the_people_of_a_demo_can_sign_in(
    outbound: httpx2.AsyncClient,
    platform: Platform,
    browse: Browser,
    quang_ninh: Tenant,
    thai_nguyen: Tenant,
) -> None:
    await population.fill(platform, lambda _: None, [quang_ninh, thai_nguyen])
    citizen, admin = browse("quang-ninh"), browse("quang-ninh")
    page = await citizen.get(f"{ROOT}/authorize", params={**asking(), "q": "congdan07"})
    username = page.text.split('name="account" value="congdan07')[1].split('"')[0]
    back = await walk.sign_in(citizen, "sandbox", f"congdan07{username}")
    assert back.status_code == 303
    back = await walk.sign_in(admin, "sandbox-staff", "quantri")
    assert (back.status_code, back.headers["location"]) == (303, "/desk")


async def test_a_tenant_that_did_not_enable_it_has_no_provider(
    platform: Platform, browse: Browser, new_tenant: NewTenant, owner: Database
) -> None:
    tenant = await new_tenant()
    async with owner.platform() as tx:
        await tx.execute("update tenant set plugins = $2 where id = $1", tenant.id, [])
    await platform.directory.refresh(force=True)
    client = browse(tenant.slug)
    for path in ("/.well-known/openid-configuration", "/jwks", "/authorize", "/userinfo"):
        assert (await client.get(ROOT + path)).status_code == 404
    assert (await client.post(f"{ROOT}/token")).status_code == 404
    assert "chưa có cách đăng nhập nào" in (await client.get("/sign-in")).text


async def test_no_claim_and_no_secret_reaches_the_log_or_lies_open_in_the_tables(
    peopled: Platform, browse: Browser, quang_ninh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    client = browse("quang-ninh")
    code = await code_for(client, CITIZEN.username)
    token = (await exchange(client, code)).json()["access_token"]
    await told(client, token)
    await walk.sign_in(client, "sandbox", CITIZEN.username)
    logged = capsys.readouterr()
    async with peopled.works.begin(quang_ninh, SYSTEM) as work:
        rows = [
            *await work.tx.fetch("select * from sandbox_identity_account"),
            *await work.tx.fetch("select * from sandbox_identity_code"),
            *await work.tx.fetch("select * from sandbox_identity_key"),
        ]
    stored = json.dumps([[str(v) for v in dict(r).values()] for r in rows], ensure_ascii=False)
    for secret in (CITIZEN.personal_id, CITIZEN.claims["address"], code, token):
        assert secret not in logged.out + logged.err
        assert secret not in stored


async def test_the_migration_makes_the_tables_of_the_models(peopled: Platform) -> None:
    found = await run.differences(peopled.settings.owner_url, peopled.plugins)
    assert [said for said in found if said.startswith("sandbox_identity")] == []
