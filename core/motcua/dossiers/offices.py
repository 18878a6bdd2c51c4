"""The units a dossier can go to: few, seldom changed, and so kept in memory for a minute."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from motcua.catalogue.fields import Value
from motcua.catalogue.packages import LEVELS, Package
from motcua.errors import Invalid
from motcua.platform import Platform
from motcua.tenancy.db import TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.text import fold, words

KEEP_SECONDS = 60.0
_PROVINCIAL = frozenset({"province", "department"})
COMMUNES = frozenset({"ward", "commune", "special_zone"})
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
        return level_of(self.kind)


def level_of(kind: str) -> str:
    """Return the level of a kind of unit: ``province`` or ``commune``."""
    return "province" if kind in _PROVINCIAL else "commune"


async def of(
    platform: Platform, tenant: Tenant, tx: TenantTx | None = None
) -> Mapping[str, Office]:
    """Return the tenant's units by their code; inside an open work they are read with its ``tx``."""
    key = f"offices:{tenant.id}"
    kept: tuple[float, Mapping[str, Office]] | None = platform.cache.get(key)
    if kept and time.monotonic() - kept[0] < KEEP_SECONDS:
        return kept[1]
    if tx is not None:
        rows = await tx.fetch(_UNITS)
    else:
        async with platform.db.tenant(tenant) as own:
            rows = await own.fetch(_UNITS)
    by_name = sorted(rows, key=lambda r: (fold(r["name"]), r["code"]))
    found = {r["code"]: Office(r["id"], r["code"], r["name"], r["kind"]) for r in by_name}
    platform.cache[key] = (time.monotonic(), found)
    return found


def communes(offices: Mapping[str, Office]) -> Mapping[str, str]:
    """Return the names of the communes by code: where an address of the province can be."""
    return {o.code: o.name for o in offices.values() if o.kind in COMMUNES}


def deciding(
    offices: Mapping[str, Office], package: Package, answers: Mapping[str, Value]
) -> list[Office]:
    """Return the units that may decide on these answers, by name.

    Those of the procedure's levels; only those that its routing names, when it has one.
    """
    route = package.route(answers)
    return [office for office in offices.values() if _decides(office, package, route)]


def _decides(office: Office, package: Package, route: str) -> bool:
    if route in LEVELS or not route:
        return office.level in ((route,) if route else package.procedure.level)
    return office.code == route


def find(offices: Iterable[Office], query: str) -> list[Office]:
    """Return the units whose name holds every word that was typed, without diacritics too."""
    asked = words(query)
    return [o for o in offices if all(any(w.startswith(q) for w in words(o.name)) for q in asked)]


def near(offices: Iterable[Office], address: str) -> list[Office]:
    """Return the units whose own name stands in an address, to be offered first."""
    spoken = f" {' '.join(words(address))} "
    return [o for o in offices if f" {' '.join(_own_name(o))} " in spoken]


def place_of(kind: str, name: str, province: str) -> str:
    """Return where a unit writes its letters: the commune's own name, or the province's short name."""
    if kind not in COMMUNES:
        return province
    return " ".join(name.split()[2 if kind == "special_zone" else 1 :]) or name


def _own_name(office: Office) -> list[str]:
    """Return a unit's name without the word for its kind (``phường``, ``xã``, ``đặc khu``)."""
    return words(office.name)[2 if office.kind == "special_zone" else 1 :]


def chosen(
    offices: Mapping[str, Office], package: Package, answers: Mapping[str, Value], code: str
) -> Office:
    """Return the unit with this code; ``Invalid`` (field ``unit``) when it cannot decide on these answers."""
    office = offices.get(code)
    if office is None or not _decides(office, package, package.route(answers)):
        said = ("Hãy chọn một cơ quan trong danh sách.", "Choose one of the listed offices.")
        raise Invalid(*said, fields={"unit": said})
    return office
