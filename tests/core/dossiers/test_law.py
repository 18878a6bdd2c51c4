"""A dossier follows the law it was submitted under, whatever is adopted afterwards."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from motcua.catalogue.adopted import Catalogue, TenantLaw
from motcua.dossiers import queries, reception
from motcua.dossiers.law import law_of
from motcua.dossiers.submission import Application, Submitted, submit
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant

pytestmark = pytest.mark.anyio
COPY = "2.000908"
ANSWERS = {
    "full_name": "Nguyễn Thị Thử",
    "personal_id": "022194900999",
    "requests_for": "self",
    "subject_name": "Nguyễn Văn Mẫu",
    "subject_birth": "01/02/1960",
    "register_kind": "birth",
    "truth": "on",
}
_ADOPT = """
insert into adopted_procedure (id, code, version, overlay, valid_from) values ($1, $2, '2026.2', $3, $4)
"""
_CALENDAR = """
insert into tenant_calendar (id, version, content, valid_from) values ($1, 'test', $2, '2020-01-01')
"""
_UNIT = """
insert into unit (id, code, agency_code, name, folded, kind, valid_from)
values ($1, '00001', 'H49.99', 'Đơn vị thử', 'don vi thu', 'commune', '2020-01-01')
"""


class Place:
    """A tenant with one unit, where a procedure can be adopted again."""

    def __init__(self, platform: Platform, tenant: Tenant) -> None:
        self.platform = platform
        self.tenant = tenant
        self.unit = uuid7()

    async def adopt(self, days: int, hours: float) -> None:
        """Adopt with so many hours for the first step."""
        overlay = {"steps": {"assign": {"hours": hours}}}
        since = datetime.now(UTC) + timedelta(days=days)
        async with self.platform.db.tenant(self.tenant) as tx:
            await tx.execute(_ADOPT, uuid7(), COPY, overlay, since)

    async def submit(self, law: TenantLaw) -> Submitted:
        procedure = law.current(COPY)
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            person = await citizens.remember(work, Citizen("022194900999", "Nguyễn Thị Thử"))
            return await submit(
                work,
                law,
                Application(
                    procedure=procedure,
                    answers=procedure.package.form.clean(ANSWERS),
                    subject_id=person,
                    submitter_id=person,
                    subject_name="Nguyễn Thị Thử",
                    received_unit=self.unit,
                    competent_unit=self.unit,
                    channel=2,
                ),
            )

    async def accept(self, dossier: UUID) -> float:
        """Accept a dossier; returns the hours of its first step."""
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            await reception.accept(self.platform, work, dossier, fee_paid=True)
            return float((await queries.waits(work.tx, dossier))[0]["hours"])


@pytest.fixture
async def place(platform: Platform, quang_ninh: Tenant, new_tenant: NewTenant) -> Place:
    made = Place(platform, await new_tenant())
    async with platform.db.tenant(quang_ninh) as tx:
        content = await tx.fetchval("select content from tenant_calendar limit 1")
    async with platform.db.tenant(made.tenant) as tx:
        await tx.execute(_CALENDAR, uuid7(), content)
        await tx.execute(_UNIT, made.unit)
    await made.adopt(-100, 7)
    return made


async def test_a_running_dossier_keeps_its_overlay(place: Place, platform: Platform) -> None:
    before = await place.submit(await platform.catalogue.of(place.tenant))
    await place.adopt(-1, 3)
    platform.catalogue.forget(place.tenant)
    after = await place.submit(await platform.catalogue.of(place.tenant))
    assert await place.accept(before.id) == 7
    assert await place.accept(after.id) == 3


async def test_a_process_that_has_not_read_the_new_law_reads_it_for_the_dossier(
    place: Place, platform: Platform
) -> None:
    old = await platform.catalogue.of(place.tenant)
    await place.adopt(-1, 3)
    elsewhere = await Catalogue(platform.db).of(place.tenant)
    done = await place.submit(elsewhere)
    assert hours(old) == 7
    async with platform.works.begin(place.tenant, SYSTEM) as work:
        dossier = await queries.one(work.tx, done.id)
        _, procedure = await law_of(platform, work, dossier)
    assert procedure.package.procedure.steps[0].hours == 3
    assert await place.accept(done.id) == 3


def hours(law: TenantLaw) -> float:
    return float(law.current(COPY).package.procedure.steps[0].hours)
