import httpx2
import pytest

from motcua.platform import Platform

from ..board.test_stream import Ear, served
from .conftest import Office, SitDown

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
