"""Authorization requests: the wallet asks by the back door, and the person says yes or no."""

import pytest

from motcua.wallet import offering
from motcua.wallet.pushing import PREFIX
from tests.conftest import Browser
from tests.core.wallet.archive import KIND, Ready, citizen
from tests.core.wallet.consent import Person, code_of
from tests.core.wallet.consent import keyed as keyed  # noqa: PLC0414 -- a fixture
from tests.core.wallet.consent import person as person  # noqa: PLC0414 -- a fixture
from tests.core.wallet.consent import ready as ready  # noqa: PLC0414 -- a fixture
from tests.core.wallet.keyed import CLIENT, REDIRECT, Keyed, error_of, said_in

pytestmark = pytest.mark.anyio


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
    code = await code_of(keyed, person, scope=None, issuer_state=state)
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
