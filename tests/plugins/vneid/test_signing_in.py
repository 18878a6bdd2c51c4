"""Somebody signs in with VNeID at a province whose file offers it, and finds the own dossiers."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from motcua.channels import sign_in

from .conftest import Phone

pytestmark = pytest.mark.anyio


async def begin(phone: Phone, home: str) -> str:
    """Press the button; returns the address of the sandbox."""
    page = await phone.browser.get(f"{home}/sign-in?next=/my")
    assert "/sign-in/by/vneid" in page.text
    away = await phone.browser.post(
        f"{home}/sign-in/by/vneid", data={"next": "/my"}, headers=token(phone.browser)
    )
    assert away.status_code == 303, away.text
    return away.headers["location"]


def token(browser: httpx2.AsyncClient) -> dict[str, str]:
    return {"x-csrftoken": browser.cookies.get("mc_csrf") or ""}


async def choose(phone: Phone, url: str) -> str:
    """Be the synthetic person; returns the address that leads back."""
    asked = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
    back = await phone.browser.post(
        url.split("?")[0],
        data={**asked, "account": phone.person.username},
        headers=token(phone.browser),
    )
    return back.headers["location"]


async def test_a_person_signs_in_and_sees_the_own_dossiers(phone: Phone) -> None:
    home = phone.platform.settings.url_of(phone.tenant.slug)
    back = await choose(phone, await begin(phone, home))
    arrived = await phone.browser.get(back)
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/my")
    mine = await phone.browser.get(f"{home}/my")
    assert phone.person.full_name in mine.text


async def test_what_was_begun_in_another_browser_signs_nobody_in(phone: Phone) -> None:
    home = phone.platform.settings.url_of(phone.tenant.slug)
    back = await choose(phone, await begin(phone, home))
    phone.browser.cookies.clear()
    assert (await phone.browser.get(back)).status_code == 403


async def test_an_answer_is_taken_once(phone: Phone) -> None:
    home = phone.platform.settings.url_of(phone.tenant.slug)
    back = await choose(phone, await begin(phone, home))
    kept = phone.browser.cookies.get("mc_proof") or ""
    await phone.browser.get(back)
    phone.browser.cookies.set("mc_proof", kept)
    assert (await phone.browser.get(back)).status_code == 403


@pytest.mark.parametrize("how", ["away", "silent"])
async def test_a_system_that_does_not_answer_signs_nobody_in_and_holds_nobody_up(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async def other(request: httpx2.Request) -> httpx2.Response:
        if how == "silent":
            await asyncio.Event().wait()
        raise httpx2.ConnectError("away", request=request)

    home = phone.platform.settings.url_of(phone.tenant.slug)
    back = await choose(phone, await begin(phone, home))
    monkeypatch.setattr(sign_in, "SECONDS", 0.5)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(other)) as nobody:
        monkeypatch.setitem(phone.platform.cache, "http", nobody)
        answer = await phone.browser.get(back)
    assert answer.status_code == 503
    assert "chưa đăng nhập" in answer.text
    assert "mc_session" not in phone.browser.cookies


async def test_a_province_that_does_not_offer_it_has_no_such_door(phone: Phone) -> None:
    home = phone.platform.settings.url_of("quang-ninh")
    page = await phone.browser.get(f"{home}/sign-in")
    assert "/sign-in/by/vneid" not in page.text
    away = await phone.browser.post(f"{home}/sign-in/by/vneid", headers=token(phone.browser))
    assert away.status_code == 404
