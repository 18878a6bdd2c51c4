"""After a cut from the centre the counter goes on with the number it had."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from motcua import clock

from .seat import BIG, Seat

pytestmark = pytest.mark.anyio
_CUT = """
with d as (
  insert into device (id, site_id, kind, name, paired_at)
  values (uuidv7(), $1, 'node', 'Máy ' || uuidv7(), $2) returning id)
insert into site_node (site_id, device_id, about, alone_since) select $1, id, '{}', $2 from d
returning 1
"""
_HEALED = "delete from site_node where site_id = $1 returning 1"


@pytest.fixture
async def cut(seat: Seat) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """Return what cuts the office's hall off, as its own machine has it, until the test is over."""
    site = seat.office.site
    yield lambda: seat.office.one(_CUT, site, clock.now())
    await seat.office.one(_HEALED, site)


async def test_after_a_cut_the_page_offers_to_go_on_with_who_was_being_served(
    seat: Seat, cut: Callable[[], Awaitable[Any]]
) -> None:
    first = await seat.office.ticket()
    await cut()
    assert "Số đang phục vụ dở" in await seat.sees()
    assert "done=taken-up" in await seat.press("take-up", number=first.number.lower())
    assert await seat.state(first.id) == "serving"
    await seat.press("take-up", 409, number=(await seat.office.ticket()).number)


async def test_after_a_cut_the_big_key_serves_on_who_was_called_before_it(
    seat: Seat, cut: Callable[[], Awaitable[Any]]
) -> None:
    first = await seat.office.ticket()
    await seat.press("call")
    await cut()
    shown = await seat.sees()
    assert "Vừa mất kết nối trung tâm" in shown
    assert "Phục vụ tiếp" in shown
    assert BIG.search(shown)
    await seat.on("start")
    assert await seat.state(first.id) == "serving"
