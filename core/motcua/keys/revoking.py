"""Revoking a key: it signs no more, nobody believes it, and everything it signed is withdrawn.

First, in one transaction: the key is marked for the verifiers of every tenant, and another one takes over.
Then, in transactions of a few hundred results each: what it signed. A document key takes the results with it,
and all their copies; a credential key takes only the copies, because the result itself was signed by
another key and may be fetched again. When this is interrupted, asking again (or the housekeeping) goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from motcua.errors import Conflict, Invalid, NotFound, Unavailable
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.keys import making, root, rotation, store
from motcua.keys.store import AUTHORITY, CREDENTIAL, DOCUMENT, KeyRow
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import delivery

BATCH = 200
_RESULTS = """
select id from issued_result where signing_kid = $1 and status <> 1 order by id limit $2
"""
_COPIES = """
with picked as (
  select c.result_id from credential c where c.signing_kid = $1 and c.status <> 1
  group by c.result_id order by c.result_id limit $2),
locked as (
  select r.id, r.status, r.trace_id from issued_result r join picked p on p.result_id = r.id
  order by r.id for no key update of r),
gone as (
  update credential c set status = 1 from locked l
  where c.result_id = l.id and c.signing_kid = $1 and c.status <> 1 returning c.result_id)
select l.id, l.status, l.trace_id, count(g.result_id)::int as copies
from locked l join gone g on g.result_id = l.id group by l.id, l.status, l.trace_id order by l.id
"""
_NOTE = """
insert into status_change (id, result_id, before, status, copies, actor, reason, at, signing_kid)
select i, r, b, 1, n, $5, $6, $7, $8
from unnest($1::uuid[], $2::uuid[], $3::int2[], $4::int4[]) as c(i, r, b, n)
"""
Progress = Callable[[str], None]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Withdrawn:
    """What a revocation did: the keys that fell, what took over, and how much was withdrawn."""

    kids: tuple[str, ...]
    successors: tuple[str, ...]
    results: int
    copies: int
    advice: str


async def revoke(
    platform: Platform,
    tenant: Tenant,
    actor: Actor,
    kid: str,
    reason: str,
    progress: Progress = lambda _: None,
) -> Withdrawn:
    """Revoke a key and everything it signed; asked again for a revoked key, goes on with what is left.

    ``NotFound`` when it is no key of the tenant, ``Invalid`` without a reason.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": ("Hãy ghi rõ lý do.", "Give the reason.")})
    async with platform.works.begin(tenant, actor) as work:
        fallen = await _fall(work, kid, reason.strip())
    kids = tuple(key.kid for key in fallen)
    progress(f"revoked: {', '.join(kids)}")
    successors, advice = await _succeed(platform, tenant, actor, fallen)
    results = copies = 0
    for key in fallen:
        more = await _withdraw(platform, tenant, actor, key, progress)
        results, copies = results + more[0], copies + more[1]
    return Withdrawn(kids, tuple(key.kid for key in successors), results, copies, advice)


async def falls_with(platform: Platform, tenant: Tenant, kid: str) -> list[KeyRow]:
    """Return the keys that a revocation of ``kid`` takes; ``NotFound`` when it is no key of the tenant."""
    async with platform.db.tenant(tenant) as tx:
        return _falling(tenant, await store.every(tx), kid)


async def finish(platform: Platform, tenant: Tenant) -> int:
    """Withdraw what a revoked key signed and still stands; returns how many results were touched.

    For a revocation that was interrupted, and for copies that were being signed while it happened.
    """
    async with platform.db.tenant(tenant) as tx:
        fallen = [key for key in await store.every(tx) if key.revoked_at is not None]
    done = [await _withdraw(platform, tenant, _by(key), key, lambda _: None) for key in fallen]
    return sum(results for results, _ in done)


def _by(key: KeyRow) -> Actor:
    """Return who revoked the key, in whose name the rest is withdrawn."""
    kind, _, id_ = (key.revoked_by or "system").partition(":")
    return Actor(kind, UUID(id_) if id_ else None)


def _falling(tenant: Tenant, known: list[KeyRow], kid: str) -> list[KeyRow]:
    if not any(key.kid == kid for key in known):
        raise NotFound(
            "Đơn vị không có khóa này.",
            f"{tenant.slug} has no key {kid}: see `motcua keys list {tenant.slug}`.",
        )
    return [key for key in known if kid in (key.kid, key.issuer_kid)]


async def _fall(work: Work, kid: str, reason: str) -> list[KeyRow]:
    """Mark the key, and with an authority all that it certified; returns them as they are now."""
    await store.lock(work.tx)
    known = await store.every(work.tx)
    fallen = _falling(work.tenant, known, kid)
    for key in fallen:
        if key.revoked_at is None:
            await store.mark_revoked(work.tx, key, work.now, str(work.actor), reason)
            work.emit(
                "key.revoked", key.id, {"kid": key.kid, "purpose": key.purpose, "reason": reason}
            )
    ids = {key.id for key in fallen}
    return [key for key in await store.every(work.tx) if key.id in ids]


async def _succeed(
    platform: Platform, tenant: Tenant, actor: Actor, fallen: list[KeyRow]
) -> tuple[list[KeyRow], str]:
    """Let another key take over where none is in use; what hinders it is told and does not stop us."""
    try:
        async with platform.works.begin(tenant, actor) as work:
            return await _successors(platform, work, {key.purpose for key in fallen}), ""
    except Unavailable as error:
        _log.warning("no_successor", tenant=tenant.slug, error=error.en)
        return [], error.en


async def _successors(platform: Platform, work: Work, purposes: set[str]) -> list[KeyRow]:
    await store.lock(work.tx)
    made, url = [], platform.settings.public_url_of(work.tenant.slug)
    if AUTHORITY in purposes and not await store.current(work.tx, AUTHORITY, work.now):
        above = root.load_or_make(platform.settings, work.now)
        made.append(await making.make_authority(work.tx, work.vault, above, work.now, url))
        rotation.note_made(work, made[0])
    for purpose in sorted(purposes - {AUTHORITY}):
        if not await store.current(work.tx, purpose, work.now):
            made.append(await rotation.rotate(work, purpose, url))
    return made


async def _withdraw(
    platform: Platform, tenant: Tenant, actor: Actor, key: KeyRow, progress: Progress
) -> tuple[int, int]:
    """Withdraw in batches until nothing is left; returns results and copies."""
    step = {DOCUMENT: _results, CREDENTIAL: _copies}.get(key.purpose)
    results = copies = 0
    while step is not None:
        async with platform.works.begin(tenant, actor) as work:
            more = await step(work, key)
        if more[0] == 0:
            break
        results, copies = results + more[0], copies + more[1]
        progress(f"{key.purpose} key {key.kid}: {results} results, {copies} copies withdrawn")
    return results, copies


async def _results(work: Work, key: KeyRow) -> tuple[int, int]:
    ids: list[UUID] = [r["id"] for r in await work.tx.fetch(_RESULTS, key.kid, BATCH)]
    copies = 0
    for result_id in ids:
        try:
            copies += await delivery.revoke(work, result_id, _reason(key))
        except Conflict:  # somebody withdrew it meanwhile
            continue
    return len(ids), copies


async def _copies(work: Work, key: KeyRow) -> tuple[int, int]:
    rows = await work.tx.fetch(_COPIES, key.kid, BATCH)
    if not rows:
        return 0, 0
    await work.tx.execute(
        _NOTE,
        [uuid7() for _ in rows],
        [row["id"] for row in rows],
        [row["status"] for row in rows],
        [row["copies"] for row in rows],
        str(work.actor),
        _reason(key),
        work.now,
        key.kid,
    )
    for row in rows:
        told = {"reason": _reason(key), "copies": row["copies"], "kid": key.kid}
        work.emit("result.copies_revoked", row["id"], told, trace_id=row["trace_id"])
    return len(rows), sum(row["copies"] for row in rows)


def _reason(key: KeyRow) -> str:
    return key.revoked_reason or ""
