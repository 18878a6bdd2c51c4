"""Answers that were mended before acceptance may make another unit competent."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from motcua.dossiers import reception
from motcua.dossiers.submission import Application, submit
from motcua.errors import Conflict
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant
from tests.core.dossiers.drawn import Place, bpmn, task

pytestmark = pytest.mark.anyio
WAY = bpmn(
    '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="look"/>'
    + task("look", "e")
    + '<endEvent id="e"/>'
)
RULE = 'if copies > 9 then "province" else "commune"'
_UNIT = """
insert into unit (id, code, agency_code, name, folded, kind, valid_from)
values ($1, $2, $3, $4, lower($4), $5, '2020-01-01')
"""
_MENDED = "update dossier set answers_sealed = $2 where id = $1"


@pytest.fixture
async def place(
    platform: Platform, owner: Database, quang_ninh: Tenant, new_tenant: NewTenant
) -> Place:
    made = Place(platform, owner, await new_tenant())
    async with platform.db.tenant(quang_ninh) as tx:
        calendar = await tx.fetchval("select content from tenant_calendar limit 1")
    await made.build(calendar)
    await made.adopt(WAY, level=["commune", "province"], routing={"expression": RULE})
    return made


async def province(place: Place, code: str) -> UUID:
    """Found a unit of the province."""
    unit = uuid7()
    async with place.platform.db.tenant(place.tenant) as tx:
        await tx.execute(_UNIT, unit, code, f"H49.{code}", f"Sở thử {code}", "department")
    return unit


async def mended(place: Place, copies: int) -> UUID:
    """Submit for one copy to the commune, then let so many be asked for."""
    law = await place.platform.catalogue.of(place.tenant)
    procedure = law.current(place.code)
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        person = await citizens.remember(work, Citizen("022194900999", "Nguyễn Thị Thử"))
        application = Application(
            procedure=procedure,
            answers=procedure.package.form.clean({"copies": "1"}),
            subject_id=person,
            submitter_id=person,
            subject_name="Nguyễn Thị Thử",
            received_unit=place.unit,
            competent_unit=place.unit,
            channel=2,
        )
        dossier = (await submit(work, law, application)).id
        sealed = work.vault.seal(msgspec.json.encode({"copies": copies}).decode())
        await work.tx.execute(_MENDED, dossier, sealed)
    return dossier


async def accept(place: Place, dossier: UUID) -> Any:
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await reception.accept(place.platform, work, dossier, fee_paid=True)
    return await place.row(dossier)


async def test_a_unit_that_may_still_decide_keeps_the_dossier(place: Place) -> None:
    await province(place, "00901")
    dossier = await mended(place, 2)
    assert (await accept(place, dossier))["competent_unit"] == place.unit
    assert "dossier.rerouted" not in await place.told(dossier)


async def test_the_only_unit_that_may_decide_gets_the_dossier(place: Place) -> None:
    unit = await province(place, "00901")
    dossier = await mended(place, 20)
    row = await accept(place, dossier)
    assert (row["received_unit"], row["competent_unit"]) == (place.unit, unit)
    assert (await place.waits(dossier))["look"]["unit_id"] == unit
    assert "dossier.rerouted" in await place.told(dossier)


async def test_acceptance_is_refused_and_names_the_units_when_several_may_decide(
    place: Place,
) -> None:
    for code in ("00901", "00902"):
        await province(place, code)
    dossier = await mended(place, 20)
    with pytest.raises(Conflict, match="Sở thử 00901, Sở thử 00902"):
        await accept(place, dossier)
    assert (await place.row(dossier))["state"] == 1


async def test_acceptance_is_refused_when_no_unit_may_decide(place: Place) -> None:
    dossier = await mended(place, 20)
    with pytest.raises(Conflict, match="no unit here"):
        await accept(place, dossier)
