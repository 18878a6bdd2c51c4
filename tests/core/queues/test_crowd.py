"""A hall in which thousands wait costs no more than a full one: what is read, played and told has bounds."""

import asyncio
from itertools import pairwise
from uuid import UUID

import pytest

from motcua.queues import forecasting, hall_loading, hall_past, standing
from motcua.queues.forecast import FEWEST, MANY, RUNS, Forecast, forecast
from motcua.queues.hall_loading import NAMED
from motcua.queues.hallnow import CounterNow, HallNow, LineNow, WaiterNow

from .conftest import Hall

MORE = 40
# So many people who came one second after the other, every seventh with priority.
_CROWD = """
with n as (
  select g as n, uuidv7() as ticket, uuidv7() as visit, now() - (400 - g) * interval '1 second' as at
  from generate_series(1, $4::int) g),
v as (insert into visit (id, site_id, day, arrived_at) select visit, $1, $3, at from n),
t as (
  insert into ticket (id, visit_id, site_id, line_id, day, number, public_code, trace_id, state,
    priority, sort_key, issued_at, arrived_at, low_minutes, high_minutes)
  select ticket, visit, $1, $2, $3, $5 || n, upper(md5(ticket::text)), ticket, 'waiting',
    (n % 7 = 0)::int, at, at, at, 0, 5 from n)
insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at)
select uuidv7(), ticket, $1, $2, $3, 'waiting', at from n
"""


def crowd(named: int, behind: int) -> HallNow:
    """Return a hall of two counters with so many people who are known and so many who are counted."""
    seats = tuple(
        CounterNow(UUID(int=n), (("A",),), UUID(int=n), skilled_lines=frozenset("A"))
        for n in (1, 2)
    )
    waiters = tuple(WaiterNow(UUID(int=n * 7919), "A", n - 9000.0) for n in range(1, named + 1))
    return HallNow(
        (LineNow("A", mean=2.0),), seats, waiters, absent=0.0, tails={"A": behind} if behind else {}
    )


@pytest.mark.parametrize("people", [0, 80, 400, 4 * NAMED])
def test_the_more_people_the_fewer_runs(people: int) -> None:
    made = forecast(crowd(people, 0))
    runs = len(made.calls["A"])
    assert FEWEST <= runs <= RUNS
    assert runs * people <= max(RUNS * MANY, FEWEST * people)


def test_who_stands_behind_those_who_are_played_is_told_later_and_later() -> None:
    made = forecast(crowd(60, 30))
    places = [made.of(UUID(int=1), "A", ahead) for ahead in range(60, 90)]
    assert all(a.low <= b.low and a.high <= b.high for a, b in pairwise(places))
    assert places[0].low >= made.of(UUID(int=60 * 7919)).low
    assert places[-1].high <= made.next("A").high
    # About as if all had been played.
    whole = forecast(crowd(90, 0))
    assert made.next("A").middle == pytest.approx(whole.next("A").middle, rel=0.15)
    assert made.usual("A") == pytest.approx(whole.usual("A"), rel=0.15)
    # With priority one passes them all.
    assert made.next("A", priority=True).high == 5


@pytest.mark.anyio
async def test_of_a_crowd_the_first_are_named_and_the_others_counted(hall: Hall) -> None:
    await _fill(hall, "A", NAMED + MORE)
    await _fill(hall, "B", 3)
    async with hall.work() as work:
        found = await hall_loading.hall_now(work.tx, hall.site, work.now, hall_past.Learned())
    assert len([w for w in found.waiters if w.letter == "A"]) == NAMED
    assert len([w for w in found.waiters if w.letter == "B"]) == 3
    assert found.tails == {"A": MORE}
    # Nobody with priority is among those who are only counted.
    assert len([w for w in found.waiters if w.priority]) == (NAMED + MORE) // 7


@pytest.mark.anyio
async def test_everybody_in_a_crowd_has_his_place_and_his_range(hall: Hall) -> None:
    await hall.sit(0)
    await _fill(hall, "A", NAMED + MORE)
    async with hall.work() as work:
        read = await standing.read(work.tx, hall.site, work.now)
    rows = await hall.fetch("select id, priority, sort_key from ticket")
    order = sorted(rows, key=lambda r: (-r["priority"], r["sort_key"], r["id"]))
    places = [read.places[r["id"]] for r in order]
    assert [p.ahead for p in places] == list(range(NAMED + MORE))
    ordinary = [r for r in order if not r["priority"]]
    assert [read.places[r["id"]].behind for r in ordinary] == list(range(len(ordinary)))[::-1]
    ranges = [p.range for p in places if p.range is not None]
    assert len(ranges) == NAMED + MORE
    assert all(
        p.ends is not None and p.range is not None and p.ends.high >= p.range.high for p in places
    )
    assert len(list(read.places)) == len(read.places) == NAMED + MORE


@pytest.mark.anyio
async def test_who_asks_while_a_forecast_is_made_gets_that_one(hall: Hall) -> None:
    await _fill(hall, "A", 50)

    async def ask() -> Forecast:
        async with hall.work() as work:
            return await forecasting.forecast_of(work.tx, hall.site, work.now)

    made = await asyncio.gather(*(ask() for _ in range(8)))
    assert len({id(one.calls) for one in made}) == 1


async def _fill(hall: Hall, letter: str, people: int) -> None:
    async with hall.work() as work:
        line, day = hall.lines[letter], await hall.day()
        await work.tx.execute(_CROWD, hall.site, line, day, people, letter)
