"""The book of days: a month that is a sum of its pages is the month that is summed from tickets and segments."""

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua import clock
from motcua.queues import days, figures, moving
from motcua.queues.figures import Figures, Scope, book
from motcua.queues.figures.order import neighbours
from motcua.text import VIETNAM
from motcua.worktime import Calendar

from .conftest import Hall
from .past_days import a_plan, write_day

pytestmark = pytest.mark.anyio
DAYS = [date(2026, 11, day) for day in (16, 17, 18, 19)]
WEEK = Calendar("test", (((450, 690),),) * 5 + ((), ()))
SETS: tuple[Any, ...] = ((), ("site",), ("day",), ("site", "day"))
LATER = datetime(2026, 11, 20, 9, tzinfo=VIETNAM)


def scope(hall: Hall, now: datetime = LATER) -> Scope:
    return Scope([hall.site], date(2026, 11, 1), date(2026, 11, 30), now)


_ENDED = """
update ticket t set ended_at = g.at, state = case when t.state = 'done' then 'done' else 'left' end
from (select ticket_id, max(to_at) as at from segment group by 1) g where g.ticket_id = t.id
returning 1
"""


async def lived(hall: Hall) -> None:
    for seed, day in enumerate(DAYS):
        await write_day(hall, day, a_plan(seed))
    await hall.fetch(_ENDED)


async def write(hall: Hall, now: datetime = LATER, most: int = 99) -> int:
    with clock.at(now):
        return await hall.do(book.write, most)


async def opened(hall: Hall, now: datetime = LATER) -> book.Book | None:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await book.read(tx, scope(hall, now))


def told(found: Mapping[Any, list[Figures]]) -> Any:
    """Return the figures of sets as they can be compared: sums of the same numbers in another order."""
    return {
        one: {
            made.whose: (
                dict(made.counts),
                pytest.approx(dict(made.times)),
                made.services,
                pytest.approx((made.standard_minutes, made.tiled, made.stay)),
                {key: pytest.approx(tuple(spread)) for key, spread in made.spreads.items()},
            )
            for made in rows
        }
        for one, rows in found.items()
    }


def plain(found: Mapping[Any, list[Figures]]) -> Any:
    return {
        one: {
            made.whose: (
                dict(made.counts),
                dict(made.times),
                made.services,
                (made.standard_minutes, made.tiled, made.stay),
                {key: tuple(spread) for key, spread in made.spreads.items()},
            )
            for made in rows
        }
        for one, rows in found.items()
    }


async def agrees(hall: Hall, now: datetime = LATER) -> None:
    """Compare every figure of the book with the one that is summed from the rows."""
    kept = await opened(hall, now)
    assert kept is not None
    async with hall.platform.db.tenant(hall.tenant) as tx:
        summed = await figures.of(tx, scope(hall, now), by=SETS)
        visits = await figures.visits(tx, scope(hall, now), WEEK)
        fair = await figures.fairness(tx, scope(hall, now))
    assert plain(await kept.of(SETS)) == told(summed)
    assert tuple(await kept.stay()) == pytest.approx(tuple(visits.stay))
    assert await kept.fairness() == fair


async def test_a_month_by_the_book_is_the_month_by_its_rows(hall: Hall) -> None:
    await lived(hall)
    assert await write(hall) == 63
    assert await write(hall) == 0
    await agrees(hall)


async def test_days_without_a_page_are_summed_while_somebody_asks(hall: Hall) -> None:
    await lived(hall)
    await write(hall)
    await hall.fetch("delete from site_day where day = $1 returning day", DAYS[1])
    with clock.at(LATER - timedelta(hours=1)):
        await hall.sit(0)
        await hall.issue()
        await hall.bring()
    await agrees(hall)


async def test_with_too_many_days_missing_the_book_stays_closed(hall: Hall) -> None:
    await lived(hall)
    assert await opened(hall) is None


async def test_a_day_with_an_open_number_or_a_seat_has_no_page(hall: Hall) -> None:
    with clock.at(datetime(2026, 11, 18, 9, tzinfo=VIETNAM)):
        await hall.sit(0)
        await hall.issue()
    await write(hall)
    pages = {row["day"] for row in await hall.fetch("select day from site_day")}
    assert DAYS[1] in pages
    # Whoever sits there since then sits there on every later day.
    assert not {DAYS[2], DAYS[3]} & pages
    with clock.at(LATER):
        await hall.do(days.close_day, hall.site, DAYS[2])
    await write(hall)
    pages = {row["day"] for row in await hall.fetch("select day from site_day")}
    assert {DAYS[2], DAYS[3]} <= pages
    await agrees(hall)


async def test_a_number_that_is_voided_later_changes_its_page(hall: Hall) -> None:
    await lived(hall)
    await write(hall)
    sql = "select id from ticket where day = $1 and state = 'no_show'"
    gone = await hall.fetch(sql, DAYS[0]) or await hall.fetch(
        "update ticket set state = 'no_show' where id = (select id from ticket where day = $1"
        " and state = 'done' limit 1) returning id",
        DAYS[0],
    )
    with clock.at(LATER):
        await hall.do(moving.void, gone[0]["id"], "Cấp nhầm")
    await agrees(hall)
    assert await write(hall) == 1
    await agrees(hall)


async def test_a_new_promise_of_a_line_is_judged_by_on_every_day(hall: Hall) -> None:
    await lived(hall)
    await write(hall)
    await hall.fetch(
        "update line set promise_minutes = 3 where id = $1 returning id", hall.lines["A"]
    )
    assert await opened(hall) is None
    assert await write(hall) == 63
    await agrees(hall)


async def test_nobody_is_asked_about_what_was_not_yet(hall: Hall) -> None:
    await lived(hall)
    await write(hall)
    assert await opened(hall, LATER - timedelta(days=1)) is None


async def test_a_site_that_its_own_machine_keeps_has_no_page(hall: Hall) -> None:
    await lived(hall)
    await hall.token("node")
    await hall.fetch(
        "insert into site_node (site_id, device_id, about, alone_since)"
        " select site_id, id, '{}', paired_at from device returning 1"
    )
    assert await write(hall) == 0


runs = st.lists(
    st.lists(st.integers(0, 40).map(float), min_size=1, max_size=30).map(sorted), min_size=1
)


@given(runs, st.data())
def test_neighbours_are_those_of_all_values_in_order(found: list[list[float]], data: Any) -> None:
    every = sorted(value for run in found for value in run)
    place = data.draw(st.integers(0, len(every) - 1))
    assert neighbours(found, place) == (every[place], every[min(place + 1, len(every) - 1)])


@given(st.integers(), st.integers(0, 2999), st.sampled_from([1e-6, 1.0, 1e5]))
def test_among_many_values_too(seed: int, place: int, widest: float) -> None:
    draw = random.Random(seed)
    values = [draw.uniform(0, widest) for _ in range(3000)]
    cut = len(values) // 3
    found = [sorted(values[:cut]), sorted(values[cut:])]
    every = sorted(values)
    assert neighbours(found, place) == (every[place], every[min(place + 1, len(every) - 1)])
