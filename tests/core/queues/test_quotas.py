"""How many numbers a day has, from afar and at the door: what uses them up, and what is said at the end."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from motcua import clock
from motcua.errors import Conflict
from motcua.queues import appointments, days, issuing, moving, remote
from motcua.queues.days import Capacity
from motcua.queues.issuing import Issued
from motcua.text import VIETNAM

from .conftest import Hall
from .test_appointments import book, slot

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, nine o'clock
TOMORROW = datetime(2026, 11, 24, 8, 0, tzinfo=VIETNAM)


async def cap(hall: Hall, **quotas: Any) -> None:
    for name, most in quotas.items():
        await hall.fetch(f"update line set {name} = $1 where letter = 'A'", most)  # noqa: S608


async def reserve(hall: Hall, phone: str = "0912345678", at: datetime = NOW) -> Issued:
    window = (at, at + timedelta(minutes=30))
    with clock.at(NOW):
        return await hall.do(
            issuing.reserve, hall.site, hall.lines["A"], contact=phone, window=window
        )


async def issue(hall: Hall) -> Issued:
    with clock.at(NOW):
        return await hall.issue()


async def room(hall: Hall, at: datetime = NOW) -> Capacity:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return (await days.capacity(tx, hall.site, at.astimezone(VIETNAM).date()))[0]


async def refusal(asked: Any) -> tuple[str, str]:
    with pytest.raises(Conflict) as refused:
        await asked
    return refused.value.vi, refused.value.en


@pytest.mark.parametrize("end", ["leave", "cancel", "void"])
async def test_a_number_given_back_before_its_holder_came_is_free_for_another(
    hall: Hall, end: str
) -> None:
    await cap(hall, quota_remote=1, quota_walk_in=1)
    first = await reserve(hall)
    why = [] if end == "leave" else ["nhầm"]
    with clock.at(NOW):
        await hall.do(getattr(moving, end), first.id, *why)
    left = await room(hall)
    assert (left.given_remote, left.left_remote) == (0, 1)
    assert (left.given_walk_in, left.left_walk_in) == (0, 1)
    assert (await reserve(hall, "0987654321")).number == "A002"
    assert (await issue(hall)).number == "A003"
    await refusal(reserve(hall, "0900000000"))
    await refusal(issue(hall))


async def test_a_place_given_back_goes_to_one_of_many_who_ask_at_once(hall: Hall) -> None:
    await cap(hall, quota_remote=1)
    first = await reserve(hall)
    with clock.at(NOW):
        await hall.do(moving.leave, first.id)
    asked = (reserve(hall, f"091234567{n}") for n in range(6))
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert Counter(type(d).__name__ for d in done) == {"Issued": 1, "Conflict": 5}


async def test_who_came_and_left_has_used_his_number_up(hall: Hall) -> None:
    await cap(hall, quota_remote=1)
    first = await reserve(hall)
    with clock.at(NOW):
        await hall.do(issuing.arrive, first.id)
        await hall.do(moving.leave, first.id)
    await refusal(reserve(hall))
    assert (await room(hall)).left_remote == 0


async def test_the_half_hour_of_a_number_given_back_is_free_again(hall: Hall) -> None:
    await cap(hall, quota_remote=2)
    await hall.fetch("""update site set hours = '{"tue": [["08:00", "09:00"]]}'""")

    async def left() -> list[int | None]:
        async with hall.platform.db.tenant(hall.tenant) as tx:
            day = TOMORROW.date()
            return [w.left for w in await remote.windows(tx, hall.site, hall.lines["A"], day)]

    first = await reserve(hall, at=TOMORROW)
    assert await left() == [0, 1]
    with clock.at(NOW):
        await hall.do(moving.leave, first.id)
    assert await left() == [1, 1]
    assert (await reserve(hall, at=TOMORROW)).number == "A002"


async def test_a_day_whose_half_hours_are_all_full_asks_for_another_day(hall: Hall) -> None:
    await cap(hall, quota_remote=1)
    await hall.fetch("""update site set hours = '{"tue": [["08:00", "09:00"]]}'""")
    await reserve(hall, at=TOMORROW)
    async with hall.platform.db.tenant(hall.tenant) as tx:
        asked = remote.refuse_full(tx, hall.site, hall.lines["A"], TOMORROW, NOW)
        assert "ngày khác" in (await refusal(asked))[0]


async def test_an_appointment_uses_up_neither_quota(hall: Hall) -> None:
    await cap(hall, quota_remote=1, quota_walk_in=1)
    made = await book(hall, await slot(hall, 0.2))
    with clock.at(NOW):
        await hall.do(appointments.arrive, made.public_code)
    left = await room(hall)
    assert (left.left_remote, left.left_walk_in) == (1, 1)
    await reserve(hall, "0987654321")
    await issue(hall)


async def test_a_refusal_names_only_a_way_that_is_open(hall: Hall) -> None:
    await cap(hall, quota_remote=1, quota_walk_in=1)
    await reserve(hall)
    assert "đến lấy số tại chỗ" in (await refusal(reserve(hall, "0987654321")))[0]
    await issue(hall)
    far, door = await refusal(reserve(hall, "0987654321")), await refusal(issue(hall))
    assert far[0].endswith(" Hãy chọn ngày khác.")
    assert far[1].endswith(" Choose another day.")
    assert door[0].endswith(" Hãy lấy số từ xa cho ngày khác hoặc trở lại vào ngày khác.")
    await hall.fetch("update line set appointments = '{}', quota_remote = 0")
    far, door = await refusal(reserve(hall, "0987654321")), await refusal(issue(hall))
    assert far[0].endswith(" Hãy đặt lịch hẹn.")
    assert door[0].endswith(" Hãy đặt lịch hẹn hoặc trở lại vào ngày khác.")
    await hall.fetch("update line set appointments = null, quota_walk_in = 0")
    for said in (await refusal(reserve(hall, "0987654321")), await refusal(issue(hall))):
        assert said[0].endswith(" Hãy hỏi nhân viên hướng dẫn.")
        assert said[1].endswith(" Ask the staff.")


async def test_after_the_hours_nobody_from_afar_is_sent_to_the_door(hall: Hall) -> None:
    await cap(hall, quota_remote=0)
    await hall.fetch("""update site set hours = '{"mon": [["07:30", "08:30"]]}'""")
    assert "giờ mở cửa" in (await refusal(reserve(hall)))[0]


async def test_the_page_of_a_hall_tells_what_the_coming_days_hold(
    hall: Hall, api: httpx2.AsyncClient
) -> None:
    with clock.at(NOW):
        assert "Số còn lại" not in (await api.get("/queue/sanh")).text
    await cap(hall, quota_remote=7, quota_walk_in=9)
    await hall.fetch("""update site set hours = '{"tue": [["08:00", "09:00"]]}'""")
    await reserve(hall, at=TOMORROW)
    with clock.at(NOW):
        page = (await api.get("/queue/sanh")).text
    assert "7/7" in page[: page.index("Số còn lại các ngày tới")]
    coming = page[page.index("Số còn lại các ngày tới") :]
    assert coming.count("<details") == 1
    assert "24/11/2026" in coming
    assert "6/7" in coming
    assert "9/9" in coming


async def test_the_page_of_a_line_sends_nobody_to_a_door_that_gives_nothing(
    hall: Hall, api: httpx2.AsyncClient
) -> None:
    await cap(hall, quota_remote=0, quota_walk_in=1)
    with clock.at(NOW):
        assert "đến lấy số tại chỗ" in (await api.get("/queue/sanh/A")).text
        await hall.issue()
        page = (await api.get("/queue/sanh/A")).text
    assert "Đã hết số lấy từ xa" in page
    assert "đến lấy số tại chỗ" not in page
    assert "chọn ngày làm việc tới" not in page
