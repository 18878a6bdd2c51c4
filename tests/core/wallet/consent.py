"""Somebody in a browser who lets a wallet have a paper, and the code that brings."""

import re
from uuid import UUID

import httpx2
import pytest

from motcua.events.log import SYSTEM
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua.web.sessions import COOKIE
from tests.conftest import Browser
from tests.core.wallet.archive import NAME, Archive, Ready
from tests.core.wallet.keyed import CLIENT, Keyed, said_in


@pytest.fixture
def keyed(archive: Archive, quang_ninh: Tenant) -> Keyed:
    return Keyed(archive, quang_ninh)


@pytest.fixture
async def ready(archive: Archive, quang_ninh: Tenant) -> Ready:
    return await archive.result(quang_ninh)


class Person:
    """A browser in which somebody is signed in, or nobody."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def sign_in(
        self, archive: Archive, tenant: Tenant, who: UUID, kind: str = "citizen"
    ) -> None:
        async with archive.platform.works.begin(tenant, SYSTEM) as work:
            self.client.cookies.set(COOKIE, await sessions.start(work, kind, who, NAME))

    async def arrive(self, pushed: httpx2.Response, client_id: str = CLIENT) -> httpx2.Response:
        query = {"client_id": client_id, "request_uri": pushed.json()["request_uri"]}
        return await self.client.get("/authorize", params=query)

    async def say(self, answer: str, **changes: str) -> httpx2.Response:
        shown = await self.client.get("/authorize/consent")
        assert shown.status_code == 200, shown.text
        fields = dict(re.findall(r'name="(_csrf_token|request|paper)" value="([^"]*)"', shown.text))
        return await self.client.post(
            "/authorize/consent", data={**fields, "answer": answer, **changes}
        )


@pytest.fixture
async def person(browse: Browser, archive: Archive, ready: Ready) -> Person:
    """Sign the holder of ``ready`` in."""
    found = Person(browse("quang-ninh"))
    await found.sign_in(archive, ready.tenant, ready.holder)
    return found


async def code_of(keyed: Keyed, person: Person, **changes: str | None) -> str:
    await person.arrive(await keyed.push(**changes))
    return said_in((await person.say("agree")).headers["location"])["code"]
