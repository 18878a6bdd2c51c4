"""The endpoints at which a wallet gets its papers (OpenID4VCI 1.0 sections 5 to 11)."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from motcua import clock
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    answers,
    attestation,
    dpop,
    envelopes,
    grants,
    issuing,
    nonces,
    notices,
    oauth,
    offering,
    server,
)
from motcua.wallet.answers import form_of, json_answer, json_of
from motcua.wallet.oauth import Answer, Caller
from motcua.web.here import AnyRequest, province_of

_RESPONSE = Response[Any]


@get("/offers/{ref:str}")
async def offer(request: AnyRequest, ref: FromPath[str]) -> _RESPONSE:
    """Return an offer by reference."""
    tenant, platform = _place(request)
    return json_answer(await offering.read(platform, tenant, ref, clock.now()))


@post("/par", status_code=201)
async def par(request: AnyRequest) -> _RESPONSE:
    """Take an authorization request in by the back door (RFC 9126)."""
    tenant, platform = _place(request)
    form = await form_of(request)
    caller = await _caller(request, platform, tenant, form)
    return _told(await server.push(platform, tenant, form, caller), platform, tenant, caller)


@post("/token", status_code=200)
async def token(request: AnyRequest) -> _RESPONSE:
    """Redeem a pre-authorised code, an authorization code or a refresh token."""
    tenant, platform = _place(request)
    form = await form_of(request)
    caller = await _caller(request, platform, tenant, form)
    return _told(await server.token(platform, tenant, form, caller), platform, tenant, caller)


@post("/nonce", status_code=200, sync_to_thread=False)
def nonce(request: AnyRequest) -> _RESPONSE:
    """Return a fresh ``c_nonce``, and one for DPoP beside it; nothing is stored."""
    tenant, platform = _place(request)
    now = clock.now()
    fresh = nonces.make_nonce(issuing.nonce_secret(platform), tenant=str(tenant.id), now=now)
    return json_answer({"c_nonce": fresh}, more={dpop.HEADER: dpop.fresh(platform, tenant, now)})


@post("/credential", status_code=200)
async def credential(request: AnyRequest) -> _RESPONSE:
    """Issue copies, one for each proof, or say that it takes longer."""
    tenant, platform = _place(request)
    now = clock.now()
    grant = await grants.access(request, platform, tenant, now)
    body, envelope = await envelopes.opened(request, platform, tenant)
    given, status = await issuing.issue(platform, tenant, grant, body, now)
    return envelope.answer(given, status, _next_nonce(platform, tenant, grant["jkt"]))


@post("/deferred", status_code=200)
async def deferred(request: AnyRequest) -> _RESPONSE:
    """Issue what a wallet waits for, once it is there."""
    tenant, platform = _place(request)
    grant = await grants.access(request, platform, tenant, clock.now())
    body, envelope = await envelopes.opened(request, platform, tenant)
    given, status = await issuing.later(platform, tenant, grant, body)
    return envelope.answer(given, status, _next_nonce(platform, tenant, grant["jkt"]))


@post("/notification", status_code=200)
async def notification(request: AnyRequest) -> _RESPONSE:
    """Hear what became of a credential."""
    tenant, platform = _place(request)
    grant = await grants.access(request, platform, tenant, clock.now(), notices.MAY_TELL)
    body = await json_of(request, "invalid_notification_request")
    await notices.note(platform, tenant, grant, body)
    headers = {**answers.CORS, "cache-control": "no-store"}
    return Response(None, status_code=204, headers=headers)


async def _caller(
    request: AnyRequest, platform: Platform, tenant: Tenant, form: dict[str, str]
) -> Caller:
    """Return who asks: first the wallet as it is attested, then the key of its DPoP proof."""
    now = clock.now()
    named = oauth.client_id(form)
    client = await attestation.client(request, platform, tenant, named, now)
    return Caller(await dpop.bound(request, platform, tenant, now), client)


def _told(answer: Answer, platform: Platform, tenant: Tenant, caller: Caller) -> _RESPONSE:
    """Return what the authorization server says; a refusal brings no nonce along."""
    more = _next_nonce(platform, tenant, caller.jkt) if answer.granted else {}
    return json_answer(answer.body, answer.status, more=more)


def _next_nonce(platform: Platform, tenant: Tenant, jkt: str | None) -> dict[str, str]:
    # Given with every answer to a proof (RFC 9449 section 8.2), so that the next one needs no second try.
    return {dpop.HEADER: dpop.fresh(platform, tenant, clock.now())} if jkt else {}


def _place(request: AnyRequest) -> tuple[Tenant, Platform]:
    return province_of(request), request.app.state.platform


HANDLERS: list[Any] = [offer, par, token, nonce, credential, deferred, notification]
