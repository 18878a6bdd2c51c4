"""Days end by themselves, each at its own closing time; what went on over midnight keeps its truth."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from motcua import clock
from motcua.errors import Conflict
from motcua.queues import calling, days, issuing, moving, serving, upkeep
from motcua.queues.figures import Scope
from motcua.queues.hours import midnight
from motcua.simulation import check_tickets, recount
from motcua.text import VIETNAM

from .clerk import total
from .conftest import Hall

pytestmark = pytest.mark.anyio
DAY, NEXT, THIRD = date(2026, 11, 17), date(2026, 11, 18), date(2026, 11, 19)
HOURS = {d: [["07:30", "11:30"], ["13:00", "17:00"]] for d in ("mon", "tue", "wed", "thu", "fri")}
_NODE = """
insert into site_node (site_id, device_id, about, centre_until) select site_id, id, '{}', $1 from device
"""
_SEGMENTS = "select kind, to_at from segment where staff_id = $1 order by from_at, id"


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM)


@pytest.fixture(autouse=True)
async def opened(hall: Hall) -> None:
    """Give the hall hours of its own."""
    await hall.fetch("update site set hours = $1", HOURS)


async def keep(hall: Hall, moment: datetime) -> None:
    with clock.at(moment):
        await upkeep.keep(hall.platform, hall.tenant)


async def state(hall: Hall, ticket: UUID) -> tuple[str, datetime | None]:
    row = await hall.ticket(ticket)
    return row["state"], row["ended_at"] and row["ended_at"].astimezone(VIETNAM)


async def seats(hall: Hall) -> list[Any]:
    return [r["staff_id"] for r in await hall.fetch("select staff_id from counter order by number")]


async def whole(hall: Hall, day: date, now: datetime) -> Any:
    return await total(hall, Scope([hall.site], day, day, now))


async def forgotten(hall: Hall) -> list[UUID]:
    """One officer who does not leave; one number waits, one is parked, one is expected."""
    with clock.at(at(8)):
        await hall.sit(0)
        await hall.issue("B")
        parked = await hall.bring()
        await hall.do(moving.park, parked.id, hall.staff[0], "Chờ")
    with clock.at(at(16)):
        waits, expected = await hall.issue(), await hall.reserve()
    return [waits.id, parked.id, expected.id]


async def test_a_day_that_nobody_closed_ends_in_the_night_at_its_closing_time(hall: Hall) -> None:
    left = await forgotten(hall)
    await keep(hall, at(2, 59, NEXT))
    assert [(await state(hall, t))[0] for t in left] == ["waiting", "parked", "reserved"]
    assert await seats(hall) == [hall.staff[0], None, None]
    await keep(hall, at(3, 0, NEXT))
    assert [await state(hall, t) for t in left] == [("expired", at(17))] * 3
    for ticket in left:
        await hall.tiles(ticket)
    assert await seats(hall) == [None] * 3
    now = at(7, 0, NEXT)
    assert (await whole(hall, DAY, now)).seconds("seated") == 9 * 3600
    assert (await whole(hall, DAY, now)).count("abandoned") == 3
    assert (await whole(hall, NEXT, now)).seconds("seated") == 0
    assert (await hall.event("day.closed")) == {"day": str(DAY), "expired": 3}


async def test_the_book_has_its_page_in_the_same_night(hall: Hall) -> None:
    await forgotten(hall)
    with clock.at(at(16, 30)):
        later = (at(8, 0, THIRD), at(8, 30, THIRD))
        await hall.reserve("B", window=later)
    await keep(hall, at(3, 0, NEXT))
    pages = await hall.fetch("select sums from site_day where day = $1", DAY)
    assert [p["sums"]["counts"]["expired"] for p in pages] == [3]


async def test_a_day_is_closed_once(hall: Hall) -> None:
    await forgotten(hall)
    await keep(hall, at(3, 0, NEXT))
    await keep(hall, at(4, 0, NEXT))
    assert len(await hall.fetch("select 1 from event where type = 'day.closed'")) == 1
    # Nobody came on the next one: there is nothing to end.
    await keep(hall, at(4, 0, THIRD))
    assert len(await hall.fetch("select 1 from event where type = 'day.closed'")) == 1


async def test_a_day_in_which_everything_had_ended_is_closed_too(hall: Hall) -> None:
    with clock.at(at(8)):
        made = await hall.issue()
        await hall.do(moving.leave, made.id)
    await keep(hall, at(5, 0, NEXT))
    assert (await hall.event("day.closed")) == {"day": str(DAY), "expired": 0}


async def test_days_that_were_left_for_long_end_each_on_its_own(hall: Hall) -> None:
    first = await forgotten(hall)
    with clock.at(at(9, 0, NEXT)):
        second = await hall.issue("B")
        await hall.sit(1)
    await keep(hall, at(10, 0, date(2026, 11, 20)))
    assert await state(hall, first[0]) == ("expired", at(17))
    assert await state(hall, second.id) == ("expired", at(17, 0, NEXT))
    ends = [(await hall.fetch(_SEGMENTS, hall.staff[n]))[-1]["to_at"] for n in (0, 1)]
    assert ends == [at(17), at(17, 0, NEXT)]


async def test_the_button_of_the_next_day_ends_the_day_before_at_its_own_time(hall: Hall) -> None:
    [waits, *_] = await forgotten(hall)
    with clock.at(at(16, 0, NEXT)):
        late = await hall.issue("B")
    with clock.at(at(17, 30, NEXT)):
        assert await hall.do(days.close_day, hall.site, NEXT) == 4
    assert await state(hall, waits) == ("expired", at(17))
    # The day of the button is over now: until this moment he was seen to wait.
    assert await state(hall, late.id) == ("expired", at(17, 30, NEXT))
    assert (await whole(hall, DAY, at(18, 0, NEXT))).seconds("seated") == 9 * 3600
    assert (await whole(hall, NEXT, at(18, 0, NEXT))).seconds("seated") == 0


async def test_nothing_ends_before_it_began(hall: Hall) -> None:
    with clock.at(at(16, 50)):
        await hall.sit(0)
        made = await hall.issue()
        await hall.bring()
    with clock.at(at(18, 10)):
        await hall.do(moving.park, made.id, hall.staff[0], "Chờ")
    await keep(hall, at(3, 0, NEXT))
    assert await state(hall, made.id) == ("expired", at(18, 10))
    assert await hall.tiles(made.id) == ["waiting", "called", "serving", "parked"]
    assert await hall.seat_tiles() == ["idle", "called", "serving", "idle"]


async def test_a_site_that_is_cut_off_ends_its_day_when_it_is_back(hall: Hall) -> None:
    left = await forgotten(hall)
    await hall.token("node")
    await hall.fetch(_NODE, at(16, 30))
    await keep(hall, at(3, 0, NEXT))
    assert [(await state(hall, t))[0] for t in left] == ["waiting", "parked", "reserved"]
    assert await hall.fetch("select 1 from event where type = 'day.closed'") == []
    back = at(9, 30, THIRD)
    await hall.fetch("update site_node set centre_until = $1", back + timedelta(seconds=10))
    await hall.fetch("update site_node set alone_since = $1", at(16, 31))
    await keep(hall, back)
    assert (await state(hall, left[0]))[0] == "waiting", "what it did alone is not here yet"
    await hall.fetch("update site_node set alone_since = null")
    await keep(hall, back)
    assert [await state(hall, t) for t in left] == [("expired", at(17))] * 3


async def test_who_is_served_over_midnight_is_served_on(hall: Hall) -> None:
    with clock.at(at(16)):
        await hall.sit(0, 1)
        made, other = await hall.issue(), await hall.issue()
    with clock.at(at(23, 50)):
        await hall.bring(0)
        await hall.bring(1)
    with clock.at(at(0, 25, NEXT)):
        await hall.do(serving.finish, other.id, hall.staff[1])
    await keep(hall, at(3, 0, NEXT))
    assert (await state(hall, made.id))[0] == "serving"
    assert await seats(hall) == [hall.staff[0], hall.staff[1], None], "both were at work just now"
    with clock.at(at(3, 20, NEXT)):
        await hall.do(serving.finish, made.id, hall.staff[0])
    assert await state(hall, made.id) == ("done", at(3, 20, NEXT))
    await keep(hall, at(4, 0, NEXT))
    assert await seats(hall) == [hall.staff[0], None, None]
    # He went home at some time after the last one: what is known is when that was.
    assert (await hall.fetch(_SEGMENTS, hall.staff[1]))[-1] == {"kind": "idle", "to_at": at(0, 25, NEXT)}  # fmt: skip
    assert (await whole(hall, NEXT, at(8, 0, NEXT))).seconds("serving") == (200 + 25) * 60


async def test_a_number_that_was_forgotten_at_a_counter_ends_with_its_day(hall: Hall) -> None:
    with clock.at(at(14)):
        await hall.sit(0)
        made = await hall.issue()
    with clock.at(at(16, 20)):
        await hall.bring(0, "called")
    await keep(hall, at(3, 30, NEXT))
    assert (await state(hall, made.id))[0] == "called", "it could still be at work"
    await keep(hall, at(4, 30, NEXT))
    assert await state(hall, made.id) == ("no_show", at(17))
    assert await hall.event("ticket.no_show") == {"reason": "day_closed"}
    assert await seats(hall) == [None] * 3
    assert len(await hall.fetch("select 1 from site_day where day = $1", DAY)) == 1


async def test_who_works_on_from_yesterdays_seat_is_not_sent_away(hall: Hall) -> None:
    with clock.at(at(16)):
        await hall.sit(0)
    with clock.at(at(7, 40, NEXT)):
        made = await hall.issue()
        await hall.bring()
        await hall.do(serving.finish, made.id, hall.staff[0])
    await keep(hall, at(8, 0, NEXT))
    assert await seats(hall) == [hall.staff[0], None, None]


async def test_a_counter_that_is_taken_over_was_left_when_the_site_closed(hall: Hall) -> None:
    with clock.at(at(8)):
        await hall.sit(0)
    with clock.at(at(7, 30, NEXT)):
        await hall.sit(0)
    assert (await hall.fetch(_SEGMENTS, hall.staff[0]))[0]["to_at"] == at(17)


async def test_a_hall_without_known_hours_ends_its_day_at_midnight(hall: Hall) -> None:
    await hall.fetch("update site set hours = null")
    [waits, *_] = await forgotten(hall)
    await keep(hall, at(3, 0, NEXT))
    assert await state(hall, waits) == ("expired", at(0, 0, NEXT))


async def test_the_check_of_a_simulated_day_knows_when_a_seat_ended(hall: Hall) -> None:
    with clock.at(at(8)):
        await hall.sit(0)
    with clock.at(at(23, 30)):
        await hall.do(days.close_day, hall.site, DAY)
    async with hall.platform.db.tenant(hall.tenant) as tx:
        raw = await recount.read(tx, [hall.site], DAY, midnight(DAY))
    found = check_tickets.seats(raw)
    assert (found.ok, found.wrong) == (True, ())
    assert "9.0 h" in found.said


async def test_a_number_of_another_day_neither_arrives_nor_is_called(hall: Hall) -> None:
    with clock.at(at(16)):
        waits, expected = await hall.issue(), await hall.reserve()
        later = (at(8, 0, THIRD), at(8, 30, THIRD))
        coming = await hall.reserve("B", window=later)
    with clock.at(at(8, 0, NEXT)):
        await hall.sit(0)
        with pytest.raises(Conflict, match="expired"):
            await hall.do(issuing.arrive, expected.id)
        with pytest.raises(Conflict, match="19/11/2026"):
            await hall.do(issuing.arrive, coming.id)
        seat = (hall.counters[0], hall.staff[0])
        with pytest.raises(Conflict, match="17/11/2026"):
            await hall.do(calling.call_this, *seat, waits.id, "Gấp")
    assert [(await state(hall, t.id))[0] for t in (waits, expected, coming)] == [
        "waiting", "reserved", "reserved",
    ]  # fmt: skip


async def test_the_page_of_yesterdays_number_offers_a_new_one_alone(
    hall: Hall, api: httpx2.AsyncClient
) -> None:
    with clock.at(clock.now() - timedelta(days=1)):
        await hall.fetch("update site set hours = null")
        waits, expected = await hall.issue(), await hall.reserve(window=_window())
    for made in (waits, expected):
        shown = await api.get(f"/q/{made.public_code}", headers={"accept": "text/html"})
        assert "hết hạn khi hết ngày" in shown.text
        assert "Lấy số mới" in shown.text
        for gone in ("/leave", "/arrive", "/let-pass", "live-region"):
            assert gone not in shown.text
        refused = await api.post(f"/api/q/{expected.public_code}/arrive")
        assert refused.status_code == 409


def _window() -> tuple[datetime, datetime]:
    now = clock.now()
    return now, now + timedelta(seconds=1)
