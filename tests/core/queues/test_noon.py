"""A number shortly before noon, and one shortly before the hall closes: what paper, telephone and programs say."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import httpx2
import pytest

from motcua import clock
from motcua.catalogue.calendars import keep_calendar
from motcua.queues import hours, issuing, remote
from motcua.queues.estimate import Range
from motcua.station import slips
from motcua.text import VIETNAM

from .conftest import Hall

pytestmark = pytest.mark.anyio
Browse = Callable[[str], httpx2.AsyncClient]
DAY = date(2026, 11, 23)
_CSRF = re.compile(r'name="_csrf_token" value="([^"]+)"')
_CALENDAR = {
    "version": "noon",
    "valid_from": date(2025, 1, 1),
    "valid_until": date(2027, 12, 31),
    "sessions": [["07:30", "11:30"], ["13:30", "17:00"]],
}


def at(hour: int, minute: int) -> datetime:
    """Return a moment of the day in the country."""
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=VIETNAM)


@pytest.fixture
async def office(hall: Hall) -> Hall:
    """Return a hall with office hours, in which one officer sits since the morning."""
    async with hall.platform.db.tenant(hall.tenant) as tx:
        await keep_calendar(tx, _CALENDAR)
    hall.platform.catalogue.forget(hall.tenant)
    with clock.at(at(7, 30)):
        await hall.sit(0)
    return hall


async def crowd(hall: Hall, when: datetime, people: int) -> issuing.Issued:
    """Let so many people take a number in a moment; returns the last one's."""
    with clock.at(when):
        for _ in range(people - 1):
            await hall.issue()
        return await hall.issue()


async def test_before_noon_one_is_told_the_afternoon(office: Hall, browse: Browse) -> None:
    last = await crowd(office, at(11, 20), 5)
    assert last.estimate.low >= 120, "nobody is called between half past eleven and half past one"
    assert last.estimate.rest
    assert not last.estimate.late
    with clock.at(at(11, 21)):
        web = browse(office.tenant.slug)
        page = (await web.get(f"/q/{last.public_code}")).text
        told = (await web.get(f"/api/q/{last.public_code}")).json()
    assert "Đã tính cả giờ nghỉ trưa" in page
    assert told["low"] >= 120
    assert not told["late"]
    # In the middle of the rest an hour is left of it.
    with clock.at(at(12, 30)):
        told = (await web.get(f"/api/q/{last.public_code}")).json()
    assert 60 <= told["low"] < told["high"] < 180


async def test_a_window_never_lies_in_the_rest(office: Hall) -> None:
    last = await crowd(office, at(11, 20), 5)
    begin, end = remote.window_of(last.estimate, at(11, 20))
    assert begin >= at(13, 25)
    assert end > at(13, 30)


async def test_too_late_for_today_is_said_instead_of_a_range(office: Hall, browse: Browse) -> None:
    last = await crowd(office, at(16, 40), 9)
    assert last.estimate.late
    with clock.at(at(16, 41)):
        web = browse(office.tenant.slug)
        page = (await web.get(f"/q/{last.public_code}")).text
        told = (await web.get(f"/api/q/{last.public_code}")).json()
        [line, _] = (await web.get("/api/sites")).json()[0]["lines"]
        async with office.work() as work:
            [slip] = await slips.of_visit(work.tx, last.id)
    assert "Hôm nay có thể không kịp gọi số này." in page
    assert "Dự kiến còn" not in page
    assert told["late"]
    assert (line["range"], line["late"]) == ("", True)
    assert slips.waits(slip, "vi") == "Hôm nay có thể không kịp gọi: hãy hỏi nhân viên"
    assert slips.waits(slip, "en").startswith("May not be called any more today")


async def test_who_is_next_is_told_minutes_until_the_last_minute(
    office: Hall, browse: Browse
) -> None:
    first = await crowd(office, at(16, 40), 1)
    assert first.estimate == Range(0, 5)
    with clock.at(at(16, 41)):
        page = (await browse(office.tenant.slug).get(f"/q/{first.public_code}")).text
        async with office.work() as work:
            [slip] = await slips.of_visit(work.tx, first.id)
    assert "Dự kiến còn" in page
    assert slips.waits(slip, "vi") == "Dự kiến chờ 0–5 phút"


async def test_from_afar_nothing_is_taken_for_a_day_that_is_too_short(
    office: Hall, browse: Browse
) -> None:
    await crowd(office, at(16, 40), 9)
    web = browse(office.tenant.slug)
    with clock.at(at(16, 42)):
        shown = (await web.get("/queue/sanh/A")).text
        hall_page = (await web.get("/queue/sanh")).text
        token = _CSRF.search(shown)
        assert token
        form = {"phone": "0912345678", "when": "now", "_csrf_token": token[1]}
        refused = await web.post("/queue/sanh/A", data=form)
    assert "Hôm nay không còn kịp" in shown
    assert "hôm nay có thể không kịp gọi" in hall_page
    assert refused.status_code == 409
    assert "Hãy chọn ngày khác" in refused.text
    assert await office.fetch("select 1 from ticket where state = 'reserved'") == []


async def test_after_hours_an_empty_hall_takes_nobody_and_one_that_works_on_does(
    office: Hall,
) -> None:
    with clock.at(at(18, 0)):
        on = await office.issue()
    assert not on.estimate.late
    async with office.work() as work:
        await work.tx.execute("update counter set staff_id = null, opened_at = null")
        assert await hours.closing(work.tx, office.site, DAY) == at(17, 0)
        assert await hours.closing(work.tx, office.site, DAY - timedelta(days=1)) is None
    with clock.at(at(19, 0)):
        off = await office.issue("B")
    assert off.estimate.late
