"""Every figure opens the rows that it counts."""

import pytest

from motcua.errors import NotFound
from motcua.queues import figures
from motcua.queues.figures.live import COUNTED, NOW
from motcua.queues.figures.sql import COUNTS, TIMES

from .clerk import a_morning, at, live_at, rows_of, scope_of, total
from .conftest import Hall

pytestmark = pytest.mark.anyio


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
