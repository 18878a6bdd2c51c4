import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua import clock
from motcua.errors import Unavailable
from motcua.events.bell import Bell
from motcua.platform import Platform
from motcua.web import live_topic
from motcua.web.live import BegunAnewError, Message, Whole
from motcua.web.live_topic import LAG, Topic

from .wires import Wire

pytestmark = pytest.mark.anyio


class Numbers:
    """A source that counts: what is told are the numbers that were said, with those that wait for a look."""

    topics = ("numbers",)

    def __init__(self, seq: int = 0) -> None:
        self.said = seq
        self.seq: int | None = None
        self.looks = 0
        self.reads: list[tuple[int, int]] = []
        self.away = 0
        self.anew = False

    async def look(self, *, rung: bool) -> list[Message]:
        self.looks += 1
        await asyncio.sleep(0)
        if self.away:
            self.away -= 1
            raise Unavailable("Không có.", "It is away.")
        if self.anew:
            self.anew, self.seq = False, None
            raise BegunAnewError()
        first, before = self.seq is None, self.seq or 0
        self.seq = self.said
        return [] if first else [("n", n, n) for n in range(before + 1, self.said + 1)]

    def greeting(self) -> list[Message]:
        return [("state", self.seq, self.seq)]

    async def missed(self, after: int, upto: int) -> list[Message]:
        self.reads.append((after, upto))
        await asyncio.sleep(0)
        return [("n", n, n) for n in range(after + 1, upto + 1)]


@asynccontextmanager
async def following(source: Any, bell: Bell | None = None) -> AsyncIterator[tuple[Topic, Bell]]:
    bell = bell or Bell()
    topic = Topic(source, bell)
    try:
        yield topic, bell
    finally:
        topic.close()


async def test_all_clients_share_one_reader_and_one_text() -> None:
    source = Numbers(3)
    async with following(source) as (topic, bell):
        wires = [Wire(topic) for _ in range(50)]
        for wire in wires:
            await wire.until(lambda w=wire: bool(w.events("state")))  # type: ignore[misc]
        looks = source.looks
        source.said = 4
        bell.ring("numbers")
        for wire in wires:
            await wire.until(lambda w=wire: bool(w.numbers()))  # type: ignore[misc]
        assert source.looks == looks + 1
        assert source.reads == []
        assert {tuple(w.events()) for w in wires} == {(("state", "3"), ("n", "4"))}
        for wire in wires:
            await wire.leave()
        assert topic.clients == set()


async def test_what_was_missed_is_read_once_and_comes_before_the_state() -> None:
    source = Numbers(40)
    async with following(source) as (topic, _):
        wires = [Wire(topic, after=30) for _ in range(20)]
        for wire in wires:
            await wire.until(lambda w=wire: bool(w.events("state")))  # type: ignore[misc]
        assert source.reads == [(30, 40)]
        assert all(w.numbers() == list(range(31, 41)) for w in wires)
        assert all(w.events()[-1] == ("state", "40") for w in wires)
        older = Wire(topic, after=10)
        await older.until(lambda: bool(older.events("state")))
        assert source.reads == [(30, 40), (10, 30)]
        assert older.numbers() == list(range(11, 41))


async def test_a_client_that_saw_nothing_new_gets_the_state_alone() -> None:
    source = Numbers(7)
    async with following(source) as (topic, _):
        wire = Wire(topic, after=7)
        await wire.until(lambda: bool(wire.events("state")))
        assert wire.events() == [("state", "7")]
        assert source.reads == []


async def test_a_process_that_lags_looks_before_it_calls_a_number_foreign() -> None:
    source = Numbers(7)
    async with following(source) as (topic, _):
        early = Wire(topic)
        await early.until(lambda: bool(early.events("state")))
        source.said = 9
        ahead = Wire(topic, after=9)
        await ahead.until(lambda: bool(ahead.events("state")))
        assert ahead.events() == [("state", "9")], "it knew 8 and 9 from elsewhere"
        await early.until(lambda: len(early.numbers()) == 2)


async def test_a_number_from_other_data_gets_the_state_and_then_the_news() -> None:
    source = Numbers(2)
    async with following(source) as (topic, bell):
        wire = Wire(topic, after=400)
        await wire.until(lambda: bool(wire.events("state")))
        source.said = 3
        bell.ring("numbers")
        await wire.until(lambda: bool(wire.numbers()))
        assert wire.events() == [("state", "2"), ("n", "3")]


async def test_data_that_begin_anew_are_told_to_everybody() -> None:
    source = Numbers(9)
    async with following(source) as (topic, bell):
        wire = Wire(topic)
        await wire.until(lambda: bool(wire.events("state")))
        source.said, source.anew = 1, True
        bell.ring("numbers")
        await wire.until(lambda: len(wire.events("state")) == 2)
        assert wire.events() == [("state", "9"), ("state", "1")]


async def test_a_slow_client_holds_up_nobody_and_then_misses_nothing() -> None:
    source = Numbers()
    async with following(source) as (topic, bell):
        slow, quick = Wire(topic), Wire(topic)
        await slow.until(lambda: bool(slow.events("state")))
        slow.tap.clear()
        for n in range(1, 3 * LAG):
            source.said = n
            bell.ring("numbers")
            await quick.until(lambda n=n: quick.numbers()[-1:] == [n])  # type: ignore[misc]
        slow.tap.set()
        await slow.until(lambda: slow.numbers()[-1:] == [3 * LAG - 1])
        assert slow.numbers() == quick.numbers() == list(range(1, 3 * LAG))
        assert len(slow.events("state")) == 2, "it was told the state again"
        assert len(quick.events("state")) == 1


async def test_a_client_that_takes_nothing_at_all_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_topic, "STUCK_SECONDS", 0.0)
    async with following(Numbers(1)) as (topic, _):
        wire = Wire(topic)
        await wire.until(lambda: bool(wire.events("state")))
        wire.tap.clear()
        now = asyncio.get_running_loop().time()
        wire.client.beat(now)
        await anyio.wait_all_tasks_blocked()
        wire.client.beat(now + 100)
        with pytest.raises(asyncio.CancelledError):
            await wire.task
        assert topic.clients == set()


async def test_while_the_database_is_away_there_is_no_beat_and_afterwards_no_gap() -> None:
    source = Numbers(1)
    async with following(source) as (topic, bell):
        wire = Wire(topic)
        await wire.until(lambda: bool(wire.events("state")))
        source.away, source.said = 3, 5
        bell.ring("numbers")
        await wire.until(lambda: wire.numbers() == [2, 3, 4, 5])
        assert source.looks >= 5


async def test_the_first_look_may_fail_too() -> None:
    source = Numbers(4)
    source.away = 2
    async with following(source) as (topic, _):
        wire = Wire(topic, after=2)
        await wire.until(lambda: bool(wire.events("state")))
        assert wire.events() == [("n", "3"), ("n", "4"), ("state", "4")]


async def test_a_beat_says_how_old_the_data_are_and_stops_when_they_grow_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = datetime(2026, 11, 23, 1, tzinfo=UTC)
    with clock.at(moment):
        async with following(Numbers()) as (topic, _):
            wire = Wire(topic)
            await wire.until(lambda: bool(wire.events("state")))
            assert moment.isoformat() not in wire.text.decode(), "a reader has no request's time"
            assert len(wire.events("beat")) == 1
            wire.client.beat(0)
            await wire.until(lambda: len(wire.events("beat")) == 2)
            monkeypatch.setattr(live_topic, "FRESH_SECONDS", -1.0)
            wire.client.beat(0)
            await wire.until(lambda: wire.text.endswith(b"\n\n:\n\n"))
            assert len(wire.events("beat")) == 2


async def test_only_a_stream_that_is_over_for_good_says_so() -> None:
    async with following(Numbers()) as (topic, _):
        ended, closed = Wire(topic), Wire(topic)
        for wire in (ended, closed):
            await wire.until(lambda w=wire: bool(w.events("state")))  # type: ignore[misc]
        ended.client.end(told=True)
        await ended.task
        topic.close()
        await closed.task
        assert ended.over
        assert closed.over
        assert ended.events()[-1] == ("end", "{}")
        assert closed.events()[-1][0] == "state", "it comes back"


async def test_a_fault_of_the_reader_ends_the_streams_so_that_they_come_back() -> None:
    source = Numbers()
    async with following(source) as (topic, bell):
        wire = Wire(topic)
        await wire.until(lambda: bool(wire.events("state")))
        source.greeting = None  # type: ignore[assignment, method-assign]
        source.look = None  # type: ignore[assignment, method-assign]
        bell.ring("numbers")
        await wire.task
        assert wire.over
        assert topic.failed


async def test_a_whole_is_told_when_it_changed_and_only_then() -> None:
    shown = ["a"]

    async def read() -> object:
        return shown[0]

    source = Whole(("x",), read, event="n")
    assert await source.look(rung=True) == []
    assert source.greeting() == [("n", "a", None)]
    assert await source.look(rung=True) == []
    shown[0] = "b"
    assert await source.look(rung=False) == [("n", "b", None)]
    assert await source.missed(0, 1) == []


_STEP = st.tuples(
    st.sampled_from(["say", "come", "drop", "stall", "go", "away", "yield"]), st.integers(0, 30)
)


@settings(max_examples=int(os.environ.get("MOTCUA_EXAMPLES", "25")), deadline=None)
@given(st.lists(_STEP, max_size=60))
async def test_whatever_happens_nobody_misses_or_hears_twice(steps: list[tuple[str, int]]) -> None:
    source = Numbers(5)
    async with following(source) as (topic, bell):
        people: list[tuple[int, list[int], Wire]] = []  # since when, heard before, connection
        for what, n in steps:
            if what == "say":
                source.said += n
                bell.ring("numbers")
            elif what == "come":
                people.append((-1, [], Wire(topic)))
            elif what == "away":
                source.away = n % 3
            elif what == "yield":
                for _ in range(n):
                    await asyncio.sleep(0)
            elif people:
                since, heard, wire = people[n % len(people)]
                if what == "stall":
                    wire.tap.clear()
                elif what == "go":
                    wire.tap.set()
                else:
                    await wire.leave()
                    seen = wire.events("state")
                    since = int(seen[0][1]) if since < 0 and seen else since
                    heard = heard + wire.numbers()
                    last = max([since, *heard])
                    people[n % len(people)] = (
                        since,
                        heard,
                        Wire(topic, last if last >= 0 else None),
                    )
        source.said += 1
        bell.ring("numbers")
        for since, heard, wire in people:
            wire.tap.set()
            await wire.until(lambda w=wire: _last(w) >= source.said)  # type: ignore[misc]
            begin = since if since >= 0 else int(wire.events("state")[0][1])
            assert heard + wire.numbers() == list(range(begin + 1, source.said + 1))


def _last(wire: Wire) -> int:
    return max([int(d) for _, d in wire.events("n", "state")], default=0)


async def test_the_hub_shares_topics_and_forgets_empty_ones(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from motcua.web import live_hub

    monkeypatch.setattr(live_hub, "LINGER_SECONDS", 0)
    hub = live_hub.Hub(platform)
    made: list[Numbers] = []

    def make() -> Numbers:
        made.append(Numbers(1))
        return made[-1]

    key = uuid4()
    gone, sent = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if b"state" in message["body"]:
            sent.set()

    tasks = [asyncio.create_task(hub.stream(key, make).serve(receive, send)) for _ in range(3)]
    await sent.wait()
    assert (hub.clients, len(made)) == (3, 1)
    gone.set()
    await asyncio.gather(*tasks)
    assert hub.clients == 0
    with anyio.fail_after(20):
        while hub._topics:
            await asyncio.sleep(0.05)
    hub.close()
    over: list[bool] = []

    async def last(message: dict[str, Any]) -> None:
        over.append(not message["more_body"])

    await hub.stream(key, make).serve(receive, last)
    assert over == [True], "a closed hub sends everybody on"
