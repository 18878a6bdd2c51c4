from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import anyio
import asyncpg
import pytest

from motcua import clock
from motcua.errors import Conflict, Invalid, NotFound, Unavailable
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.queues import days, forecasting, issuing, moving, serving
from motcua.queues.issuing import Priority

from .conftest import Hall

pytestmark = pytest.mark.anyio
_CLASS = """
insert into priority_class (id, key, name_vi, name_en, rank, evidence, min_age, valid_from)
values ($1, $2, 'Ưu tiên', 'Priority', $3, $4, $5, '2020-01-01')
"""
_NODE = """
with d as (insert into device (id, site_id, kind, name) values ($1, $2, 'node', 'Máy') returning id)
insert into site_node (site_id, device_id, centre_until) select $2, id, $3 from d
"""
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 09:00 in the country


async def person(hall: Hall, n: int = 0, birth: date | None = None) -> UUID:
    return await hall.do(
        citizens.remember, Citizen(pid=f"02209490{n:04d}", full_name="Thử", birth=birth)
    )


async def test_a_person_holds_one_live_ticket_in_a_line(hall: Hall) -> None:
    who = await person(hall)
    first = await hall.issue(person=who)
    with pytest.raises(Conflict, match=first.number):
        await hall.issue(person=who)
    await hall.issue("B", person=who)
    with pytest.raises(NotFound):
        await hall.do(issuing.issue, hall.site, uuid7())
    await hall.do(moving.leave, first.id)
    assert (await hall.issue(person=who)).number == "A002"


async def test_who_asks_many_times_at_once_gets_one_ticket_and_no_number_is_lost(
    hall: Hall,
) -> None:
    who = await person(hall)
    issued: list[str] = []
    refused: list[Conflict] = []

    async def ask() -> None:
        try:
            issued.append((await hall.issue(person=who)).number)
        except Conflict as error:
            refused.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(ask)
    assert (issued, len(refused)) == (["A001"], 5)
    assert (await hall.issue()).number == "A002"


async def test_the_database_itself_holds_one_live_ticket_for_a_person_and_line(hall: Hall) -> None:
    who = await person(hall)
    await hall.issue(person=who)
    copy = """
    insert into ticket (id, visit_id, site_id, line_id, day, number, public_code, trace_id,
      person_id, state, sort_key, issued_at, low_minutes, high_minutes)
    select gen_random_uuid(), visit_id, site_id, line_id, day, 'A900', 'COPY', trace_id,
      person_id, $1, sort_key, issued_at, 0, 0 from ticket where person_id = $2 limit 1
    """
    with pytest.raises(asyncpg.UniqueViolationError):
        await hall.fetch(copy, "serving", who)
    await hall.fetch(copy, "done", who)


async def test_what_is_issued_is_written_whole(hall: Hall) -> None:
    made = await hall.issue(contact="0912345678", language="en")
    row = await hall.ticket(made.id)
    assert (row["number"], row["state"], row["origin"], row["version"]) == (
        "A001", "waiting", "kiosk", 1,
    )  # fmt: skip
    assert row["sort_key"] == row["arrived_at"] == row["issued_at"]
    [visit] = await hall.fetch("select * from visit where id = $1", made.visit_id)
    assert visit["language"] == "en"
    async with hall.work() as work:
        assert work.vault.open(visit["contact_sealed"]) == "0912345678"
    said = await hall.event("ticket.issued")
    assert said["number"] == "A001"
    assert said["shown"] == [made.estimate.low, made.estimate.high]
    [owed] = await hall.fetch("select subscriber from outbox o join event e on e.id = o.event_id"
                              " where e.type = 'ticket.issued' and subscriber = 'reporting'")  # fmt: skip
    assert owed


async def test_other_events_of_the_work_are_not_touched(hall: Hall) -> None:
    async with hall.work() as work:
        work.emit("something.else", hall.site, {"kept": True})
        await issuing.issue(work, hall.site, hall.lines["A"])
        assert [e.type for e in work.events] == ["something.else"]
    assert await hall.event("something.else") == {"kept": True}


async def test_a_quota_at_the_door_is_refused_at_its_cap_with_what_to_do(hall: Hall) -> None:
    await hall.fetch("update line set quota_walk_in = 2, quota_remote = 1")
    await hall.issue()
    await hall.issue()
    with pytest.raises(Conflict, match="All 2 numbers of the day in line A"):
        await hall.issue()
    await hall.reserve()
    with pytest.raises(Conflict, match="All 1 numbers taken from afar"):
        await hall.reserve()
    async with hall.work() as work:
        first, second = await days.capacity(work.tx, hall.site, (await hall.day()))
    assert (first.letter, first.left_remote, first.left_walk_in) == ("A", 0, 0)
    assert (second.given_walk_in, second.left_walk_in) == (0, 2)


async def test_a_quota_holds_for_many_who_ask_at_once(hall: Hall) -> None:
    await hall.fetch("update line set quota_walk_in = 3")
    refused: list[Conflict] = []

    async def ask() -> None:
        try:
            await hall.issue()
        except Conflict as error:
            refused.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(ask)
    assert len(refused) == 5
    assert len(await hall.fetch("select 1 from ticket")) == 3


async def test_the_node_of_a_site_uses_up_the_quota_too(hall: Hall) -> None:
    await hall.fetch("update line set quota_walk_in = 5")
    day = (await hall.ticket((await hall.issue()).id))["day"]
    lease = (
        "insert into number_lease (site_id, letter, day, first, last, used, leased_at)"
        " values ($1, 'A', $2, 2, 100, 3, now())"
    )
    await hall.fetch(lease, hall.site, day)
    assert (await hall.issue()).number == "A101"
    with pytest.raises(Conflict, match="All 5"):
        await hall.issue()


async def test_a_paused_line_and_a_closed_day_give_no_number(hall: Hall) -> None:
    await hall.do(days.pause_line, hall.lines["A"], "Máy hỏng")
    with pytest.raises(Conflict, match="Line A gives no numbers"):
        await hall.issue()
    with pytest.raises(Conflict):
        await hall.do(days.pause_line, hall.lines["A"], "Máy hỏng")
    await hall.issue("B")
    await hall.do(days.open_line, hall.lines["A"])
    with pytest.raises(Conflict):
        await hall.do(days.open_line, hall.lines["A"])
    await hall.issue()
    await hall.do(days.close_day, hall.site, await hall.day())
    with pytest.raises(Conflict, match="closed this day"):
        await hall.issue()
    with pytest.raises(NotFound):
        await hall.do(days.pause_line, uuid7(), "")


async def test_a_site_with_hours_of_its_own_gives_numbers_inside_them(hall: Hall) -> None:
    hours = {"mon": [["07:30", "11:30"], ["13:30", "16:30"]]}
    await hall.fetch("update site set hours = $1", hours)
    for minutes, open_ in ((-151, False), (-150, True), (0, True), (180, True), (450, False)):
        with clock.at(MONDAY + timedelta(minutes=minutes)):
            if open_:
                await hall.issue()
            else:
                with pytest.raises(Conflict, match="opening hours only: 07:30–11:30, 13:30–16:30"):
                    await hall.issue()
    with clock.at(MONDAY + timedelta(days=1)), pytest.raises(Conflict, match="closed on this day"):
        await hall.issue()
    with clock.at(MONDAY):
        evening = (MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=11))
        with pytest.raises(Conflict, match="opening hours"):
            await hall.reserve(window=evening)
        tuesday = (MONDAY + timedelta(days=1), MONDAY + timedelta(days=1, hours=1))
        with pytest.raises(Conflict, match="closed"):
            await hall.reserve(window=tuesday)
        await hall.reserve(window=(MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=2)))


async def test_the_hours_of_a_site_follow_its_own_week(hall: Hall) -> None:
    async with hall.work() as work:
        [(whole, until)] = await days.hours_of(work.tx, hall.site, MONDAY.date())
        assert until - whole == timedelta(days=1)
    await hall.fetch("update site set hours = $1", {"mon": [["08:00", "12:00"]]})
    async with hall.work() as work:
        [(begin, end)] = await days.hours_of(work.tx, hall.site, MONDAY.date())
        assert (begin.astimezone(UTC).hour, end.astimezone(UTC).hour) == (1, 5)
        assert await days.hours_of(work.tx, hall.site, date(2026, 11, 24)) == ()


@pytest.mark.parametrize("late", [False, True])
async def test_who_reserves_keeps_his_place_when_he_comes_in_time(hall: Hall, late: bool) -> None:
    with clock.at(MONDAY):
        window = (MONDAY + timedelta(minutes=30), MONDAY + timedelta(minutes=50))
        far = await hall.reserve(window=window, contact="0912345678")
    assert (await hall.ticket(far.id))["state"] == "reserved"
    with clock.at(MONDAY + timedelta(minutes=5)):
        near = await hall.issue()
    with clock.at(MONDAY + timedelta(minutes=61 if late else 40)):
        await hall.do(issuing.arrive, far.id)
        with pytest.raises(Conflict):
            await hall.do(issuing.arrive, far.id)
        await hall.sit(0)
        called = await hall.call()
        assert called
        assert called.id == (near.id if late else far.id)
    kinds = await hall.fetch(
        "select kind from segment where ticket_id = $1 order by from_at, id", far.id
    )
    assert [k["kind"] for k in kinds][:2] == ["reserved", "waiting"]


async def test_a_reserved_number_is_not_called(hall: Hall) -> None:
    await hall.reserve()
    await hall.sit(0)
    assert await hall.call() is None


async def test_a_window_that_is_over_or_turned_round_is_refused(hall: Hall) -> None:
    now = clock.now()
    for window in (
        (now, now - timedelta(minutes=1)),
        (now - timedelta(hours=2), now - timedelta(hours=1)),
    ):
        with pytest.raises(Invalid) as error:
            await hall.reserve(window=window)
        assert "window" in error.value.fields


async def test_one_telephone_reserves_once_in_a_line_and_day(hall: Hall) -> None:
    first = await hall.reserve(contact="0912345678")
    with pytest.raises(Conflict, match=first.number):
        await hall.reserve(contact="0912345678")
    await hall.reserve("B", contact="0912345678")
    await hall.issue(contact="0912345678")
    await hall.issue(contact="0912345678")


async def test_a_further_number_of_a_visit_stands_since_its_arrival(hall: Hall) -> None:
    first = await hall.issue()
    other = await hall.issue("B")
    further = await hall.issue("B", visit=first.visit_id)
    assert further.visit_id == first.visit_id
    mine, theirs = await hall.ticket(further.id), await hall.ticket(other.id)
    assert mine["sort_key"] < theirs["sort_key"]
    with pytest.raises(NotFound):
        await hall.issue("B", visit=uuid7())


async def _classes(hall: Hall) -> None:
    for key, rank, evidence, age in (
        ("old", 1, "age", 75), ("hurt", 2, "paper", None), ("pregnant", 1, "officer", None),
    ):  # fmt: skip
        await hall.fetch(_CLASS, uuid7(), key, rank, evidence, age)


async def test_who_stands_before_others_is_told_so_when_he_is_given_his_number(hall: Hall) -> None:
    with clock.at(MONDAY):
        await hall.sit(0)
        first = await hall.issue("B")
    with clock.at(MONDAY + timedelta(minutes=5)):
        for _ in range(12):
            await hall.issue("A")
    forecasting.forget(hall.tenant.id, hall.site)
    with clock.at(MONDAY + timedelta(minutes=6)):
        last = await hall.issue("A")
        of_a_visit = await hall.issue("A", visit=first.visit_id)
        with_an_hour = await hall.issue("A", origin="appointment", sort_key=MONDAY)
    assert last.estimate.low >= 60
    assert of_a_visit.estimate.high < last.estimate.low
    assert with_an_hour.estimate.high < last.estimate.low


async def test_priority_needs_somebody_who_saw_it_or_the_card(hall: Hall) -> None:
    await _classes(hall)
    old = await person(hall, 1, date(1940, 1, 1))
    young = await person(hall, 2, date(1990, 1, 1))
    made = await hall.issue(person=old, priority=Priority("old"))
    assert (await hall.ticket(made.id))["priority"] == 1
    for who, key in ((young, "old"), (None, "old"), (old, "hurt"), (None, "pregnant")):
        with pytest.raises(Invalid) as error:
            await hall.issue("B", person=who, priority=Priority(key))
        assert "priority" in error.value.fields
    seen = await hall.issue("B", priority=Priority("hurt", "Thẻ thương binh", hall.staff[0]))
    assert (await hall.ticket(seen.id))["priority"] == 2
    [visit] = await hall.fetch("select * from visit where id = $1", seen.visit_id)
    assert (visit["priority_class"], visit["priority_by"]) == ("hurt", hall.staff[0])
    with pytest.raises(NotFound):
        await hall.issue(priority=Priority("king", by=hall.staff[0]))


async def test_priority_is_granted_to_a_whole_visit_and_taken_back(hall: Hall) -> None:
    await _classes(hall)
    first = await hall.issue()
    second = await hall.issue("B", visit=first.visit_id)
    await hall.do(moving.grant_priority, first.id, "hurt", "Nạng", hall.staff[0])
    assert {(await hall.ticket(t.id))["priority"] for t in (first, second)} == {2}
    assert (await hall.event("ticket.priority"))["key"] == "hurt"
    await hall.do(moving.leave, second.id)
    third = await hall.issue("B", visit=first.visit_id)
    assert (await hall.ticket(third.id))["priority"] == 2
    await hall.do(moving.grant_priority, first.id, "", "", hall.staff[0])
    assert {(await hall.ticket(t.id))["priority"] for t in (first, third)} == {0}


async def test_a_cut_off_site_is_frozen_for_every_command(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.fetch(_NODE, uuid7(), hall.site, clock.now() - timedelta(minutes=1))
    commands: list[Any] = [
        (issuing.issue, hall.site, hall.lines["A"]),
        (moving.leave, made.id),
        (days.close_day, hall.site, await hall.day()),
        (days.pause_line, hall.lines["A"], ""),
    ]
    for command, *args in commands:
        with pytest.raises(Unavailable):
            await hall.do(command, *args)
    with pytest.raises(Unavailable):
        await hall.call()
    with pytest.raises(Unavailable):
        await hall.sit(1)
    await hall.fetch("update site_node set centre_until = $1", clock.now() + timedelta(minutes=1))
    assert await hall.call()


async def test_a_visit_holds_one_live_number_in_a_line_also_of_nobody_known(hall: Hall) -> None:
    made = await hall.issue()
    await hall.sit(0)
    await hall.bring()
    further = await hall.do(serving.send_on, made.id, hall.staff[0], hall.lines["B"])
    with pytest.raises(Conflict, match=further.number):
        await hall.do(serving.send_on, made.id, hall.staff[0], hall.lines["B"])
    with pytest.raises(Conflict):
        await hall.do(moving.transfer, made.id, hall.staff[0], line=hall.lines["B"])
    assert len(await hall.fetch("select 1 from ticket")) == 2


@pytest.mark.parametrize(("days", "long"), [(400, 0), (1, 3), (365 * 7950, 0)])
async def test_a_window_far_away_or_of_days_is_refused(hall: Hall, days: int, long: int) -> None:
    begin = clock.now() + timedelta(days=days)
    with pytest.raises(Invalid):
        await hall.reserve(window=(begin, begin + timedelta(days=long)))
