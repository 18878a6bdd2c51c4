"""How a stream leaves the house: the answer begins inside the framework and lasts outside of it.

A board's connection stays for a day. The frames of the framework around a handler would stay with it, so the
gate takes over when they have returned, and serves the rest with nothing but ``receive`` and ``send``.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from typing import Any

import msgspec
from litestar.response.base import ASGIResponse, Response

LASTING = "lasting"
RETRY = b"retry: 1000\n\n"
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_END = {"type": "http.response.body", "body": b"", "more_body": False}

Serve = Callable[[Any, Any], Coroutine[Any, Any, None]]
"""Takes ASGI's ``receive`` and ``send``, and sends the body to its end."""

Message = tuple[str, object, int | None]
"""Name of the event, its data (anything JSON can say), and its sequence number, if it has one."""


def encode(event: str, data: object, last_id: int | None = None) -> bytes:
    """Write one server-sent event."""
    head = f"id: {last_id}\n" if last_id is not None else ""
    return f"{head}event: {event}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


def resumed(header: str | None, query: str | None) -> int | None:
    """Return the number of the last event a browser has seen, from ``Last-Event-ID`` or its query twin."""
    said = header or query or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


class _Begun(ASGIResponse):
    """Sends the head, and leaves the body to the gate."""

    _should_set_content_length = False

    def __init__(self, serve: Serve, **how: Any) -> None:
        super().__init__(**how)
        self._serve = serve

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.start_response(send)
        if self.is_head_response:
            await send(_END)
        else:
            scope["state"][LASTING] = self._serve


class Lasting(Response[bytes]):
    """An answer of server-sent events that proxies pass on unbuffered; ``serve`` sends its body."""

    def __init__(self, serve: Serve) -> None:
        super().__init__(b"", media_type="text/event-stream", headers=_HEADERS)
        self.serve = serve

    def to_asgi_response(self, app: Any, request: Any, **how: Any) -> ASGIResponse:
        """Return what the framework sends."""
        headers: Mapping[str, str] = how.get("headers") or {}
        return _Begun(
            self.serve,
            headers={**self.headers, **headers},
            cookies=how.get("cookies"),
            is_head_response=how.get("is_head_response", False),
            media_type=self.media_type,
            status_code=how.get("status_code"),
        )


async def send_part(send: Any, chunk: bytes) -> None:
    """Send a part of a body."""
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def send_end(send: Any) -> None:
    """Say that a body is complete."""
    await send(_END)


async def until_gone(receive: Any) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def stream(body: AsyncIterator[bytes]) -> Lasting:
    """Return the answer that sends what a person's own stream yields; see ``live.follow``."""

    async def serve(receive: Any, send: Any) -> None:
        pouring = asyncio.create_task(_pour(body, send))
        leaving = asyncio.create_task(until_gone(receive))
        try:
            await asyncio.wait((pouring, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pouring, leaving):
                task.cancel()
            said, _ = await asyncio.gather(pouring, leaving, return_exceptions=True)
        if isinstance(said, Exception):
            raise said

    return Lasting(serve)


async def _pour(body: AsyncIterator[bytes], send: Any) -> None:
    try:
        async for chunk in body:
            await send_part(send, chunk)
        await send_end(send)
    finally:
        if isinstance(body, AsyncGenerator):
            await body.aclose()
