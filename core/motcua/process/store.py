"""The process engine's memory: load the state, step, store state and waits, in the caller's transaction.

One row holds where a case stands (a small JSON value that does not grow), one row each thing it waits for;
what happened goes to the event log. A case runs on the files it began with: they are kept by their digest, and
come out again when the package, or what a release makes of it, gives others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.process import Command, Definition, Outcome, State, Timer, Wait, load, start, step
from motcua.tenancy.db import Record, Tx

Moments = Callable[[Wait], datetime | None]
"""Tells when a wait is due: the moment of a timer, the end of a step's own limit; None for never."""

TIMER = "step.timer_waiting"
SERVICE = "step.service_waiting"
# What the log says of a case; flows and gateways can be derived from it.
_TOLD = frozenset({"entered", "completed", "cancelled", "failed", "ended", "migrated"})

_LOCK = "select definition, digest, state from process_instance where id = $1 for update"
_KNOWN = "select 1 from process_definition where digest = $1"
_KEEP = """
insert into process_definition (digest, name, content) values ($1, $2, $3)
on conflict (tenant_id, digest) do nothing
"""
_FILES = "select content from process_definition where digest = $1"
_SAVE = """
update process_instance set state = $2, version = version + 1, ended_at = $3, digest = $4
where id = $1
"""
_NEW = """
insert into process_instance (id, definition, digest, state, ended_at) values ($1, $2, $3, $4, $5)
"""
_WAITS = """
select token, node, kind, clock, message, optional from process_wait where instance_id = $1
"""
_DROP = "delete from process_wait where instance_id = $1 and token = any($2)"
_WAIT = """
insert into process_wait (id, instance_id, token, node, kind, name_vi, name_en, role, unit_id,
  assignee, handler, message, outcomes, hours, since, due_at, signal, timer, watches, optional, clock,
  item)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
  $21, $22)
"""
# Of the values of ``_WAIT``: instance and token, and what a wait takes over from its new place.
_PLACED = (1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 16, 18, 19, 20)
_PLACE = """
update process_wait set node = $3, kind = $4, name_vi = $5, name_en = $6, role = $7, handler = $8,
  message = $9, outcomes = $10, hours = $11, signal = $12, watches = $13, optional = $14, clock = $15
where instance_id = $1 and token = $2
"""
_NAME = "update process_instance set definition = $2 where id = $1"


@dataclass(frozen=True)
class Files:
    """What a definition is made of: its BPMN, and the processes and decisions it calls, by name."""

    bpmn: bytes
    library: Mapping[str, bytes] = field(default_factory=dict)
    decisions: Mapping[str, bytes] = field(default_factory=dict)


class Advanced:
    """What a command did: everything that is waited for now, and what was waited for before."""

    def __init__(self, waits: Sequence[Wait], before: Sequence[Record], ended: bool) -> None:
        self.waits, self.before, self.ended = tuple(waits), tuple(before), ended
        known = {row["token"] for row in before}
        self.fresh = tuple(wait for wait in waits if wait.token not in known)


async def begin(
    work: Work,
    instance: UUID,
    definition: Definition,
    name: str,
    *,
    files: Files,
    unit: UUID,
    variables: dict[str, Any],
    moments: Moments,
) -> Advanced:
    """Start the process of an instance; ``name`` is what its definition is called (code@version).

    ``files`` are those that ``definition`` was loaded from.
    """
    await _keep(work, definition.digest, name, files)
    outcome = start(definition, variables)
    ended = work.now if outcome.ended else None
    state = outcome.state.to_json()
    await work.tx.execute(_NEW, instance, name, definition.digest, state, ended)
    _note(work, instance, outcome, unit)
    await _store(work, instance, outcome.waits, unit, None, moments)
    return Advanced(outcome.waits, (), outcome.ended)


async def advance(
    work: Work,
    instance: UUID,
    definition: Definition,
    command: Command,
    *,
    unit: UUID,
    moments: Moments,
    assignee: UUID | None = None,
) -> Advanced:
    """Apply one command; ``assignee`` is the member of staff to whom the next user task goes.

    ``Conflict`` when the step was done already, by somebody else or by the same hand twice.
    """
    own, state = await load_state(work, instance, definition)
    return await apply(
        work,
        instance,
        own,
        step(own, state, command),
        unit=unit,
        moments=moments,
        assignee=assignee,
    )


async def load_state(
    work: Work, instance: UUID, definition: Definition
) -> tuple[Definition, State]:
    """Return where a case stands, locked until the end of the work, and the definition it runs on.

    That is ``definition`` as long as the case began on the same files.
    """
    row = await work.tx.fetchrow(_LOCK, instance)
    if row is None:
        raise NotFound("Hồ sơ chưa có quy trình.", "The dossier has no process yet.")
    own = definition
    if row["digest"] not in (None, definition.digest):
        own = await _kept(work, row["digest"], row["definition"])
    return own, State.from_json(row["state"])


async def _keep(work: Work, digest: str, name: str, files: Files) -> None:
    if await work.tx.fetchval(_KNOWN, digest):
        return
    content = {
        "bpmn": files.bpmn.decode(),
        "library": {key: text.decode() for key, text in files.library.items()},
        "decisions": {key: text.decode() for key, text in files.decisions.items()},
    }
    await work.tx.execute(_KEEP, digest, name, content)


async def _kept(work: Work, digest: str, name: str) -> Definition:
    content = await work.tx.fetchval(_FILES, digest)
    if content is None:
        raise Conflict(
            "Không còn tệp quy trình mà hồ sơ này đang chạy. Hãy báo quản trị viên.",
            f"The files of {name} on which this dossier runs are not there. Tell the operator.",
        )
    return _loaded(digest, msgspec.json.encode(content))


@lru_cache(maxsize=256)
def _loaded(digest: str, content: bytes) -> Definition:
    files = msgspec.json.decode(content)
    found = load(
        files["bpmn"].encode(),
        library={key: text.encode() for key, text in files["library"].items()},
        decisions={key: text.encode() for key, text in files["decisions"].items()},
    )
    # The digest is what the case knows its files by, however this release computes it.
    return replace(found, digest=digest)


async def apply(
    work: Work,
    instance: UUID,
    definition: Definition,
    outcome: Outcome,
    *,
    unit: UUID,
    moments: Moments,
    assignee: UUID | None = None,
) -> Advanced:
    """Store what a command made of a case that ``load_state`` has locked."""
    before = await work.tx.fetch(_WAITS, instance)
    known, now = {row["token"] for row in before}, {wait.token for wait in outcome.waits}
    if gone := sorted(known - now):
        await work.tx.execute(_DROP, instance, gone)
    ended = work.now if outcome.ended else None
    await work.tx.execute(_SAVE, instance, outcome.state.to_json(), ended, definition.digest)
    _note(work, instance, outcome, unit)
    fresh = [wait for wait in outcome.waits if wait.token not in known]
    await _store(work, instance, fresh, unit, assignee, moments)
    return Advanced(outcome.waits, before, outcome.ended)


async def move(
    work: Work,
    instance: UUID,
    definition: Definition,
    name: str,
    outcome: Outcome,
    *,
    files: Files,
    unit: UUID,
    moments: Moments,
) -> Advanced:
    """Store what ``migrate`` made of a case: it goes on in another definition, called ``name``.

    A wait that was carried over has a new place and keeps its moment, its person and its due date.
    """
    await _keep(work, definition.digest, name, files)
    before = await work.tx.fetch(_WAITS, instance)
    known = {row["token"] for row in before}
    for wait in outcome.waits:
        if wait.token in known:
            row = _row(work, instance, wait, unit, None, None)
            await work.tx.execute(_PLACE, *(row[n] for n in _PLACED))
    await apply(work, instance, definition, outcome, unit=unit, moments=moments)
    await work.tx.execute(_NAME, instance, name)
    return Advanced(outcome.waits, before, outcome.ended)


async def waits(tx: Tx, instance: UUID) -> list[Record]:
    """Return what a case waits for: token, node, kind, clock, message, optional."""
    return await tx.fetch(_WAITS, instance)


def _note(work: Work, instance: UUID, outcome: Outcome, unit: UUID) -> None:
    for record in outcome.records:
        if record.kind in _TOLD:
            payload = {"node": record.node, "token": record.token}
            if record.detail:
                payload["detail"] = record.detail
            work.emit(f"step.{record.kind}", instance, payload, unit=unit)


async def _store(
    work: Work,
    instance: UUID,
    fresh: Sequence[Wait],
    unit: UUID,
    assignee: UUID | None,
    moments: Moments,
) -> None:
    rows = []
    for wait in fresh:
        due = moments(wait)
        rows.append(_row(work, instance, wait, unit, assignee, due))
        if wait.kind == "service":
            payload = {"token": wait.token, "handler": wait.handler}
            work.emit(SERVICE, instance, payload, unit=unit)
        elif wait.kind == "timer" and due is not None:
            work.emit(TIMER, instance, {"token": wait.token}, unit=unit, not_before=due)
    if rows:
        await work.tx.executemany(_WAIT, rows)


def _row(
    work: Work,
    instance: UUID,
    wait: Wait,
    unit: UUID,
    assignee: UUID | None,
    due: datetime | None,
) -> tuple[object, ...]:
    return (
        uuid7(),
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
        due,
        wait.signal or None,
        timer_json(wait.timer),
        wait.attached_to_token or None,
        wait.optional,
        wait.clock or None,
        wait.item,
    )


def timer_json(timer: Timer | None) -> dict[str, str] | None:
    """Return a computed timer as it is kept with its wait."""
    if timer is None:
        return None
    return {"kind": timer.kind, "value": str(timer.value), "unit": timer.unit}


def timer_of(kept: dict[str, str]) -> Timer:
    """Return the timer that ``timer_json`` kept."""
    counted = kept["kind"] in {"working", "before_due", "after_due"}
    value = Decimal(kept["value"]) if counted else kept["value"]
    return Timer(kept["kind"], value, kept["unit"])  # type: ignore[arg-type]
