"""Citizens for the tests of the portal: a session of their own, and a browser that keeps the form token."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx2
from PIL import Image

from motcua.events.log import SYSTEM
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions

COPY = "2.000908"
ALLOWANCE = "1.001776"
WARD = "06685"
_GIVEN = ("Dũng", "Hải", "Long", "Sơn", "Vinh")
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')
Files = Sequence[tuple[str, tuple[str, bytes, str]]]


@dataclass
class Person:
    """A citizen of a tenant, signed in."""

    id: UUID
    name: str
    pid: str
    token: str


async def sign_in(platform: Platform, tenant: Tenant, number: int = 0, name: str = "") -> Person:
    """Make a synthetic citizen known and start a session."""
    full_name = name or f"Tạ Xuân {_GIVEN[number % len(_GIVEN)]}"
    pid = f"0{tenant.province_code}064{980000 + number}"
    async with platform.works.begin(tenant, SYSTEM) as work:
        citizen = Citizen(
            pid, full_name, date(1964, 1, 4), "male", "Số 81, tổ 9, Hồng Gai", "0939327528"
        )
        person = await citizens.remember(work, citizen)
        token = await sessions.start(work, "citizen", person, full_name)
    return Person(person, full_name, pid, token)


@dataclass
class Window:
    """A browser window: posts carry the token of the last page that had one."""

    client: httpx2.AsyncClient
    token: str = ""

    async def get(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:2000])
        return self._seen(answer)

    async def post(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        files: Files = (),
        *,
        status: int = 303,
    ) -> httpx2.Response:
        if not self.token:
            await self.get("/my")
        body = {**(data or {}), "_csrf_token": self.token}
        answer = await self.client.post(path, data=body, files=list(files) or None)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:3000])
        self._seen(answer)
        return answer

    async def follow(self, answer: httpx2.Response) -> str:
        return await self.get(answer.headers["location"])

    def _seen(self, answer: httpx2.Response) -> str:
        if found := _TOKEN.search(answer.text):
            self.token = found[1]
        return answer.text


def window(client: httpx2.AsyncClient, person: Person) -> Window:
    """Return a window in which this person is signed in."""
    client.cookies.set(sessions.COOKIE, person.token)
    return Window(client)


def picture(shade: int = 200) -> bytes:
    """Return a small JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (300, 400), (shade, shade, 255 - shade)).save(out, "JPEG")
    return out.getvalue()


def photo(key: str, content: bytes | None = None, name: str = "anh.jpg") -> Files:
    """Return one file for a paper's slot."""
    return [(key, (name, content if content is not None else picture(), "image/jpeg"))]


async def begin(seen: Window, code: str = COPY) -> str:
    """Begin a draft; returns its path."""
    answer = await seen.post(f"/apply/{code}")
    return str(answer.headers["location"])


async def fill(seen: Window, home: str, **changes: Any) -> None:
    """Fill the whole form of a copy from the register with usable answers."""
    pages: list[dict[str, Any]] = [
        {"phone": "0912 345 678", "address": "Số 1, tổ 2, Hồng Gai"},
        {"requests_for": "self", "subject_name": "Nguyễn Văn An", "subject_birth": "5/9/1990"},
        {"register_kind": "birth", "copies": "2"},
    ]
    for number, answers in enumerate(pages, 1):
        mine = {k: v for k, v in changes.items() if k in answers or _page_of(k) == number}
        await seen.post(f"{home}/form/{number}", {**answers, **mine})


def _page_of(key: str) -> int:
    return {"subject_pid": 2, "content": 3, "other_kind": 3}.get(key, 0)


async def submit(seen: Window, home: str) -> str:
    """Choose an office and submit a filled draft; returns the track code."""
    await seen.post(f"{home}/papers", {"action": "continue"})
    await seen.post(f"{home}/unit", {"unit": WARD})
    answer = await seen.post(f"{home}/check", {"truth": "1"})
    return str(answer.headers["location"]).rsplit("/", 1)[1]
