"""After a person left, the next one finds nothing: not by any address, not by any form, not in a row."""

from datetime import timedelta
from pathlib import Path

import pytest

from motcua.demo import people
from motcua.files.qr import qr_png
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.core.station.conftest import NewScreen
from tests.core.station.person import Screen, somebody
from tests.core.station.test_visit import count, last_session

pytestmark = pytest.mark.anyio

_AS_RESULT = """
insert into issued_result (id, dossier_id, trace_id, holder_id, number, kind, title_vi, title_en,
  claims_sealed, pdf_sha256, verify_code, signing_kid, issued_at)
select gen_random_uuid(), d.id, d.trace_id, d.subject_id, 'T30', 'granted', 'Thử', 'Test', '', $1, 'T30',
  'k', now() from dossier d left join issued_result r on r.dossier_id = d.id where r.id is null limit 1
returning id
"""
OPEN = {"/station/pair", "/station"}
STARTS = {"/station/pair", "/station/start", "/station/wipe", "/station/help"}


async def assert_nothing_is_left(screen: Screen, person: people.Person) -> None:
    """Open every address and send every form of the visit again, as the next person could."""
    for path in set(screen.seen) - OPEN:
        answer = await screen.client.get(path)
        assert answer.status_code in {303, 404, 410}, path
        assert answer.headers.get("location", "/station") == "/station", path
    for path, body in screen.sent:
        if path in STARTS:
            continue
        answer = await screen.client.post(path, data=body)
        assert answer.status_code in {303, 404, 410}, path
        assert answer.headers.get("location", "/station") == "/station", path
    first = await screen.client.get("/station")
    for word in (person.full_name, person.personal_id, person.claims["address"]):
        assert word not in first.text


async def test_nothing_is_left_after_handing_in(station: NewScreen) -> None:
    screen = await station()
    person = somebody(21)
    await screen.identify(person)
    await screen.fill_copy()
    await screen.hand_in()
    assert (await screen.press("/station/wipe", follow=False)).status_code == 303
    await assert_nothing_is_left(screen, person)


async def test_an_unseen_ticket_is_gone_when_the_first_screen_returns(station: NewScreen) -> None:
    screen = await station()
    await screen.identify(somebody(22))
    await screen.fill_copy()
    once = screen.once
    answer = await screen.press("/station/check", {"once": once}, follow=False)
    await screen.open("/station")
    late = await screen.client.get(answer.headers["location"])
    assert late.status_code == 303
    assert late.headers["location"] == "/station"


@pytest.mark.parametrize("pages", [0, 1, 2])
async def test_the_wipe_erases_whatever_was_entered(
    station: NewScreen, platform: Platform, quang_ninh: Tenant, pages: int
) -> None:
    screen = await station()
    person = somebody(23 + pages)
    await screen.identify(person)
    if pages:
        await screen.press("/station/procedure", {"code": "1.001776"})
        await screen.press("/station/form/1", {"phone": "0912345678"})
    if pages == 2:
        await screen.fill_allowance()
        picture = {"evidence": ("a.png", qr_png(f"bí mật {pages}"), "image/png")}
        await screen.press("/station/papers", {"go": "stay"}, picture)
    sealed = (await last_session(platform, quang_ninh))["data_sealed"]
    assert sealed is not None
    assert person.full_name.encode() not in sealed
    answer = await screen.press("/station/wipe", follow=False)
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert answer.headers["cache-control"] == "no-store"
    session = await last_session(platform, quang_ninh)
    assert (session["outcome"], session["data_sealed"]) == ("wiped", None)
    await assert_nothing_is_left(screen, person)


def stored(platform: Platform, tenant: Tenant) -> set[Path]:
    folder = platform.settings.data / "files" / tenant.slug
    return {path for path in folder.rglob("*") if path.is_file()}


async def test_scans_that_were_not_handed_in_are_erased_from_the_store(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    await screen.identify(somebody(26))
    await screen.fill_allowance()
    before = stored(platform, quang_ninh)
    rows = await count(platform, quang_ninh, "stored_file")
    for name in ("một", "hai"):
        picture = {"evidence": ("a.png", qr_png(f"giấy {name} 26"), "image/png")}
        await screen.press("/station/papers", {"go": "stay"}, picture)
    assert len(stored(platform, quang_ninh) - before) == 2
    await screen.press("/station/wipe")
    assert stored(platform, quang_ninh) == before
    assert await count(platform, quang_ninh, "stored_file") == rows


async def test_a_result_that_its_holder_scans_again_survives_the_wipe(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    await screen.identify(somebody(30))
    await screen.fill_allowance()
    before = stored(platform, quang_ninh)
    picture = {"evidence": ("a.png", qr_png("kết quả 30"), "image/png")}
    await screen.press("/station/papers", {"go": "stay"}, picture)
    [content] = stored(platform, quang_ninh) - before
    async with platform.db.tenant(quang_ninh) as tx:
        held = await tx.fetchval(_AS_RESULT, content.name)
    assert held, "some dossier of this run"
    await screen.press("/station/wipe")
    assert content.is_file()
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute("delete from issued_result where id = $1", held)


async def test_the_next_person_ends_the_visit_of_the_one_before(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    await screen.identify(somebody(27))
    await screen.press("/station/start", {"way": "apply"})
    assert screen.seen[-1] == "/station/identify"
    async with platform.db.tenant(quang_ninh) as tx:
        ended = await tx.fetch(
            "select outcome, data_sealed from station_session where ended_at is not null "
            "order by started_at desc limit 1"
        )
    assert [(r["outcome"], r["data_sealed"]) for r in ended] == [("abandoned", None)]


async def test_a_visit_forsaken_at_a_dead_device_is_erased_by_another_station(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    dead, alive = await station(), await station()
    await dead.identify(somebody(28))
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute(
            "update station_session set touched_at = touched_at - $1::interval "
            "where ended_at is null",
            timedelta(hours=1),
        )
    assert (await dead.client.get("/station/procedure")).headers["location"] == "/station"
    await alive.open("/station")
    async with platform.db.tenant(quang_ninh) as tx:
        assert not await tx.fetchval(
            "select count(*) from station_session where data_sealed is not null"
        )


async def test_leaving_gives_the_next_person_vietnamese_and_the_whole_screen(
    station: NewScreen,
) -> None:
    screen = await station()
    await screen.open("/station?lang=en&low=1")
    assert "What do you need?" in screen.page
    await screen.open("/station/")
    assert 'class="station lowered fits"' in screen.page
    await screen.press("/station/wipe")
    assert 'class="station"' in screen.page
    assert "Xin chào" in screen.page


async def test_calling_staff_is_an_event_and_keeps_the_person_where_he_was(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    await screen.identify(somebody(29))
    await screen.press("/station/help")
    assert screen.seen[-1] == "/station/procedure?called=1"
    assert "Đã báo nhân viên" in screen.page
    async with platform.db.tenant(quang_ninh) as tx:
        event = await tx.fetchrow(
            "select payload from event where type = 'device.help' order by id desc limit 1"
        )
    assert event is not None
    assert event["payload"]["site"] == "hong-gai"
