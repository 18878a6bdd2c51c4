"""The one address of a hall: through to the centre while it answers, else this machine's own pages.

Kiosks, boards and desks of the hall use the node's address all day. Their sessions are the centre's, and
the node knows the hashes of their tokens, so nobody signs in again when the line is cut.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import httpx2
from litestar.types import ASGIApp

from motcua.node.keeper import Keeper

_HOP: Final = frozenset(
    (b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer", b"host")
)
_WAITING: Final = """<!doctype html><html lang="vi"><meta charset="utf-8">
<meta http-equiv="refresh" content="3"><title>Đang chuyển sang chế độ tại chỗ</title>
<h1>Đang chuyển sang chế độ tại chỗ</h1>
<p>Tạm mất kết nối với trung tâm. Trang này tự mở lại sau vài giây.</p>
<p lang="en">The line to the centre is cut. This page opens again by itself in a few seconds.</p></html>"""


class Door:
    """ASGI application: forwards or serves, as the keeper's state says."""

    def __init__(
        self, keeper: Keeper, local: ASGIApp, centre: httpx2.AsyncClient, host: str
    ) -> None:
        self._keeper = keeper
        self._local = local
        self._centre = centre
        self._host = host.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/node":
            await _answer(send, 200, b"application/json", self._about())
        elif self._keeper.state == "alone":
            await self._local(_as_tenant(scope, self._host), receive, send)
        elif scope["type"] == "http":
            try:
                await self._forward(scope, receive, send)
            except httpx2.HTTPError:
                await _answer(send, 503, b"text/html; charset=utf-8", _WAITING.encode())

    def _about(self) -> bytes:
        return b'{"state": "%s"}' % self._keeper.state.encode()

    async def _forward(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("raw_path") or scope["path"].encode()
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        request = self._centre.build_request(
            scope["method"],
            self._centre.base_url.join((path + query).decode("ascii")),
            headers=[(k, v) for k, v in scope["headers"] if k not in _HOP],
            content=_body(receive),
            timeout=httpx2.Timeout(30.0, read=None, connect=4.0),
        )
        answer = await self._centre.send(request, stream=True)
        try:
            await send(_start(answer.status_code, answer.headers.raw))
            async for part in answer.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await answer.aclose()


async def _body(receive: Any) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def _as_tenant(scope: Any, host: bytes) -> Any:
    """Let the request be for the tenant, by whatever name or number the hall calls this machine."""
    if scope["type"] != "http":
        return scope
    others = [(k, v) for k, v in scope["headers"] if k != b"host"]
    return {**scope, "headers": [(b"host", host), *others]}


def _start(status: int, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    kept = [(k.lower(), v) for k, v in headers if k.lower() not in _HOP]
    return {"type": "http.response.start", "status": status, "headers": kept}


async def _answer(send: Any, status: int, kind: bytes, body: bytes) -> None:
    await send(_start(status, [(b"content-type", kind), (b"cache-control", b"no-store")]))
    await send({"type": "http.response.body", "body": body})
