"""Calls over HTTP in rounds: every counter calls once at the same moment, each on a kept connection."""

import asyncio
import time
from collections.abc import Sequence

import msgspec

from benchmarks import load
from benchmarks.common import House
from benchmarks.queue_hall import BenchHall


class Callers:
    """One connection for each counter of some halls."""

    def __init__(self, at: House, halls: Sequence[BenchHall]) -> None:
        self._at = at
        self._requests = [
            load.request(
                "POST",
                f"{hall.tenant.slug}.localhost:{at.port}",
                f"/api/counters/{seat.counter}/call",
                token=seat.token,
                body=b"{}",
            )
            for hall in halls
            for seat in hall.seats
        ]
        self._lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def round(self) -> tuple[list[str], list[float], float]:
        """Let all call; returns the numbers called, the seconds of each, and of the whole round."""
        if not self._lines:
            self._lines = [
                await asyncio.open_connection("127.0.0.1", self._at.port) for _ in self._requests
            ]
        began = time.perf_counter()
        answers = await asyncio.gather(
            *(self._one(*line, raw) for line, raw in zip(self._lines, self._requests, strict=True))
        )
        took = time.perf_counter() - began
        return [number for number, _ in answers], [seconds for _, seconds in answers], took

    async def close(self) -> None:
        """Close the connections."""
        for _, writer in self._lines:
            writer.close()

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes
    ) -> tuple[str, float]:
        began = time.perf_counter()
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
        body = await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(body.decode())
        return msgspec.json.decode(body)["number"], time.perf_counter() - began
