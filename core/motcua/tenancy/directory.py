"""Which tenants there are, and at which host each answers."""

import time
from collections.abc import Iterable
from uuid import UUID

from motcua.errors import Unavailable
from motcua.tenancy.db import LOST, Database
from motcua.tenancy.tenant import Tenant

_ALL = """
select id, slug, host, kind, name, short_name, agency_code, province_code, plugins, settings
from tenant order by slug
"""


class Directory:
    """The tenants, read from the database and kept for ``max_age`` seconds."""

    def __init__(self, database: Database, *, max_age: float = 30.0) -> None:
        self._database = database
        self._max_age = max_age
        self._read_at = float("-inf")
        self._by_host: dict[str, Tenant] = {}
        self._by_slug: dict[str, Tenant] = {}
        self._by_id: dict[UUID, Tenant] = {}

    async def refresh(self, *, force: bool = False) -> None:
        """Read the directory again when it is old."""
        if not force and time.monotonic() - self._read_at < self._max_age:
            return
        try:
            async with self._database.platform() as tx:
                rows = await tx.fetch(_ALL)
        except (Unavailable, *LOST):
            # An old directory is good enough while the database is away; it is asked for again soon.
            if force or not self._by_slug:
                raise
            self._read_at = time.monotonic() - self._max_age + 2
            return
        tenants = [Tenant(**(dict(r) | {"plugins": frozenset(r["plugins"])})) for r in rows]
        self._by_host = {t.host: t for t in tenants}
        self._by_slug = {t.slug: t for t in tenants}
        self._by_id = {t.id: t for t in tenants}
        self._read_at = time.monotonic()

    def by_host(self, host: str) -> Tenant | None:
        """Return the tenant that answers at this host name (without port)."""
        return self._by_host.get(host)

    def by_slug(self, slug: str) -> Tenant | None:
        """Return the tenant with this short name."""
        return self._by_slug.get(slug)

    def by_id(self, tenant_id: UUID) -> Tenant | None:
        """Return the tenant with this id."""
        return self._by_id.get(tenant_id)

    def all(self) -> Iterable[Tenant]:
        """Return every tenant, by slug."""
        return list(self._by_slug.values())
