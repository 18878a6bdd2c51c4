"""The way out: how this program asks other systems.

No redirect is followed, an answer has a time and a size, and an address is never logged with its query:
queries of the protocols spoken here carry codes and secrets. A name is resolved once, every address it leads to is
judged (``motcua.reach``), and the connection goes to one of those; TLS still asks for the name.
"""

import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import httpcore2
import httpx2

from motcua.reach import OutOfReachError, Reach, is_loopback_name

MAX_RESPONSE = 2_000_000
_CONNECTIONS = 100
_KEPT = 5.0
_TRIED = 3
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


class _Checked(httpcore2.AsyncNetworkBackend):
    """Connects to what may be asked, and to the very address that was checked."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._net = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            with anyio.fail_after(timeout):
                found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"{host} is not resolved in time") from error
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} cannot be resolved") from error
        *others, last = _allowed(self._reach, host, port, [str(one[4][0]) for one in found])
        more = (timeout, local_address, socket_options)
        for address in others:
            with suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return await self._net.connect_tcp(address, port, *more)
        return await self._net.connect_tcp(last, port, *more)

    async def sleep(self, seconds: float) -> None:
        await self._net.sleep(seconds)


class _CheckedSync(httpcore2.NetworkBackend):
    """The same, for who waits in a thread."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._net = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} cannot be resolved") from error
        *others, last = _allowed(self._reach, host, port, [str(one[4][0]) for one in found])
        more = (timeout, local_address, socket_options)
        for address in others:
            with suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return self._net.connect_tcp(address, port, *more)
        return self._net.connect_tcp(last, port, *more)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _allowed(reach: Reach, host: str, port: int, found: list[str]) -> list[str]:
    """Return the addresses to try, in the resolver's order: a few, so that a name cannot hold us up."""
    try:
        return list(dict.fromkeys(reach.checked(host, port, found)))[:_TRIED]
    except OutOfReachError as error:
        raise httpcore2.ConnectError(str(error)) from error


class _Transport(httpx2.AsyncHTTPTransport):
    """Finds ``*.localhost`` without a resolver, asks no machine out of reach, counts what comes back."""

    def __init__(self, limit: int, reach: Reach | None) -> None:
        super().__init__(verify=_trust())
        self._limit = limit
        self._reach = reach
        if reach is not None:
            self._pool = httpcore2.AsyncConnectionPool(
                ssl_context=_trust(),
                max_connections=_CONNECTIONS,
                keepalive_expiry=_KEPT,
                network_backend=_Checked(reach),
            )

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


def client(
    *, limit: int = MAX_RESPONSE, reach: Reach | None = None, **options: Any
) -> httpx2.AsyncClient:
    """Return a client for other systems; ``limit`` is the size of an answer in bytes.

    ``reach`` says which machines it may ask; without one any, for a program that asks the one address its
    operator gave it. ``options`` are those of ``httpx2.AsyncClient``. Close it, or use it in ``async with``.
    """
    _hush()
    settings: dict[str, Any] = {
        "transport": _Transport(limit, reach),
        "timeout": _TIMEOUT,
        "follow_redirects": False,
        **options,
    }
    made = httpx2.AsyncClient(**settings)
    made.headers["accept-encoding"] = "identity"
    return made


@asynccontextmanager
async def borrowed(kept: Mapping[str, Any], reach: Reach) -> AsyncIterator[httpx2.AsyncClient]:
    """Lend the client kept under ``http`` (which stays open), or a new one for as long as it is needed.

    A new one asks nobody out of ``reach``: a name that leads there ends in ``httpx2.ConnectError``.
    """
    _hush()
    shared = kept.get("http")
    if isinstance(shared, httpx2.AsyncClient):
        yield shared
        return
    async with client(reach=reach) as made:
        yield made


def waiting_client(reach: Reach, context: ssl.SSLContext, **options: Any) -> httpx2.Client:
    """Return a client for a thread, which trusts ``context``; ``options`` are those of ``httpx2.Client``.

    A name that leads out of ``reach`` ends in ``httpx2.ConnectError``.
    """
    _hush()
    return httpx2.Client(
        transport=_Waiting(reach, context), follow_redirects=False, trust_env=False, **options
    )


class _Waiting(httpx2.HTTPTransport):
    """A transport for a thread that asks no machine out of reach."""

    def __init__(self, reach: Reach, context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEPT,
            network_backend=_CheckedSync(reach),
        )


class Through(httpx2.AsyncBaseTransport):
    """A transport that hands requests to a client, for libraries that insist on one of their own."""

    def __init__(self, sender: httpx2.AsyncClient) -> None:
        self._sender = sender

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"
        return await self._sender.send(request, stream=True, follow_redirects=False)
