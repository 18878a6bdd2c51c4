"""Sitting at a counter: with a profile, on a break, on another machine, and what is kept when one goes."""

import pytest

from motcua.events.log import SYSTEM
from motcua.ids import uuid7

from ..conftest import Office, SitDown
from .seat import Seat, another, elsewhere

pytestmark = pytest.mark.anyio


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
