"""The figures of a day: what stands in them, by hand and against a second reckoning."""

import statistics
from datetime import timedelta
from uuid import UUID

import pytest

from motcua.queues import figures, serving
from motcua.queues.day_story import story
from motcua.queues.figures import Scope
from motcua.queues.figures.sql import COUNTS

from .clerk import DAY, Clerk, a_morning, at, rows_of, scope_of, total
from .conftest import Hall
from .past_days import a_plan, write_day

pytestmark = pytest.mark.anyio


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
