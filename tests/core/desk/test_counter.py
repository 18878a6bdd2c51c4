import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from motcua import clock
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.queues.issuing import Issued
from motcua.web import sessions

from .conftest import Desk, Office, Post, SitDown

pytestmark = pytest.mark.anyio
VERSION = re.compile(
    r'name="ticket" value="([^"]+)"><input type="hidden" name="version" value="(\d+)"'
)
BIG = re.compile(r'<button class="button huge" type="submit" data-key="F2" autofocus>')


class Seat:
    """An officer at a counter of the office: what he presses, and what he sees."""

    def __init__(self, office: Office, desk: Desk, counter: UUID | None = None) -> None:
        self.office = office
        self.desk = desk
        self.path = f"/desk/counter/{counter or office.counter}"

    async def sees(self, query: str = "") -> str:
        answer = await self.desk.get(self.path + query)
        assert answer.status_code == 200, answer.headers
        return str(answer.text)

    async def press(self, verb: str, status: int = 303, **fields: Any) -> str:
        """Send the form of a key; returns where it leads, or the page that refuses."""
        answer = await self.desk.post(f"{self.path}/{verb}", **fields)
        assert answer.status_code == status, re.findall(r"<p>[^<]+</p>", answer.text)
        return str(answer.headers["location"] if status == 303 else answer.text)

    async def on(self, verb: str, status: int = 303, **fields: Any) -> str:
        """Press a key on the ticket that the page shows, with the version it shows."""
        found = VERSION.search(await self.sees())
        assert found
        return await self.press(verb, status, ticket=found[1], version=found[2], **fields)

    async def serves(self) -> Issued:
        """Let somebody come, be called and be served."""
        ticket = await self.office.ticket()
        await self.press("call")
        await self.on("start")
        return ticket

    async def state(self, ticket: UUID) -> str:
        return str(await self.office.one("select state from ticket where id = $1", ticket))


@pytest.fixture
async def seat(office: Office, sit: SitDown) -> Seat:
    seat = Seat(office, sit(office.staff["receiver"]))
    await seat.press("open")
    return seat


async def _another(office: Office, sit: SitDown) -> Seat:
    """Let another receiver sit down at the second counter of the site."""
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        staff = uuid7()
        await work.tx.execute(
            "insert into staff (id, username, full_name) values ($1, $2, 'Cán bộ bên cạnh')",
            staff,
            staff.hex,
        )
        await work.tx.execute(
            "insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, 'receiver')",
            uuid7(),
            staff,
            office.unit,
        )
        token = await sessions.start(work, "staff", staff, "Cán bộ bên cạnh")
    counter = await office.one(
        "select id from counter where site_id = $1 and id <> $2 and lines ? 'A' limit 1",
        office.site,
        office.counter,
    )
    seat = Seat(office, sit(Post(staff, token, "Cán bộ bên cạnh")), counter)
    await seat.press("open")
    return seat


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
    await seat.office.ticket()
    assert await seat.press("call", standby="1") == seat.path
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


async def test_a_sign_that_no_text_can_hold_breaks_no_key(seat: Seat) -> None:
    ticket = await seat.serves()
    assert "Hãy ghi lý do." in await seat.on("park", 422, why="\0")
    await seat.press("call-this", 422, number="\0", why="x")
    await seat.on("park", why="Đi\0 photo")
    assert await seat.state(ticket.id) == "parked"
    assert "Đi photo" in await seat.sees()


async def test_who_was_asked_to_come_back_waits_for_this_officer_alone(
    seat: Seat, sit: SitDown
) -> None:
    ticket = await seat.serves()
    await seat.on("come-back", why="Đi nộp phí")
    assert "hẹn quay lại gặp tôi" in await seat.sees()
    await seat.press("returned", ticket=str(ticket.id))
    assert "gặp riêng bạn" in await seat.sees()
    other = await _another(seat.office, sit)
    assert ticket.number not in (await other.sees()).split('id="waiting"')[1]
    assert (await other.press("call")).endswith("done=nobody")
    await seat.press("call")
    assert await seat.state(ticket.id) == "called"


async def test_a_transfer_to_a_counter_keeps_the_place_and_can_be_undone(
    seat: Seat, sit: SitDown
) -> None:
    other = await _another(seat.office, sit)
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
    other = await _another(seat.office, sit)
    assert "<undo-bar" not in await other.sees(f"?undo={ticket.id}")
    await other.press("undo", 409, ticket=str(ticket.id))


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


async def test_who_acts_on_what_he_no_longer_sees_is_told_and_sees_what_is(seat: Seat) -> None:
    ticket = await seat.serves()
    refused = await seat.press("finish", 409, ticket=str(ticket.id), version="1")
    assert "không còn ở trạng thái này" in refused
    assert "Trang đã hiện lại trạng thái đúng." in refused
    assert "Kết thúc và gọi tiếp" in refused, "the page shows the true state"
    assert await seat.state(ticket.id) == "serving"
    assert (await seat.desk.post(f"{seat.path}/finish", ticket="none")).status_code == 404


async def test_a_break_hands_over_what_was_kept_and_ends(seat: Seat, sit: SitDown) -> None:
    other = await _another(seat.office, sit)
    ticket = await seat.serves()
    await seat.on("come-back", why="Đi nộp phí")
    idle = await seat.sees()
    assert "Số bạn đang giữ:" in idle
    assert ticket.number in idle
    await seat.press("break", to_counter=other.path.rsplit("/", 1)[1])
    resting = await seat.sees()
    assert "Đang nghỉ" in resting
    assert "Làm việc lại" in resting
    assert "Số bạn đang giữ:" in await other.sees(), "the other counter keeps it now"
    await seat.press("call", 409)
    await seat.press("back")
    assert "Gọi số tiếp theo" in await seat.sees()
    assert (await seat.press("leave")) == "/desk?done=left"


async def test_kept_numbers_are_handed_over_and_the_officer_goes_on(
    seat: Seat, sit: SitDown
) -> None:
    other = await _another(seat.office, sit)
    ticket = await seat.serves()
    await seat.on("come-back", why="Đi nộp phí")
    await seat.press("hand-over", 422)
    await seat.press("hand-over", to_counter=other.path.rsplit("/", 1)[1])
    kept = "select for_counter_id from ticket where id = $1"
    assert str(await seat.office.one(kept, ticket.id)) == other.path.rsplit("/", 1)[1]


async def _elsewhere(office: Office, sit: SitDown) -> Seat:
    """Open another machine for the same officer."""
    officer = office.staff["receiver"]
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        token = await sessions.start(work, "staff", officer.id, officer.name)
    return Seat(office, sit(replace(officer, token=token)))


async def test_a_seat_is_taken_over_from_another_machine(seat: Seat, sit: SitDown) -> None:
    ticket = await seat.serves()
    new = await _elsewhere(seat.office, sit)
    start = (await new.desk.get("/desk")).text
    assert "trên một máy khác." in start
    assert f"{new.path}/take-over" in start
    asked = await new.sees()
    assert "Tiếp tục ở máy này" in asked
    assert "/finish" not in asked, "a page without the seat has no keys"
    refused = await new.press("finish", 409, ticket=str(ticket.id))
    assert "Trang này chỉ để xem." in refused
    assert (await new.press("take-over")).endswith("done=taken-over")
    assert "Kết thúc và gọi tiếp" in await new.sees()
    await seat.press("finish", 409, ticket=str(ticket.id))
    assert await seat.state(ticket.id) == "serving", "the old machine changes nothing any more"
    assert (await new.on("finish")).startswith(new.path)


async def test_the_next_machine_goes_on_when_the_first_has_signed_out(
    seat: Seat, sit: SitDown
) -> None:
    new = await _elsewhere(seat.office, sit)
    await seat.desk.post("/sign-out")
    assert "Gọi số tiếp theo" in await new.sees()
    assert (await new.press("call")).endswith("done=nobody")


async def test_only_the_officer_of_the_counter_takes_it_over(seat: Seat, sit: SitDown) -> None:
    other = await _another(seat.office, sit)
    stranger = Seat(seat.office, other.desk)
    assert "không còn ngồi ở quầy này" in await stranger.press("take-over", 409)
    assert "Đang phục vụ" in await stranger.press("call", 409), "he is shown where he can sit"


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
    other = await _another(seat.office, sit)
    assert "<strong>0 lượt</strong>" in await other.sees()


async def test_an_officer_sits_down_with_a_profile(office: Office, sit: SitDown) -> None:
    profile = uuid7()
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        await work.tx.execute(
            "insert into work_profile (id, site_id, key, name, groups) values ($1, $2, $3, $4, $5)",
            profile,
            office.site,
            profile.hex,
            "Chứng thực trước",
            [["A"]],
        )
    seat = Seat(office, sit(office.staff["receiver"]))
    assert "Chứng thực trước" in (await seat.desk.get("/desk")).text
    await seat.press("open", profile=str(profile))
    assert "Chứng thực trước" in await seat.sees()
    await seat.press("leave")
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        await work.tx.execute("update counter set profile_id = null where profile_id = $1", profile)
        await work.tx.execute("delete from work_profile where id = $1", profile)


async def test_who_leads_the_site_pauses_and_reopens_a_line(office: Office, sit: SitDown) -> None:
    lead, path = sit(office.staff["leader"]), f"/desk/line/{office.line}"
    assert f'action="{path}/pause"' in (await lead.get("/desk")).text
    assert (
        (await lead.post(f"{path}/pause", why="Mất mạng"))
        .headers["location"]
        .endswith("done=line-pause")
    )
    assert "Mất mạng" in (await lead.get("/desk")).text
    assert (await lead.post(f"{path}/pause", why="Lần nữa")).status_code == 409
    for post in (office.staff["receiver"], office.other["leader"]):
        assert (await sit(post).post(f"{path}/open")).status_code == 403
    assert (await lead.post(f"{path}/open")).headers["location"].endswith("done=line-open")
    assert (await lead.post(f"/desk/line/{uuid7()}/open")).status_code == 404
    assert (await lead.post(f"{path}/sideways")).status_code == 404
