"""Pairing a device: one code, one use, one tenant, few tries."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from motcua.errors import Invalid, NotFound, TooManyTries
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.station import devices
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser, NewTenant
from tests.core.station.person import Screen, new_code, site_id

pytestmark = pytest.mark.anyio


async def test_the_right_code_opens_the_first_screen(
    browse: Browser, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = Screen(browse("quang-ninh"))
    code = await new_code(platform, quang_ninh, "Trạm đúng mã")
    answer = await screen.pair(f" {code.lower()} ")
    assert answer.status_code == 200
    assert "Xin chào" in screen.page
    cookie = next(c for c in screen.client.cookies.jar if c.name == "mc_session")
    assert cookie.has_nonstandard_attr("HttpOnly")


async def test_no_page_of_the_station_opens_on_an_unpaired_device(browse: Browser) -> None:
    client = browse("quang-ninh")
    for path in ("", "/identify", "/papers", "/check", "/number", "/track", "/ticket/x"):
        assert (await client.get(f"/station{path}")).status_code == 401


async def test_a_code_of_a_board_opens_no_station(
    browse: Browser, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = Screen(browse("quang-ninh"))
    code = await new_code(platform, quang_ninh, "Bảng gọi số", kind="board")
    await screen.open("/station/pair")
    answer = await screen.press("/station/pair", {"code": code}, follow=False)
    assert answer.headers["location"] == "/board/hong-gai"
    assert (await screen.client.get("/station")).status_code == 403


async def test_a_used_code_a_wrong_code_and_another_tenants_code_look_the_same(
    browse: Browser, platform: Platform, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    used = await new_code(platform, quang_ninh, "Trạm dùng mã")
    assert (await Screen(browse("quang-ninh")).pair(used)).status_code == 200
    async with platform.db.tenant(thai_nguyen) as tx:
        elsewhere = await tx.fetchval("select key from site order by key limit 1")
    foreign = await new_code(platform, thai_nguyen, "Trạm tỉnh khác", elsewhere)
    for code in (used, "ZZZZZZ", foreign, ""):
        screen = Screen(browse("quang-ninh"))
        answer = await screen.pair(code)
        assert answer.status_code == 422
        assert "Mã không đúng, đã dùng hoặc đã quá 15 phút" in screen.page
        assert "mc_session" not in screen.client.cookies


async def test_an_expired_code_is_refused(
    browse: Browser, platform: Platform, quang_ninh: Tenant
) -> None:
    code = await new_code(platform, quang_ninh, "Trạm hết hạn")
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute(
            "update device set pair_expires_at = now() - interval '1 second' "
            "where name = 'Trạm hết hạn'"
        )
    assert (await Screen(browse("quang-ninh")).pair(code)).status_code == 422


async def test_after_ten_wrong_codes_even_the_right_one_has_to_wait(
    browse: Browser, platform: Platform, thai_nguyen: Tenant
) -> None:
    async with platform.db.tenant(thai_nguyen) as tx:
        key = await tx.fetchval("select key from site order by key limit 1")
    code = await new_code(platform, thai_nguyen, "Trạm bị dò mã", key)
    screen = Screen(browse("thai-nguyen"))
    for number in range(devices.WRONG_CODES):
        screen.client.headers["x-forwarded-for"] = f"192.0.2.{number}"  # anybody can write that
        assert (await screen.pair("WRONG2")).status_code == 422
    answer = await screen.pair(code)
    assert answer.status_code == 429
    assert "Hãy chờ 15 phút" in screen.page


async def _guess(platform: Platform, tenant: Tenant, address: str) -> bool:
    """Try a wrong code; returns whether it was looked at."""
    try:
        async with platform.works.begin(tenant, SYSTEM) as work:
            return isinstance(await devices.pair_or_count(work, "WRONG2", address), Invalid)
    except TooManyTries:
        return False


@pytest.mark.parametrize(
    ("guesser", "neighbour"),
    [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8:0:1::1"), ("", "192.0.2.1")],
)
async def test_who_guesses_codes_locks_out_only_himself(
    platform: Platform, new_tenant: NewTenant, guesser: str, neighbour: str
) -> None:
    tenant = await new_tenant()
    tried = [await _guess(platform, tenant, guesser) for _ in range(devices.WRONG_CODES + 2)]
    assert tried == [True] * devices.WRONG_CODES + [False] * 2
    assert await _guess(platform, tenant, neighbour)


async def test_one_network_of_ipv6_is_one_guesser(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    for number in range(devices.WRONG_CODES):
        assert await _guess(platform, tenant, f"2001:db8::{number:x}")
    assert not await _guess(platform, tenant, "2001:db8::ffff:1")


async def test_a_tenant_bears_a_bounded_number_of_wrong_codes(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    each = devices.WRONG_CODES
    for number in range(devices.WRONG_CODES_OF_ALL):
        assert await _guess(platform, tenant, f"192.0.2.{number // each}")
    assert not await _guess(platform, tenant, "198.51.100.1")


async def test_the_log_keeps_no_address(platform: Platform, new_tenant: NewTenant) -> None:
    tenant = await new_tenant()
    await _guess(platform, tenant, "192.0.2.77")
    async with platform.db.tenant(tenant) as tx:
        payload = await tx.fetchval("select payload from event where type = 'device.pair_refused'")
    assert list(payload) == ["client"]
    assert "192.0.2" not in payload["client"]


async def test_the_code_is_not_stored_and_a_device_is_paired_anew_by_its_name(
    browse: Browser, platform: Platform, quang_ninh: Tenant
) -> None:
    first = await new_code(platform, quang_ninh, "Trạm thay máy")
    old = Screen(browse("quang-ninh"))
    await old.pair(first)
    second = await new_code(platform, quang_ninh, "Trạm thay máy")
    assert len(second) == devices.CODE_LENGTH
    where = await site_id(platform, quang_ninh, "hong-gai")
    async with platform.db.tenant(quang_ninh) as tx:
        mine = [d for d in await devices.devices_of(tx, where) if d["name"] == "Trạm thay máy"]
        stored = await tx.fetchval("select pair_code_hash from device where name = 'Trạm thay máy'")
    assert len(mine) == 1
    assert second.encode() not in stored
    assert (await Screen(browse("quang-ninh")).pair(second)).status_code == 200
    async with platform.db.tenant(quang_ninh) as tx:
        sessions = await tx.fetchval(
            "select count(*) from web_session where subject = $1", mine[0]["id"]
        )
    assert sessions == 1


async def test_a_forgotten_device_is_shut_out_at_once(
    browse: Browser, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = Screen(browse("quang-ninh"))
    await screen.pair(await new_code(platform, quang_ninh, "Trạm bị thu hồi"))
    where = await site_id(platform, quang_ninh, "hong-gai")
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        found = await devices.devices_of(work.tx, where)
        device = next(d for d in found if d["name"] == "Trạm bị thu hồi")
        await devices.forget(work, UUID(bytes=device["id"].bytes))
    assert (await screen.client.get("/station")).status_code in {401, 403}
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        with pytest.raises(NotFound):
            await devices.forget(work, UUID(bytes=device["id"].bytes))


async def test_a_device_needs_a_site_a_kind_and_a_name(
    platform: Platform, new_tenant: NewTenant, quang_ninh: Tenant
) -> None:
    empty = await new_tenant()
    async with platform.works.begin(empty, SYSTEM) as work:
        with pytest.raises(NotFound):
            await devices.make_code(work, uuid7(), "station", "Trạm")
    where = await site_id(platform, quang_ninh, "hong-gai")
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        for kind, name in (("printer", "Máy in"), ("station", "  ")):
            with pytest.raises(Invalid):
                await devices.make_code(work, where, kind, name)


async def test_pages_of_the_station_are_never_kept_by_the_browser(
    browse: Browser, platform: Platform, quang_ninh: Tenant, serial: Iterator[int]
) -> None:
    screen = Screen(browse("quang-ninh"))
    await screen.pair(await new_code(platform, quang_ninh, f"Trạm bộ nhớ {next(serial)}"))
    for path in ("/station", "/station/pair"):
        answer = await screen.open(path)
        assert answer.headers["cache-control"] == "no-store"
