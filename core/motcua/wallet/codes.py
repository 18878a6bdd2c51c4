"""Authorization codes on Authlib's grant: given for a consent, redeemed once (RFC 6749 section 4.1).

A code lives a minute and opens only to who knows the PKCE verifier (RFC 7636, S256), names the same client and
redirect address and, where a key was bound, holds it. A code that comes a second time ends what the first one
brought (section 4.1.2). Whatever is wrong, the code is used up, and that stays: Authlib turns the refusal into an
answer inside the transaction.
"""

from dataclasses import dataclass
from datetime import timedelta

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    AccessDeniedError,
    AuthorizationCodeMixin,
    InvalidGrantError,
    InvalidRequestError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant  # type: ignore[import-untyped]

from motcua.errors import Gone
from motcua.events.work import Work
from motcua.tenancy.db import Record
from motcua.tenancy.vault import digest
from motcua.wallet import bridge, extensions, grants, oauth
from motcua.wallet.grants import Granted, Subject
from motcua.wallet.oauth import Asked, Caller

LIFETIME = timedelta(seconds=60)
TICKET_LIFETIME = timedelta(minutes=10)
"""So long a browser may take to answer a request; an offer that ended meanwhile still counts."""

_ANSWER = """
update authorization_request set answered_at = $2, code_hash = $3, grant_id = $4, expires_at = $5
where id = $1
"""
_USE_OFFER = """
update credential_offer set used_at = $2 where id = $1 and used_at is null and expires_at > $3
returning id
"""
_CODE = """
select a.id, a.client_id, a.redirect_uri, a.challenge, a.jkt, a.grant_id, a.expires_at, a.used_at,
  g.trace_id, g.dossier_id, g.result_id, g.type, g.identified
from authorization_request a
join credential_grant g on g.tenant_id = a.tenant_id and g.id = a.grant_id
where a.code_hash = $1 for update of a, g
"""
_USED = "update authorization_request set used_at = $2 where id = $1"


class Consenting(Asked):
    """A pushed request (its row) as it stands before its holder: the authorization request of RFC 6749 again."""

    def __init__(self, work: Work, row: Record, *, issuer: str) -> None:
        form = {
            "response_type": "code",
            "client_id": row["client_id"],
            "redirect_uri": row["redirect_uri"],
            "code_challenge": row["challenge"],
            "code_challenge_method": extensions.METHOD,
            **({"state": row["state"]} if row["state"] is not None else {}),
        }
        super().__init__(work, Caller(None, row["client_id"]), form, issuer=issuer)
        self.row = row


@dataclass(frozen=True)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    """A code that is being redeemed."""

    granted: Granted
    redirect_uri: str
    code_challenge: str
    code_challenge_method: str = extensions.METHOD

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.granted.type


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """``response_type=code`` and ``grant_type=authorization_code``; one locked row read to redeem."""

    TOKEN_ENDPOINT_AUTH_METHODS = (oauth.PUBLIC,)

    @staticmethod
    def validate_authorization_redirect_uri(request: Asked, client: Caller) -> str:
        # Authlib's own refusal repeats the address, which it then finds unfit for an error.
        uri = request.form.get("redirect_uri", "")
        if not client.check_redirect_uri(uri):
            raise InvalidRequestError("redirect_uri is missing or cannot be used")
        return uri

    def create_authorization_response(
        self, redirect_uri: str, grant_user: Subject | None
    ) -> tuple[int, str, list[tuple[str, str]]]:
        if grant_user is None:
            bridge.wait(_refuse(self.request))
            raise AccessDeniedError(description="", redirect_uri=redirect_uri)
        answer: tuple[int, str, list[tuple[str, str]]] = super().create_authorization_response(
            redirect_uri, grant_user
        )
        return answer

    def save_authorization_code(self, code: str, request: Consenting) -> None:
        bridge.wait(_consent(request, code, request.user))

    def validate_token_request(self) -> None:
        # What is incomplete uses no code up.
        oauth.required(self.request.form, "code", "redirect_uri", "code_verifier")
        super().validate_token_request()

    def query_authorization_code(self, code: str, client: Caller) -> Code:
        return bridge.wait(_redeem(self.request.work, code, client))

    def authenticate_user(self, authorization_code: Code) -> Granted:
        return authorization_code.granted

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing to do: it was marked as used when it was read, whatever comes of it."""


async def _consent(asked: Consenting, code: str, subject: Subject) -> None:
    """Write the holder's consent down, with the code it brings; ``Gone`` when its offer is used or over."""
    work, row = asked.work, asked.row
    if row["offer_id"] is not None and not await work.tx.fetchval(
        _USE_OFFER, row["offer_id"], work.now, work.now - TICKET_LIFETIME
    ):
        raise Gone("Lời mời đã hết hiệu lực.", "The offer was used or has expired.")
    work.trace_id = subject.trace_id
    made = await grants.create(work, subject, asked.caller, identified=row["identified"])
    expires = work.now + LIFETIME
    await work.tx.execute(_ANSWER, row["id"], work.now, digest(code), made.id, expires)
    payload = {"type": subject.type}
    work.emit("wallet.authorized", subject.result_id or subject.dossier_id, payload)


async def _refuse(asked: Consenting) -> None:
    now = asked.work.now
    await asked.work.tx.execute(_ANSWER, asked.row["id"], now, None, None, now)


async def _redeem(work: Work, code: str, caller: Caller) -> Code:
    """Use a code up and return it; ``InvalidGrantError`` for one that is not the caller's."""
    row = await work.tx.fetchrow(_CODE, digest(code))
    if row is None or (row["expires_at"] <= work.now and row["used_at"] is None):
        raise InvalidGrantError("the code is unknown or has expired")
    work.trace_id = row["trace_id"]
    if row["used_at"] is not None:
        await grants.end(work, row["grant_id"], row["dossier_id"], "code used twice")
        raise InvalidGrantError("the code was used before")
    # Whoever has stolen it tries once.
    await work.tx.execute(_USED, row["id"], work.now)
    if caller.client_id != row["client_id"]:
        raise InvalidGrantError("client_id is not that of the request")
    if row["jkt"] not in (None, caller.jkt):
        raise InvalidGrantError("the DPoP key is not that of the request")
    granted = Granted(row["grant_id"], row["type"], row["result_id"] is None, row["identified"])
    return Code(granted, row["redirect_uri"], row["challenge"])
