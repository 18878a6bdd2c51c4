"""Refresh tokens (RFC 6749 section 6) on Authlib's grant: used once, each brings its successor.

When one comes a second time, somebody has a copy of it, and the whole grant ends (RFC 9700 section 4.14.2). That
stays although the request is refused: Authlib turns the refusal into an answer inside the transaction.
"""

from dataclasses import dataclass
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidGrantError, TokenMixin  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant  # type: ignore[import-untyped]

from motcua.events.work import Work
from motcua.tenancy.vault import digest
from motcua.wallet import bridge, grants, oauth
from motcua.wallet.grants import Granted
from motcua.wallet.oauth import Caller

_REFRESH = """
select r.id, r.grant_id, r.used_at, r.expires_at, g.jkt, g.client_id, g.ended_at, g.trace_id,
  g.dossier_id, g.result_id, g.type, g.identified
from credential_refresh r
join credential_grant g on g.tenant_id = r.tenant_id and g.id = r.grant_id
where r.token_hash = $1 for update of r, g
"""
_USED = "update credential_refresh set used_at = $2 where id = $1"


@dataclass(frozen=True)
class Refresh(TokenMixin):  # type: ignore[misc]
    """A refresh token that may be used, and whose it is."""

    id: UUID
    granted: Granted
    jkt: str | None
    client_id: str | None

    def get_scope(self) -> str:
        return self.granted.type

    def check_client(self, client: Caller) -> bool:
        return self.jkt == client.jkt and client.client_id in (None, self.client_id)


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """``grant_type=refresh_token``: one locked row read, one statement that writes both new tokens."""

    TOKEN_ENDPOINT_AUTH_METHODS = (oauth.PUBLIC,)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def validate_token_request(self) -> None:
        oauth.required(self.request.form, "refresh_token")
        super().validate_token_request()

    def authenticate_refresh_token(self, refresh_token: str) -> Refresh:
        return bridge.wait(_found(self.request.work, refresh_token, self.request.client))

    def authenticate_user(self, refresh_token: Refresh) -> Granted:
        return refresh_token.granted

    def revoke_old_credential(self, refresh_token: Refresh) -> None:
        work: Work = self.request.work
        bridge.wait(work.tx.execute(_USED, refresh_token.id, work.now))


async def _found(work: Work, secret: str, caller: Caller) -> Refresh:
    """Return the token, with its row and its grant locked; ``InvalidGrantError``."""
    row = await work.tx.fetchrow(_REFRESH, digest(secret))
    if row is None or row["ended_at"] is not None or row["expires_at"] <= work.now:
        raise _refusal()
    granted = Granted(row["grant_id"], row["type"], row["result_id"] is None, row["identified"])
    found = Refresh(row["id"], granted, row["jkt"], row["client_id"])
    # Who lacks the key cannot end somebody else's grant either.
    if not found.check_client(caller):
        raise _refusal()
    work.trace_id = row["trace_id"]
    if row["used_at"] is not None:
        await grants.end(work, granted.id, row["dossier_id"], "refresh token used twice")
        raise _refusal()
    return found


def _refusal() -> InvalidGrantError:
    return InvalidGrantError("the refresh token is unknown, used or expired")
