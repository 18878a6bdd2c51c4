"""A unit of work: one command, one transaction; its state, its events and what is owed, together."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from motcua.events.bell import Bell
from motcua.events.log import Actor, Event
from motcua.ids import uuid7
from motcua.tenancy.db import Database, TenantTx
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
        event = Event(
            uuid7(),
            trace_id or self.trace_id,
            self.now,
            type,
            subject,
            unit,
            str(self.actor),
            payload or {},
        )
        self.events.append(event)
        if not_before is not None:
            self.later[event.id] = not_before
        return event.id

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

    @asynccontextmanager
    async def begin(
        self, tenant: Tenant, actor: Actor, *, trace_id: UUID | None = None
    ) -> AsyncIterator[Work]:
        """Open a unit of work; an exception undoes all of it, and then no bell rings."""
        async with self._database.tenant(tenant) as tx:
            work = Work(
                tx,
                tenant,
                actor,
                trace_id or uuid7(),
                datetime.now(UTC),
                self._vaults.of(tenant.id),
                self._subscribers,
            )
            yield work
            await work.flush()
        for topic in work.bells:
            self._bell.ring(topic)
