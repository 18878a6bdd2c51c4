"""A fake clamd: it speaks the protocol and finds the word VIRUS."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _received(reader: asyncio.StreamReader) -> bytes:
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    body = b""
    while length := struct.unpack("!I", await reader.readexactly(4))[0]:
        body += await reader.readexactly(length)
    return body


def daemon(answer: bytes | None = None) -> Handler:
    """Return a fake clamd: it finds 'VIRUS', or gives the answer it was told to."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = await _received(reader)
        found = b"stream: Synthetic.Test FOUND\0" if b"VIRUS" in body else b"stream: OK\0"
        writer.write(found if answer is None else answer)
        await writer.drain()
        writer.close()

    return handle


@asynccontextmanager
async def clamd(path: Path, handler: Handler) -> AsyncIterator[str]:
    async with await asyncio.start_unix_server(handler, path / "clamd.ctl"):
        yield f"unix:{path / 'clamd.ctl'}"
