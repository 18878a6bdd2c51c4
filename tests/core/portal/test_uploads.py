"""Uploads by every door: scanned, converted while no transaction is open, and gone when refused."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from litestar.datastructures import UploadFile

from motcua.dossiers.supplements import Item
from motcua.files import intake
from motcua.files.convert import to_pdf
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.files.clamd import clamd, daemon
from tests.core.portal import offices
from tests.core.portal.people import (
    Person,
    Window,
    begin,
    fill,
    photo,
    picture,
    sign_in,
    submit,
    window,
)

pytestmark = pytest.mark.anyio
_IDLE = """
select count(*) from pg_stat_activity where datname = current_database()
  and state like 'idle in transaction%'
"""


@pytest.fixture
async def person(platform: Platform, quang_ninh: Tenant) -> Person:
    return await sign_in(platform, quang_ninh, 60)


@pytest.fixture
def seen(browse: Browser, person: Person) -> Window:
    return window(browse("quang-ninh"), person)


@pytest.fixture
def api(browse: Browser, person: Person) -> httpx2.AsyncClient:
    client = browse("quang-ninh")
    client.headers["authorization"] = f"Bearer {person.token}"
    client.headers["accept"] = "application/json"
    return client


@pytest.fixture
def scanned(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what sets the scanner's address."""

    def at(address: str) -> None:
        monkeypatch.setattr(platform, "settings", replace(platform.settings, clamd=address))

    return at


def stored(platform: Platform, tenant: Tenant) -> set[str]:
    folder = platform.settings.data / "files" / tenant.slug
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def at_papers(seen: Window) -> str:
    home = await begin(seen)
    await fill(seen, home, requests_for="relative")
    return f"{home}/papers"


async def test_a_threat_is_refused_at_its_slot_and_nothing_of_it_is_kept(
    seen: Window,
    platform: Platform,
    quang_ninh: Tenant,
    scanned: Callable[[str], None],
    tmp_path: Path,
) -> None:
    papers = await at_papers(seen)
    before = stored(platform, quang_ninh)
    async with clamd(tmp_path, daemon()) as address:
        scanned(address)
        bad = photo("relation", picture(101) + b"VIRUS", "nguy-hai.jpg")
        answer = await seen.post(papers, {"action": "upload"}, bad, status=422)
        assert "mã độc" in answer.text
        assert "nguy-hai.jpg" not in answer.text
        assert stored(platform, quang_ninh) == before
        await seen.post(papers, {"action": "upload"}, photo("relation", picture(102), "lanh.jpg"))
    assert "lanh.jpg" in await seen.get(papers)


async def test_a_silent_scanner_lets_nothing_in(
    seen: Window,
    api: httpx2.AsyncClient,
    platform: Platform,
    quang_ninh: Tenant,
    scanned: Callable[[str], None],
    tmp_path: Path,
) -> None:
    papers = await at_papers(seen)
    before = stored(platform, quang_ninh)
    scanned(f"unix:{tmp_path}/nobody")
    answer = await seen.post(
        papers, {"action": "upload"}, photo("relation", picture(103)), status=422
    )
    assert "Chưa kiểm tra được mã độc" in answer.text
    sent = {"file": ("a.jpg", picture(104), "image/jpeg")}
    assert (await api.post("/api/files", files=sent)).status_code == 503
    assert stored(platform, quang_ninh) == before


async def test_a_program_learns_that_its_file_is_a_threat(
    api: httpx2.AsyncClient, scanned: Callable[[str], None], tmp_path: Path
) -> None:
    async with clamd(tmp_path, daemon()) as address:
        scanned(address)
        sent = {"file": ("a.jpg", picture(105) + b"VIRUS", "image/jpeg")}
        assert (await api.post("/api/files", files=sent)).status_code == 415


async def test_no_transaction_is_open_while_a_file_is_converted(
    seen: Window,
    api: httpx2.AsyncClient,
    platform: Platform,
    quang_ninh: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    idle: list[int] = []

    async def count() -> None:
        async with platform.db.tenant(quang_ninh) as tx:
            idle.append(await tx.fetchval(_IDLE))

    def convert(parts: list[bytes]) -> bytes:
        anyio.from_thread.run(count)
        return to_pdf(parts)

    monkeypatch.setattr(intake, "to_pdf", convert)
    papers = await at_papers(seen)
    await seen.post(papers, {"action": "upload"}, photo("relation", picture(106)))
    await api.post("/api/files", files={"file": ("a.jpg", picture(107), "image/jpeg")})
    home = papers.removesuffix("/papers")
    track_code = await submit(seen, home)
    dossier, officer = await _asked(platform, quang_ninh, track_code)
    await seen.post(f"/my/{dossier}/supplement", {}, photo("relation", picture(108)))
    assert idle == [0, 0, 0]
    assert officer


async def _asked(platform: Platform, tenant: Tenant, track_code: str) -> tuple[Any, Any]:
    """Accept the dossier and ask for the proof of relation again."""
    officer = await offices.officer(platform, tenant)
    async with platform.db.tenant(tenant) as tx:
        dossier = await tx.fetchval("select id from dossier where track_code = $1", track_code)
    await offices.accept(platform, tenant, officer, dossier)
    await offices.step(platform, tenant, officer, dossier)
    more = {"outcome": "supplement", "items": [Item("paper", "relation", "Bản chụp mờ")]}
    await offices.step(platform, tenant, officer, dossier, **more)
    return dossier, officer


async def test_an_answer_that_is_not_complete_leaves_no_content(
    seen: Window, platform: Platform, quang_ninh: Tenant
) -> None:
    papers = await at_papers(seen)
    await seen.post(papers, {"action": "upload"}, photo("relation", picture(109)))
    track_code = await submit(seen, papers.removesuffix("/papers"))
    dossier, _ = await _asked(platform, quang_ninh, track_code)
    before = stored(platform, quang_ninh)
    async with platform.db.tenant(quang_ninh) as tx:  # asked for another paper meanwhile
        await tx.execute(
            "update supplement set items = items || $2 where dossier_id = $1",
            dossier,
            [{"kind": "paper", "key": "identity", "note": "Mờ"}],
        )
    path = f"/my/{dossier}/supplement"
    await seen.post(path, {}, photo("relation", picture(110)), status=422)
    assert stored(platform, quang_ninh) == before


_RESULT = """
insert into issued_result (id, dossier_id, trace_id, holder_id, number, kind, title_vi, title_en,
  claims_sealed, pdf_sha256, verify_code, signing_kid, issued_at)
select gen_random_uuid(), d.id, d.trace_id, d.subject_id, $2, 'granted', 'Thử', 'Test', '', $3, $2, 'k',
  now() from dossier d where d.track_code = $1
"""


async def test_a_file_to_compare_is_read_in_pieces_and_has_a_limit(
    seen: Window,
    browse: Browser,
    platform: Platform,
    quang_ninh: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    papers = await at_papers(seen)
    await seen.post(papers, {"action": "upload"}, photo("relation", picture(111)))
    track_code = await submit(seen, papers.removesuffix("/papers"))
    content = b"%PDF-" + b"0" * 3_000_000
    code = track_code.replace("-", "")[::-1]
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute(_RESULT, track_code, code, sha256(content).hexdigest())
    sizes: list[int] = []
    read = UploadFile.read

    async def noted(file: UploadFile, size: int = -1) -> bytes:
        sizes.append(size)
        return await read(file, size)

    monkeypatch.setattr(UploadFile, "read", noted)
    anybody = Window(browse("quang-ninh"))
    await anybody.get(f"/verify/{code}")
    same = await anybody.post(f"/verify/{code}", {}, photo("file", content, "k.pdf"), status=200)
    assert "đúng là bản đã cấp" in same.text
    assert 0 < min(sizes) == max(sizes) <= 1_000_000
    big = photo("file", b"0" * 22_000_000, "k.pdf")
    await anybody.post(f"/verify/{code}", {}, big, status=413)
