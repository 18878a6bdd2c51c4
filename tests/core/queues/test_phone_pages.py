"""A number by telephone and an appointment, over HTTP, as somebody without an account does it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.ids import uuid7
from motcua.portal import queue_ticket
from motcua.queues import days, hours, knocks, remote, serving
from motcua.queues.advice import Advice

from ..board.test_stream import Ear, served
from .conftest import Hall
from .telephones import last_code

pytestmark = pytest.mark.anyio
PHONE = "0912 345 678"
Browse = Callable[[str], httpx2.AsyncClient]
_CSRF = re.compile(r'name="_csrf_token" value="([^"]+)"')
_CALENDAR = """
insert into tenant_calendar (id, version, content, valid_from) values ($1, 'w', $2, '2020-01-01')
"""
EVERY_DAY = {
    "version": "w",
    "valid_from": "2020-01-01",
    "sessions": [["00:00", "24:00"]],
    "weekend": [],
}


@pytest.fixture
async def web(hall: Hall, browse: Browse) -> httpx2.AsyncClient:
    """Return a browser at the hall's tenant, which is open all day on every day."""
    async with hall.work() as work:
        await work.tx.execute(_CALENDAR, uuid7(), EVERY_DAY)
    hall.platform.catalogue.forget(hall.tenant)
    return browse(hall.tenant.slug)


async def post(web: httpx2.AsyncClient, page: str, to: str, **form: str) -> httpx2.Response:
    """Send a form of a page, with what proves that it is ours."""
    shown = await web.get(page)
    token = _CSRF.search(shown.text)
    assert token, shown.text
    return await web.post(to, data={**form, "_csrf_token": token[1]})


async def reserve(hall: Hall, web: httpx2.AsyncClient, **form: str) -> httpx2.Response:
    """Take a number of line A from afar; the code that is sent to the telephone is entered."""
    page = "/queue/sanh/A"
    answer = await post(web, page, page, **form)
    if answer.status_code == 200:
        answer = await post(web, page, page, **form, code=await last_code(hall))
    return answer


async def book(hall: Hall, web: httpx2.AsyncClient, slot: UUID) -> httpx2.Response:
    """Book as a program does; the code that is sent to the telephone is entered."""
    wish = {"slot": str(slot), "phone": PHONE}
    asked = await web.post("/api/appointments", json=wish)
    assert asked.status_code == 422, asked.text
    return await web.post("/api/appointments", json={**wish, "code": await last_code(hall)})


async def as_staff(hall: Hall, web: httpx2.AsyncClient, path: str, **body: Any) -> Any:
    """Ask the JSON API as the receiver."""
    headers = {"authorization": f"Bearer {web.headers['x-test-token']}"}
    answer = await web.post(path, json=body or None, headers=headers)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def test_a_number_from_reservation_to_done(hall: Hall, web: httpx2.AsyncClient) -> None:
    assert "Sảnh thử" in (await web.get("/queue")).text
    assert "Lĩnh vực thử" in (await web.get("/queue/sanh")).text
    answer = await reserve(hall, web, phone=PHONE, when="now")
    assert answer.status_code == 303, answer.text
    ticket = answer.headers["location"]
    page = (await web.get(ticket)).text
    assert "A001" in page
    assert "Mời đến trong khoảng" in page
    assert (await post(web, ticket, f"{ticket}/arrive")).status_code == 303
    assert "người tiếp theo" in (await web.get(ticket)).text
    web.headers["x-test-token"] = await hall.token("staff")
    counter = f"/api/counters/{hall.counters[0]}"
    await as_staff(hall, web, f"{counter}/open")
    called = await as_staff(hall, web, f"{counter}/call")
    assert called["number"] == "A001"
    assert "Mời đến quầy <strong>1</strong>" in (await web.get(ticket)).text
    await as_staff(hall, web, f"/api/tickets/{called['ticket']}/start")
    assert "Đang phục vụ" in (await web.get(ticket)).text
    await as_staff(hall, web, f"/api/tickets/{called['ticket']}/finish")
    page = (await web.get(ticket)).text
    assert "Đã phục vụ xong" in page
    assert "/rating" in page
    rated = await post(web, ticket, f"{ticket}/rating", level="3")
    assert rated.status_code == 303
    thanked = (await web.get(rated.headers["location"])).text
    assert "Cảm ơn" in thanked
    assert "/rating" not in thanked
    assert "live-region" not in page


async def test_the_same_telephone_is_told_that_it_holds_a_number(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    await reserve(hall, web, phone=PHONE, when="now")
    again = await reserve(hall, web, phone="+84912345678", when="now")
    assert again.status_code == 409
    assert "A001" in again.text or "một số" in again.text


async def test_a_wrong_telephone_is_said_beside_its_field(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    wrong = await post(web, "/queue/sanh/A", "/queue/sanh/A", phone="12", when="now")
    assert wrong.status_code == 422
    assert 'id="f-phone-error"' in wrong.text
    for when in ("yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        wrong = await post(web, "/queue/sanh/A", "/queue/sanh/A", when=when)
        assert wrong.status_code == 422
    unsaid = await post(web, "/queue/sanh/A", "/queue/sanh/A", phone=PHONE)
    assert unsaid.status_code == 422
    assert 'id="f-when-error"' in unsaid.text


async def test_a_number_is_not_given_for_a_day_of_next_year(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    when = (hours.midnight(local_day(clock.now())) + timedelta(days=365)).isoformat()
    far = await reserve(hall, web, phone=PHONE, when=when)
    assert far.status_code == 409
    assert "đặt lịch hẹn" in far.text
    assert await hall.fetch("select 1 from ticket") == []


async def test_the_link_of_a_number_is_read_at_the_door(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    made = await reserve(hall, web, phone=PHONE, when="now")
    link = f"https://tinh.example.vn{made.headers['location']}"
    by_link = await post(web, "/s/sanh", "/s/sanh", code=link)
    assert by_link.headers["location"] == f"{made.headers['location']}?done=arrive"


async def test_letting_pass_and_leaving_from_the_page(hall: Hall, web: httpx2.AsyncClient) -> None:
    codes = []
    for phone in ("0912345678", "0912345679"):
        made = await reserve(hall, web, phone=phone, when="now")
        codes.append(made.headers["location"])
        assert (await post(web, codes[-1], f"{codes[-1]}/arrive")).status_code == 303
    passed = await post(web, codes[0], f"{codes[0]}/let-pass")
    assert passed.headers["location"].endswith("?done=let-pass")
    assert '<strong class="number">1</strong>' in (await web.get(codes[0])).text
    assert (await post(web, codes[0], f"{codes[0]}/leave")).status_code == 303
    assert "Đã trả số" in (await web.get(codes[0])).text
    gone = await post(web, codes[1], f"{codes[0]}/leave")
    assert gone.status_code == 409


async def test_who_gives_his_number_back_is_told_so_at_once(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    made = await reserve(hall, web, phone=PHONE, when="now")
    ticket = made.headers["location"]
    hall.platform.cache.clear()  # what is read now is a second young when he leaves
    await web.get(ticket)
    gone = await post(web, ticket, f"{ticket}/leave")
    page = (await web.get(gone.headers["location"])).text
    assert "Đã trả số" in page
    assert 'id="act-leave"' not in page
    assert "live-region" not in page


async def test_what_was_done_is_said_only_while_one_waits(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    made = await reserve(hall, web, phone=PHONE, when="now")
    ticket = made.headers["location"]
    here = (await post(web, ticket, f"{ticket}/arrive")).headers["location"]
    page = (await web.get(here)).text
    live = page[page.index("<live-region") : page.index("</live-region>")]
    assert "Đã ghi nhận ông/bà có mặt." in live, "what happens next takes it away"
    assert "/stream?done=arrive" in live
    await hall.sit(0)
    await hall.call(0)
    called = (await web.get(here)).text
    assert "Mời đến quầy" in called
    assert "Đã ghi nhận ông/bà có mặt." not in called


async def test_what_was_done_is_gone_once_one_was_called_also_from_a_page_left_open(
    hall: Hall, web: httpx2.AsyncClient, free_tcp_port: int
) -> None:
    made = await reserve(hall, web, phone=PHONE, when="now")
    ticket = made.headers["location"]
    await post(web, ticket, f"{ticket}/arrive")
    await hall.sit(0)
    path = f"/t/{hall.tenant.slug}{ticket}/stream?done=arrive"
    async with (
        served(hall.platform, free_tcp_port),
        httpx2.AsyncClient() as client,
        client.stream("GET", f"http://127.0.0.1:{free_tcp_port}{path}") as answer,
    ):
        ear = Ear(answer.aiter_bytes())
        assert "Đã ghi nhận ông/bà có mặt." in (await ear.next("now"))[1]
        called = await hall.call(0)
        assert called
        told = (await ear.next("now"))[1]
        assert "Mời đến quầy" in told
        assert "Đã ghi nhận ông/bà có mặt." not in told
        await hall.do(serving.no_show, called.id, hall.staff[0])
        told = (await ear.next("now"))[1]
        assert "Đã gọi số này nhưng không gặp ông/bà" in told
        assert "Đã ghi nhận ông/bà có mặt." not in told, "nor does it come back"


async def test_another_hall_is_named_only_while_one_waits(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    made = await reserve(hall, web, phone=PHONE, when="now")
    ticket = made.headers["location"]
    async with hall.work() as work:
        row = await remote.by_code(work.tx, ticket.rsplit("/", 1)[1])
    better = Advice("noi-khac", "Nơi khác", "", "A", "Lĩnh vực", "Line", 1.0, 2, 60, 10, 1)
    kept = await queue_ticket.better_for(hall.platform, hall.tenant, row, clock.now())
    assert kept is None
    hall.platform.cache[queue_ticket.advice_key(hall.tenant, row)].advice = better
    page = (await web.get(ticket)).text
    assert "Nơi khác" in page[page.index("<live-region") : page.index("</live-region>")]
    await post(web, ticket, f"{ticket}/arrive")
    await hall.sit(0)
    await hall.call(0)
    assert "Nơi khác" not in (await web.get(ticket)).text


async def test_who_missed_a_call_is_told_and_that_the_next_one_is_the_last(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    made = await reserve(hall, web, phone=PHONE, when="now")
    ticket = made.headers["location"]
    await post(web, ticket, f"{ticket}/arrive")
    assert "Đã gọi số này" not in (await web.get(ticket)).text
    await hall.sit(0)
    called = await hall.call(0)
    assert called
    await hall.do(serving.no_show, called.id, hall.staff[0])
    page = (await web.get(ticket)).text
    assert "Đã gọi số này nhưng không gặp ông/bà" in page
    assert "vắng lần nữa thì số hết hiệu lực" in page


async def test_the_door_finds_him_by_code_or_telephone_and_gives_nobody_a_code(
    hall: Hall,
    web: httpx2.AsyncClient,
) -> None:
    made = await reserve(hall, web, phone=PHONE, when="now")
    code = made.headers["location"].rsplit("/", 1)[1]
    by_phone = await post(web, "/s/sanh", "/s/sanh", code=PHONE)
    assert by_phone.status_code == 200
    assert "A001" in by_phone.text
    assert code not in by_phone.text
    by_code = await post(web, "/s/sanh", "/s/sanh", code=code.lower())
    assert by_code.headers["location"].startswith(f"/q/{code}")
    wrong = await post(web, "/s/sanh", "/s/sanh", code="NOSUCH22")
    assert wrong.status_code == 404
    assert 'id="f-code-error"' in wrong.text


async def test_who_tries_codes_at_the_door_is_stopped(hall: Hall, web: httpx2.AsyncClient) -> None:
    for _ in range(knocks.LIMITS["wrong"]):
        assert (
            await web.post("/api/sites/sanh/arrivals", json={"code": "NOSUCH22"})
        ).status_code == 404
    assert (
        await web.post("/api/sites/sanh/arrivals", json={"code": "NOSUCH22"})
    ).status_code == 429


async def slot(hall: Hall, days: int, minutes: int = 0) -> UUID:
    """Make a slot of two places in line A."""
    made, begin = uuid7(), clock.now() + timedelta(days=days, minutes=minutes)
    async with hall.work() as work:
        await work.tx.execute(
            "insert into slot (id, site_id, line_id, day, from_at, to_at, capacity)"
            " values ($1, $2, $3, $4, $5, $6, 2)",
            made,
            hall.site,
            hall.lines["A"],
            local_day(begin),
            begin,
            begin + timedelta(minutes=30),
        )
    return made


async def test_an_appointment_booked_moved_put_into_the_calendar_and_cancelled(
    hall: Hall,
    web: httpx2.AsyncClient,
) -> None:
    first, second = await slot(hall, 1), await slot(hall, 2)
    choose = "/appointments?site=sanh&line=A"
    form = {"site": "sanh", "line": "A", "slot": str(first), "phone": PHONE}
    assert (await post(web, choose, "/appointments", **form)).status_code == 200
    made = await post(web, choose, "/appointments", **form, code=await last_code(hall))
    assert made.status_code == 303, made.text
    address = made.headers["location"].split("?")[0]
    assert "Đã đặt" in (await web.get(address)).text
    file = await web.get(f"{address}/calendar.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    assert b"SEQUENCE:0\r\n" in file.content
    odd = {"slot": str(second), "sequence": "9" * 5000}
    assert (await post(web, f"{address}/move", f"{address}/move", **odd)).status_code == 409
    moved = await post(web, f"{address}/move", f"{address}/move", slot=str(second), sequence="0")
    assert moved.status_code == 303, moved.text
    assert b"SEQUENCE:1\r\n" in (await web.get(f"{address}/calendar.ics")).content
    stale = await web.get(address)
    assert "Đã đổi giờ" in stale.text
    assert (await post(web, address, f"{address}/cancel")).status_code == 303
    gone = await web.get(f"{address}/calendar.ics")
    assert b"METHOD:CANCEL\r\n" in gone.content
    assert b"SEQUENCE:2\r\n" in gone.content
    assert (await hall.fetch("select sum(booked) as n from slot"))[0]["n"] == 0


async def test_a_booking_without_an_hour_or_a_telephone_says_so(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    where = str(await slot(hall, 1))
    choose = "/appointments?site=sanh&line=A"
    no_hour = await post(web, choose, "/appointments", site="sanh", line="A", phone=PHONE)
    assert no_hour.status_code == 422
    assert 'id="f-slot-error"' in no_hour.text
    no_phone = await post(web, choose, "/appointments", site="sanh", line="A", slot=where)
    assert no_phone.status_code == 422
    assert 'id="f-phone-error"' in no_phone.text


async def test_an_appointment_by_json_becomes_a_number_at_the_door(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    where = await slot(hall, 0, minutes=1)
    free = (await web.get("/api/sites/sanh/A/slots")).json()
    assert [f["id"] for f in free] == [str(where)]
    made = (await book(hall, web, where)).json()
    if local_day(clock.now()) == local_day(clock.now() + timedelta(minutes=1)):
        arrived = await web.post("/api/sites/sanh/arrivals", json={"code": made["public_code"]})
        assert [t["number"] for t in arrived.json()] == ["A001"]
        told = (await web.get(f"/api/appointments/{made['public_code']}")).json()
        assert (told["state"], told["ticket"]) == ("arrived", "A001")
    assert (await web.get("/api/appointments/NOSUCH")).status_code == 404


async def test_staff_see_and_close_what_is_booked_and_others_do_not(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    where = await slot(hall, 1)
    await book(hall, web, where)
    day = local_day(clock.now() + timedelta(days=1)).isoformat()
    path = f"/api/staff/sites/sanh/appointments?day={day}"
    assert (await web.get(path)).status_code == 401
    web.headers["x-test-token"] = await hall.token("staff")
    bearer = {"authorization": f"Bearer {web.headers['x-test-token']}"}
    listed = (await web.get(path, headers=bearer)).json()
    assert [row["state"] for row in listed] == ["booked"]
    closed = await as_staff(hall, web, f"/api/staff/slots/{where}/close", why="họp", cancel=True)
    assert closed == {"booked": 1}
    stranger = await hall.token("staff", "receiver", unit=uuid7())
    refused = await web.get(path, headers={"authorization": f"Bearer {stranger}"})
    assert refused.status_code == 403


async def test_the_json_number_is_followed_and_given_back(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    made = (await web.post("/api/queue", json={"site": "sanh", "line": "A"})).json()
    assert (made["number"], made["state"]) == ("A001", "reserved")
    assert len(made["window"]) == 2
    path = f"/api/q/{made['public_code']}"
    assert (await web.post(f"{path}/arrive")).json()["state"] == "waiting"
    assert (await web.post(f"{path}/leave")).json()["state"] == "left"
    assert (await web.post(f"{path}/dance")).status_code == 404
    assert (await web.post("/api/queue", json={"site": "sanh", "line": "Z"})).status_code == 404


async def test_a_site_that_is_cut_off_says_that_the_place_is_kept(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    made = await reserve(hall, web, phone=PHONE, when="now")
    ticket = made.headers["location"]
    device = uuid7()
    async with hall.work() as work:
        await work.tx.execute(
            "insert into device (id, site_id, kind, name) values ($1, $2, 'node', 'Máy thử')",
            device,
            hall.site,
        )
        await work.tx.execute(
            "insert into site_node (site_id, device_id, centre_until) values ($1, $2, $3)",
            hall.site,
            device,
            clock.now() - timedelta(minutes=1),
        )
    hall.platform.cache.clear()
    page = (await web.get(ticket)).text
    assert "giữ chỗ" in page
    assert "/leave" not in page
    assert "giữ chỗ" in (await web.get("/queue/sanh/A")).text
    refused = await web.post(
        "/api/queue", json={"site": "sanh", "line": "A", "phone": "0987654321"}
    )
    assert refused.status_code == 503


async def test_half_hours_are_told_of_the_days_for_which_a_number_is_given(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    async def told(day: str) -> int:
        answer = await web.get(f"/api/sites/sanh/A/windows?day={day}")
        assert answer.status_code == 200
        return len(answer.json())

    today = local_day(clock.now())
    assert await told(str(today + timedelta(days=remote.DAYS_AHEAD))) == 48
    for far in (str(today + timedelta(days=remote.DAYS_AHEAD + 1)), "0001-01-01", "9999-12-31"):
        assert await told(far) == 0


async def test_coordinates_that_are_no_place_on_earth_are_refused(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    for where in ("latitude=nan&longitude=inf", "latitude=91&longitude=0"):
        assert (await web.get(f"/api/sites/sanh/A/advice?{where}")).status_code == 422
    answer = await web.get("/api/sites/sanh/A/advice?latitude=20.9&longitude=107.1")
    assert answer.status_code == 200


async def test_a_line_that_is_paused_offers_no_half_hour_that_it_would_refuse(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    await hall.do(days.pause_line, hall.lines["A"], "<b>Mất điện</b>")
    assert 'name="when"' in (await web.get("/queue/sanh/B")).text
    page = (await web.get("/queue/sanh/A")).text
    assert "tạm dừng cấp số" in page
    assert 'name="when"' not in page
    assert "<b>Mất điện" not in page
