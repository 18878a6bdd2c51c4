"""A step at the counter is undone: for half a minute, by who did it, while nothing else followed."""

import re
from datetime import timedelta

import pytest

from motcua import clock

from ..conftest import SitDown
from .seat import Seat, another

pytestmark = pytest.mark.anyio


async def test_the_end_is_undone_while_the_next_one_is_only_called(seat: Seat) -> None:
    first = await seat.serves()
    second = await seat.office.ticket()
    query = (await seat.on("next")).removeprefix(seat.path)
    shown = await seat.sees(query)
    assert "<undo-bar" in shown
    assert f"trả số vừa gọi về chỗ chờ: {second.number}" in re.sub(r"<[^>]+>", "", shown)
    await seat.press("undo", ticket=str(first.id))
    assert (await seat.state(first.id), await seat.state(second.id)) == ("serving", "waiting")
    query = (await seat.on("next")).removeprefix(seat.path)
    await seat.on("start")
    assert "<undo-bar" not in await seat.sees(query)
    refused = await seat.press("undo", 409, ticket=str(first.id))
    assert f"Đã bắt đầu phục vụ số {second.number}" in refused


async def test_a_call_made_by_mistake_is_undone_at_the_counter(seat: Seat) -> None:
    ticket = await seat.office.ticket()
    chosen = {"ticket": str(ticket.id), "why": "Nhầm"}
    for verb in ("call", "call-this"):
        landed = await seat.press(verb, 303, **(chosen if verb == "call-this" else {}))
        query = landed.removeprefix(seat.path)
        shown = await seat.sees(query)
        assert "<undo-bar" in shown
        assert await seat.state(ticket.id) == "called"
        assert (await seat.press("undo", ticket=str(ticket.id))).endswith("done=undone")
        assert await seat.state(ticket.id) == "waiting"


async def test_the_server_decides_how_long_a_step_can_be_undone(seat: Seat) -> None:
    ticket = await seat.serves()
    landed = await seat.on("finish")
    query = landed.removeprefix(seat.path)
    assert '<undo-bar class="undo" seconds="' in await seat.sees(query)
    with clock.at(clock.now() + timedelta(seconds=31)):
        assert "<undo-bar" not in await seat.sees(query)
        assert "30 giây" in await seat.press("undo", 409, ticket=str(ticket.id))
    assert await seat.state(ticket.id) == "done"


async def test_nobody_undoes_what_another_officer_did(seat: Seat, sit: SitDown) -> None:
    ticket = await seat.serves()
    await seat.on("finish")
    other = await another(seat.office, sit)
    assert "<undo-bar" not in await other.sees(f"?undo={ticket.id}")
    await other.press("undo", 409, ticket=str(ticket.id))
