"""Uploads from the scanner to the row: judged, bounded, stored once, and gone when nothing came of them."""

from pathlib import Path
from uuid import UUID

import anyio
import pytest
from anyio import to_thread

from motcua.errors import Conflict, Invalid, TooLarge, Unavailable, Unsupported
from motcua.events.log import SYSTEM
from motcua.files import erasing, intake
from motcua.files.convert import MAX_PARTS, to_pdf
from motcua.files.scan import NoScanner, scanner_of
from motcua.files.store import TenantFiles
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant
from tests.core.files.clamd import clamd, daemon
from tests.core.files.samples import pdf, picture, tiff

pytestmark = pytest.mark.anyio
MEGA = (1000, 1000)


class Shelf:
    """A tenant of its own with an empty store."""

    def __init__(self, platform: Platform, tenant: Tenant) -> None:
        self.platform = platform
        self.tenant = tenant
        self.files: TenantFiles = platform.files.for_tenant(tenant.id, tenant.slug)
        self.owner = uuid7()

    async def prepare(self, shade: str = "JPEG") -> intake.Prepared:
        return await intake.prepare(self.files, [picture(kind=shade)], NoScanner())

    async def note(self, prepared: intake.Prepared) -> UUID:
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            return (await intake.note(work, prepared, self.owner)).id

    async def forget(self) -> None:
        async with self.platform.db.tenant(self.tenant) as tx:
            await tx.execute("delete from stored_file")

    async def erase(self, sha256: str) -> int:
        return await erasing.erase(self.platform.db, self.tenant, self.files, [sha256])

    def contents(self) -> list[str]:
        folder = self.platform.settings.data / "files" / self.tenant.slug
        return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
async def shelf(platform: Platform, new_tenant: NewTenant) -> Shelf:
    return Shelf(platform, await new_tenant())


async def test_many_pages_that_unfold_to_too_many_pixels_are_refused_before_they_are_decoded() -> (
    None
):
    pages = tiff(24, size=(4200, 4200))
    assert len(pages) < 100_000, "a small file"
    with pytest.raises(TooLarge, match="400 million"):
        to_pdf([pages])


async def test_the_pixels_of_all_parts_count_together() -> None:
    part = tiff(6, size=(5000, 5000))
    to_pdf([part, part])
    with pytest.raises(TooLarge, match="400 million"):
        to_pdf([part] * 3)


async def test_a_jpeg_counts_with_its_whole_size() -> None:
    with pytest.raises(TooLarge, match="400 million"):
        to_pdf([picture((7000, 7000), mode="L", quality=1)] * 9)


async def test_an_upload_has_a_bounded_number_of_parts() -> None:
    to_pdf([picture((20, 20))] * MAX_PARTS)
    with pytest.raises(TooLarge, match="30"):
        to_pdf([picture((20, 20))] * (MAX_PARTS + 1))


async def test_few_conversions_run_at_a_time(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0
    full = anyio.Event()

    def convert(parts: list[bytes]) -> bytes:
        anyio.from_thread.run(enter)
        return pdf()

    async def enter() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == intake.AT_ONCE:
            full.set()
        await full.wait()  # as many as may are here together, however slow the machine is
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
        running -= 1

    monkeypatch.setattr(intake, "to_pdf", convert)
    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(intake.prepare, shelf.files, [b"x"], NoScanner())
    assert most == intake.AT_ONCE


async def test_what_is_noted_stays_and_what_is_not_is_erased(shelf: Shelf) -> None:
    kept, left = await shelf.prepare(), await shelf.prepare("PNG")
    both = [kept, left]
    async with intake.keeping(shelf.platform.db, shelf.tenant, shelf.files, both):
        await shelf.note(kept)
    assert shelf.contents() == [kept.sha256]


async def test_a_work_that_is_rolled_back_leaves_no_content(shelf: Shelf) -> None:
    prepared = await shelf.prepare()
    with pytest.raises(Conflict):
        async with (
            intake.keeping(shelf.platform.db, shelf.tenant, shelf.files, [prepared]),
            shelf.platform.works.begin(shelf.tenant, SYSTEM) as work,
        ):
            await intake.note(work, prepared, shelf.owner)
            raise Conflict("Không.", "No.")
    assert shelf.contents() == []


async def test_a_content_that_anything_names_is_not_erased(shelf: Shelf) -> None:
    prepared = await shelf.prepare()
    await shelf.note(prepared)
    assert await shelf.erase(prepared.sha256) == 0
    await shelf.forget()
    assert await shelf.erase(prepared.sha256) == 1
    assert shelf.contents() == []


async def test_a_content_erased_between_prepare_and_note_is_stored_again(shelf: Shelf) -> None:
    prepared = await shelf.prepare()
    assert await shelf.erase(prepared.sha256) == 1
    await shelf.note(prepared)
    assert await to_thread.run_sync(shelf.files.get, prepared.sha256) == prepared.pdf


async def test_an_erasure_waits_for_who_is_noting_the_same_content(shelf: Shelf) -> None:
    prepared = await shelf.prepare()
    erased: list[int] = []

    async def erase() -> None:
        erased.append(await shelf.erase(prepared.sha256))

    async with (
        anyio.create_task_group() as group,
        shelf.platform.works.begin(shelf.tenant, SYSTEM) as work,
    ):
        await intake.note(work, prepared, shelf.owner)
        group.start_soon(erase)
        await _until_somebody_waits(shelf)
        assert shelf.files.exists(prepared.sha256)
        assert erased == []
    assert erased == [0]
    assert shelf.files.exists(prepared.sha256)


async def _until_somebody_waits(shelf: Shelf) -> None:
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with anyio.fail_after(10):
        while True:
            async with shelf.platform.db.tenant(shelf.tenant) as tx:
                if await tx.fetchval(waiting):
                    return


async def test_uploads_and_erasures_of_one_content_never_lose_it(shelf: Shelf) -> None:
    async def upload() -> None:
        prepared = await shelf.prepare()
        async with intake.keeping(shelf.platform.db, shelf.tenant, shelf.files, [prepared]):
            await shelf.note(prepared)

    sha256 = (await shelf.prepare()).sha256
    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(upload)
            group.start_soon(shelf.erase, sha256)
    assert shelf.contents() == [sha256]


async def test_a_threat_is_refused_and_nothing_of_it_is_stored(
    shelf: Shelf, tmp_path: Path
) -> None:
    async with clamd(tmp_path, daemon()) as address:
        scanner = scanner_of(address)
        infected = picture() + b"VIRUS"
        with pytest.raises(Unsupported, match="malware"):
            await intake.prepare(shelf.files, [picture(), infected], scanner)
        assert shelf.contents() == []
        await intake.prepare(shelf.files, [picture()], scanner)
    assert len(shelf.contents()) == 1


async def test_without_an_answer_of_the_scanner_nothing_is_taken(
    shelf: Shelf, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable):
        await intake.prepare(shelf.files, [picture()], scanner_of(f"unix:{tmp_path}/nothing"))
    assert shelf.contents() == []


async def test_a_file_that_cannot_be_used_leaves_nothing(shelf: Shelf) -> None:
    with pytest.raises(Invalid):
        await intake.prepare(shelf.files, [b""], NoScanner())
    assert shelf.contents() == []
