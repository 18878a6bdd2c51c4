"""How a simulated day speaks with the platform: kept connections, and every request says when it happens.

A day is some hundred thousand requests from one process beside the servers it asks, so the client is as
light as it can be: one connection per hall, one request at a time, heads as they are needed here.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import httpx2
import msgspec

from motcua.web.simulated import HEADER

_JSON = "application/json"
# A server closes a connection that was quiet for half a minute; a command must not meet that moment.
_IDLE_SECONDS = 8.0


class Wire(Protocol):
    """Brings one request to the platform and its answer back."""

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return status and body; ``OSError`` when there is no answer."""

    async def close(self) -> None:
        """Let go of the connection."""


@dataclass
class Connection:
    """One kept HTTP/1.1 connection to a server on this machine; ``host`` is the tenant's."""

    port: int
    host: str
    tls: ssl.SSLContext | None = None
    _line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    _used: float = 0.0

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Send, and read an answer that says its length."""
        if self._line is not None and time.monotonic() - self._used > _IDLE_SECONDS:
            await self.close()
        if self._line is None:
            self._line = await asyncio.open_connection(
                "127.0.0.1",
                self.port,
                ssl=self.tls,
                server_hostname=self.host if self.tls else None,
            )
        reader, writer = self._line
        head = [f"{method} {path} HTTP/1.1", f"host: {self.host}", f"content-length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode() + body)
        try:
            answer = await _answer(reader)
        except (asyncio.IncompleteReadError, ConnectionResetError, BrokenPipeError) as error:
            await self.close()
            raise ConnectionError("the server closed the connection") from error
        self._used = time.monotonic()
        return answer

    async def close(self) -> None:
        """Close it; the next request opens another."""
        if self._line is not None:
            self._line[1].close()
            self._line = None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    _, found, rest = head.partition(b"content-length: ")
    length = int(rest.partition(b"\r")[0]) if found else 0
    if not found and status not in (204, 304):
        raise ConnectionError("an answer without a length")
    return status, await reader.readexactly(length) if length else b""


@dataclass
class Inside:
    """The same through a client of this process: tests, and a hall's own machine."""

    client: httpx2.AsyncClient

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Send."""
        answer = await self.client.request(method, path, headers=dict(headers), content=body)
        return answer.status_code, answer.content

    async def close(self) -> None:
        """Leave the client to who made it."""


class RefusedError(Exception):
    """The platform answered, and not with success."""

    def __init__(self, path: str, status: int, said: bytes) -> None:
        super().__init__(f"{path}: {status} {said[:300].decode(errors='replace')}")
        self.status = status


@dataclass
class Api:
    """The API of a tenant at the moments of a simulation; counts its requests."""

    wire: Wire
    counts: dict[str, int] = field(default_factory=dict)

    async def post(self, path: str, token: str, at: datetime, body: object = None) -> Any:
        """Send a command as who holds the token; ``RefusedError`` for anything but success."""
        headers = {"authorization": f"Bearer {token}", "content-type": _JSON}
        return await self._ask("POST", path, headers, at, msgspec.json.encode(body or {}))

    async def get(self, path: str, at: datetime, token: str = "") -> Any:
        """Look at something open, or as who holds the token."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return await self._ask("GET", path, headers, at, b"")

    async def form(self, path: str, csrf: str, at: datetime, body: str, token: str = "") -> None:
        """Send a page's form as a browser would; ``token`` is that of a device."""
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "cookie": f"mc_csrf={csrf}",
            "x-csrftoken": csrf,
        }
        if token:
            headers["authorization"] = f"Bearer {token}"
        await self._ask("POST", path, headers, at, body.encode(), read=False)

    async def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        at: datetime,
        body: bytes,
        *,
        read: bool = True,
    ) -> Any:
        stamped = {"accept": _JSON, HEADER.decode(): at.isoformat(), **headers}
        self.counts["requests"] = self.counts.get("requests", 0) + 1
        status, said = await self.wire.send(method, path, stamped, body)
        if status >= 400:
            raise RefusedError(path, status, said)
        return msgspec.json.decode(said) if said and read else None
