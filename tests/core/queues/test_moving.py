from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from motcua import clock
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.queues import calling, days, moving, serving

from .conftest import Hall

pytestmark = pytest.mark.anyio


async def _order(hall: Hall) -> list[str]:
    rows = await hall.fetch(
        "select number from ticket where state = 'waiting' order by priority desc, sort_key, id"
    )
    return [r["number"] for r in rows]


async def test_segments_tile_the_life_of_a_ticket(hall: Hall) -> None:
    served, missed = await hall.issue(), await hall.issue()
    await hall.sit(0)
    await hall.bring()
    await hall.do(serving.finish, served.id, hall.staff[0], outcome="advised")
    await hall.call()
    assert await hall.do(serving.no_show, missed.id, hall.staff[0]) == "recycled"
    await hall.call()
    assert await hall.do(serving.no_show, missed.id, hall.staff[0]) == "no_show"
    assert await hall.tiles(served.id) == ["waiting", "called", "serving"]
    assert await hall.tiles(missed.id) == ["waiting", "called", "waiting", "called"]
    assert (await hall.ticket(served.id))["outcome"] == "advised"
    assert await hall.seat_tiles() == [
        "idle", "called", "serving", "idle", "called", "idle", "called", "idle",
    ]  # fmt: skip


async def test_who_does_not_come_goes_some_places_back_once(hall: Hall) -> None:
    made = [await hall.issue() for _ in range(6)]
    await hall.sit(0)
    await hall.call()
    assert await hall.do(serving.no_show, made[0].id, hall.staff[0]) == "recycled"
    assert await _order(hall) == ["A002", "A003", "A004", "A001", "A005", "A006"]
    row = await hall.ticket(made[0].id)
    assert (row["recycled"], row["calls"], row["counter_id"]) == (1, 0, None)


async def test_what_is_parked_is_resumed_at_any_counter(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0, 1)
    await hall.bring()
    await hall.do(moving.park, made.id, hall.staff[0], "Chờ bản sao")
    assert (await hall.ticket(made.id))["parked_why"] == "Chờ bản sao"
    with pytest.raises(Conflict):
        await hall.do(moving.park, made.id, hall.staff[0], "")
    with pytest.raises(Conflict, match="Sit down"):
        await hall.do(moving.resume, made.id, hall.staff[2], hall.counters[2])
    with pytest.raises(NotFound):
        await hall.do(moving.resume, made.id, hall.staff[1], uuid7())
    await hall.do(moving.resume, made.id, hall.staff[1], hall.counters[1])
    row = await hall.ticket(made.id)
    assert (row["state"], row["counter_id"], row["parked_why"]) == (
        "serving", hall.counters[1], "",
    )  # fmt: skip
    await hall.do(serving.finish, made.id, hall.staff[1])
    assert await hall.tiles(made.id) == ["waiting", "called", "serving", "parked", "serving"]
    assert row["started_at"] == (await hall.ticket(made.id))["started_at"]


async def test_who_is_asked_back_waits_for_that_officer_in_his_place(hall: Hall) -> None:
    made = await hall.issue()
    for _ in range(2):
        await hall.issue()
    await hall.sit(0, 1)
    await hall.bring(0)
    await hall.do(moving.come_back, made.id, hall.staff[0], "Lấy bản chính")
    await hall.do(moving.returned, made.id)
    with pytest.raises(Conflict):
        await hall.do(moving.returned, made.id)
    other = await hall.call(1)
    assert other
    assert other.number == "A002"
    mine = await hall.call(0)
    assert mine
    assert mine.id == made.id


async def test_a_transfer_keeps_the_place(hall: Hall) -> None:
    made = await hall.issue("A")
    later = await hall.issue("B")
    await hall.sit(0, 1)
    await hall.bring()
    await hall.do(moving.transfer, made.id, hall.staff[0], line=hall.lines["B"], why="Nhầm")
    assert (await hall.ticket(made.id))["line_id"] == hall.lines["B"]
    called = await hall.call(0)
    assert called
    assert called.id == made.id, "in front of who came later"
    assert await hall.tiles(made.id) == ["waiting", "called", "serving", "transferred", "called"]
    await hall.do(moving.transfer, made.id, hall.staff[0], counter=hall.counters[1])
    mine = await hall.call(0)
    assert mine
    assert mine.id == later.id
    pinned = await hall.call(1)
    assert pinned
    assert pinned.id == made.id


async def test_a_number_is_handed_to_an_officer(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0, 1)
    await hall.do(moving.transfer, made.id, hall.staff[0], person=hall.staff[1])
    assert await hall.call(0) is None
    called = await hall.call(1)
    assert called
    assert called.id == made.id


@pytest.mark.parametrize(
    ("goal", "error"),
    [({}, Invalid), ({"line": 1}, Invalid), ({"counter": 1}, Invalid), ({"person": 1}, Invalid)],
)
async def test_a_transfer_needs_a_goal_of_the_site(
    hall: Hall, goal: dict[str, Any], error: type[Exception]
) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.call()
    with pytest.raises(error):
        await hall.do(moving.transfer, made.id, hall.staff[0], **{k: uuid7() for k in goal})
    with pytest.raises(Conflict):
        await hall.do(moving.transfer, made.id, hall.staff[1], counter=hall.counters[1])


async def test_a_transfer_into_a_line_where_he_waits_already_is_refused(hall: Hall) -> None:
    who = await hall.do(citizens.remember, Citizen(pid="022094900555", full_name="Thử"))
    made, there = await hall.issue(person=who), await hall.issue("B", person=who)
    with pytest.raises(Conflict, match=there.number):
        await hall.do(moving.transfer, made.id, hall.staff[0], line=hall.lines["B"])


async def test_a_further_line_of_the_visit_does_not_queue_twice(hall: Hall) -> None:
    made = await hall.issue("A")
    later = await hall.issue("B")
    await hall.sit(0)
    await hall.bring()
    with pytest.raises(Conflict):
        await hall.do(serving.send_on, made.id, hall.staff[0], hall.lines["A"])
    sent = await hall.do(serving.send_on, made.id, hall.staff[0], hall.lines["B"])
    assert (await hall.ticket(sent.id))["state"] == "parked"
    await hall.do(serving.finish, made.id, hall.staff[0])
    called = await hall.bring()
    assert called.id == sent.id, "in front of who came later"
    await hall.do(serving.finish, sent.id, hall.staff[0])
    assert await hall.tiles(sent.id) == ["parked", "waiting", "called", "serving"]
    last = await hall.call()
    assert last
    assert last.id == later.id


async def test_every_service_counts_with_the_minutes_of_that_day(hall: Hall) -> None:
    await hall.fetch("update line set standard_minutes = 7 where letter = 'B'")
    made = await hall.issue("A")
    await hall.sit(0)
    await hall.bring()
    more = {"procedure": "2.000908", "quantity": 3}
    await hall.do(serving.add_service, made.id, hall.staff[0], hall.lines["B"], **more)
    for line, quantity in ((uuid7(), 1), (hall.lines["B"], 0)):
        with pytest.raises(Invalid):
            await hall.do(serving.add_service, made.id, hall.staff[0], line, quantity=quantity)
    await hall.do(serving.finish, made.id, hall.staff[0])
    rows = await hall.fetch("select quantity, standard_minutes, procedure_key from ticket_service")
    assert rows == [{"quantity": 3, "standard_minutes": 7.0, "procedure_key": "2.000908"}]
    with pytest.raises(Conflict):
        await hall.do(serving.add_service, made.id, hall.staff[0], hall.lines["B"])


async def test_who_was_served_without_a_named_service_had_the_one_of_his_line(hall: Hall) -> None:
    made = await hall.issue("A")
    await hall.sit(0)
    await hall.bring()
    await hall.do(serving.finish, made.id, hall.staff[0])
    [row] = await hall.fetch("select line_id, quantity, standard_minutes from ticket_service")
    assert row == {"line_id": hall.lines["A"], "quantity": 1, "standard_minutes": 10.0}


@pytest.mark.parametrize("at", ["waiting", "called", "serving", "parked", "reserved"])
async def test_a_number_is_cancelled_at_any_moment(hall: Hall, at: str) -> None:
    made = await (hall.reserve() if at == "reserved" else hall.issue())
    await hall.sit(0)
    if at not in ("waiting", "reserved"):
        await hall.bring(state=at if at == "called" else "serving")
    if at == "parked":
        await hall.do(moving.park, made.id, hall.staff[0], "")
    await hall.do(moving.cancel, made.id, "Không cần nữa")
    row = await hall.ticket(made.id)
    assert (row["state"], row["outcome"]) == ("cancelled", "Không cần nữa")
    await hall.tiles(made.id)
    assert (await hall.seat_tiles())[-1] == "idle"
    with pytest.raises(Conflict):
        await hall.do(moving.cancel, made.id, "")


async def test_a_citizen_leaves_before_he_is_called(hall: Hall) -> None:
    first, second = await hall.issue(), await hall.issue()
    await hall.sit(0)
    await hall.call()
    await hall.do(moving.leave, second.id)
    assert (await hall.ticket(second.id))["state"] == "left"
    with pytest.raises(Conflict):
        await hall.do(moving.leave, first.id)


async def test_others_pass(hall: Hall) -> None:
    made = [await hall.issue() for _ in range(4)]
    await hall.do(moving.let_pass, made[0].id)
    assert await _order(hall) == ["A002", "A001", "A003", "A004"]
    await hall.do(moving.let_pass, made[0].id, 2)
    assert await _order(hall) == ["A002", "A003", "A004", "A001"]
    with pytest.raises(Conflict):
        await hall.do(moving.let_pass, made[0].id)
    await hall.do(moving.let_pass, made[1].id, 20)
    assert await _order(hall) == ["A003", "A004", "A001", "A002"]
    with pytest.raises(Invalid) as error:
        await hall.do(moving.let_pass, made[1].id, 0)
    assert "places" in error.value.fields


async def _early(hall: Hall, minutes: int = 110) -> Any:
    """Issue the number of somebody who is far too early for his appointment."""
    key = clock.now() + timedelta(minutes=minutes)
    return await hall.issue(origin="appointment", sort_key=key)


async def test_who_lets_one_pass_is_not_passed_by_all_who_come_until_an_appointment(
    hall: Hall,
) -> None:
    first = await hall.issue()
    await _early(hall)
    with pytest.raises(Conflict, match="Nobody waits behind"):
        await hall.do(moving.let_pass, first.id)
    for _ in range(3):
        await hall.issue()
    await hall.do(moving.let_pass, first.id)
    assert await _order(hall) == ["A003", "A001", "A004", "A005", "A002"]
    await hall.do(moving.let_pass, first.id, 20)
    assert await _order(hall) == ["A003", "A004", "A005", "A001", "A002"]


async def test_a_no_show_is_not_passed_by_all_who_come_until_an_appointment(hall: Hall) -> None:
    missed = await hall.issue()
    await hall.sit(0)
    await hall.issue()
    await _early(hall)
    await hall.call()
    await hall.do(serving.no_show, missed.id, hall.staff[0])
    for _ in range(3):
        await hall.issue()
    assert await _order(hall) == ["A002", "A001", "A004", "A005", "A006", "A003"]


async def test_a_no_show_never_comes_forward(hall: Hall) -> None:
    """Called out of its order, or long before its hour, a number has its own place again."""
    await hall.sit(0)
    others = [await hall.issue() for _ in range(5)]
    early = await _early(hall)
    for ticket in (others[4], early):
        await hall.do(calling.call_this, hall.counters[0], hall.staff[0], ticket.id, "Gấp")
        await hall.do(serving.no_show, ticket.id, hall.staff[0])
    assert await _order(hall) == ["A001", "A002", "A003", "A004", "A005", "A006"]


async def test_a_number_is_void_with_a_reason(hall: Hall) -> None:
    made, served = await hall.issue(), await hall.issue()
    await hall.sit(0)
    with pytest.raises(Invalid) as error:
        await hall.do(moving.void, made.id, " ")
    assert "why" in error.value.fields
    await hall.do(moving.void, made.id, "Máy in thử")
    await hall.bring()
    await hall.do(serving.finish, served.id, hall.staff[0])
    for ticket in (made, served):
        with pytest.raises(Conflict):
            await hall.do(moving.void, ticket.id, "Lại")
    assert await hall.tiles(made.id) == ["waiting"]


async def test_a_day_is_closed(hall: Hall) -> None:
    with clock.at(clock.now() - timedelta(days=1)):
        day = await hall.day()
        waits, parked, reserved, served = (
            await hall.issue(), await hall.issue("B"), await hall.reserve(), await hall.issue("B"),
        )  # fmt: skip
        await hall.fetch("update ticket set sort_key = sort_key - interval '1 hour' where id = any($1)",
                         [parked.id, served.id])  # fmt: skip
        await hall.sit(0, 1)
        await hall.bring(0)
        await hall.do(moving.park, parked.id, hall.staff[0], "")
        await hall.bring(1)
        assert await hall.do(days.close_day, hall.site, day) == 3
    states = {t.id: (await hall.ticket(t.id))["state"] for t in (waits, parked, reserved, served)}
    assert list(states.values()) == ["expired", "expired", "expired", "serving"]
    for ticket in (waits, parked, reserved):
        await hall.tiles(ticket.id)
    rows = await hall.fetch("select staff_id from counter order by number")
    assert [r["staff_id"] for r in rows] == [None, hall.staff[1], None]
    assert (await hall.event("day.closed"))["expired"] == 3
    await hall.issue()
    with pytest.raises(NotFound):
        await hall.do(days.close_day, uuid7(), day)


async def test_a_day_that_is_closed_the_morning_after_ended_at_midnight(hall: Hall) -> None:
    with clock.at(clock.now() - timedelta(days=1)):
        day = await hall.day()
        made = await hall.issue()
        await hall.sit(0)
    await hall.do(days.close_day, hall.site, day)
    row = await hall.ticket(made.id)
    assert row["ended_at"] < clock.now()
    assert row["ended_at"].astimezone(days.day_start(row["ended_at"]).tzinfo).hour == 0
    assert await hall.tiles(made.id) == ["waiting"]


async def test_nobody_who_does_not_receive_here_is_handed_a_number(hall: Hall) -> None:
    made = await hall.issue()
    await hall.do(_without_role, hall.staff[1])
    with pytest.raises(Invalid):
        await hall.do(moving.transfer, made.id, hall.staff[0], person=hall.staff[1])
    assert (await hall.ticket(made.id))["for_staff_id"] is None


async def _without_role(work: Work, staff: UUID) -> None:
    await work.tx.execute("delete from staff_role where staff_id = $1", staff)


async def test_a_number_that_was_over_is_void_and_its_life_as_long_as_before(hall: Hall) -> None:
    made = await hall.issue()
    await hall.do(moving.leave, made.id)
    before = await hall.ticket(made.id)
    await hall.do(moving.void, made.id, "Cấp nhầm")
    after = await hall.ticket(made.id)
    assert (after["state"], after["ended_at"]) == ("voided", before["ended_at"])
    assert await hall.tiles(made.id) == ["waiting"]
