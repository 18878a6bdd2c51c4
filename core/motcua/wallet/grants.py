"""Grants: what one wallet may fetch, and whose access token it is that a request brings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import dpop
from motcua.wallet.answers import ProtocolError
from motcua.wallet.oauth import Caller
from motcua.wallet.profiles import is_haip
from motcua.web.here import AnyRequest

WALLET = Actor("wallet")
"""Who acts where a wallet asks without a session: nobody is known but by the secret he holds."""

_CREATE = """
insert into credential_grant (id, trace_id, dossier_id, result_id, type, client_id, identified,
  created_at, jkt) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_ACCESS = """
select t.id as token_id, t.expires_at, g.id, g.trace_id, g.dossier_id, g.result_id, g.type, g.jkt,
  g.client_id, g.identified
from credential_token t
join credential_grant g on g.tenant_id = t.tenant_id and g.id = t.grant_id
where t.token_hash = $1 and t.expires_at > $2 and g.ended_at is null
"""
_END = "update credential_grant set ended_at = $2 where id = $1 and ended_at is null"


@dataclass(frozen=True)
class Subject:
    """What a grant is about: a result, or a dossier whose result is awaited."""

    trace_id: UUID
    dossier_id: UUID
    result_id: UUID | None
    type: str


@dataclass(frozen=True)
class Granted:
    """A grant as the authorization server reads it; ``awaited`` while there is no result to fetch yet."""

    id: UUID
    type: str
    awaited: bool
    identified: bool


async def create(
    work: Work, subject: Subject, caller: Caller, *, identified: bool = False
) -> Granted:
    """Write a grant down; ``identified`` when the wallet asked with ``authorization_details``."""
    made = Granted(uuid7(), subject.type, subject.result_id is None, identified)
    await work.tx.execute(
        _CREATE,
        made.id,
        subject.trace_id,
        subject.dossier_id,
        subject.result_id,
        subject.type,
        caller.client_id,
        identified,
        work.now,
        caller.jkt,
    )
    return made


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


def identifier(grant_id: UUID) -> str:
    """Return the ``credential_identifier`` of a grant: it says nothing and stays the same."""
    return str(grant_id)
