"""OpenID Connect as a client: away to a provider, back with a code, and out with checked claims.

Authorization code flow with state, nonce and PKCE S256 (OpenID Connect Core 1.0 section 3.1, RFC 7636,
RFC 9700). Between the two halves everything lies in one sealed cookie of the browser; the server keeps
nothing. All outbound requests happen outside transactions.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import structlog
from authlib.integrations.base_client import (  # type: ignore[import-untyped]
    BaseApp,
    OAuthError,
)
from authlib.integrations.base_client.async_app import (  # type: ignore[import-untyped]
    AsyncOAuth2Mixin,
)
from authlib.integrations.base_client.async_openid import (  # type: ignore[import-untyped]
    AsyncOpenIDMixin,
)
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.errors import JoseError

from motcua.errors import Forbidden, Problem, Unavailable
from motcua.http import Through
from motcua.plugins.kinds import IdentityProvider

LIFETIME = timedelta(minutes=10)
SCOPE = "openid profile address phone"
# Signatures that only the provider can make: no "none", no shared secret.
_SIGNATURES = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
_log = structlog.get_logger(__name__)


class _Metadata(msgspec.Struct, omit_defaults=True):
    """What is taken from a provider's metadata; anything else could change how the client behaves."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    authorization_response_iss_parameter_supported: bool = False
    id_token_signing_alg_values_supported: list[str] = []


class Attempt(msgspec.Struct, frozen=True):
    """One way out to a provider; ``expires`` in seconds since 1970."""

    provider: str
    next: str
    state: str
    nonce: str
    verifier: str
    expires: int


def seal(attempt: Attempt, key: bytes, tenant: UUID) -> str:
    """Return the attempt as a cookie's value that only this tenant's callback can open."""
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, msgspec.json.encode(attempt), tenant.bytes)
    return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def unseal(value: str, key: bytes, tenant: UUID, now: datetime) -> Attempt | None:
    """Return the attempt of a cookie; None when it is forged, another tenant's or too old."""
    try:
        data = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        plain = AESGCM(key).decrypt(data[:12], data[12:], tenant.bytes)
    except (InvalidTag, binascii.Error, ValueError):
        return None
    attempt = msgspec.json.decode(plain, type=Attempt)
    return attempt if now.timestamp() < attempt.expires else None


class _App(AsyncOAuth2Mixin, AsyncOpenIDMixin, BaseApp):  # type: ignore[misc]
    client_cls = AsyncOAuth2Client


class RelyingParty:
    """The tenant's side of one provider; ``issuer`` is absolute."""

    def __init__(
        self, provider: IdentityProvider, issuer: str, redirect_uri: str, sender: httpx2.AsyncClient
    ) -> None:
        self._provider = provider
        self._issuer = issuer.rstrip("/")
        self._redirect_uri = redirect_uri
        self._sender = sender

    async def leave(self, next_path: str, now: datetime) -> tuple[str, Attempt]:
        """Return the provider's address to send the browser to, and what to remember until it is back.

        Raises ``Unavailable`` when the provider does not answer.
        """
        with self._outbound():
            app = self._app(await self._metadata())
            made = await app.create_authorization_url(self._redirect_uri)
        expires = int((now + LIFETIME).timestamp())
        attempt = Attempt(
            self._provider.key,
            next_path,
            made["state"],
            made["nonce"],
            made["code_verifier"],
            expires,
        )
        return made["url"], attempt

    async def claims(self, answer: Mapping[str, str], attempt: Attempt) -> dict[str, Any]:
        """Return the claims behind the parameters of a callback, all checks done.

        The ID token's signature, ``iss``, ``aud``, ``exp`` and ``nonce`` are checked; what the userinfo
        endpoint adds must be about the same ``sub`` (Core 1.0 section 5.3.2). Raises ``Forbidden``,
        ``Unavailable`` or a plain ``Problem`` with what to do next.
        """
        _same_state(answer, attempt)
        _no_error(answer, self._provider)
        with self._outbound():
            metadata = await self._metadata()
            self._same_issuer(answer, metadata)
            app = self._app(metadata)
            token = await app.fetch_access_token(
                code=answer.get("code", ""),
                redirect_uri=self._redirect_uri,
                code_verifier=attempt.verifier,
            )
            if not isinstance(token.get("id_token"), str):
                raise TypeError("the answer holds no ID token")
            identity = await app.parse_id_token(token, nonce=attempt.nonce)
            more: Mapping[str, Any] = {}
            if "userinfo_endpoint" in metadata:
                more = await app.userinfo(token=token)
                if more.get("sub") != identity["sub"]:
                    raise ValueError("userinfo is about somebody else")
        return {**identity, **more}

    def _app(self, metadata: dict[str, Any]) -> Any:
        return _App(
            None,
            name=self._provider.key,
            client_id=self._provider.client_id,
            client_secret=self._provider.client_secret,
            client_kwargs={
                "scope": SCOPE,
                "code_challenge_method": "S256",
                "transport": Through(self._sender),
            },
            **metadata,
        )

    async def _metadata(self) -> dict[str, Any]:
        """Read the provider's metadata; its issuer must be the one we asked (Discovery 1.0 section 4.3)."""
        url = f"{self._issuer}/.well-known/openid-configuration"
        response = await self._sender.get(url, follow_redirects=False)
        response.raise_for_status()
        found = msgspec.json.decode(response.content, type=_Metadata)
        if found.issuer.rstrip("/") != self._issuer:
            raise ValueError("the metadata is another issuer's")
        stated = found.id_token_signing_alg_values_supported or ["RS256"]
        found.id_token_signing_alg_values_supported = [n for n in stated if n in _SIGNATURES]
        if not found.id_token_signing_alg_values_supported:
            raise ValueError("the provider signs in no way that is accepted")
        kept: dict[str, Any] = msgspec.to_builtins(found)
        return kept

    def _same_issuer(self, answer: Mapping[str, str], metadata: Mapping[str, Any]) -> None:
        """Refuse an answer of another provider (mix-up, RFC 9207 section 2.4)."""
        promised = "authorization_response_iss_parameter_supported" in metadata
        if promised or "iss" in answer:
            said = answer.get("iss", "")
            if not secrets.compare_digest(said.encode(), metadata["issuer"].encode()):
                raise _mismatch()

    @contextmanager
    def _outbound(self) -> Iterator[None]:
        """Turn whatever a provider can do wrong into a sentence; the log learns only the kind of it."""
        try:
            yield
        except OAuthError as error:
            self._note(error)
            raise Problem(
                "Mã đăng nhập đã hết hạn hoặc đã được sử dụng. Bạn chưa đăng nhập và không có gì thay "
                "đổi. Hãy đăng nhập lại từ đầu.",
                "The sign-in code ran out or was used before. You are not signed in and nothing "
                "changed. Please start again.",
            ) from error
        except JoseError as error:
            self._note(error)
            raise Forbidden(
                "Câu trả lời của hệ thống định danh không xác thực được nên bạn chưa đăng nhập. Hãy thử "
                "lại; nếu vẫn vậy, hãy báo cho đơn vị hỗ trợ.",
                "The identity provider's answer could not be verified, so you are not signed in. Try "
                "again; if it happens again, tell the support desk.",
            ) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError) as error:
            self._note(error)
            raise _down(self._provider) from error

    def _note(self, error: Exception) -> None:
        _log.warning("sign_in_failed", provider=self._provider.key, reason=type(error).__name__)


def _down(provider: IdentityProvider) -> Unavailable:
    """Return the refusal for a provider that does not answer, or not in its protocol."""
    return Unavailable(
        f"“{provider.title_vi}” hiện không trả lời. Bạn chưa đăng nhập và không có gì thay đổi. Hãy thử "
        "lại sau ít phút.",
        f"“{provider.title_en}” does not answer now. You are not signed in and nothing changed. Try "
        "again in a few minutes.",
    )


def _mismatch() -> Problem:
    return Problem(
        "Lần đăng nhập này không bắt đầu từ trình duyệt này, hoặc đã quá 10 phút. Bạn chưa đăng nhập và "
        "không có gì thay đổi. Hãy đăng nhập lại từ đầu.",
        "This sign-in did not start in this browser, or it took more than 10 minutes. You are not "
        "signed in and nothing changed. Please start again.",
    )


def known_attempt(attempt: Attempt | None) -> Attempt:
    """Return the attempt; a plain ``Problem`` when there is none to come back to."""
    if attempt is None:
        raise _mismatch()
    return attempt


def _same_state(answer: Mapping[str, str], attempt: Attempt) -> None:
    if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
        raise _mismatch()


def _no_error(answer: Mapping[str, str], provider: IdentityProvider) -> None:
    """Raise for what the provider says instead of a code (RFC 6749 section 4.1.2.1)."""
    said = answer.get("error")
    if said == "access_denied":
        raise Forbidden(
            "Bạn đã dừng đăng nhập, hoặc hệ thống định danh không cho phép. Không có gì thay đổi. Bạn có "
            "thể đăng nhập lại bất cứ lúc nào.",
            "You stopped the sign-in, or the identity provider did not allow it. Nothing changed. You "
            "can sign in again at any time.",
        )
    if said is not None or not answer.get("code"):
        _log.warning("sign_in_failed", provider=provider.key, reason="error answer")
        raise _down(provider)
