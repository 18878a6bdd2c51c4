"""Authorization code flow: the wallet asks by the back door, the person says yes, the code opens once."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from motcua.events.log import SYSTEM
from motcua.tenancy.tenant import Tenant
from motcua.wallet import offering
from motcua.wallet.pushing import PREFIX
from motcua.web import sessions
from motcua.web.sessions import COOKIE
from tests.conftest import Browser
from tests.core.wallet.archive import KIND, NAME, Archive, Ready, citizen
from tests.core.wallet.keyed import CLIENT, REDIRECT, Keyed, error_of, said_in

pytestmark = pytest.mark.anyio
_ALL = "select string_agg(t::text, '') from {} t"


@pytest.fixture
def keyed(archive: Archive, quang_ninh: Tenant) -> Keyed:
    return Keyed(archive, quang_ninh)


@pytest.fixture
async def ready(archive: Archive, quang_ninh: Tenant) -> Ready:
    return await archive.result(quang_ninh)


class Person:
    """A browser in which somebody is signed in, or nobody."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def sign_in(
        self, archive: Archive, tenant: Tenant, who: UUID, kind: str = "citizen"
    ) -> None:
        async with archive.platform.works.begin(tenant, SYSTEM) as work:
            self.client.cookies.set(COOKIE, await sessions.start(work, kind, who, NAME))

    async def arrive(self, pushed: httpx2.Response, client_id: str = CLIENT) -> httpx2.Response:
        query = {"client_id": client_id, "request_uri": pushed.json()["request_uri"]}
        return await self.client.get("/authorize", params=query)

    async def say(self, answer: str, **changes: str) -> httpx2.Response:
        shown = await self.client.get("/authorize/consent")
        assert shown.status_code == 200, shown.text
        fields = dict(re.findall(r'name="(_csrf_token|request|paper)" value="([^"]*)"', shown.text))
        return await self.client.post(
            "/authorize/consent", data={**fields, "answer": answer, **changes}
        )


@pytest.fixture
async def person(browse: Browser, archive: Archive, ready: Ready) -> Person:
    """Sign the holder of ``ready`` in."""
    found = Person(browse("quang-ninh"))
    await found.sign_in(archive, ready.tenant, ready.holder)
    return found


async def _code(keyed: Keyed, person: Person, **changes: str | None) -> str:
    await person.arrive(await keyed.push(**changes))
    return said_in((await person.say("agree")).headers["location"])["code"]


async def test_a_wallet_gets_a_paper_by_the_consent_of_its_holder(
    keyed: Keyed, person: Person, ready: Ready
) -> None:
    pushed = await keyed.push()
    assert pushed.status_code == 201
    assert pushed.headers["cache-control"] == "no-store"
    assert pushed.json()["request_uri"].startswith(PREFIX)
    assert pushed.json()["expires_in"] <= 60
    arrived = await person.arrive(pushed)
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/authorize/consent")
    shown = await person.client.get("/authorize/consent")
    assert "wallet.example.vn" in shown.text
    assert "Bản sao" in shown.text
    left = await person.say("agree")
    assert left.status_code == 303
    assert left.headers["location"].startswith(REDIRECT + "?")
    said = said_in(left.headers["location"])
    assert (said["state"], said["iss"]) == ("s/1", keyed.archive.url(keyed.tenant))
    given = (await keyed.exchange(said["code"])).json()
    assert given["token_type"] == "DPoP"
    body = await keyed.asked(2, CLIENT)
    got = await keyed.json("/credential", given["access_token"], body)
    assert len(got.json()["credentials"]) == 2
    told = await keyed.archive.events(keyed.tenant, ready.trace)
    assert told[-2:] == ["wallet.authorized", "credential.issued"]


async def test_an_offer_without_code_leads_to_the_page_and_works_once(
    keyed: Keyed, person: Person, ready: Ready
) -> None:
    async with keyed.archive.platform.works.begin(keyed.tenant, citizen(ready.holder)) as work:
        offered = await offering.mint(
            keyed.archive.platform,
            work,
            result_id=ready.id,
            subject_id=ready.holder,
            flow=offering.SIGN_IN,
        )
    assert offered.tx_code == ""
    offer = (await keyed.archive.client.get(offered.offer_uri)).json()
    state = offer["grants"]["authorization_code"]["issuer_state"]
    stolen = {
        "pre-authorized_code": state,
        "grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code",
    }
    assert error_of(await keyed.form("/token", stolen)) == (400, "invalid_grant")
    code = await _code(keyed, person, scope=None, issuer_state=state)
    assert (await keyed.exchange(code)).status_code == 200
    assert (await keyed.archive.client.get(offered.offer_uri)).status_code == 410
    again = await keyed.push(scope=None, issuer_state=state)
    assert error_of(again) == (400, "invalid_request")


async def test_an_offer_is_for_its_holder_only(keyed: Keyed, browse: Browser, ready: Ready) -> None:
    async with keyed.archive.platform.works.begin(keyed.tenant, citizen(ready.holder)) as work:
        offered = await offering.mint(
            keyed.archive.platform,
            work,
            result_id=ready.id,
            subject_id=ready.holder,
            flow=offering.SIGN_IN,
        )
    offer = (await keyed.archive.client.get(offered.offer_uri)).json()
    state = offer["grants"]["authorization_code"]["issuer_state"]
    other = Person(browse("quang-ninh"))
    await other.sign_in(keyed.archive, keyed.tenant, await keyed.archive.person(keyed.tenant))
    await other.arrive(await keyed.push(issuer_state=state))
    shown = await other.client.get("/authorize/consent")
    assert "không phải của người đang đăng nhập" in shown.text
    assert (await other.say("agree", paper=str(ready.dossier))).status_code == 422
    said = said_in((await other.say("deny")).headers["location"])
    assert (said["error"], "code" in said) == ("access_denied", False)


async def test_a_person_who_says_no_is_brought_back_with_no(keyed: Keyed, person: Person) -> None:
    await person.arrive(await keyed.push())
    said = said_in((await person.say("deny")).headers["location"])
    assert said == {
        "error": "access_denied",
        "state": "s/1",
        "iss": keyed.archive.url(keyed.tenant),
    }
    assert (await person.client.get("/authorize/consent")).status_code == 404


async def test_who_is_not_signed_in_signs_in_first(
    keyed: Keyed, browse: Browser, ready: Ready
) -> None:
    person = Person(browse("quang-ninh"))
    arrived = await person.arrive(await keyed.push())
    assert arrived.headers["location"] == "/sign-in?next=/authorize/consent"
    cookie = arrived.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "lax" in cookie.lower()
    assert (await person.client.get("/authorize/consent")).status_code == 401
    await person.sign_in(keyed.archive, keyed.tenant, ready.holder)
    assert (await person.say("agree")).status_code == 303


async def test_a_request_that_would_be_refused_today_leads_nowhere(
    keyed: Keyed, person: Person
) -> None:
    await person.arrive(await keyed.push())
    script = "update authorization_request set redirect_uri = 'javascript:alert(1)' returning 1"
    await keyed.archive.one(keyed.tenant, script)
    left = await person.say("agree")
    assert (left.status_code, "location" in left.headers) == (410, False)


async def test_the_answer_keeps_what_the_address_had_and_says_no_state_where_none_was(
    keyed: Keyed, person: Person
) -> None:
    await person.arrive(await keyed.push(redirect_uri=REDIRECT + "?lang=vi&empty=", state=None))
    said = (await person.say("agree")).headers["location"]
    assert said.startswith(REDIRECT + "?lang=vi&empty=&code=")
    assert sorted(said_in(said)) == ["code", "iss", "lang"]


async def test_an_application_is_opened_by_a_link(keyed: Keyed, person: Person) -> None:
    await person.arrive(await keyed.push(redirect_uri="eudi-openid4ci://authorize"))
    left = await person.say("agree")
    assert left.status_code == 200
    assert 'href="eudi-openid4ci://authorize?code=' in left.text
    assert left.headers["refresh"].startswith("0; url=eudi-openid4ci://authorize?code=")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"client_id": None}, "invalid_request"),
        ({"client_id": "x" * 600}, "invalid_request"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "/back"}, "invalid_request"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"redirect_uri": "data:text/html,x"}, "invalid_request"),
        ({"redirect_uri": "http://wallet.example.vn/back"}, "invalid_request"),
        ({"redirect_uri": "https://bank.vn@wallet.example.vn/"}, "invalid_request"),
        ({"redirect_uri": "https://wallet.example.vn\\.bank.vn/"}, "invalid_request"),
        ({"redirect_uri": "https://wallet.example.vn/#x"}, "invalid_request"),
        ({"redirect_uri": "https:///back"}, "invalid_request"),
        ({"redirect_uri": "https://wallet.example.vn /back"}, "invalid_request"),
        ({"redirect_uri": REDIRECT + "?a=[1]"}, "invalid_request"),
        ({"redirect_uri": REDIRECT + "?a=%zz"}, "invalid_request"),
        ({"redirect_uri": REDIRECT + "?iss=https://elsewhere.vn"}, "invalid_request"),
        ({"redirect_uri": REDIRECT + "?%63ode=stolen"}, "invalid_request"),
        ({"redirect_uri": "eudi-openid4ci://authorize?state=x"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "passport"}, "invalid_scope"),
        ({"scope": f"{KIND} {KIND}"}, "invalid_scope"),
        ({"authorization_details": "[]"}, "invalid_request"),
        ({"scope": None, "authorization_details": "{"}, "invalid_authorization_details"),
        ({"scope": None, "authorization_details": "[]"}, "invalid_authorization_details"),
        ({"scope": None, "authorization_details": "[7]"}, "invalid_authorization_details"),
        (
            {"scope": None, "authorization_details": '[{"type":"payment"}]'},
            "invalid_authorization_details",
        ),
        (
            {
                "scope": None,
                "authorization_details": '[{"type":"openid_credential","credential_configuration_id":"x"}]',
            },
            "invalid_authorization_details",
        ),
        ({"issuer_state": "stolen"}, "invalid_request"),
        ({"request_uri": "urn:x"}, "invalid_request"),
        ({"request": "x"}, "invalid_request"),
        ({"dpop_jkt": "another"}, "invalid_dpop_proof"),
        ({"state": "x" * 3000}, "invalid_request"),
    ],
)
async def test_an_incomplete_request_is_refused_before_anybody_sees_it(
    keyed: Keyed, changes: dict[str, str | None], error: str
) -> None:
    answer = await keyed.push(**changes)
    assert error_of(answer) == (401 if error == "invalid_client" else 400, error)


async def test_the_address_of_a_request_works_once_and_for_its_client(
    keyed: Keyed, browse: Browser
) -> None:
    pushed = await keyed.push()
    first, second = Person(browse("quang-ninh")), Person(browse("quang-ninh"))
    assert (await first.arrive(pushed, "https://other.example.vn")).status_code == 410
    assert (await second.arrive(pushed)).status_code == 303
    assert (await first.arrive(pushed)).status_code == 410
    elsewhere = Person(browse("thai-nguyen"))
    assert (await elsewhere.arrive(await keyed.push())).status_code == 410
    late = await keyed.push()
    old = "update authorization_request set expires_at = now() returning 1"
    await keyed.archive.one(keyed.tenant, old)
    assert (await first.arrive(late)).status_code == 410
    assert (await first.client.get("/authorize", params={"client_id": CLIENT})).status_code == 410


async def test_a_page_of_another_browser_or_request_says_nothing(
    keyed: Keyed, person: Person, browse: Browser, ready: Ready
) -> None:
    other = Person(browse("quang-ninh"))
    await other.sign_in(keyed.archive, keyed.tenant, ready.holder)
    await person.arrive(await keyed.push())
    assert (await other.client.get("/authorize/consent")).status_code == 404
    assert (await person.say("agree", request=str(ready.id))).status_code == 404
    assert (await person.say("agree", paper=str(ready.id))).status_code == 422
    assert (await person.say("agree", _csrf_token="forged")).status_code == 403
    assert (await person.say("agree")).status_code == 303


async def test_a_station_cannot_consent_for_anybody(
    keyed: Keyed, browse: Browser, ready: Ready
) -> None:
    station = Person(browse("quang-ninh"))
    await station.sign_in(keyed.archive, keyed.tenant, ready.holder, "device")
    await station.arrive(await keyed.push())
    assert (await station.client.get("/authorize/consent")).status_code == 403


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
        code = await _code(keyed, person)
        assert error_of(await attempt(code)) == (400, "invalid_grant")
        # Whoever has stolen a code tries once.
        assert error_of(await keyed.exchange(code)) == (400, "invalid_grant")
    code = await _code(keyed, person)
    other = Keyed(keyed.archive, thai_nguyen, keyed.key)
    assert error_of(await other.exchange(code)) == (400, "invalid_grant")
    assert error_of(await keyed.exchange(code, code_verifier="")) == (400, "invalid_request")
    assert (await keyed.exchange(code)).status_code == 200


async def test_a_code_is_redeemed_once_though_twenty_try(keyed: Keyed, person: Person) -> None:
    code = await _code(keyed, person)
    answers = await asyncio.gather(*(keyed.exchange(code) for _ in range(20)))
    assert sorted(a.status_code for a in answers) == [200] + [400] * 19


async def test_a_code_that_comes_twice_ends_what_it_brought(keyed: Keyed, person: Person) -> None:
    code = await _code(keyed, person)
    given = (await keyed.exchange(code)).json()
    assert error_of(await keyed.exchange(code)) == (400, "invalid_grant")
    body = await keyed.asked(1, CLIENT)
    assert error_of(await keyed.json("/credential", given["access_token"], body)) == (
        401,
        "invalid_token",
    )
    assert error_of(await keyed.refresh(given["refresh_token"])) == (400, "invalid_grant")


async def test_a_code_lives_a_minute(keyed: Keyed, person: Person) -> None:
    code = await _code(keyed, person)
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
    code = await _code(keyed, person, scope=None, authorization_details=details)
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
    given = (await keyed.exchange(await _code(keyed, person))).json()
    body = await keyed.asked(1, "https://other.example.vn")
    answer = await keyed.json("/credential", given["access_token"], body)
    assert error_of(answer) == (400, "invalid_proof")


async def test_a_refresh_token_is_used_once_and_brings_its_successor(
    keyed: Keyed, person: Person
) -> None:
    first = (await keyed.exchange(await _code(keyed, person))).json()
    second = (await keyed.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    body = await keyed.asked(1, CLIENT)
    got = await keyed.json("/credential", second["access_token"], body)
    assert got.status_code == 200
    assert (await keyed.refresh(second["refresh_token"])).status_code == 200


async def test_a_refresh_token_of_another_is_refused_and_ends_nothing(
    keyed: Keyed, person: Person, thai_nguyen: Tenant
) -> None:
    given = (await keyed.exchange(await _code(keyed, person))).json()
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
    given = (await keyed.exchange(await _code(keyed, person))).json()
    second = (await keyed.refresh(given["refresh_token"])).json()
    assert error_of(await keyed.refresh(given["refresh_token"])) == (400, "invalid_grant")
    assert error_of(await keyed.refresh(second["refresh_token"])) == (400, "invalid_grant")
    answer = await keyed.json("/credential", second["access_token"], await keyed.asked(1, CLIENT))
    assert error_of(answer) == (401, "invalid_token")
    assert (await keyed.archive.events(keyed.tenant, ready.trace))[-1] == "grant.ended"


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
