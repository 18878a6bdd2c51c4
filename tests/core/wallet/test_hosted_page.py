"""The page on which a third party sees once, in one browser, what a wallet proved."""

import asyncio
import re
from typing import Any

import httpx2
import pytest

from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    asking,
)
from motcua.wallet.refusal import CredentialError
from tests.core.wallet.archive import NAME, Archive
from tests.core.wallet.asked import ask

pytestmark = pytest.mark.anyio


async def _page(archive: Archive, tenant: Tenant) -> tuple[dict[str, Any], httpx2.AsyncClient]:
    """Ask for a hosted page and open it in a browser of its own."""
    made = await ask(archive, tenant, hosted=True)
    transport = archive.client._transport
    browser = httpx2.AsyncClient(
        transport=transport, headers={"accept": "text/html"}, follow_redirects=True
    )
    assert (await browser.get(made["page"])).status_code == 200
    return made, browser


async def test_a_third_party_sees_what_was_proven_once_and_in_one_browser(
    archive: Archive, quang_ninh: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made, browser = await _page(archive, quang_ninh)
    assert "result_url" not in made
    address = made["page"].split("?")[0]
    waiting = (await browser.get(address)).text
    assert "Ngân hàng Mẫu" in waiting
    assert "Họ, chữ đệm" in waiting
    assert (await archive.client.get(made["page"])).status_code == 404
    assert (await archive.client.get(address)).status_code == 404
    assert (await archive.client.get(address + "/state")).status_code == 404
    assert await wallet.present(made["request"]) is None
    assert (await browser.get(address + "/state")).json() == {"status": "verified"}
    seen = await asyncio.gather(*(browser.get(address) for _ in range(6)))
    assert sum(NAME in answer.text for answer in seen) == 1
    assert "đã được hiện một lần" in (await browser.get(address)).text
    kept = "select claims_sealed is not null from presentation where id = $1::uuid"
    assert not await archive.one(quang_ninh, kept, made["id"])
    events = "select count(*) from event where subject = $1::uuid and type = 'presentation.shown'"
    assert await archive.one(quang_ninh, events, made["id"]) == 1


async def test_on_the_same_device_the_code_of_the_wallet_is_needed_too(
    archive: Archive, quang_ninh: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made, browser = await _page(archive, quang_ninh)
    address = made["page"].split("?")[0]
    page = (await browser.get(address)).text
    csrf = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert csrf is not None
    gone = await browser.post(address, data={"_csrf_token": csrf[1]}, follow_redirects=False)
    assert gone.status_code == 303
    target = await wallet.present(gone.headers["location"])
    assert target is not None
    assert target.startswith(address + "?")
    assert NAME not in (await browser.get(address)).text
    assert NAME not in (await browser.get(address + "?response_code=x")).text
    assert (await archive.client.get(target)).status_code == 404
    assert NAME in (await browser.get(target)).text
    assert NAME not in (await browser.get(target)).text


async def test_the_page_says_how_a_request_ended(archive: Archive, quang_ninh: Tenant) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    made, browser = await _page(archive, quang_ninh)
    await wallet.refuse((await wallet.ask(made["request"])).request)
    assert "chọn không chia sẻ" in (await browser.get(made["page"].split("?")[0])).text
    made, browser = await _page(archive, quang_ninh)
    asked = await wallet.ask(made["request"])
    await archive.revoke(ready)
    with pytest.raises(CredentialError):
        await wallet.answer(asked)
    assert "revoked" in (await browser.get(made["page"].split("?")[0])).text
    made, browser = await _page(archive, quang_ninh)
    late = "update presentation set expires_at = now() where id = $1::uuid"
    await archive.one(quang_ninh, late, made["id"])
    assert "đã hết hạn" in (await browser.get(made["page"].split("?")[0])).text
    about = await browser.get(archive.url(quang_ninh, asking.PAGE))
    assert "Xác minh bằng ví" in about.text
