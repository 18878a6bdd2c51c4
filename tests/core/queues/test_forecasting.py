from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from motcua.dossiers.codes import local_day
from motcua.ids import random_code, uuid7
from motcua.queues import forecasting, hall_loading, hall_past
from motcua.queues.estimate import Range
from motcua.queues.forecast import Forecast
from motcua.queues.hours import midnight
from motcua.queues.simulation import Arrival, Desk, Plan

from .conftest import Hall
from .past_days import OPENS, a_plan, write_day

pytestmark = pytest.mark.anyio

# A Wednesday; half past eight in the country.
DAY = date(2026, 3, 18)
NOW = midnight(DAY) + timedelta(hours=8, minutes=30)
_VISIT = "insert into visit (id, site_id, day, arrived_at) values ($1, $2, $3, $4)"
_TICKET = """
insert into ticket (id, visit_id, site_id, line_id, day, number, public_code, trace_id, state,
  sort_key, issued_at, arrived_at, low_minutes, high_minutes, window_from, window_to, counter_id,
  staff_id)
values ($1, $2, $3, $4, $5, $6, $7, $1, $8, $9, $9, $9, 0, 15, $10, $11, $12, $13)
"""
_SEGMENT = """
insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at, counter_id, staff_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def add(
    hall: Hall, letter: str, minutes_ago: float, *, state: str = "waiting", seat: int | None = None
) -> UUID:
    ticket, visit, at = uuid7(), uuid7(), NOW - timedelta(minutes=minutes_ago)
    window = (NOW + timedelta(minutes=30), NOW + timedelta(minutes=50))
    where = (None, None) if seat is None else (hall.counters[seat], hall.staff[seat])
    async with hall.work() as work:
        await work.tx.execute(_VISIT, visit, hall.site, DAY, at)
        await work.tx.execute(
            _TICKET,
            ticket,
            visit,
            hall.site,
            hall.lines[letter],
            DAY,
            f"{letter}{random_code(3)}",
            random_code(8),
            state,
            at,
            *(window if state == "reserved" else (None, None)),
            *where,
        )
        await work.tx.execute(
            _SEGMENT, uuid7(), ticket, hall.site, hall.lines[letter], DAY, state, at, *where
        )
    return ticket


async def sit(hall: Hall, *seats: int) -> None:
    async with hall.work() as work:
        for n in seats:
            await work.tx.execute(
                "update counter set staff_id = $2, opened_at = $3 where id = $1",
                hall.counters[n],
                hall.staff[n],
                NOW - timedelta(hours=1),
            )


async def ask(hall: Hall, now: datetime = NOW) -> Forecast:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await forecasting.forecast_of(tx, hall.site, now)


async def test_a_hall_is_read_as_it_stands(hall: Hall) -> None:
    await sit(hall, 0, 1)
    serving = await add(hall, "A", 6, state="serving", seat=0)
    waiting = [await add(hall, "A", 5 - n) for n in range(4)]
    reserved = await add(hall, "B", 60, state="reserved")
    async with hall.work() as work:
        await work.tx.execute(
            "update counter set break_since = $2 where id = $1",
            hall.counters[1],
            NOW - timedelta(minutes=4),
        )
    async with hall.platform.db.tenant(hall.tenant) as tx:
        found = await hall_loading.hall_now(tx, hall.site, NOW, hall_past.Learned())
    assert [line.letter for line in found.lines] == ["A", "B"]
    states = {c.id: (c.state, c.letter, round(c.elapsed)) for c in found.counters}
    assert states == {
        hall.counters[0]: ("serving", "A", 6),
        hall.counters[1]: ("break", "", 4),
    }
    assert {w.id for w in found.waiters} == {*waiting, reserved}
    assert serving not in {w.id for w in found.waiters}
    late = next(w for w in found.waiters if w.id == reserved)
    assert late.within == pytest.approx((30, 50))
    assert late.key == pytest.approx(-60)


async def test_whoever_waits_longer_is_told_less_and_a_stranger_most(hall: Hall) -> None:
    await sit(hall, 0)
    tickets = [await add(hall, "A", 30 - n) for n in range(8)]
    made = await ask(hall)
    middles = [made.of(ticket).middle for ticket in tickets]
    assert middles == sorted(middles)
    assert made.next("A").middle >= middles[-1]
    assert made.of(tickets[0]) == Range(0, 5)
    assert made.end_of(tickets[0]).high > 5
    assert made.of(uuid7(), "A") == made.next("A")


async def test_a_forecast_is_kept_for_seconds_and_counts_what_is_issued_meanwhile(
    hall: Hall,
) -> None:
    await sit(hall, 0)
    for n in range(6):
        await add(hall, "A", 20 - n)
    first = await ask(hall)
    assert await ask(hall, NOW + timedelta(seconds=4)) is first
    before = first.next("A")
    async with hall.platform.db.tenant(hall.tenant) as tx:
        for _ in range(4):
            forecasting.note_issued(tx, hall.site, "A")
    assert first.next("A").middle > before.middle
    assert first.next("B") == first.next("B")
    later = await ask(hall, NOW + timedelta(seconds=700))
    assert later is not first
    forecasting.forget(hall.tenant.id, hall.site)
    assert await ask(hall, NOW + timedelta(seconds=700)) is not later


async def test_the_last_days_teach_how_long_services_take_here(hall: Hall) -> None:
    for n in range(3):
        await write_day(hall, DAY - timedelta(days=n + 1), a_plan(n))
    async with hall.platform.db.tenant(hall.tenant) as tx:
        past = await hall_past.learned(tx, hall.site, NOW)
    assert sum(s.n for s in past.served) == 120
    assert past.days == 3
    assert {s.staff for s in past.served} == set(hall.staff)
    assert sum(past.arrivals.values()) == 120
    assert {hour for _, _, hour in past.arrivals} <= {7, 8, 9, 10}
    assert set(past.openings) == set(hall.counters)
    assert all(minute == pytest.approx(450) for minute in past.openings.values())
    assert 0.3 < past.call_minutes < 1.5
    assert past.absent < 0.05


async def test_ranges_that_hold_too_little_are_stretched(hall: Hall) -> None:
    await write_day(hall, DAY - timedelta(days=1), a_plan(1, 90), shown=(0, 5))
    async with hall.platform.db.tenant(hall.tenant) as tx:
        narrow = await hall_past.learned(tx, hall.site, NOW)
    assert 1.2 < narrow.width <= 2


async def test_a_closed_counter_is_expected_when_it_usually_opens(hall: Hall) -> None:
    await write_day(hall, DAY - timedelta(days=1), a_plan(1))
    early = midnight(DAY) + timedelta(hours=7)
    async with hall.platform.db.tenant(hall.tenant) as tx:
        past = await hall_past.learned(tx, hall.site, early)
        before = await hall_loading.hall_now(tx, hall.site, early, past)
        after = await hall_loading.hall_now(tx, hall.site, early + timedelta(hours=4), past)
    assert [(c.state, c.opens_in) for c in before.counters] == [("closed", 30.0)] * 3
    assert after.counters == ()


async def test_what_a_telephone_saw_is_noted_on_change_and_not_too_often(hall: Hall) -> None:
    ticket = await add(hall, "A", 10)
    steps = [
        (0, Range(0, 15)),
        (1, Range(5, 20)),
        (2, Range(0, 10)),
        (4, Range(0, 10)),
        (9, Range(0, 10)),
    ]
    async with hall.platform.db.tenant(hall.tenant) as tx:
        for minutes, what in steps:
            await forecasting.shown(tx, ticket, 3, what, NOW + timedelta(minutes=minutes))
    rows = await hall.fetch("select at, low_minutes, high_minutes from estimate_log order by at")
    assert [(r["low_minutes"], r["high_minutes"]) for r in rows] == [(5, 20), (0, 10)]


async def test_accuracy_compares_what_was_shown_with_what_came_and_with_the_naive_rule(
    hall: Hall,
) -> None:
    past = await write_day(hall, DAY, a_plan(3), shown=(0, 20))
    async with hall.platform.db.tenant(hall.tenant) as tx:
        found = await forecasting.accuracy(tx, hall.site, DAY, DAY)
        nothing = await forecasting.accuracy(
            tx, hall.site, DAY + timedelta(days=1), DAY + timedelta(days=1)
        )
    waits = [p.wait for p in past.outcome.people if p.kind == "ordinary" and p.wait is not None]
    assert found.issue.n == len(waits)
    assert found.issue.inside == pytest.approx(sum(0 <= w <= 20 for w in waits) / len(waits))
    assert found.issue.error == pytest.approx(
        sum(abs(10 - w) for w in waits) / len(waits), abs=1e-3
    )
    assert found.naive_error > 0
    assert found.ratio == pytest.approx(found.issue.error / found.naive_error)
    assert (nothing.issue.n, nothing.ratio) == (0, None)


async def test_the_naive_rule_counts_who_was_ahead_at_the_issue(hall: Hall) -> None:
    """Three people come at once to one counter that takes ten minutes for each."""
    desk = Desk((("A", "B"),), frozenset("AB"), ((OPENS, OPENS + 240),))
    people = tuple(Arrival(OPENS + n * 0.01, "A", 10.0) for n in range(4))
    await write_day(hall, DAY, Plan(people, (desk,), 0.0))
    async with hall.platform.db.tenant(hall.tenant) as tx:
        found = await forecasting.accuracy(tx, hall.site, DAY, DAY)
    # Waits 0, 10, 20, 30; ahead 0, 0, 1, 2 with ten minutes each: off by 0, 10, 10, 10.
    assert found.issue.mean_wait == pytest.approx(15, abs=0.1)
    assert found.naive_error == pytest.approx(7.5, abs=0.1)


async def test_accuracy_is_known_while_the_day_goes_on(hall: Hall) -> None:
    await write_day(hall, DAY, a_plan(3), shown=(0, 20))
    await add(hall, "A", 6, state="serving", seat=0)
    await add(hall, "A", 5)
    async with hall.platform.db.tenant(hall.tenant) as tx:
        found = await forecasting.accuracy(tx, hall.site, DAY, DAY)
    assert found.issue.n > 0
    assert found.naive_error > 0


async def test_todays_calls_teach_how_long_the_walk_is_and_how_true_the_ranges_are(
    hall: Hall,
) -> None:
    await write_day(hall, DAY, a_plan(3, 90), shown=(700, 720))
    late = NOW + timedelta(hours=1)
    async with hall.platform.db.tenant(hall.tenant) as tx:
        found = await hall_loading.hall_now(tx, hall.site, late, hall_past.Learned())
    assert found.width > hall_past.Learned().width
    assert found.call_minutes == pytest.approx(0.7, abs=0.2)
    assert sum(line.ordinary_per_hour for line in found.lines) > 0
    assert sum(line.priority_per_hour for line in found.lines) > 0


async def test_who_was_put_aside_is_expected_back(hall: Hall) -> None:
    await sit(hall, 0)
    aside = await add(hall, "A", 20, state="parked")
    async with hall.platform.db.tenant(hall.tenant) as tx:
        found = await hall_loading.hall_now(tx, hall.site, NOW, hall_past.Learned())
    (waiter,) = found.waiters
    assert waiter.id == aside
    assert waiter.within is not None
    assert waiter.within[0] == 0


def test_the_day_of_the_tests_is_a_local_day() -> None:
    assert local_day(NOW.astimezone(UTC)) == DAY
