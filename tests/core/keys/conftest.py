"""What the tests of keys share: a tenant with keys, and the archive of the wallet's tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import httpx2
import pytest

from motcua import clock
from motcua.events.log import SYSTEM
from motcua.keys import rotation, signing, store
from motcua.keys.signing import Signer
from motcua.keys.store import KeyRow
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.web.gate import Gate
from tests.conftest import NewTenant
from tests.core.wallet.archive import Archive


@dataclass(frozen=True)
class Keyring:
    """A tenant and its keys."""

    platform: Platform
    tenant: Tenant

    async def rows(self, purpose: str = "") -> list[KeyRow]:
        """Return its keys (of one purpose), oldest first."""
        async with self.platform.db.tenant(self.tenant) as tx:
            found = await store.every(tx)
        return [key for key in found if not purpose or key.purpose == purpose]

    async def signer(self, purpose: str, at: datetime | None = None) -> Signer:
        """Return who signs, now or at a moment."""
        vault = self.platform.vaults.of(self.tenant.id)
        async with self.platform.db.tenant(self.tenant) as tx:
            return await signing.current(tx, vault, purpose, at or clock.now())

    async def published(self, at: datetime | None = None) -> set[str]:
        """Return the kids of the published credential keys."""
        async with self.platform.db.tenant(self.tenant) as tx:
            return {k["kid"] for k in await store.public(tx, "credential", at or clock.now())}

    async def make(self) -> list[KeyRow]:
        """Make what is missing."""
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            settings = self.platform.settings
            return await rotation.make_missing(work.tx, work.vault, settings, work.now)


NewKeyring = Callable[[], Awaitable[Keyring]]


@pytest.fixture
def new_keyring(platform: Platform, new_tenant: NewTenant) -> NewKeyring:
    """Return a maker of tenants with fresh keys."""

    async def make() -> Keyring:
        ring = Keyring(platform, await new_tenant())
        await ring.make()
        return ring

    return make


@pytest.fixture
async def archive(platform: Platform, app: Gate) -> AsyncIterator[Archive]:
    """Results, people and wallets of the running house; its own way out leads back into it."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport) as client:
        platform.cache["http"] = client
        yield Archive(platform, client)
        del platform.cache["http"]
