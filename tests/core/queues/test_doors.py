"""Being there with a number and an appointment at once, and by a telephone that anybody may know."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from motcua import clock
from motcua.errors import Conflict
from motcua.queues import appointments, issuing, remote
from motcua.queues.issuing import Issued

from .conftest import Hall
from .test_appointments import book, slot, states

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, nine o'clock
PHONE = "0912345678"


async def reserve(hall: Hall, wait: int, line: str = "A") -> Issued:
    window = (NOW + timedelta(minutes=wait), NOW + timedelta(minutes=wait + 20))
    with clock.at(NOW):
        return await hall.do(
            issuing.reserve, hall.site, hall.lines[line], contact=PHONE, window=window
        )


async def here(hall: Hall, code: str, phone: str, minutes: int, **more: Any) -> list[UUID]:
    with clock.at(NOW + timedelta(minutes=minutes)):
        return await hall.do(remote.here, hall.site, code, phone, **more)


@pytest.mark.parametrize("by", ["phone", "appointment"])
async def test_who_holds_a_number_and_an_appointment_in_a_line_waits_once_in_the_better_place(
    hall: Hall, by: str
) -> None:
    made = await book(hall, await slot(hall, 1))
    number = await reserve(hall, 30)
    code, phone = ("", PHONE) if by == "phone" else (made.public_code, "")
    assert await here(hall, code, phone, 40) == [number.id]
    row = await hall.ticket(number.id)
    assert (row["state"], row["appointment_id"], row["sort_key"]) == ("waiting", made.id, NOW)
    assert await states(hall) == {"arrived": 1}
    assert await hall.fetch("select ticket_id from appointment") == [{"ticket_id": number.id}]
    assert len(await hall.fetch("select 1 from ticket")) == 1
    told = (await hall.event("appointment.arrived"))["number"]
    assert told == number.number


async def test_an_appointment_moves_a_number_that_came_too_late_forward(hall: Hall) -> None:
    made = await book(hall, await slot(hall, 1))
    number = await reserve(hall, 10)
    await here(hall, number.public_code, "", 55)
    assert (await hall.ticket(number.id))["sort_key"] == NOW + timedelta(minutes=55)
    assert await here(hall, made.public_code, "", 56) == [number.id]
    assert (await hall.ticket(number.id))["sort_key"] == NOW + timedelta(minutes=50)


async def test_an_appointment_served_at_the_counter_already_is_kept_by_that_number(
    hall: Hall,
) -> None:
    made = await book(hall, await slot(hall, 0.2))
    number = await reserve(hall, 0)
    with clock.at(NOW):
        await hall.do(issuing.arrive, number.id)
        await hall.sit(0)
        await hall.bring(0)
        assert (await hall.do(appointments.arrive, made.public_code)).id == number.id
    assert (await hall.ticket(number.id))["state"] == "serving"
    assert await states(hall) == {"arrived": 1}


async def test_who_has_not_come_yet_is_told_to_say_that_he_is_here(hall: Hall) -> None:
    await reserve(hall, 30)
    with pytest.raises(Conflict) as refused:
        await reserve(hall, 60)
    assert "chưa báo đã đến" in refused.value.vi
    assert "đang chờ gọi" not in refused.value.vi


async def test_a_stranger_who_knows_a_telephone_brings_nobody_long_before_his_time(
    hall: Hall, api: httpx2.AsyncClient
) -> None:
    number = await reserve(hall, 360)
    made = await book(hall, await slot(hall, 6, line="B"))
    with clock.at(NOW + timedelta(minutes=5)):
        answer = await api.post("/api/sites/sanh/arrivals", json={"code": PHONE})
    assert answer.status_code == 409
    assert "14:45" in answer.text
    assert (await hall.ticket(number.id))["state"] == "reserved"
    assert await states(hall) == {"booked": 1}
    with clock.at(NOW + timedelta(minutes=345)):
        answer = await api.post("/api/sites/sanh/arrivals", json={"code": PHONE})
    assert [row["state"] for row in answer.json()] == ["waiting", "waiting"]
    assert (await hall.ticket(number.id))["state"] == "waiting"
    assert made.public_code not in answer.text


async def test_by_telephone_only_the_line_whose_time_is_near_is_entered(hall: Hall) -> None:
    soon, later = await reserve(hall, 20), await reserve(hall, 300, "B")
    assert await here(hall, "", PHONE, 10) == [soon.id]
    assert (await hall.ticket(later.id))["state"] == "reserved"


async def test_at_a_machine_of_the_hall_a_telephone_is_enough_at_any_time(hall: Hall) -> None:
    number = await reserve(hall, 300)
    assert await here(hall, "", PHONE, 10, inside=True) == [number.id]
