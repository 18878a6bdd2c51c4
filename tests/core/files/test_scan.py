import asyncio
from pathlib import Path

import pytest

from motcua.errors import TooLarge, Unavailable
from motcua.files.scan import ClamdScanner, NoScanner, scanner_of
from tests.core.files.clamd import clamd, daemon

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("size", [0, 10, 65_536, 65_537, 1_000_000])
async def test_a_clean_file_of_any_size_is_clean(tmp_path: Path, size: int) -> None:
    async with clamd(tmp_path, daemon()) as address:
        verdict = await ClamdScanner(address).scan(bytes(size))
    assert (verdict.clean, verdict.checked, verdict.threat) == (True, True, None)


async def test_a_threat_across_two_chunks_is_found_and_named(tmp_path: Path) -> None:
    async with clamd(tmp_path, daemon()) as address:
        verdict = await ClamdScanner(address).scan(bytes(65_534) + b"VIRUS")
    assert (verdict.clean, verdict.threat) == (False, "Synthetic.Test")


async def test_the_daemon_is_reached_over_tcp() -> None:
    async with await asyncio.start_server(daemon(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert (await ClamdScanner(f"tcp:127.0.0.1:{port}").scan(b"x")).clean


async def test_the_daemons_size_limit_is_said_although_it_hangs_up_early(tmp_path: Path) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(100)
        writer.write(b"INSTREAM size limit exceeded. ERROR\0")
        await writer.drain()
        writer.close()

    async with clamd(tmp_path, handle) as address:
        with pytest.raises((TooLarge, Unavailable)):
            await ClamdScanner(address).scan(bytes(5_000_000))


@pytest.mark.parametrize("answer", [b"", b"half an ans", b"UNKNOWN COMMAND\0", b"x" * 9000 + b"\0"])
async def test_an_answer_that_says_nothing_is_never_clean(tmp_path: Path, answer: bytes) -> None:
    async with clamd(tmp_path, daemon(answer)) as address:
        with pytest.raises(Unavailable):
            await ClamdScanner(address).scan(b"x")


async def test_no_daemon_is_never_clean(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await ClamdScanner(f"unix:{tmp_path / 'nothing'}").scan(b"x")


async def test_a_daemon_that_hangs_is_given_up(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.close()

    async with clamd(tmp_path, handle) as address:
        with pytest.raises(Unavailable):
            await ClamdScanner(address, timeout=0.05).scan(b"x")
        release.set()


@pytest.mark.parametrize("address", ["", "unix:", "http:x", "tcp:host", "/run/clamd"])
async def test_a_wrong_address_is_refused_at_start(address: str) -> None:
    with pytest.raises(ValueError, match="clamd address"):
        ClamdScanner(address)


async def test_the_setting_chooses_the_scanner() -> None:
    assert isinstance(scanner_of(""), NoScanner)
    assert isinstance(scanner_of("tcp:localhost:3310"), ClamdScanner)
    with pytest.raises(ValueError, match="clamd address"):
        scanner_of("localhost:3310")


async def test_without_a_scanner_nothing_claims_to_be_checked() -> None:
    verdict = await NoScanner().scan(b"x")
    assert verdict.clean
    assert not verdict.checked
