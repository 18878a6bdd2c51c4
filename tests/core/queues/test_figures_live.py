"""The figures of a moment: who waits, who sits, and how many counters are needed."""

import pytest

from motcua import clock
from motcua.queues import days, figures, seats, serving

from .clerk import DAY, Clerk, at, live_at
from .conftest import Hall

pytestmark = pytest.mark.anyio


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
