"""Moving running dossiers to another version of their procedure, which is done on purpose or not at all.

By itself a dossier stays on the version in force when it was submitted. A plan maps the steps of the old
process to those of the new one (steps of the same id and kind map by themselves). ``examine`` changes nothing and
lists each dossier that cannot move, and why; ``move`` carries each of the others over in a transaction
of its own. What a dossier waited for keeps its moment, its person and its due date.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from motcua.catalogue.adopted import Adopted
from motcua.dossiers import way
from motcua.dossiers.changes import lock
from motcua.dossiers.law import law_of
from motcua.errors import Conflict, NotFound
from motcua.events.log import SYSTEM
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process import CannotMove, Finding, Outcome, migrate, store
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant

_RUNNING = """
select d.id, d.code from dossier d
join process_instance i on i.tenant_id = d.tenant_id and i.id = d.id
where d.procedure_code = $1 and d.procedure_version = $2 and i.ended_at is null
  and d.state not in (3, 8, 9, 10)
order by d.accepted_at, d.id
"""
_FOLLOW = """
update dossier set adopted_id = $2, procedure_version = $3, limit_value = $4 where id = $1
"""


@dataclass(frozen=True)
class Plan:
    """Which procedure moves from which version to which; ``mapping`` is old step id to new step id."""

    code: str
    source: str
    target: str
    mapping: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked:
    """One dossier under a plan: ``reasons`` why it cannot move, nothing when it can (or has)."""

    id: UUID
    code: str
    reasons: tuple[Finding, ...] = ()


async def running(platform: Platform, tenant: Tenant, plan: Plan) -> list[Record]:
    """Return the dossiers that are on the plan's old version now: id and code, the oldest first.

    ``NotFound`` when the tenant has not adopted the new version.
    """
    law = await platform.catalogue.of(tenant)
    law.version(plan.code, plan.target)
    async with platform.db.tenant(tenant) as tx:
        return await tx.fetch(_RUNNING, plan.code, plan.source)


async def examine(platform: Platform, tenant: Tenant, plan: Plan) -> AsyncIterator[Looked]:
    """Look at each running dossier and change none."""
    for row in await running(platform, tenant, plan):
        async with platform.works.begin(tenant, SYSTEM) as work:
            yield await _look(platform, work, row, plan)


async def move(platform: Platform, tenant: Tenant, plan: Plan) -> AsyncIterator[Looked]:
    """Move each dossier that can move; one that cannot stays as it was, with the reasons."""
    for row in await running(platform, tenant, plan):
        async with platform.works.begin(tenant, SYSTEM) as work:
            looked = await _look(platform, work, row, plan)
            if not looked.reasons:
                await _carry(platform, work, row["id"], plan)
        yield looked


async def _look(platform: Platform, work: Work, row: Record, plan: Plan) -> Looked:
    try:
        await _moved(platform, work, row["id"], plan)
    except CannotMove as refusal:
        return Looked(row["id"], row["code"], refusal.reasons)
    except (Conflict, NotFound) as refusal:
        reason = Finding("", "dossier", row["code"], refusal.vi, refusal.en)
        return Looked(row["id"], row["code"], (reason,))
    return Looked(row["id"], row["code"])


async def _moved(
    platform: Platform, work: Work, dossier_id: UUID, plan: Plan
) -> tuple[Record, Adopted, Outcome]:
    """Return what would become of a dossier; it is locked until the end of the work."""
    dossier = await lock(work, dossier_id)
    if dossier["procedure_version"] != plan.source:
        raise Conflict("Hồ sơ đã ở phiên bản khác.", "The dossier is on another version already.")
    law, old = await law_of(platform, work, dossier)
    new = _as_promised(law.version(plan.code, plan.target), old, dossier["case_key"])
    own, state = await store.load_state(work, dossier_id, old.definition)
    return dossier, new, migrate(own, new.definition, state, plan.mapping)


def _as_promised(target: Adopted, old: Adopted, case: str) -> Adopted:
    """Return the new version with the limit that was promised to the dossier; ``Conflict`` if it cannot be."""
    if case not in {known.id for known in target.package.cases}:
        raise Conflict(
            f"Phiên bản mới không có trường hợp '{case}' của hồ sơ này.",
            f"The new version has no case '{case}', which is this dossier's.",
        )
    promised = old.package.procedure.time_limit
    new = target.of_case(case, promised.value)
    counted = new.package.procedure.time_limit
    if (counted.kind, counted.cutoff, counted.first_day) != (
        promised.kind,
        promised.cutoff,
        promised.first_day,
    ):
        raise Conflict(
            "Phiên bản mới tính thời hạn theo cách khác; hồ sơ giữ thời hạn đã hẹn.",
            "The new version counts the limit in another way; the dossier keeps what was promised.",
        )
    return new


async def _carry(platform: Platform, work: Work, dossier_id: UUID, plan: Plan) -> None:
    dossier, new, outcome = await _moved(platform, work, dossier_id, plan)
    law = await platform.catalogue.of(work.tenant, work.tx)
    done = await store.move(
        work,
        dossier_id,
        new.definition,
        f"{new.code}@{new.package.version}",
        outcome,
        files=way.files_of(new),
        unit=dossier["competent_unit"],
        moments=way.moments(law.calendar, work.now, dossier["due_at"]),
    )
    limit = new.package.procedure.time_limit.value
    await work.tx.execute(_FOLLOW, dossier_id, new.id, plan.target, limit)
    await way.follow(platform, work, await lock(work, dossier_id), new, done)
    payload = {"from": plan.source, "to": plan.target}
    work.emit("dossier.moved_version", dossier_id, payload, unit=dossier["competent_unit"])
