"""A province with VNeID's sandbox, a synthetic person in it, and a result for this person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from motcua.api import ClaimsRequest, Errand, Interaction, VerifiedClaims
from motcua.channels import book, sending
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.web.gate import Gate
from motcua_vneid import store
from motcua_vneid.channel import VNeID

from ...core.wallet.archive import Archive, Ready


@dataclass
class Somebody:
    """A synthetic citizen as a demo hands one over."""

    personal_id: str
    username: str
    full_name: str = "Nguyễn Thị Bích Ngọc"
    kind: str = "citizen"
    claims: dict[str, Any] = field(default_factory=lambda: {"birthdate": "1994-05-19"})


@dataclass
class Phone:
    """The channel of one province, the person, and a browser that goes where it is sent."""

    platform: Platform
    tenant: Tenant
    archive: Archive
    person: Somebody
    browser: httpx2.AsyncClient
    channel: VNeID = field(default_factory=VNeID)

    def work(self) -> Any:
        return self.platform.works.begin(self.tenant, SYSTEM)

    @asynccontextmanager
    async def errand(self, **settings: Any) -> AsyncIterator[Errand]:
        async with self.work() as work, sending.errand(self.platform, work, settings) as found:
            yield found

    async def result(self, **more: Any) -> Ready:
        """Issue a result whose holder is the person of the sandbox."""
        ready = await self.archive.result(self.tenant, **more)
        async with self.work() as work:
            holder = await citizens.remember(
                work, Citizen(pid=self.person.personal_id, full_name=self.person.full_name)
            )
            await work.tx.execute(
                "update issued_result set holder_id = $2 where id = $1", ready.id, holder
            )
            files = self.platform.files.for_tenant(self.tenant.id, self.tenant.slug)
            stored = files.put(b"%PDF-1.7 " + ready.id.bytes)
            await work.tx.execute(
                "update issued_result set pdf_sha256 = $2 where id = $1", ready.id, stored.sha256
            )
        return ready

    async def papers(self) -> list[dict[str, Any]]:
        """Return what the application shows to the person."""
        async with self.work() as work:
            chosen = await store.account(work, self.person.username)
            return await store.papers(work, chosen["pid_index"])

    async def begin(self, purpose: Any = "login", **settings: Any) -> Interaction:
        home = self.platform.settings.url_of(self.tenant.slug)
        need = ClaimsRequest(
            ("personal_id", "full_name", "birth_date"), purpose, f"{home}/sign-in/by/vneid", "low"
        )
        async with self.errand(**settings) as errand:
            return await self.channel.start(errand, need)

    async def consent(self, begun: Interaction, username: str = "") -> dict[str, str]:
        """Choose to be the person on the sandbox's page; returns what the way back says."""
        page = await self.browser.get(begun.url)
        assert page.status_code == 200, page.text
        asked = {k: v[0] for k, v in parse_qs(urlsplit(begun.url).query).items()}
        target = begun.url.split("?")[0]
        form = {**asked, "account": username or self.person.username}
        headers = {"x-csrftoken": self.browser.cookies.get("mc_csrf") or ""}
        back = await self.browser.post(target, data=form, headers=headers)
        assert back.status_code == 303, back.text
        self.back = back.headers["location"]
        return {k: v[0] for k, v in parse_qs(urlsplit(self.back).query).items()}

    async def finish(
        self, begun: Interaction, raw: dict[str, str], **settings: Any
    ) -> VerifiedClaims:
        async with self.errand(**settings) as errand:
            return await self.channel.finish(errand, begun, raw)

    async def row(self, ready: Ready) -> Any:
        async with self.work() as work:
            return await work.tx.fetchrow(book.RESULT, ready.id)


@pytest.fixture
async def phone(platform: Platform, app: Gate, thai_nguyen: Tenant) -> AsyncIterator[Phone]:
    serial = uuid7().int % 10**9
    person = Somebody(f"019{serial:09d}", f"thu{serial}")
    transport = httpx2.ASGITransport(app=app)
    async with (
        httpx2.AsyncClient(transport=transport) as client,
        httpx2.AsyncClient(transport=transport, headers={"accept": "text/html"}) as browser,
    ):
        platform.cache["http"] = client
        found = Phone(platform, thai_nguyen, Archive(platform, client), person, browser)
        async with found.work() as work:
            await store.remember(work, [person])
        yield found
        del platform.cache["http"]


__all__ = ["Phone"]
