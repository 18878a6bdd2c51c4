"""A tenant with one unit and one drawn process, in which everything that is not a person's step occurs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.catalogue.packages import Package
from motcua.dossiers import bundles, incidents, queries, reception, service_tasks
from motcua.dossiers.submission import Application, submit
from motcua.events.log import SYSTEM, Event
from motcua.events.outbox import Claim, Effects
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.db import Database, Record
from motcua.tenancy.tenant import Tenant
from tests.core.catalogue.builders import package_data

PLUGIN = "certification"
_HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:mc="https://motcua.org/bpmn" targetNamespace="t"><process id="p" isExecutable="true">"""
_PACKAGE = """
insert into package_version (code, version, plugin, sha256, content) values ($1, $2, $3, $4, $5)
"""
_ADOPT = """
insert into adopted_procedure (id, code, version, valid_from) values ($1, $2, $3, $4)
"""
_CALENDAR = """
insert into tenant_calendar (id, version, content, valid_from) values ($1, 'test', $2, '2020-01-01')
"""
_UNIT = """
insert into unit (id, code, agency_code, name, folded, kind, valid_from)
values ($1, '00001', 'H49.99', 'Đơn vị thử', 'don vi thu', 'commune', '2020-01-01')
"""
_DUE = "select id, attempts from outbox where dead_at is null and next_at <= now() order by id"
_NOW = "update outbox set next_at = now() where dead_at is null"


def bpmn(body: str) -> str:
    """Return a process file around its elements."""
    return f"{_HEAD}{body}</process></definitions>"


def task(node: str, *flows: str, more: str = "", tag: str = "userTask") -> str:
    """Return a task with its outgoing flow to the next node."""
    out = "".join(
        f'<sequenceFlow id="{node}-{to}" sourceRef="{node}" targetRef="{to}"/>' for to in flows
    )
    role = ' mc:role="specialist" mc:hours="4"' if tag == "userTask" else ""
    name = f'name="Bước {node}" mc:nameEn="Step {node}"'
    return f'<{tag} id="{node}" {name}{role} {more}/>{out}'


async def refuse_to_run(_: Platform, __: Work, ___: UUID) -> Mapping[str, Any]:
    """Stand for a handler that nobody expects to be called."""
    raise AssertionError("no service task here")


class Place:
    """Where one procedure with a process of the test's own runs."""

    def __init__(self, platform: Platform, owner: Database, tenant: Tenant) -> None:
        self.platform, self.owner, self.tenant = platform, owner, tenant
        self.unit = uuid7()
        self.code = f"2.{uuid7().int % 1_000_000:06}"
        self.handler: service_tasks.Handler = refuse_to_run

    async def build(self, calendar: Mapping[str, Any]) -> None:
        async with self.platform.db.tenant(self.tenant) as tx:
            await tx.execute(_CALENDAR, uuid7(), calendar)
            await tx.execute(_UNIT, self.unit)

    async def adopt(self, xml: str, version: str = "1", since: int = -10, **changes: Any) -> None:
        """Publish and adopt the procedure with this process, in force ``since`` so many days.

        ``changes`` are other keys of its ``procedure.toml``.
        """
        own: dict[str, Any] = {"code": self.code, "steps": None, "process": "process.bpmn"}
        data = package_data(**own | {"papers": []} | changes, version=version)
        code = data["procedure"]["code"]
        package = Package.from_data({**data, "processes": {"process.bpmn": xml}})
        values = (code, version, PLUGIN, package.sha256, package.to_data())
        async with self.owner.platform() as tx:
            await tx.execute(_PACKAGE, *values)
        moment = datetime.now(UTC) + timedelta(days=since)
        async with self.platform.db.tenant(self.tenant) as tx:
            await tx.execute(_ADOPT, uuid7(), code, version, moment)
        self.platform.catalogue.forget(self.tenant)

    async def dossier(self) -> UUID:
        """Submit and accept a dossier."""
        law = await self.platform.catalogue.of(self.tenant)
        procedure = law.current(self.code)
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            person = await citizens.remember(work, Citizen("022194900999", "Nguyễn Thị Thử"))
            done = await submit(
                work,
                law,
                Application(
                    procedure=procedure,
                    answers=procedure.package.form.clean({"copies": "1"}),
                    subject_id=person,
                    submitter_id=person,
                    subject_name="Nguyễn Thị Thử",
                    received_unit=self.unit,
                    competent_unit=self.unit,
                    channel=2,
                ),
            )
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            await reception.accept(self.platform, work, done.id, fee_paid=True)
        return done.id

    async def row(self, dossier: UUID) -> Record:
        async with self.platform.db.tenant(self.tenant) as tx:
            return await queries.one(tx, dossier)

    async def waits(self, dossier: UUID) -> dict[str, Record]:
        """Return what a dossier waits for, by the id of the element."""
        async with self.platform.db.tenant(self.tenant) as tx:
            rows = await tx.fetch("select * from process_wait where instance_id = $1", dossier)
        return {row["node"]: row for row in rows}

    async def told(self, dossier: UUID) -> list[str]:
        """Return the types of a dossier's events, in order."""
        async with self.platform.db.tenant(self.tenant) as tx:
            rows = await tx.fetch("select type from event where subject = $1 order by id", dossier)
        return [row["type"] for row in rows]

    async def work_off(self, *, everything: bool = False) -> int:
        """Do what is owed now (``everything``: also what is owed later); returns how much it was."""

        async def service(work: Work, event: Event) -> None:
            own = {"weigh": self.handler, "open_children": bundles.open_children}
            await service_tasks.run(self.platform, own, work, event)

        effects = Effects(
            self.platform.works,
            self.platform.directory,
            {**self.platform.handlers, "service": service},
            {"service": incidents.gave_up},
        )
        async with self.platform.db.tenant(self.tenant) as tx:
            if everything:
                await tx.execute(_NOW)
            rows = await tx.fetch(_DUE)
        for row in rows:
            await effects.run(Claim(self.tenant.id, row["id"], row["attempts"] + 1))
        return len(rows)

    async def pass_time(self, dossier: UUID, node: str) -> None:
        """Let the moment of a timer come, as if the days had gone by."""
        sql = "update process_wait set due_at = now() where instance_id = $1 and node = $2"
        async with self.platform.db.tenant(self.tenant) as tx:
            await tx.execute(sql, dossier, node)
