import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua import http
from motcua.reach import Reach, is_loopback_name

pytestmark = pytest.mark.anyio


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say which host was asked for; ``/big`` streams more than anybody wants, ``/away`` redirects."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    path = head.split(" ")[1]
    host = next(line for line in head.split("\r\n") if line.lower().startswith("host:"))
    if path == "/away":
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n")
    elif path == "/gzip":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 0\r\n\r\n")
    elif path == "/stated":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n")
    else:
        body = b"x" * 5000 if path == "/big" else host.encode()
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_name_below_localhost_is_this_machine_and_keeps_its_host(port: int) -> None:
    async with http.client() as client:
        answer = await client.get(f"http://quang-ninh.localhost:{port}/")
    assert answer.text == f"Host: quang-ninh.localhost:{port}"
    assert answer.request.url.host == "quang-ninh.localhost"


async def test_no_redirect_is_followed(port: int) -> None:
    async with http.client() as client:
        assert (await client.get(f"http://localhost:{port}/away")).status_code == 302


@pytest.mark.parametrize("path", ["/big", "/stated", "/gzip"])
async def test_an_answer_that_is_too_large_or_packed_is_refused(port: int, path: str) -> None:
    async with http.client(limit=4000) as client:
        with pytest.raises(http.ResponseTooLarge):
            await client.get(f"http://localhost:{port}{path}")


async def test_a_library_client_can_be_put_through_ours(port: int) -> None:
    async with http.client(limit=4000) as ours:
        async with httpx2.AsyncClient(transport=http.Through(ours)) as theirs:
            answer = await theirs.get(f"http://a.localhost:{port}/")
            assert answer.text == f"Host: a.localhost:{port}"
            with pytest.raises(http.ResponseTooLarge):
                await theirs.get(f"http://a.localhost:{port}/big")
        assert not ours.is_closed


async def test_the_kept_client_is_lent_and_stays_open() -> None:
    async with httpx2.AsyncClient() as kept:
        async with http.borrowed({"http": kept}, Reach()) as lent:
            assert lent is kept
        assert not kept.is_closed
    async with http.borrowed({}, Reach()) as made:
        pass
    assert made.is_closed


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "a.localhost", "a.b.localhost"])
def test_loopback_names_are_known(name: str) -> None:
    assert is_loopback_name(name)


@given(st.text(alphabet="abclosthe.-", max_size=20))
def test_other_names_are_not_loopback(name: str) -> None:
    ends = name.rstrip(".").split(".")[-1] == "localhost"
    assert is_loopback_name(name) == ends
