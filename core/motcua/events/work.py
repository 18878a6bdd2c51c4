"""A unit of work: one command, one transaction; its state, its events and what is owed, together."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any
from uuid import UUID

from motcua import clock
from motcua.events.bell import Bell
from motcua.events.log import Actor, Event
from motcua.ids import uuid7
from motcua.tenancy.db import Database, Record, TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import TenantVault, Vaults

Subscribers = Callable[[Tenant, str], Iterable[str]]

# Events and the outbox rows that follow from them, in one statement.
WRITE = """
with written as (
  insert into event (id, trace_id, at, type, subject, unit_id, actor, payload)
  select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::uuid[],
                       $6::uuid[], $7::text[], $8::jsonb[]))
insert into outbox (id, event_id, subscriber, next_at)
select o.id, o.event_id, o.subscriber, coalesce(o.next_at, now())
from unnest($9::uuid[], $10::uuid[], $11::text[], $12::timestamptz[])
  as o (id, event_id, subscriber, next_at)
"""


@dataclass
class Work:
    """What a command has in hand. ``now`` is read once, so that one command has one time."""

    tx: TenantTx
    tenant: Tenant
    actor: Actor
    trace_id: UUID
    now: datetime
    vault: TenantVault
    subscribers: Subscribers
    events: list[Event] = field(default_factory=list)
    bells: set[str] = field(default_factory=set)
    later: dict[UUID, datetime] = field(default_factory=dict)

    def emit(
        self,
        type: str,
        subject: UUID,
        payload: Mapping[str, Any] | None = None,
        *,
        unit: UUID | None = None,
        trace_id: UUID | None = None,
        not_before: datetime | None = None,
    ) -> UUID:
        """Note that something happened; it is written with the state, just before the commit.

        What is owed for it is owed at once, or from ``not_before`` on.
        """
        event = self._event(type, subject, payload, unit, trace_id)
        self.events.append(event)
        if not_before is not None:
            self.later[event.id] = not_before
        return event.id

    def own(
        self,
        type: str,
        subject: UUID,
        payload: Mapping[str, Any] | None = None,
        *,
        unit: UUID | None = None,
    ) -> tuple[Event, list[str]]:
        """Return an event that the command's own statement writes, and to whom it is owed.

        For the hottest commands, in place of ``emit``: scalars cost less than the arrays of ``WRITE``.
        """
        owed = list(self.subscribers(self.tenant, type))
        if owed:
            self.bells.add("outbox")
        return self._event(type, subject, payload, unit, None), owed

    async def alone(self, sql: str, *args: object) -> Record | None:
        """Run a statement that may be all that this work does, events included (``TenantTx.alone``)."""
        if self.events:
            return await self.tx.fetchrow(sql, *args)
        return await self.tx.alone(sql, *args)

    def _event(
        self,
        type: str,
        subject: UUID,
        payload: Mapping[str, Any] | None,
        unit: UUID | None,
        trace_id: UUID | None,
    ) -> Event:
        trace, actor = trace_id or self.trace_id, str(self.actor)
        return Event(uuid7(), trace, self.now, type, subject, unit, actor, payload or {})

    @asynccontextmanager
    async def undoable(self) -> AsyncIterator[None]:
        """Undo the writes and events of the block when it raises; what was before it stays."""
        events = len(self.events)
        await self.tx.execute("savepoint undoable")
        try:
            yield
        except Exception:
            await self.tx.execute("rollback to savepoint undoable")
            del self.events[events:]
            raise
        await self.tx.execute("release savepoint undoable")

    def rows(self) -> tuple[list[Any], ...]:
        """Return the pending events and outbox rows as the twelve arrays of ``WRITE``, and forget them."""
        events, self.events = self.events, []
        owed = [(e.id, s) for e in events for s in self.subscribers(self.tenant, e.type)]
        if owed:
            self.bells.add("outbox")
        return (
            [e.id for e in events],
            [e.trace_id for e in events],
            [e.at for e in events],
            [e.type for e in events],
            [e.subject for e in events],
            [e.unit_id for e in events],
            [e.actor for e in events],
            [e.payload for e in events],
            [uuid7() for _ in owed],
            [event_id for event_id, _ in owed],
            [subscriber for _, subscriber in owed],
            [self.later.get(event_id) for event_id, _ in owed],
        )

    async def flush(self) -> None:
        """Write the pending events now; the end of the work does it anyway."""
        if self.events:
            if self.tx.ended:
                raise RuntimeError("what the only statement of this work has done is committed")
            await self.tx.execute(WRITE, *self.rows())


class Works:
    """Makes units of work; knows who subscribes to what, and rings the bell after a commit."""

    def __init__(
        self, database: Database, vaults: Vaults, bell: Bell, subscribers: Subscribers
    ) -> None:
        self._database = database
        self._vaults = vaults
        self._bell = bell
        self._subscribers = subscribers

    def begin(
        self, tenant: Tenant, actor: Actor, *, trace_id: UUID | None = None, alone: bool = False
    ) -> "_Begun":
        """Open a unit of work; an exception undoes all of it, and then no bell rings.

        ``alone``: the command may be one statement (``TenantTx.alone``), and nothing is done after it.
        """
        return _Begun(self, self._database.tenant(tenant, alone=alone), actor, trace_id)

    def new(self, tx: TenantTx, actor: Actor, trace_id: UUID | None) -> Work:
        """Return what a command has in hand inside a transaction."""
        return Work(
            tx,
            tx.tenant,
            actor,
            trace_id or uuid7(),
            clock.now(),
            self._vaults.of(tx.tenant.id),
            self._subscribers,
        )

    def ring(self, topics: Iterable[str]) -> None:
        """Wake whoever waits for what was committed."""
        for topic in topics:
            self._bell.ring(topic)


class _Begun:
    """A unit of work as ``async with``; a class, because every command opens one and generators cost twice."""

    __slots__ = ("_actor", "_opening", "_trace_id", "_work", "_works")

    def __init__(
        self,
        works: Works,
        opening: AbstractAsyncContextManager[TenantTx],
        actor: Actor,
        trace_id: UUID | None,
    ) -> None:
        self._works, self._opening = works, opening
        self._actor, self._trace_id = actor, trace_id

    async def __aenter__(self) -> Work:
        tx = await self._opening.__aenter__()
        self._work = self._works.new(tx, self._actor, self._trace_id)
        return self._work

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            try:
                await self._work.flush()
            except BaseException as broken:
                await self._opening.__aexit__(type(broken), broken, broken.__traceback__)
                raise
        await self._opening.__aexit__(kind, error, trace)
        if kind is None:
            self._works.ring(self._work.bells)
