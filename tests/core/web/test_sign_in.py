import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.events.log import SYSTEM
from motcua.people import citizens
from motcua.platform import Platform
from motcua.plugins.kinds import IdentityProvider
from motcua.tenancy.tenant import Tenant
from motcua.web import sign_in
from motcua.web.gate import Gate
from motcua.web.relying_party import Attempt, seal, unseal
from motcua.web.sessions import COOKIE, Session, SessionStore
from motcua.web.sign_in import COOKIE as NOTE
from motcua.web.sign_in import local_path
from tests.conftest import Browser, tenant_named
from tests.plugins.sandbox_identity import walk
from tests.plugins.sandbox_identity.walk import CITIZEN, PAPERLESS, RECEIVER, STRANGER

pytestmark = pytest.mark.anyio


async def session_of(platform: Platform, tenant: Tenant, client: httpx2.AsyncClient) -> Session:
    found = await SessionStore(platform.db).read(tenant, client.cookies[COOKIE])
    assert found is not None
    return found


async def test_a_citizen_comes_back_signed_in_and_goes_on_where_he_wanted(
    peopled: Platform, browse: Browser, quang_ninh: Tenant
) -> None:
    client = browse("quang-ninh")
    back = await walk.sign_in(client, "sandbox", CITIZEN.username, "/procedures?q=khai+sinh")
    assert back.status_code == 303
    assert back.headers["location"] == "/procedures?q=khai+sinh"
    session = await session_of(peopled, quang_ninh, client)
    assert (session.kind, session.name) == ("citizen", CITIZEN.full_name)
    assert session.capabilities == ()
    async with peopled.works.begin(quang_ninh, SYSTEM) as work:
        known = await citizens.read(work, session.subject)
    assert known.pid == CITIZEN.personal_id
    assert known.address == CITIZEN.claims["address"]
    assert known.birth is not None
    assert known.birth.isoformat() == CITIZEN.claims["birthdate"]
    assert known.sex == "female"


async def test_signing_in_twice_is_the_same_citizen_and_ends_the_first_session(
    peopled: Platform, browse: Browser, quang_ninh: Tenant
) -> None:
    client = browse("quang-ninh")
    await walk.sign_in(client, "sandbox", CITIZEN.username)
    first, secret = await session_of(peopled, quang_ninh, client), client.cookies[COOKIE]
    await walk.sign_in(client, "sandbox", CITIZEN.username)
    second = await session_of(peopled, quang_ninh, client)
    assert second.subject == first.subject
    assert await SessionStore(peopled.db).read(quang_ninh, secret) is None


async def test_a_receiver_gets_the_roles_of_this_tenant(
    peopled: Platform, browse: Browser, quang_ninh: Tenant
) -> None:
    client = browse("quang-ninh")
    back = await walk.sign_in(client, "sandbox-staff", RECEIVER.username)
    assert (back.status_code, back.headers["location"]) == (303, "/desk")
    session = await session_of(peopled, quang_ninh, client)
    assert (session.kind, session.name) == ("staff", RECEIVER.full_name)
    assert session.roles() == {"receiver"}
    assert session.capabilities[0].unit is not None


async def test_staff_of_the_national_office_sign_in_too(peopled: Platform, browse: Browser) -> None:
    office = tenant_named(peopled, "quoc-gia")
    await walk.populate(peopled, office)
    client = browse("quoc-gia")
    back = await walk.sign_in(client, "sandbox-staff", RECEIVER.username)
    assert (back.status_code, back.headers["location"]) == (303, "/")
    assert (await session_of(peopled, office, client)).kind == "staff"


async def test_one_signs_in_below_the_path_of_a_tenant_too(
    peopled: Platform, browse: Browser, app: Gate
) -> None:
    transport = httpx2.ASGITransport(app=app)
    base = "http://localhost:8000/t/quang-ninh"
    async with httpx2.AsyncClient(transport=transport, headers={"accept": "text/html"}) as client:
        page = await client.get(f"{base}/sign-in")
        form = {"_csrf_token": walk.csrf(page), "provider": "sandbox", "next": ""}
        away = await client.post(f"{base}/sign-in/start", data=form)
        assert away.headers["location"].startswith(f"{base}/x/sandbox-identity/authorize?")
        back = await walk.confirm(client, away.headers["location"], account=CITIZEN.username)
        assert back.startswith(f"{base}/sign-in/callback?")
        home = await client.get(back)
    assert (home.status_code, home.headers["location"]) == (303, "/t/quang-ninh/my")


async def test_an_officer_nobody_here_knows_is_refused_in_words(
    peopled: Platform, browse: Browser
) -> None:
    client = browse("quang-ninh")
    page = await walk.sign_in(client, "sandbox-staff", STRANGER.username)
    assert page.status_code == 403
    assert "chưa được cấp quyền làm việc" in page.text
    assert COOKIE not in client.cookies


async def test_an_officer_who_left_is_refused(
    peopled: Platform, browse: Browser, thai_nguyen: Tenant
) -> None:
    async with peopled.works.begin(thai_nguyen, SYSTEM) as work:
        await work.tx.execute(
            "update staff set active = false where username = $1", RECEIVER.username
        )
    page = await walk.sign_in(browse("thai-nguyen"), "sandbox-staff", RECEIVER.username)
    assert page.status_code == 403


async def test_an_account_without_a_personal_number_makes_no_citizen(
    peopled: Platform, browse: Browser
) -> None:
    page = await walk.sign_in(browse("quang-ninh"), "sandbox", PAPERLESS.username)
    assert page.status_code == 403
    assert "số định danh cá nhân hợp lệ" in page.text


async def test_a_state_of_another_attempt_is_refused(peopled: Platform, browse: Browser) -> None:
    client = browse("quang-ninh")
    address = await walk.start(client, "sandbox")
    back = await walk.confirm(client, address, account=CITIZEN.username)
    page = await client.get(back.replace("state=", "state=x"))
    assert page.status_code == 400
    assert "không bắt đầu từ trình duyệt này" in page.text
    assert COOKIE not in client.cookies
    assert NOTE not in client.cookies


async def test_a_callback_nobody_started_is_refused(peopled: Platform, browse: Browser) -> None:
    page = await browse("quang-ninh").get("/sign-in/callback?code=x&state=y")
    assert page.status_code == 400
    assert 'action="/sign-in/start"' in page.text


async def test_the_first_tenants_note_is_no_note_at_another_tenant(
    peopled: Platform, browse: Browser
) -> None:
    client = browse("quang-ninh")
    back = await walk.confirm(client, await walk.start(client, "sandbox"), account=CITIZEN.username)
    note = client.cookies[NOTE]
    other = browse("thai-nguyen")
    page = await other.get(
        f"/sign-in/callback?{back.split('?')[1]}", headers={"cookie": f"{NOTE}={note}"}
    )
    assert page.status_code == 400
    assert COOKIE not in other.cookies


async def test_a_used_code_signs_nobody_in(peopled: Platform, browse: Browser) -> None:
    client = browse("quang-ninh")
    back = await walk.confirm(client, await walk.start(client, "sandbox"), account=CITIZEN.username)
    note = client.cookies[NOTE]
    assert (await client.get(back)).status_code == 303
    thief = browse("quang-ninh")
    page = await thief.get(back, headers={"cookie": f"{NOTE}={note}"})
    assert page.status_code == 400
    assert "đã hết hạn hoặc đã được sử dụng" in page.text
    assert COOKIE not in thief.cookies


async def test_an_answer_of_another_issuer_is_refused(peopled: Platform, browse: Browser) -> None:
    client = browse("quang-ninh")
    back = await walk.confirm(client, await walk.start(client, "sandbox"), account=CITIZEN.username)
    page = await client.get(back.replace("iss=http%3A%2F%2F", "iss=http%3A%2F%2Fother."))
    assert page.status_code == 400


async def test_who_stops_at_the_provider_is_told_that_nothing_changed(
    peopled: Platform, browse: Browser
) -> None:
    client = browse("quang-ninh")
    back = await walk.confirm(client, await walk.start(client, "sandbox", "/my"), decision="deny")
    assert walk.query(back)["error"] == "access_denied"
    page = await client.get(back)
    assert page.status_code == 403
    assert "Bạn đã dừng đăng nhập" in page.text
    assert 'name="next" value="/my"' in page.text


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(500),
        httpx2.Response(200, text="<html>"),
        httpx2.Response(200, json={"issuer": "http://elsewhere.example"}),
        httpx2.Response(200, json=[]),
    ],
)
async def test_a_provider_that_is_down_or_talks_nonsense_is_said_to_be_down(
    platform: Platform, browse: Browser, answer: httpx2.Response
) -> None:
    client = browse("quang-ninh")
    form = {"_csrf_token": walk.csrf(await client.get("/sign-in")), "provider": "sandbox"}
    broken = httpx2.MockTransport(lambda request: answer)
    async with httpx2.AsyncClient(transport=broken) as outbound:
        platform.cache["http"] = outbound
        page = await client.post("/sign-in/start", data=form)
        platform.cache.pop("http")
    assert page.status_code == 503
    assert "hiện không trả lời" in page.text
    assert 'action="/sign-in/start"' in page.text


async def test_an_unknown_provider_is_not_found_and_another_can_be_chosen(
    peopled: Platform, browse: Browser
) -> None:
    client = browse("quang-ninh")
    form = {"_csrf_token": walk.csrf(await client.get("/sign-in")), "provider": "nobody"}
    page = await client.post("/sign-in/start", data=form)
    assert page.status_code == 404


async def test_the_page_offers_citizens_and_staff_their_own_ways(
    platform: Platform, browse: Browser
) -> None:
    page = await browse("quang-ninh").get("/sign-in")
    assert 'value="sandbox"' in page.text
    assert 'value="sandbox-staff"' in page.text
    office = await browse("quoc-gia").get("/sign-in")
    assert 'value="sandbox"' not in office.text
    english = await browse("quang-ninh").get("/sign-in?lang=en")
    assert "Electronic identity (sandbox)" in english.text
    assert "Your password does not pass" in english.text


async def test_without_a_provider_the_page_says_so(
    platform: Platform, browse: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(tenant: Tenant) -> list[IdentityProvider]:
        return []

    monkeypatch.setattr(platform.plugins, "identity_providers", none)
    page = await browse("quang-ninh").get("/sign-in")
    assert "chưa có cách đăng nhập nào" in page.text


async def test_a_host_without_a_tenant_has_no_sign_in(platform: Platform, browse: Browser) -> None:
    assert (await browse("vi").get("/sign-in")).status_code == 404


async def test_a_foreign_address_as_next_is_forgotten(peopled: Platform, browse: Browser) -> None:
    client = browse("quang-ninh")
    page = await client.get("/sign-in", params={"next": "https://evil.example/"})
    assert "evil.example" not in page.text.split("<main")[1]
    back = await walk.sign_in(client, "sandbox", CITIZEN.username, "//evil.example/")
    assert back.headers["location"] == "/my"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "my",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n//evil.example",
        " /my",
        "/sign-in?next=/my",
        "/sign-out",
        "/" + "a" * 1000,
    ],
)
async def test_no_way_out_of_the_site_passes_as_a_path(value: str) -> None:
    assert local_path(value) == ""


@given(st.text(max_size=30))
def test_what_passes_as_a_path_stays_on_this_host(value: str) -> None:
    kept = local_path("/" + value)
    joined = httpx2.URL("http://here.example/sign-in").join(kept) if kept else None
    assert joined is None or joined.host == "here.example"


@given(st.binary(min_size=32, max_size=32), st.integers(min_value=-100, max_value=100))
def test_a_note_opens_only_with_its_key_for_its_tenant_and_in_its_time(
    key: bytes, seconds: int
) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    tenant = uuid4()
    note = Attempt("p", "/my", "s", "n", "v", int(now.timestamp()) + seconds)
    sealed = seal(note, key, tenant)
    assert unseal(sealed, key, tenant, now) == (note if seconds > 0 else None)
    assert unseal(sealed, key, uuid4(), now) is None
    assert unseal(sealed, bytes([key[0] ^ 1]) + key[1:], tenant, now) is None
    assert unseal(sealed[:-2], key, tenant, now) is None


@given(st.text(max_size=60))
def test_no_forged_note_opens(value: str) -> None:
    assert unseal(value, bytes(32), uuid4(), datetime(2026, 11, 22, tzinfo=UTC)) is None


def test_every_sentence_of_the_frame_has_its_english() -> None:
    folder = Path(sign_in.__file__).parent
    known = tomllib.loads((folder / "texts.toml").read_text(encoding="utf-8"))["en"]
    pages = [f"{name}.html" for name in ("base", "macros", "error", "web/sign_in")]
    said = {
        sentence
        for name in pages
        for sentence in re.findall(
            r"_\('([^']+)'\)", (folder / "templates" / name).read_text(encoding="utf-8")
        )
    }
    assert said - known.keys() == set()
