"""One topic of the hub: one reader for all its clients, each message written once, nobody kept waiting.

Nothing is queued per client. The topic keeps its last frames, and a client keeps the number of the frame it
wants next: one that is more than ``LAG`` frames behind is told the whole state again instead. What a client
missed while it was cut off is read from the database once, for all that missed the same.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from typing import Any, Protocol

import structlog

from motcua import clock
from motcua.errors import Unavailable
from motcua.events.bell import Bell
from motcua.tenancy.db import LOST
from motcua.web.live_wire import RETRY, Message, encode, send_end, send_part, until_gone

LAG = 16
"""How many frames a client may be behind: its queue, as it were."""

PAST = 1000
"""Numbered messages that are kept for clients that come back."""

AWAY_SECONDS = 0.2
GATHER_SECONDS = 0.01
FRESH_SECONDS = 8.0
STUCK_SECONDS = 30.0
NOT_WELCOMED = -1
_COMMENT = b":\n\n"
_log = structlog.get_logger(__name__)


class BegunAnewError(Exception):
    """The data under a topic are others than before (a restored backup): everybody gets the whole state."""


class Source(Protocol):
    """What one topic tells. One reader asks it, one question at a time, for all clients together."""

    @property
    def topics(self) -> Sequence[str]:
        """The bells that say there may be news."""

    @property
    def seq(self) -> int | None:
        """The number of the newest change that was read; None where there is nothing to resume by."""

    async def look(self, *, rung: bool) -> list[Message]:
        """Return what is new since the last look, in order; the first look learns the state and returns [].

        ``rung``: a bell rang, or nobody knows; otherwise this is the look that is made now and then.
        Raises ``BegunAnewError`` when the numbers went backwards; the next look is a first one.
        """

    def greeting(self) -> list[Message]:
        """Return the state as of the last look; its last message carries ``seq``."""

    async def missed(self, after: int, upto: int) -> list[Message]:
        """Return the numbered messages ``after < seq <= upto``, in order."""


class Client:
    """One connection. ``serve`` lives as long as it does; ``wake`` makes it look for news."""

    __slots__ = ("_future", "_since", "_task", "_told", "after", "at", "beat_due", "over", "topic")

    def __init__(self, topic: "Topic", after: int | None) -> None:
        self.topic = topic
        self.after = after
        self.at = NOT_WELCOMED
        self.beat_due = False
        self.over = False
        self._told = False
        self._since = 0.0
        self._future: asyncio.Future[None] | None = None
        self._task: asyncio.Task[Any] | None = None

    def wake(self) -> None:
        """Let ``serve`` look whether there is something to send."""
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def end(self, *, told: bool) -> None:
        """Let the stream end; ``told``: the client is told not to come back."""
        self.over = True
        self._told = told
        self.wake()

    def beat(self, now: float) -> None:
        """Make a sign of life due; give up a client that has taken nothing for a long time."""
        if self._since and now - self._since > STUCK_SECONDS and self._task is not None:
            self._task.cancel()
        self.beat_due = True
        self.wake()

    async def serve(self, receive: Any, send: Any) -> None:
        """Send the state, then the news, until the client leaves or the stream ends."""
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        leaving = asyncio.create_task(until_gone(receive))
        leaving.add_done_callback(self._left)
        self.topic.clients.add(self)
        chunk = RETRY
        try:
            while not (self.over or leaving.done()):
                if chunk:
                    self._since = loop.time()
                    await send_part(send, chunk)
                    self._since = 0.0
                news = self.topic.news(self)
                chunk = await self.topic.catch_up(self) if news is None else news
                if news is None and not chunk:
                    await asyncio.sleep(AWAY_SECONDS)
                elif not chunk:
                    self._future = loop.create_future()
                    await self._future
            if self._told:
                await send_part(send, encode("end", {}))
            if self.over:
                await send_end(send)
        finally:
            leaving.cancel()
            self.topic.leave(self)

    def _left(self, leaving: "asyncio.Task[None]") -> None:
        if not leaving.cancelled() and leaving.exception() is not None:
            _log.info("live_client_lost", error=type(leaving.exception()).__name__)
        self.wake()


class Topic:
    """One subject that many clients follow."""

    def __init__(self, source: Source, bell: Bell) -> None:
        self.clients: set[Client] = set()
        self._source = source
        self._bell = bell
        self._seq: int | None = None
        self._frames: deque[bytes] = deque(maxlen=LAG)
        self._end = 0
        self._joined: tuple[int, int, bytes] = (0, 0, b"")
        self._past: deque[tuple[int, bytes]] = deque()
        self._covers = 0
        self._reading = asyncio.Lock()
        self._greeting: bytes | None = None
        self._ready = asyncio.Event()
        self._looking = asyncio.Lock()
        self._looked = 0.0
        self._looked_at = ""
        # In a context of its own: a reader does not inherit the time of whoever came first.
        self._reader = asyncio.create_task(self._read(), context=Context())

    @property
    def failed(self) -> bool:
        """Whether its reader has ended: the next client needs a new topic."""
        return self._reader.done()

    def news(self, client: Client) -> bytes | None:
        """Return what this client does not have yet, empty when there is nothing; None: it must catch up."""
        found = b""
        if self._ready.is_set():
            behind = self._end - client.at
            if client.at == NOT_WELCOMED or behind > LAG:
                return None
            if behind:
                found = self._tail(client.at)
                client.at, client.after = self._end, self._seq
        if client.beat_due:
            client.beat_due = False
            found += self._sign_of_life()
        return found

    async def catch_up(self, client: Client) -> bytes:
        """Return what a client needs that is new here, or that was too slow; empty: not now."""
        if client.at == NOT_WELCOMED:
            return await self._welcome(client)
        return await self._catch_up(client)

    async def _welcome(self, client: Client) -> bytes:
        """Return what a client gets first: what it missed, in order, and the whole state."""
        if client.after is not None and client.after > (self._seq or 0):
            # Another process was quicker, or these are other data: a look that begins now tells.
            try:
                await self._look(rung=True, unless_since=asyncio.get_running_loop().time())
            except (Unavailable, *LOST):
                return b""
        return self._sign_of_life() + await self._catch_up(client)

    def leave(self, client: Client) -> None:
        """Forget a client."""
        self.clients.discard(client)

    def close(self) -> None:
        """End the reader and every stream; the clients come back."""
        self._reader.cancel()
        self._end_all()

    def _end_all(self) -> None:
        for client in self.clients:
            client.end(told=False)

    async def _catch_up(self, client: Client) -> bytes:
        """Return the messages after the client's last one and the state; all later frames come by themselves."""
        after, upto = client.after, self._seq
        greeting = self._greet()
        client.at, client.after = self._end, upto
        if after is None or upto is None or after >= upto:
            return greeting
        await self._cover(after)
        return b"".join([m for seq, m in self._past if after < seq <= upto]) + greeting

    async def _cover(self, after: int) -> None:
        """Make sure that everything after this number is at hand; read once, whoever asks."""
        while after < self._covers:
            async with self._reading:
                if after >= (upto := self._covers):
                    return
                try:
                    found = await self._source.missed(after, upto)
                except (Unavailable, *LOST):
                    await asyncio.sleep(AWAY_SECONDS)
                    continue
                written = [(s, encode(e, d, s)) for e, d, s in found if s is not None]
                self._past.extendleft(reversed(written))
                self._covers = after

    def _tail(self, at: int) -> bytes:
        """Return the frames from number ``at`` on; those who are equally far share one text."""
        if at == self._end - 1:
            return self._frames[-1]
        if self._joined[:2] != (at, self._end):
            self._joined = at, self._end, b"".join(list(self._frames)[at - self._end :])
        return self._joined[2]

    def _greet(self) -> bytes:
        if self._greeting is None:
            self._greeting = b"".join(encode(*message) for message in self._source.greeting())
        return self._greeting

    def _sign_of_life(self) -> bytes:
        """Return a beat while what is shown is as new as it can be; else only what keeps a proxy awake."""
        fresh = asyncio.get_running_loop().time() - self._looked < FRESH_SECONDS
        return encode("beat", {"now": self._looked_at}) if fresh else _COMMENT

    async def _read(self) -> None:
        """Look whenever it rings, and now and then; go on when the database was away."""
        lost, rung = False, True
        with self._bell.listen(*self._source.topics) as ear:
            while True:
                try:
                    await self._look(rung=rung)
                except (Unavailable, *LOST) as error:
                    _log.warning("live_lost_database", error=type(error).__name__)
                    await asyncio.sleep(AWAY_SECONDS)
                    lost = rung = True
                except Exception:
                    # Whatever it is, the clients come back to a new reader.
                    _log.exception("live_reader_failed", topics=list(self._source.topics)[:3])
                    self._end_all()
                    raise
                else:
                    if lost:
                        lost = False
                        self._wake_all()
                    # One look serves all rings of an instant.
                    await asyncio.sleep(GATHER_SECONDS)
                    rung = await ear.wait(self._bell.patience)

    async def _look(self, *, rung: bool, unless_since: float | None = None) -> None:
        """Read what is new; not again when that was done since a moment of the loop's clock."""
        async with self._looking:
            began = asyncio.get_running_loop().time()
            if unless_since is not None and self._looked >= unless_since:
                return
            try:
                found = await self._source.look(rung=rung)
            except BegunAnewError:
                await self._begin_anew()
                found = []
            self._looked = began
            self._looked_at = clock.now().isoformat()
            if not self._ready.is_set():
                self._begin()
            self._publish(found)

    async def _begin_anew(self) -> None:
        self._ready.clear()
        self._past.clear()
        # Everybody is further behind than any frame: the state is sent to all.
        self._end += LAG + 1
        self._frames.clear()
        await self._source.look(rung=True)
        for client in self.clients:
            client.after = None

    def _begin(self) -> None:
        self._greeting = None
        self._seq = self._source.seq
        self._covers = self._seq or 0
        self._ready.set()
        self._wake_all()

    def _publish(self, found: list[Message]) -> None:
        self._seq = self._source.seq
        if not found:
            return
        self._greeting = None
        for event, data, seq in found:
            written = encode(event, data, seq)
            self._frames.append(written)
            self._end += 1
            if seq is not None:
                self._past.append((seq, written))
        while len(self._past) > PAST:
            self._covers = self._past.popleft()[0]
        self._wake_all()

    def _wake_all(self) -> None:
        for client in self.clients:
            client.wake()
