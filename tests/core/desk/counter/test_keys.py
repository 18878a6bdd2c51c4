"""What an officer sees at his counter: one big key, a key for everything, and what concerns him."""

import re

import pytest

from motcua.events.log import SYSTEM
from motcua.ids import uuid7

from ..conftest import SitDown
from .seat import BIG, Seat, another

pytestmark = pytest.mark.anyio


async def test_one_big_key_is_always_the_next_right_thing(seat: Seat) -> None:
    first, second = await seat.office.ticket(), await seat.office.ticket()
    idle = await seat.sees()
    assert BIG.search(idle)
    assert "Gọi số tiếp theo" in idle
    await seat.press("call")
    called = await seat.sees()
    assert BIG.search(called)
    assert all(word in called for word in (first.number, "Người dân đã đến", "Gọi lại", "Vắng mặt"))
    await seat.on("start")
    assert "Kết thúc và gọi tiếp" in await seat.sees()
    assert (await seat.on("next")).startswith(f"{seat.path}?done=finish&undo={first.id}")
    assert await seat.state(first.id) == "done"
    assert await seat.state(second.id) == "called"


async def test_when_nobody_waits_the_page_waits_for_the_next_one(seat: Seat) -> None:
    assert "gọi ngay khi có người đến" in await seat.sees()
    to = await seat.press("call", standby="1")
    assert to == f"{seat.path}?standby=1"
    waits = await seat.sees("?standby=1")
    assert "<call-soon" in waits
    called = await seat.office.ticket()
    assert await seat.press("call", standby="1") == f"{seat.path}?undo={called.id}"
    assert "<call-soon" not in await seat.sees("?standby=1"), "somebody is at the counter"


async def test_every_action_has_a_visible_key_that_the_help_lists(seat: Seat) -> None:
    pages = [await seat.sees()]
    ticket = await seat.office.ticket()
    await seat.press("call")
    pages.append(await seat.sees())
    await seat.on("start")
    pages.append(await seat.sees())
    await seat.on("come-back", why="Đi photo")
    pages.append(await seat.sees(f"?undo={ticket.id}"))
    helped = set(re.findall(r"<dt><kbd>([^<]+)</kbd></dt>", pages[0]))
    for shown in pages:
        keys = re.findall(r'data-key="([^"]+)"', shown)
        assert len(keys) == len(set(keys)), "a key does one thing"
        assert set(keys) <= helped
        for key in keys:
            assert (
                f"<kbd>{key}</kbd>" in shown.split('class="keys"')[0] + shown.split("</dl>", 1)[1]
            )


async def test_the_list_marks_whom_the_big_key_calls(seat: Seat) -> None:
    await seat.office.ticket()
    later = await seat.office.ticket()
    await seat.office.one("update ticket set priority = 1 where id = $1 returning 1", later.id)
    marked = re.search(
        r'id="waits-(\w+)"(?:(?!</li>).)*gọi tiếp theo', await seat.sees(), re.DOTALL
    )
    assert marked
    assert marked[1] == later.number
    await seat.press("call")
    assert await seat.state(later.id) == "called"


async def test_a_sign_that_no_text_can_hold_breaks_no_key(seat: Seat) -> None:
    ticket = await seat.serves()
    assert "Hãy ghi lý do." in await seat.on("park", 422, why="\0")
    await seat.press("call-this", 422, number="\0", why="x")
    await seat.on("park", why="Đi\0 photo")
    assert await seat.state(ticket.id) == "parked"
    assert "Đi photo" in await seat.sees()


async def test_who_acts_on_what_he_no_longer_sees_is_told_and_sees_what_is(seat: Seat) -> None:
    ticket = await seat.serves()
    refused = await seat.press("finish", 409, ticket=str(ticket.id), version="1")
    assert "không còn ở trạng thái này" in refused
    assert "Trang đã hiện lại trạng thái đúng." in refused
    assert "Kết thúc và gọi tiếp" in refused, "the page shows the true state"
    assert await seat.state(ticket.id) == "serving"
    assert (await seat.desk.post(f"{seat.path}/finish", ticket="none")).status_code == 404


async def test_a_call_for_help_is_seen_and_cleared(seat: Seat) -> None:
    device = uuid7()
    async with seat.office.platform.works.begin(seat.office.tenant, SYSTEM) as work:
        await work.tx.execute(
            "insert into device (id, site_id, kind, name, paired_at, seen_at, help_since, health)"
            " values ($1, $2, 'station', $3, $4, $4, $4, $5)",
            device,
            seat.office.site,
            f"Trạm {device.hex}",
            work.now,
            {"paper": "low"},
        )
    shown = await seat.sees()
    assert "người dân đang gọi nhân viên, sắp hết giấy" in shown
    await seat.press("help", device=str(device))
    assert "sắp hết giấy" in (after := await seat.sees())
    assert f'value="{device}"' not in after
    await seat.press("help", 409, device=str(uuid7()))
    await seat.office.one("update device set forgotten_at = now() where id = $1", device)


async def test_the_own_day_is_counted_and_nobody_elses(seat: Seat, sit: SitDown) -> None:
    await seat.serves()
    await seat.on("finish")
    assert "<strong>1 lượt</strong>" in await seat.sees()
    other = await another(seat.office, sit)
    assert "<strong>0 lượt</strong>" in await other.sees()
