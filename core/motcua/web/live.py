"""Live updates: streams of server-sent events that survive a lost connection, Redis and PostgreSQL.

What everybody in a hall sees comes from the hub: ``hub_of(platform).stream(key, make_source, after)``. What only
one person sees comes from ``stream(follow(bell, topic, read, after))``. Either is driven by the bell and by a look
of its own now and then; what it sends comes from the database, by a sequence number that the browser gives
back as ``Last-Event-ID``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from anyio import CancelScope

from motcua import clock
from motcua.errors import Unavailable
from motcua.events.bell import Bell
from motcua.tenancy.db import LOST
from motcua.web.live_hub import Hub, close, hub_of
from motcua.web.live_topic import BegunAnewError, Source
from motcua.web.live_whole import Whole
from motcua.web.live_wire import RETRY, Lasting, Message, encode, resumed, stream

BEAT_SECONDS = 10.0
LOOK_SECONDS = 1.0
AWAY_SECONDS = 0.2
_log = structlog.get_logger(__name__)

Reader = Callable[[int | None], Awaitable[list[Message]]]

__all__ = [
    "BegunAnewError",
    "Hub",
    "Lasting",
    "Message",
    "Reader",
    "Source",
    "Whole",
    "close",
    "encode",
    "follow",
    "hub_of",
    "resumed",
    "stream",
]


async def follow(
    bell: Bell, topic: str, read: Reader, after: int | None, *, beats: int | None = None
) -> AsyncIterator[bytes]:
    """Yield what ``read`` finds after a sequence number, for as long as the client listens.

    A message named ``end`` is the last one. While the database is away nothing comes, not even a beat.
    ``beats`` ends the stream after so many heartbeats (tests).
    """
    loop = asyncio.get_running_loop()
    yield RETRY
    beat_at = 0.0
    count = 0
    # Listening begins before the look, so that no ring is lost between the two.
    with bell.listen(topic) as ear:
        while True:
            try:
                # A look is short; cut off in the middle by a listener who leaves, it would cost a connection.
                with CancelScope(shield=True):
                    found = await read(after)
            except (Unavailable, *LOST) as error:
                _log.warning("live_lost_database", error=type(error).__name__)
                await asyncio.sleep(AWAY_SECONDS)
                continue
            for event, data, seq in found:
                after = seq if seq is not None else after
                yield encode(event, data, seq)
                if event == "end":
                    return
            if loop.time() >= beat_at:
                yield encode("beat", {"now": clock.now().isoformat()})
                beat_at = loop.time() + BEAT_SECONDS
                count += 1
                if beats is not None and count >= beats:
                    return
            await ear.wait(LOOK_SECONDS)
