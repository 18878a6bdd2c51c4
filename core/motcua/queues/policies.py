"""The calling policy of a site: versions as data, from a moment on; a draft has no such moment yet."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.errors import Conflict, Invalid
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues.policy import Policy
from motcua.tenancy.db import TenantTx

# Every call asks for the policy; a new one may be that late in another process.
KEPT_SECONDS = 5.0
_VERSIONS = """
select site_id, version, valid_from, body from call_policy
where (site_id = $1 or site_id is null) and valid_from is not null order by version desc
"""
_HISTORY = """
select id, site_id, version, valid_from, body, made_by, made_at from call_policy
where site_id is not distinct from $1 order by version desc
"""
_NEWEST = """
select version, valid_from from call_policy where site_id is not distinct from $1
order by version desc limit 1
"""
_WRITE = """
insert into call_policy (id, site_id, version, valid_from, body, made_by, made_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, site_id, version) do update
  set valid_from = excluded.valid_from, body = excluded.body, made_by = excluded.made_by,
      made_at = excluded.made_at
  where call_policy.valid_from is null
returning id
"""
# Whose it is (None: the tenant's), from when on, and the rules; newest first.
_Known = list[tuple[UUID | None, datetime, Policy]]
_kept: dict[tuple[UUID, UUID], tuple[float, _Known]] = {}


@dataclass(frozen=True)
class Version:
    """One version of a policy; ``valid_from`` is None while it is a draft.

    ``until`` is when a later version takes its place, None while none does.
    """

    id: UUID
    site: UUID | None
    version: int
    valid_from: datetime | None
    policy: Policy
    made_by: UUID | None
    made_at: datetime
    until: datetime | None

    @property
    def replaced(self) -> bool:
        """Whether a later version took its place before it began: it is in force at no time."""
        return (
            self.valid_from is not None and self.until is not None and self.until <= self.valid_from
        )


async def policy_in_force(tx: TenantTx, site: UUID, at: datetime) -> Policy:
    """Return the rules by which this site calls at a moment.

    The site's greatest version that is valid then, else the tenant's, else the defaults.
    """
    known = await _versions(tx, site)
    for whose in (site, None):
        for owner, valid_from, policy in known:
            if owner == whose and valid_from <= at:
                return policy
    return Policy()


async def publish(
    work: Work, site: UUID | None, body: Mapping[str, Any], valid_from: datetime | None
) -> int:
    """Write a policy of a site, or of the tenant without one; returns its version.

    Without ``valid_from`` it is a draft, which the next writing replaces. A published version never changes.
    ``Invalid`` for a wrong body or a moment that has passed, ``Conflict`` when somebody published meanwhile.
    """
    policy = Policy.of(body)
    if valid_from is not None and valid_from < work.now:
        said = ("Thời điểm áp dụng đã qua.", "This moment has passed.")
        raise Invalid(*said, fields={"valid_from": said})
    newest = await work.tx.fetchrow(_NEWEST, site)
    version = 1 if newest is None else newest["version"] + (newest["valid_from"] is not None)
    written = await work.tx.fetchval(
        _WRITE, uuid7(), site, version, valid_from, policy.body(), _who(work), work.now
    )
    if written is None:
        raise Conflict(
            "Người khác vừa ban hành quy tắc mới. Hãy tải lại trang.",
            "Somebody else has just published a policy. Reload the page.",
        )
    if valid_from is not None:
        forget(work.tenant.id)
        work.emit("policy.published", written, {"version": version, "valid_from": valid_from})
        if site is not None:
            work.bells.add(f"site:{site}")
    return int(version)


async def history(tx: TenantTx, site: UUID | None) -> list[Version]:
    """Return all versions of a site's own policy (None: the tenant's), newest first, draft included."""
    found: list[Version] = []
    first: datetime | None = None
    for row in await tx.fetch(_HISTORY, site):
        since = row["valid_from"]
        until = first if since else None
        policy = Policy.of(row["body"])
        about = row["id"], row["site_id"], row["version"]
        found.append(Version(*about, since, policy, row["made_by"], row["made_at"], until))
        if since:
            # The greatest version that is valid holds: of all later ones the earliest ends it.
            first = min(since, first or since)
    return found


def forget(tenant: UUID) -> None:
    """Let the policies of a tenant be read anew by this process."""
    for key in [key for key in _kept if key[0] == tenant]:
        del _kept[key]


async def _versions(tx: TenantTx, site: UUID) -> _Known:
    key = (tx.tenant.id, site)
    found = _kept.get(key)
    if found is None or found[0] < time.monotonic():
        rows = await tx.fetch(_VERSIONS, site)
        known = [(r["site_id"], r["valid_from"], Policy.of(r["body"])) for r in rows]
        found = _kept[key] = (time.monotonic() + KEPT_SECONDS, known)
    return found[1]


def _who(work: Work) -> UUID | None:
    return work.actor.id if work.actor.kind == "staff" else None
