"""Who is signed in. A session belongs to one tenant and lives in PostgreSQL; its token is a cookie or a bearer.

Processes keep a session they have read for a few seconds: a sign-out is seen at once in its own process
and within ``KEEP_SECONDS`` elsewhere.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.errors import Forbidden, SignInNeeded
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.people.capabilities import Capability, may
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest

COOKIE = "mc_session"
KEEP_SECONDS = 5.0
LIFETIME = {
    "citizen": timedelta(hours=2),
    "staff": timedelta(hours=10),
    "device": timedelta(days=400),
}

# An officer's roles are read as they are now, not as they were at sign-in; a dismissed one has no session.
_READ = """
select w.kind, w.subject, w.data, s.id is not null as employed,
  (select coalesce(jsonb_agg(jsonb_build_array(r.role, r.unit_id)), '[]') from staff_role r
     where r.tenant_id = s.tenant_id and r.staff_id = s.id) as roles
from web_session w
left join staff s on w.kind = 'staff' and s.tenant_id = w.tenant_id and s.id = w.subject
where w.token_hash = $1 and w.expires_at > now() and (s.id is null or s.active)
"""
_NEW = """
insert into web_session (id, token_hash, kind, subject, data, expires_at)
values ($1, $2, $3, $4, $5, $6)
"""
_END = "delete from web_session where token_hash = $1"


@dataclass(frozen=True)
class Session:
    """A signed-in citizen, officer or paired device, at one tenant."""

    kind: str
    subject: UUID
    name: str
    capabilities: tuple[Capability, ...]
    data: Mapping[str, Any]
    token_hash: bytes

    @property
    def actor(self) -> Actor:
        """Who stands in the event log."""
        return Actor(self.kind, self.subject, self.name)

    def may(self, role: str, unit: UUID | None = None) -> bool:
        """Return whether this session may act in a role, for a unit."""
        return self.kind == "staff" and may(self.capabilities, role, unit)

    def roles(self) -> set[str]:
        """Return the names of the roles held anywhere."""
        return {c.role for c in self.capabilities}


async def start(
    work: Work,
    kind: str,
    subject: UUID,
    name: str,
    *,
    capabilities: tuple[Capability, ...] = (),
    data: Mapping[str, Any] | None = None,
) -> str:
    """Start a session; returns its token, which is stored nowhere. Always a fresh one: no fixation."""
    secret = token()
    held = [[c.role, str(c.unit) if c.unit else None] for c in capabilities]
    content = {**(data or {}), "name": name, "capabilities": held}
    await work.tx.execute(
        _NEW, uuid7(), digest(secret), kind, subject, content, _expiry(work.now, kind)
    )
    work.emit("session.started", subject, {"kind": kind})
    return secret


def _expiry(now: datetime, kind: str) -> datetime:
    return now + LIFETIME[kind]


class SessionStore:
    """Reads sessions, and keeps them for ``KEEP_SECONDS``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[tuple[UUID, bytes], tuple[float, Session | None]] = {}

    async def read(self, tenant: Tenant, secret: str) -> Session | None:
        """Return the session of this token at this tenant; another tenant's token is no session here."""
        key = (tenant.id, digest(secret))
        kept = self._kept.get(key)
        now = time.monotonic()
        if kept and now - kept[0] < KEEP_SECONDS:
            return kept[1]
        async with self._database.tenant(tenant) as tx:
            row = await tx.fetchrow(_READ, key[1])
        session = _session(row, key[1]) if row else None
        if len(self._kept) > 20_000:
            self._kept.clear()
        self._kept[key] = (now, session)
        return session

    async def end(self, tenant: Tenant, session: Session) -> None:
        """Sign out."""
        async with self._database.tenant(tenant) as tx:
            await tx.execute(_END, session.token_hash)
        self._kept.pop((tenant.id, session.token_hash), None)


def _session(row: Any, token_hash: bytes) -> Session:
    data = row["data"]
    held = row["roles"] if row["employed"] else data["capabilities"]
    capabilities = tuple(Capability(role, UUID(unit) if unit else None) for role, unit in held)
    return Session(row["kind"], row["subject"], data["name"], capabilities, data, token_hash)


def need(session: Session | None, kind: str) -> Session:
    """Return the session when it is of this kind; ``SignInNeeded`` or ``Forbidden`` otherwise."""
    if session is None:
        raise SignInNeeded("Hãy đăng nhập để tiếp tục.", "Sign in to continue.")
    if session.kind != kind:
        raise Forbidden("Trang này dành cho đối tượng khác.", "This page is for somebody else.")
    return session


def need_role(session: Session | None, *roles: str, unit: UUID | None = None) -> Session:
    """Return the staff session when it holds one of the roles (for this unit)."""
    staff = need(session, "staff")
    if not any(staff.may(role, unit) for role in roles):
        raise Forbidden(
            "Tài khoản của bạn không có vai trò cần thiết.",
            "Your account does not hold the role this needs.",
        )
    return staff
