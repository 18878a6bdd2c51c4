"""Where a number goes from the counter: aside, to another one, further in the visit, before its turn."""

import re

import pytest

from ..conftest import SitDown
from .seat import Seat, another

pytestmark = pytest.mark.anyio


async def test_a_ticket_is_parked_for_a_reason_and_resumed(seat: Seat) -> None:
    ticket = await seat.serves()
    refused = await seat.on("park", 422, why=" ")
    assert "Hãy ghi lý do." in refused
    assert re.search(r'<details class="panel" name="panel" open><summary[^>]*Alt\+P', refused)
    assert (await seat.on("park", why="Đi photo")).endswith(f"done=parked&undo={ticket.id}")
    parked = await seat.sees()
    assert "Đang tạm dừng: 1" in parked
    assert "Đi photo" in parked
    found = re.search(
        r'/resume".*?name="ticket" value="([^"]+)".*?value="(\d+)"', parked, re.DOTALL
    )
    assert found
    await seat.press("resume", ticket=found[1], version=found[2])
    assert await seat.state(ticket.id) == "serving"


async def test_who_was_asked_to_come_back_waits_for_this_officer_alone(
    seat: Seat, sit: SitDown
) -> None:
    ticket = await seat.serves()
    await seat.on("come-back", why="Đi nộp phí")
    assert "hẹn quay lại gặp tôi" in await seat.sees()
    await seat.press("returned", ticket=str(ticket.id))
    assert "gặp riêng bạn" in await seat.sees()
    other = await another(seat.office, sit)
    assert ticket.number not in (await other.sees()).split('id="waiting"')[1]
    assert (await other.press("call")).endswith("done=nobody")
    await seat.press("call")
    assert await seat.state(ticket.id) == "called"


async def test_a_transfer_to_a_counter_keeps_the_place_and_can_be_undone(
    seat: Seat, sit: SitDown
) -> None:
    other = await another(seat.office, sit)
    ticket = await seat.serves()
    refused = await seat.on("transfer", 422, to="")
    assert "Hãy chọn nơi chuyển đến." in refused
    to = other.path.rsplit("/", 1)[1]
    assert f'value="counter:{to}"' in await seat.sees()
    assert "Cán bộ bên cạnh" in await seat.sees()
    landed = await seat.on("transfer", to=f"counter:{to}", why="Đúng lĩnh vực")
    assert "gửi quầy này" in await other.sees()
    assert "Hoàn tác" in await seat.sees(landed.removeprefix(seat.path))
    assert (await seat.press("undo", ticket=str(ticket.id))).endswith("done=undone")
    assert await seat.state(ticket.id) == "serving"


async def test_a_service_is_added_by_words_and_seen_in_the_visit(seat: Seat) -> None:
    await seat.serves()
    line = str(seat.office.line)
    assert "Không tìm thấy thủ tục này." in await seat.on(
        "add-service", 422, line=line, procedure="qqqzzz"
    )
    for wrong in ("0", "00995"):
        assert "từ 1 đến 99" in await seat.on("add-service", 422, line=line, quantity=wrong)
    await seat.on("add-service", line=line, procedure="ban sao so goc", quantity="3")
    shown = await seat.sees()
    assert "Trong lượt đến này" in shown
    assert "2.000908</span> × 3" in shown


async def test_a_person_is_sent_on_in_the_same_visit(seat: Seat) -> None:
    await seat.serves()
    further = await seat.office.one(
        "select id from line where site_id = $1 and letter <> 'A' order by letter limit 1",
        seat.office.site,
    )
    await seat.on("send-on", line=str(further))
    shown = await seat.sees()
    assert "Trong lượt đến này" in shown
    assert "Ưu tiên cho số tiếp theo" in shown


async def test_somebody_without_a_number_is_received_in_one_go(seat: Seat) -> None:
    assert (await seat.press("direct", line=str(seat.office.line))).endswith("done=direct")
    shown = await seat.sees()
    assert "Cấp tại quầy" in shown
    assert "Kết thúc và gọi tiếp" in shown


async def test_out_of_order_is_called_only_for_a_reason(seat: Seat) -> None:
    await seat.office.ticket()
    second = await seat.office.ticket()
    picked = await seat.sees(f"?pick={second.id}")
    assert "Lý do gọi ngoài thứ tự" in picked
    fields = {"ticket": str(second.id), "picked": str(second.id)}
    refused = await seat.press("call-this", 422, **fields)
    assert "Hãy ghi lý do." in refused
    assert 'id="picked"' in refused
    assert "Hôm nay không có số này." in await seat.press(
        "call-this", 422, number="Z999", why="Vội"
    )
    await seat.press("call-this", number=second.number.lower(), why="Có trẻ nhỏ khóc")
    assert await seat.state(second.id) == "called"


async def test_priority_is_granted_after_its_evidence_was_seen(seat: Seat) -> None:
    ticket = await seat.office.ticket()
    key = await seat.office.one("select key from priority_class where evidence = 'officer' limit 1")
    fields = {"ticket": str(ticket.id), "picked": str(ticket.id), "class": key}
    assert "đã kiểm tra" in await seat.press("priority", 422, **fields)
    await seat.press("priority", **fields, checked="1", why="Đang mang thai")
    shown = await seat.sees(f"?pick={ticket.id}")
    assert "Đang mang thai" in shown
    assert "Thu lại ưu tiên" in shown
    await seat.press("no-priority", ticket=str(ticket.id), why="Nhầm người")
    assert await seat.office.one("select priority from ticket where id = $1", ticket.id) == 0
