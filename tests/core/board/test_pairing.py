"""A television becomes a board: a code, once; afterwards it finds its hall and its zone by itself."""

import re
from typing import Any

import httpx2
import pytest

from motcua import ids
from motcua.board.pairing import KEYS
from motcua.ids import uuid7
from motcua.station import devices

from ...conftest import Browser
from ..queues.conftest import Hall, hall

__all__ = ["hall"]
pytestmark = pytest.mark.anyio
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


async def _code(hall: Hall, kind: str = "board") -> str:
    code: str = await hall.do(devices.make_code, hall.site, kind, "Bảng sảnh")
    return code


async def _enter(client: httpx2.AsyncClient, code: str) -> httpx2.Response:
    found = _TOKEN.search((await client.get("/board")).text)
    assert found
    return await client.post("/board", data={"_csrf_token": found[1], "code": code})


async def _zones(hall: Hall, *keys: str) -> None:
    for key in keys:
        await hall.fetch(
            "insert into zone (id, site_id, key, name_vi, name_en) values ($1, $2, $3, $4, $4) returning 1",
            uuid7(),
            hall.site,
            key,
            f"Khu {key}",
        )


async def test_an_unpaired_screen_is_shown_where_to_get_a_code(hall: Hall, browse: Browser) -> None:
    shown = await browse(hall.tenant.slug).get("/board")
    assert shown.status_code == 200
    assert "<svg" in shown.text
    assert f"{hall.tenant.slug}.localhost:8000/desk/devices" in shown.text
    assert shown.text.count("data-key=") == len(KEYS) + 1


def test_the_keys_are_what_codes_are_made_of() -> None:
    assert vars(ids)["_ALPHABET"] == KEYS


async def test_the_code_leads_to_the_hall_now_and_ever_after(hall: Hall, browse: Browser) -> None:
    client = browse(hall.tenant.slug)
    answer = await _enter(client, f" {(await _code(hall)).lower()} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/board")
    for _ in range(2):
        again = await client.get("/board")
        assert (again.status_code, again.headers["location"]) == (303, "/board/sanh")


async def test_a_wrong_code_is_said_beside_the_field(hall: Hall, browse: Browser) -> None:
    answer = await _enter(browse(hall.tenant.slug), "ZZZZZZ")
    assert answer.status_code == 422
    assert 'id="e-code" role="alert"' in answer.text


async def test_a_code_of_a_station_makes_no_board(hall: Hall, browse: Browser) -> None:
    client = browse(hall.tenant.slug)
    answer = await _enter(client, await _code(hall, "station"))
    assert answer.headers["location"] == "/station"
    assert (await client.get("/board")).status_code == 200


async def test_a_hall_with_zones_asks_once_which_one(hall: Hall, browse: Browser) -> None:
    await _zones(hall, "t1", "t2")
    client = browse(hall.tenant.slug)
    await _enter(client, await _code(hall))
    asked = await client.get("/board")
    assert asked.status_code == 200
    assert "Khu t2" in asked.text
    chosen = await client.get("/board?zone=t2")
    assert chosen.headers["location"] == "/board/sanh?zone=t2"
    assert (await client.get("/board")).headers["location"] == "/board/sanh?zone=t2"
    assert "Khu t2" in (await client.get("/board/sanh?zone=t2")).text
    assert (await client.get("/board?zone=-")).headers["location"] == "/board/sanh"
    assert (await client.get("/board")).headers["location"] == "/board/sanh"


async def test_a_forgotten_board_asks_for_a_code_again(hall: Hall, browse: Browser) -> None:
    client = browse(hall.tenant.slug)
    await _enter(client, await _code(hall))
    [device] = await hall.fetch("select id from device")
    await hall.do(devices.forget, device["id"])
    fresh: Any = browse(hall.tenant.slug)
    fresh.cookies = client.cookies
    assert (await fresh.get("/board")).status_code == 200
