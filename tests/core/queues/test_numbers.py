from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from motcua.errors import Conflict
from motcua.queues import numbers

from .conftest import Hall

pytestmark = pytest.mark.anyio
DAY = datetime.now(UTC).date()
_LEASE = """
insert into number_lease (site_id, letter, day, first, last, leased_at)
values ($1, 'A', $2, $3, $4, now())
"""


async def test_numbers_have_no_gap_and_no_double_under_parallel_clients(hall: Hall) -> None:
    taken: list[str] = []

    async def one(fail: bool) -> None:
        try:
            async with hall.work() as work:
                number = await numbers.take(work, hall.site, "A", DAY)
                if fail:
                    raise Conflict("Hỏng.", "Broken.")
        except Conflict:
            return
        taken.append(number)

    async with anyio.create_task_group() as group:
        for n in range(40):
            group.start_soon(one, n % 4 == 0)
    assert sorted(taken) == [numbers.write("A", n) for n in range(1, 31)]


async def test_each_line_and_each_day_has_its_own_numbers(hall: Hall) -> None:
    async with hall.work() as work:
        first = await numbers.take(work, hall.site, "A", DAY)
        other = await numbers.take(work, hall.site, "B", DAY)
        next_day = await numbers.take(work, hall.site, "A", DAY.replace(year=DAY.year + 1))
    assert (first, other, next_day) == ("A001", "B001", "A001")


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([], ["A001", "A002", "A003"]),
        ([(2, 4)], ["A001", "A005", "A006"]),
        ([(1, 2), (3, 5)], ["A006", "A007", "A008"]),
        ([(2, 2), (4, 9)], ["A001", "A003", "A010"]),
        ([(801, 899)], ["A001", "A002", "A003"]),
    ],
)
async def test_leased_blocks_are_stepped_over(
    hall: Hall, blocks: list[Any], expected: list[str]
) -> None:
    today = (await hall.issue("B")).number
    assert today == "B001"
    [row] = await hall.fetch("select day from ticket")
    for first, last in blocks:
        await hall.fetch(_LEASE, hall.site, row["day"], first, last)
    assert [(await hall.issue()).number for _ in expected] == expected


async def test_a_number_above_999_has_all_its_digits(hall: Hall) -> None:
    await hall.issue()
    await hall.fetch("update day_number set n = 998")
    assert [(await hall.issue()).number for _ in range(2)] == ["A999", "A1000"]
