"""The figures of a hall: what stands in them, by hand and against a second reckoning."""

import statistics
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua import clock
from motcua.demo.cluster import Cluster
from motcua.errors import NotFound
from motcua.ids import uuid7
from motcua.queues import calling, days, figures, kpis, moving, seats, serving
from motcua.queues.day_story import story
from motcua.queues.figures import Figures, Rows, Scope, SiteNow
from motcua.queues.figures.live import COUNTED, NOW
from motcua.queues.figures.quality import gini, overtakers
from motcua.queues.figures.sql import COUNTS, TIMES
from motcua.queues.figures.visits import AGAIN_WITHIN, windows
from motcua.text import VIETNAM
from motcua.worktime import Calendar
from motcua.worktime.minutes import working_days_between

from .conftest import Hall
from .past_days import a_plan, write_day

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 17)


def at(hour: int, minute: float = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM) + timedelta(minutes=minute)


class Clerk:
    """Does things in the hall at moments of the day."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall

    async def sit(self, moment: datetime, n: int = 0) -> None:
        with clock.at(moment):
            await self.hall.sit(n)

    async def issue(self, moment: datetime, line: str = "A", **more: Any) -> UUID:
        with clock.at(moment):
            return (await self.hall.issue(line, **more)).id

    async def call(self, moment: datetime, n: int = 0) -> UUID:
        with clock.at(moment):
            called = await self.hall.call(n)
        assert called
        return called.id

    async def do(self, moment: datetime, command: Any, *args: Any, **more: Any) -> Any:
        with clock.at(moment):
            return await self.hall.do(command, *args, **more)

    async def serve(self, called: datetime, minutes: float, n: int = 0) -> UUID:
        """Call the next one, who is there after half a minute, and serve him."""
        ticket = await self.call(called, n)
        here = called + timedelta(seconds=30)
        staff = self.hall.staff[n]
        await self.do(here, serving.start, ticket, staff)
        await self.do(here + timedelta(minutes=minutes), serving.finish, ticket, staff)
        return ticket


async def a_morning(hall: Hall) -> Clerk:
    """Two served, one after a transfer; one who never came, one who left, one who expired."""
    clerk = Clerk(hall)
    staff = hall.staff
    await clerk.sit(at(7, 30))
    await clerk.sit(at(7, 30), 1)
    first = await clerk.issue(at(8))
    await clerk.issue(at(8, 1), "B")
    gone = await clerk.issue(at(8, 2))
    left = await clerk.issue(at(8, 3))
    await clerk.call(at(8, 10))
    await clerk.do(at(8, 11), serving.start, first, staff[0])
    await clerk.do(at(8, 15), moving.transfer, first, staff[0], counter=hall.counters[1], why="x")
    await clerk.serve(at(8, 20), 6, 1)  # the transferred one: waited 10 + 5 minutes, served 4 + 6
    await clerk.serve(at(8, 30), 10, 1)  # the one of line B: waited 29 minutes
    for minute in (16, 17, 18):
        called = await clerk.call(at(8, minute)) if minute == 16 else gone
        if minute > 16:
            await clerk.do(at(8, minute), calling.recall, called, staff[0])
    await clerk.do(at(8, 19), serving.no_show, gone, staff[0])  # goes back in the line once
    await clerk.do(at(8, 20), moving.leave, left)
    assert await clerk.call(at(8, 21)) == gone
    await clerk.do(at(8, 23), serving.no_show, gone, staff[0])
    await clerk.do(at(9), seats.take_break, hall.counters[0], staff[0])
    await clerk.do(at(9, 30), seats.end_break, hall.counters[0], staff[0])
    await clerk.issue(at(10))
    await clerk.do(at(11, 30), seats.leave_counter, hall.counters[0], staff[0])
    await clerk.do(at(11, 30), seats.leave_counter, hall.counters[1], staff[1])
    await clerk.do(at(17), days.close_day, hall.site, DAY)
    return clerk


def scope_of(hall: Hall, now: datetime, *, last: date = DAY, **more: Any) -> Scope:
    return Scope([hall.site], DAY, last, now, **more)


async def total(hall: Hall, scope: Scope) -> Figures:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await figures.total(tx, scope)


async def rows_of(hall: Hall, key: str, scope: Scope) -> Rows:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await figures.rows(tx, key, scope)


async def live_at(hall: Hall, now: datetime) -> SiteNow:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        [found] = await figures.live(tx, [hall.site], now)
    return found


async def test_a_morning_stands_in_the_figures_as_it_was(hall: Hall) -> None:
    await a_morning(hall)
    found = await total(hall, scope_of(hall, at(18)))
    counted = {key: found.count(key) for key in COUNTS if found.count(key)}
    kept = counted.pop("estimate_kept", 0)
    assert counted == {
        "issued": 5,
        "arrived": 5,
        "called": 3,
        "done": 2,
        "no_show": 1,
        "left": 1,
        "expired": 1,
        "kept": 3,
        "abandoned": 3,
        "abandoned_late": 1,
        "transferred": 1,
        "recalled": 1,
        "estimated": 3,
    }
    assert 0 <= kept <= 3
    wait = found.spread("wait")
    assert (wait.n, wait.most) == (3, 29 * 60)
    assert found.spread("first_wait").mean == pytest.approx((10 + 29 + 14) * 60 / 3)
    assert found.spread("service").mean == pytest.approx((10 + 10) * 60 / 2)
    assert found.seconds("serving") == 20 * 60
    assert found.seconds("break") == 30 * 60
    assert found.seconds("seated") == 2 * 4 * 3600
    assert found.utilisation == pytest.approx(20 / (2 * 240 - 30))
    assert found.done_per_hour == pytest.approx(2 / 8)
    assert found.abandonment == pytest.approx(3 / 5)
    assert found.service_level == 1
    assert found.services == 2
    assert found.weighted == pytest.approx(20 / 480), "two services of ten standard minutes"
    async with hall.platform.db.tenant(hall.tenant) as tx:
        by = await figures.of(tx, scope_of(hall, at(18)), by=(("counter",), ("officer",)))
    done = {f.whose.counter: f.count("done") for f in by["counter",] if f.count("done")}
    assert done == {hall.counters[1]: 2}
    officers = {f.whose.officer: f.services for f in by["officer",] if f.services}
    assert officers == {hall.staff[1]: 2}


async def test_every_count_opens_exactly_the_rows_it_counts(hall: Hall) -> None:
    await a_morning(hall)
    for moment in (at(8, 12), at(8, 21.5), at(18)):
        scope = scope_of(hall, moment)
        found = await total(hall, scope)
        for key in COUNTS:
            behind = await rows_of(hall, key, scope)
            assert (behind.total, len(behind.rows)) == (found.count(key),) * 2, (key, moment)
        for key in TIMES:
            behind = await rows_of(hall, f"time:{key}", scope)
            assert sum(r["seconds"] for r in behind.rows) == pytest.approx(found.seconds(key)), key
            assert behind.seconds == pytest.approx(found.seconds(key))
        behind = await rows_of(hall, "services", scope)
        assert sum(r["quantity"] for r in behind.rows) == found.services
        assert behind.seconds == pytest.approx(found.standard_minutes * 60)


async def test_what_is_counted_of_a_moment_opens_its_rows_too(hall: Hall) -> None:
    await a_morning(hall)
    for moment in (at(8, 12), at(8, 20), at(8, 31), at(10, 1), at(18)):
        now = await live_at(hall, moment)
        async with hall.platform.db.tenant(hall.tenant) as tx:
            for key in COUNTED:
                behind = await figures.standing_rows(tx, key, [hall.site], moment)
                assert behind.total == now.counts[key], (key, moment)
            for line in now.lines:
                for key in NOW:
                    behind = await figures.standing_rows(tx, key, [hall.site], moment, line.line)
                    assert behind.total == line.counts[key], (key, moment)


async def test_a_figure_that_does_not_exist_has_no_rows(hall: Hall) -> None:
    with pytest.raises(NotFound):
        await rows_of(hall, "drop table", scope_of(hall, at(18)))
    with pytest.raises(NotFound):
        await rows_of(hall, "time:drop", scope_of(hall, at(18)))


async def test_a_moment_of_the_past_is_seen_as_it_was_then(hall: Hall) -> None:
    """Looking at 8:12 gives the same while it is 8:12 and in the evening."""
    clerk = Clerk(hall)
    await clerk.sit(at(7, 30))
    await clerk.issue(at(8))
    await clerk.issue(at(8, 5))
    await clerk.call(at(8, 10))
    with clock.at(at(8, 12)):
        then = await live_at(hall, at(8, 12))
    assert (then.waiting, then.counts["now_called"], then.open) == (1, 1, 1)
    assert then.longest == 7 * 60
    assert then.p90 == 10 * 60
    assert then.age == 2 * 60
    await clerk.do(
        at(8, 13),
        serving.start,
        (await hall.fetch("select id from ticket where state = 'called'"))[0]["id"],
        hall.staff[0],
    )
    await clerk.do(at(17), days.close_day, hall.site, DAY)
    assert await live_at(hall, at(8, 12)) == then


async def test_a_break_is_no_open_counter(hall: Hall) -> None:
    clerk = Clerk(hall)
    await clerk.sit(at(7, 30))
    await clerk.do(at(8), seats.take_break, hall.counters[0], hall.staff[0])
    with clock.at(at(8, 1)):
        now = await live_at(hall, at(8, 1))
        assert (now.open, now.breaks, now.counters) == (0, 1, 3)
        assert [line.open for line in now.lines] == [0, 0]
        assert (now.age, now.needed) == (60, 0)


async def test_needed_counters_follow_the_arrivals_of_the_last_hour(hall: Hall) -> None:
    clerk = Clerk(hall)
    for minute in range(24):
        await clerk.issue(at(8, minute), "AB"[minute % 2])
    now = await live_at(hall, at(8, 59))
    alone = await live_at(hall, at(9, 30))
    assert now.counts["hour_arrived"] == 24
    assert now.needed >= 24 * 10 / 60, "fewer than the load would never be enough"
    assert now.needed <= sum(line.needed for line in now.lines), "together they share counters"
    assert alone.needed == 0
    assert (alone.waiting, alone.longest) == (24, 90 * 60)


async def test_time_across_midnight_counts_for_both_days(hall: Hall) -> None:
    clerk = Clerk(hall)
    tomorrow = DAY + timedelta(days=1)
    await clerk.sit(at(22))
    ticket = await clerk.issue(at(23))
    await clerk.call(at(23, 30))
    await clerk.do(at(23, 40), serving.start, ticket, hall.staff[0])
    late = at(0, 25, tomorrow)
    await clerk.do(late, serving.finish, ticket, hall.staff[0])
    now = at(8, 0, tomorrow)
    async with hall.platform.db.tenant(hall.tenant) as tx:
        scope = scope_of(hall, now, last=tomorrow)
        by = await figures.of(tx, scope, by=(("day",), ("day", "hour"), ()))
    first, second = sorted(by["day",], key=lambda f: str(f.whose.day))
    assert (first.seconds("serving"), second.seconds("serving")) == (20 * 60, 25 * 60)
    assert (first.count("done"), second.count("done")) == (1, 0), "a ticket belongs to its day"
    assert first.spread("service").most == 45 * 60
    [whole] = by[()]
    assert whole.seconds("serving") == 45 * 60
    hours = {(f.whose.day, f.whose.hour): f.seconds("serving") for f in by["day", "hour"]}
    assert hours[DAY, 23] == 20 * 60
    assert hours[tomorrow, 0] == 25 * 60
    only = await total(hall, Scope([hall.site], tomorrow, tomorrow, now))
    assert only.seconds("serving") == 25 * 60
    behind = await rows_of(hall, "time:serving", Scope([hall.site], tomorrow, tomorrow, now))
    assert [r["began"] for r in behind.rows] == [at(0, 0, tomorrow)]


async def test_figures_equal_a_second_reckoning_of_a_random_morning(hall: Hall) -> None:
    past = await write_day(hall, DAY, a_plan(7, 60))
    now = at(20)
    sets: list[tuple[figures.Dimension, ...]] = [
        (),
        ("line",),
        ("counter",),
        ("officer",),
        ("hour",),
    ]
    async with hall.platform.db.tenant(hall.tenant) as tx:
        found = await figures.of(tx, scope_of(hall, now), by=sets)
    [whole] = found[()]
    segments = await hall.fetch("select * from segment where site_id = $1", hall.site)
    waits: dict[UUID, float] = {}
    for s in segments:
        if s["kind"] in ("waiting", "transferred") and s["ticket_id"]:
            lasted = (s["to_at"] - s["from_at"]).total_seconds()
            waits[s["ticket_id"]] = waits.get(s["ticket_id"], 0) + lasted
    called = {s["ticket_id"] for s in segments if s["kind"] == "called"}
    told = sorted(waits[t] for t in called)
    spread = whole.spread("wait")
    assert spread.n == len(told) > 30
    assert spread.p50 == pytest.approx(statistics.median(told))
    assert spread.p90 == pytest.approx(statistics.quantiles(told, n=10, method="inclusive")[-1])
    assert spread.most == pytest.approx(told[-1])
    serving_time = sum(
        (s["to_at"] - s["from_at"]).total_seconds() for s in segments if s["kind"] == "serving"
    )
    assert whole.seconds("serving") == pytest.approx(serving_time)
    for one in sets[1:]:
        for key in COUNTS:
            assert sum(f.count(key) for f in found[one]) == whole.count(key), (one, key)
        if one != ("line",):
            for key in ("serving", "calling"):
                assert sum(f.seconds(key) for f in found[one]) == pytest.approx(whole.seconds(key))
    assert past.outcome.all.people == whole.count("called")


async def test_the_story_of_a_day_adds_up_to_its_figures(hall: Hall) -> None:
    await write_day(hall, DAY, a_plan(11, 50))
    async with hall.platform.db.tenant(hall.tenant) as tx:
        steps = (await story(tx, [hall.site], DAY, at(21)))[hall.site]
        for step in steps:
            now = (await figures.live(tx, [hall.site], step.at))[0]
            assert (step.waiting, step.serving) == (now.waiting, now.counts["now_serving"])
        found = await figures.total(tx, scope_of(hall, at(21)))
    assert len(steps) == 29
    assert sum(step.arrived for step in steps) == found.count("arrived")
    assert sum(step.done for step in steps) == found.count("done")
    assert steps[-1].waiting == 0


async def test_littles_law_holds_until_a_segment_is_lost(hall: Hall) -> None:
    await a_morning(hall)

    async def check() -> figures.Little:
        async with hall.platform.db.tenant(hall.tenant) as tx:
            scope = scope_of(hall, at(18))
            by = await figures.of(tx, scope, by=(("site",),))
        [found] = figures.little(by["site",], scope)
        return found

    whole = await check()
    assert whole.deviation == pytest.approx(0)
    assert (whole.untiled, whole.alarm) == (0, False)
    assert whole.people > 0
    async with hall.work() as work:
        await work.tx.execute("delete from segment where kind = 'serving'")
    torn = await check()
    assert torn.alarm
    assert torn.untiled == 2
    assert (await rows_of(hall, "untiled", scope_of(hall, at(18)))).total == 2


async def test_officers_stand_in_the_order_of_their_counters(hall: Hall) -> None:
    clerk = Clerk(hall)
    await clerk.sit(at(7, 30), 2)
    await clerk.sit(at(7, 40), 0)
    await clerk.sit(at(7, 50), 1)
    await clerk.issue(at(8))
    await clerk.issue(at(8))
    await clerk.serve(at(8, 5), 10, 2)
    await clerk.call(at(8, 6), 1)
    await clerk.do(at(8, 20), seats.take_break, hall.counters[2], hall.staff[2])
    async with hall.platform.db.tenant(hall.tenant) as tx:
        found = await figures.officers(tx, hall.site, DAY, at(8, 30))
        evening = await figures.officers_of(tx, hall.site, DAY, DAY, at(8, 30))
    assert [(o.counter, o.state, o.ticket) for o in found] == [
        ("1", "idle", None),
        ("2", "called", "A002"),
        ("3", "break", None),
    ]
    assert [o.figures.count("done") for o in found] == [0, 0, 1]
    assert found[2].since == at(8, 20)
    assert [o.state for o in evening] == [None, None, None]


WEEK = Calendar("test", (((450, 690),),) * 5 + ((), ()))


async def bring_dossiers(cluster: Cluster, hall: Hall, of: dict[UUID, UUID]) -> None:
    """Let tickets be about dossiers that exist elsewhere: the test needs no dossier, only its id."""
    admin = await asyncpg.connect(cluster.postgres.url("postgres", "motcua"))
    await admin.execute("set session_replication_role = replica")
    for ticket, dossier in of.items():
        await admin.execute("update ticket set dossier_id = $2 where id = $1", ticket, dossier)
    await admin.close()


async def visits_of(hall: Hall, now: datetime) -> figures.Visits:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await figures.visits(tx, scope_of(hall, now), WEEK)


async def test_a_visit_was_enough_when_nobody_came_again_for_the_dossier(
    hall: Hall, prepared: Cluster
) -> None:
    clerk = Clerk(hall)
    await clerk.sit(at(7, 30))
    for n in range(3):
        await clerk.issue(at(8, n))
    served = [await clerk.serve(at(8, 10 + 10 * n), 5) for n in range(3)]
    await clerk.do(at(17), seats.leave_counter, hall.counters[0], hall.staff[0])
    one, two, three = (uuid7() for _ in range(3))
    soon, later = DAY + timedelta(days=7), DAY + timedelta(days=21)
    again = await clerk.issue(at(8, 0, soon))
    too_late = await clerk.issue(at(8, 0, later))
    about = {served[0]: one, served[1]: two, served[2]: three, again: one, too_late: two}
    await bring_dossiers(prepared, hall, about)
    found = await visits_of(hall, at(18))
    assert found.stay.n == 3
    assert found.stay.most == pytest.approx((30 + 5.5 - 2) * 60)
    assert (found.judged, found.first_visit) == (0, None), "nobody knows yet who comes again"
    found = await visits_of(hall, at(18, 0, later))
    assert (found.judged, found.once) == (3, 2)


async def test_an_appointment_is_kept_when_who_was_there_is_called_before_its_end(
    hall: Hall,
) -> None:
    clerk = Clerk(hall)
    await clerk.sit(at(7, 30))
    slot = "insert into slot (id, site_id, line_id, day, from_at, to_at, capacity, booked) values ($1, $2, $3, $4, $5, $6, 4, 3)"
    booked = (
        "insert into appointment (id, slot_id, site_id, line_id, day, trace_id, public_code, state,"
        " booked_at, ticket_id) values ($1, $2, $3, $4, $5, $1, $6, 'arrived', $7, $8)"
    )
    line, its = hall.lines["A"], uuid7()
    tickets = [await clerk.issue(moment) for moment in (at(8), at(8, 1), at(8, 35))]
    await clerk.serve(at(8, 30), 20)
    await clerk.serve(at(9, 10), 5)
    await clerk.serve(at(9, 20), 5)
    async with hall.work() as work:
        await work.tx.execute(slot, its, hall.site, line, DAY, at(8, 30), at(9))
        for ticket in tickets:
            code = uuid7()
            args = (code, its, hall.site, line, DAY, code.hex, at(7), ticket)
            await work.tx.execute(booked, *args)
    found = await visits_of(hall, at(18))
    assert (found.came, found.punctual) == (2, 1), "the third came after his slot had begun"


@given(st.dates(date(2026, 1, 1), date(2026, 12, 1)), st.integers(0, 20))
def test_the_window_of_a_visit_holds_ten_working_days(first: date, more: int) -> None:
    last = first + timedelta(days=more)
    found = windows(WEEK, first, last)
    assert sorted(found) == [first + timedelta(days=n) for n in range(more + 1)]
    for day, until in found.items():
        assert working_days_between(WEEK, day, until) == AGAIN_WITHIN
        assert working_days_between(WEEK, day, until - timedelta(days=1)) == AGAIN_WITHIN - 1


@given(st.lists(st.floats(0, 1000), max_size=40))
def test_overtakers_are_those_who_came_later_and_were_called_before(called: list[float]) -> None:
    slow = [
        sum(1 for later in called[n + 1 :] if later < moment) for n, moment in enumerate(called)
    ]
    assert overtakers(called) == slow


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_gini_is_half_the_relative_mean_difference(values: list[float]) -> None:
    mean = sum(values) / len(values)
    found = gini(values)
    assert found is not None
    assert -1e-9 <= found < 1
    if mean > 1e-3:
        apart = sum(abs(a - b) for a in values for b in values) / len(values) ** 2
        assert found == pytest.approx(apart / (2 * mean), abs=1e-6)


def test_gini_of_nobody_is_nothing_and_of_equals_nought() -> None:
    assert gini([]) is None
    assert gini([5, 5, 5]) == pytest.approx(0)


def _plain(sentences: Iterable[str]) -> bool:
    return all(s and s == s.strip() for s in sentences)


def test_every_definition_is_whole_and_opens_rows_that_exist() -> None:
    known = set(COUNTS) | set(NOW) | {f"time:{key}" for key in TIMES} | {"services", ""}
    for kpi in kpis.KPIS:
        assert _plain(
            [kpi.name_vi, kpi.name_en, kpi.formula_vi, kpi.formula_en, kpi.source_vi, kpi.source_en]
        )
        assert kpi.rows in known, kpi.key
        assert kpi.least >= 1
    assert len({kpi.key for kpi in kpis.KPIS}) == len(kpis.KPIS)
    with pytest.raises(KeyError):
        kpis.of(["nothing"])
