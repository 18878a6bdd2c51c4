"""Which paired boards are there: their connection says it, and the list of devices shows it."""

import asyncio
from contextvars import Context
from typing import Any
from uuid import UUID

import structlog

from motcua import clock
from motcua.errors import Unavailable
from motcua.platform import Platform
from motcua.tenancy.db import LOST
from motcua.tenancy.tenant import Tenant
from motcua.web.live import Lasting

SECONDS = 60.0
_SEEN = "update device set seen_at = $2 where id = any($1) and forgotten_at is null"
_log = structlog.get_logger(__name__)


class Presence:
    """The boards that are connected to this process."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._there: dict[Tenant, list[UUID]] = {}
        self._telling: asyncio.Task[None] | None = None

    def of(self, tenant: Tenant, device: UUID, shown: Lasting) -> Lasting:
        """Return the same answer; while it lasts the device counts as being there."""

        async def serve(receive: Any, send: Any) -> None:
            self._there.setdefault(tenant, []).append(device)
            try:
                await self._tell(tenant, [device])
                if self._telling is None or self._telling.done():
                    self._telling = asyncio.create_task(self._tell_all(), context=Context())
                await shown.serve(receive, send)
            finally:
                self._there[tenant].remove(device)
                if not self._there[tenant]:
                    del self._there[tenant]

        return Lasting(serve)

    async def _tell_all(self) -> None:
        while self._there:
            await asyncio.sleep(SECONDS)
            for tenant, devices in list(self._there.items()):
                await self._tell(tenant, devices)

    async def _tell(self, tenant: Tenant, devices: list[UUID]) -> None:
        try:
            async with self._platform.db.tenant(tenant) as tx:
                await tx.execute(_SEEN, sorted(set(devices)), clock.now())
        except (Unavailable, *LOST) as error:
            _log.warning("board_presence_untold", error=type(error).__name__)


def presence_of(platform: Platform) -> Presence:
    """Return the presence of this process's boards."""
    known: Presence | None = platform.cache.get("presence")
    if known is None:
        known = platform.cache["presence"] = Presence(platform)
    return known
