"""What Authlib's authorization server is given here and gives back: the request, who asks, the answer.

One server serves every tenant of the process, so all that belongs to one request is in ``Asked``: its transaction,
the wallet that asks, and the address of the issuer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    ClientMixin,
    InvalidRequestError,
    OAuth2Error,
    OAuth2Request,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload  # type: ignore[import-untyped]

from motcua.events.work import Work
from motcua.wallet import metadata, redirects
from motcua.wallet.answers import ProtocolError

LONGEST_CLIENT_ID = 500
PUBLIC = "none"
"""How a wallet authenticates to Authlib: not at all. What a provider attests was checked before (HAIP)."""


@dataclass(frozen=True)
class Caller(ClientMixin):  # type: ignore[misc]
    """Who asks: the key of his DPoP proof, and the name he gives himself. Nobody is registered here.

    Every wallet may use every grant, and is sent wherever it has the browser sent, so long as the address is one.
    """

    jkt: str | None
    client_id: str | None

    def get_client_id(self) -> str | None:
        return self.client_id

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirects.usable(redirect_uri)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == PUBLIC

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in metadata.GRANTS


class Asked(OAuth2Request):  # type: ignore[misc]
    """A request at an endpoint of the server, inside its transaction; ``issuer`` is the tenant's address."""

    def __init__(self, work: Work, caller: Caller, form: Mapping[str, str], *, issuer: str) -> None:
        # Authlib refuses plain http unless an environment variable says otherwise for all. Whether the way here
        # is TLS is a setting of the installation (its base address): the check is given the https form of it.
        super().__init__("POST", urlsplit(issuer)._replace(scheme="https").geturl())
        self.work, self.caller, self.issuer = work, caller, issuer
        self.payload = BasicOAuth2Payload(dict(form))

    @property
    def form(self) -> dict[str, str]:
        found: dict[str, str] = self.payload.data
        return found


@dataclass
class Answer:
    """What the server says: JSON with its status, or where the browser goes (``location``)."""

    status: int
    body: dict[str, Any]
    location: str = ""

    @property
    def granted(self) -> bool:
        """Whether it is what was asked for."""
        return self.status < 300


class InvalidDetailsError(OAuth2Error):  # type: ignore[misc]
    """``authorization_details`` that cannot be granted (RFC 9396 section 5)."""

    error = "invalid_authorization_details"


class OtherKeyError(OAuth2Error):  # type: ignore[misc]
    """``dpop_jkt`` names another key than the proof (RFC 9449 section 10)."""

    error = "invalid_dpop_proof"
    description = "dpop_jkt is not the key of the proof"


class OtherResponseError(OAuth2Error):  # type: ignore[misc]
    """Another ``response_type`` than ``code``; Authlib's own would repeat what was sent, and redirect to it."""

    error = "unsupported_response_type"
    description = "response_type must be code"


class UnknownGrantError(UnsupportedGrantTypeError):  # type: ignore[misc]
    """A ``grant_type`` that this server has not."""

    description = "this grant_type is not supported"


class NoGrantError(UnsupportedGrantTypeError):  # type: ignore[misc]
    """No ``grant_type`` at all: another code (RFC 6749 section 5.2), from the same place of Authlib's server."""

    error = "invalid_request"
    description = "grant_type is missing"


def required(form: Mapping[str, str], *names: str) -> None:
    """Raise ``InvalidRequestError`` for the first parameter that is missing or empty (RFC 6749 section 3.2)."""
    for name in names:
        if not form.get(name):
            raise InvalidRequestError(f"{name} is missing")


def client_id(form: Mapping[str, str]) -> str | None:
    """Return the name a wallet gives itself; ``ProtocolError`` for credentials nobody registered here."""
    if "client_secret" in form or "client_assertion" in form:
        raise ProtocolError("invalid_client", "wallets are public clients of this server", 401)
    found = form.get("client_id") or None
    if found is not None and (len(found) > LONGEST_CLIENT_ID or not found.isprintable()):
        raise ProtocolError("invalid_request", "client_id is too long or not printable")
    return found
