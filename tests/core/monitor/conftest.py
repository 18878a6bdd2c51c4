"""A hall with a working calendar, and officers of it who look at the monitor."""

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import httpx2
import pytest

from motcua.catalogue.calendars import keep_calendar
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people.capabilities import Capability
from motcua.web import sessions
from motcua.web.sessions import COOKIE

from ...conftest import Browser
from ..queues.conftest import Hall, hall

__all__ = ["hall"]
_CALENDAR = {
    "version": "test",
    "valid_from": date(2025, 1, 1),
    "valid_until": date(2027, 12, 31),
    "sessions": [["07:30", "11:30"], ["13:30", "17:00"]],
}
SignIn = Callable[..., Awaitable[httpx2.AsyncClient]]


@pytest.fixture
async def worked(hall: Hall) -> Hall:
    """Return the hall of a tenant that has a working calendar."""
    async with hall.platform.db.tenant(hall.tenant) as tx:
        await keep_calendar(tx, _CALENDAR)
    return hall


@pytest.fixture
def sign_in(worked: Hall, browse: Browser) -> SignIn:
    """Return a maker of signed-in browsers; a role is held in the hall's unit unless said otherwise."""

    async def enter(
        *roles: str, unit: UUID | None = worked.unit, lang: str = "vi"
    ) -> httpx2.AsyncClient:
        held = tuple(Capability(role, unit) for role in roles)
        async with worked.platform.works.begin(worked.tenant, SYSTEM) as work:
            token = await sessions.start(work, "staff", uuid7(), "Thử", capabilities=held)
        client = browse(worked.tenant.slug)
        await client.get("/theme.css", params={"lang": lang})
        client.cookies.set(COOKIE, token)
        client.headers["x-csrftoken"] = client.cookies.get("mc_csrf") or ""
        return client

    return enter
