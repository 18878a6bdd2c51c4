"""A tenant: the right to its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Tenant:
    """A province, or the national office. Only the directory makes one: holding it is the right to it."""

    id: UUID
    slug: str
    host: str
    kind: str
    name: str
    short_name: str
    agency_code: str
    province_code: str
    plugins: frozenset[str]
    settings: Mapping[str, Any] = field(hash=False, compare=False)

    @property
    def is_province(self) -> bool:
        """True for a tenant with units, procedures and dossiers."""
        return self.kind == "province"
