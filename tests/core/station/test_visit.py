"""A person at the station from the card to the ticket, and what is left afterwards: nothing."""

import asyncio
from typing import Any

import pytest

from motcua.demo import people
from motcua.files.qr import qr_png
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.core.files.samples import picture
from tests.core.station.conftest import NewScreen
from tests.core.station.person import somebody

pytestmark = pytest.mark.anyio

_LAST = "select * from station_session order by started_at desc, id desc limit 1"


async def last_session(platform: Platform, tenant: Tenant) -> Any:
    async with platform.db.tenant(tenant) as tx:
        return await tx.fetchrow(_LAST)


async def count(platform: Platform, tenant: Tenant, table: str) -> int:
    async with platform.db.tenant(tenant) as tx:
        return int(await tx.fetchval(f"select count(*) from {table}"))  # noqa: S608


async def test_card_consent_form_paper_and_ticket_are_one_trace(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    person = somebody(1)
    await screen.identify(person)
    await screen.fill_allowance()
    scan = {"evidence": ("giay.png", qr_png("giấy mẫu"), "image/png")}
    await screen.press("/station/papers", {"go": "next"}, scan)
    assert screen.seen[-1] == "/station/check"
    assert person.personal_id not in screen.page
    assert "Trần Thị Mẫu" in screen.page
    answer = await screen.hand_in()
    assert answer.status_code == 200
    assert "Mã tra cứu" in screen.page
    session = await last_session(platform, quang_ninh)
    assert session["outcome"] == "submitted"
    assert session["data_sealed"] is None
    await screen.press("/station/wipe")
    assert (await last_session(platform, quang_ninh))["ticket_token"] is None
    async with platform.db.tenant(quang_ninh) as tx:
        trace = session["trace_id"]
        [ticket] = await tx.fetch("select * from ticket where trace_id = $1", trace)
        [dossier] = await tx.fetch("select * from dossier where trace_id = $1", trace)
        [consent] = await tx.fetch("select * from consent where trace_id = $1", trace)
        papers = await tx.fetch("select * from component where dossier_id = $1", dossier["id"])
        events = await tx.fetch("select type from event where trace_id = $1 order by id", trace)
    assert ticket["dossier_id"] == dossier["id"]
    assert ticket["person_id"] == dossier["subject_id"] == consent["person_id"]
    assert ticket["number"] in answer.text
    assert dossier["channel"] == 1
    assert dossier["received_unit"] == dossier["competent_unit"]
    assert [(p["paper_key"], p["pages"], p["provenance"]) for p in papers] == [
        ("evidence", 1, "self-scanned")
    ]
    assert {
        "station.session_started",
        "consent.given",
        "file.stored",
        "dossier.submitted",
        "ticket.issued",
        "station.session_ended",
    } <= {e["type"] for e in events}


async def test_the_card_can_be_photographed_instead(station: NewScreen) -> None:
    screen = await station()
    person = somebody(2)
    await screen.open("/station")
    await screen.press("/station/start", {"way": "apply"})
    scan = {"image": ("the.png", qr_png(people.card_text(person)), "image/png")}
    answer = await screen.press("/station/identify", files=scan)
    assert answer.status_code == 200
    assert person.full_name in screen.page
    assert person.personal_id not in screen.page
    assert "•" * 9 + person.personal_id[-3:] in screen.page


@pytest.mark.parametrize(
    ("posted", "files", "status", "said"),
    [
        ({"card_text": "https://example.test"}, None, 422, "không phải là mã QR của thẻ căn cước"),
        ({"card_text": "022095912345|"}, None, 422, "Mới đọc được"),
        (
            {"card_text": "999095912345||Lê Mẫu|01011995|Nam|Hồng Gai|15062021"},
            None,
            422,
            "đọc chưa",
        ),
        ({}, None, 422, "Chưa đọc được thẻ"),
        ({}, {"image": ("a.png", picture((300, 200)), "image/png")}, 422, "Không tìm thấy mã QR"),
        ({}, {"image": ("a.png", b"<html>no picture", "image/png")}, 415, "không phải là ảnh"),
        ({}, {"image": ("a.png", qr_png("xin chào"), "image/png")}, 422, "không phải là mã QR"),
    ],
)
async def test_a_broken_code_is_explained_and_changes_nothing(
    station: NewScreen,
    platform: Platform,
    quang_ninh: Tenant,
    posted: dict[str, str],
    files: Any,
    status: int,
    said: str,
) -> None:
    screen = await station()
    await screen.open("/station")
    await screen.press("/station/start", {"way": "apply"})
    before = await last_session(platform, quang_ninh)
    answer = await screen.press("/station/identify", posted, files)
    assert answer.status_code == status
    assert said.lower() in screen.page.lower()
    assert await last_session(platform, quang_ninh) == before


async def test_a_contradiction_on_the_card_warns_and_blocks_nobody(station: NewScreen) -> None:
    screen = await station()
    await screen.open("/station")
    await screen.press("/station/start", {"way": "apply"})
    text = "022095912399||Nguyễn Văn Mẫu|01011996|Nam|Hồng Gai, Quảng Ninh|15062021"
    await screen.press("/station/identify", {"card_text": text})
    assert "khác với năm 1995" in screen.page
    answer = await screen.press("/station/confirm")
    assert answer.status_code == 200
    assert screen.seen[-1] == "/station/consent"


async def test_refusing_consent_leaves_no_person_and_no_data(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    await screen.open("/station")
    people_before = await count(platform, quang_ninh, "person")
    await screen.press("/station/start", {"way": "apply"})
    await screen.press("/station/identify", {"card_text": people.card_text(somebody(3))})
    await screen.press("/station/confirm")
    answer = await screen.press("/station/consent", {"agree": "no"}, follow=False)
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert answer.headers["location"] == "/station"
    session = await last_session(platform, quang_ninh)
    assert (session["outcome"], session["data_sealed"]) == ("refused", None)
    assert await count(platform, quang_ninh, "person") == people_before


async def test_a_card_with_another_name_on_a_known_number_does_not_change_the_person(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    known = somebody(4)
    await screen.identify(known)
    forged = people.card_text(known).replace(known.full_name, "Kẻ Mạo Danh")
    await screen.open("/station")
    await screen.press("/station/start", {"way": "apply"})
    await screen.press("/station/identify", {"card_text": forged})
    await screen.press("/station/confirm")
    answer = await screen.press("/station/consent", {"agree": "yes"})
    assert answer.status_code == 422
    assert "khác với thông tin đã có" in screen.page
    async with platform.db.tenant(quang_ninh) as tx:
        assert not await tx.fetchval("select count(*) from person where full_name = 'Kẻ Mạo Danh'")


async def test_a_wrong_page_of_the_form_is_explained_at_the_field(station: NewScreen) -> None:
    screen = await station()
    await screen.identify(somebody(5))
    await screen.press("/station/procedure", {"code": "1.001776"})
    answer = await screen.press("/station/form/1", {"phone": "12"})
    assert answer.status_code == 422
    assert 'id="f-phone-error"' in screen.page
    assert 'value="12"' in screen.page
    await screen.press("/station/form/1", {"phone": "0912345678", "personal_id": "1"})
    assert screen.seen[-1] == "/station/form/2"
    wrong = {"request": "start", "beneficiary_birth": "31/2/2000", "beneficiary_name": "Mẫu"}
    answer = await screen.press("/station/form/2", wrong)
    assert answer.status_code == 422
    for field in ("beneficiary_birth", "address", "category"):
        assert f'id="f-{field}-error"' in screen.page
    assert 'id="f-reason"' not in screen.page


async def test_questions_follow_from_answers_on_the_server(station: NewScreen) -> None:
    screen = await station()
    await screen.identify(somebody(6))
    await screen.press("/station/procedure", {"code": "1.001776"})
    await screen.press("/station/form/1", {"phone": "0912345678"})
    part = await screen.press("/station/form/2/fields", {"request": "stop"}, follow=False)
    assert part.status_code == 200
    assert 'name="reason"' in part.text
    assert "<html" not in part.text
    await screen.open("/station/form/2")
    await screen.fill_allowance(request="stop")
    assert "/station/form/4" in screen.seen
    assert screen.seen[-1] == "/station/papers"
    assert "Giấy tờ chứng minh thay đổi" in screen.page


async def test_what_the_card_locks_is_not_taken_from_the_browser(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    person = somebody(7)
    await screen.identify(person)
    await screen.press("/station/procedure", {"code": "2.000815"})
    await screen.press("/station/form/1", {"full_name": "Người Khác", "phone": ""})
    page_2 = {"document_name": "Bằng", "pages": "1", "copies": "1"}
    await screen.press("/station/form/2", page_2)
    await screen.press("/station/papers", {"go": "next"})
    assert person.full_name in screen.page
    assert "Người Khác" not in screen.page


async def test_two_presses_make_one_dossier_and_show_its_ticket(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    await screen.identify(somebody(8))
    await screen.fill_copy()
    before = await count(platform, quang_ninh, "dossier")
    body = {"_csrf_token": await screen.token(), "once": screen.once}
    first, second = await asyncio.gather(
        screen.client.post("/station/check", data=body),
        screen.client.post("/station/check", data=body),
    )
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert await count(platform, quang_ninh, "dossier") == before + 1
    assert "Mã tra cứu" in (await screen.open(first.headers["location"])).text
    again = await screen.client.post("/station/check", data=body)
    assert again.headers["location"] == "/station"
    assert await count(platform, quang_ninh, "dossier") == before + 1


async def test_who_holds_a_live_ticket_keeps_it_and_gets_no_second_dossier(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    for _ in range(2):
        await screen.identify(somebody(9))
        await screen.fill_copy()
        answer = await screen.hand_in()
        before = await count(platform, quang_ninh, "dossier")
    assert answer.status_code == 409
    assert "đã có số" in screen.page
    assert await count(platform, quang_ninh, "dossier") == before
    async with platform.db.tenant(quang_ninh) as tx:
        assert await tx.fetchval("select count(*) from station_session where ended_at is null")


async def test_two_stations_at_once_do_not_see_each_other(station: NewScreen) -> None:
    one, two = await station(), await station()
    first, second = somebody(10), somebody(11)
    await asyncio.gather(one.identify(first), two.identify(second))
    await asyncio.gather(one.fill_copy(), two.fill_copy())
    assert first.full_name in one.page
    assert second.full_name in two.page
    assert second.full_name not in one.page
    answers = await asyncio.gather(one.hand_in(), two.hand_in())
    assert [a.status_code for a in answers] == [200, 200]
    stranger = await two.client.get(one.seen[-1])
    assert stranger.status_code == 303


async def test_another_commune_of_the_province_can_decide(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station(site="tinh")
    await screen.identify(somebody(12))
    await screen.press("/station/procedure", {"code": "1.001776"})
    assert screen.seen[-1] == "/station/unit"
    await screen.open("/station/unit?q=cao xanh")
    assert "Phường Cao Xanh" in screen.page
    async with platform.db.tenant(quang_ninh) as tx:
        unit = await tx.fetchval("select id from unit where code = '06658'")
        province = await tx.fetchval("select id from unit where code = '22'")
    assert (await screen.press("/station/unit", {"unit": str(province)})).status_code == 422
    assert (await screen.press("/station/unit", {"unit": "x"})).status_code == 422
    await screen.press("/station/unit", {"unit": str(unit)})
    assert screen.seen[-1] == "/station/form/1"


async def test_a_step_that_is_not_next_leads_to_the_one_that_is(station: NewScreen) -> None:
    screen = await station()
    await screen.open("/station")
    await screen.press("/station/start", {"way": "apply"})
    for path in ("consent", "procedure", "unit", "form/1", "papers", "check"):
        answer = await screen.client.get(f"/station/{path}")
        assert answer.headers["location"] == "/station/identify"
    await screen.open("/station/identify")
    answer = await screen.press("/station/check", {"once": "x"}, follow=False)
    assert answer.headers["location"] == "/station/identify"


async def test_plain_words_without_marks_find_a_procedure(station: NewScreen) -> None:
    screen = await station()
    await screen.identify(somebody(13))
    await screen.open("/station/procedure?q=tro cap")
    assert 'value="1.001776"' in screen.page
    assert 'value="2.000815"' not in screen.page
    await screen.open("/station/procedure?q=xyzzyx")
    assert "Chưa tìm thấy" in screen.page
    answer = await screen.press("/station/procedure", {"code": "9.999999"})
    assert answer.status_code == 404
