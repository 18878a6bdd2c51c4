import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import anyio
import httpx2
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server

from motcua.app import create_app
from motcua.board.stream import HallReader
from motcua.events.bell import Bell
from motcua.platform import Platform
from motcua.queues import service
from motcua.web.live import follow, resumed

from ..queues.conftest import Hall, hall

__all__ = ["hall"]
pytestmark = pytest.mark.anyio


async def _call(hall: Hall, count: int = 1) -> None:
    for _ in range(count):
        async with hall.work() as work:
            await service.issue(work, hall.site, hall.lines["A"])
        async with hall.work() as work:
            called = await service.call_next(work, hall.counters[0], hall.staff[0])
        assert called
        async with hall.work() as work:
            await service.no_show(work, called.id, hall.staff[0])


async def _seat(hall: Hall) -> None:
    async with hall.work() as work:
        await service.open_counter(work, hall.counters[0], hall.staff[0])


class Ear:
    """Reads the events of a stream one by one."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._text = ""

    async def next(self, *names: str) -> tuple[str, Any, str]:
        """Return name, data and id of the next event with one of these names, within five seconds."""
        with anyio.fail_after(5):
            while True:
                while "\n\n" not in self._text:
                    self._text += (await anext(self._chunks)).decode()
                block, self._text = self._text.split("\n\n", 1)
                fields = dict(line.split(": ", 1) for line in block.splitlines())
                if fields.get("event") in names:
                    return fields["event"], json.loads(fields["data"]), fields.get("id", "")


def _listen(hall: Hall, seen: int | None = None, bell: Bell | None = None) -> Ear:
    reader = HallReader(hall.platform, hall.tenant, hall.site, seen)
    topic = f"site:{hall.site}"
    return Ear(follow(bell or hall.platform.bell, topic, reader, seen))


async def test_a_board_hears_the_state_then_each_call_once(hall: Hall) -> None:
    await _seat(hall)
    await _call(hall, 2)
    ear = _listen(hall)
    _, state, last = await ear.next("snapshot")
    assert [c["number"] for c in state["calls"]] == ["A002", "A001"]
    assert last == "2"
    _, beat, _ = await ear.next("beat")
    assert datetime.fromisoformat(beat["now"]).tzinfo
    await _call(hall, 3)
    heard = [await ear.next("call") for _ in range(3)]
    assert [(data["number"], seq) for _, data, seq in heard] == [
        ("A003", "3"),
        ("A004", "4"),
        ("A005", "5"),
    ]


async def test_a_call_is_heard_within_a_second_of_its_commit(hall: Hall) -> None:
    await _seat(hall)
    ear = _listen(hall)
    await ear.next("beat")
    loop = asyncio.get_running_loop()
    waited = []
    for _ in range(3):
        hearing = asyncio.create_task(ear.next("call"))
        await _call(hall)
        began = loop.time()
        await hearing
        waited.append(loop.time() - began)
    assert max(waited) < 1


async def test_without_any_ring_the_board_looks_by_itself(hall: Hall) -> None:
    await _seat(hall)
    ear = _listen(hall, bell=Bell("redis://127.0.0.1:1/0"))
    await ear.next("beat")
    began = asyncio.get_running_loop().time()
    await _call(hall)
    _, call, _ = await ear.next("call")
    assert call["number"] == "A001"
    assert asyncio.get_running_loop().time() - began < 2


@pytest.mark.parametrize("missed", [0, 1, 9, 25])
async def test_a_board_that_was_cut_off_misses_nobody(hall: Hall, missed: int) -> None:
    await _seat(hall)
    await _call(hall, 2)
    await _call(hall, missed)
    ear = _listen(hall, seen=2)
    names = []
    while True:
        name, data, _ = await ear.next("call", "snapshot")
        if name == "snapshot":
            break
        names.append(data["seq"])
    assert names == list(range(3, 3 + missed))


async def test_a_fresh_board_gets_the_calls_of_the_last_quarter_hour(hall: Hall) -> None:
    await _seat(hall)
    await _call(hall, 20)
    _, state, _ = await _listen(hall).next("snapshot")
    assert [c["seq"] for c in state["calls"]] == list(range(20, 0, -1))


async def test_a_number_that_was_called_again_stands_once(hall: Hall) -> None:
    await _seat(hall)
    async with hall.work() as work:
        await service.issue(work, hall.site, hall.lines["A"])
    async with hall.work() as work:
        called = await service.call_next(work, hall.counters[0], hall.staff[0])
    assert called
    async with hall.work() as work:
        await service.recall(work, called.id, hall.staff[0])
    _, state, last = await _listen(hall).next("snapshot")
    assert [(c["seq"], c["number"]) for c in state["calls"]] == [(2, "A001")]
    assert last == "2"


async def test_a_number_from_other_data_begins_anew(hall: Hall) -> None:
    await _seat(hall)
    await _call(hall)
    ear = _listen(hall, seen=400)
    _, state, last = await ear.next("snapshot")
    assert [c["seq"] for c in state["calls"]] == [1]
    assert last == "1"
    await _call(hall)
    assert (await ear.next("call"))[2] == "2"


async def test_lines_are_told_again_when_they_changed_and_not_more_often(hall: Hall) -> None:
    now = 0.0
    reader = HallReader(hall.platform, hall.tenant, hall.site, None, clock=lambda: now)
    assert [m[0] for m in await reader(None)] == ["snapshot"]
    async with hall.work() as work:
        await service.issue(work, hall.site, hall.lines["B"])
    assert await reader(0) == [], "two seconds have not passed"
    now = 2.0
    [(name, state, seq)] = await reader(0)
    assert (name, seq) == ("snapshot", None)
    assert isinstance(state, dict)
    assert [r["waiting"] for r in state["lines"]] == [0, 1]
    now = 4.0
    assert await reader(0) == [], "nothing changed"


@pytest.mark.parametrize(
    ("header", "query", "seen"),
    [
        ("7", None, 7),
        (None, "8", 8),
        ("7", "8", 7),
        ("", "", None),
        ("x", None, None),
        ("-1", None, None),
        ("²", None, None),
    ],
)
def test_what_a_browser_says_it_has_seen(
    header: str | None, query: str | None, seen: int | None
) -> None:
    assert resumed(header, query) == seen


@asynccontextmanager
async def served(platform: Platform, port: int) -> AsyncIterator[None]:
    """Serve the house on a port of this machine."""
    server = Server(
        create_app(platform),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
    )
    task = asyncio.create_task(server.serve())
    try:
        async with httpx2.AsyncClient() as client:
            with anyio.fail_after(10):
                while True:
                    try:
                        await client.get(f"http://127.0.0.1:{port}/healthz")
                        break
                    except httpx2.TransportError:
                        await anyio.lowlevel.checkpoint()
        yield
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await task


async def test_through_a_real_server_with_last_event_id(
    hall: Hall, platform: Platform, free_tcp_port: int
) -> None:
    await _seat(hall)
    await _call(hall, 3)
    url = f"http://127.0.0.1:{free_tcp_port}/t/{hall.tenant.slug}/board/sanh/stream"
    async with (
        served(platform, free_tcp_port),
        httpx2.AsyncClient() as client,
        client.stream("GET", url, headers={"last-event-id": "1"}) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        ear = Ear(answer.aiter_bytes())
        assert [(await ear.next("call", "snapshot"))[2] for _ in range(3)] == ["2", "3", "3"]
        await _call(hall)
        assert (await ear.next("call"))[1]["number"] == "A004"


async def test_the_page_is_public_and_refreshes_without_scripts(hall: Hall, browse: Any) -> None:
    await _seat(hall)
    await _call(hall)
    client = browse(hall.tenant.slug)
    shown = await client.get("/board/sanh")
    assert shown.status_code == 200
    assert 'class="call-number">A001<' in shown.text
    assert '<noscript><meta http-equiv="refresh"' in shown.text
    assert "set-cookie" not in shown.headers or "mc_session" not in shown.headers["set-cookie"]
    assert (await client.get("/board/nowhere")).status_code == 404
    assert (await client.get("/board/nowhere/stream")).status_code == 404
