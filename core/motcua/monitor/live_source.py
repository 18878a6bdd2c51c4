"""What all who watch the same sites hear: one reader for them all, and only the sites that changed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from motcua import clock
from motcua.monitor import live
from motcua.platform import Platform
from motcua.queues.alerts import rules_of
from motcua.tenancy.tenant import Tenant
from motcua.web.live import Message

LOOK_SECONDS = 1.0
"""While bells ring the sites are read no more often than this, and so that a reader rests most of the time."""

IDLE_SECONDS = 5.0
"""Waits grow and devices fall silent, even when nothing happens."""

_REST = 2.0


@dataclass
class SitesSource:
    """Reads some sites for all their watchers; there are no numbers to resume by, whoever comes gets all."""

    platform: Platform
    tenant: Tenant
    sites: Sequence[UUID]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    seq: int | None = None
    _told: dict[str, Any] = field(default_factory=dict)
    _read_at: float = float("-inf")
    _cost: float = 0.0
    _first: bool = True
    _at: str = ""

    @property
    def topics(self) -> list[str]:
        """The bells of the sites."""
        return [f"site:{site}" for site in self.sites]

    async def look(self, *, rung: bool) -> list[Message]:
        """Return the sites that look otherwise than they were told."""
        loop = asyncio.get_running_loop()
        due = self._read_at + (max(LOOK_SECONDS, _REST * self._cost) if rung else IDLE_SECONDS)
        if not rung and loop.time() < due:
            return []
        if (rest := due - loop.time()) > 0:
            await self.pause(rest)
        self._read_at = loop.time()
        found = await self._read()
        self._cost = loop.time() - self._read_at
        changed = {key: told for key, told in found.items() if self._told.get(key) != told}
        self._told = found
        first, self._first = self._first, False
        if first or not changed:
            return []
        return [("sites", {"at": self._at, "sites": changed}, None)]

    def greeting(self) -> list[Message]:
        """Return all sites as they were read last."""
        return [("sites", {"at": self._at, "sites": self._told}, None)]

    async def missed(self, after: int, upto: int) -> list[Message]:
        """Return nothing: the greeting says it all."""
        return []

    async def _read(self) -> dict[str, Any]:
        now = clock.now()
        async with self.platform.db.tenant(self.tenant) as tx:
            found = await live.look(tx, self.sites, now, rules_of(self.tenant.settings))
        self._at = now.isoformat()
        return {seen.key: live.cells(seen, now) for seen in found}
