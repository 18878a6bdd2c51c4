"""The telephone's screen: what would have been sent, newest first, marked as a trial."""

import re
from typing import Any

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Template

from motcua.api import Actor, Platform, page, province_of
from motcua_sandbox_messages import kept

_LINK = re.compile(r"(https?://\S+)")
_NOBODY = Actor("program", name="sandbox-messages")


@get("/", opt={"open": True}, include_in_schema=False)
async def screen(request: Request[Any, Any, Any], phone: FromQuery[str] = "") -> Template:
    """Show the last messages, of one telephone when one is asked for."""
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    asked = "".join(c for c in phone if c.isdigit())[:15]
    async with platform.works.begin(tenant, _NOBODY) as work:
        found = await kept.last(work, asked)
    shown = [(message, _LINK.split(message.text)) for message in found]
    return page(request, "sandbox-messages/screen.html", shown=shown, phone=asked)


ROUTES: list[Any] = [screen]
