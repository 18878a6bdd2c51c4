"""The authorization server (RFC 6749 and what OpenID4VCI adds): Authlib's, with the grants of this house.

From Authlib: the registry of grants and endpoints, codes with PKCE, refresh, ``iss`` in answers, and how errors
are told. Of our own: the pre-authorised code and pushed requests (as a grant and an endpoint in it), DPoP, wallet
attestation and ``authorization_details``, which Authlib has not.

One server serves every tenant of the process and keeps nothing: a request brings its transaction along. A refusal is
an answer, so what it counts or ends is committed; anything else that goes wrong undoes all.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.grants import BaseGrant  # type: ignore[import-untyped]

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import bridge, codes, issuer, oauth, pushing, tokens
from motcua.wallet.extensions import S256, Issuer
from motcua.wallet.grants import WALLET
from motcua.wallet.oauth import Answer, Asked, Caller
from motcua.wallet.pre_authorized import PreAuthorizedCodeGrant
from motcua.wallet.pushing import PushedRequests, Pushing
from motcua.wallet.refreshing import RefreshGrant


def _public(_: object, request: Asked) -> Caller:
    # Who asks was found out before the transaction: by his DPoP proof and, under HAIP, his attestation.
    return request.caller


class Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server; it is called inside ``bridge.run``, so that its hooks may wait for the database."""

    def __init__(self) -> None:
        super().__init__()
        # It writes the tokens it has made at DEBUG.
        logging.getLogger("authlib").setLevel(logging.WARNING)
        self.register_token_generator("default", tokens.generate)
        self.register_client_auth_method(oauth.PUBLIC, _public)
        self.register_grant(codes.CodeGrant, [S256(required=True), Issuer()])
        self.register_grant(PreAuthorizedCodeGrant)
        self.register_grant(RefreshGrant)
        self.register_endpoint(PushedRequests)

    def query_client(self, client_id: str) -> Caller:
        """Return a wallet by its name: every name is one, as none is registered."""
        return Caller(None, client_id)

    def get_token_grant(self, request: Asked) -> BaseGrant:
        if "grant_type" not in request.form:
            raise oauth.NoGrantError(None)
        if request.form["grant_type"] not in {kind.GRANT_TYPE for kind, _ in self._token_grants}:
            raise oauth.UnknownGrantError(None)
        return super().get_token_grant(request)

    def save_token(self, token: dict[str, Any], request: Asked) -> None:
        bridge.wait(tokens.keep(request.work, token, request.user, request.client))

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: Iterable[tuple[str, str]]) -> Answer:
        return Answer(status, body or {}, dict(headers).get("Location", ""))

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""


SERVER = Server()


async def token(
    platform: Platform, tenant: Tenant, form: Mapping[str, str], caller: Caller
) -> Answer:
    """Answer a token request (RFC 6749 section 3.2), in one transaction."""
    url = issuer.url_of(platform, tenant)
    async with platform.works.begin(tenant, WALLET) as work:
        asked = Asked(work, caller, form, issuer=url)
        answer: Answer = await bridge.run(SERVER.create_token_response, asked)
    return answer


async def push(
    platform: Platform, tenant: Tenant, form: Mapping[str, str], caller: Caller
) -> Answer:
    """Take an authorization request in (RFC 9126), in one transaction."""
    url = issuer.url_of(platform, tenant)
    known = (await issuer.configurations(platform, tenant)).keys()
    async with platform.works.begin(tenant, WALLET) as work:
        asked = Pushing(work, caller, form, issuer=url, known=known)
        answer: Answer = await bridge.run(SERVER.create_endpoint_response, pushing.NAME, asked)
    return answer
