"""The endpoints of the provider, below ``/x/sandbox-identity`` of each tenant that enables it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from authlib.common.urls import add_params_to_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import OAuth2Error  # type: ignore[import-untyped]
from litestar import Request, Response, get, post, route
from litestar.response import Redirect, Template

from motcua.api import (
    SIGN_IN_CALLBACK,
    Actor,
    NotFound,
    Platform,
    Problem,
    Work,
    base_url_of,
    page,
    tenant_of,
)
from motcua_sandbox_identity import accounts, codes, keys
from motcua_sandbox_identity.server import (
    CLIENTS,
    SCOPES,
    Answer,
    Asked,
    Client,
    Ledger,
    Server,
    refuse,
)

ROOT = "/x/sandbox-identity"
AnyRequest = Request[Any, Any, Any]
_OPEN = {"open": True}
_PROTOCOL = {"open": True, "exclude_from_csrf": True}
# What may stand in a message about a parameter (RFC 6749 appendix A).
_PLAIN = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")


@asynccontextmanager
async def _work(request: AnyRequest) -> AsyncIterator[Work]:
    platform: Platform = request.app.state.platform
    async with platform.works.begin(tenant_of(request), Actor("system")) as work:
        yield work


def _issuer(request: AnyRequest) -> str:
    return base_url_of(request) + ROOT


def _clients(request: AnyRequest) -> dict[str, Client]:
    """Return the clients: the two roles of every tenant's portal, at its addresses and no other."""
    platform: Platform = request.app.state.platform
    settings = platform.settings
    bases = [
        base
        for tenant in platform.directory.all()
        for base in (
            settings.url_of(tenant.slug),
            f"{settings.scheme}://{settings.domain}/t/{tenant.slug}",
        )
    ]
    callbacks = frozenset(base + SIGN_IN_CALLBACK for base in bases)
    return {client_id: Client(client_id, callbacks) for client_id in CLIENTS}


@get("/.well-known/openid-configuration", include_in_schema=False, sync_to_thread=False, opt=_OPEN)
def configuration(request: AnyRequest) -> dict[str, Any]:
    """Describe the provider (OpenID Connect Discovery 1.0 section 3, RFC 9207)."""
    issuer = _issuer(request)
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [keys.ALGORITHM],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


@get("/jwks", include_in_schema=False, opt=_OPEN)
async def jwks(request: AnyRequest) -> dict[str, Any]:
    """Return the public keys."""
    async with _work(request) as work:
        key = await keys.signing_key(work)
    return {"keys": [keys.public(key)]}


def _asked(request: AnyRequest) -> Asked:
    """Return the authorization request of the query, in the form and at the confirmation alike."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if not all(_PLAIN.fullmatch(value) for name, value in pairs if name != "q"):
        raise _not_for_us()
    return Asked(request.method, pairs, {})


def _not_for_us() -> Problem:
    return Problem(
        "Yêu cầu đăng nhập này không đến từ một cổng dịch vụ của hệ thống. Hãy quay lại cổng và đăng "
        "nhập lại từ đầu.",
        "This sign-in request does not come from a portal of this system. Go back to the portal and "
        "start again.",
    )


def _judge(request: AnyRequest, work: Work, nonce_used: bool) -> tuple[Server, Asked, Any]:
    """Check the authorization request; returns server, request and grant, or raises ``OAuth2Error``."""
    asked = _asked(request)
    ledger = Ledger(_issuer(request), work.now, _clients(request), nonce_used=nonce_used)
    server = Server(ledger)
    try:
        grant = server.get_consent_grant(asked, end_user=None)
    except OAuth2Error as error:
        raise _Refused(refuse(server, asked, error)) from error
    return server, asked, grant


class _Refused(Exception):  # noqa: N818 -- it carries an answer
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _redirect(request: AnyRequest, answer: Answer) -> Redirect:
    """Return the answer to the client, with ``iss`` (RFC 9207); without a client it is a problem here."""
    if not answer.location:
        raise _not_for_us()
    return Redirect(add_params_to_uri(answer.location, {"iss": _issuer(request)}), status_code=303)


async def _nonce_used(request: AnyRequest, work: Work) -> bool:
    asked = request.query_params
    return await codes.nonce_used(work, asked.get("nonce", ""), asked.get("client_id", ""))


@get("/authorize", include_in_schema=False, opt=_OPEN)
async def choose(request: AnyRequest) -> Redirect | Template:
    """Show the people one can sign in as; ``?q=`` searches them."""
    text = request.query_params.get("q", "")[:100]
    async with _work(request) as work:
        try:
            _, asked, _ = _judge(request, work, await _nonce_used(request, work))
        except _Refused as refused:
            return _redirect(request, refused.answer)
        kind = CLIENTS[asked.payload.client_id]
        found = await accounts.search(work, kind, text)
    return page(
        request,
        "sandbox-identity/authorize.html",
        people=found,
        kind=kind,
        search=text,
        more=len(found) == accounts.SHOWN,
        query=request.url.query,
        asked=[(name, value) for name, value in asked.payload.data.items() if name != "q"],
    )


@post("/authorize", include_in_schema=False, opt=_OPEN)
async def confirm(request: AnyRequest) -> Redirect:
    """Go back to the portal with a code for ``account``, or without one for ``decision=deny``."""
    form = await request.form()
    async with _work(request) as work:
        try:
            server, asked, grant = _judge(request, work, await _nonce_used(request, work))
        except _Refused as refused:
            return _redirect(request, refused.answer)
        chosen = None
        if form.get("decision") != "deny":
            kind = CLIENTS[asked.payload.client_id]
            chosen = await accounts.named(work, kind, str(form.get("account", "")))
            if chosen is None:
                raise NotFound(
                    "Không có nhân vật thử nghiệm này. Hãy quay lại và chọn trong danh sách.",
                    "There is no such synthetic person. Go back and choose from the list.",
                )
        answer = server.create_authorization_response(asked, grant_user=chosen, grant=grant)
        if server.ledger.issued:
            await codes.issue(work, server.ledger.issued)
    return _redirect(request, answer)


@post("/token", include_in_schema=False, status_code=200, opt=_PROTOCOL)
async def token(request: AnyRequest) -> Response[Any]:
    """Exchange a code (RFC 6749 section 4.1.3, RFC 7636 section 4.6)."""
    form = await request.form()
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    asked = Asked("POST", pairs, request.headers)
    text = asked.form.get("code", "")
    async with _work(request) as work:
        ledger = Ledger(
            _issuer(request),
            work.now,
            _clients(request),
            key=await keys.signing_key(work),
            presented=await codes.take(work, text),
        )
        answer = Server(ledger).create_token_response(asked)
        if ledger.access_token:
            await codes.grant(work, text, ledger.access_token)
    return Response(
        answer.body,
        status_code=answer.status,
        media_type="application/json",
        headers={"cache-control": "no-store", "pragma": "no-cache"},
    )


@route("/userinfo", http_method=["GET", "POST"], include_in_schema=False, opt=_PROTOCOL)
async def userinfo(request: AnyRequest) -> Response[dict[str, Any]]:
    """Tell the claims of the person an access token is about (OpenID Connect Core 1.0 section 5.3)."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    async with _work(request) as work:
        found = await codes.holder(work, text) if kind.lower() == "bearer" and text else None
    if found is None:
        challenge = 'Bearer error="invalid_token"'
        return Response({}, status_code=401, headers={"www-authenticate": challenge})
    return Response(found.told, status_code=200)


ROUTES: list[Any] = [configuration, jwks, choose, confirm, token, userinfo]
