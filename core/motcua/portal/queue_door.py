"""The code at a hall's door: whoever opens it on his telephone is there, and says by which number or appointment."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.errors import Invalid, NotFound, Problem
from motcua.people.parse import parse_phone
from motcua.platform import Platform
from motcua.portal.asking import Asker, asker, code_of
from motcua.queues import knocks, queries, remote
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page


@get("/s/{site_key:str}", include_in_schema=False, opt={"open": True})
async def door(request: AnyRequest, site_key: FromPath[str], code: FromQuery[str] = "") -> Template:
    """Ask by which code or telephone somebody is here."""
    return await _page(request, site_key, typed=code_of(code))


@post("/s/{site_key:str}", include_in_schema=False, opt={"open": True})
async def arrive(request: AnyRequest, site_key: FromPath[str]) -> Redirect | Template:
    """Let him be here; who gave the code is led to his number, who gave a telephone is told it."""
    who = asker(request)
    typed = str((await request.form()).get("code", ""))[:200]
    try:
        found, by_code = await arrivals(who, site_key, typed)
    except Problem as refused:
        errors = refused.fields or {"code": refused.said(who.lang)}
        return await _page(request, site_key, typed=typed, errors=errors, status=refused.status)
    if by_code and len(found) == 1:
        return Redirect(
            here(request).url(f"/q/{found[0]['public_code']}?done=arrive"), status_code=303
        )
    # A telephone is no secret: it opens no page on which a number can be given back.
    return await _page(request, site_key, found=found)


async def arrivals(who: Asker, site_key: str, typed: str) -> tuple[list[Record], bool]:
    """Let somebody be here by a code or a telephone; returns his tickets and whether it was by a code.

    ``Invalid`` for what is neither, ``NotFound`` when nothing is there today, which is counted, and
    ``TooManyTries`` when that was too often.
    """
    code, contact = _read(typed)
    missing: NotFound | None = None
    async with who.platform.works.begin(who.tenant, who.actor) as work:
        if not who.known:
            await knocks.refuse_crowd(work, "wrong", who.address)
        site = await queries.site(work.tx, site_key)
        try:
            tickets = await remote.here(work, UUID(bytes=site["id"].bytes), code, contact)
        except NotFound as unknown:
            knocks.note(work, "wrong", who.address)
            missing, tickets = unknown, []
        rows = [await remote.by_id(work.tx, ticket) for ticket in tickets]
    if missing is not None:
        raise missing
    return [row for row in rows if row is not None], not contact


def _read(typed: str) -> tuple[str, str]:
    """Return a code, or a telephone when digits were typed like one; ``Invalid`` for nothing."""
    # A camera reads a whole link from the ticket.
    code = code_of(typed.strip().rstrip("/").rsplit("/", 1)[-1])
    if not code:
        said = ("Nhập mã hoặc số điện thoại.", "Enter the code or the telephone number.")
        raise Invalid(*said, fields={"code": said})
    if code.isdigit() and len(code) >= 10:
        return "", parse_phone(typed, field="code")
    return code, ""


async def _page(
    request: AnyRequest,
    site_key: str,
    *,
    typed: str = "",
    found: list[Record] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(province_of(request)) as tx:
        site = await queries.site(tx, site_key)
    return page(
        request,
        "portal/queue_door.html",
        status=status,
        at=site,
        typed=typed,
        found=found or [],
        errors=errors or {},
    )


ROUTES: list[Any] = [door, arrive]
