"""The hub of a process: its topics, the pulse of all its clients, and the sessions that streams are bound to."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable
from contextvars import Context
from typing import Any

import structlog

from motcua.errors import Unavailable
from motcua.platform import Platform
from motcua.tenancy.db import LOST, Database
from motcua.tenancy.tenant import Tenant
from motcua.web.live_topic import Client, Source, Topic
from motcua.web.live_wire import Lasting, send_end
from motcua.web.sessions import Session

BEAT_SECONDS = 10
LINGER_SECONDS = 5
SESSION_SECONDS = 2
_ALIVE = """
select w.token_hash from web_session w
left join staff s on w.kind = 'staff' and s.tenant_id = w.tenant_id and s.id = w.subject
where w.token_hash = any($1) and w.expires_at > now() and (s.id is null or s.active)
"""
_log = structlog.get_logger(__name__)


class Hub:
    """All streams of this process."""

    def __init__(self, platform: Platform) -> None:
        self._bell = platform.bell
        self._db: Database = platform.db
        self._topics: dict[Hashable, Topic] = {}
        self._empty: dict[Hashable, float] = {}
        # Every client has a second of the ten in which it is told that we live: not all at once.
        self._beats: list[set[Client]] = [set() for _ in range(BEAT_SECONDS)]
        self._next = 0
        self._bound: dict[Tenant, dict[bytes, set[Client]]] = defaultdict(dict)
        self._pulse: asyncio.Task[None] | None = None
        self._closed = False

    def stream(
        self,
        key: Hashable,
        make_source: Callable[[], Source],
        after: int | None = None,
        *,
        session: tuple[Tenant, Session] | None = None,
    ) -> Lasting:
        """Return the answer that follows a topic.

        ``key`` names the topic; its first client makes its source, all later ones share it. ``after`` is the
        last number the client has seen (``live.resumed``). A stream with a ``session`` ends within two
        seconds of its end.
        """

        async def serve(receive: Any, send: Any) -> None:
            if self._closed:
                await send_end(send)
                return
            topic = self._topic(key, make_source)
            client = Client(topic, after)
            turn = self._beats[self._next % BEAT_SECONDS]
            self._next += 1
            turn.add(client)
            if session:
                self._bound[session[0]].setdefault(session[1].token_hash, set()).add(client)
            try:
                await client.serve(receive, send)
            finally:
                turn.discard(client)
                if session:
                    self._unbind(session[0], session[1].token_hash, client)

        return Lasting(serve)

    @property
    def clients(self) -> int:
        """How many connections there are."""
        return sum(len(turn) for turn in self._beats)

    def close(self) -> None:
        """End every stream, and all that serves them; whoever comes now is sent away to come back elsewhere."""
        self._closed = True
        for topic in self._topics.values():
            topic.close()
        self._topics.clear()
        if self._pulse is not None:
            self._pulse.cancel()
            self._pulse = None

    def _topic(self, key: Hashable, make_source: Callable[[], Source]) -> Topic:
        if self._pulse is None or self._pulse.done():
            self._pulse = asyncio.create_task(self._beat(), context=Context())
        topic = self._topics.get(key)
        if topic is None or topic.failed:
            topic = self._topics[key] = Topic(make_source(), self._bell)
        self._empty.pop(key, None)
        return topic

    def _unbind(self, tenant: Tenant, token: bytes, client: Client) -> None:
        by_token = self._bound[tenant]
        by_token[token].discard(client)
        if not by_token[token]:
            del by_token[token]
        if not by_token:
            del self._bound[tenant]

    async def _beat(self) -> None:
        """Once a second: a tenth of the clients gets its beat; sessions and empty topics are looked after."""
        loop = asyncio.get_running_loop()
        tick = 0
        while self._topics:
            await asyncio.sleep(1)
            tick += 1
            now = loop.time()
            for client in tuple(self._beats[tick % BEAT_SECONDS]):
                client.beat(now)
            self._sweep(now)
            if tick % SESSION_SECONDS == 0:
                await self._end_dead_sessions()

    def _sweep(self, now: float) -> None:
        """Close topics that nobody has followed for a while."""
        for key, topic in list(self._topics.items()):
            if topic.clients:
                self._empty.pop(key, None)
            elif now - self._empty.setdefault(key, now) >= LINGER_SECONDS:
                del self._topics[key], self._empty[key]
                topic.close()

    async def _end_dead_sessions(self) -> None:
        for tenant, by_token in list(self._bound.items()):
            asked = list(by_token)
            try:
                async with self._db.tenant(tenant) as tx:
                    alive = {bytes(row["token_hash"]) for row in await tx.fetch(_ALIVE, asked)}
            except (Unavailable, *LOST) as error:
                _log.warning("live_sessions_unknown", error=type(error).__name__)
                return
            for token in set(asked) - alive:
                for client in tuple(by_token.get(token, ())):
                    client.end(told=True)


def hub_of(platform: Platform) -> Hub:
    """Return the hub of this process."""
    hub: Hub | None = platform.cache.get("live")
    if hub is None:
        hub = platform.cache["live"] = Hub(platform)
    return hub


def close(platform: Platform) -> None:
    """End all streams, before the server stops and the database is closed."""
    hub_of(platform).close()
