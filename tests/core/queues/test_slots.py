"""Slots: made from data within what is worked, again without a difference, never below what is booked."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua import clock
from motcua.catalogue.calendars import keep_calendar
from motcua.errors import Conflict, Invalid, NotFound
from motcua.ids import uuid7
from motcua.queues import appointments, hours, slots, upkeep
from motcua.queues.slots import Plan, planned
from motcua.text import VIETNAM
from motcua.worktime import Calendar

from .conftest import Hall

pytestmark = pytest.mark.anyio
DATA: dict[str, Any] = {
    "version": "t.1",
    "valid_from": date(2026, 1, 1),
    "valid_until": date(2027, 12, 31),
    "sessions": [["07:30", "11:30"], ["13:30", "17:00"]],
    "weekend": [6, 7],
    "off": [{"date": date(2026, 11, 25), "name_vi": "Nghỉ", "name_en": "Off"}],
    "half": [
        {"date": date(2026, 11, 26), "sessions": [["07:30", "11:30"]], "name_vi": "", "name_en": ""}
    ],
    "working": [{"date": date(2026, 12, 5), "name_vi": "Làm bù", "name_en": "Made up"}],
}
CALENDAR = Calendar.from_data(DATA)
MONDAY = date(2026, 11, 23)
NIL = UUID(int=0)


def times(plan: Plan, day: date, hours: dict[str, Any] | None = None) -> list[str]:
    found = planned(plan, CALENDAR, hours, NIL, NIL, day)
    return [f"{s.from_at.astimezone(VIETNAM):%H:%M}" for s in found if s.day == day]


def test_slots_lie_within_what_is_worked() -> None:
    plan = Plan(minutes=60, days_ahead=0)
    assert times(plan, MONDAY) == ["07:30", "08:30", "09:30", "10:30", "13:30", "14:30", "15:30"]


def test_hours_of_the_plan_are_cut_to_the_sessions() -> None:
    plan = Plan.of({"minutes": 30, "hours": [["10:45", "14:00"]], "days_ahead": 1})
    assert times(plan, MONDAY) == ["10:45", "13:30"]


def test_a_day_off_has_none_half_a_day_has_its_half_and_a_weekend_none() -> None:
    plan = Plan(minutes=120, days_ahead=0)
    assert times(plan, date(2026, 11, 25)) == []
    assert times(plan, date(2026, 11, 26)) == ["07:30", "09:30"]
    assert times(plan, date(2026, 11, 28)) == []


def test_a_site_with_hours_of_its_own_works_on_saturday_but_not_on_a_day_off() -> None:
    plan = Plan(minutes=60, days_ahead=0)
    own = {"sat": [["08:00", "10:00"]], "wed": [["08:00", "10:00"]]}
    assert times(plan, date(2026, 11, 28), own) == ["08:00", "09:00"]
    assert times(plan, date(2026, 11, 25), own) == []
    assert times(plan, MONDAY, own) == []


# Office hours of a site that ends half an hour before the tenant does.
OWN = {d: [["07:30", "11:30"], ["13:30", "16:30"]] for d in ("mon", "tue", "wed", "thu", "fri")}


@pytest.mark.parametrize(
    ("day", "opened"),
    [
        (MONDAY, ["07:30–11:30", "13:30–16:30"]),
        (date(2026, 11, 25), []),
        (date(2026, 11, 26), ["07:30–11:30"]),
        (date(2026, 11, 28), []),
        (date(2026, 12, 5), ["07:30–11:30", "13:30–17:00"]),
    ],
)
async def test_a_site_is_open_in_just_the_hours_of_which_it_makes_slots(
    hall: Hall, day: date, opened: list[str]
) -> None:
    """An ordinary day, a day off, half a day, a weekend, and a Saturday that makes up for a day off."""
    async with hall.work() as work:
        await keep_calendar(work.tx, DATA)
    await hall.fetch("update site set hours = $2 where id = $1", hall.site, OWN)
    async with hall.platform.db.tenant(hall.tenant) as tx:
        spans = await hours.hours_of(tx, hall.site, day)
    vietnam = [[f"{at.astimezone(VIETNAM):%H:%M}" for at in span] for span in spans]
    assert [f"{a}–{b}" for a, b in vietnam] == opened
    made = planned(Plan(minutes=30, days_ahead=0), CALENDAR, OWN, NIL, NIL, day)
    halves = [at for a, b in spans for at in _halves(a, b)]
    assert [slot.from_at for slot in made] == halves


def _halves(begin: datetime, end: datetime) -> list[datetime]:
    half = timedelta(minutes=30)
    return [begin + n * half for n in range(int((end - begin) / half))]


async def test_who_booked_on_a_saturday_that_is_worked_is_taken_at_the_door(hall: Hall) -> None:
    async with hall.work() as work:
        await keep_calendar(work.tx, DATA)
    await hall.fetch("update site set hours = $2 where id = $1", hall.site, OWN)
    await plan_line(hall, {**PLAN, "days_ahead": 14})
    saturday = date(2026, 12, 5)
    with clock.at(SUNDAY_NIGHT):
        async with hall.work() as work:
            await slots.make(work, CALENDAR)
            first = (await slots.free(work.tx, hall.lines["A"], work.now, saturday, saturday))[0]
            made = await appointments.book(work, first.id, contact="0912345678")
    with clock.at(first.from_at - timedelta(minutes=20)):
        issued = await hall.do(appointments.arrive, made.public_code)
        at_the_door = await hall.issue()
    assert (await hall.ticket(issued.id))["state"] == "waiting"
    assert at_the_door.number
    with clock.at(first.from_at + timedelta(days=1)), pytest.raises(Conflict):
        await hall.issue()


def test_weekdays_and_days_ahead_of_the_plan_count() -> None:
    found = list(
        planned(Plan(minutes=240, weekdays=(1,), days_ahead=14), CALENDAR, None, NIL, NIL, MONDAY)
    )
    assert {s.day for s in found} == {
        MONDAY,
        MONDAY + timedelta(days=7),
        MONDAY + timedelta(days=14),
    }


@given(
    minutes=st.integers(5, 240),
    ahead=st.integers(0, 9),
    begin=st.integers(0, 1400),
    length=st.integers(1, 600),
)
def test_slots_never_overlap_and_never_leave_the_hours(
    minutes: int, ahead: int, begin: int, length: int
) -> None:
    plan = Plan(minutes=minutes, days_ahead=ahead, hours=((begin, min(1440, begin + length)),))
    found = list(planned(plan, CALENDAR, None, NIL, NIL, MONDAY))
    for before, after in pairwise(found):
        assert before.to_at <= after.from_at
    for slot in found:
        local = slot.from_at.astimezone(VIETNAM)
        minute = local.hour * 60 + local.minute
        assert begin <= minute
        assert minute + minutes <= begin + length
        assert any(
            a <= minute and minute + minutes <= b for a, b in CALENDAR.day(slot.day).sessions
        )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"capacity": True}, "capacity"),
        ({"days_ahead": 90}, "days_ahead"),
        ({"weekdays": [0]}, "weekdays"),
        ({"hours": [["11:00", "08:00"]]}, "hours"),
        ({"hours": [["8h", "9h"]]}, "hours"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_plan_says_where(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        Plan.of(body)
    assert list(wrong.value.fields) == [field]


async def plan_line(hall: Hall, body: dict[str, Any] | None) -> None:
    async with hall.work() as work:
        await work.tx.execute(
            "update line set appointments = $2 where id = $1", hall.lines["A"], body
        )


async def rows(hall: Hall) -> list[tuple[Any, ...]]:
    sql = "select id, from_at, to_at, capacity, booked, closed_at from slot order by from_at"
    return [tuple(r.values()) for r in await hall.fetch(sql)]


SUNDAY_NIGHT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
PLAN = {"minutes": 60, "capacity": 2, "days_ahead": 3, "hours": [["08:00", "11:00"]]}


async def test_making_slots_twice_changes_nothing(hall: Hall) -> None:
    await plan_line(hall, PLAN)
    with clock.at(SUNDAY_NIGHT):
        for _ in range(2):
            async with hall.work() as work:
                assert await slots.make(work, CALENDAR) == 6
            before = await rows(hall)
            assert len(before) == 6
        async with hall.work() as work:
            await slots.make(work, CALENDAR)
    assert await rows(hall) == before


async def test_a_new_plan_takes_empty_slots_away_and_keeps_what_is_booked(hall: Hall) -> None:
    await plan_line(hall, PLAN)
    with clock.at(SUNDAY_NIGHT):
        async with hall.work() as work:
            await slots.make(work, CALENDAR)
            first = (await slots.free(work.tx, hall.lines["A"], work.now, MONDAY, MONDAY))[0]
            for phone in ("0912345678", "0912345679"):
                await appointments.book(work, first.id, contact=phone)
        await plan_line(hall, {**PLAN, "capacity": 1, "hours": [["09:00", "11:00"]]})
        async with hall.work() as work:
            assert await slots.make(work, CALENDAR) == 4
    found = {r[1].astimezone(VIETNAM): r for r in await rows(hall)}
    kept = found[first.from_at.astimezone(VIETNAM)]
    assert (kept[3], kept[4]) == (2, 2)
    assert kept[5] is not None
    assert len(found) == 5


async def test_a_slot_that_is_booked_never_holds_less_than_is_booked(hall: Hall) -> None:
    await plan_line(hall, PLAN)
    with clock.at(SUNDAY_NIGHT):
        async with hall.work() as work:
            await slots.make(work, CALENDAR)
            first = (await slots.free(work.tx, hall.lines["A"], work.now, MONDAY, MONDAY))[0]
            for phone in ("0912345678", "0912345679"):
                await appointments.book(work, first.id, contact=phone)
        await plan_line(hall, {**PLAN, "capacity": 1})
        async with hall.work() as work:
            await slots.make(work, CALENDAR)
    capacities = {r[0]: r[3] for r in await rows(hall)}
    assert capacities.pop(first.id) == 2
    assert set(capacities.values()) == {1}


async def test_a_closed_slot_is_offered_and_booked_no_more(hall: Hall) -> None:
    await plan_line(hall, PLAN)
    with clock.at(SUNDAY_NIGHT):
        async with hall.work() as work:
            await slots.make(work, CALENDAR)
            first = (await slots.free(work.tx, hall.lines["A"], work.now, MONDAY, MONDAY))[0]
            assert await slots.close(work, first.id, "họp") == 0
            left = await slots.free(work.tx, hall.lines["A"], work.now, MONDAY, MONDAY)
        assert first.id not in {s.id for s in left}
        with pytest.raises(Conflict):
            async with hall.work() as work:
                await appointments.book(work, first.id, contact="0912345678")
        with pytest.raises(Conflict):
            async with hall.work() as work:
                await slots.close(work, first.id, "họp")
        with pytest.raises(NotFound):
            async with hall.work() as work:
                await slots.close(work, uuid7(), "họp")
        async with hall.work() as work:
            await slots.make(work, CALENDAR)
    assert (await hall.fetch("select closed_at from slot where id = $1", first.id))[0]["closed_at"]


async def test_the_hourly_upkeep_makes_slots_by_the_tenants_calendar(hall: Hall) -> None:
    async with hall.work() as work:
        await keep_calendar(work.tx, DATA)
    await plan_line(hall, PLAN)
    with clock.at(SUNDAY_NIGHT):
        assert await upkeep.keep(hall.platform, hall.tenant) == {"slots": 6, "missed": 0}
        assert len(await rows(hall)) == 6


async def test_a_tenant_without_appointments_needs_no_calendar(hall: Hall) -> None:
    assert await upkeep.keep(hall.platform, hall.tenant) == {"slots": 0, "missed": 0}
