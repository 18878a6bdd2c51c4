"""What grows for no reason is cleared away, and nothing else."""

import os
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import anyio
import pytest

from motcua.dossiers import drafts
from motcua.events.log import SYSTEM
from motcua.files import erasing, intake
from motcua.files.scan import NoScanner
from motcua.housekeeping import _shards, tidy
from motcua.ids import uuid7
from motcua.migrations.units import all_units
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from tests.conftest import Browser, NewTenant
from tests.core.dossiers.test_api import submission
from tests.core.files.samples import picture
from tests.core.portal.people import COPY, sign_in

pytestmark = pytest.mark.anyio
_OLD = "update stored_file set at = now() - interval '91 days' where id = $1"


async def test_an_ended_session_is_cleared_away_and_a_live_one_is_not(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    async with platform.works.begin(tenant, SYSTEM) as work:
        await sessions.start(work, "citizen", uuid7(), "Người đã đi")
        await work.tx.execute("update web_session set expires_at = now() - interval '2 days'")
        await sessions.start(work, "citizen", uuid7(), "Người còn đây")
    assert (await tidy(platform, tenant))["sessions"] == 1
    async with platform.db.tenant(tenant) as tx:
        assert await tx.fetchval("select count(*) from web_session") == 1


async def _upload(platform: Platform, tenant: Tenant, owner: UUID, size: int) -> str:
    """Store an upload that is a quarter of a year old; returns its hash."""
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    prepared = await intake.prepare(files, [picture((size, size))], NoScanner())
    async with platform.works.begin(tenant, SYSTEM) as work:
        taken = await intake.note(work, prepared, owner)
        await work.tx.execute(_OLD, taken.id)
    return prepared.sha256


async def _citizen(platform: Platform, tenant: Tenant, number: int) -> UUID:
    async with platform.works.begin(tenant, SYSTEM) as work:
        return await citizens.remember(work, Citizen(f"02209490{number}", "Người Thử"))


async def test_old_uploads_that_went_into_nothing_are_erased_with_their_contents(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    left, drafting = [await _citizen(platform, tenant, n) for n in (1001, 1002)]
    forgotten = await _upload(platform, tenant, left, 40)
    shared = await _upload(platform, tenant, left, 41)
    in_draft = await _upload(platform, tenant, drafting, 42)
    async with platform.works.begin(tenant, SYSTEM) as work:
        await drafts.create(work, drafting, COPY, drafts.Content())
        again = await intake.prepare(files, [picture((41, 41))], NoScanner())
        await intake.note(work, again, left)
    assert (await tidy(platform, tenant))["files"] == 2
    assert not files.exists(forgotten)
    assert files.exists(shared), "uploaded again since"
    assert files.exists(in_draft), "a draft could hold it"


async def test_an_old_upload_that_went_into_a_dossier_stays(
    platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    person = await sign_in(platform, quang_ninh, 70)
    api = browse("quang-ninh")
    api.headers["authorization"] = f"Bearer {person.token}"
    sent = {"file": ("a.png", picture((77, 33), "PNG"), "image/png")}
    stored = (await api.post("/api/files", files=sent)).json()
    body = submission(papers=[{"key": "relation", "file": stored["id"]}])
    assert (await api.post("/api/dossiers", json=body)).status_code == 201
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute(_OLD, UUID(stored["id"]))
    await tidy(platform, quang_ninh)
    files = platform.files.for_tenant(quang_ninh.id, quang_ninh.slug)
    assert files.exists(stored["sha256"])


async def test_contents_that_nothing_names_are_swept_after_a_day(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    folder = platform.settings.data / "files" / tenant.slug
    orphan, fresh = files.put(b"orphan").sha256, files.put(b"fresh").sha256
    owner = await _citizen(platform, tenant, 1003)
    named = await _upload(platform, tenant, owner, 43)
    torn = folder / orphan[:2] / orphan[2:4] / ".new-torn"
    torn.touch()
    two_days_ago = time.time() - 2 * 86_400
    for path in (torn, *(folder / h[:2] / h[2:4] / h for h in (orphan, named))):
        os.utime(path, (two_days_ago, two_days_ago))
    now = datetime.now(UTC)
    before = now - timedelta(days=1)
    assert await erasing.sweep(platform.db, tenant, files, before, range(256)) == 1
    assert not files.exists(orphan)
    assert not torn.exists()
    assert files.exists(fresh), "somebody may be naming it now"
    assert files.exists(named)


async def test_a_content_that_is_named_while_it_is_swept_survives(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    owner = await _citizen(platform, tenant, 1004)
    prepared = await intake.prepare(files, [picture((44, 44))], NoScanner())
    later = datetime.now(UTC) + timedelta(days=2)
    async with anyio.create_task_group() as group, platform.works.begin(tenant, SYSTEM) as work:
        await intake.note(work, prepared, owner)
        group.start_soon(erasing.sweep, platform.db, tenant, files, later, range(256))
        await anyio.wait_all_tasks_blocked()
    assert files.exists(prepared.sha256)


def test_every_part_of_the_store_comes_round_in_a_day() -> None:
    day = datetime(2026, 11, 23, tzinfo=UTC)
    seen = [n for hour in range(24) for n in _shards(day + timedelta(hours=hour))]
    assert sorted(seen) == list(range(256))


def test_whoever_names_a_content_is_known_to_the_eraser(plugins: Plugins) -> None:
    tables = [table for unit in all_units(plugins) for table in unit.tables]
    naming = {
        (table.name, column.name)
        for table in tables
        for column in table.columns
        if table.info.get("tenant") and column.name.endswith("sha256")
    }
    assert naming == set(erasing.NAMED_BY)
