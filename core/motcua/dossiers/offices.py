"""The units a dossier can go to: few, seldom changed, and so kept in memory for a minute."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from motcua.catalogue.procedure import Procedure
from motcua.errors import Invalid
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.text import fold, words

KEEP_SECONDS = 60.0
_PROVINCIAL = frozenset({"province", "department"})
_UNITS = """
select id, code, name, kind from unit
where valid_from <= current_date and (valid_to is null or valid_to > current_date)
"""


@dataclass(frozen=True)
class Office:
    """A unit that exists today."""

    id: UUID
    code: str
    name: str
    kind: str

    @property
    def level(self) -> str:
        """``province`` or ``commune``, as procedures name the level that decides."""
        return "province" if self.kind in _PROVINCIAL else "commune"


async def of(platform: Platform, tenant: Tenant) -> Mapping[str, Office]:
    """Return the tenant's units by their code."""
    key = f"offices:{tenant.id}"
    kept: tuple[float, Mapping[str, Office]] | None = platform.cache.get(key)
    if kept and time.monotonic() - kept[0] < KEEP_SECONDS:
        return kept[1]
    async with platform.db.tenant(tenant) as tx:
        rows = await tx.fetch(_UNITS)
    by_name = sorted(rows, key=lambda r: (fold(r["name"]), r["code"]))
    found = {r["code"]: Office(r["id"], r["code"], r["name"], r["kind"]) for r in by_name}
    platform.cache[key] = (time.monotonic(), found)
    return found


def deciding(offices: Mapping[str, Office], procedure: Procedure) -> list[Office]:
    """Return the units of the level that may decide this procedure, by name."""
    return [office for office in offices.values() if office.level in procedure.level]


def find(offices: Iterable[Office], query: str) -> list[Office]:
    """Return the units whose name holds every word that was typed, without diacritics too."""
    asked = words(query)
    return [o for o in offices if all(any(w.startswith(q) for w in words(o.name)) for q in asked)]


def near(offices: Iterable[Office], address: str) -> list[Office]:
    """Return the units whose own name stands in an address, to be offered first."""
    spoken = f" {' '.join(words(address))} "
    return [o for o in offices if f" {' '.join(_own_name(o))} " in spoken]


def _own_name(office: Office) -> list[str]:
    """Return a unit's name without the word for its kind (``phường``, ``xã``, ``đặc khu``)."""
    return words(office.name)[2 if office.kind == "special_zone" else 1 :]


def chosen(offices: Mapping[str, Office], procedure: Procedure, code: str) -> Office:
    """Return the unit with this code; ``Invalid`` (field ``unit``) when it cannot decide this procedure."""
    office = offices.get(code)
    if office is None or office.level not in procedure.level:
        raise Invalid(
            said := "Hãy chọn một cơ quan trong danh sách.",
            "Choose one of the listed offices.",
            fields={"unit": said},
        )
    return office
