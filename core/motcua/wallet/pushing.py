"""Pushed authorization requests (RFC 9126) as an endpoint of Authlib's server.

The request comes by the back door only, so that nothing of it can be changed in the browser. It is checked as
Authlib checks one at the front door (client, response type, redirect address, PKCE), and on top of that by what
Authlib does not know: the kind of credential, the offer it answers, and the key it will be bound to.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from authlib.consts import default_json_headers  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    Endpoint,
    EndpointRequest,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
)

from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.tenancy.db import Record
from motcua.tenancy.vault import digest
from motcua.wallet import bridge, details, oauth, offering, redirects
from motcua.wallet.oauth import Asked, Caller

NAME = "pushed_authorization_request"
PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFETIME = timedelta(seconds=60)

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_PUSH = """
insert into authorization_request (id, uri_hash, client_id, redirect_uri, state, challenge, jkt, type,
  identified, offer_id, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_OFFER = """
select id, type, flow, tries, used_at, expires_at from credential_offer where code_hash = $1
"""


class Pushing(Asked):
    """A pushed request; ``known`` are the kinds of credentials that the issuer has."""

    def __init__(
        self,
        work: Work,
        caller: Caller,
        form: Mapping[str, str],
        *,
        issuer: str,
        known: Collection[str],
    ) -> None:
        # An attested wallet need not name itself a second time.
        named = {"client_id": caller.client_id} if caller.client_id else {}
        super().__init__(work, caller, {**form, **named}, issuer=issuer)
        self.known = known


@dataclass
class Wish(EndpointRequest):  # type: ignore[misc]
    """A request that is right: for which kind of credential (None: that of its offer), and whether by details."""

    kind: str | None = None
    identified: bool = False


class PushedRequests(Endpoint):  # type: ignore[misc]
    """Takes a request in and returns its address, which is used once, within a minute."""

    ENDPOINT_NAME = NAME

    def validate_request(self, request: Pushing) -> Wish:
        form = request.form
        if "request" in form or "request_uri" in form:
            raise InvalidRequestError("request objects are not taken here")
        # Before Authlib looks: its own errors for these repeat what was sent, and lead to where it says.
        if form.get("response_type") != "code":
            raise oauth.OtherResponseError()
        oauth.required(form, "client_id")
        if len(form.get("state", "")) > redirects.LONGEST:
            raise InvalidRequestError("state is too long")
        self._validate_as_authorization(request)
        _check_key(request)
        kind, identified = details.configuration(form, request.known)
        return Wish(request, request.caller, kind, identified)

    def create_response(self, validated_request: Wish) -> tuple[int, Any, list[tuple[str, str]]]:
        address = bridge.wait(_push(validated_request))
        body = {"request_uri": address, "expires_in": int(LIFETIME.total_seconds())}
        return 201, body, default_json_headers

    def _validate_as_authorization(self, request: Pushing) -> None:
        """Let the grant check it; what is wrong is told here, and not by sending a browser anywhere."""
        grant = self.server.get_authorization_grant(request)
        try:
            grant.validate_authorization_request()
        except OAuth2Error as error:
            error.redirect_uri = None
            raise


def _check_key(request: Pushing) -> None:
    named, jkt = request.form.get("dpop_jkt"), request.caller.jkt
    if named is not None and (not _KEY.fullmatch(named) or jkt not in (None, named)):
        raise oauth.OtherKeyError()


async def _push(wish: Wish) -> str:
    asked: Pushing = wish.request
    form, work, secret = asked.form, asked.work, token()
    offer = await _offer(work, form.get("issuer_state", ""))
    if offer is not None and wish.kind not in (None, offer["type"]):
        raise InvalidRequestError("issuer_state belongs to another configuration")
    if wish.kind is None and offer is None:
        raise InvalidScopeError("scope or authorization_details is missing")
    await work.tx.execute(
        _PUSH,
        uuid7(),
        digest(secret),
        asked.caller.client_id,
        form["redirect_uri"],
        form.get("state"),
        form["code_challenge"],
        asked.caller.jkt or form.get("dpop_jkt"),
        wish.kind or (offer["type"] if offer else None),
        wish.identified,
        offer["id"] if offer else None,
        work.now + LIFETIME,
    )
    return PREFIX + secret


async def _offer(work: Work, issuer_state: str) -> Record | None:
    if not issuer_state:
        return None
    row = await work.tx.fetchrow(_OFFER, digest(issuer_state))
    if row is None or row["flow"] != offering.SIGN_IN or offering.ended(row, work.now):
        raise InvalidRequestError("issuer_state is unknown, used or expired")
    return row
