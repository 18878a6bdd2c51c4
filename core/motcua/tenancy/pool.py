"""The connections of a process: what one transaction gave back in order is lent to the next at once.

asyncpg's own pool makes, fills and mends; but each return to it costs a task, two timers and a round of the
event loop, more than a ``COMMIT`` itself. So a connection whose transaction ended well stays here.
"""

import time
from typing import Any

import asyncpg

KEEP_SECONDS = 300.0
"""So long a connection is lent on before asyncpg sees it again, and may replace it by a new one."""

PATIENCE = 5.0
"""So many seconds somebody waits for a connection, or for his turn to use one."""


class Pool:
    """Lends connections of an asyncpg pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._kept: list[Any] = []
        self._until: dict[Any, float] = {}
        self._waiting = 0

    async def acquire(self) -> Any:
        """Return a connection; raises ``TimeoutError`` when all are busy for five seconds."""
        while self._kept:
            connection = self._kept.pop()
            if _alive(connection):
                if time.monotonic() < self._until[connection]:
                    return connection
                # Nobody knows how long it lay here, nor what a firewall has done to it meanwhile.
                connection.terminate()
            await self.release(connection)
        self._waiting += 1
        try:
            connection = await self._pool.acquire(timeout=PATIENCE)
        finally:
            self._waiting -= 1
        self._until[connection] = time.monotonic() + KEEP_SECONDS
        return connection

    async def end(self, connection: Any) -> None:
        """Take back a connection whose transaction has ended, and the server has said so."""
        # Whoever waits is served by asyncpg, in the order in which they came.
        if self._waiting or not _alive(connection) or time.monotonic() > self._until[connection]:
            await self.release(connection)
        else:
            self._kept.append(connection)

    async def release(self, connection: Any) -> None:
        """Take back a connection in whatever state: asyncpg cleans it, or replaces it."""
        self._until.pop(connection, None)
        await self._pool.release(connection)

    async def close(self) -> None:
        """Close all connections; waits for those that are lent."""
        while self._kept:
            await self.release(self._kept.pop())
        await self._pool.close()

    def get_size(self) -> int:
        """Return how many connections there are."""
        return int(self._pool.get_size())

    def get_idle_size(self) -> int:
        """Return how many of them are not lent."""
        return int(self._pool.get_idle_size()) + len(self._kept)


def _alive(connection: Any) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # it was lost, and asyncpg has taken it back by itself
        return False
