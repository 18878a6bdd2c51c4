"""People whom a demo announces, until the first request of their tenant brings a transaction to store them."""

from collections.abc import Sequence
from uuid import UUID

from motcua.api import DemoPerson, Tenant, Work
from motcua_sandbox_identity.accounts import remember

_WAITING: dict[UUID, list[DemoPerson]] = {}


def announce(tenant: Tenant, people: Sequence[DemoPerson]) -> None:
    """Note the people of a tenant."""
    _WAITING[tenant.id] = list(people)


async def settle(work: Work) -> None:
    """Store who was announced for this tenant; a rollback keeps them waiting."""
    if people := _WAITING.get(work.tenant.id):
        await remember(work, people)
        _WAITING.pop(work.tenant.id)
