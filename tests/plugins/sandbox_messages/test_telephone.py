"""The toy telephone: what would have been sent stands there once, marked as a trial, for its tenant alone."""

from collections.abc import Callable

import httpx2
import pytest

from motcua import notices
from motcua.app import effects_of
from motcua.events.log import SYSTEM
from motcua.events.outbox import Claim
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant

pytestmark = pytest.mark.anyio
PHONE = "0912000111"
Browse = Callable[[str], httpx2.AsyncClient]


async def send(platform: Platform, tenant: Tenant, number: str) -> None:
    """Send a message through the outbox, and once more, as after a crash."""
    values = {"number": number, "site": "Sảnh <thử>", "link": "http://tinh.example/q/ABC"}
    async with platform.works.begin(tenant, SYSTEM) as work:
        notice = await notices.send(work, "next", PHONE, values, language="vi", subject=uuid7())
    sql = "select o.id from outbox o join event e on e.id = o.event_id where e.subject = $1"
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchval(sql, notice)
    for _ in range(2):
        await effects_of(platform).run(Claim(tenant.id, row, 1))


async def test_a_message_stands_on_the_telephone_once_with_its_link(
    platform: Platform, quang_ninh: Tenant, browse: Browse
) -> None:
    number = uuid7().hex[-6:].upper()
    await send(platform, quang_ninh, number)
    page = (await browse("quang-ninh").get(f"/x/sandbox-messages/?phone={PHONE}")).text
    assert page.count(number) == 1
    assert '<a href="http://tinh.example/q/ABC">' in page
    assert "Sảnh &lt;thử&gt;" in page
    assert "Chỉ để dùng thử" in page


async def test_another_telephone_and_another_province_do_not_see_it(
    platform: Platform, quang_ninh: Tenant, browse: Browse
) -> None:
    number = uuid7().hex[-6:].upper()
    await send(platform, quang_ninh, number)
    other = await browse("quang-ninh").get("/x/sandbox-messages/?phone=0912999888")
    assert number not in other.text
    province = await browse("thai-nguyen").get("/x/sandbox-messages/")
    assert province.status_code == 200
    assert number not in province.text


async def test_telephone_and_text_are_sealed_where_they_are_kept(
    platform: Platform, quang_ninh: Tenant
) -> None:
    number = uuid7().hex[-6:].upper()
    await send(platform, quang_ninh, number)
    async with platform.db.tenant(quang_ninh) as tx:
        kept = await tx.fetch("select m::text as t from sandbox_messages_message m")
    assert kept
    for row in kept:
        assert PHONE not in row["t"]
        assert number not in row["t"]
