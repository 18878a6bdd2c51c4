"""A person in front of a station: presses what the pages offer, as a browser would."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from motcua.demo import people
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.station import devices
from motcua.tenancy.tenant import Tenant
from tests.core.queues.conftest import Hall

_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')
_ONCE = re.compile(r'name="once" value="([^"]+)"')


def somebody(number: int) -> people.Person:
    """Return a synthetic citizen; each test takes another: one live ticket per line."""
    return people.citizens("quang-ninh", "22", "phường Hồng Gai", 500 + number)[-1]


async def site_id(platform: Platform, tenant: Tenant, key: str) -> UUID:
    async with platform.db.tenant(tenant) as tx:
        return UUID(bytes=(await tx.fetchval("select id from site where key = $1", key)).bytes)


async def new_code(
    platform: Platform, tenant: Tenant, name: str, site: str = "hong-gai", kind: str = "station"
) -> str:
    where = await site_id(platform, tenant, site)
    async with platform.works.begin(tenant, SYSTEM) as work:
        return await devices.make_code(work, where, kind, name)


async def in_hall(screen: "Screen", hall: Hall, kind: str, name: str) -> "Screen":
    """Pair a browser as a device of a hall."""
    async with hall.work() as work:
        code = await devices.make_code(work, hall.site, kind, name)
    answer = await screen.pair(code)
    assert answer.status_code == 200, answer.text
    return screen


@dataclass
class Screen:
    """A paired station's browser; remembers every page and every form it sent."""

    client: httpx2.AsyncClient
    page: str = ""
    seen: list[str] = field(default_factory=list)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def open(self, path: str) -> httpx2.Response:
        answer = await self.client.get(path)
        self.page = answer.text
        self.seen.append(path)
        return answer

    async def press(
        self,
        path: str,
        data: dict[str, Any] | None = None,
        files: Any = None,
        *,
        follow: bool = True,
    ) -> httpx2.Response:
        """Post a form of the page that is open, then follow the redirect."""
        body = {"_csrf_token": await self.token(), **(data or {})}
        answer = await self.client.post(path, data=body, files=files)
        self.sent.append((path, body))
        if follow and answer.status_code == 303:
            return await self.open(answer.headers["location"])
        self.page = answer.text or self.page
        return answer

    async def token(self) -> str:
        if not (found := _TOKEN.search(self.page)):
            found = _TOKEN.search((await self.client.get("/station/pair")).text)
        assert found
        return found[1]

    @property
    def once(self) -> str:
        found = _ONCE.search(self.page)
        assert found
        return found[1]

    async def pair(self, code: str) -> httpx2.Response:
        await self.open("/station/pair")
        return await self.press("/station/pair", {"code": code})

    async def start(self, way: str = "number") -> None:
        """From the first screen to the first step of a way."""
        await self.open("/station")
        await self.press("/station/start", {"way": way})

    async def take(self, *letters: str) -> httpx2.Response:
        """Take a number in these lines; the page of the lines is open."""
        return await self.press("/station/number", {"line": list(letters), "once": self.once})

    async def identify(self, person: people.Person, way: str = "apply") -> None:
        """From the first screen to the consent that was given."""
        await self.open("/station")
        await self.press("/station/start", {"way": way})
        await self.press("/station/identify", {"card_text": people.card_text(person)})
        await self.press("/station/confirm")
        answer = await self.press("/station/consent", {"agree": "yes"})
        assert answer.status_code == 200, answer.text

    async def fill_allowance(self, *, request: str = "start") -> None:
        """Answer the form of the social allowance, without any mistake."""
        await self.press("/station/procedure", {"code": "1.001776"})
        await self.press("/station/form/1", {"phone": "0912345678"})
        page_2 = {
            "request": request,
            "beneficiary_name": "Trần Thị Mẫu",
            "beneficiary_birth": "2/3/1950",
            "address": "Tổ 1, phường Hồng Gai",
            "category": "elderly",
            "reason": "Đổi nơi ở",
        }
        await self.press("/station/form/2", page_2)
        if request != "stop":
            await self.press("/station/form/3", {"paid_by": "cash"})
        await self.press("/station/form/4", {"truth": "1"})

    async def fill_copy(self) -> None:
        """Answer the form of certified copies and pass the papers: nothing must be scanned."""
        await self.press("/station/procedure", {"code": "2.000815"})
        await self.press("/station/form/1", {"phone": ""})
        page_2 = {"document_name": "Bằng tốt nghiệp", "pages": "3", "copies": "2"}
        await self.press("/station/form/2", page_2)
        await self.press("/station/papers", {"go": "next"})

    async def hand_in(self) -> httpx2.Response:
        return await self.press("/station/check", {"once": self.once})
