import pytest

from motcua import clock
from motcua.queues import board, numbers, serving

from .conftest import Hall

pytestmark = pytest.mark.anyio


async def test_the_board_shows_the_last_calls_and_the_lines(hall: Hall) -> None:
    for _ in range(3):
        await hall.issue()
    await hall.sit(0, 1)
    await hall.call()
    now = clock.now()
    async with hall.platform.db.tenant(hall.tenant) as tx:
        state = await board.snapshot(tx, hall.site, now)
        assert await board.calls_after(tx, hall.site, 1, now) == []
        found = await board.calls_after(tx, hall.site, 0, now)
    assert [c["number"] for c in state["calls"]] == ["A001"] == [c.number for c in found]
    assert [(r["letter"], r["waiting"]) for r in state["lines"]] == [("A", 2), ("B", 0)]
    assert all(r["range"] for r in state["lines"])


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 20])
async def test_the_board_never_drops_the_last_called(hall: Hall, count: int) -> None:
    for _ in range(count):
        await hall.issue()
    await hall.sit(0)
    for _ in range(count):
        called = await hall.bring()
        await hall.do(serving.finish, called.id, hall.staff[0])
    async with hall.platform.db.tenant(hall.tenant) as tx:
        state = await board.snapshot(tx, hall.site, clock.now())
    shown = [c["number"] for c in state["calls"]]
    assert shown == [numbers.write("A", n) for n in range(count, max(0, count - board.SHOWN), -1)]
