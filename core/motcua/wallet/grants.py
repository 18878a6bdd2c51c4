"""Grants: what one wallet may fetch, and the tokens by which it does.

An access token without a key lives five minutes (profile ``open``), one bound to a key half an hour. A refresh
token is used once and brings its successor (RFC 9700 section 4.14.2): when one comes a second time, somebody
has a copy of it, and the whole grant ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import dpop
from motcua.wallet.answers import ProtocolError
from motcua.wallet.profiles import is_haip
from motcua.web.here import AnyRequest

BEARER_LIFETIME = timedelta(minutes=5)
BOUND_LIFETIME = timedelta(minutes=30)
REFRESH_LIFETIME = timedelta(days=90)
WALLET = Actor("wallet")
"""Who acts where a wallet asks without a session: nobody is known but by the secret he holds."""

_CREATE = """
insert into credential_grant (id, trace_id, dossier_id, result_id, type, client_id, identified,
  created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_BIND = """
update credential_grant set jkt = $2, identified = identified or $3 where id = $1
returning id, trace_id, result_id, type, jkt, identified
"""
_GIVE = (
    "insert into credential_token (id, token_hash, grant_id, expires_at) values ($1, $2, $3, $4)"
)
_GIVE_REFRESH = """
insert into credential_refresh (id, token_hash, grant_id, expires_at) values ($1, $2, $3, $4)
"""
_ACCESS = """
select t.id as token_id, t.expires_at, g.id, g.trace_id, g.dossier_id, g.result_id, g.type, g.jkt,
  g.client_id, g.identified
from credential_token t
join credential_grant g on g.tenant_id = t.tenant_id and g.id = t.grant_id
where t.token_hash = $1 and t.expires_at > $2 and g.ended_at is null
"""
_REFRESH = """
select r.id, r.grant_id, r.used_at, r.expires_at, g.jkt, g.client_id, g.ended_at, g.trace_id,
  g.dossier_id
from credential_refresh r
join credential_grant g on g.tenant_id = r.tenant_id and g.id = r.grant_id
where r.token_hash = $1 for update of r, g
"""
_USED = "update credential_refresh set used_at = $2 where id = $1"
_END = "update credential_grant set ended_at = $2 where id = $1 and ended_at is null"


@dataclass(frozen=True)
class Caller:
    """Who asks at the token endpoint: the key of his DPoP proof, and the name he gives himself."""

    jkt: str | None
    client_id: str | None


@dataclass(frozen=True)
class Subject:
    """What a grant is about: a result, or a dossier whose result is awaited."""

    trace_id: UUID
    dossier_id: UUID
    result_id: UUID | None
    type: str


async def create(
    work: Work, subject: Subject, *, client_id: str | None, identified: bool = False
) -> UUID:
    """Write a grant down; ``identified`` when the wallet asked with ``authorization_details``."""
    grant_id = uuid7()
    await work.tx.execute(
        _CREATE,
        grant_id,
        subject.trace_id,
        subject.dossier_id,
        subject.result_id,
        subject.type,
        client_id,
        identified,
        work.now,
    )
    return grant_id


async def give(
    work: Work, grant_id: UUID, caller: Caller, *, identified: bool = False
) -> dict[str, Any]:
    """Bind a grant to the caller's key and return the token response (OpenID4VCI section 6.2)."""
    grant = await work.tx.fetchrow(_BIND, grant_id, caller.jkt, identified)
    if grant is None:
        raise LookupError("a grant that was read in this transaction is gone")
    lifetime = BOUND_LIFETIME if caller.jkt else BEARER_LIFETIME
    access = token()
    await work.tx.execute(_GIVE, uuid7(), digest(access), grant_id, work.now + lifetime)
    answer: dict[str, Any] = {
        "access_token": access,
        "token_type": "DPoP" if caller.jkt else "Bearer",
        "expires_in": int(lifetime.total_seconds()),
    }
    # A wallet without a key gets one only when it must come back for what is not ready.
    if caller.jkt or grant["result_id"] is None:
        answer["refresh_token"] = refresh = token()
        expires = work.now + REFRESH_LIFETIME
        await work.tx.execute(_GIVE_REFRESH, uuid7(), digest(refresh), grant_id, expires)
    if grant["identified"]:
        answer["authorization_details"] = [_details(grant)]
    return answer


async def refresh(
    platform: Platform, tenant: Tenant, form: Mapping[str, str], caller: Caller
) -> dict[str, Any]:
    """Answer ``grant_type=refresh_token``; ``ProtocolError`` (``invalid_grant``).

    That a token came twice is recorded although the request is refused: the refusal is raised after the
    commit.
    """
    given = form.get("refresh_token")
    if not given:
        raise ProtocolError("invalid_request", "refresh_token is missing")
    async with platform.works.begin(tenant, WALLET) as work:
        answer = await _refresh(work, given, caller)
    if answer is None:
        raise ProtocolError("invalid_grant", "the refresh token is unknown, used or expired")
    return answer


async def end(work: Work, grant_id: UUID, about: UUID, why: str) -> None:
    """End a grant with all its tokens; saying it again changes nothing."""
    if (await work.tx.execute(_END, grant_id, work.now)).endswith(" 1"):
        work.emit("grant.ended", about, {"why": why})


async def access(
    request: AnyRequest,
    platform: Platform,
    tenant: Tenant,
    now: datetime,
    late: timedelta | None = None,
) -> Record:
    """Return the grant whose access token this request brings, with ``token_id``.

    A bound token comes with scheme ``DPoP`` and a proof by its key, another one with ``Bearer``. ``late`` is
    how long after its end a token still counts. Raises ``ProtocolError`` 401.
    """
    scheme, secret = authorization(request.headers.get("authorization"))
    if scheme == "bearer" and is_haip(tenant):
        raise ProtocolError("invalid_token", "access tokens of this issuer need DPoP", 401)
    jkt = await dpop.bound(request, platform, tenant, now, secret) if scheme == "dpop" else None
    if scheme == "dpop" and jkt is None:
        raise ProtocolError("invalid_dpop_proof", "a DPoP proof is missing", 401)
    async with platform.db.tenant(tenant) as tx:
        found = await tx.fetchrow(_ACCESS, digest(secret), now - (late or timedelta()))
    if found is None:
        raise ProtocolError("invalid_token", "the access token is unknown or has expired", 401)
    if found["jkt"] != jkt:
        raise ProtocolError("invalid_token", "the access token is bound to another key", 401)
    return found


def authorization(header: str | None) -> tuple[str, str]:
    """Return scheme and token of an Authorization header; ``ProtocolError`` 401 without one."""
    kind, _, value = (header or "").partition(" ")
    if kind.lower() not in {"bearer", "dpop"} or not value.strip():
        raise ProtocolError("invalid_token", "an access token is missing", 401)
    return kind.lower(), value.strip()


def identifier(grant: Record) -> str:
    """Return the ``credential_identifier`` of a grant: it says nothing and stays the same."""
    return str(grant["id"])


def _details(grant: Record) -> dict[str, Any]:
    return {
        "type": "openid_credential",
        "credential_configuration_id": grant["type"],
        "credential_identifiers": [identifier(grant)],
    }


async def _refresh(work: Work, secret: str, caller: Caller) -> dict[str, Any] | None:
    """Return a token response; None when there is nothing to refresh. Never raises: an end must stay."""
    row = await work.tx.fetchrow(_REFRESH, digest(secret))
    if row is None or row["ended_at"] is not None or row["expires_at"] <= work.now:
        return None
    # Who lacks the key cannot end somebody else's grant either.
    if row["jkt"] != caller.jkt or caller.client_id not in (None, row["client_id"]):
        return None
    work.trace_id = row["trace_id"]
    if row["used_at"] is not None:
        await end(work, row["grant_id"], row["dossier_id"], "refresh token used twice")
        return None
    await work.tx.execute(_USED, row["id"], work.now)
    return await give(work, row["grant_id"], caller)
