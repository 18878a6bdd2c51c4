"""Appointments: never more than a slot holds, one a day for a person, moved in one step, kept or missed."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from motcua import clock
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.log import Event
from motcua.ids import uuid7
from motcua.people.citizens import Citizen, remember
from motcua.queues import appointments, upkeep
from motcua.text import VIETNAM

from .conftest import Hall

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, nine o'clock
PHONE = "0912345678"
_SLOT = """
insert into slot (id, site_id, line_id, day, from_at, to_at, capacity) values ($1, $2, $3, $4, $5, $6, $7)
"""


async def slot(hall: Hall, hours: float, capacity: int = 1, line: str = "A") -> UUID:
    """Make a slot so many hours from now."""
    made, begin = uuid7(), NOW + timedelta(hours=hours)
    day = begin.astimezone(VIETNAM).date()
    async with hall.work() as work:
        await work.tx.execute(
            _SLOT,
            made,
            hall.site,
            hall.lines[line],
            day,
            begin,
            begin + timedelta(minutes=30),
            capacity,
        )
    return made


async def book(hall: Hall, where: UUID, phone: str = PHONE, **more: Any) -> appointments.Booked:
    with clock.at(NOW):
        async with hall.work() as work:
            return await appointments.book(work, where, contact=phone, **more)


async def move(hall: Hall, code: str, where: UUID, **more: Any) -> None:
    with clock.at(NOW):
        async with hall.work() as work:
            await appointments.move(work, code, where, **more)


async def booked(hall: Hall) -> dict[UUID, int]:
    return {r["id"]: r["booked"] for r in await hall.fetch("select id, booked from slot")}


async def states(hall: Hall) -> Counter[str]:
    return Counter(r["state"] for r in await hall.fetch("select state from appointment"))


async def outcomes(*tries: Any) -> Counter[str]:
    """Run them at once; count what came out."""
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert all(not isinstance(d, Exception) or isinstance(d, Conflict) for d in done), done
    return Counter("refused" if isinstance(d, Conflict) else "done" for d in done)


async def test_the_last_places_of_a_slot_go_to_as_many_as_there_are(hall: Hall) -> None:
    where = await slot(hall, 24, capacity=3)
    tries = [book(hall, where, f"09123456{n:02d}") for n in range(14)]
    assert await outcomes(*tries) == {"done": 3, "refused": 11}
    assert await booked(hall) == {where: 3}
    assert await states(hall) == {"booked": 3}


async def test_one_telephone_books_once_a_day_and_line_though_it_asks_at_once(hall: Hall) -> None:
    where = [await slot(hall, 24 + n, capacity=5) for n in range(6)]
    assert await outcomes(*(book(hall, s) for s in where)) == {"done": 1, "refused": 5}
    assert sum((await booked(hall)).values()) == 1


async def test_one_person_books_once_a_day_and_line_with_two_telephones(hall: Hall) -> None:
    first, second = await slot(hall, 24), await slot(hall, 25)
    async with hall.work() as work:
        person = await remember(work, Citizen("001099012345", "Nguyễn Văn Thử"))
    await book(hall, first, person=person)
    with pytest.raises(Conflict):
        await book(hall, second, "0987654321", person=person)
    assert (await booked(hall))[second] == 0


async def test_the_same_telephone_may_book_in_another_line_and_on_another_day(hall: Hall) -> None:
    for where in (await slot(hall, 24), await slot(hall, 24, line="B"), await slot(hall, 48)):
        await book(hall, where)
    assert await states(hall) == {"booked": 3}


async def test_who_cancelled_may_book_again(hall: Hall) -> None:
    where = await slot(hall, 24)
    first = await book(hall, where)
    with clock.at(NOW):
        async with hall.work() as work:
            await appointments.cancel(work, first.public_code)
    assert await booked(hall) == {where: 0}
    await book(hall, where)
    with pytest.raises(Conflict):
        async with hall.work() as work:
            await appointments.cancel(work, first.public_code)


async def test_a_booking_needs_somebody_and_a_future(hall: Hall) -> None:
    with pytest.raises(Invalid) as wrong:
        await book(hall, await slot(hall, 24), "")
    assert list(wrong.value.fields) == ["phone"]
    with pytest.raises(Conflict):
        await book(hall, await slot(hall, -1))
    with pytest.raises(NotFound):
        await book(hall, await slot(hall, 25), dossier=uuid7())


async def test_moving_takes_the_new_place_and_frees_the_old_one_in_one_step(hall: Hall) -> None:
    old, new = await slot(hall, 24), await slot(hall, 48)
    made = await book(hall, old)
    await move(hall, made.public_code, new)
    assert await booked(hall) == {old: 0, new: 1}
    row = (await hall.fetch("select slot_id, sequence, day from appointment"))[0]
    assert (row["slot_id"], row["sequence"]) == (new, 1)
    told = await hall.fetch("select payload from event where type = 'appointment.moved'")
    assert told[0]["payload"]["from_slot"] == str(old)
    assert told[0]["payload"]["slot"] == str(new)


async def test_who_cannot_have_the_new_time_keeps_the_old_one(hall: Hall) -> None:
    old, full, other = await slot(hall, 24), await slot(hall, 48), await slot(hall, 25, line="B")
    made = await book(hall, old)
    await book(hall, full, "0987654321")
    for where in (full, other, old):
        with pytest.raises(Conflict):
            await move(hall, made.public_code, where)
    assert await booked(hall) == {old: 1, full: 1, other: 0}


async def test_two_who_move_to_the_last_place_at_once_leave_one_where_he_was(hall: Hall) -> None:
    first, second, last = await slot(hall, 24), await slot(hall, 25), await slot(hall, 48)
    a = await book(hall, first)
    b = await book(hall, second, "0987654321")
    found = await outcomes(move(hall, a.public_code, last), move(hall, b.public_code, last))
    assert found == {"done": 1, "refused": 1}
    counts = await booked(hall)
    assert counts[last] == 1
    assert counts[first] + counts[second] == 1


async def test_two_who_change_places_again_and_again_wait_for_nobody_for_ever(hall: Hall) -> None:
    first, second = await slot(hall, 24, capacity=2), await slot(hall, 48, capacity=2)
    a = await book(hall, first)
    b = await book(hall, second, "0987654321")
    for _ in range(5):
        here = {
            r["public_code"]: r["slot_id"]
            for r in await hall.fetch("select public_code, slot_id from appointment")
        }
        goal = {first: second, second: first}
        await asyncio.gather(
            *(move(hall, c.public_code, goal[here[c.public_code]]) for c in (a, b))
        )
    assert await booked(hall) == {first: 1, second: 1}


async def test_one_appointment_moved_twice_at_once_moves_once_for_what_was_on_the_screen(
    hall: Hall,
) -> None:
    old, one, two = await slot(hall, 24), await slot(hall, 48), await slot(hall, 72)
    made = await book(hall, old)
    tries = [move(hall, made.public_code, where, sequence=0) for where in (one, two)]
    assert await outcomes(*tries) == {"done": 1, "refused": 1}
    assert sorted((await booked(hall)).values()) == [0, 0, 1]


async def test_moving_to_a_day_that_has_one_already_is_refused(hall: Hall) -> None:
    one, two, three = await slot(hall, 24), await slot(hall, 48), await slot(hall, 25)
    made = await book(hall, two)
    await book(hall, one)
    with pytest.raises(Conflict):
        await move(hall, made.public_code, three)
    assert (await booked(hall))[three] == 0


async def arrive(hall: Hall, code: str, at: datetime) -> Any:
    with clock.at(at):
        async with hall.work() as work:
            return await appointments.arrive(work, code)


@pytest.mark.parametrize(
    ("late", "head"),
    [(-30, -10), (0, -10), (15, -10), (16, 16)],
    ids=["early", "on", "edge", "late"],
)
async def test_who_arrives_stands_in_line_by_the_policy(hall: Hall, late: int, head: int) -> None:
    made = await book(hall, await slot(hall, 2))
    at = made.from_at + timedelta(minutes=late)
    issued = await arrive(hall, made.public_code, at)
    row = (await hall.fetch("select * from ticket where id = $1", issued.id))[0]
    assert row["sort_key"] == made.from_at + timedelta(minutes=head)
    assert (row["origin"], row["state"]) == ("appointment", "waiting")
    kept = (await hall.fetch("select state, ticket_id from appointment"))[0]
    assert (kept["state"], kept["ticket_id"]) == ("arrived", issued.id)
    assert row["appointment_id"] == made.id


async def test_an_appointment_becomes_one_ticket_though_he_says_twice_that_he_is_here(
    hall: Hall,
) -> None:
    made = await book(hall, await slot(hall, 2))
    tries = [arrive(hall, made.public_code, made.from_at) for _ in range(5)]
    assert await outcomes(*tries) == {"done": 1, "refused": 4}
    assert (await hall.fetch("select count(*) as n from ticket"))[0]["n"] == 1


async def test_nobody_arrives_for_tomorrow(hall: Hall) -> None:
    made = await book(hall, await slot(hall, 24))
    with pytest.raises(Conflict):
        await arrive(hall, made.public_code, NOW)


async def test_an_appointment_has_its_own_capacity_whatever_the_quota(hall: Hall) -> None:
    made = await book(hall, await slot(hall, 2))
    async with hall.work() as work:
        await work.tx.execute("update line set quota_remote = 0, quota_walk_in = 0")
    assert (await arrive(hall, made.public_code, made.from_at)).number == "A001"


async def test_what_nobody_came_for_is_missed_at_the_days_end(hall: Hall) -> None:
    gone = await book(hall, await slot(hall, 1))
    await book(hall, await slot(hall, 24))
    await arrive(hall, (await book(hall, await slot(hall, 2), "0987654321")).public_code, NOW)
    day = NOW.astimezone(VIETNAM).date()
    closed = Event(uuid7(), uuid7(), NOW, upkeep.DAY_CLOSED, hall.site, None, "", {"day": str(day)})
    for _ in range(2):
        async with hall.work() as work:
            await upkeep.day_closed(work, closed)
    assert await states(hall) == {"missed": 1, "arrived": 1, "booked": 1}
    told = await hall.fetch("select subject from event where type = 'appointment.missed'")
    assert [r["subject"] for r in told] == [gone.id]


async def test_a_withdrawn_slot_cancels_what_is_booked_in_it_and_says_why(hall: Hall) -> None:
    where = await slot(hall, 24, capacity=2)
    for phone in (PHONE, "0987654321"):
        await book(hall, where, phone)
    with clock.at(NOW):
        async with hall.work() as work:
            assert await appointments.withdraw(work, where, "họp") == 2
    assert await states(hall) == {"cancelled": 2}
    assert await booked(hall) == {where: 0}
    told = await hall.fetch("select payload from event where type = 'appointment.cancelled'")
    assert {r["payload"]["why"] for r in told} == {"họp"}


async def test_the_reminder_is_owed_on_the_eve_and_not_for_who_books_later(hall: Hall) -> None:
    tomorrow, today = await book(hall, await slot(hall, 24)), await book(hall, await slot(hall, 2))
    owed = await hall.fetch("select subject from event where type = $1", appointments.REMIND)
    assert [r["subject"] for r in owed] == [tomorrow.id]
    assert today.id != tomorrow.id


async def test_a_reminder_goes_out_once_and_for_the_time_that_still_stands(hall: Hall) -> None:
    made = await book(hall, await slot(hall, 24))
    await move(hall, made.public_code, await slot(hall, 48))

    async def due(sequence: int) -> bool:
        async with hall.work() as work:
            return await appointments.reminded(work, made.id, sequence)

    assert not await due(0)
    assert sorted(await asyncio.gather(*(due(1) for _ in range(4)))) == [False, False, False, True]
    assert not await due(1)


async def test_neither_telephone_nor_name_stands_in_clear_or_in_an_event(hall: Hall) -> None:
    await book(hall, await slot(hall, 24))
    rows = await hall.fetch("select a::text as t from appointment a")
    events = await hall.fetch("select e::text as t from event e")
    for row in [*rows, *events]:
        assert PHONE not in row["t"]
        assert PHONE.encode().hex() not in row["t"]
