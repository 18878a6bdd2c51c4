"""A dossier goes the way of its case, on the version it was submitted under."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from motcua.catalogue.packages import Package
from motcua.catalogue.publishing import publish
from motcua.dossiers import queries, reception, settlement, worklists
from motcua.dossiers.law import law_of
from motcua.dossiers.settlement import Officer, StepDone
from motcua.dossiers.submission import Application, Submitted, submit
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.people.capabilities import Capability
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant
from tests.core.catalogue.builders import package_data
from tests.core.dossiers.test_law import _CALENDAR, _UNIT

pytestmark = pytest.mark.anyio
CODE = "2.999998"
_ADOPT = """
insert into adopted_procedure (id, code, version, overlay, valid_from) values ($1, $2, $3, '{}', $4)
"""
_STATE = "select definition, state from process_instance where id = $1"
_STAFF = "insert into staff (id, username, full_name) values ($1, 'thu', 'Cán bộ Thử')"


def step(name: str, role: str) -> dict[str, Any]:
    return {"id": name, "name_vi": name, "name_en": name, "role": role, "hours": 2}


def version(number: str, first: str) -> Package:
    """Build a version whose steps begin with ``first``; many copies are a case of their own."""
    many = {
        "id": "many",
        "name_vi": "Nhiều bản",
        "name_en": "Many copies",
        "when": "copies > 10",
        "papers": [],
        "time_limit": {"kind": "working_days", "value": 10, "decision": "limit.dmn#Thời hạn"},
        "fee": {"amount": 7, "text_vi": "Trọn gói", "text_en": "Flat"},
        "process": "many.bpmn",
    }
    few = {"id": "few", "name_vi": "Ít bản", "name_en": "Few copies", "papers": []}
    data = package_data(
        code=CODE,
        version=number,
        cases=[many, few],
        steps=[step(first, "specialist"), step("sign", "leader")],
        priority={"expression": "if copies > 10 then 5 else 0"},
    )
    drawn = f"""
    <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="n" id="d"
      xmlns:mc="https://motcua.org/bpmn">
      <process id="p" name="Đường" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="g"/>
      <exclusiveGateway id="g" name="Nhiều?" default="f3"/>
      <sequenceFlow id="f2" sourceRef="g" targetRef="a">
        <conditionExpression>copies &gt; 50</conditionExpression></sequenceFlow>
      <sequenceFlow id="f3" sourceRef="g" targetRef="b"/>
      <userTask id="a" name="A {first}" mc:role="head"/>
      <sequenceFlow id="f4" sourceRef="a" targetRef="b"/>
      <userTask id="b" name="B" mc:role="leader"/>
      <sequenceFlow id="f5" sourceRef="b" targetRef="end"/><endEvent id="end"/></process>
    </definitions>"""
    dmn = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="r" name="r"
      namespace="n"><inputData id="i" name="copies"/><decision id="d" name="Thời hạn">
      <informationRequirement><requiredInput href="#i"/></informationRequirement>
      <literalExpression id="e"><text>if copies > 50 then 9 else 6</text></literalExpression>
      </decision></definitions>"""
    files = {"processes": {"many.bpmn": drawn.strip()}, "decisions": {"limit.dmn": dmn}}
    return Package.from_data({**data, **files})


class Office:
    """A tenant with one unit that adopts versions of one procedure."""

    def __init__(self, platform: Platform, tenant: Tenant) -> None:
        self.platform, self.tenant = platform, tenant
        self.unit, self.officer = uuid7(), uuid7()

    async def adopt(self, number: str, days: int) -> None:
        since = datetime.now(UTC) + timedelta(days=days)
        async with self.platform.db.tenant(self.tenant) as tx:
            await tx.execute(_ADOPT, uuid7(), CODE, number, since)
        self.platform.catalogue.forget(self.tenant)

    async def submit(self, copies: int) -> Submitted:
        law = await self.platform.catalogue.of(self.tenant)
        procedure = law.current(CODE)
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            person = await citizens.remember(work, Citizen("022194900998", "Lê Văn Thử"))
            application = Application(
                procedure=procedure,
                answers=procedure.package.form.clean({"copies": str(copies)}),
                subject_id=person,
                submitter_id=person,
                subject_name="Lê Văn Thử",
                received_unit=self.unit,
                competent_unit=self.unit,
                channel=2,
            )
            return await submit(work, law, application)

    async def accept(self, dossier: UUID) -> Any:
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            await reception.accept(self.platform, work, dossier, fee_paid=True)
            return await queries.one(work.tx, dossier)

    async def waits(self, dossier: UUID) -> list[str]:
        async with self.platform.db.tenant(self.tenant) as tx:
            return [wait["node"] for wait in await queries.waits(tx, dossier)]

    async def complete(self, dossier: UUID) -> None:
        officer = Officer(self.officer, [Capability(r, None) for r in ("specialist", "leader")])
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            (wait,) = await queries.waits(work.tx, dossier)
            done = StepDone(wait["token"])
            await settlement.complete(self.platform, work, dossier, officer, done)


@pytest.fixture
async def office(
    platform: Platform, owner: Database, quang_ninh: Tenant, new_tenant: NewTenant
) -> Office:
    made = Office(platform, await new_tenant())
    async with owner.platform() as tx:
        for number, first in (("1", "check"), ("2", "appraise")):
            await publish(tx, "certification", version(number, first))
    async with platform.db.tenant(quang_ninh) as tx:
        content = await tx.fetchval("select content from tenant_calendar limit 1")
    async with platform.db.tenant(made.tenant) as tx:
        await tx.execute(_CALENDAR, uuid7(), content)
        await tx.execute(_UNIT, made.unit)
        await tx.execute(_STAFF, made.officer)
    await made.adopt("1", -100)
    return made


async def test_the_case_gives_fee_limit_priority_and_way(office: Office) -> None:
    done = await office.submit(60)
    assert done.fee == 7
    row = await office.accept(done.id)
    assert (row["case_key"], row["limit_value"], row["priority"]) == ("many", 9, 5)
    assert await office.waits(done.id) == ["a"]
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        _, procedure = await law_of(office.platform, work, row)
        kept = await work.tx.fetchrow(_STATE, done.id)
    assert kept
    assert procedure.package.procedure.time_limit.value == 9
    assert kept["state"]["variables"] == {
        "case": "many",
        "channel": "online",
        "unit_level": "commune",
        "copies": 60,
    }


async def test_the_other_case_goes_its_own_way(office: Office) -> None:
    done = await office.submit(2)
    assert done.fee == 16_000
    row = await office.accept(done.id)
    assert (row["case_key"], row["limit_value"], row["priority"]) == ("few", None, 0)
    assert await office.waits(done.id) == ["check"]


async def test_answers_that_changed_before_acceptance_choose_the_case_again(office: Office) -> None:
    done = await office.submit(2)
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        sealed = work.vault.seal(msgspec.json.encode({"copies": 20}).decode())
        await work.tx.execute(
            "update dossier set answers_sealed = $2 where id = $1", done.id, sealed
        )
    row = await office.accept(done.id)
    assert (row["case_key"], row["limit_value"]) == ("many", 6)
    assert await office.waits(done.id) == ["b"]


async def test_a_version_adopted_meanwhile_moves_no_dossier_that_runs(office: Office) -> None:
    running, waiting = await office.submit(2), await office.submit(60)
    await office.accept(running.id)
    await office.adopt("2", -1)
    fresh = await office.submit(2)
    await office.accept(waiting.id)
    await office.accept(fresh.id)
    assert await office.waits(running.id) == ["check"]
    assert await office.waits(fresh.id) == ["appraise"]
    await office.complete(running.id)
    assert await office.waits(running.id) == ["sign"]
    async with office.platform.db.tenant(office.tenant) as tx:
        names = [w["name_vi"] for w in await queries.waits(tx, waiting.id)]
        rows = [await queries.one(tx, d.id) for d in (running, waiting, fresh)]
    assert names == ["A check"]
    assert [row["procedure_version"] for row in rows] == ["1", "1", "2"]


async def test_urgent_work_stands_first_in_the_officers_list(office: Office) -> None:
    for copies in (2, 20, 2, 30):
        await office.accept((await office.submit(copies)).id)
    held: tuple[list[str], list[UUID | None]] = (["specialist", "leader"], [None, None])
    now = datetime.now(UTC)
    async with office.platform.db.tenant(office.tenant) as tx:
        found = await worklists.work(tx, held, office.officer, now)
        assert [row["priority"] for row in found.rows] == [5, 5, 0, 0]
        since = [row["since"] for row in found.rows]
        assert since[0] <= since[1]
        assert since[2] <= since[3]
        last = found.rows[1]
        place = f"5~{last['since'].isoformat()}~{last['id']}"
        rest = await worklists.work(tx, held, office.officer, now, after=place)
    assert [row["id"] for row in rest.rows] == [row["id"] for row in found.rows[2:]]
