"""The numbers of a hall that is alone: blocks that follow one another, and what is said when they are used up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from motcua import clock
from motcua.errors import Conflict
from motcua.queues import days, issuing

from ..queues.conftest import Hall
from .conftest import Machine

pytestmark = pytest.mark.anyio

MORNING = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
_BLOCKS = """
select first, used from number_lease where letter = 'A' and day = $1 order by leased_at, first
"""
_LEASE = """
insert into number_lease (site_id, letter, day, first, last, used, leased_at)
values ($1, 'A', $2, $3, $4, $5, $6)
"""


async def issue(where: Any, hall: Hall, letter: str = "A", **more: Any) -> str:
    async with where.work() as work:
        return (await issuing.issue(work, hall.site, hall.lines[letter], **more)).number


async def cut(machine: Machine) -> None:
    await machine.ticks(3)
    machine.line.cut = True
    await machine.ticks(8)
    assert machine.keeper.state == "alone"


async def heal(machine: Machine) -> None:
    machine.line.cut = False
    await machine.ticks(1)
    assert machine.keeper.state == "linked"


async def used_so_far(hall: Hall, machine: Machine, count: int) -> None:
    """Let the first block be used to its ``count``-th number, as after a long cut."""
    await machine.ticks(3)
    await hall.fetch("update number_lease set used = $1 where letter = 'A'", count)


async def test_after_a_long_cut_the_next_one_finds_the_rest_and_a_further_block(
    hall: Hall, machine: Machine
) -> None:
    with clock.at(MORNING):
        await used_so_far(hall, machine, 40)
        await cut(machine)
        given = [await issue(machine, hall) for _ in range(57)]
        assert (given[0], given[-1]) == ("A841", "A897")
        await heal(machine)
        assert await hall.fetch(_BLOCKS, TODAY) == [
            {"first": 801, "used": 97},
            {"first": 901, "used": 0},
        ]
        assert await issue(hall, hall) == "A001"
        await cut(machine)
        assert [await issue(machine, hall) for _ in range(4)] == ["A898", "A899", "A901", "A902"]
        await heal(machine)
        assert await issue(hall, hall) == "A002"
        assert await hall.fetch(_BLOCKS, TODAY) == [
            {"first": 801, "used": 99},
            {"first": 901, "used": 2},
        ]
    numbers = [r["number"] for r in await hall.fetch("select number from ticket")]
    assert len(numbers) == len(set(numbers)) == 63


async def test_a_hall_that_is_alone_stops_behind_its_last_number_and_says_which_one_it_was(
    hall: Hall, machine: Machine
) -> None:
    with clock.at(MORNING):
        await cut(machine)
        for n in range(801, 900):
            assert await issue(machine, hall) == f"A{n}"
        with pytest.raises(Conflict, match=r"cut off from the centre.* the last one is A899"):
            await issue(machine, hall)
        # What nobody may give twice, an appointment does not get either.
        with pytest.raises(Conflict, match="the last one is A899"):
            await issue(machine, hall, origin="appointment")
        assert await issue(machine, hall, "B") == "B801"
        await heal(machine)
        assert await issue(hall, hall) == "A001"
        await cut(machine)
        assert await issue(machine, hall) == "A901"


async def test_an_appointment_at_the_cut_door_makes_no_room_behind_the_block(
    hall: Hall, machine: Machine
) -> None:
    with clock.at(MORNING):
        await machine.ticks(3)
        await hall.fetch("update number_lease set last = 850 where letter = 'A'")
        await cut(machine)
        for _ in range(50):
            await issue(machine, hall, origin="appointment")
        with pytest.raises(Conflict, match="the last one is A850"):
            await issue(machine, hall)


@pytest.mark.parametrize(
    ("reached", "there", "given"),
    [
        (0, [], 801),
        (0, [801], 901),
        (0, [801, 901], 701),
        (720, [801, 901], 1001),
        (800, [], 801),
        (801, [], 901),
        (1200, [], 1201),
    ],
)
async def test_a_block_lies_where_the_centre_has_not_come(
    reached: int, there: list[int], given: int, hall: Hall, machine: Machine
) -> None:
    with clock.at(MORNING):
        if reached:
            await issue(hall, hall)
            await hall.fetch("update day_number set n = $1", reached)
        for first in there:
            await hall.fetch(_LEASE, hall.site, TODAY, first, first + 98, 99, MORNING)
        await cut(machine)
        assert await issue(machine, hall) == f"A{given}"
        await heal(machine)
        assert await issue(hall, hall) == f"A{reached + 1 + 99 * (reached + 1 == given):03d}"


async def test_the_caps_of_a_day_hold_at_a_hall_that_is_alone_and_afterwards(
    hall: Hall, machine: Machine
) -> None:
    await hall.fetch("update line set quota_walk_in = 5")
    with clock.at(MORNING):
        window = (MORNING + timedelta(hours=1), MORNING + timedelta(hours=2))
        await hall.reserve(window=window)
        for _ in range(2):
            await issue(hall, hall)
        await hall.fetch(_LEASE, hall.site, TODAY, 801, 899, 98, MORNING)
        await hall.fetch(_LEASE, hall.site, TODAY, 901, 999, 0, MORNING)
        await hall.fetch("update line set quota_walk_in = 102 where letter = 'A'")
        await cut(machine)
        assert [await issue(machine, hall) for _ in range(2)] == ["A899", "A901"]
        with pytest.raises(Conflict, match="All 102"):
            await issue(machine, hall)
        async with machine.work() as work:
            line, *_ = await days.capacity(work.tx, hall.site, TODAY)
        assert (line.given_remote, line.given_walk_in, line.left_walk_in) == (1, 102, 0)
        await heal(machine)
        with pytest.raises(Conflict, match="All 102"):
            await issue(hall, hall)
        async with hall.work() as work:
            line, *_ = await days.capacity(work.tx, hall.site, TODAY)
        assert (line.given_remote, line.given_walk_in, line.left_walk_in) == (1, 102, 0)


async def test_the_quota_counts_what_two_blocks_gave_when_the_centre_has_passed_them(
    hall: Hall,
) -> None:
    with clock.at(MORNING):
        await issue(hall, hall)
        await hall.fetch(_LEASE, hall.site, TODAY, 2, 100, 3, MORNING)
        await hall.fetch(_LEASE, hall.site, TODAY, 102, 200, 4, MORNING)
        await hall.fetch("update line set quota_walk_in = 10")
        assert [await issue(hall, hall) for _ in range(2)] == ["A101", "A201"]
        with pytest.raises(Conflict, match="All 10"):
            await issue(hall, hall)


async def test_a_machine_that_is_cut_again_before_it_heard_of_the_centre_goes_on_where_it_was(
    hall: Hall, machine: Machine
) -> None:
    with clock.at(MORNING):
        await cut(machine)
        assert await issue(machine, hall) == "A801"
        machine.line.cut = False
        # Its changes arrive; the beats that would bring the centre's rows do not.
        machine.line.failing = ["", "", "cut", "cut"]
        await machine.ticks(1)
        assert machine.keeper.state == "waiting"
        machine.line.cut = True
        await machine.ticks(8)
        assert machine.keeper.state == "alone"
        assert await issue(machine, hall) == "A802"
        await heal(machine)
        assert await hall.fetch(_BLOCKS, TODAY) == [{"first": 801, "used": 2}]


async def test_a_block_is_leased_once_however_often_the_machine_asks(
    hall: Hall, machine: Machine
) -> None:
    with clock.at(MORNING):
        await machine.ticks(6)
        rows = await hall.fetch(
            "select first from number_lease where day between $1 and $1 + 6", TODAY
        )
        assert len(rows) == 7 * len(hall.lines)
        assert {r["first"] for r in rows} == {801}


async def test_after_more_than_a_week_alone_the_centre_goes_on_behind_the_numbers_of_the_hall(
    hall: Hall, machine: Machine
) -> None:
    long_ago = MORNING.replace(year=2020)
    with clock.at(long_ago):
        await cut(machine)
    with clock.at(long_ago + timedelta(days=8)):
        # For this day nothing was leased: the hall is the only one who gives out numbers.
        assert [await issue(machine, hall) for _ in range(2)] == ["A001", "A002"]
        await heal(machine)
        assert await issue(hall, hall) == "A003"
