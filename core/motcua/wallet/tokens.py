"""Access and refresh tokens: how Authlib's server makes them, and how they are kept, as hashes only.

An access token without a key lives five minutes (profile ``open``), one bound to a key half an hour. A refresh
token is used once and brings its successor.
"""

from datetime import timedelta
from typing import Any

from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.tenancy.vault import digest
from motcua.wallet import details
from motcua.wallet.grants import Granted, identifier
from motcua.wallet.oauth import Caller

BEARER_LIFETIME = timedelta(minutes=5)
BOUND_LIFETIME = timedelta(minutes=30)
REFRESH_LIFETIME = timedelta(days=90)

# A grant is bound to the key that asks, and its tokens written, in one statement.
_KEEP = """
with bound as (
  update credential_grant set jkt = $2 where id = $1 and jkt is distinct from $2),
access as (
  insert into credential_token (id, token_hash, grant_id, expires_at) values ($3, $4, $1, $5))
insert into credential_refresh (id, token_hash, grant_id, expires_at)
select $6, $7, $1, $8 where $7::bytea is not null
"""


def generate(
    *, client: Caller, user: Granted, include_refresh_token: bool = True, **_: object
) -> dict[str, Any]:
    """Return the token response for a grant (OpenID4VCI section 6.2); Authlib's token generator."""
    lifetime = BOUND_LIFETIME if client.jkt else BEARER_LIFETIME
    answer: dict[str, Any] = {
        "access_token": token(),
        "token_type": "DPoP" if client.jkt else "Bearer",
        "expires_in": int(lifetime.total_seconds()),
    }
    # A wallet without a key gets one only when it must come back for what is not ready.
    if include_refresh_token and (client.jkt or user.awaited):
        answer["refresh_token"] = token()
    if user.identified:
        answer["authorization_details"] = [details.granted(user.type, identifier(user.id))]
    return answer


async def keep(work: Work, made: dict[str, Any], granted: Granted, caller: Caller) -> None:
    """Bind a grant to the caller's key and write the hashes of what ``generate`` has made."""
    refresh = made.get("refresh_token")
    await work.tx.execute(
        _KEEP,
        granted.id,
        caller.jkt,
        uuid7(),
        digest(made["access_token"]),
        work.now + timedelta(seconds=made["expires_in"]),
        uuid7(),
        digest(refresh) if refresh else None,
        work.now + REFRESH_LIFETIME,
    )
