"""Live updates: a stream of server-sent events that survives a lost connection and a lost Redis.

A stream is driven by the bell and by a look of its own every few seconds; what it sends comes from the
database, by a sequence number that the browser gives back as ``Last-Event-ID``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import msgspec
from anyio import CancelScope
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

    A message named ``end`` is the last one. ``beats`` ends the stream after so many heartbeats (tests).
    """
    loop = asyncio.get_running_loop()
    yield b"retry: 1000\n\n"
    beat_at = 0.0
    count = 0
    while True:
        # Listening begins before the look, so that no ring is lost between the two.
        rung = asyncio.create_task(bell.wait(topic, LOOK_SECONDS))
        try:
            # A look is short; cut off in the middle by a listener who leaves, it would cost a connection.
            with CancelScope(shield=True):
                found = await read(after)
            for event, data, seq in found:
                after = seq if seq is not None else after
                yield encode(event, data, seq)
                if event == "end":
                    return
            if loop.time() >= beat_at:
                yield encode("beat", {"now": datetime.now(UTC).isoformat()})
                beat_at = loop.time() + BEAT_SECONDS
                count += 1
                if beats is not None and count >= beats:
                    return
            await rung
        finally:
            rung.cancel()


def resumed(header: str | None, query: str | None) -> int | None:
    """Return the number of the last event a browser has seen, from ``Last-Event-ID`` or its query twin."""
    said = header or query or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


def stream(body: AsyncIterator[bytes]) -> Stream:
    """Return the response that carries a stream through proxies unbuffered."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(body, media_type="text/event-stream", headers=headers)
