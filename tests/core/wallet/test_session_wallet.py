"""The wallet at a station: who may open one, and that only its own end wipes it."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from motcua import clock
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import session_wallet
from tests.conftest import Browser

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def the_pass(platform: Platform, tenant: Tenant, now: datetime) -> str:
    url = session_wallet.begin_url(platform, tenant, now)
    return parse_qs(urlsplit(url).query)["pass"][0]


async def test_a_stations_word_opens_a_wallet_that_knows_its_visit(
    platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    client = browse("vi")
    own = await client.get("/")
    assert "data-visit" not in own.text
    begun = await client.get(
        "/wallet/session", params={"pass": the_pass(platform, quang_ninh, clock.now())}
    )
    assert (begun.status_code, begun.headers["location"]) == (303, "/")
    assert "HttpOnly" in begun.headers["set-cookie"]
    opened = await client.get("/")
    assert "data-visit=" in opened.text
    assert "Ví này giữ gì, ở đâu?" not in opened.text
    ended = await client.get("/wallet/session/end?at=quang-ninh")
    assert 'data-back="http://quang-ninh.localhost:8000/station"' in ended.text
    assert "data-visit" not in (await client.get("/")).text


async def test_two_visits_have_two_names(platform: Platform, quang_ninh: Tenant) -> None:
    names = set()
    for _ in range(2):
        given = the_pass(platform, quang_ninh, NOW)
        names.add(await session_wallet.opened(platform, given, NOW))
    assert len(names) == 2
    assert None not in names


async def test_a_pass_opens_one_wallet_though_it_is_still_young(
    platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    given = {"pass": the_pass(platform, quang_ninh, clock.now())}
    opened = await browse("vi").get("/wallet/session", params=given)
    assert opened.status_code == 303
    thief = browse("vi")
    again = await thief.get("/wallet/session", params=given)
    assert again.status_code == 404
    assert "mở ví lần nữa" in again.text
    assert session_wallet.COOKIE not in again.headers.get("set-cookie", "")
    assert "data-visit" not in (await thief.get("/")).text


async def test_of_many_who_use_a_pass_at_once_one_gets_a_wallet(
    platform: Platform, quang_ninh: Tenant
) -> None:
    given = the_pass(platform, quang_ninh, NOW)
    tries = [session_wallet.opened(platform, given, NOW) for _ in range(20)]
    cookies = await asyncio.gather(*tries)
    assert len([cookie for cookie in cookies if cookie]) == 1


async def test_a_pass_that_is_forged_changed_or_old_opens_nothing(
    platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    good = the_pass(platform, quang_ninh, NOW)
    slug, until, once, mark = good.split(".")
    late = NOW + session_wallet.LIFETIME + timedelta(seconds=1)
    assert await session_wallet.opened(platform, good, late) is None
    for wrong in (
        "",
        "..",
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        f"thai-nguyen.{until}.{once}.{mark}",
        f"{slug}.{int(until) + 600}.{once}.{mark}",
        f"{slug}.{until}.{once}x.{mark}",
        f"{slug}.{until}.{mark}",
        f"{slug}.{until}.{once}.",
        f"{slug}.đ.{once}.{mark}",
    ):
        assert await session_wallet.opened(platform, wrong, NOW) is None, wrong
    assert await session_wallet.opened(platform, good, NOW)
    refused = await browse("vi").get("/wallet/session", params={"pass": "quang-ninh.9.x"})
    assert refused.status_code == 404
    assert session_wallet.COOKIE not in refused.headers.get("set-cookie", "")


async def test_nobody_elses_link_ends_a_wallet_or_leads_away(browse: Browser) -> None:
    client = browse("vi")
    for at, where in (
        ("", "/"),
        ("?at=quang-ninh", "http://quang-ninh.localhost:8000/station"),
        ("?at=https://thief.example", "/"),
        ("?at=thief", "/"),
    ):
        answer = await client.get("/wallet/session/end" + at)
        assert (answer.status_code, answer.headers["location"]) == (303, where)


async def test_these_doors_are_the_wallets_own(browse: Browser) -> None:
    for path in ("/wallet/session?pass=a.1.b", "/wallet/session/end", "/wallet/worker.js"):
        assert (await browse("quang-ninh").get(path)).status_code == 404, path


async def test_an_offer_linked_at_the_portal_reaches_the_wallet_unchanged(browse: Browser) -> None:
    query = "credential_offer_uri=https%3A%2F%2Fo.example%2F1&lang=en"
    for label in ("quang-ninh", "vi"):
        answer = await browse(label).get(f"/wallet?{query}")
        assert answer.status_code in {302, 303, 307}
        assert answer.headers["location"] == f"http://vi.localhost:8000/?{query}"


async def test_the_worker_names_its_version_and_only_files_that_are_there(browse: Browser) -> None:
    client = browse("vi")
    answer = await client.get("/wallet/worker.js")
    assert answer.headers["service-worker-allowed"] == "/"
    assert answer.headers["cache-control"] == "no-cache"
    version, files = answer.text.splitlines()[:2]
    assert len(version.split('"')[1]) == 16
    listed = files.split('"')[1::2]
    assert "/static/wallet/wallet.js" in listed
    assert "/static/wallet/worker.js" not in listed
    for file in listed:
        assert (await client.get(file)).status_code == 200, file
    page = (await client.get("/")).text
    asked = {part.split('"')[0] for part in page.split('"/static/')[1:]}
    kept = {file.removeprefix("/static/") for file in listed}
    assert asked <= kept, "what the page asks for is there without a line"
