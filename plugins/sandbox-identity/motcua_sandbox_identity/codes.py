"""Codes and access tokens in the database: only their digests, and each code for one exchange."""

from uuid import UUID

from motcua.api import Work, digest, uuid7
from motcua_sandbox_identity.accounts import Account, read
from motcua_sandbox_identity.server import TOKEN_SECONDS, Code

_ISSUE = """
insert into sandbox_identity_code (id, digest, account_id, client_id, redirect_uri, scope, nonce,
  challenge, issued_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
# What nobody can use any more leaves with the next code.
_SWEEP = "delete from sandbox_identity_code where issued_at < now() - interval '1 hour'"
_NONCE = "select exists (select 1 from sandbox_identity_code where nonce = $1 and client_id = $2)"
_TAKE = """
update sandbox_identity_code set used_at = $2 where digest = $1 and used_at is null returning id,
  account_id, client_id, redirect_uri, scope, nonce, challenge, issued_at, expires_at
"""
_ACCOUNT = """
select id, kind, username, full_name, claims_sealed from sandbox_identity_account where id = $1
"""
_REVOKE = "update sandbox_identity_code set access_digest = null where digest = $1"
_GRANT = "update sandbox_identity_code set access_digest = $2 where digest = $1"
_HOLDER = """
select a.id, a.kind, a.username, a.full_name, a.claims_sealed
from sandbox_identity_code c join sandbox_identity_account a
  on a.tenant_id = c.tenant_id and a.id = c.account_id
where c.access_digest = $1 and c.used_at > now() - make_interval(secs => $2)
"""


async def nonce_used(work: Work, nonce: str, client_id: str) -> bool:
    """Return whether a client has used this nonce before."""
    return bool(await work.tx.fetchval(_NONCE, nonce, client_id))


async def issue(work: Work, code: Code) -> None:
    """Store a fresh code."""
    await work.tx.execute(_SWEEP)
    await work.tx.execute(
        _ISSUE,
        uuid7(),
        digest(code.code),
        code.account.id,
        code.client_id,
        code.redirect_uri,
        code.scope,
        code.nonce,
        code.code_challenge,
        code.issued_at,
        code.expires_at,
    )


async def take(work: Work, text: str) -> Code | None:
    """Use up a code; None for one that is unknown, too old or was used before.

    Using it is final even when the exchange fails. A second use also ends the token of the first
    (RFC 6749 section 4.1.2): one of the two was a thief.
    """
    row = await work.tx.fetchrow(_TAKE, digest(text), work.now)
    if row is None:
        await work.tx.execute(_REVOKE, digest(text))
        return None
    if row["expires_at"] <= work.now:
        return None
    account = await work.tx.fetchrow(_ACCOUNT, UUID(bytes=row["account_id"].bytes))
    return Code(
        client_id=row["client_id"],
        redirect_uri=row["redirect_uri"],
        scope=row["scope"],
        nonce=row["nonce"],
        code_challenge=row["challenge"],
        issued_at=row["issued_at"],
        account=read(work, account),
    )


async def grant(work: Work, text: str, access_token: str) -> None:
    """Store the access token that was given for a code."""
    await work.tx.execute(_GRANT, digest(text), digest(access_token))


async def holder(work: Work, access_token: str) -> Account | None:
    """Return whom a living access token is about."""
    row = await work.tx.fetchrow(_HOLDER, digest(access_token), TOKEN_SECONDS)
    return read(work, row) if row else None
