"""The wallet API for programs, the results they read, and the public trust list."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from motcua import clock
from motcua.errors import Forbidden, NotFound
from motcua.events.log import Actor
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import asking, operating, service_tokens, trust, trust_store
from motcua.wallet.answers import CORS, text_answer
from motcua.wallet.asking import Wish
from motcua.wallet.operating import OfferWish
from motcua.web.here import AnyRequest, here, province_of

_OPEN = {"open": True, "exclude_from_csrf": True}
_NO_STORE = {"cache-control": "no-store"}


class Offer(msgspec.Struct, forbid_unknown_fields=True):
    """What is offered: a ``result``, a ``dossier`` whose result is awaited, or, on a test machine, a ``sample``.

    Without ``tx_code`` whoever holds the link may fetch it, but for ``flow`` ``code``, where its holder signs in.
    ``deferred`` lets a sample come a minute later; ``holder`` is the number of the person it is for. ``by_value`` puts
    the offer itself into the link; ``haip`` writes HAIP's scheme before it.
    """

    result: UUID | None = None
    dossier: UUID | None = None
    sample: str = ""
    tx_code: bool | None = None
    deferred: bool = False
    flow: Literal["pre-authorized", "code"] = "pre-authorized"
    holder: str = ""
    by_value: bool = False
    haip: bool = False


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """Which claims are wanted; ``alternatives`` are further lists, one of all must be met.

    ``page``: the answer is shown once on a page of the tenant instead of being read by the program.
    """

    claims: list[str]
    alternatives: list[list[str]] = []
    types: list[str] = []
    asked_by: str = ""
    reason: str = ""
    haip: bool = False
    page: bool = False


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    reason: str


class Issuer(msgspec.Struct, forbid_unknown_fields=True):
    """An issuer outside of the platform; ``types`` maps our kinds of paper to its ``vct``."""

    issuer: str
    name: str
    certificates: str
    types: dict[str, str]
    valid_until: datetime
    valid_from: datetime | None = None


@post("/api/wallet/offers", opt=_OPEN, status_code=201)
async def offer(request: AnyRequest, data: JSONBody[Offer]) -> Response[Any]:
    """Offer a result to its holder's wallet."""
    tenant, platform, actor = await _program(request, "offer")
    sign_in = data.flow == "code"
    wish = OfferWish(
        result=data.result,
        dossier=data.dossier,
        sample=data.sample,
        tx_code=not sign_in if data.tx_code is None else data.tx_code,
        deferred=data.deferred,
        sign_in=sign_in,
        holder=data.holder,
        by_value=data.by_value,
        haip=data.haip,
    )
    return _answer(await operating.offer(platform, tenant, actor, wish), 201)


@post("/api/wallet/requests", opt=_OPEN, status_code=201)
async def ask(request: AnyRequest, data: JSONBody[Request]) -> Response[Any]:
    """Ask for claims."""
    tenant, platform, actor = await _program(request, "request")
    wish = Wish(
        options=[data.claims, *data.alternatives],
        types=data.types,
        asked_by=data.asked_by or actor.name,
        reason=data.reason,
        haip=data.haip,
    )
    return _answer(await operating.request(platform, tenant, actor, wish, hosted=data.page), 201)


@get("/vp/{asked_id:uuid}/result", include_in_schema=False, opt=_OPEN)
async def result(
    request: AnyRequest, asked_id: FromPath[UUID], key: FromQuery[str] = ""
) -> Response[Any]:
    """Tell whoever holds the key of a request what became of it."""
    tenant, platform = province_of(request), _platform(request)
    return _answer(await asking.result(platform, tenant, asked_id, key, clock.now()))


@get("/api/wallet/results/{result_id:uuid}", opt=_OPEN)
async def status(request: AnyRequest, result_id: FromPath[UUID]) -> Response[Any]:
    """Tell how a result stands."""
    tenant, platform, actor = await _program(request, "status")
    async with platform.works.begin(tenant, actor) as work:
        return _answer(await operating.status(work, result_id))


@post("/api/wallet/results/{result_id:uuid}/{what:str}", opt=_OPEN, status_code=200)
async def change(
    request: AnyRequest, result_id: FromPath[UUID], what: FromPath[str], data: JSONBody[Reason]
) -> Response[Any]:
    """Revoke, suspend or restore a result, with all its copies."""
    tenant, platform, actor = await _program(request, "status")
    if what not in ("revoke", "suspend", "restore"):
        raise NotFound()
    async with platform.works.begin(tenant, actor) as work:
        done = await operating.change(work, result_id, what, data.reason)  # type: ignore[arg-type]
    return _answer(done)


@get("/api/wallet/trusted-issuers", opt=_OPEN)
async def trusted(request: AnyRequest) -> Response[Any]:
    """List the issuers outside of the platform, those of the past included."""
    tenant, platform, _ = await _administrator(request)
    async with platform.db.tenant(tenant) as tx:
        return _answer({"issuers": await trust_store.entries(tx)})


@post("/api/wallet/trusted-issuers", opt=_OPEN, status_code=201)
async def believe(request: AnyRequest, data: JSONBody[Issuer]) -> Response[Any]:
    """Believe an issuer outside of the platform, for some kinds of paper and for a time."""
    tenant, platform, actor = await _administrator(request)
    found = trust_store.Outside(
        data.issuer,
        data.name,
        data.certificates,
        data.types,
        data.valid_from or clock.now() - timedelta(minutes=1),
        data.valid_until,
    )
    async with platform.works.begin(tenant, actor) as work:
        entry = await trust_store.add(platform, work, found)
    return _answer({"id": str(entry)}, 201)


@post("/api/wallet/trusted-issuers/{entry_id:uuid}/revoke", opt=_OPEN, status_code=200)
async def disbelieve(
    request: AnyRequest, entry_id: FromPath[UUID], data: JSONBody[Reason]
) -> Response[Any]:
    """Believe an issuer no longer, at once."""
    tenant, platform, actor = await _administrator(request)
    async with platform.works.begin(tenant, actor) as work:
        await trust_store.revoke(work, entry_id, data.reason)
    return _answer({"id": str(entry_id), "done": "revoke"})


@get(f"/.well-known/{trust.NAME}", include_in_schema=False, opt=_OPEN)
async def trust_list(request: AnyRequest) -> Response[Any]:
    """Publish whom this tenant believes, signed; anybody may keep it for five minutes."""
    tenant, platform = province_of(request), _platform(request)
    found = await trust_store.published(platform, tenant, clock.now())
    keep = f"public, max-age={int(trust.TTL.total_seconds())}"
    if request.headers.get("if-none-match") == found.etag:
        headers = {**CORS, "etag": found.etag, "cache-control": keep}
        return Response(None, status_code=304, headers=headers)
    return text_answer(found.token, trust.MEDIA_TYPE, etag=found.etag, cache_control=keep)


async def _program(request: AnyRequest, scope: str) -> tuple[Tenant, Platform, Actor]:
    tenant, platform = province_of(request), _platform(request)
    header = request.headers.get("authorization")
    actor = await service_tokens.program(platform, tenant, header, scope, clock.now())
    return tenant, platform, actor


async def _administrator(request: AnyRequest) -> tuple[Tenant, Platform, Actor]:
    """Return who may change whom we believe: an administrator's session, or a program with that scope."""
    session = here(request).session
    if session is None:
        return await _program(request, "trust")
    if not session.may("admin"):
        raise Forbidden(
            "Tài khoản của bạn không có vai trò cần thiết.",
            "Your account does not hold the role this needs.",
        )
    return province_of(request), _platform(request), session.actor


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


def _answer(body: dict[str, Any], status: int = 200) -> Response[Any]:
    return Response(body, status_code=status, headers=_NO_STORE, media_type="application/json")


ROUTES: list[Any] = [
    offer, ask, result, status, change, trusted, believe, disbelieve, trust_list,
]  # fmt: skip
