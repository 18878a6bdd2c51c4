"""The sandbox server, below ``/x/vneid/sandbox``: it behaves like what is publicly known, and is not VNeID.

Kept as they were found: no ID token and no nonce; a ``code`` that lives for seconds, with a plus that is not
escaped, or wrapped with its key in ``encrypt_key``; token and userinfo as ``{"data", "key"}``; 401 without a word
for an address that is not on the list. The endpoints for documents are an assumption.
"""

import base64
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.response import Redirect, Template

from motcua.api import (
    Actor,
    Invalid,
    NotFound,
    Platform,
    Work,
    base_url_of,
    here,
    need_role,
    page,
    province_of,
    token,
)
from motcua_vneid import crypto, store
from motcua_vneid.client import CLIENT_ID, SANDBOX, SANDBOX_SECRET

AnyRequest = Request[Any, Any, Any]
OPEN = {"open": True}
PROTOCOL = {"open": True, "exclude_from_csrf": True}
_HOME = ("127.0.0.1", "::1")
_SERVER = Actor("program", name="vneid-sandbox")


@asynccontextmanager
async def opened(request: AnyRequest) -> AsyncIterator[Work]:
    """Open a work of the sandbox; ``NotFound`` where the province speaks with the real system."""
    if str(told(request).get("endpoint", SANDBOX)).rstrip("/") != SANDBOX:
        raise NotFound()
    platform: Platform = request.app.state.platform
    async with platform.works.begin(province_of(request), _SERVER) as work:
        yield work


def told(request: AnyRequest) -> Mapping[str, Any]:
    """Return what the tenant's ``channels.toml`` says of this plugin."""
    channels = province_of(request).settings.get("channels", {})
    found: Mapping[str, Any] = channels.get("settings", {}).get("vneid", {})
    return found


@get("/sandbox/authorize", include_in_schema=False, opt=OPEN)
async def choose(request: AnyRequest) -> Template:
    """Show whom one can be; ``?q=`` searches."""
    asked = request.query_params
    _own_address(request, asked.get("redirect_uri", ""))
    query = asked.get("q", "").strip().lower()[:40]
    async with opened(request) as work:
        people = await store.accounts(work, query)
    kept = {k: asked.get(k, "") for k in ("client_id", "redirect_uri", "state")}
    return page(request, "vneid/authorize.html", people=people, query=query, kept=kept)


@post("/sandbox/authorize", include_in_schema=False, opt=OPEN)
async def confirm(request: AnyRequest) -> Redirect:
    """Send the person back with a code: with its plus as it is, or wrapped."""
    form = await request.form()
    back, state = str(form.get("redirect_uri", "")), str(form.get("state", ""))
    _own_address(request, back)
    # A plus stands in every one, so that nobody forgets it.
    code = "+" + base64.b64encode(os.urandom(24)).decode()
    async with opened(request) as work:
        chosen = await _account(work, str(form.get("account", "")))
        await store.issue_code(work, code, chosen["id"], back)
        public = (await store.made_key(work)).public_key()
    said = f"code={code}"
    if told(request).get("sandbox_encrypts_code", True):
        data, key = crypto.wrap(public, code.encode())
        said = f"code={data}&encrypt_key={key}"
    mark = "&" if "?" in back else "?"
    return Redirect(f"{back}{mark}{said}&{urlencode({'state': state})}", status_code=303)


@post("/sandbox/registration", include_in_schema=False, status_code=204, opt=PROTOCOL)
async def register(request: AnyRequest) -> None:
    """Know the province's key: here both sides keep it in one place."""
    async with opened(request) as work:
        await store.made_key(work)


@get("/key", include_in_schema=False)
async def key(request: AnyRequest) -> Response[str]:
    """Tell an administrator the public key that VNeID is given; it is made when there is none."""
    admin = need_role(here(request).session, "admin")
    platform: Platform = request.app.state.platform
    async with platform.works.begin(province_of(request), admin.actor) as work:
        public = (await store.made_key(work)).public_key()
    return Response(crypto.public_pem(public), media_type="text/plain")


@post("/sandbox/token", include_in_schema=False, status_code=200, opt=PROTOCOL)
async def exchange(request: AnyRequest) -> Response[Any]:
    """Give an access token for a code, once and within seconds."""
    form = await request.form()
    if not _known(request, str(form.get("client_id", "")), str(form.get("client_secret", ""))):
        return _nothing()
    access = token()
    code, back = str(form.get("code", "")), str(form.get("redirect_uri", ""))
    async with opened(request) as work:
        if not await store.use_code(work, code, back, access):
            return _nothing()
        return await _wrapped(work, {"access_token": access, "token_type": "Bearer"})


@get("/sandbox/userinfo", include_in_schema=False, opt=PROTOCOL)
async def userinfo(request: AnyRequest) -> Response[Any]:
    """Tell who signed in."""
    kind, _, access = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not _listed(request):
        return _nothing()
    async with opened(request) as work:
        claims = await store.holder(work, access)
        return _nothing() if claims is None else await _wrapped(work, claims)


@post("/sandbox/documents", include_in_schema=False, status_code=200, opt=PROTOCOL)
async def push(request: AnyRequest) -> Response[Any]:
    """Take a document for a person; the same ``requestId`` again is the same document."""
    if not _caller(request):
        return _nothing()
    said = await request.json()
    async with opened(request) as work:
        kept = await store.put(
            work, "pushed", str(said["requestId"]), str(said["citizenPid"]), said["document"]
        )
        return await _wrapped(work, {"receipt": f"VN-{kept.hex[-12:].upper()}"})


@post("/sandbox/documents/withdraw", include_in_schema=False, status_code=200, opt=PROTOCOL)
async def take_back(request: AnyRequest) -> Response[Any]:
    """Take a document out of the application."""
    if not _caller(request):
        return _nothing()
    said = await request.json()
    async with opened(request) as work:
        await store.take_back(work, "pushed", str(said["requestId"]))
        return await _wrapped(work, {"withdrawn": True})


@post("/sandbox/share/init", include_in_schema=False, status_code=200, opt=PROTOCOL)
async def begin(request: AnyRequest) -> Response[Any]:
    """Begin a sharing: a transaction id that the person takes to the application."""
    if not _caller(request):
        return _nothing()
    said = await request.json()
    back = str(said.get("returnUrl", ""))
    _own_address(request, back)
    transaction = token()
    async with opened(request) as work:
        await store.begin_sharing(work, transaction, [str(n) for n in said["data"]], back)
        return await _wrapped(work, {"transactionId": transaction})


@post("/sandbox/share/transaction", include_in_schema=False, status_code=200, opt=PROTOCOL)
async def read(request: AnyRequest) -> Response[Any]:
    """Tell what a person consented to, once."""
    if not _caller(request):
        return _nothing()
    said = await request.json()
    async with opened(request) as work:
        found = await store.shared(
            work, str(said.get("transactionId", "")), str(said.get("consentId", ""))
        )
        return _nothing() if found is None else await _wrapped(work, found)


async def _wrapped(work: Work, content: dict[str, Any]) -> Response[Any]:
    public = (await store.made_key(work)).public_key()
    headers = {"cache-control": "no-store"}
    return Response(crypto.body(public, content), media_type="application/json", headers=headers)


def _nothing() -> Response[Any]:
    return Response({"message": "Unauthorized"}, status_code=401, media_type="application/json")


def _caller(request: AnyRequest) -> bool:
    return _known(
        request,
        request.headers.get("x-client-id", ""),
        request.headers.get("x-client-secret", ""),
    )


def _known(request: AnyRequest, client_id: str, secret: str) -> bool:
    own = str(told(request).get("client_id", CLIENT_ID))
    return _listed(request) and (client_id, secret) == (own, SANDBOX_SECRET)


def _listed(request: AnyRequest) -> bool:
    """Tell whether the caller's address is one that was registered."""
    return request.client is not None and request.client.host in told(request).get(
        "sandbox_addresses", _HOME
    )


def _own_address(request: AnyRequest, url: str) -> None:
    """Refuse to send anybody elsewhere than to this tenant's own pages."""
    if not url.startswith(base_url_of(request) + "/"):
        raise Invalid(
            "Yêu cầu này không đến từ cổng dịch vụ của tỉnh.",
            "This request does not come from the province's portal.",
        )


async def _account(work: Work, username: str) -> Any:
    chosen = await store.account(work, username)
    if chosen is None:
        raise NotFound(
            "Không có nhân vật thử nghiệm này. Hãy quay lại và chọn trong danh sách.",
            "There is no such synthetic person. Go back and choose from the list.",
        )
    return chosen


ROUTES: list[Any] = [
    key,
    register,
    choose,
    confirm,
    exchange,
    userinfo,
    push,
    take_back,
    begin,
    read,
]
