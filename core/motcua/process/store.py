"""The process engine's memory: load the state, step, store state and waits, in the caller's transaction."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.process import (
    Command,
    Definition,
    Outcome,
    State,
    Wait,
    load,
    start,
    step,
)

_LOCK = "select definition, state from process_instance where id = $1 for update"
_SAVE = """
update process_instance set state = $2, version = version + 1, ended_at = $3 where id = $1
"""
_NEW = "insert into process_instance (id, definition, state, ended_at) values ($1, $2, $3, $4)"
_TOKENS = "select token from process_wait where instance_id = $1"
_DROP = "delete from process_wait where instance_id = $1 and token = any($2)"
_WAIT = """
insert into process_wait (id, instance_id, token, node, kind, name_vi, name_en, role, unit_id,
  assignee, handler, message, outcomes, hours, since)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""


@lru_cache(maxsize=512)
def _compiled(xml: bytes) -> Definition:
    return load(xml)


async def begin(
    work: Work, instance: UUID, xml: bytes, name: str, *, unit: UUID, variables: Mapping[str, Any]
) -> tuple[Wait, ...]:
    """Start the process of an instance; returns what it waits for now."""
    outcome = start(_compiled(xml), dict(variables))
    ended = work.now if outcome.ended else None
    await work.tx.execute(_NEW, instance, name, outcome.state.to_json(), ended)
    await _note(work, instance, outcome, unit)
    await _store_waits(work, instance, outcome.waits, set(), unit, None)
    return outcome.waits


async def advance(
    work: Work,
    instance: UUID,
    xml: bytes,
    command: Command,
    *,
    unit: UUID,
    assignee: UUID | None = None,
) -> tuple[Wait, ...]:
    """Apply one command; returns what is waited for now.

    ``assignee`` is the member of staff to whom the next user task goes. ``Conflict`` when the step was
    done already, by somebody else or by the same hand twice.
    """
    row = await work.tx.fetchrow(_LOCK, instance)
    if row is None:
        raise NotFound("Hồ sơ chưa có quy trình.", "The dossier has no process yet.")
    outcome = step(_compiled(xml), State.from_json(row["state"]), command)
    before = {r["token"] for r in await work.tx.fetch(_TOKENS, instance)}
    after = {w.token for w in outcome.waits}
    await work.tx.execute(_DROP, instance, sorted(before - after))
    ended = work.now if outcome.ended else None
    await work.tx.execute(_SAVE, instance, outcome.state.to_json(), ended)
    await _note(work, instance, outcome, unit)
    await _store_waits(work, instance, outcome.waits, before, unit, assignee)
    return outcome.waits


async def _note(work: Work, instance: UUID, outcome: Outcome, unit: UUID) -> None:
    for record in outcome.records:
        if record.kind in {"entered", "completed", "ended"}:
            payload = {"node": record.node, "token": record.token}
            work.emit(f"step.{record.kind}", instance, payload, unit=unit)


async def _store_waits(
    work: Work,
    instance: UUID,
    waits: Iterable[Wait],
    known: set[str],
    unit: UUID,
    assignee: UUID | None,
) -> None:
    for wait in waits:
        if wait.token in known:
            continue
        row_id = uuid7()
        await work.tx.execute(
            _WAIT,
            row_id,
            instance,
            wait.token,
            wait.node,
            wait.kind,
            wait.name_vi,
            wait.name_en,
            wait.role or None,
            unit,
            assignee if wait.kind == "user" else None,
            wait.handler or None,
            wait.message or None,
            list(wait.outcomes),
            float(wait.hours) if wait.hours is not None else None,
            work.now,
        )
        if wait.kind == "service":
            payload = {"token": wait.token, "handler": wait.handler}
            work.emit("step.service_waiting", instance, payload, unit=unit)
