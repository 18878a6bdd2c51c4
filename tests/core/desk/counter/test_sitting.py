"""Sitting at a counter: with a profile, on a break, on another machine, and what is kept when one goes."""

import re
from datetime import datetime, timedelta

import pytest

from motcua.events.log import SYSTEM
from motcua.ids import uuid7

from ..conftest import Office, SitDown
from .seat import Seat, another, elsewhere

pytestmark = pytest.mark.anyio
CLOCK = re.compile(r'<time-since at="([^"]+)" now="([^"]+)"')
_LONG_AGO = "update ticket set started_at = started_at - $2::interval where id = $1"
_TWO_MINUTES = """
update segment set from_at = to_at - $2::interval
where ticket_id = $1 and kind = 'serving' and to_at is not null
"""


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


async def test_a_break_hands_over_what_was_kept_and_ends(seat: Seat, sit: SitDown) -> None:
    other = await another(seat.office, sit)
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
    other = await another(seat.office, sit)
    ticket = await seat.serves()
    await seat.on("come-back", why="Đi nộp phí")
    await seat.press("hand-over", 422)
    await seat.press("hand-over", to_counter=other.path.rsplit("/", 1)[1])
    kept = "select for_counter_id from ticket where id = $1"
    assert str(await seat.office.one(kept, ticket.id)) == other.path.rsplit("/", 1)[1]


async def test_a_break_hands_over_what_was_only_parked_and_both_desks_see_whose_it_is(
    seat: Seat, sit: SitDown
) -> None:
    other = await another(seat.office, sit)
    there = other.path.rsplit("/", 1)[1]
    number = await seat.office.one("select number from counter where id::text = $1", there)
    ticket = await seat.serves()
    await seat.on("park", why="Đi sao chụp")
    assert f"Số bạn đang giữ: <strong>{ticket.number}</strong>" in await seat.sees()
    after = await seat.press("break", to_counter=there)
    said = f"Đã bàn giao cho quầy {number}: 1 số."
    assert said in await seat.sees(after.removeprefix(seat.path))
    await seat.press("back")
    giver, taker = await seat.sees(), await other.sees()
    assert "Số bạn đang giữ:" not in giver
    assert f"Quầy {number}</span>" in giver
    assert "ở quầy này" not in giver
    assert "Số bạn đang giữ:" in taker
    assert "ở quầy này" in taker
    await other.press("resume", ticket=str(ticket.id))
    assert await seat.state(ticket.id) == "serving"


async def test_handing_over_nothing_says_so_and_tells_nobody(seat: Seat, sit: SitDown) -> None:
    other = await another(seat.office, sit)
    told = "select count(*) from event where type = 'counter.handed_over' and subject = $1"
    before = await seat.office.one(told, seat.office.counter)
    after = await seat.press("hand-over", to_counter=other.path.rsplit("/", 1)[1])
    assert "Không có số nào để bàn giao." in await seat.sees(after.removeprefix(seat.path))
    assert await seat.office.one(told, seat.office.counter) == before


async def test_only_an_address_that_can_be_true_says_that_something_was_handed_over(
    seat: Seat,
) -> None:
    for query in ("?moved=x&to=2", "?moved=99999&to=2", "?moved=1", f"?moved=1&to={'2' * 30}"):
        assert "Đã bàn giao" not in await seat.sees(query)


async def test_the_clock_of_a_service_rests_while_its_number_is_parked(seat: Seat) -> None:
    ticket = await seat.serves()
    assert "không tính lúc tạm dừng" not in await seat.sees()
    await seat.on("park", why="Đi nộp phí")
    await seat.press("resume", ticket=str(ticket.id))
    # He was served for two minutes, and then parked for fourteen: no test waits so long, nor begins before midnight.
    async with seat.office.platform.works.begin(seat.office.tenant, SYSTEM) as work:
        await work.tx.execute(_LONG_AGO, ticket.id, timedelta(minutes=16))
        await work.tx.execute(_TWO_MINUTES, ticket.id, timedelta(minutes=2))
    shown = await seat.sees()
    counted = CLOCK.search(shown)
    assert counted
    passed = datetime.fromisoformat(counted[2]) - datetime.fromisoformat(counted[1])
    assert timedelta(minutes=2) < passed < timedelta(minutes=3)
    assert "không tính lúc tạm dừng" in shown


async def test_a_page_without_the_seat_says_nothing_of_what_was_done_before(
    seat: Seat, sit: SitDown
) -> None:
    new = await elsewhere(seat.office, sit)
    after = (await new.press("take-over")).removeprefix(new.path)
    assert "Đã tiếp tục ở máy này" in await new.sees(after)
    await seat.press("take-over")
    lost = await new.sees(after)
    assert "Quầy này đang được phục vụ ở máy khác." in lost
    assert "Đã tiếp tục ở máy này" not in lost


async def test_a_seat_is_taken_over_from_another_machine(seat: Seat, sit: SitDown) -> None:
    ticket = await seat.serves()
    new = await elsewhere(seat.office, sit)
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
    new = await elsewhere(seat.office, sit)
    await seat.desk.post("/sign-out")
    assert "Gọi số tiếp theo" in await new.sees()
    assert (await new.press("call")).endswith("done=nobody")


async def test_only_the_officer_of_the_counter_takes_it_over(seat: Seat, sit: SitDown) -> None:
    other = await another(seat.office, sit)
    stranger = Seat(seat.office, other.desk)
    assert "không còn ngồi ở quầy này" in await stranger.press("take-over", 409)
    assert "Đang phục vụ" in await stranger.press("call", 409), "he is shown where he can sit"
