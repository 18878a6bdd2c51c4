"""The procedures a tenant has adopted, with its overlays, and its calendar: read once, kept for a while.

Packages never change under one (code, version), and an adoption never changes its overlay, so a running dossier
finds what it was submitted under here for ever.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from motcua.catalogue import overlay
from motcua.catalogue.calendars import CALENDARS, calendar_of
from motcua.catalogue.packages import Package
from motcua.catalogue.reading import canonical
from motcua.catalogue.search import ProcedureIndex
from motcua.catalogue.used import roles_after
from motcua.errors import NotFound
from motcua.process import Definition
from motcua.tenancy.db import Database, Record, TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.worktime import Calendar

_log = structlog.get_logger(__name__)
_Rows = tuple[list[Record], list[Record]]

_ADOPTED = """
select a.id, a.code, a.version, a.overlay, a.valid_from, a.valid_to, p.plugin, p.sha256
from adopted_procedure a join package_version p using (code, version)
order by a.code, a.valid_from
"""
_CONTENT = "select sha256, content from package_version where sha256 = any($1)"
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

    @property
    def bpmn(self) -> bytes:
        """The first case's process as BPMN 2.0, which is the only one after ``of_case``."""
        return self.package.bpmn(self.package.cases[0].id)

    @property
    def definition(self) -> Definition:
        """The first case's process ready to run, which is the only one after ``of_case``."""
        return self.package.definition(self.package.cases[0].id)

    def of_case(self, case_id: str, limit: int | None = None) -> "Adopted":
        """Return what dossiers of one case follow: its limit, fee, papers and way (``Package.of_case``)."""
        return replace(self, package=self.package.of_case(case_id, limit))

    def role_after(self, node: str) -> str | None:
        """Return the role of the step that follows a step when all goes well.

        None at the end, and where a drawn process may go on to steps of several roles.
        """
        if self.package.cases[0].process:
            roles = roles_after(self.definition, node)
            return roles.pop() if len(roles) == 1 else None
        steps = [s for s in self.package.cases[0].steps if s.kind == "user"]
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
        self._shelf = Shelf()
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
            return self._keep(tenant, await self._rows(tx))
        return await self._read(tenant)

    def forget(self, tenant: Tenant) -> None:
        """Read this tenant's law again at the next question."""
        self._kept.pop(tenant.id, None)

    async def _read(self, tenant: Tenant) -> TenantLaw:
        async with self._database.tenant(tenant) as tx:
            rows = await self._rows(tx)
        return self._keep(tenant, rows)

    async def _rows(self, tx: TenantTx) -> _Rows:
        adopted, calendars = await tx.fetch(_ADOPTED), await tx.fetch(CALENDARS)
        if unread := self._shelf.unread(r["sha256"] for r in adopted):
            for row in await tx.fetch(_CONTENT, unread):
                self._shelf.put(row["sha256"], row["content"])
        return adopted, calendars

    def _keep(self, tenant: Tenant, rows: _Rows) -> TenantLaw:
        adopted, calendars = rows
        found = [self._shelf.adopted(r) for r in adopted if r["plugin"] in tenant.plugins]
        law = _law(tuple(found), calendars)
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


class Shelf:
    """The packages that were read, by content: one version is parsed once, whoever adopted it.

    A version never changes, nor does an adoption's overlay, so nothing here grows old.
    """

    def __init__(self) -> None:
        self._national: dict[str, Package] = {}
        self._own: dict[tuple[str, bytes], Package] = {}

    def unread(self, wanted: Iterable[str]) -> list[str]:
        """Return the SHA-256 values of the packages that are not here yet."""
        return sorted({sha256 for sha256 in wanted if sha256 not in self._national})

    def put(self, sha256: str, content: Mapping[str, Any]) -> None:
        """Keep a package that was checked when it was stored."""
        self._national[sha256] = Package.stored(content)

    def adopted(self, row: Mapping[str, Any]) -> Adopted:
        """Return an adoption with the tenant's values laid over its package."""
        package = self._national[row["sha256"]]
        if row["overlay"]:
            package = self._overlaid(package, row["sha256"], row["overlay"])
        return Adopted(package, row["plugin"], row["valid_from"], row["valid_to"], row["id"])

    def _overlaid(self, package: Package, sha256: str, own: Mapping[str, Any]) -> Package:
        key = (sha256, canonical(own))
        if key not in self._own:
            self._own[key] = overlay.laid(package, own)
        return self._own[key]


def _law(procedures: tuple[Adopted, ...], known: list[Any]) -> TenantLaw:
    index = ProcedureIndex([p.package for p in _newest(procedures, datetime.now(UTC))])
    return TenantLaw(procedures, calendar_of(known), index)


def _newest(procedures: Iterable[Adopted], at: datetime) -> list[Adopted]:
    """Return one row per code, in order of the codes; the rows of a code stand oldest first."""
    return list({p.code: p for p in procedures if p.in_force(at)}.values())
