"""What a hall's board hears: the whole state on connect, each call at once, the lines when they changed."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua.platform import Platform
from motcua.queues import board
from motcua.tenancy.tenant import Tenant
from motcua.web.live import Message

LINES_SECONDS = 2.0
_LAST = "select call_seq from site where id = $1"
KEPT_MINUTES = 15
KEPT_CALLS = 12


class HallReader:
    """Reads for one connection of one board.

    ``seen`` is the last call the browser had before it was cut off: what it missed is told in order.
    """

    def __init__(
        self,
        platform: Platform,
        tenant: Tenant,
        site: UUID,
        seen: int | None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._platform = platform
        self._tenant = tenant
        self._site = site
        self._seen = seen
        self._clock = clock or asyncio.get_running_loop().time
        self._lines: object = None
        self._looked = -LINES_SECONDS

    async def __call__(self, after: int | None) -> list[Message]:
        """Return what is new after a call's number."""
        now = datetime.now(UTC)
        due = self._clock() - self._looked >= LINES_SECONDS
        first = self._lines is None
        async with self._platform.db.tenant(self._tenant) as tx:
            last = int(await tx.fetchval(_LAST, self._site)) if first else 0
            if first and (after or 0) > last:
                # A number from other data (a restored backup, a new demo): begin anew.
                after = self._seen = None
            calls = await board.calls_after(tx, self._site, after or 0, now)
            state = await board.snapshot(tx, self._site, now) if first or due else None
        if first and state is not None:
            return self._greeting(state, calls, last, now)
        said: list[Message] = [("call", call, call.seq) for call in calls]
        if state is not None and self._changed(state):
            said.append(("snapshot", {**state, "calls": newest(state["calls"])}, None))
        return said

    def _greeting(
        self, state: dict[str, Any], calls: list[board.Call], last: int, now: datetime
    ) -> list[Message]:
        missed: list[Message] = []
        if self._seen is not None:
            missed = [("call", call, call.seq) for call in calls]
        else:
            since = (now - timedelta(minutes=KEPT_MINUTES)).isoformat()
            recent = [c for c in calls if c.at >= since]
            kept = max(recent, calls[-KEPT_CALLS:], key=len)
            state["calls"] = [msgspec.to_builtins(call) for call in reversed(kept)]
        state["calls"] = newest(state["calls"])
        self._changed(state)
        # With an id even when nothing was called yet, so that the next connection resumes here.
        return [*missed, ("snapshot", state, max([last, *(call.seq for call in calls)]))]

    def _changed(self, state: dict[str, Any]) -> bool:
        self._looked = self._clock()
        before, self._lines = self._lines, state["lines"]
        return before != self._lines


def newest(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave only the last call of each number; newest first, as they came."""
    seen: dict[str, dict[str, Any]] = {}
    for call in calls:
        seen.setdefault(call["number"], call)
    return list(seen.values())
