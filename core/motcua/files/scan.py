"""The malware scanner behind uploads: one interface, one client for clamd, one that says it did not look.

The protocol of clamd is in its manual page, section COMMANDS: ``zINSTREAM\\0``, then chunks of a 4-byte
big-endian length and so many bytes, an empty chunk at the end, and one answer that ends with NUL.
"""

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from motcua.errors import TooLarge, Unavailable
from motcua.settings import is_scanner

_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096


@dataclass(frozen=True)
class Verdict:
    """What the scanner says. ``checked`` is false when nothing looked; ``threat`` names what was found."""

    scanner: str
    checked: bool
    threat: str | None = None

    @property
    def clean(self) -> bool:
        """Whether the file may leave quarantine: nothing was found (or nothing is installed to look)."""
        return self.threat is None


class Scanner(Protocol):
    """Looks for malware. Fails closed: when it cannot say, it raises ``Unavailable``."""

    async def scan(self, data: bytes) -> Verdict:
        """Return the verdict on one file."""
        ...


class NoScanner:
    """For an installation without a scanner: lets everything pass and says that it did not look."""

    async def scan(self, data: bytes) -> Verdict:
        """Return a verdict that is not checked."""
        return Verdict("none", checked=False)


class ClamdScanner:
    """Asks a clamd daemon at ``unix:/run/clamav/clamd.ctl`` or ``tcp:host:3310``.

    ``timeout`` bounds one file in seconds, connecting included.
    """

    def __init__(self, address: str, *, timeout: float = 30.0) -> None:
        if not is_scanner(address):
            raise ValueError(f"clamd address {address!r}: use unix:/path or tcp:host:port")
        self._kind, _, self._place = address.partition(":")
        self._timeout = timeout

    async def scan(self, data: bytes) -> Verdict:
        """Send the file to clamd; ``Unavailable`` when it does not answer, ``TooLarge`` by its own limit."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._ask(data)
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:  # a timeout is an OSError
            raise _unavailable() from error
        return _verdict(answer)

    async def alive(self) -> bool:
        """Tell whether a clamd answers there (its command PING)."""
        try:
            async with asyncio.timeout(self._timeout):
                reader, writer = await self._connect()
                try:
                    writer.write(b"zPING\0")
                    await writer.drain()
                    return await reader.readuntil(b"\0") == b"PONG\0"
                finally:
                    writer.close()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            return False

    async def _ask(self, data: bytes) -> str:
        reader, writer = await self._connect()
        try:
            # clamd hangs up while we still send when its size limit is reached; its answer says so
            with suppress(ConnectionError):
                await _send(writer, data)
            answer = await reader.readuntil(b"\0")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        return answer[:-1].decode("utf-8", "replace").strip()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._kind == "unix":
            return await asyncio.open_unix_connection(self._place, limit=_LONGEST_ANSWER)
        host, _, port = self._place.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port), limit=_LONGEST_ANSWER)


def scanner_of(address: str) -> Scanner:
    """Return the scanner of ``Settings.clamd``; without an address one that says it did not look."""
    return ClamdScanner(address) if address else NoScanner()


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"zINSTREAM\0")
    for start in range(0, len(data), _CHUNK):
        chunk = data[start : start + _CHUNK]
        writer.write(struct.pack("!I", len(chunk)) + chunk)
        await writer.drain()
    writer.write(struct.pack("!I", 0))
    await writer.drain()


def _verdict(answer: str) -> Verdict:
    said = answer.removeprefix("stream:").strip()
    if said == "OK":
        return Verdict("clamd", checked=True)
    if said.endswith(" FOUND"):
        return Verdict("clamd", checked=True, threat=said.removesuffix(" FOUND"))
    if "size limit exceeded" in said:
        raise TooLarge(
            "Tệp lớn hơn mức mà bộ quét mã độc nhận; vui lòng giảm dung lượng tệp.",
            "The file is larger than the malware scanner takes; please make it smaller.",
        )
    raise _unavailable()


def _unavailable() -> Unavailable:
    return Unavailable(
        "Chưa kiểm tra được mã độc cho tệp này; vui lòng thử lại sau ít phút.",
        "The file could not be checked for malware; please try again in a few minutes.",
    )
