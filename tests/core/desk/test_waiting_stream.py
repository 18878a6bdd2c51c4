from dataclasses import replace

import anyio
import httpx2
import pytest

from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.web import sessions

from ..board.test_stream import Ear, served
from .conftest import Office, SitDown
from .counter.seat import another

pytestmark = pytest.mark.anyio


async def test_the_waiting_list_is_told_at_once_and_ends_with_the_session(
    office: Office, sit: SitDown, platform: Platform, free_tcp_port: int
) -> None:
    officer = office.staff["receiver"]
    await sit(officer).post(f"/desk/counter/{office.counter}/open")
    path = f"/t/quang-ninh/desk/counter/{office.counter}/stream"
    cookies = {"mc_session": officer.token}
    async with (
        served(platform, free_tcp_port),
        httpx2.AsyncClient(cookies=cookies) as client,
        client.stream("GET", f"http://127.0.0.1:{free_tcp_port}{path}") as answer,
    ):
        ear = Ear(answer.aiter_bytes())
        assert "Đang chờ: 0" in (await ear.next("html"))[1]
        ticket = await office.ticket()
        assert ticket.number in (await ear.next("html"))[1]
        await office.one("delete from web_session where subject = $1", officer.id)
        assert (await ear.next("end"))[1] == {}


async def test_the_waiting_list_is_for_receivers_of_the_unit(office: Office, sit: SitDown) -> None:
    path = f"/desk/counter/{office.counter}/stream"
    assert (await sit(office.other["receiver"]).get(path)).status_code == 403
    assert (await sit(office.staff["clerk"]).get(path)).status_code == 403


async def test_a_page_whose_seat_was_taken_over_is_told_at_once(
    office: Office, sit: SitDown, platform: Platform, free_tcp_port: int
) -> None:
    officer = office.staff["receiver"]
    await sit(officer).post(f"/desk/counter/{office.counter}/open")
    async with platform.works.begin(office.tenant, SYSTEM) as work:
        token = await sessions.start(work, "staff", officer.id, officer.name)
    path = f"/t/quang-ninh/desk/counter/{office.counter}/stream?mark=free.0"
    cookies = {"mc_session": officer.token}
    async with (
        served(platform, free_tcp_port),
        httpx2.AsyncClient(cookies=cookies) as client,
        client.stream("GET", f"http://127.0.0.1:{free_tcp_port}{path}") as answer,
    ):
        ear = Ear(answer.aiter_bytes())
        assert (await ear.next("seat"))[1].strip() == ""
        began = anyio.current_time()
        other = sit(replace(officer, token=token))
        await other.post(f"/desk/counter/{office.counter}/take-over")
        told = (await ear.next("seat"))[1]
        assert "<seat-lost" in told
        assert "take-over" in told, "and can be taken back"
        assert anyio.current_time() - began < 1.0


async def test_what_another_counter_parks_can_be_taken_up_without_loading_the_page_anew(
    office: Office, sit: SitDown, platform: Platform, free_tcp_port: int
) -> None:
    officer = office.staff["receiver"]
    await sit(officer).post(f"/desk/counter/{office.counter}/open")
    beside = await another(office, sit)
    path = f"/t/quang-ninh/desk/counter/{office.counter}/stream?mark=free.0"
    cookies = {"mc_session": officer.token}
    async with (
        served(platform, free_tcp_port),
        httpx2.AsyncClient(cookies=cookies) as client,
        client.stream("GET", f"http://127.0.0.1:{free_tcp_port}{path}") as answer,
    ):
        ear = Ear(answer.aiter_bytes())
        assert (await ear.next("parked"))[1].strip() == ""
        ticket = await beside.serves()
        await beside.on("park", why="Đi nộp phí")
        told = (await ear.next("parked"))[1]
        version = await office.one("select version from ticket where id = $1", ticket.id)
        assert f'/desk/counter/{office.counter}/resume"' in told
        assert f'value="{ticket.id}"><input type="hidden" name="version" value="{version}"' in told
        assert 'name="_csrf_token"' in told


async def test_a_page_that_shows_what_is_no_longer_so_is_told(
    office: Office, sit: SitDown, platform: Platform, free_tcp_port: int
) -> None:
    officer = office.staff["receiver"]
    desk = sit(officer)
    await desk.post(f"/desk/counter/{office.counter}/open")
    path = f"/t/quang-ninh/desk/counter/{office.counter}/stream?mark=free.0"
    cookies = {"mc_session": officer.token}
    async with (
        served(platform, free_tcp_port),
        httpx2.AsyncClient(cookies=cookies) as client,
        client.stream("GET", f"http://127.0.0.1:{free_tcp_port}{path}") as answer,
    ):
        ear = Ear(answer.aiter_bytes())
        assert (await ear.next("seat"))[1].strip() == ""
        await office.ticket()
        await desk.post(f"/desk/counter/{office.counter}/call")
        assert "<page-old" in (await ear.next("seat"))[1]
