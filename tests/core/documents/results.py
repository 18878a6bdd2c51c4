"""Results as they are issued: a dossier in a province, its document sealed with the province's own key."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx2

from motcua.dossiers import preserving
from motcua.dossiers.sealing import About, seal
from motcua.events.log import SYSTEM, Event
from motcua.events.outbox import Effects
from motcua.ids import random_code
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from tests.core.wallet.archive import NAME, Archive

from .samples import RESULT

_SEALED = (
    "update issued_result set pdf_sha256 = $2, signing_kid = $3, verify_code = $4 where id = $1"
)
_READ = "select * from issued_result where id = $1"
_LASTING = "select * from sealed_document where sha256 = $1"
_OWED = "select id from outbox where subscriber = 'preserving' and event_id = $1"


@dataclass(frozen=True)
class Desk:
    """Issues results in one tenant."""

    platform: Platform
    tenant: Tenant
    client: httpx2.AsyncClient

    async def issue(self, *, expires: timedelta | None = timedelta(days=90)) -> Record:
        """Issue one with a real document; returns its row."""
        ready = await Archive(self.platform, self.client).result(self.tenant, expires=expires)
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            row = await self.row(ready.id)
            about = About(row["number"], random_code(12), NAME, work.now, row["expires_at"])
            data = {
                **RESULT,
                "unit": {"name": "Ủy ban nhân dân phường Mẫu"},
                "result": {"number": row["number"]},
            }
            sha256, kid = await seal(self.platform, work, "result", data, about)
            await work.tx.execute(_SEALED, row["id"], sha256, kid, about.verify_code)
        return await self.row(ready.id)

    async def row(self, result: UUID) -> Record:
        async with self.platform.db.tenant(self.tenant) as tx:
            found = await tx.fetchrow(_READ, result)
        assert found is not None
        return found

    async def lasting(self, row: Record) -> Record | None:
        async with self.platform.db.tenant(self.tenant) as tx:
            return await tx.fetchrow(_LASTING, row["pdf_sha256"])

    def file(self, sha256: str) -> bytes:
        return self.platform.files.for_tenant(self.tenant.id, self.tenant.slug).get(sha256)

    async def preserve(self, row: Record) -> None:
        """Do what is owed for an issued result, without the outbox; what it raises passes through."""
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            event = Event(
                row["id"], row["trace_id"], work.now, "result.issued", row["id"], None, "system", {}
            )
            await preserving.preserve(self.platform, work, event)

    async def tell(self, row: Record) -> UUID:
        """Tell that it was issued; returns the id of the event."""
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            return work.emit("result.issued", row["id"], {"number": row["number"]})

    async def owed(self, event: UUID) -> UUID | None:
        """Return the row of the outbox by which the event owes a lasting document."""
        async with self.platform.db.tenant(self.tenant) as tx:
            found: UUID | None = await tx.fetchval(_OWED, event)
        return found

    def effects(self) -> Effects:
        platform = self.platform
        return Effects(platform.works, platform.directory, platform.handlers, platform.gave_up)
