"""The way out: how this program asks other systems.

No redirect is followed, an answer has a time and a size, and an address is never logged with its query:
queries of the protocols spoken here carry codes and secrets.
"""

import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx2

MAX_RESPONSE = 2_000_000
_TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
# They write addresses, headers or codes at INFO and DEBUG.
_TALKATIVE = ("httpx2", "httpcore2", "authlib")


class ResponseTooLarge(httpx2.TransportError):
    """The other side sent more than was asked for; nothing of it is used."""


class _Counted(httpx2.AsyncByteStream):
    """A body that ends in ``ResponseTooLarge`` after ``limit`` bytes."""

    def __init__(self, body: httpx2.AsyncByteStream, limit: int) -> None:
        self._body = body
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in self._body:
            seen += len(chunk)
            if seen > self._limit:
                raise ResponseTooLarge(f"the answer is larger than {self._limit} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._body.aclose()


def limited(response: httpx2.Response, limit: int) -> httpx2.Response:
    """Return an unread response whose body may hold at most ``limit`` bytes as sent.

    Raises ``ResponseTooLarge`` now or while it is read; also for a compressed body, which nobody asked
    for: it could grow a thousandfold when it is unpacked.
    """
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ResponseTooLarge("the answer is compressed though none was asked for")
    stated = response.headers.get("content-length", "0")
    if stated.isdecimal() and int(stated) > limit:
        raise ResponseTooLarge(f"the answer is larger than {limit} bytes")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Counted(response.stream, limit)
    return response


def is_loopback_name(host: str) -> bool:
    """Return whether a name is this machine by definition (RFC 6761 section 6.3)."""
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


class _Transport(httpx2.AsyncHTTPTransport):
    """Finds ``*.localhost`` without a resolver, and counts what comes back."""

    def __init__(self, limit: int) -> None:
        super().__init__(verify=_trust())
        self._limit = limit

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if is_loopback_name(request.url.host):
            request = _to_loopback(request)
        response = await super().handle_async_request(request)
        try:
            return limited(response, self._limit)
        except ResponseTooLarge:
            await response.aclose()
            raise


def _to_loopback(request: httpx2.Request) -> httpx2.Request:
    # The headers go along, and with them the Host that says which tenant is meant.
    return httpx2.Request(
        request.method,
        request.url.copy_with(host="127.0.0.1"),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def trusted() -> ssl.SSLContext:
    """Return whom this process believes, for a connection of its own."""
    return _trust()


def trust_also(file: Path) -> None:
    """Let this process believe one more authority (PEM) when it asks others: a demo's own.

    ``ValueError`` when the file holds no certificate.
    """
    try:
        _trust().load_verify_locations(cafile=file)
    except (ssl.SSLError, OSError) as error:
        raise ValueError(f"{file} holds no certificate that can be trusted: {error}") from error


def _hush() -> None:
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def client(*, limit: int = MAX_RESPONSE, **options: Any) -> httpx2.AsyncClient:
    """Return a client for other systems; ``limit`` is the size of an answer in bytes.

    ``options`` are those of ``httpx2.AsyncClient``. Close it, or use it in ``async with``.
    """
    _hush()
    settings: dict[str, Any] = {
        "transport": _Transport(limit),
        "timeout": _TIMEOUT,
        "follow_redirects": False,
        **options,
    }
    made = httpx2.AsyncClient(**settings)
    made.headers["accept-encoding"] = "identity"
    return made


@asynccontextmanager
async def borrowed(kept: Mapping[str, Any]) -> AsyncIterator[httpx2.AsyncClient]:
    """Lend the client kept under ``http`` (which stays open), or a new one for as long as it is needed."""
    _hush()
    shared = kept.get("http")
    if isinstance(shared, httpx2.AsyncClient):
        yield shared
        return
    async with client() as made:
        yield made


class Through(httpx2.AsyncBaseTransport):
    """A transport that hands requests to a client, for libraries that insist on one of their own."""

    def __init__(self, sender: httpx2.AsyncClient) -> None:
        self._sender = sender

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"
        return await self._sender.send(request, stream=True, follow_redirects=False)
