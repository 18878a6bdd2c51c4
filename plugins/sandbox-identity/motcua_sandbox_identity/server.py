"""The OpenID Provider on Authlib's authorization server.

Authlib's server is synchronous and the database is not: what it may ask is read before (``Ledger``),
what it wants to keep stands in the ledger afterwards and is stored in the same transaction.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    OAuth2Error,
    OAuth2Payload,
    OAuth2Request,
    grants,
)
from authlib.oauth2.rfc6749.errors import InvalidRequestError  # type: ignore[import-untyped]
from authlib.oauth2.rfc6750 import BearerTokenGenerator  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]
from authlib.oidc.core import OpenIDCode, UserInfo  # type: ignore[import-untyped]
from joserfc.jwk import ECKey

from motcua_sandbox_identity.accounts import Account
from motcua_sandbox_identity.keys import ALGORITHM

CODE_SECONDS = 60
TOKEN_SECONDS = 600
SCOPES = ("openid", "profile", "address", "phone")
# Who asks, by client id, and the kind of people it may ask about.
CLIENTS = {"motcua-citizen": "citizen", "motcua-staff": "staff"}
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]
    """The portal of a tenant, in one of its two roles: public, code flow only."""

    client_id: str
    redirect_uris: frozenset[str]

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(s for s in (scope or "").split() if s in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass(frozen=True)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    """An authorization code, fresh or read from its row; ``code`` is empty for one that was read."""

    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    issued_at: datetime
    account: Account
    code: str = ""
    code_challenge_method: str = "S256"

    @property
    def expires_at(self) -> datetime:
        return self.issued_at + timedelta(seconds=CODE_SECONDS)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.issued_at.timestamp())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Ledger:
    """What the server may know in one request, and what it leaves to be stored.

    ``presented`` is the live code of a token request. ``issued`` and ``access_token`` are the effects.
    """

    issuer: str
    now: datetime
    clients: Mapping[str, Client]
    key: ECKey | None = None
    nonce_used: bool = False
    presented: Code | None = None
    issued: Code | None = None
    access_token: str = ""


@dataclass
class Answer:
    """A response before it becomes the framework's; RFC 9207 adds ``iss`` to those that redirect."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


class Payload(OAuth2Payload):  # type: ignore[misc]
    """The parameters of a request; ``datalist`` keeps those that came twice."""

    def __init__(self, pairs: Pairs) -> None:
        self._lists: dict[str, list[str]] = {}
        for name, value in pairs:
            self._lists.setdefault(name, []).append(value)

    @property
    def data(self) -> dict[str, str]:
        return {name: values[0] for name, values in self._lists.items()}

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._lists


class Asked(OAuth2Request):  # type: ignore[misc]
    """A request whose parameters were all read before."""

    def __init__(self, method: str, pairs: Pairs, headers: Mapping[str, str]) -> None:
        # Whether the way here is TLS is a setting of the installation (its base address), so the check
        # of the address in Authlib is given nothing to find.
        super().__init__(method, "https://localhost", headers=dict(headers))
        self.payload = Payload(pairs)

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, request: Asked) -> None:
        asked = request.payload.data
        self.server.ledger.issued = Code(
            client_id=request.client.client_id,
            redirect_uri=asked["redirect_uri"],
            scope=request.scope,
            nonce=asked["nonce"],
            code_challenge=asked["code_challenge"],
            issued_at=self.server.ledger.now,
            account=request.user,
            code=code,
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found: Code | None = self.server.ledger.presented
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing to do: the row was marked as used when it was read, whatever comes of it."""

    def authenticate_user(self, authorization_code: Code) -> Account:
        return authorization_code.account


class _S256(CodeChallenge):  # type: ignore[misc]
    """PKCE with S256 and nothing else; the stock class also takes ``plain``, and its absence."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: _CodeGrant, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with code_challenge_method S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


class _IdToken(OpenIDCode):  # type: ignore[misc]
    """The ID token says who, not what of: personal data is told at the userinfo endpoint only."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(require_nonce=True)
        self._ledger = ledger

    def exists_nonce(self, nonce: str, request: Asked) -> bool:
        return self._ledger.nonce_used

    def resolve_client_private_key(self, client: Client) -> ECKey | None:
        return self._ledger.key

    def get_client_algorithm(self, client: Client) -> str:
        return ALGORITHM

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {"alg": ALGORITHM, "kid": self._ledger.key.kid if self._ledger.key else None}

    def get_compatible_claims(self, request: Asked) -> dict[str, Any]:
        now = int(self._ledger.now.timestamp())
        return {
            "iss": self._ledger.issuer,
            "aud": [request.client.client_id],
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }

    def generate_user_info(self, user: Account, scope: str) -> UserInfo:
        return UserInfo(sub=str(user.id))


class Server(AuthorizationServer):  # type: ignore[misc]
    """One request's authorization server."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.register_token_generator(
            "default",
            BearerTokenGenerator(
                lambda *_, **__: secrets.token_urlsafe(32), None, lambda *_: TOKEN_SECONDS
            ),
        )
        self.register_grant(_CodeGrant, [_S256(required=True), _IdToken(ledger)])

    def query_client(self, client_id: str) -> Client | None:
        return self.ledger.clients.get(client_id)

    def save_token(self, token: Mapping[str, Any], request: Asked) -> None:
        self.ledger.access_token = token["access_token"]

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: Pairs) -> Answer:
        return Answer(status, body, dict(headers))

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""


def refuse(server: Server, asked: Asked, error: OAuth2Error) -> Answer:
    """Return the answer to a wrong authorization request: to the client if it is known, else here."""
    answer: Answer = server.handle_error_response(asked, error)
    return answer
