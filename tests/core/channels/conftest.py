"""A tenant whose results go out through toys, and a driver of what the outbox owes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest

from motcua.api import Message, NoticeChannel, hookimpl
from motcua.channels import engine
from motcua.channels.plan import kept
from motcua.events.log import SYSTEM, Actor, Event
from motcua.events.outbox import LaterError
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.people.capabilities import Capability as Duty
from motcua.platform import Platform
from motcua.plugins.wallet_channels import (
    Capability,
    Delivery,
    Errand,
    Holder,
    IssuedResult,
)
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua.web.gate import Gate
from motcua.web.sessions import COOKIE

from ..plugins.toys import house, toy
from ..wallet.archive import Archive, Ready

PHONE = "0912345678"
ADDRESS = "12 Lê Lợi, phường Hồng Gai"
_OWED = """
select o.id, e.id as event_id from outbox o join event e on e.id = o.event_id
where o.subscriber = 'channels' and e.trace_id = $1 and o.id <> all($2) order by o.id
"""
_EVENT = "select id, trace_id, at, type, subject, unit_id, actor, payload from event where id = $1"
_CONTACT = "update person set phone_sealed = $2, address_sealed = $3 where id = $1"
_ROWS = "select * from delivery where result_id = $1 order by owed_at, step, id"


@dataclass
class Courier:
    """A toy channel: what it took by key, what it raises, how it answers."""

    key: str = "courier"
    how: Any = "pushed"
    raises: Exception | None = None
    assurance: str = "high"
    capabilities: frozenset[Capability] = frozenset({"deliver", "withdraw"})
    title_vi: str = "Người đưa thư thử"
    title_en: str = "Toy courier"
    took: dict[str, UUID] = field(default_factory=dict)
    calls: int = 0
    back: list[str] = field(default_factory=list)
    told: Mapping[str, Any] = field(default_factory=dict)
    waits: Callable[[], Awaitable[None]] | None = None
    reads: bool = False
    brought: list[tuple[IssuedResult, bytes]] = field(default_factory=list)

    async def deliver(
        self, errand: Errand, result: IssuedResult, holder: Holder, idem: str
    ) -> Delivery:
        self.calls += 1
        self.told = errand.settings
        if self.waits is not None:
            await self.waits()
        if self.raises is not None:
            raise self.raises
        if self.reads:
            self.brought.append((result, await result.pdf()))
        self.took.setdefault(idem, result.id)
        return Delivery(self.how, receipt=f"R-{len(self.took)}")

    async def withdraw(self, errand: Errand, result: IssuedResult, reason: str, idem: str) -> None:
        if self.raises is not None:
            raise self.raises
        self.back.append(idem)

    start = finish = None


@dataclass
class Post:
    """One tenant's deliveries: issue a result, let the outbox run, look at the book."""

    platform: Platform
    archive: Archive
    tenant: Tenant
    messages: list[Message]

    async def issue(self, *, contact: bool = True, **more: Any) -> Ready:
        """Issue a result of a person with telephone and address."""
        ready = await self.archive.result(self.tenant, **more)
        async with self.work() as work:
            work.trace_id = ready.trace
            if contact:
                sealed = work.vault.seal(PHONE), work.vault.seal(ADDRESS)
                await work.tx.execute(_CONTACT, ready.holder, *sealed)
            work.emit("result.issued", ready.id)
        return ready

    def work(self, actor: Actor = SYSTEM) -> Any:
        return self.platform.works.begin(self.tenant, actor)

    async def run(self, ready: Ready, *, again: bool = False, most: int = 1000) -> None:
        """Run what is owed to the channels, until nothing new comes; what is not due yet stays."""
        seen: list[UUID] = []
        while True:
            async with self.platform.db.tenant(self.tenant) as tx:
                owed = await tx.fetch(_OWED, ready.trace, seen)
            if not owed:
                return
            for row in owed:
                if len(seen) >= most:
                    return
                seen.append(row["id"])
                await self._one(row, twice=again)

    async def _one(self, row: Any, *, twice: bool) -> None:
        try:
            async with self.work() as work:
                found = await work.tx.fetchrow(_EVENT, row["event_id"])
                event = Event(**dict(found or {}))
                work.trace_id = event.trace_id
                await engine.follow(self.platform, work, event)
                if twice:
                    await engine.follow(self.platform, work, event)
                await work.tx.execute("delete from outbox where id = $1", row["id"])
        except LaterError:
            return

    async def book(self, ready: Ready) -> dict[str, Any]:
        """Return the rows by channel, the last of each."""
        async with self.platform.db.tenant(self.tenant) as tx:
            return {r["channel"]: dict(r) for r in await tx.fetch(_ROWS, ready.id)}

    async def states(self, ready: Ready) -> dict[str, str]:
        return {channel: row["state"] for channel, row in (await self.book(ready)).items()}

    async def dossier(self, ready: Ready) -> dict[str, Any]:
        async with self.platform.db.tenant(self.tenant) as tx:
            row = await tx.fetchrow("select * from dossier where id = $1", ready.dossier)
        return dict(row or {})

    async def emit(self, ready: Ready, kind: str, actor: Actor = SYSTEM, **payload: Any) -> None:
        async with self.work(actor) as work:
            work.trace_id = ready.trace
            work.emit(kind, ready.id, payload)

    async def events(self, ready: Ready) -> list[str]:
        return await self.archive.events(self.tenant, ready.trace)

    def ordered(self, **channels: Any) -> "Post":
        """Return the same, with another ``channels.toml``."""
        settings = {**self.tenant.settings, "channels": kept(channels)}
        return replace(self, tenant=replace(self.tenant, settings=settings))


@pytest.fixture
def couriers() -> list[Courier]:
    """Return the toy channels that the plugin ``courier`` brings; a test may change them."""
    return [Courier(), Courier("courier-two")]


@pytest.fixture
async def post(
    platform: Platform, app: Gate, quang_ninh: Tenant, couriers: list[Courier]
) -> AsyncIterator[Post]:
    messages: list[Message] = []

    async def send(work: Any, message: Message) -> str:
        messages.append(message)
        return "sent"

    @hookimpl
    def register_notice_channels(tenant: Tenant) -> Sequence[NoticeChannel]:
        return [NoticeChannel("toy", "Thử", "Toy", send)]

    @hookimpl
    def register_wallet_channels(tenant: Tenant) -> Sequence[Any]:
        return couriers

    before, tenant = platform.plugins, replace(quang_ninh, plugins=frozenset({"courier"}))
    platform.plugins = house(toy("courier", register_notice_channels, register_wallet_channels))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        platform.cache["http"] = client
        yield Post(platform, Archive(platform, client), tenant, messages)
        del platform.cache["http"]
    platform.plugins = before


@pytest.fixture
def officer() -> Actor:
    return Actor("staff", uuid7(), "Đỗ Thị Cán Bộ")


Browser = Callable[[str], httpx2.AsyncClient]


async def seat_in(post: Post, browse: Browser, unit: UUID | None, role: str) -> httpx2.AsyncClient:
    """Return the browser of an officer with a role in a unit."""
    async with post.work() as work:
        secret = await sessions.start(
            work, "staff", uuid7(), "Đỗ Thị Cán Bộ", capabilities=(Duty(role, unit),)
        )
    browser = browse("quang-ninh")
    await browser.get("/theme.css")
    browser.cookies.set(COOKIE, secret)
    browser.headers["x-csrftoken"] = browser.cookies.get("mc_csrf") or ""
    return browser


Later = Callable[[datetime], Any]
__all__ = ["ADDRESS", "PHONE", "Browser", "Courier", "Post", "Work", "seat_in"]
