"""How a browser signs in by the sandbox, step by step, and whom the tests know there."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from motcua.demo.people import Person
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua_sandbox_identity import accounts

_STAFF = """
insert into staff (id, username, full_name) values ($1, $2, $3)
on conflict (tenant_id, username) do update set active = true returning id
"""
_ROLE = "insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, $4)"
_UNIT = "select id from unit order by code limit 1"
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')

CITIZEN = Person(
    "citizen",
    "congdan.test",
    "Đặng Thị Mẫu",
    "022190900001",
    {
        "name": "Đặng Thị Mẫu",
        "personal_id": "022190900001",
        "birthdate": "1990-05-17",
        "gender": "Nữ",
        "address": "Số 1, tổ 2, khu Thử Nghiệm",
        "phone_number": "0900000001",
    },
)
RECEIVER = Person(
    "staff",
    "tiepnhan.test",
    "Trần Thị Thử",
    "",
    {"name": "Trần Thị Thử", "preferred_username": "tiepnhan.test", "title": "Cán bộ tiếp nhận"},
)
STRANGER = Person(
    "staff",
    "nguoila.test",
    "Lê Văn Lạ",
    "",
    {"name": "Lê Văn Lạ", "preferred_username": "nguoila.test"},
)
PAPERLESS = Person("citizen", "khonggiayto", "Phạm Không Số", "", {"personal_id": "12"})


async def populate(platform: Platform, tenant: Tenant) -> None:
    """Give the people above accounts, and the receiver a role in one unit (where there are units)."""
    async with platform.works.begin(tenant, SYSTEM) as work:
        people: list[Any] = [CITIZEN, RECEIVER, STRANGER, PAPERLESS]
        await accounts.remember(work, people)
        staff_id = await work.tx.fetchval(_STAFF, uuid7(), RECEIVER.username, RECEIVER.full_name)
        await work.tx.execute("delete from staff_role where staff_id = $1", staff_id)
        unit = await work.tx.fetchval(_UNIT)
        await work.tx.execute(_ROLE, uuid7(), staff_id, unit, "receiver")


def csrf(page: httpx2.Response) -> str:
    """Return the hidden token of a page's forms."""
    found = _TOKEN.search(page.text)
    assert found, page.text
    return unescape(found[1])


async def start(client: httpx2.AsyncClient, provider: str, next_path: str = "") -> str:
    """Choose a provider; return the address of its page."""
    page = await client.get("/sign-in", params={"next": next_path} if next_path else {})
    assert page.status_code == 200
    form = {"_csrf_token": csrf(page), "provider": provider, "next": next_path}
    away = await client.post("/sign-in/start", data=form)
    assert away.status_code == 303, away.text
    return away.headers["location"]


async def confirm(client: httpx2.AsyncClient, address: str, **fields: str) -> str:
    """Choose on the provider's page; return the address it sends the browser back to."""
    page = await client.get(address)
    assert page.status_code == 200, page.text
    back = await client.post(address, data={"_csrf_token": csrf(page), **fields})
    assert back.status_code == 303, back.text
    return back.headers["location"]


async def sign_in(
    client: httpx2.AsyncClient, provider: str, username: str, next_path: str = ""
) -> httpx2.Response:
    """Do all of it; return the answer of the callback."""
    address = await start(client, provider, next_path)
    return await client.get(await confirm(client, address, account=username))


def query(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))
