"""The connection of a simulation: kept, opened again when it was quiet, and a server that takes the stamp."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from motcua.demo.cluster import Cluster
from motcua.simulation import wire
from motcua.simulation.server import serving
from motcua.simulation.wire import Api, Connection, RefusedError
from motcua.tenancy.tenant import Tenant

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@asynccontextmanager
async def _server(answer: bytes, seen: list[bytes]) -> AsyncIterator[int]:
    """Answer every request with the same, and note whole connections' first lines."""

    talks: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(b"connected")
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                seen.append(head)
                length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0])
                await reader.readexactly(length)
                writer.write(answer)
        except asyncio.IncompleteReadError:
            writer.close()
            await writer.wait_closed()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(talk(reader, writer)))

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*talks)


async def test_a_connection_is_kept_and_every_request_says_when(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[bytes] = []
    async with _server(b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"n": 1}', seen) as port:
        api = Api(Connection(port, "tinh.localhost"))
        assert await api.post("/api/x", "secret", AT, {"a": 1}) == {"n": 1}
        assert await api.get("/api/y", AT) == {"n": 1}
        monkeypatch.setattr(wire, "_IDLE_SECONDS", -1.0)
        await api.get("/api/z", AT)
        await api.wire.close()

    assert [line for line in seen if line == b"connected"] == [b"connected"] * 2
    assert b"host: tinh.localhost" in seen[1]
    assert b"motcua-now: 2026-11-23T02:00:00+00:00" in seen[1]
    assert b"authorization: Bearer secret" in seen[1]
    assert api.counts["requests"] == 3


async def test_a_refusal_is_told_with_its_status() -> None:
    async with _server(b"HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\nno", []) as port:
        api = Api(Connection(port, "tinh.localhost"))
        with pytest.raises(RefusedError, match="409 no") as refused:
            await api.post("/api/x", "secret", AT)
        await api.wire.close()
    assert refused.value.status == 409


async def test_an_answer_without_an_end_is_an_error() -> None:
    async with _server(b"HTTP/1.1 200 OK\r\n\r\n", []) as port:
        connection = Connection(port, "tinh.localhost")
        with pytest.raises(ConnectionError, match="without a length"):
            await connection.send("GET", "/", {}, b"")
        await connection.close()


async def test_a_server_of_the_simulation_takes_the_moment_of_a_request(
    prepared: Cluster, quang_ninh: Tenant
) -> None:
    async with serving(prepared.settings, 1) as [port]:
        api = Api(Connection(port, quang_ninh.host))
        said = await api.get("/api/sites", AT)
        await api.wire.close()

    assert said[0]["now"] == AT.isoformat()
