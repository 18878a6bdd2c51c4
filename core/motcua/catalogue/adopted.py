"""The procedures a tenant has adopted, with its overlays, and its calendar: read once, kept for a while.

Packages never change under one (code, version), and an adoption never changes its overlay, so a running dossier
finds what it was submitted under here for ever.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import structlog

from motcua.catalogue import overlay
from motcua.catalogue.packages import Package
from motcua.catalogue.search import ProcedureIndex
from motcua.errors import NotFound, Unavailable
from motcua.process.steps import StepSpec, compile_steps
from motcua.tenancy.db import Database, Record, TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.text import VIETNAM
from motcua.worktime import Calendar

_log = structlog.get_logger(__name__)
_Rows = tuple[list[Record], list[Record]]

_ADOPTED = """
select a.id, a.code, a.version, a.overlay, a.valid_from, a.valid_to, p.plugin, p.content
from adopted_procedure a join package_version p using (code, version)
order by a.code, a.valid_from
"""
_CALENDARS = "select content, valid_from from tenant_calendar order by valid_from, version"
_NIL = UUID(int=0)


@dataclass(frozen=True)
class Adopted:
    """A package as this tenant applies it, from ``valid_from`` on.

    ``id`` is that of the adoption, by which a dossier keeps it; nil for a package that nobody adopted.
    """

    package: Package
    plugin: str
    valid_from: datetime
    valid_to: datetime | None
    id: UUID = _NIL

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
    """All that a tenant applies, at one reading; ``procedures`` by code, oldest adoption first."""

    procedures: tuple[Adopted, ...]
    calendar: Calendar
    index: ProcedureIndex

    def current(self, code: str, at: datetime | None = None) -> Adopted:
        """Return the newest version in force; ``NotFound`` when the tenant does not offer the procedure."""
        moment = at or datetime.now(UTC)
        for procedure in reversed(self.procedures):
            if procedure.code == code and procedure.in_force(moment):
                return procedure
        raise NotFound(
            "Thủ tục này hiện không được tiếp nhận ở đây.",
            "This procedure is not offered here at present.",
        )

    def adopted(self, adopted_id: UUID) -> Adopted:
        """Return what a running dossier follows: the version and the overlay it was submitted under."""
        for procedure in self.procedures:
            if procedure.id == adopted_id:
                return procedure
        raise NotFound(
            "Thủ tục này hiện không được áp dụng ở đây.",
            "This procedure is not applied here at present.",
        )

    def version(self, code: str, version: str) -> Adopted:
        """Return a version of a procedure as it is in force; the last one that was, when it is no more."""
        found = [p for p in self.procedures if (p.code, p.package.version) == (code, version)]
        if not found:
            raise NotFound("Không có phiên bản thủ tục này.", f"No version {version} of {code}.")
        now = datetime.now(UTC)
        return ([p for p in found if p.in_force(now)] or found)[-1]

    def offered(self) -> list[Adopted]:
        """Return what can be applied for now: of each procedure the newest version in force."""
        return _newest(self.procedures, datetime.now(UTC))


class Catalogue:
    """The law of every tenant, kept by this process; a change is seen after ``max_age`` seconds.

    What is old goes on serving while one reader fetches it anew, so that a request never waits for the law
    but the first. Inside an open work its own transaction is used: a second connection, asked for by many
    at once while each holds its first, would never come.
    """

    def __init__(self, database: Database, *, max_age: float = 30.0) -> None:
        self._database = database
        self._max_age = max_age
        self._kept: dict[UUID, _Kept] = {}
        self._reading: set[asyncio.Task[TenantLaw]] = set()

    async def of(self, tenant: Tenant, tx: TenantTx | None = None) -> TenantLaw:
        """Return what this tenant applies; procedures of plugins it has not enabled do not exist."""
        kept = self._kept.get(tenant.id)
        if kept and kept.plugins == tenant.plugins:
            if time.monotonic() - kept.read_at >= self._max_age:
                kept.read_at = time.monotonic()
                task = asyncio.create_task(self._read(tenant))
                self._reading.add(task)
                task.add_done_callback(self._finished)
            return kept.law
        if tx is not None:
            return self._keep(tenant, await _rows(tx))
        return await self._read(tenant)

    def forget(self, tenant: Tenant) -> None:
        """Read this tenant's law again at the next question."""
        self._kept.pop(tenant.id, None)

    async def _read(self, tenant: Tenant) -> TenantLaw:
        async with self._database.tenant(tenant) as tx:
            rows = await _rows(tx)
        return self._keep(tenant, rows)

    def _keep(self, tenant: Tenant, rows: _Rows) -> TenantLaw:
        adopted, calendars = rows
        law = _law([dict(r) for r in adopted if r["plugin"] in tenant.plugins], calendars)
        self._kept[tenant.id] = _Kept(time.monotonic(), tenant.plugins, law)
        return law

    def _finished(self, task: asyncio.Task[TenantLaw]) -> None:
        self._reading.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.warning("law_not_read", error=type(error).__name__)


@dataclass
class _Kept:
    read_at: float
    plugins: frozenset[str]
    law: TenantLaw


async def _rows(tx: TenantTx) -> _Rows:
    return await tx.fetch(_ADOPTED), await tx.fetch(_CALENDARS)


def _law(adopted: list[dict[str, Any]], known: list[Any]) -> TenantLaw:
    today = datetime.now(VIETNAM).date()
    calendars = [row for row in known if row["valid_from"] <= today]
    if not calendars:
        raise Unavailable(
            "Chưa có lịch làm việc của tỉnh.",
            "The tenant has no calendar in force: load its folder with `motcua tenant load`.",
        )
    procedures = tuple(_procedure(row) for row in adopted)
    index = ProcedureIndex([p.package for p in _newest(procedures, datetime.now(UTC))])
    return TenantLaw(procedures, Calendar.from_data(calendars[-1]["content"]), index)


def _newest(procedures: Iterable[Adopted], at: datetime) -> list[Adopted]:
    """Return one row per code, in order of the codes; the rows of a code stand oldest first."""
    return list({p.code: p for p in procedures if p.in_force(at)}.values())


def _procedure(row: Mapping[str, Any]) -> Adopted:
    package = overlay.apply(Package.from_data(row["content"]), row["overlay"])
    return Adopted(package, row["plugin"], row["valid_from"], row["valid_to"], row["id"])
