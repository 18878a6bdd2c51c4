"""How fast halls are played: whoever is ahead waits for the slowest, and is let go on when that one comes near."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from motcua.simulation.pace import WINDOW, Pace

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
Played = list[tuple[str, int]]


async def _hall(pace: Pace, name: str, minutes: Iterable[int], played: Played) -> None:
    for minute in minutes:
        await asyncio.sleep(0)  # whatever a hall does, others have their turn meanwhile
        await pace.until(name, BEGIN + timedelta(minutes=minute))
        played.append((name, minute))
    pace.done(name)


async def _play(**halls: Iterable[int]) -> Played:
    played: Played = []
    # As fast as it goes: a day that takes this long stands still.
    async with asyncio.timeout(10):
        pace = Pace(BEGIN, 0)
        await asyncio.gather(*(_hall(pace, name, its, played) for name, its in halls.items()))
    return played


@pytest.mark.parametrize("begins", [-40, 0, 40])
async def test_halls_are_played_to_the_end_wherever_they_begin(begins: int) -> None:
    gap = [begins + minute for minute in (0, 16, 30, 39)]
    steady = [begins + minute for minute in (1, 10, 20, 28, 32, 39)]

    played = await _play(gap=gap, steady=steady)

    assert [minute for name, minute in played if name == "gap"] == gap
    assert [minute for name, minute in played if name == "steady"] == steady


async def test_a_hall_that_joins_with_a_past_holds_nobody_for_good() -> None:
    """The demo's halls begin before the moment from which they are paced, and not all at once."""
    late = range(-39, 30)

    played = await _play(first=[-20, *range(0, 60, 20)], second=late, third=range(-40, 60, 5))

    assert [minute for name, minute in played if name == "second"] == list(late)


async def test_nobody_is_further_ahead_than_the_window() -> None:
    slow, quick = range(-40, 20), range(-40, 20, 2)

    played = await _play(slow=slow, quick=quick)

    reached = {"slow": -40, "quick": -40}
    for name, minute in played:
        reached[name] = minute
        ahead = timedelta(minutes=max(reached.values()) - min(reached.values()))
        # Who is told of the other's next moment sees it a step further than it is.
        assert ahead <= WINDOW + timedelta(minutes=2)
