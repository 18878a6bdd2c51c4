"""A load client for machines without wrk: ``python -m benchmarks.client PORT FILE CONNECTIONS SECONDS``."""

import asyncio
import sys
import time
from itertools import cycle
from pathlib import Path


class Line(asyncio.Protocol):
    """One keep-alive connection: sends the next request as soon as an answer is complete."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._buffer = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(next(self._load.requests))

    def data_received(self, data: bytes) -> None:
        """Count a complete answer; its length stands in its head."""
        self._buffer += data
        head, gap, body = bytes(self._buffer).partition(b"\r\n\r\n")
        if not gap or self._transport is None:
            return
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
        if len(body) < int(length or 0):
            return
        self._buffer.clear()
        self._load.answered += 1
        self._load.failed += not head.startswith(b"HTTP/1.1 2")
        self._transport.write(next(self._load.requests))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the server closed a connection that should have been kept."""
        self._load.failed += not self._load.over


class Load:
    """What all connections share."""

    def __init__(self, requests: list[bytes]) -> None:
        self.requests = cycle(requests)
        self.answered = 0
        self.failed = 0
        self.over = False

    async def run(self, port: int, connections: int, seconds: float) -> float:
        """Load the server; returns the seconds it took."""
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        lines = [
            (await loop.create_connection(lambda: Line(self), "127.0.0.1", port))[0]
            for _ in range(connections)
        ]
        await asyncio.sleep(seconds)
        self.over = True
        took = time.perf_counter() - began
        for line in lines:
            line.abort()
        return took


def main() -> None:
    """Read the arguments, load, and print one line as ``wrk.lua`` does."""
    port, file, connections, seconds = sys.argv[1:]
    load = Load([r for r in Path(file).read_bytes().split(b"\0") if r])
    took = asyncio.run(load.run(int(port), int(connections), float(seconds)))
    print(f"RESULT {load.answered} {took * 1e6:.0f} {load.failed}")


if __name__ == "__main__":
    main()
