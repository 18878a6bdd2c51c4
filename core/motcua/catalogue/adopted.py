"""The procedures a tenant has adopted, with its overlays, and its calendar: read once, kept for a while.

Packages never change under one (code, version), so a running dossier finds its version here for ever.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from motcua.catalogue import overlay
from motcua.catalogue.packages import Package
from motcua.catalogue.search import ProcedureIndex
from motcua.errors import NotFound, Unavailable
from motcua.process.steps import StepSpec, compile_steps
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.worktime import Calendar

_ADOPTED = """
select a.code, a.version, a.overlay, a.valid_from, a.valid_to, p.plugin, p.content
from adopted_procedure a join package_version p using (code, version)
order by a.code, a.valid_from
"""
_CALENDARS = "select content, valid_from from tenant_calendar order by valid_from"


@dataclass(frozen=True)
class Adopted:
    """A package as this tenant applies it, from ``valid_from`` on."""

    package: Package
    plugin: str
    valid_from: datetime
    valid_to: datetime | None

    @property
    def code(self) -> str:
        """The national code."""
        return self.package.code

    @cached_property
    def bpmn(self) -> bytes:
        """The process as BPMN 2.0: the package's own file, or made from its list of steps."""
        if self.package.process:
            return self.package.process.encode()
        procedure = self.package.procedure
        steps = [
            StepSpec(
                id=s.id,
                name_vi=s.name_vi,
                name_en=s.name_en,
                role=s.role,
                hours=s.hours,
                kind=s.kind,
                handler=s.handler,
                outcomes=s.outcomes if len(s.outcomes) > 1 else (),
            )
            for s in procedure.steps
        ]
        return compile_steps(f"p{procedure.code.replace('.', '_')}", procedure.name_vi, steps)

    def role_after(self, node: str) -> str | None:
        """Return the role of the step that follows a step when all goes well; None at the end."""
        steps = [s for s in self.package.procedure.steps if s.kind == "user"]
        ids = [s.id for s in steps]
        place = ids.index(node) + 1 if node in ids else len(ids)
        return steps[place].role if place < len(steps) else None

    def in_force(self, at: datetime) -> bool:
        """Return whether a dossier submitted at this moment follows this version."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True)
class TenantLaw:
    """All that a tenant applies, at one reading."""

    procedures: tuple[Adopted, ...]
    calendar: Calendar
    index: ProcedureIndex

    def current(self, code: str, at: datetime | None = None) -> Adopted:
        """Return the version in force; ``NotFound`` when the tenant does not offer the procedure."""
        moment = at or datetime.now(UTC)
        for procedure in self.procedures:
            if procedure.code == code and procedure.in_force(moment):
                return procedure
        raise NotFound(
            "Thủ tục này hiện không được tiếp nhận ở đây.",
            "This procedure is not offered here at present.",
        )

    def version(self, code: str, version: str) -> Adopted:
        """Return the version that a running dossier follows."""
        for procedure in reversed(self.procedures):
            if procedure.code == code and procedure.package.version == version:
                return procedure
        raise NotFound("Không có phiên bản thủ tục này.", f"No version {version} of {code}.")

    def offered(self) -> list[Adopted]:
        """Return what can be applied for now."""
        now = datetime.now(UTC)
        return [p for p in self.procedures if p.in_force(now)]


class Catalogue:
    """The law of every tenant; a change is seen within ``max_age`` seconds, or at once after ``forget``."""

    def __init__(self, database: Database, *, max_age: float = 30.0) -> None:
        self._database = database
        self._max_age = max_age
        self._kept: dict[UUID, tuple[float, frozenset[str], TenantLaw]] = {}

    async def of(self, tenant: Tenant) -> TenantLaw:
        """Return what this tenant applies; procedures of plugins it has not enabled do not exist."""
        kept = self._kept.get(tenant.id)
        if kept and kept[1] == tenant.plugins and time.monotonic() - kept[0] < self._max_age:
            return kept[2]
        async with self._database.tenant(tenant) as tx:
            adopted = await tx.fetch(_ADOPTED)
            calendars = await tx.fetch(_CALENDARS)
        law = _law([dict(r) for r in adopted if r["plugin"] in tenant.plugins], calendars)
        self._kept[tenant.id] = (time.monotonic(), tenant.plugins, law)
        return law

    def forget(self, tenant: Tenant) -> None:
        """Read this tenant's law again at the next question."""
        self._kept.pop(tenant.id, None)


def _law(adopted: list[dict[str, Any]], calendars: list[Any]) -> TenantLaw:
    if not calendars:
        raise Unavailable(
            "Chưa có lịch làm việc của tỉnh.",
            "The tenant has no calendar: load its folder with `motcua tenant load`.",
        )
    procedures = tuple(_procedure(row) for row in adopted)
    now = datetime.now(UTC)
    index = ProcedureIndex([p.package for p in procedures if p.in_force(now)])
    return TenantLaw(procedures, Calendar.from_data(calendars[-1]["content"]), index)


def _procedure(row: Mapping[str, Any]) -> Adopted:
    package = overlay.apply(Package.from_data(row["content"]), row["overlay"])
    return Adopted(package, row["plugin"], row["valid_from"], row["valid_to"])
