"""Live updates: a stream of server-sent events that survives a lost connection and a lost Redis.

A stream is driven by the bell and by a look of its own every few seconds; what it sends comes from the
database, by a sequence number that the browser gives back as ``Last-Event-ID``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from litestar.response import Stream

from motcua.events.bell import Bell

BEAT_SECONDS = 10.0
LOOK_SECONDS = 1.0

Message = tuple[str, object, int | None]
Reader = Callable[[int | None], Awaitable[list[Message]]]


def encode(event: str, data: object, last_id: int | None = None) -> bytes:
    """Write one server-sent event."""
    head = f"id: {last_id}\n" if last_id is not None else ""
    return f"{head}event: {event}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


async def follow(
    bell: Bell, topic: str, read: Reader, after: int | None, *, beats: int | None = None
) -> AsyncIterator[bytes]:
    """Yield what ``read`` finds after a sequence number, for as long as the client listens.

    ``beats`` ends the stream after so many heartbeats (tests).
    """
    loop = asyncio.get_running_loop()
    yield b"retry: 1000\n\n"
    beat_at = 0.0
    count = 0
    while True:
        for event, data, seq in await read(after):
            after = seq if seq is not None else after
            yield encode(event, data, seq)
        if loop.time() >= beat_at:
            yield encode("beat", {})
            beat_at = loop.time() + BEAT_SECONDS
            count += 1
            if beats is not None and count >= beats:
                return
        await bell.wait(topic, LOOK_SECONDS)


def stream(body: AsyncIterator[bytes]) -> Stream:
    """Return the response that carries a stream through proxies unbuffered."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(body, media_type="text/event-stream", headers=headers)
