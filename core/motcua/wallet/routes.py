"""The wallet protocols on each province's host: issuing (OpenID4VCI) and presenting (OpenID4VP)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post, route
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from motcua import clock
from motcua.errors import NotFound, Problem
from motcua.platform import Platform
from motcua.wallet import (
    answers,
    authorize_pages,
    endpoints,
    envelopes,
    issuer,
    issuing,
    metadata,
    pages,
    requests,
    responding,
    statuses,
    statuslist,
)
from motcua.wallet.answers import ProtocolError, form_of, json_answer, text_answer
from motcua.wallet.profiles import is_haip
from motcua.web.here import AnyRequest, province_of

_MINUTES = 300
"""How long others may keep metadata, in seconds: a new key or procedure is known after that."""

_LONGEST_SECONDS = 11
_RESPONSE = Response[Any]


@get(f"/.well-known/{metadata.ISSUER}")
async def credential_issuer(request: AnyRequest) -> _RESPONSE:
    """Say who issues what; signed for whoever asks for ``application/jwt``."""
    tenant, platform = province_of(request), _platform(request)
    kinds = await issuer.configurations(platform, tenant)
    body = metadata.credential_issuer(
        issuer.url_of(platform, tenant),
        metadata.Names(tenant.name, tenant.name),
        list(kinds.values()),
        batch_size=issuing.BATCH,
    ) | envelopes.announced(platform, tenant)
    if "application/jwt" not in request.headers.get("accept", ""):
        return json_answer(body, max_age=_MINUTES, more={"vary": "accept"})
    now = clock.now()
    async with platform.db.tenant(tenant) as tx:
        signer = await issuer.signer_of(tx, platform.vaults.of(tenant.id), now)
    made = await signer.run(
        lambda: metadata.signed(body, key=signer.key, kid=signer.kid, x5c=signer.x5c, now=now)
    )
    keep = f"public, max-age={_MINUTES}"
    return text_answer(made, "application/jwt", cache_control=keep, vary="accept")


@get(f"/.well-known/{metadata.SERVER}")
async def authorization_server(request: AnyRequest) -> _RESPONSE:
    """Say which grants there are."""
    tenant, platform = province_of(request), _platform(request)
    kinds = await issuer.configurations(platform, tenant)
    body = metadata.authorization_server(issuer.url_of(platform, tenant), scopes=list(kinds))
    if is_haip(tenant):
        body |= metadata.ATTESTED
    return json_answer(body, max_age=_MINUTES)


@get(f"/.well-known/{metadata.KEYS}")
async def issuer_keys(request: AnyRequest) -> _RESPONSE:
    """Publish the keys of credentials (SD-JWT VC section 5)."""
    tenant, platform = province_of(request), _platform(request)
    async with platform.db.tenant(tenant) as tx:
        keys = await issuer.public_keys(tx, datetime.now(UTC))
    url = issuer.url_of(platform, tenant)
    return json_answer(metadata.jwt_vc_issuer(url, keys), max_age=_MINUTES)


@get("/jwks")
async def key_set(request: AnyRequest) -> _RESPONSE:
    """Publish the same keys as a set."""
    tenant, platform = province_of(request), _platform(request)
    async with platform.db.tenant(tenant) as tx:
        keys = await issuer.public_keys(tx, datetime.now(UTC))
    return json_answer(metadata.jwks(keys), max_age=_MINUTES)


@get("/vct/{kind:str}/{version:str}")
async def type_metadata(
    request: AnyRequest, kind: FromPath[str], version: FromPath[str]
) -> _RESPONSE:
    """Describe a type of credential (SD-JWT VC section 4)."""
    tenant, platform = province_of(request), _platform(request)
    found = (await issuer.configurations(platform, tenant)).get(kind)
    if found is None or found.vct.rsplit("/", 1)[-1] != version:
        raise NotFound("Không có loại giấy tờ này.", "there is no such type")
    return json_answer(metadata.type_metadata(found), max_age=_MINUTES)


@get("/status/{list_id:str}")
async def status_list(request: AnyRequest, list_id: FromPath[str]) -> _RESPONSE:
    """Publish which credentials hold no longer (Token Status List section 8)."""
    tenant, platform = province_of(request), _platform(request)
    try:
        wanted = UUID(list_id)
    except ValueError as error:
        raise NotFound("Không có danh sách này.", "there is no such status list") from error
    now = clock.now()
    if "time" in request.query_params:
        then = _seconds(request.query_params["time"])
        found = await statuses.published_at(platform, tenant, wanted, then, now)
    else:
        found = await statuses.published(platform, tenant, wanted, now)
    keep = f"public, max-age={int(statuses.TTL.total_seconds())}"
    if found.etag in request.headers.get("if-none-match", ""):
        headers = {**answers.CORS, "etag": found.etag, "cache-control": keep}
        return Response(None, status_code=304, headers=headers)
    return text_answer(found.token, statuslist.MEDIA_TYPE, etag=found.etag, cache_control=keep)


@get("/vp/{presentation_id:str}/request")
async def request_object(request: AnyRequest, presentation_id: FromPath[str]) -> _RESPONSE:
    """Return the signed presentation request."""
    tenant, platform = province_of(request), _platform(request)
    made = await responding.request_object(platform, tenant, presentation_id, None)
    return text_answer(made, requests.MEDIA_TYPE)


@post("/vp/{presentation_id:str}/request", status_code=200)
async def request_object_for(request: AnyRequest, presentation_id: FromPath[str]) -> _RESPONSE:
    """Return the same to a wallet that sends a nonce of its own (OpenID4VP section 5.10)."""
    tenant, platform = province_of(request), _platform(request)
    wallet_nonce = (await form_of(request)).get("wallet_nonce")
    made = await responding.request_object(platform, tenant, presentation_id, wallet_nonce)
    return text_answer(made, requests.MEDIA_TYPE)


@post("/vp/{presentation_id:str}/response", status_code=200)
async def response(request: AnyRequest, presentation_id: FromPath[str]) -> _RESPONSE:
    """Take a presentation, or the word that there is none."""
    tenant, platform = province_of(request), _platform(request)
    form = await form_of(request)
    return json_answer(await responding.answer(platform, tenant, presentation_id, form))


@route(
    [
        f"/.well-known/{metadata.ISSUER}",
        f"/.well-known/{metadata.SERVER}",
        f"/.well-known/{metadata.KEYS}",
        "/jwks",
        "/vct/{kind:str}/{version:str}",
        "/offers/{ref:str}",
        "/par",
        "/token",
        "/nonce",
        "/credential",
        "/deferred",
        "/notification",
        "/status/{list_id:str}",
        "/vp/{presentation_id:str}/request",
        "/vp/{presentation_id:str}/response",
    ],
    http_method=["OPTIONS"],
    status_code=200,
    sync_to_thread=False,
)
def preflight() -> _RESPONSE:
    """Let a wallet of any origin ask: nothing here depends on a browser's cookies."""
    return Response(None, status_code=204, headers=answers.PREFLIGHT)


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_SECONDS:
        raise ProtocolError("invalid_request", "time must be a number of seconds since 1970")
    return int(text)


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


_HANDLERS = [
    # First: the framework would make an OPTIONS handler of its own for a path it meets without one.
    preflight,
    credential_issuer,
    authorization_server,
    issuer_keys,
    key_set,
    type_metadata,
    *endpoints.HANDLERS,
    status_list,
    request_object,
    request_object_for,
    response,
]
_ROUTER = Router(
    path="/",
    route_handlers=_HANDLERS,
    include_in_schema=False,
    opt={"open": True, "exclude_from_csrf": True},
    exception_handlers={
        Problem: answers.refused,
        HTTPException: answers.failed,
        Exception: answers.crashed,
    },
)
ROUTES: list[Any] = [_ROUTER, *authorize_pages.ROUTES, *pages.ROUTES]
