import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx2
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server

from motcua import clock
from motcua.app import create_app
from motcua.board.halls import hall_of
from motcua.board.stream import HallSource
from motcua.events.bell import Bell
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.queues import calling, serving
from motcua.web.live import BegunAnewError, resumed
from motcua.web.live_topic import Topic
from motcua.web.sessions import COOKIE

from ..queues.conftest import Hall, hall
from ..web.wires import Wire

__all__ = ["hall"]
pytestmark = pytest.mark.anyio


async def _call(hall: Hall, count: int = 1, counter: int = 0) -> None:
    for _ in range(count):
        await hall.issue()
        called = await hall.call(counter)
        assert called
        await hall.do(serving.no_show, called.id, hall.staff[counter])
        await hall.fetch("update ticket set state = 'no_show' where state = 'waiting' returning 1")


class Ear:
    """Reads the events of a stream one by one."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._text = ""

    async def next(self, *names: str) -> tuple[str, Any, str]:
        """Return name, data and id of the next event with one of these names, within twenty seconds."""
        with anyio.fail_after(20):
            while True:
                while "\n\n" not in self._text:
                    self._text += (await anext(self._chunks)).decode()
                block, self._text = self._text.split("\n\n", 1)
                fields = dict(line.split(": ", 1) for line in block.splitlines())
                if fields.get("event") in names:
                    return fields["event"], json.loads(fields["data"]), fields.get("id", "")


def _source(hall: Hall, **more: Any) -> HallSource:
    return HallSource(hall.platform, hall.tenant, hall.site, **more)


@asynccontextmanager
async def _following(hall: Hall, bell: Bell | None = None) -> AsyncIterator[Topic]:
    topic = Topic(_source(hall), bell or hall.platform.bell)
    try:
        yield topic
    finally:
        topic.close()


def _calls(wire: Wire) -> list[int]:
    return [json.loads(data)["seq"] for _, data in wire.events("call")]


def _states(wire: Wire) -> list[Any]:
    return [json.loads(data) for _, data in wire.events("snapshot")]


async def test_a_board_hears_the_state_then_each_call_once(hall: Hall) -> None:
    await hall.sit(0)
    await _call(hall, 2)
    async with _following(hall) as topic:
        wire = Wire(topic)
        await wire.until(lambda: bool(_states(wire)))
        assert [c["number"] for c in _states(wire)[0]["calls"]] == ["A002", "A001"]
        assert _states(wire)[0]["seq"] == 2
        [(_, beat)] = wire.events("beat")
        assert datetime.fromisoformat(json.loads(beat)["now"]).tzinfo
        await _call(hall, 3)
        await wire.until(lambda: len(_calls(wire)) == 3)
        assert _calls(wire) == [3, 4, 5]


async def test_a_hundred_boards_cost_one_look(hall: Hall) -> None:
    await hall.sit(0)
    async with _following(hall) as topic:
        wires = [Wire(topic) for _ in range(100)]
        for wire in wires:
            await wire.until(lambda w=wire: bool(_states(w)))  # type: ignore[misc]
        before = hall.platform.db.round_trips
        hall.platform.bell.ring(f"site:{hall.site}")
        await _call(hall)
        for wire in wires:
            await wire.until(lambda w=wire: _calls(w) == [1])  # type: ignore[misc]
        assert hall.platform.db.round_trips - before < 100


async def test_a_call_is_heard_within_a_second_of_its_commit(hall: Hall) -> None:
    await hall.sit(0)
    loop = asyncio.get_running_loop()
    async with _following(hall) as topic:
        wire = Wire(topic)
        await wire.until(lambda: bool(_states(wire)))
        waited = []
        for n in range(3):
            await _call(hall)
            began = loop.time()
            await wire.until(lambda n=n: len(_calls(wire)) > n)  # type: ignore[misc]
            waited.append(loop.time() - began)
    assert max(waited) < 1


async def test_without_any_ring_the_board_looks_by_itself(hall: Hall) -> None:
    await hall.sit(0)
    async with _following(hall, Bell("redis://127.0.0.1:1/0")) as topic:
        wire = Wire(topic)
        await wire.until(lambda: bool(_states(wire)))
        began = asyncio.get_running_loop().time()
        await _call(hall)
        await wire.until(lambda: _calls(wire) == [1])
        assert asyncio.get_running_loop().time() - began < 2


@pytest.mark.parametrize("missed", [0, 1, 9, 25])
async def test_a_board_that_was_cut_off_misses_nobody(hall: Hall, missed: int) -> None:
    await hall.sit(0)
    await _call(hall, 2 + missed)
    async with _following(hall) as topic:
        wire = Wire(topic, after=2)
        await wire.until(lambda: bool(_states(wire)))
        assert _calls(wire) == list(range(3, 3 + missed))
        assert wire.events("call", "snapshot")[-1][0] == "snapshot"


async def test_a_fresh_board_gets_the_calls_of_the_last_quarter_hour(hall: Hall) -> None:
    await hall.sit(0)
    await _call(hall, 20)
    source = _source(hall)
    await source.look(rung=True)
    [(_, state, seq)] = source.greeting()
    assert seq == 20
    assert [c["seq"] for c in _of(state)["calls"]] == list(range(20, 0, -1))


async def test_an_hour_later_it_gets_the_last_twelve_and_tomorrow_none(hall: Hall) -> None:
    await hall.sit(0)
    await _call(hall, 20)
    source = _source(hall)
    await source.look(rung=True)
    now = clock.now()
    with clock.at(now + timedelta(minutes=16)):
        await source.look(rung=True)
        assert len(_of(source.greeting()[0][1])["calls"]) == 12
    with clock.at(now + timedelta(days=1)):
        await source.look(rung=True)
        assert _of(source.greeting()[0][1])["calls"] == []


def _of(state: object) -> dict[str, Any]:
    assert isinstance(state, dict)
    return state


async def test_a_number_that_was_called_again_stands_once(hall: Hall) -> None:
    await hall.sit(0)
    await hall.issue()
    called = await hall.call()
    assert called
    await hall.do(calling.recall, called.id, hall.staff[0])
    source = _source(hall)
    await source.look(rung=True)
    [(_, state, seq)] = source.greeting()
    assert [(c["seq"], c["number"], c["calls"]) for c in _of(state)["calls"]] == [(2, "A001", 2)]
    assert seq == 2


async def test_a_number_from_other_data_begins_anew(hall: Hall) -> None:
    await hall.sit(0)
    await _call(hall)
    async with _following(hall) as topic:
        wire = Wire(topic, after=400)
        await wire.until(lambda: bool(_states(wire)))
        assert [c["seq"] for c in _states(wire)[0]["calls"]] == [1]
        await _call(hall)
        await wire.until(lambda: _calls(wire) == [2])


async def test_a_restored_backup_is_noticed_and_told(hall: Hall) -> None:
    await hall.sit(0)
    await _call(hall, 3)
    async with _following(hall) as topic:
        wire = Wire(topic)
        await wire.until(lambda: bool(_states(wire)))
        await hall.fetch("delete from board_call where seq > 1 returning 1")
        await hall.fetch("update site set call_seq = 1 returning 1")
        hall.platform.bell.ring(f"site:{hall.site}")
        await wire.until(lambda: len(_states(wire)) == 2)
        assert _states(wire)[1]["seq"] == 1
    source = _source(hall)
    source.seq = 9
    with pytest.raises(BegunAnewError):
        await source.look(rung=True)


async def test_lines_are_told_again_when_they_changed_and_not_more_often(hall: Hall) -> None:
    now = 100.0
    source = _source(hall, timer=lambda: now)
    assert await source.look(rung=True) == []
    await hall.issue("B")
    assert await source.look(rung=True) == [], "two seconds have not passed"
    now = 102.0
    [(name, state, seq)] = await source.look(rung=False)
    assert (name, seq) == ("lines", None)
    assert [r["waiting"] for r in _of(state)["lines"]] == [0, 1]
    now = 104.0
    assert await source.look(rung=True) == [], "nothing changed"
    await hall.issue("B")
    now = 110.0
    assert await source.look(rung=False) == [], "nobody rang"
    now = 125.0
    assert len(await source.look(rung=False)) == 1


async def test_a_zones_board_tells_its_own_calls_and_resumes_among_them(hall: Hall) -> None:
    zones = [uuid7(), uuid7()]
    for n, zone in enumerate(zones):
        await hall.fetch(
            "insert into zone (id, site_id, key, name_vi, name_en) values ($1, $2, $3, 'Tầng', 'Floor')"
            " returning 1",
            zone,
            hall.site,
            f"z{n}",
        )
        await hall.fetch(
            "update counter set zone_id = $2, lines = $3 where id = $1 returning 1",
            hall.counters[n],
            zone,
            ["A"] if n else ["A", "B"],
        )
    await hall.fetch("update counter set lines = '[]' where id = $1 returning 1", hall.counters[2])
    await hall.sit(0, 1)
    source = _source(hall, zone=zones[1])
    await source.look(rung=True)
    assert [line["letter"] for line in _of(source.greeting()[0][1])["lines"]] == ["A"]
    for counter in (0, 1, 0, 1, 0):
        await _call(hall, counter=counter)
    said = [seq for name, _, seq in await source.look(rung=True) if name == "call"]
    assert said == [2, 4]
    assert source.seq == 5
    assert [seq for *_, seq in await source.missed(2, 5)] == [4]
    shown = await hall_of(hall.platform, hall.tenant, "sanh")
    assert sorted(shown.zones) == ["z0", "z1"]


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
    await hall.sit(0)
    await _call(hall, 3)
    url = f"http://127.0.0.1:{free_tcp_port}/t/{hall.tenant.slug}/board/sanh/stream"
    async with (
        served(platform, free_tcp_port),
        httpx2.AsyncClient() as client,
        client.stream("GET", url, headers={"last-event-id": "1"}) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert "content-security-policy" in answer.headers
        ear = Ear(answer.aiter_bytes())
        assert [(await ear.next("call", "snapshot"))[2] for _ in range(3)] == ["2", "3", "3"]
        await _call(hall)
        assert (await ear.next("call"))[1]["number"] == "A004"


async def test_a_board_that_is_taken_away_is_told_and_one_that_is_there_is_seen(
    hall: Hall, platform: Platform, free_tcp_port: int
) -> None:
    token = await hall.token("board")
    await hall.fetch(
        'update web_session set data = data || \'{"kind": "board", "site": "sanh"}\' returning 1'
    )
    url = f"http://127.0.0.1:{free_tcp_port}/t/{hall.tenant.slug}/board/sanh/stream"
    async with (
        served(platform, free_tcp_port),
        httpx2.AsyncClient(cookies={COOKIE: token}) as client,
        client.stream("GET", url) as answer,
    ):
        ear = Ear(answer.aiter_bytes())
        await ear.next("snapshot")
        [device] = await hall.fetch("select seen_at from device")
        assert datetime.now(UTC) - device["seen_at"] < timedelta(minutes=1)
        await hall.fetch("delete from web_session returning 1")
        assert (await ear.next("end"))[1] == {}


async def test_a_client_that_goes_is_forgotten(
    hall: Hall, platform: Platform, free_tcp_port: int
) -> None:
    from motcua.web.live import hub_of

    url = f"http://127.0.0.1:{free_tcp_port}/t/{hall.tenant.slug}/board/sanh/stream"
    before = hub_of(platform).clients
    async with served(platform, free_tcp_port):
        async with httpx2.AsyncClient() as client, client.stream("GET", url) as answer:
            await Ear(answer.aiter_bytes()).next("snapshot")
            assert hub_of(platform).clients == before + 1
        with anyio.fail_after(20):
            while hub_of(platform).clients != before:
                await anyio.lowlevel.checkpoint()


async def test_the_page_is_public_and_refreshes_without_scripts(hall: Hall, browse: Any) -> None:
    await hall.sit(0)
    await _call(hall)
    client = browse(hall.tenant.slug)
    shown = await client.get("/board/sanh")
    assert shown.status_code == 200
    assert 'class="call-number">A001<' in shown.text
    assert '<noscript><meta http-equiv="refresh"' in shown.text
    assert "set-cookie" not in shown.headers or "mc_session" not in shown.headers["set-cookie"]
    assert (await client.get("/board/nowhere")).status_code == 404
    assert (await client.get("/board/nowhere/stream")).status_code == 404
    assert (await client.get("/board/sanh?zone=nowhere")).status_code == 404
