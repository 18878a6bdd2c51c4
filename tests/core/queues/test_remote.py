"""A number by telephone: its window, one for each telephone, its holder's wishes, and being there."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from motcua import clock
from motcua.errors import Conflict, NotFound, TooManyTries
from motcua.ids import uuid7
from motcua.queues import appointments, calling, issuing, knocks, remote, seats, standing
from motcua.queues.estimate import Range
from motcua.queues.issuing import Issued
from motcua.text import VIETNAM

from .conftest import Hall

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, 3, 20, tzinfo=UTC)  # Monday, 9:03:20
PHONE = "0912345678"


@pytest.mark.parametrize(
    ("low", "high", "begin", "end"),
    [(30, 50, "09:30", "09:50"), (0, 5, "09:03", "09:15"), (45, 45, "09:45", "10:00")],
)
def test_a_window_is_the_range_as_times(low: int, high: int, begin: str, end: str) -> None:
    window = remote.window_of(Range(low, high), NOW)
    assert [f"{m.astimezone(VIETNAM):%H:%M}" for m in window] == [begin, end]
    assert window[0] >= NOW


@pytest.mark.parametrize(
    ("low", "high", "begin", "end"),
    [
        (30, 60, "09:40", "10:00"),  # it opens at 9:40
        (0, 5, "09:40", "09:55"),
        (60, 90, "10:00", "10:30"),
        (150, 180, "13:30", "13:45"),  # into the rest
        (600, 620, "19:00", "19:20"),  # after the hours: the range alone
    ],
)
def test_nobody_is_asked_to_come_while_the_hall_is_closed(
    low: int, high: int, begin: str, end: str
) -> None:
    opened = tuple(
        (datetime(2026, 11, 23, *a, tzinfo=VIETNAM), datetime(2026, 11, 23, *b, tzinfo=VIETNAM))
        for a, b in (((9, 40), (11, 30)), ((13, 30), (17, 0)))
    )
    window = remote.window_of(Range(low, high), NOW, opened)
    assert [f"{m.astimezone(VIETNAM):%H:%M}" for m in window] == [begin, end]


async def reserve(hall: Hall, phone: str = PHONE, *, wait: int = 30, line: str = "A") -> Issued:
    window = (NOW + timedelta(minutes=wait), NOW + timedelta(minutes=wait + 20))
    with clock.at(NOW):
        async with hall.work() as work:
            return await issuing.reserve(
                work, hall.site, hall.lines[line], contact=phone, window=window
            )


async def act(hall: Hall, code: str, verb: str, minutes: float = 0) -> None:
    with clock.at(NOW + timedelta(minutes=minutes)):
        async with hall.work() as work:
            await remote.act(work, code, verb)


async def state(hall: Hall, issued: Issued) -> Any:
    return (await hall.fetch("select state, sort_key from ticket where id = $1", issued.id))[0]


async def test_a_telephone_holds_one_live_number_in_a_line_though_it_asks_at_once(
    hall: Hall,
) -> None:
    done = await asyncio.gather(*(reserve(hall) for _ in range(6)), return_exceptions=True)
    kinds = Counter(type(d).__name__ for d in done)
    assert kinds == {"Issued": 1, "Conflict": 5}
    assert (await hall.fetch("select n, remote from day_number"))[0] == {"n": 1, "remote": 1}
    assert (await reserve(hall, line="B")).number == "B001"
    assert (await reserve(hall, "0987654321")).number == "A002"


async def test_who_gave_his_number_back_may_take_another(hall: Hall) -> None:
    first = await reserve(hall)
    await act(hall, first.public_code, "leave")
    assert (await state(hall, first))["state"] == "left"
    assert (await reserve(hall)).number == "A002"


async def test_at_the_cap_from_afar_the_refusal_says_what_to_do(hall: Hall) -> None:
    async with hall.work() as work:
        await work.tx.execute("update line set quota_remote = 1")
    await reserve(hall)
    with pytest.raises(Conflict, match="number at the site"):
        await reserve(hall, "0987654321")


async def test_long_before_his_window_nobody_is_here_by_telephone(hall: Hall) -> None:
    issued = await reserve(hall)
    with pytest.raises(Conflict):
        await act(hall, issued.public_code, "arrive")
    await act(hall, issued.public_code, "arrive", 20)
    assert (await state(hall, issued))["state"] == "waiting"


async def test_who_gave_his_number_back_is_not_told_to_come_later(hall: Hall) -> None:
    issued = await reserve(hall)
    await act(hall, issued.public_code, "leave")
    with pytest.raises(Conflict) as refused:
        await act(hall, issued.public_code, "arrive")
    assert "từ" not in refused.value.vi


async def test_in_time_he_has_the_place_of_the_moment_he_took_the_number(hall: Hall) -> None:
    in_time, late = await reserve(hall), await reserve(hall, "0987654321")
    await act(hall, in_time.public_code, "arrive", 59)
    await act(hall, late.public_code, "arrive", 61)
    assert (await state(hall, in_time))["sort_key"] == NOW
    assert (await state(hall, late))["sort_key"] == NOW + timedelta(minutes=61)


async def here(hall: Hall, code: str = "", phone: str = "", minutes: float = 0) -> list[UUID]:
    with clock.at(NOW + timedelta(minutes=minutes)):
        async with hall.work() as work:
            return await remote.here(work, hall.site, code, phone)


async def test_at_the_door_he_is_here_by_code_at_any_time_by_telephone_when_it_is_near(
    hall: Hall,
) -> None:
    by_code, by_phone = await reserve(hall), await reserve(hall, "0987654321")
    assert await here(hall, by_code.public_code) == [by_code.id]
    assert await here(hall, phone="0987654321", minutes=20) == [by_phone.id]
    for issued in (by_code, by_phone):
        assert (await state(hall, issued))["state"] == "waiting"
    assert await here(hall, by_code.public_code) == [by_code.id]
    with pytest.raises(NotFound):
        await here(hall, "NOSUCH")
    with pytest.raises(NotFound):
        await here(hall, phone="0900000000")


async def test_at_the_door_an_appointment_becomes_a_number(hall: Hall) -> None:
    slot, begin = uuid7(), NOW + timedelta(minutes=10)
    async with hall.work() as work:
        await work.tx.execute(
            "insert into slot (id, site_id, line_id, day, from_at, to_at, capacity)"
            " values ($1, $2, $3, $4, $5, $6, 1)",
            slot,
            hall.site,
            hall.lines["A"],
            date(2026, 11, 23),
            begin,
            begin + timedelta(minutes=30),
        )
    with clock.at(NOW):
        async with hall.work() as work:
            made = await appointments.book(work, slot, contact=PHONE)
    (ticket,) = await here(hall, made.public_code)
    row = (await hall.fetch("select origin, appointment_id from ticket where id = $1", ticket))[0]
    assert row == {"origin": "appointment", "appointment_id": made.id}
    assert await here(hall, phone=PHONE) == [ticket]


async def test_the_half_hours_of_a_coming_day_share_the_quota(hall: Hall) -> None:
    async with hall.work() as work:
        await work.tx.execute("update line set quota_remote = 10")
        await work.tx.execute("""update site set hours = '{"tue": [["08:00", "10:00"]]}'""")
    day = date(2026, 11, 24)

    async def left() -> list[int | None]:
        async with hall.platform.db.tenant(hall.tenant) as tx:
            found = await remote.windows(tx, hall.site, hall.lines["A"], day)
        return [w.left for w in found]

    assert await left() == [3, 3, 3, 3]
    with clock.at(NOW):
        for n in range(3):
            async with hall.work() as work:
                begin = datetime(2026, 11, 24, 8, 30, tzinfo=VIETNAM)
                found = await remote.refuse_full(work.tx, hall.site, hall.lines["A"], begin, NOW)
                await issuing.reserve(
                    work,
                    hall.site,
                    hall.lines["A"],
                    contact=f"091234567{n}",
                    window=(found.from_at, found.to_at),
                )
        assert await left() == [3, 0, 3, 3]
        with pytest.raises(Conflict):
            async with hall.work() as work:
                await remote.refuse_full(work.tx, hall.site, hall.lines["A"], begin, NOW)
    assert await left() == [3, 0, 3, 3]


async def test_everybody_sees_his_own_place_and_the_reserved_ones_hold_theirs(hall: Hall) -> None:
    with clock.at(NOW):
        async with hall.work() as work:
            first = await issuing.issue(work, hall.site, hall.lines["A"])
        second = await reserve(hall)
        async with hall.work() as work:
            third = await issuing.issue(work, hall.site, hall.lines["A"])
            await seats.open_counter(work, hall.counters[0], hall.staff[0])
        read = await standing.hall_of(hall.platform, hall.tenant, hall.site, NOW)
    places = [read.places[t.id] for t in (first, second, third)]
    assert [p.ahead for p in places] == [0, 1, 2]
    assert [p.range is None for p in places] == [False, True, False]
    assert places[2].ends is not None
    assert read.lines["A"].waiting == 2
    assert read.lines["A"].open == 1


async def test_letting_others_pass_moves_him_behind_the_next(hall: Hall) -> None:
    with clock.at(NOW):
        async with hall.work() as work:
            first = await issuing.issue(work, hall.site, hall.lines["A"])
            await issuing.issue(work, hall.site, hall.lines["A"])
    await act(hall, first.public_code, "let-pass", 1)
    with clock.at(NOW + timedelta(minutes=2)):
        async with hall.work() as work:
            await seats.open_counter(work, hall.counters[0], hall.staff[0])
            called = await calling.call_next(work, hall.counters[0], hall.staff[0])
    assert called is not None
    assert called.number == "A002"


async def test_an_address_that_knocks_too_often_has_to_wait_or_sign_in(hall: Hall) -> None:
    async def knock(address: str, at: datetime) -> None:
        with clock.at(at):
            async with hall.work() as work:
                await knocks.refuse_crowd(work, "wrong", address)
                knocks.note(work, "wrong", address)

    for _ in range(knocks.LIMITS["wrong"]):
        await knock("203.0.113.7", NOW)
    with pytest.raises(TooManyTries):
        await knock("203.0.113.7", NOW)
    await knock("203.0.113.8", NOW)
    await knock("203.0.113.7", NOW + knocks.PERIOD + timedelta(seconds=1))
    told = await hall.fetch("select e::text as t from event e where type = $1", knocks.KNOCKED)
    assert all("203.0.113" not in r["t"] for r in told)
