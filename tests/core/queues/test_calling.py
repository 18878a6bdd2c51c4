from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import appointments, calling, moving, seats, serving

from .conftest import Hall

pytestmark = pytest.mark.anyio
_PROFILE = "insert into work_profile (id, site_id, key, name, groups, spill) values ($1, $2, $3, $3, $4, $5)"
_SKILL = "insert into skill (id, key, name_vi, name_en) values ($1, 'seal', 'Dấu', 'Seal')"


async def profile(hall: Hall, groups: list[list[str]], spill: tuple[str, ...] = ()) -> UUID:
    made = uuid7()
    await hall.fetch(_PROFILE, made, hall.site, made.hex, groups, list(spill))
    return made


async def test_tickets_are_called_in_the_order_of_arrival_over_all_lines(hall: Hall) -> None:
    order = [(await hall.issue(line)).number for line in "ABAB"]
    await hall.sit(0)
    seen = []
    for _ in order:
        called = await hall.bring()
        seen.append(called.number)
        await hall.do(serving.finish, called.id, hall.staff[0])
    assert seen == order
    assert await hall.call() is None


async def test_a_call_says_all_it_did(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    called = await hall.call()
    assert called
    assert (called.id, called.number) == (made.id, "A001")
    assert await hall.event("ticket.called") == {"counter": "1", "calls": 1}
    row = await hall.ticket(made.id)
    assert (row["state"], row["counter_id"], row["staff_id"], row["calls"], row["version"]) == (
        "called", hall.counters[0], hall.staff[0], 1, 2,
    )  # fmt: skip
    [shown] = await hall.fetch("select seq, number, counter, calls from board_call")
    assert shown == {"seq": 1, "number": "A001", "counter": "1", "calls": 1}


async def test_a_counter_that_is_not_free_is_told_why_it_cannot_call(hall: Hall) -> None:
    await hall.issue()
    with pytest.raises(Conflict, match="Sit down"):
        await hall.call()
    with pytest.raises(NotFound):
        await hall.do(calling.call_next, uuid7(), hall.staff[0])
    await hall.sit(0)
    with pytest.raises(Conflict, match="Sit down"):
        await hall.do(calling.call_next, hall.counters[0], hall.staff[1])
    await hall.do(seats.take_break, hall.counters[0], hall.staff[0])
    with pytest.raises(Conflict, match="break"):
        await hall.call()
    await hall.do(seats.end_break, hall.counters[0], hall.staff[0])
    await hall.bring(state="called")
    with pytest.raises(Conflict, match="A001 is at this counter"):
        await hall.call()


async def test_priority_goes_first_but_two_in_a_row_at_most(hall: Hall) -> None:
    for n in range(8):
        made = await hall.issue()
        if n >= 4:
            await hall.fetch("update ticket set priority = 1 where id = $1", made.id)
    await hall.sit(0)
    seen = []
    for _ in range(8):
        called = await hall.bring()
        seen.append(called.number)
        await hall.do(serving.finish, called.id, hall.staff[0])
    assert seen == ["A005", "A006", "A001", "A007", "A008", "A002", "A003", "A004"]


async def test_a_profile_gives_the_order_of_the_lines(hall: Hall) -> None:
    for line in "AABB":
        await hall.issue(line)
    own = await profile(hall, [["B"], ["A"]])
    await hall.do(seats.open_counter, hall.counters[0], hall.staff[0], own)
    seen = []
    for _ in range(4):
        called = await hall.bring()
        seen.append(called.number)
        await hall.do(serving.finish, called.id, hall.staff[0])
    assert seen == ["B001", "B002", "A001", "A002"]


async def test_a_specialist_takes_other_lines_when_nobody_of_his_own_is_expected(
    hall: Hall,
) -> None:
    # Ten in the morning: who is expected in five minutes is expected on the same day.
    with clock.at(datetime.combine(local_day(clock.now()), time(3), UTC)):
        await hall.issue("B")
        await hall.do(
            seats.open_counter,
            hall.counters[0],
            hall.staff[0],
            await profile(hall, [["A"]], ("B",)),
        )
        soon = await hall.reserve("A", window=(clock.now() + timedelta(minutes=5),) * 2)
        assert await hall.call() is None
        await hall.do(moving.leave, soon.id)
        called = await hall.call()
    assert called
    assert called.number == "B001"


_SLOT = """
insert into slot (id, site_id, line_id, day, from_at, to_at, capacity, booked)
values ($1, $2, $3, $4, $5, $6, 3, 0)
"""


async def test_an_appointment_that_was_served_or_cancelled_is_not_expected_any_more(
    hall: Hall,
) -> None:
    with clock.at(datetime.combine(local_day(clock.now()), time(3), UTC)):
        slot, begins = uuid7(), clock.now() + timedelta(minutes=5)
        ends = begins + timedelta(minutes=30)
        await hall.fetch(_SLOT, slot, hall.site, hall.lines["A"], await hall.day(), begins, ends)
        codes = [
            (await hall.do(appointments.book, slot, contact=f"091234567{n}")).public_code
            for n in range(2)
        ]
        own = await profile(hall, [["A"]], ("B",))
        await hall.do(seats.open_counter, hall.counters[0], hall.staff[0], own)
        await hall.do(appointments.arrive, codes[0])
        served = await hall.bring()
        await hall.do(serving.finish, served.id, hall.staff[0])
        await hall.issue("B")
        assert await hall.call() is None, "the other one is expected in five minutes"
        await hall.do(appointments.cancel, codes[1])
        called = await hall.call()
    assert called
    assert called.number == "B001"


async def test_in_a_later_group_nobody_waits_for_ever(hall: Hall) -> None:
    own = await profile(hall, [["A"], ["B"]])
    begins = datetime.combine(local_day(clock.now()), time(1), UTC)
    with clock.at(begins):
        await hall.do(seats.open_counter, hall.counters[0], hall.staff[0], own)
        await hall.issue("B")
        await hall.issue("A")
    seen = []
    for n in range(8):
        with clock.at(begins + timedelta(minutes=10 * n + 1)):
            called = await hall.bring()
            seen.append(called.number)
            await hall.do(serving.finish, called.id, hall.staff[0])
            await hall.issue("A")
    # After an hour the one of the second group is the oldest of all.
    assert seen == ["A001", "A002", "A003", "A004", "A005", "A006", "B001", "A007"]


async def test_who_lacks_the_skill_is_not_given_the_line(hall: Hall) -> None:
    skill = uuid7()
    await hall.fetch(_SKILL, skill)
    await hall.fetch("update line set skill_id = $1 where letter = 'A'", skill)
    made = await hall.issue()
    await hall.sit(0, 1)
    assert await hall.call() is None
    with pytest.raises(Conflict, match="not trained"):
        await hall.do(calling.call_this, hall.counters[0], hall.staff[0], made.id, "Gấp")
    with pytest.raises(Conflict, match="not trained"):
        await hall.do(moving.transfer, made.id, hall.staff[0], person=hall.staff[0])
    await hall.fetch(
        "insert into staff_skill (staff_id, skill_id) values ($1, $2)", hall.staff[1], skill
    )
    assert await hall.call(1)


async def test_a_number_is_called_out_of_order_with_a_reason_that_is_kept(hall: Hall) -> None:
    first, second = await hall.issue(), await hall.issue()
    await hall.sit(0)
    with pytest.raises(Invalid) as error:
        await hall.do(calling.call_this, hall.counters[0], hall.staff[0], second.id, " ")
    assert "reason" in error.value.fields
    called = await hall.do(
        calling.call_this, hall.counters[0], hall.staff[0], second.id, "Cần đi cấp cứu"
    )
    assert called.number == second.number
    assert (await hall.event("ticket.called"))["out_of_order"] == "Cần đi cấp cứu"
    assert await hall.fetch("select number from board_call") == [{"number": "A002"}]
    assert await hall.tiles(second.id) == ["waiting", "called"]
    for ticket, who in ((first.id, 0), (second.id, 0)):
        with pytest.raises(Conflict):
            await hall.do(calling.call_this, hall.counters[who], hall.staff[who], ticket, "Gấp")
    with pytest.raises(NotFound):
        await hall.do(calling.call_this, uuid7(), hall.staff[0], first.id, "Gấp")


async def test_a_number_is_called_again(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.call()
    assert await hall.do(calling.recall, made.id, hall.staff[0]) == 2
    assert await hall.do(calling.recall, made.id, hall.staff[0]) == 3
    rows = await hall.fetch("select seq, calls from board_call order by seq")
    assert [(r["seq"], r["calls"]) for r in rows] == [(1, 1), (2, 2), (3, 3)]
    with pytest.raises(Conflict):
        await hall.do(calling.recall, made.id, hall.staff[1])


async def test_each_verb_wants_its_state_and_its_officer(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0, 1)
    for verb in (serving.start, serving.finish, serving.no_show, calling.recall):
        with pytest.raises(Conflict):
            await hall.do(verb, made.id, hall.staff[0])
    await hall.call()
    with pytest.raises(Conflict):
        await hall.do(serving.start, made.id, hall.staff[1])
    with pytest.raises(Conflict):
        await hall.do(seats.leave_counter, hall.counters[0], hall.staff[0])
    with pytest.raises(NotFound):
        await hall.do(serving.start, uuid7(), hall.staff[0])


async def test_who_acts_on_what_has_changed_is_told(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.call()
    with pytest.raises(Conflict, match="Reload"):
        await hall.do(serving.start, made.id, hall.staff[0], version=1)
    await hall.do(serving.start, made.id, hall.staff[0], version=2)
    assert (await hall.ticket(made.id))["version"] == 3


async def test_a_visit_is_never_called_to_two_counters(hall: Hall) -> None:
    first = await hall.issue()
    second = await hall.issue("B", visit=first.visit_id)
    third = await hall.issue("B")
    await hall.sit(0, 1)
    at_first = await hall.bring(0)
    assert at_first.id == first.id
    aside = await hall.ticket(second.id)
    assert (aside["state"], aside["parked_why"]) == ("parked", moving.VISIT)
    with pytest.raises(Conflict, match="A001"):
        await hall.do(moving.resume, second.id, hall.staff[1], hall.counters[1])
    other = await hall.call(1)
    assert other
    assert other.id == third.id
    await hall.do(serving.finish, first.id, hall.staff[0])
    assert (await hall.ticket(second.id))["state"] == "waiting"
    again = await hall.call(0)
    assert again
    assert again.id == second.id
    assert await hall.tiles(second.id) == ["waiting", "parked", "waiting", "called"]


async def test_the_call_is_one_statement(hall: Hall) -> None:
    await hall.issue()
    await hall.sit(0)
    async with hall.work() as work:
        # The policy and the counter's site are known to the process.
        await calling.call_next(work, hall.counters[0], hall.staff[0])
    await hall.do(seats.release_counter, hall.counters[0])
    await hall.sit(0)
    await hall.issue()

    async def counted(work: Work) -> int:
        before = hall.platform.db.round_trips
        assert await calling.call_next(work, hall.counters[0], hall.staff[0])
        return hall.platform.db.round_trips - before

    assert await hall.do(counted) == 1
