"""Another hall is named only where it is worth the way; the arithmetic is on the screen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.ids import uuid7
from motcua.queues import advice, forecasting, issuing, seats
from motcua.queues.advice import Advice, better_site, kilometres, minutes_of, on_arrival, quicker
from motcua.queues.estimate import Range

from .conftest import Hall

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HERE, THERE, FAR = (20.95, 107.08), (20.96, 107.10), (21.40, 107.90)
DAY = timedelta(days=1)
# Forty minutes away.
OUTSIDE = (20.95, 107.22)
_SITE = """
insert into site (id, key, unit_id, name, kind, latitude, longitude) values ($1, $2, $3, $4, 'branch', $5, $6)
"""
_LINE = """
insert into line (id, site_id, letter, name_vi, name_en, fields, mean_minutes)
values ($1, $2, 'H', 'Hộ tịch', 'Civil status', $3, 10)
"""
_COUNTER = "insert into counter (id, site_id, number, lines) values ($1, $2, '1', '[\"H\"]')"
_STAFF = "insert into staff (id, username, full_name) values ($1, $2, 'Cán bộ thử')"


def test_a_way_is_the_great_circle_lengthened_for_roads() -> None:
    # One degree of latitude is 111.19 km on a sphere of 6,371 km.
    assert kilometres((20.0, 107.0), (21.0, 107.0)) == pytest.approx(111.19 * 1.3, rel=1e-3)
    assert kilometres(HERE, HERE) == 0
    assert minutes_of(15.0) == 30
    assert minutes_of(0.1) == 1


@given(st.integers(0, 600), st.integers(0, 600), st.integers(0, 600))
def test_the_rule_is_way_and_bad_wait_and_ten_minutes_below_the_usual_wait(
    way: int, there: int, here: int
) -> None:
    assert quicker(way, there, here) == (way + there + 10 < here)


async def make(
    hall: Hall, key: str, where: tuple[float, float], fields: list[str], *, serves: bool = True
) -> None:
    """Make another hall with one line H, and somebody who serves it."""
    site, counter, officer = uuid7(), uuid7(), uuid7()
    with clock.at(NOW):
        async with hall.work() as work:
            await work.tx.execute(_SITE, site, key, hall.unit, f"Sảnh {key}", *where)
            await work.tx.execute(_LINE, uuid7(), site, fields)
            await work.tx.execute(_COUNTER, counter, site)
            await work.tx.execute(_STAFF, officer, officer.hex)
            if serves:
                await seats.open_counter(work, counter, officer)


def sessions(*spans: tuple[int, int]) -> dict[str, Any]:
    """Return a site's hours of the day of ``NOW``: from so many minutes after it to so many."""

    def clock_of(minutes: int) -> str:
        return f"{(NOW + timedelta(hours=7, minutes=minutes)):%H:%M}"

    return {"mon": [[clock_of(a), clock_of(b)] for a, b in spans]}


async def open_at(hall: Hall, key: str, *spans: tuple[int, int]) -> None:
    """Let a site have these hours today."""
    await hall.fetch("update site set hours = $2 where key = $1", key, sessions(*spans))


async def crowd(hall: Hall, people: int, fields: list[str]) -> UUID:
    """Fill line A of the hall, which one counter serves; return the line."""
    line = hall.lines["A"]
    with clock.at(NOW):
        async with hall.work() as work:
            sql = "update site set latitude = $2, longitude = $3 where id = $1"
            await work.tx.execute(sql, hall.site, *HERE)
            await work.tx.execute("update line set fields = $2 where id = $1", line, fields)
            await seats.open_counter(work, hall.counters[0], hall.staff[0])
        for _ in range(people):
            async with hall.work() as work:
                await issuing.issue(work, hall.site, line)
    return line


async def ask(hall: Hall, line: UUID, where: tuple[float, float] | None = None) -> Advice | None:
    with clock.at(NOW):
        async with hall.platform.db.tenant(hall.tenant) as tx:
            return await better_site(tx, hall.site, line, NOW, where)


async def test_an_empty_hall_nearby_is_named_with_its_arithmetic(hall: Hall) -> None:
    line = await crowd(hall, 12, ["civil-status"])
    await make(hall, "gan", THERE, ["civil-status"])
    found = await ask(hall, line)
    assert found is not None
    assert (found.site_key, found.letter, found.speed) == ("gan", "H", advice.SPEED_KMH)
    assert found.way == minutes_of(kilometres(HERE, THERE))
    assert found.way + found.there + advice.SPARE_MINUTES < found.here
    assert found.saved == found.here - found.way - found.there


async def test_no_hall_is_named_that_is_far_unserved_or_of_another_field(hall: Hall) -> None:
    line = await crowd(hall, 12, ["civil-status"])
    await make(hall, "xa", FAR, ["civil-status"])
    await make(hall, "khong-nguoi", THERE, ["civil-status"], serves=False)
    await make(hall, "khac", THERE, ["land"])
    assert await ask(hall, line) is None


async def test_nobody_is_sent_away_from_a_short_queue(hall: Hall) -> None:
    line = await crowd(hall, 1, ["civil-status"])
    await make(hall, "gan", THERE, ["civil-status"])
    assert await ask(hall, line) is None


async def test_guidance_is_compared_with_no_other_hall(hall: Hall) -> None:
    line = await crowd(hall, 12, ["*"])
    await make(hall, "gan", THERE, ["*"])
    assert await ask(hall, line) is None


async def test_who_lives_beside_the_other_hall_has_no_way_to_it(hall: Hall) -> None:
    line = await crowd(hall, 12, ["civil-status"])
    await make(hall, "gan", THERE, ["civil-status"])
    at_home = await ask(hall, line, THERE)
    assert at_home is not None
    assert at_home.way == 0


async def test_nobody_is_sent_to_a_hall_that_has_closed_when_he_is_there(hall: Hall) -> None:
    line = await crowd(hall, 20, ["civil-status"])
    await make(hall, "ngoai", OUTSIDE, ["civil-status"])
    way = minutes_of(kilometres(HERE, OUTSIDE))
    await open_at(hall, "ngoai", (-90, way + 30))
    found = await ask(hall, line)
    assert found is not None
    assert (found.way, found.rest) == (way, False)
    for closes in (way - 20, way, way + found.there - 1):
        await open_at(hall, "ngoai", (-90, closes))
        await hall_is_read_again(hall, "ngoai")
        assert await ask(hall, line) is None, f"closes after {closes} minutes"


async def test_who_would_come_in_the_rest_there_waits_for_its_end(
    hall: Hall, browse: Callable[[str], httpx2.AsyncClient]
) -> None:
    line = await crowd(hall, 30, ["civil-status"])
    await make(hall, "ngoai", OUTSIDE, ["civil-status"])
    at_once = await ask(hall, line)
    assert at_once is not None
    await open_at(hall, "ngoai", (-90, 30), (120, 400))
    await hall_is_read_again(hall, "ngoai")
    found = await ask(hall, line)
    assert found is not None
    assert found.rest
    assert 120 < found.way + found.there <= 120 + at_once.there + 5
    assert found.saved == found.here - found.way - found.there < at_once.saved
    with clock.at(NOW):
        page = (await browse(hall.tenant.slug).get("/queue/sanh/A")).text
    assert f'<span class="number">{found.there}</span>' in page
    assert "Đã tính cả giờ nghỉ trưa của nơi tiếp nhận." in page
    # Where one is called sooner than the rest there ends, nothing is gained.
    await open_at(hall, "ngoai", (-90, 30), (found.here - 5, 500))
    await hall_is_read_again(hall, "ngoai")
    assert await ask(hall, line) is None


async def test_a_hall_that_is_closed_today_is_not_named_though_somebody_sits_there(
    hall: Hall,
) -> None:
    line = await crowd(hall, 12, ["civil-status"])
    await make(hall, "gan", THERE, ["civil-status"])
    await hall.fetch("update site set closed_day = $1 where key = 'gan'", local_day(NOW))
    assert await ask(hall, line) is None
    await hall.fetch("update site set closed_day = $1 where key = 'gan'", local_day(NOW) - DAY)
    assert await ask(hall, line) is not None
    # A day on which it does not open at all.
    await open_at(hall, "gan")
    await hall_is_read_again(hall, "gan")
    assert await ask(hall, line) is None


async def hall_is_read_again(hall: Hall, key: str) -> None:
    """Let nobody be told what was foreseen of a site under its former hours."""
    [row] = await hall.fetch("select id from site where key = $1", key)
    forecasting.forget(hall.tenant.id, row["id"])


@given(st.integers(0, 80), st.integers(0, 60), st.integers(0, 60))
def test_a_wait_stays_as_it_is_where_the_hall_neither_rests_nor_closes(
    way: int, low: int, more: int
) -> None:
    shown = Range(low * 5, (low + more) * 5)
    assert on_arrival(shown, way, ()) == Range(low * 5, max(5, (low + more) * 5))


@given(st.integers(0, 80), st.integers(0, 20), st.floats(1, 100), st.floats(1, 120))
def test_a_wait_on_arrival_ends_within_the_hours_and_never_in_the_rest(
    way: int, high: int, noon: float, rest: float
) -> None:
    day = ((-60.0, noon), (noon + rest, noon + rest + 120))
    found = on_arrival(Range(0, high * 5), way, day)
    if way >= day[-1][1]:
        assert found is None
    if found is not None:
        called = way + found.high
        # Five minutes are its rounding.
        assert called < noon + 5 or day[1][0] - 1 <= called <= day[1][1]
        if found.rest:
            assert way < day[1][0] <= called + 1
