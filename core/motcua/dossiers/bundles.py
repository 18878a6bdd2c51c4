"""Bundles: one dossier that opens others for its person, each settled by its own office, and ends with them.

The parent's process reaches the service task ``open_children``; every child of its procedure whose condition
holds is submitted with answers taken from the parent's, and accepted at once: its papers were compared with the
parent's. When the last of them has ended, the parent gets the message ``children_finished``.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from motcua.catalogue.adopted import TenantLaw
from motcua.catalogue.decisions import holds
from motcua.catalogue.forms import InvalidAnswers
from motcua.catalogue.packages import Package
from motcua.catalogue.procedure import Child
from motcua.catalogue.reading import json_value
from motcua.dossiers import offices, queries, reception, way
from motcua.dossiers.changes import lock
from motcua.dossiers.law import law_of
from motcua.dossiers.service_tasks import TaskRefused
from motcua.dossiers.submission import Application, enter
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process import Message
from motcua.rules import evaluate
from motcua.tenancy.db import Record, Tx

_CHILD = """
update dossier set parent_id = $2, trace_id = $3, fee = 0, money = 'none' where id = $1
"""
_PAPERS = """
insert into component (id, dossier_id, paper_key, name_vi, name_en, provenance, sha256, pages, size,
  evidence, added_at, compared_by, compared_at)
select uuidv7(), $1, $3, name_vi, name_en, provenance, sha256, pages, size, evidence, $5, compared_by,
  compared_at
from component where dossier_id = $2 and paper_key = $4 and provenance <> 'self-scanned'
"""
_OPEN = """
select count(*) filter (where state not in (3, 8, 9, 10)) as open,
  count(*) filter (where decision = 'granted') as granted, count(*) as total
from dossier where parent_id = $1
"""
_WAITING = """
select 1 from process_wait where instance_id = $1 and kind = 'message' and message = $2
"""
MOST_LEVELS = 3
"""A bundle may open bundles, so deep and no deeper."""
_ABOVE = """
with recursive above as (
  select id, parent_id, procedure_code, 1 as level from dossier where id = $1
  union all
  select d.id, d.parent_id, d.procedure_code, a.level + 1
  from above a join dossier d on d.id = a.parent_id where a.level < 10)
select procedure_code from above order by level
"""
_CHILDREN = """
select d.id, d.code, d.track_code, d.procedure_code, d.procedure_name, d.state, d.due_at, d.finished_at,
  d.decision, d.received_unit, d.competent_unit, u.name as unit
from dossier d join unit u on u.tenant_id = d.tenant_id and u.id = d.competent_unit
where d.parent_id = $1 order by d.id
"""


async def children(tx: Tx, dossier_id: UUID) -> list[Record]:
    """Return the dossiers that a bundle opened, in the order of its procedure."""
    return await tx.fetch(_CHILDREN, dossier_id)


async def open_children(platform: Platform, work: Work, dossier_id: UUID) -> Mapping[str, Any]:
    """Open the children of an accepted bundle; the service task ``open_children``.

    ``TaskRefused`` (code ``child``) when one cannot be opened: then none is.
    """
    parent = await lock(work, dossier_id)
    await _not_endless(work, parent)
    law, procedure = await law_of(platform, work, parent)
    package, answers = procedure.package, queries.answers(work, parent)
    facts = package.form.facts(answers)
    opened = []
    for n, child in enumerate(package.procedure.children):
        if holds(child.when, facts, f"children[{n}].when"):
            opened.append(await _open(platform, work, law, parent, child, facts))
    if not opened:
        raise TaskRefused("child", "no child of this bundle applies to these answers")
    work.emit("bundle.opened", dossier_id, {"children": opened}, unit=parent["competent_unit"])
    return {"children": len(opened)}


async def _not_endless(work: Work, parent: Record) -> None:
    codes = [row["procedure_code"] for row in await work.tx.fetch(_ABOVE, parent["id"])]
    if len(codes) > MOST_LEVELS or len(set(codes)) < len(codes):
        raise TaskRefused("child", f"bundles that open each other: {' in '.join(codes)}")


async def _open(
    platform: Platform,
    work: Work,
    law: TenantLaw,
    parent: Record,
    child: Child,
    facts: Mapping[str, object],
) -> str:
    try:
        procedure = law.current(child.code)
        answers = procedure.package.form.clean(answered(child, facts))
    except (NotFound, InvalidAnswers) as wrong:
        details = ", ".join(f"{k}: {v}" for k, v in getattr(wrong, "fields", {}).items())
        raise TaskRefused("child", f"{child.code}: {wrong.en} {details}".strip()) from wrong
    unit = await _office(platform, work, procedure.package, answers.values, parent)
    done = await enter(
        work,
        law,
        Application(
            procedure=procedure,
            answers=answers,
            subject_id=parent["subject_id"],
            submitter_id=parent["submitter_id"],
            subject_name=parent["subject_name"],
            received_unit=parent["received_unit"],
            competent_unit=unit,
            channel=parent["channel"],
        ),
    )
    await work.tx.execute(_CHILD, done.id, parent["id"], parent["trace_id"])
    for own, theirs in child.papers.items():
        await work.tx.execute(_PAPERS, done.id, parent["id"], own, theirs, work.now)
    try:
        await reception.accept(platform, work, done.id, fee_paid=True)
    except (Invalid, Conflict) as wrong:
        raise TaskRefused("child", f"{child.code}: {wrong.en}") from wrong
    return str(child.code)


def answered(child: Child, facts: Mapping[str, object]) -> dict[str, object]:
    """Return the child's answers as its form reads them; what is not known is not answered.

    ``facts`` are the bundle's answers as expressions see them (``Form.facts``).
    """
    found = {k: json_value(evaluate(t, facts, unknown="null")) for k, t in child.answers.items()}
    return {key: value for key, value in found.items() if value is not None}


async def _office(
    platform: Platform, work: Work, package: Package, answers: Mapping[str, Any], parent: Record
) -> UUID:
    """Return who decides: the parent's unit where it may, else the only one that may."""
    known = await offices.of(platform, work.tenant, work.tx)
    able = offices.deciding(known, package, answers)
    if any(office.id == parent["competent_unit"] for office in able):
        return UUID(bytes=parent["competent_unit"].bytes)
    if len(able) == 1:
        return able[0].id
    raise TaskRefused("child", f"{package.code}: no single unit is competent ({len(able)} may be)")


async def child_ended(platform: Platform, work: Work, event: Event) -> None:
    """Tell a bundle that all its children have ended, when this was the last."""
    parent = await lock(work, event.subject)
    counted = await work.tx.fetchrow(_OPEN, parent["id"])
    if counted is None or counted["open"]:
        return
    if not await work.tx.fetchval(_WAITING, parent["id"], way.CHILDREN_MESSAGE):
        return
    told = {"granted": counted["granted"], "refused": counted["total"] - counted["granted"]}
    await way.go(platform, work, parent["id"], Message(way.CHILDREN_MESSAGE, told))
