"""Wallets as raw bytes: what they send is signed beforehand, so that the clock sees the issuer and little else."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from benchmarks.common import Count
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import issuer, issuing, jose, nonces, offering, proofs, samples, server
from motcua.wallet.metadata import PRE_AUTHORIZED
from motcua.wallet.oauth import Caller
from motcua.wallet.offering import Offered

KIND = "register-copy"


@dataclass(frozen=True)
class Line:
    """One kept connection to the web."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; returns status and body."""
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        length = 0
        for row in head.split(b"\r\n")[1:]:
            name, _, value = row.partition(b":")
            if name == b"content-length":
                length = int(value)
        return status, await self.reader.readexactly(length) if length else b""


def post(tenant: Tenant, port: int, path: str, body: bytes, kind: str, token: str = "") -> bytes:
    """Return one POST as it goes over the line."""
    rows = [
        f"POST {path} HTTP/1.1",
        f"Host: {tenant.slug}.localhost:{port}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *([f"Authorization: Bearer {token}"] if token else []),
    ]
    return "\r\n".join(rows).encode() + b"\r\n\r\n" + body


def form(tenant: Tenant, port: int, path: str, fields: dict[str, str]) -> bytes:
    """Return a form as it goes over the line."""
    body = urlencode(fields).encode()
    return post(tenant, port, path, body, "application/x-www-form-urlencoded")


def get(tenant: Tenant, port: int, path: str) -> bytes:
    """Return one GET as it goes over the line."""
    return f"GET {path} HTTP/1.1\r\nHost: {tenant.slug}.localhost:{port}\r\n\r\n".encode()


def run(
    port: int,
    work: Sequence[Any],
    do: Callable[[Line, Any], Awaitable[bool]],
    connections: int,
    each: int = 1,
) -> Count:
    """Do every piece of work once over so many connections; ``do`` tells whether it went well.

    One piece counts as ``each`` operations.
    """

    async def all_of_it() -> Count:
        left, failed = list(reversed(work)), 0
        lines = [
            Line(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(connections)
        ]

        async def one(line: Line) -> None:
            nonlocal failed
            while left:
                failed += not await do(line, left.pop())
            line.writer.close()

        began = time.perf_counter()
        await asyncio.gather(*map(one, lines))
        return Count(len(work) * each, time.perf_counter() - began, failed)

    return asyncio.run(all_of_it())


async def offered(platform: Platform, tenant: Tenant, count: int) -> list[Offered]:
    """Put sample results into the archive and offer each."""
    made = []
    for _ in range(count):
        sample = await samples.make(platform, tenant, KIND, actor=SYSTEM)
        async with platform.works.begin(tenant, SYSTEM) as work:
            made.append(
                await offering.mint(
                    platform, work, result_id=sample.result, subject_id=sample.holder
                )
            )
    return made


async def access(platform: Platform, tenant: Tenant, count: int) -> list[str]:
    """Return access tokens, each for a result of its own."""
    found = []
    for offer in await offered(platform, tenant, count):
        ref = offer.offer_uri.rsplit("/", 1)[-1]
        said = await offering.read(platform, tenant, ref, datetime.now(UTC))
        code = said["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
        given = {
            "grant_type": PRE_AUTHORIZED,
            "pre-authorized_code": code,
            "tx_code": offer.tx_code,
        }
        answer = await server.token(platform, tenant, given, Caller(None, None))
        found.append(str(answer.body["access_token"]))
    return found


def asked(platform: Platform, tenant: Tenant, keys: Sequence[jose.Key]) -> bytes:
    """Return a credential request with a proof of each key."""
    now, url = datetime.now(UTC), issuer.url_of(platform, tenant)
    secret = issuing.nonce_secret(platform)
    nonce = nonces.make_nonce(secret, tenant=str(tenant.id), now=now)
    jwt = [proofs.make_proof(key, audience=url, nonce=nonce, iat=now) for key in keys]
    return msgspec.json.encode({"credential_configuration_id": KIND, "proofs": {"jwt": jwt}})


async def whole_flow(line: Line, about: tuple[Tenant, int, Offered, bytes]) -> bool:
    """Go from an offer to the notification: five requests."""
    tenant, port, offer, body = about
    status, said = await line.ask(get(tenant, port, urlsplit(offer.offer_uri).path))
    if status != 200:
        return False
    code = msgspec.json.decode(said)["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
    fields = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code, "tx_code": offer.tx_code}
    status, said = await line.ask(form(tenant, port, "/token", fields))
    if status != 200:
        return False
    token = msgspec.json.decode(said)["access_token"]
    await line.ask(post(tenant, port, "/nonce", b"", "text/plain"))
    kind = "application/json"
    status, said = await line.ask(post(tenant, port, "/credential", body, kind, token))
    if status != 200:
        return False
    notice = msgspec.json.decode(said)["notification_id"]
    told = msgspec.json.encode({"notification_id": notice, "event": "credential_accepted"})
    status, _ = await line.ask(post(tenant, port, "/notification", told, kind, token))
    return status == 204
