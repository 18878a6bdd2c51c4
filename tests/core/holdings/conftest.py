"""People with results and papers: one who owns, one who does not, and officers of two units."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.desk.conftest import Desk, Office, SitDown, office, sit
from tests.core.portal import offices
from tests.core.portal.people import (
    Window,
    begin,
    fill,
    photo,
    picture,
    sign_in,
    submit,
    window,
)
from tests.core.portal.test_mine import Filed

__all__ = ["Desk", "Office", "SitDown", "office", "sit"]
_NUMBERS = itertools.count(1000)
_ID = "select id from dossier where track_code = $1"
_RESULT = "select id from issued_result where dossier_id = $1"
_PAPER = "select id from component where dossier_id = $1 and sha256 is not null"


@dataclass
class Owner:
    """A citizen with one result and one paper, both of the same dossier."""

    filed: Filed
    seen: Window
    result: UUID
    paper: UUID
    other: Window
    anybody: Callable[[], Window]

    @property
    def platform(self) -> Platform:
        return self.filed.platform

    @property
    def tenant(self) -> Tenant:
        return self.filed.tenant

    async def one(self, sql: str, *args: object) -> object:
        async with self.platform.db.tenant(self.tenant) as tx:
            return await tx.fetchval(sql, *args)


@pytest.fixture
async def owner_(platform: Platform, quang_ninh: Tenant, browse: Browser) -> Owner:
    """Let somebody nobody has seen before file a dossier, and decide it."""
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute("delete from draft")
    number = next(_NUMBERS)
    person = await sign_in(platform, quang_ninh, number, "Trịnh Thị Bí Mật")
    seen = window(browse("quang-ninh"), person)
    home = await begin(seen)
    await fill(seen, home, requests_for="relative", content="Nội dung kín")
    scan = photo("relation", picture(number % 256))
    await seen.post(f"{home}/papers", {"action": "upload"}, scan)
    track_code = await submit(seen, home)
    who = await offices.officer(platform, quang_ninh)
    async with platform.db.tenant(quang_ninh) as tx:
        dossier = await tx.fetchval(_ID, track_code)
    filed = Filed(dossier, track_code, person, seen, who, platform, quang_ninh)
    await filed.accept()
    await filed.decide()
    async with platform.db.tenant(quang_ninh) as tx:
        result = await tx.fetchval(_RESULT, filed.id)
        paper = await tx.fetchval(_PAPER, filed.id)
    other = window(browse("quang-ninh"), await sign_in(platform, quang_ninh, 3, "Người Khác"))
    return Owner(filed, seen, result, paper, other, lambda: Window(browse("quang-ninh")))
