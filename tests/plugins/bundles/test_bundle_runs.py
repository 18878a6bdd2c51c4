"""Bundles on a tenant of their own: asked once, opened, settled by their steps, and answered."""

import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from motcua.app import effects_of
from motcua.catalogue.adopting import adopt
from motcua.dossiers import bundles, queries, reception, settlement
from motcua.dossiers.settlement import Officer, StepDone
from motcua.dossiers.submission import Application, Paper, Submitted, submit
from motcua.events.log import SYSTEM
from motcua.events.outbox import Claim
from motcua.events.work import Work
from motcua.files import intake
from motcua.files.scan import NoScanner
from motcua.ids import uuid7
from motcua.keys import rotation
from motcua.people import citizens
from motcua.people.capabilities import ROLES, Capability
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.db import Database, Record
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant, tenant_named
from tests.core.dossiers.drawn import Place

from .test_bundle_packages import package

pytestmark = pytest.mark.anyio
BIRTH, CHILD_BIRTH, RESIDENCE = "3.000722", "1.001193", "1.004222"
DEATH, CHILD_DEATH = "2.002913", "1.000656"
PID = "022196012345"
_PLUGINS = "update tenant set plugins = plugins || $2 where id = $1"
_OWED = "select id, attempts from outbox where dead_at is null and next_at <= now() order by id"


class Town(Place):
    """A tenant with one commune that offers both bundles and what they open."""

    async def offer(self) -> None:
        codes = (BIRTH, CHILD_BIRTH, RESIDENCE, DEATH, CHILD_DEATH)
        entries = [
            {"code": code, "version": package(code).version, "valid_from": date(2026, 1, 1)}
            for code in codes
        ]
        async with self.owner.tenant(self.tenant) as tx:
            await adopt(tx, entries)
            await rotation.make_missing(
                tx,
                self.platform.vaults.of(self.tenant.id),
                self.platform.settings,
                datetime.now(UTC),
            )
        self.platform.catalogue.forget(self.tenant)
        self.officer = Officer(uuid7(), [Capability(role, None) for role in ROLES])

    async def ask(self, code: str, scenario: str) -> UUID:
        """Submit a scenario's answers and accept them; returns the bundle."""
        (found,) = (s for s in package(code).scenarios if s.key == scenario)
        law = await self.platform.catalogue.of(self.tenant)
        procedure = law.current(code)
        answers = procedure.package.form.clean(found.given.answers)
        copies = [p.key for p in procedure.package.papers_for(answers.values) if p.kind == "copy"]
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            person = await citizens.remember(work, Citizen(PID, "Trần Thị Mẫu"))
            done: Submitted = await submit(
                work,
                law,
                Application(
                    procedure=procedure,
                    answers=answers,
                    papers=[Paper(key, await self.scan(work, person)) for key in copies],
                    subject_id=person,
                    submitter_id=person,
                    subject_name="Trần Thị Mẫu",
                    received_unit=self.unit,
                    competent_unit=self.unit,
                    channel=2,
                ),
            )
        brought = [row["id"] for row in await self.papers(done.id)]
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            await reception.compare(work, done.id, brought, self.officer.id)
            await reception.accept(self.platform, work, done.id, fee_paid=True)
        await self.settle()
        return done.id

    async def scan(self, work: Work, person: UUID) -> UUID:
        """Upload a picture as the person."""
        picture = io.BytesIO()
        Image.new("RGB", (400, 560), "white").save(picture, "JPEG")
        files = self.platform.files.for_tenant(self.tenant.id, self.tenant.slug)
        prepared = await intake.prepare(files, [picture.getvalue()], NoScanner())
        return (await intake.note(work, prepared, person)).id

    async def papers(self, dossier: UUID) -> list[Record]:
        async with self.platform.db.tenant(self.tenant) as tx:
            return await queries.components(tx, dossier)

    async def settle(self) -> None:
        """Do what is owed now, as the worker would, and what follows from it."""
        effects = effects_of(self.platform)
        while True:
            async with self.platform.db.tenant(self.tenant) as tx:
                rows = await tx.fetch(_OWED)
            if not rows:
                return
            for row in rows:
                await effects.run(Claim(self.tenant.id, row["id"], row["attempts"] + 1))

    async def step(
        self,
        dossier: UUID,
        node: str,
        outcome: str = "",
        draft: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        token = (await self.waits(dossier))[node]["token"]
        done = StepDone(token, outcome, draft=draft or {}, reason=reason)
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            await settlement.complete(self.platform, work, dossier, self.officer, done)
        await self.settle()

    async def opened(self, dossier: UUID) -> dict[str, Record]:
        """Return the children of a bundle by the code of their procedure."""
        async with self.platform.db.tenant(self.tenant) as tx:
            rows = await bundles.children(tx, dossier)
        return {row["procedure_code"]: row for row in rows}

    async def result(self, dossier: UUID) -> Record | None:
        async with self.platform.db.tenant(self.tenant) as tx:
            return await queries.result(tx, dossier)


@pytest.fixture
async def town(
    platform: Platform, owner: Database, quang_ninh: Tenant, new_tenant: NewTenant
) -> Town:
    tenant = await new_tenant()
    async with owner.platform() as tx:
        await tx.execute(_PLUGINS, tenant.id, ["bundles", "civil-status", "residence"])
    await platform.directory.refresh(force=True)
    made = Town(platform, owner, tenant_named(platform, tenant.slug))
    async with platform.db.tenant(quang_ninh) as tx:
        calendar = await tx.fetchval("select content from tenant_calendar limit 1")
    await made.build(calendar)
    await made.offer()
    return made


async def register_birth(town: Town, child: UUID) -> None:
    draft = {"register_number": "15/2026", "child_pid": "022326000018"}
    await town.step(child, "appraise", "ok", draft)
    await town.step(child, "approve", "ok")
    await town.step(child, "issue")


async def register_residence(town: Town, child: UUID) -> None:
    for node in ("assign", "person_check", "dwelling_check"):
        await town.step(child, node)
    draft = {"record_number": "CT-000001/2026", "registered_on": "6/3/2026"}
    await town.step(child, "appraise", "ok", draft)
    await town.step(child, "check", "ok")
    await town.step(child, "approve", "ok")
    await town.step(child, "issue")


async def test_a_birth_is_asked_once_and_comes_back_as_three_results(town: Town) -> None:
    dossier = await town.ask(BIRTH, "mother-asks-once")
    children = await town.opened(dossier)
    assert list(children) == [CHILD_BIRTH, RESIDENCE]
    assert {row["state"] for row in children.values()} == {2}
    assert all(row["code"] and row["due_at"] for row in children.values())
    assert (await town.row(children[RESIDENCE]["id"]))["fee"] == 0
    assert set(await town.waits(dossier)) >= {"children", "health_card", "identity_card"}

    await town.step(dossier, "identity_card")
    await register_birth(town, children[CHILD_BIRTH]["id"])
    assert "children" in await town.waits(dossier)
    await register_residence(town, children[RESIDENCE]["id"])
    assert "children" not in await town.waits(dossier)
    assert "sum_up" not in await town.waits(dossier), "the health card is still to come"
    await town.step(dossier, "health_card")
    await town.step(dossier, "sum_up", "ok", {"health_card": "TE1220000000001"})

    assert (await town.row(dossier))["state"] == 9
    assert not await town.waits(dossier)
    for row in (dossier, *(child["id"] for child in children.values())):
        issued = await town.result(row)
        assert issued
        assert issued["kind"] == "granted"


async def test_when_neither_is_registered_no_card_is_made(town: Town) -> None:
    dossier = await town.ask(BIRTH, "nothing-registered")
    children = await town.opened(dossier)
    birth, residence = children[CHILD_BIRTH]["id"], children[RESIDENCE]["id"]
    (scanned,) = await town.papers(dossier)
    (handed_on,) = await town.papers(residence)
    assert await town.papers(birth) == []
    assert (handed_on["paper_key"], handed_on["sha256"]) == ("dwelling", scanned["sha256"])
    assert handed_on["provenance"] == "officer-compared"
    await town.step(birth, "appraise", "refuse", reason="Dữ liệu thử.")
    await town.step(birth, "approve", "ok")
    await town.step(birth, "issue")
    for node in ("assign", "person_check", "dwelling_check"):
        await town.step(residence, node)
    await town.step(residence, "appraise", "refuse", reason="Dữ liệu thử.")
    await town.step(residence, "check", "ok")
    await town.step(residence, "approve", "ok")
    await town.step(residence, "issue")
    assert set(await town.waits(dossier)) == {"sum_up"}
    await town.step(dossier, "sum_up", "refuse", reason="Dữ liệu thử.")
    issued = await town.result(dossier)
    assert issued
    assert issued["kind"] == "refused"


async def test_after_a_death_residence_and_benefits_follow_its_registration(town: Town) -> None:
    dossier = await town.ask(DEATH, "all-at-once")
    children = await town.opened(dossier)
    assert list(children) == [CHILD_DEATH]
    assert "residence_deletion" not in await town.waits(dossier)
    child = children[CHILD_DEATH]["id"]
    await town.step(child, "appraise", "ok", {"register_number": "6/2026"})
    await town.step(child, "approve", "ok")
    await town.step(child, "issue")
    assert set(await town.waits(dossier)) == {"residence_deletion", "benefit_decision"}
    await town.step(dossier, "residence_deletion")
    await town.step(dossier, "benefit_decision", "ok")
    draft = {
        "residence_deleted_on": "4/3/2026",
        "benefit": "granted",
        "benefit_amount": "1.000.000",
    }
    await town.step(dossier, "sum_up", "ok", draft)
    assert (await town.row(dossier))["state"] == 9
    assert await town.result(dossier)
    assert await town.result(child)
