"""Taking a number: several services, a telephone, a class of priority, an appointment; and when none is given."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from motcua import clock
from motcua.demo import people
from motcua.ids import uuid7
from motcua.queues import appointments, days
from tests.core.queues.conftest import Hall
from tests.core.station.person import Screen, somebody

pytestmark = pytest.mark.anyio
Kiosk = Callable[[], Awaitable[Screen]]
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""A Monday, 12:00 in Vietnam."""

_CLASS = """
insert into priority_class (id, key, name_vi, name_en, rank, evidence, min_age, valid_from)
values (gen_random_uuid(), $1, $2, $2, 1, $3, $4, '2025-01-01')
"""
_NODE = """
insert into site_node (site_id, device_id, centre_until) select $1, id, $2 from device limit 1
"""
_VISITS = """
select v.id, v.priority_class, v.priority_why, v.device_id, v.language, v.contact_sealed,
  array_agg(t.number order by t.number) as numbers, max(t.priority) as priority
from visit v join ticket t on t.visit_id = v.id group by v.tenant_id, v.id
"""


async def test_several_services_are_one_visit_with_a_number_each(kiosk: Kiosk, hall: Hall) -> None:
    screen = await kiosk()
    await screen.start()
    await screen.open("/station/number?many=1")
    assert 'type="checkbox"' in screen.page
    await screen.take("A", "B")
    assert "A001" in screen.page
    assert "B001" in screen.page
    [visit] = await hall.fetch(_VISITS)
    assert visit["numbers"] == ["A001", "B001"]
    assert visit["device_id"] is not None


async def test_choosing_nothing_is_told_and_gives_nothing(kiosk: Kiosk, hall: Hall) -> None:
    screen = await kiosk()
    await screen.start()
    answer = await screen.press("/station/number", {"once": screen.once, "many": "1"})
    assert answer.status_code == 422
    assert "Hãy chọn từ 1 đến 5 việc" in screen.page
    assert 'type="checkbox"' in screen.page
    assert await hall.fetch(_VISITS) == []


async def test_one_line_that_gives_none_refuses_the_whole_choice(kiosk: Kiosk, hall: Hall) -> None:
    screen = await kiosk()
    await screen.start()
    once = screen.once
    await hall.do(days.pause_line, hall.lines["B"], "mất điện")
    answer = await screen.press("/station/number", {"line": ["A", "B"], "once": once})
    assert answer.status_code == 409
    assert "tạm dừng cấp số" in screen.page
    assert await hall.fetch(_VISITS) == []


async def test_a_line_that_gives_no_number_says_why_and_what_else_to_do(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await kiosk()
    await hall.do(days.pause_line, hall.lines["A"], "mất điện")
    async with hall.work() as work:
        await work.tx.execute("update line set quota_walk_in = 0 where id = $1", hall.lines["B"])
    await screen.start()
    assert "Tạm dừng: mất điện" in screen.page
    assert "Đã hết số của hôm nay" in screen.page
    assert 'name="line"' not in screen.page
    assert "Đặt hẹn cho ngày khác" in screen.page


async def test_after_the_day_is_closed_no_number_is_offered(kiosk: Kiosk, hall: Hall) -> None:
    screen = await kiosk()
    await hall.do(days.close_day, hall.site, await hall.day())
    await screen.start()
    assert "Hôm nay đã thôi nhận" in screen.page
    assert 'name="line"' not in screen.page


async def test_a_station_whose_site_is_cut_off_sends_people_to_the_desk(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await kiosk()
    async with hall.work() as work:
        await work.tx.execute(_NODE, hall.site, clock.now() - timedelta(seconds=1))
    await screen.start()
    assert "mất liên lạc với trung tâm" in screen.page
    assert 'name="line"' not in screen.page


async def test_a_telephone_goes_with_the_number_and_the_page_shows_only_its_end(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await kiosk()
    await screen.start()
    answer = await screen.press("/station/phone", {"phone": "12"})
    assert answer.status_code == 422
    assert "Nhập số điện thoại di động" in screen.page
    await screen.press("/station/phone", {"phone": "0912 345 678"})
    assert screen.seen[-1] == "/station/number"
    assert "678" in screen.page
    assert "345678" not in screen.page
    await screen.take("A")
    [visit] = await hall.fetch(_VISITS)
    assert hall.platform.vaults.of(hall.tenant.id).open(visit["contact_sealed"]) == "0912345678"


async def test_two_at_the_door_may_share_a_telephone(kiosk: Kiosk, hall: Hall) -> None:
    screen = await kiosk()
    for number in ("A001", "A002"):
        await screen.start()
        await screen.press("/station/phone", {"phone": "0912345678"})
        await screen.take("A")
        assert number in screen.page


async def test_an_age_on_the_card_goes_first_by_itself(kiosk: Kiosk, hall: Hall) -> None:
    async with hall.work() as work:
        await work.tx.execute(_CLASS, "elderly", "Người cao tuổi", "age", 10)
    screen = await kiosk()
    await screen.identify(somebody(50), way="number")
    assert "Người cao tuổi" in screen.page
    await screen.take("A")
    assert "Số ưu tiên" in screen.page
    [visit] = await hall.fetch(_VISITS)
    assert visit["priority"] == 1


async def test_what_an_officer_must_see_is_noted_and_gives_no_place_yet(
    kiosk: Kiosk, hall: Hall
) -> None:
    async with hall.work() as work:
        await work.tx.execute(_CLASS, "pregnant", "Phụ nữ mang thai", "officer", None)
    screen = await kiosk()
    await screen.start()
    await screen.open("/station/priority")
    assert "Cán bộ sẽ kiểm tra tại quầy" in screen.page
    await screen.press("/station/priority", {"key": "pregnant"})
    assert "Ưu tiên: Phụ nữ mang thai" in " ".join(screen.page.split())
    await screen.take("A")
    assert "đưa giấy tờ cho cán bộ" in screen.page
    [visit] = await hall.fetch(_VISITS)
    assert (visit["priority_class"], visit["priority"]) == ("pregnant", 0)
    assert (await hall.event("ticket.priority"))["claimed"] is True


async def test_an_unknown_class_is_refused(kiosk: Kiosk) -> None:
    screen = await kiosk()
    await screen.start()
    assert (await screen.press("/station/priority", {"key": "king"})).status_code == 422


async def test_who_reserved_by_phone_says_at_the_kiosk_that_he_is_here(
    kiosk: Kiosk, hall: Hall
) -> None:
    reserved = await hall.reserve("A")
    screen = await kiosk()
    await screen.start()
    answer = await screen.press("/station/appointment", {"code": "KHONGCO1", "once": "x"})
    assert answer.status_code == 404
    assert "không có số hay lịch hẹn nào" in screen.page
    link = f"http://example.test/q/{reserved.public_code.lower()}"
    await screen.press("/station/appointment", {"code": link, "once": screen.once})
    assert reserved.number in screen.page
    assert (await hall.ticket(reserved.id))["state"] == "waiting"


async def test_a_card_finds_what_its_holder_reserved(kiosk: Kiosk, hall: Hall) -> None:
    screen = await kiosk()
    await screen.identify(somebody(51), way="number")
    answer = await screen.press("/station/appointment", {"mine": "1", "once": screen.once})
    assert answer.status_code == 404
    [person] = await hall.fetch("select id from person")
    reserved = await hall.reserve("A", person=person["id"])
    await screen.press("/station/appointment", {"mine": "1", "once": "x"})
    assert reserved.number in screen.page


async def test_a_ticket_is_shown_in_the_other_language_and_printed_there_too(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await kiosk()
    await screen.start()
    await screen.take("A")
    first = screen.seen[-1]
    found = re.search(r'href="(/station/ticket/[\w-]+)\?lang=en"', screen.page)
    assert found
    await screen.open(f"{found[1]}?lang=en")
    assert "A line" in screen.page
    assert "A001" in screen.page
    assert (await screen.client.get(first)).status_code == 303
    assert (await screen.client.get(found[1])).status_code == 303


async def test_staff_are_called_from_the_ticket_and_the_ticket_stays(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await kiosk()
    await screen.start()
    await screen.take("A")
    found = re.search(r'name="ticket" value="([\w-]+)"', screen.page)
    assert found
    await screen.press("/station/help", {"ticket": found[1]})
    assert "Đã báo nhân viên" in screen.page
    assert "A001" in screen.page


async def test_plain_words_lead_to_the_line(
    station: Callable[..., Awaitable[Screen]],
) -> None:
    screen = await station(site="tinh")
    await screen.start()
    await screen.open("/station/number?q=tro cap")
    assert "Việc tìm thấy" in screen.page
    assert 'name="line"' in screen.page
    await screen.open("/station/number?q=xyzzyx")
    assert "Chưa tìm thấy" in screen.page


async def test_a_card_with_a_number_and_an_appointment_in_a_line_waits_once(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await kiosk()
    await screen.identify(somebody(52), way="number")
    [person] = await hall.fetch("select id from person")
    slot, begin = uuid7(), clock.now() + timedelta(minutes=5)
    await hall.fetch(
        "insert into slot (id, site_id, line_id, day, from_at, to_at, capacity)"
        " values ($1, $2, $3, $4, $5, $6, 1)",
        slot,
        hall.site,
        hall.lines["A"],
        await hall.day(),
        begin,
        begin + timedelta(minutes=30),
    )
    booked = await hall.do(appointments.book, slot, person=person["id"])
    reserved = await hall.reserve("A", person=person["id"])
    await screen.press("/station/appointment", {"mine": "1", "once": screen.once})
    assert reserved.number in screen.page
    row = await hall.ticket(reserved.id)
    assert (row["state"], row["appointment_id"]) == ("waiting", booked.id)
    assert len(await hall.fetch("select 1 from ticket")) == 1


async def test_the_card_leaves_telephone_and_claim_as_they_were_told(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await told_before_the_card(kiosk, hall)
    await screen.press("/station/identify", {"card_text": people.card_text(somebody(52))})
    await screen.press("/station/identify", {"again": "1"})
    await screen.press("/station/identify", {"card_text": people.card_text(somebody(53))})
    await screen.press("/station/confirm")
    await screen.press("/station/consent", {"agree": "yes"})
    assert screen.seen[-1] == "/station/number"
    await assert_still_told(screen, hall)
    [ticket] = await hall.fetch("select person_id from ticket")
    assert ticket["person_id"] is not None


async def test_who_has_no_card_after_all_keeps_telephone_and_claim(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await told_before_the_card(kiosk, hall)
    await screen.press("/station/identify", {"card_text": people.card_text(somebody(55))})
    await screen.press("/station/identify", {"no_card": "1"})
    assert screen.seen[-1] == "/station/number"
    await assert_still_told(screen, hall)


async def test_who_refuses_that_his_card_is_used_leaves_no_telephone_behind(
    kiosk: Kiosk, hall: Hall
) -> None:
    screen = await told_before_the_card(kiosk, hall)
    await screen.press("/station/identify", {"card_text": people.card_text(somebody(54))})
    await screen.press("/station/confirm")
    await screen.press("/station/consent", {"agree": "no"})
    await screen.start()
    assert "678" not in screen.page


async def told_before_the_card(kiosk: Kiosk, hall: Hall) -> Screen:
    """Tell a station a telephone and a claim before it knows who stands there."""
    async with hall.work() as work:
        await work.tx.execute(_CLASS, "pregnant", "Phụ nữ mang thai", "officer", None)
    screen = await kiosk()
    await screen.start()
    await screen.press("/station/phone", {"phone": "0912345678"})
    await screen.press("/station/priority", {"key": "pregnant"})
    return screen


async def assert_still_told(screen: Screen, hall: Hall) -> None:
    shown = " ".join(screen.page.split())
    assert "678" in shown
    assert "Ưu tiên: Phụ nữ mang thai" in shown
    await screen.take("A")
    [visit] = await hall.fetch(_VISITS)
    assert hall.platform.vaults.of(hall.tenant.id).open(visit["contact_sealed"]) == "0912345678"
    assert visit["priority_class"] == "pregnant"


async def test_a_line_where_nobody_waits_says_how_long_it_is_closed_for_a_rest(
    kiosk: Kiosk, hall: Hall
) -> None:
    """At noon nobody waits, yet nobody is called before half past one."""
    await hall.fetch(
        "update site set hours = $1", {"mon": [["07:30", "11:30"], ["13:30", "16:30"]]}
    )
    with clock.at(NOON):
        await hall.sit(0)
        screen = await kiosk()
        await screen.start()
        shown = " ".join(screen.page.split())
        assert "0 người chờ · khoảng" in shown
        assert "Không có người chờ" not in shown


async def test_a_line_where_nobody_waits_and_all_is_open_says_just_that(
    kiosk: Kiosk, hall: Hall
) -> None:
    with clock.at(NOON):
        await hall.sit(0)
        screen = await kiosk()
        await screen.start()
        assert "Không có người chờ" in screen.page
