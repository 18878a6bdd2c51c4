"""The outbox: an effect that is owed is done once, though it may be delivered many times.

A handler does its effect and deletes its row in one transaction. The relay claims rows that are due,
pushes them forward by a lease longer than any handler may take, and hands them to a carrier (arq, or
this process itself). What is not done comes again; after ``MAX_FAILURES`` it is a dead letter that
staff see and can send again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

import structlog

from motcua.events.bell import Bell
from motcua.events.log import SYSTEM, Event
from motcua.events.work import Work, Works
from motcua.tenancy.db import LOST, Database
from motcua.tenancy.directory import Directory

Handler = Callable[[Work, Event], Awaitable[None]]
GaveUp = Callable[[Work, Event, str], Awaitable[None]]
"""Told, with the last reason, that an effect has become a dead letter."""

LEASE_SECONDS = 60
HANDLER_SECONDS = 45
MAX_FAILURES = 8
_log = structlog.get_logger(__name__)

_CLAIM = "select tenant_id, id, attempts from claim_outbox($1, $2)"
_LOCK = "select event_id, subscriber, attempts from outbox where id = $1 for update"
_EVENT = """
select id, trace_id, at, type, subject, unit_id, actor, payload from event where id = $1
"""
_DONE = "delete from outbox where id = $1"
_FAILED = """
update outbox set error = $2, failures = failures + 1,
  dead_at = case when failures + 1 >= $3 then now() end,
  next_at = now() + make_interval(secs => least(600, 2 ^ least(failures, 10)))
where id = $1 returning event_id, subscriber, dead_at is not null as dead
"""
_LATER = "update outbox set next_at = now() + make_interval(secs => $2) where id = $1"


class LaterError(Exception):
    """A handler cannot be asked now: the effect comes again after ``seconds``, and nothing has failed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"to be tried again in {seconds:.0f} s")
        self.seconds = seconds


class AwayError(Exception):
    """A handler lost a connection that was not the database's: that is a failure of the handler."""


@dataclass(frozen=True)
class Claim:
    """A row that is due, with the number of this try."""

    tenant_id: UUID
    id: UUID
    attempt: int


class Carrier(Protocol):
    """Takes claimed rows to a place where ``Effects.run`` is called."""

    async def carry(self, claim: Claim) -> None:
        """Hand one claim over; an exception leaves it to the next lease."""


class Effects:
    """Runs handlers, each in the transaction that deletes its row."""

    def __init__(
        self,
        works: Works,
        directory: Directory,
        handlers: Mapping[str, Handler],
        gave_up: Mapping[str, GaveUp] = MappingProxyType({}),
    ) -> None:
        self._works = works
        self._directory = directory
        self._handlers = handlers
        self._gave_up = gave_up

    async def run(self, claim: Claim) -> None:
        """Do one owed effect; does nothing when it is done already."""
        await self._directory.refresh()
        tenant = self._directory.by_id(claim.tenant_id)
        if tenant is None:
            return
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                async with self._works.begin(tenant, SYSTEM) as work:
                    await self._effect(work, claim.id)
        except LOST:
            raise
        except LaterError as later:
            async with self._works.begin(tenant, SYSTEM) as work:
                await work.tx.execute(_LATER, claim.id, later.seconds)
        except Exception as error:  # noqa: BLE001 -- whatever a handler raises is kept with its row
            _log.warning(
                "effect_failed", outbox=str(claim.id), attempt=claim.attempt, exc_info=True
            )
            async with self._works.begin(tenant, SYSTEM) as work:
                await self._failed(work, claim.id, f"{type(error).__name__}: {error}"[:500])

    async def _effect(self, work: Work, row_id: UUID) -> None:
        # A plain lock, not SKIP LOCKED: the relay's own transaction may not have committed yet.
        row = await work.tx.fetchrow(_LOCK, row_id)
        if row is None:
            return
        event = await _event(work, row["event_id"])
        try:
            await self._handlers[row["subscriber"]](work, event)
        except LOST as error:
            if work.tx.alive:
                raise AwayError(f"{type(error).__name__}: {error}") from error
            raise
        await work.tx.execute(_DONE, row_id)

    async def _failed(self, work: Work, row_id: UUID, reason: str) -> None:
        row = await work.tx.fetchrow(_FAILED, row_id, reason, MAX_FAILURES)
        if row is not None and row["dead"] and row["subscriber"] in self._gave_up:
            event = await _event(work, row["event_id"])
            await self._gave_up[row["subscriber"]](work, event, reason)


async def _event(work: Work, event_id: UUID) -> Event:
    """Return an event; the work belongs to its trace from here on."""
    found = await work.tx.fetchrow(_EVENT, event_id)
    if found is None:
        raise LookupError(f"event {event_id} does not exist, though something is owed for it")
    event = Event(**dict(found))
    work.trace_id = event.trace_id
    return event


class InProcess:
    """The carrier without Redis: runs effects here, a few at a time."""

    def __init__(self, effects: Effects, *, at_once: int = 4) -> None:
        self._effects = effects
        self._slots = asyncio.Semaphore(at_once)
        self._running: set[asyncio.Task[None]] = set()

    async def carry(self, claim: Claim) -> None:
        await self._slots.acquire()
        task = asyncio.create_task(self._effects.run(claim))
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()):
            _log.warning("effect_interrupted", error=repr(error))


class Relay:
    """Claims what is due and hands it on; any number of relays may run."""

    def __init__(self, database: Database, bell: Bell, carrier: Carrier) -> None:
        self._database = database
        self._bell = bell
        self._carrier = carrier

    async def run(self, *, idle_seconds: float = 1.0) -> None:
        """Relay for ever; survives the loss of PostgreSQL."""
        while True:
            try:
                while await self.once():
                    pass
            except Exception as error:  # noqa: BLE001 -- the relay must outlive whatever befalls it
                _log.warning("relay_failed", error=type(error).__name__)
                await asyncio.sleep(idle_seconds)
            await self._bell.wait("outbox", idle_seconds)

    async def once(self, limit: int = 100) -> int:
        """Claim and hand over one batch; returns how many rows it had."""
        async with self._database.platform() as tx:
            rows = await tx.fetch(_CLAIM, limit, LEASE_SECONDS)
        for row in rows:
            await self._carrier.carry(Claim(row["tenant_id"], row["id"], row["attempts"]))
        return len(rows)
