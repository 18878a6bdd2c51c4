"""One client's connection to a topic, without a network."""

import asyncio
from collections.abc import Callable
from typing import Any

import anyio

from motcua.web.live_topic import Client, Topic


class Wire:
    """One client's connection: what it was sent, and a tap that can be closed."""

    def __init__(self, topic: Topic, after: int | None = None) -> None:
        self.client = Client(topic, after)
        self.text = b""
        self.over = False
        self.tap = asyncio.Event()
        self.tap.set()
        self._left = asyncio.Event()
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self.client.serve(self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.tap.wait()
        self.text += message["body"]
        self.over = not message["more_body"]
        self._news.set()

    def events(self, *names: str) -> list[tuple[str, str]]:
        blocks = [b.splitlines() for b in self.text.decode().split("\n\n") if "event: " in b]
        found = [dict(line.split(": ", 1) for line in block) for block in blocks]
        return [
            (f["event"], f["data"]) for f in found if f["event"] in (names or {"n", "state", "end"})
        ]

    def numbers(self) -> list[int]:
        return [int(data) for name, data in self.events("n")]

    async def until(self, seen: Callable[[], bool]) -> None:
        with anyio.fail_after(20):
            while not seen():
                self._news.clear()
                await self._news.wait()

    async def leave(self) -> None:
        self._left.set()
        self.tap.set()
        await self.task
