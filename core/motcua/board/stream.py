"""What a hall's boards hear: the whole state on connect, each call at once, the lines when they changed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua import clock
from motcua.platform import Platform
from motcua.queues import board
from motcua.tenancy.db import TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.web.live import BegunAnewError, Message

LINES_SECONDS = 2.0
IDLE_LINES_SECONDS = 15.0
"""Expected waiting times move with time, even when nothing happens."""

KEPT_MINUTES = 15
KEPT_CALLS = 12
_LAST = "select call_seq from site where id = $1"
# A zone's board tells the calls of its own counters, and of those that stand in no zone.
_ELSEWHERE = """
select seq from board_call
where site_id = $1 and seq > $2 and zone_id is not null and zone_id <> $3
"""
_SERVED_HERE = """
select distinct jsonb_array_elements_text(lines) as letter from counter
where site_id = $1 and (zone_id = $2 or zone_id is null)
"""


def monotonic() -> float:
    """Return the loop's clock."""
    return asyncio.get_running_loop().time()


@dataclass
class HallSource:
    """Reads one hall, or one zone of it, for all its boards together."""

    platform: Platform
    tenant: Tenant
    site: UUID
    zone: UUID | None = None
    timer: Callable[[], float] = monotonic
    seq: int | None = None
    _lines: list[Any] = field(default_factory=list)
    _calls: list[dict[str, Any]] = field(default_factory=list)
    _lines_at: float = 0.0
    _owed: bool = False

    @property
    def topics(self) -> tuple[str, ...]:
        """The bell of the site."""
        return (f"site:{self.site}",)

    async def look(self, *, rung: bool) -> list[Message]:
        """Return new calls, and the lines when they are due and have changed."""
        now = clock.now()
        self._owed = self._owed or rung
        first, due = self.seq is None, self._due()
        async with self.platform.db.tenant(self.tenant) as tx:
            last = int(await tx.fetchval(_LAST, self.site))
            if last < (self.seq or 0):
                self.seq = None
                raise BegunAnewError()
            found = await board.calls_after(tx, self.site, self.seq or 0, now)
            own = await self._own(tx, found)
            lines = await self._read_lines(tx, now) if first or due else self._lines
        self.seq = max([last if first else self.seq or 0, *(call.seq for call in found)])
        changed = lines != self._lines
        self._lines = lines
        self._keep([msgspec.to_builtins(call) for call in own], now, anew=first)
        if first:
            return []
        said: list[Message] = [("call", call, call.seq) for call in own]
        return [*said, ("lines", {"lines": lines}, None)] if changed else said

    def greeting(self) -> list[Message]:
        """Return the state: the calls of the last quarter of an hour, newest first, and the lines."""
        calls = newest(list(reversed(self._calls)))
        # With an id even when nothing was called yet, so that the next connection resumes here.
        return [("snapshot", {"seq": self.seq, "calls": calls, "lines": self._lines}, self.seq)]

    async def missed(self, after: int, upto: int) -> list[Message]:
        """Return the calls of today between two numbers."""
        async with self.platform.db.tenant(self.tenant) as tx:
            found = await board.calls_after(tx, self.site, after, clock.now())
            own = await self._own(tx, found)
        return [("call", call, call.seq) for call in own if call.seq <= upto]

    def _due(self) -> bool:
        waited = self.timer() - self._lines_at
        return waited >= (LINES_SECONDS if self._owed else IDLE_LINES_SECONDS)

    async def _own(self, tx: TenantTx, calls: list[board.Call]) -> list[board.Call]:
        if self.zone is None or not calls:
            return calls
        rows = await tx.fetch(_ELSEWHERE, self.site, calls[0].seq - 1, self.zone)
        elsewhere = {row["seq"] for row in rows}
        return [call for call in calls if call.seq not in elsewhere]

    async def _read_lines(self, tx: TenantTx, now: datetime) -> list[Any]:
        lines: list[Any] = (await board.snapshot(tx, self.site, now))["lines"]
        self._lines_at, self._owed = self.timer(), False
        if self.zone is None:
            return lines
        served = {row["letter"] for row in await tx.fetch(_SERVED_HERE, self.site, self.zone)}
        return [line for line in lines if line["letter"] in served]

    def _keep(self, fresh: list[dict[str, Any]], now: datetime, *, anew: bool) -> None:
        """Keep the calls of the last quarter of an hour, or the last twelve of today."""
        known = fresh if anew else self._calls + fresh
        since = (now - timedelta(minutes=KEPT_MINUTES)).isoformat()
        today = board.day_start(now)
        recent = [call for call in known if call["at"] >= since]
        kept = max(recent, known[-KEPT_CALLS:], key=len)
        self._calls = [call for call in kept if datetime.fromisoformat(call["at"]) >= today]


def newest(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave only the last call of each number; newest first, as they came.

    A call that was taken back (called no times) stays among them: who missed it still shows the number.
    """
    seen: dict[str, dict[str, Any]] = {}
    for call in calls:
        seen.setdefault(call["number"], call)
    return list(seen.values())
