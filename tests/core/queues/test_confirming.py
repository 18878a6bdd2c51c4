"""A telephone entered without signing in is proved by the code that was sent to it, before anything else is."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from motcua import clock
from motcua.api import NoticeChannel, Tenant, hookimpl
from motcua.ids import uuid7
from motcua.queues import confirming, knocks
from motcua.tenancy.db import Database

from ..notices.conftest import _ENABLE
from ..plugins.toys import house, toy
from .conftest import Hall
from .telephones import last_code, messages
from .test_phone_pages import _CALENDAR, EVERY_DAY, PHONE, post, slot

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, 1, tzinfo=UTC)
LINE = "/queue/sanh/A"
Browse = Callable[[str], httpx2.AsyncClient]


async def _send(work: Any, message: Any) -> str:
    return ""


@hookimpl
def register_notice_channels(tenant: Tenant) -> Sequence[NoticeChannel]:
    return [NoticeChannel("toy", "Thử", "Toy", _send)]


@pytest.fixture
async def web(hall: Hall, browse: Browse, owner: Database) -> AsyncIterator[httpx2.AsyncClient]:
    """Return a browser of nobody at a hall that is open all day and whose tenant sends messages."""
    async with hall.work() as work:
        await work.tx.execute(_CALENDAR, uuid7(), EVERY_DAY)
    hall.platform.catalogue.forget(hall.tenant)
    async with owner.platform() as tx:
        await tx.execute(_ENABLE, hall.tenant.id)
    await hall.platform.directory.refresh(force=True)
    before = hall.platform.plugins
    hall.platform.plugins = house(toy("post", register_notice_channels))
    yield browse(hall.tenant.slug)
    hall.platform.plugins = before


async def take(web: httpx2.AsyncClient, at: datetime = NOW, **form: str) -> httpx2.Response:
    with clock.at(at):
        return await post(web, LINE, LINE, **{"phone": PHONE, "when": "now", **form})


async def test_no_number_is_held_before_the_code_came_back(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    asked = await take(web)
    assert asked.status_code == 200
    assert "Xác nhận số điện thoại" in asked.text
    assert "Có lỗi" not in asked.text
    assert await hall.fetch("select 1 from ticket") == []
    [(contact, text)] = await messages(hall)
    assert contact == "0912345678"
    code = await last_code(hall)
    done = await take(web, NOW + timedelta(minutes=3), code=f" {code[:3]} {code[3:]} ")
    assert done.status_code == 303, done.text
    assert "/q/" in done.headers["location"]
    # The code stands in no event.
    told = await hall.fetch("select e::text as t from event e")
    assert not any(code in row["t"] or "912345678" in row["t"] for row in told)
    assert text


async def test_a_wrong_code_is_said_beside_its_field_and_gives_nothing(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    await take(web)
    wrong = "000000" if await last_code(hall) != "000000" else "111111"
    for typed in (wrong, "abc", "１２３４５６"):
        refused = await take(web, code=typed)
        assert refused.status_code == 422
        assert 'id="f-code-error"' in refused.text
    assert await hall.fetch("select 1 from ticket") == []


async def test_the_code_of_one_telephone_is_none_for_another(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    await take(web)
    other = await take(web, phone="0987654321", code=await last_code(hall))
    assert other.status_code == 422
    assert await hall.fetch("select 1 from ticket") == []


async def test_a_code_grows_old(hall: Hall, web: httpx2.AsyncClient) -> None:
    await take(web)
    code = await last_code(hall)
    assert (await take(web, NOW + 2 * confirming.LASTS, code=code)).status_code == 422
    assert (await take(web, NOW + confirming.LASTS, code=code)).status_code == 303


async def test_five_wrong_answers_close_the_telephone_for_a_while_even_for_the_right_one(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    await take(web)
    code = await last_code(hall)
    for _ in range(knocks.LIMITS["miss"]):
        assert (await take(web, code="1")).status_code == 422
    assert (await take(web, code=code)).status_code == 429
    later = NOW + knocks.PERIOD + timedelta(seconds=1)
    await take(web, later)
    assert (await take(web, later, code=await last_code(hall))).status_code == 303


async def test_a_telephone_is_written_to_once_in_ten_minutes_and_few_times_at_all(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    """Whoever asks for codes of a stranger's telephone does not make it ring."""
    for _ in range(knocks.LIMITS["told"]):
        assert (await take(web)).status_code == 200
    assert len(await messages(hall)) == 1
    assert (await take(web)).status_code == 429
    # Another telephone may be asked for from the same network, but not hundreds of them.
    more = [
        (await take(web, phone=f"09870000{n:02d}")).status_code
        for n in range(knocks.LIMITS["code"])
    ]
    assert more[0] == 200
    assert more[-1] == 429
    assert len(await messages(hall)) == 1 + more.count(200)


async def test_without_a_telephone_or_without_a_channel_nothing_is_asked(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    assert (await take(web, phone="")).status_code == 303
    assert await messages(hall) == []
    hall.platform.plugins = house()
    assert (await take(web)).status_code == 303


async def test_a_program_sends_the_code_with_its_wish(hall: Hall, web: httpx2.AsyncClient) -> None:
    wish = {"site": "sanh", "line": "A", "phone": PHONE}
    with clock.at(NOW):
        asked = await web.post("/api/queue", json=wish, headers={"accept": "application/json"})
        assert asked.status_code == 422
        assert "code" in asked.text
        wish["code"] = await last_code(hall)
        done = await web.post("/api/queue", json=wish, headers={"accept": "application/json"})
    assert done.status_code == 201, done.text
    assert done.json()["number"] == "A001"


async def test_an_appointment_too_is_held_only_for_a_telephone_that_answered(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    where = str(await slot(hall, 1))
    form = {"site": "sanh", "line": "A", "slot": where, "phone": PHONE}
    page = "/appointments?site=sanh&line=A"
    asked = await post(web, page, "/appointments", **form)
    assert asked.status_code == 200
    assert "Xác nhận số điện thoại" in asked.text
    assert "Có lỗi" not in asked.text
    wrong = "000000" if await last_code(hall) != "000000" else "111111"
    refused = await post(web, page, "/appointments", **form, code=wrong)
    assert refused.status_code == 422
    assert 'id="f-code-error"' in refused.text
    assert await hall.fetch("select 1 from appointment") == []
    done = await post(web, page, "/appointments", **form, code=await last_code(hall))
    assert done.status_code == 303, done.text
    assert len(await hall.fetch("select 1 from appointment")) == 1


async def test_no_code_is_sent_for_an_hour_that_nobody_can_book(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    full, _ = await slot(hall, 1), await slot(hall, 2)
    await hall.fetch("update slot set booked = capacity where id = $1", full)
    form = {"site": "sanh", "line": "A", "slot": str(full), "phone": PHONE}
    refused = await post(web, "/appointments?site=sanh&line=A", "/appointments", **form)
    assert refused.status_code == 409
    assert "vừa hết chỗ" in refused.text
    assert await messages(hall) == []


async def test_a_program_books_only_with_the_code_too(hall: Hall, web: httpx2.AsyncClient) -> None:
    wish = {"slot": str(await slot(hall, 1)), "phone": PHONE}
    asked = await web.post("/api/appointments", json=wish, headers={"accept": "application/json"})
    assert asked.status_code == 422
    assert "code" in asked.text
    assert await hall.fetch("select 1 from appointment") == []
    wish["code"] = await last_code(hall)
    assert (await web.post("/api/appointments", json=wish)).status_code == 201


async def test_who_guesses_at_many_telephones_is_refused_by_his_network(
    hall: Hall, web: httpx2.AsyncClient
) -> None:
    said = [
        (await take(web, phone=f"09870000{n:02d}", code="1")).status_code
        for n in range(knocks.LIMITS["guess"] + 1)
    ]
    assert said == [422] * knocks.LIMITS["guess"] + [429]
    # His network asks for no right one either.
    assert (await take(web, code="123456")).status_code == 429
