"""Scanning papers: slots, page counts, taking away, and what is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from motcua.files import intake
from motcua.files.convert import to_pdf
from motcua.files.qr import qr_png
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.core.files.clamd import clamd, daemon
from tests.core.files.samples import pdf
from tests.core.station.conftest import NewScreen
from tests.core.station.person import Screen, somebody
from tests.core.station.test_privacy import stored

pytestmark = pytest.mark.anyio


async def at_papers(station: NewScreen, number: int) -> Screen:
    screen = await station()
    await screen.identify(somebody(number))
    await screen.fill_allowance()
    assert screen.seen[-1] == "/station/papers"
    return screen


def picture(name: str) -> tuple[str, bytes, str]:
    return (f"{name}.png", qr_png(name), "image/png")


async def test_several_pictures_make_one_paper_with_its_pages(station: NewScreen) -> None:
    screen = await at_papers(station, 31)
    files = [("evidence", picture("mot")), ("evidence", picture("hai"))]
    await screen.press("/station/papers", {"go": "stay"}, files)
    assert "Bản chụp 1" in screen.page
    assert "2 trang" in screen.page
    assert "Bản chụp 2" not in screen.page


async def test_a_scan_can_be_taken_away_and_taken_again(station: NewScreen) -> None:
    screen = await at_papers(station, 32)
    await screen.press("/station/papers", {"go": "stay"}, {"evidence": picture("sai")})
    scan = screen.page.split('name="remove.evidence" value="')[1].split('"')[0]
    await screen.press("/station/papers", {"remove.evidence": scan})
    assert "Bản chụp 1" not in screen.page
    await screen.press("/station/papers", {"go": "next"}, {"evidence": picture("dung")})
    assert screen.seen[-1] == "/station/check"
    assert "1 trang đã chụp" in screen.page


async def test_a_required_paper_must_be_there(station: NewScreen) -> None:
    screen = await at_papers(station, 33)
    answer = await screen.press("/station/papers", {"go": "next"})
    assert answer.status_code == 422
    assert 'id="f-evidence-error"' in screen.page
    assert (await screen.client.get("/station/check")).headers["location"] == "/station/papers"


async def test_a_body_of_60_mb_is_refused_within_the_station(station: NewScreen) -> None:
    screen = await at_papers(station, 34)
    files = {"evidence": ("big.pdf", b"%PDF-1.7\n" + b"0" * 60_000_000, "application/pdf")}
    answer = await screen.press("/station/papers", {"go": "next"}, files)
    assert answer.status_code == 413
    assert "50 MB" in answer.text
    assert 'class="station"' in answer.text


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"%PDF-1.7\n" + b"0" * 22_000_000, 413, "lớn hơn 20 MB"),
        (b"<!doctype html><html><script>alert(1)</script></html>", 415, ""),
        (pdf(1) + b"<html><script>alert(1)</script></html>", 415, ""),
        (b"", 422, "Tệp trống"),
    ],
)
async def test_what_is_no_paper_is_refused_at_its_slot(
    station: NewScreen, content: bytes, status: int, said: str
) -> None:
    screen = await at_papers(station, 35)
    files: Any = {"evidence": ("giay.pdf", content, "application/pdf")}
    answer = await screen.press("/station/papers", {"go": "next"}, files)
    assert answer.status_code == status
    assert said in answer.text
    assert 'id="f-evidence-error"' in answer.text
    assert "Bản chụp 1" not in answer.text


async def test_scans_of_a_person_who_left_while_they_were_read_are_nobodys(
    station: NewScreen, platform: Platform, quang_ninh: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = await at_papers(station, 36)
    before = stored(platform, quang_ninh)
    left: list[int] = []

    async def leave() -> None:
        body = {"_csrf_token": await screen.token()}
        left.append((await screen.client.post("/station/wipe", data=body)).status_code)

    def convert(parts: list[bytes]) -> bytes:
        anyio.from_thread.run(leave)
        return to_pdf(parts)

    monkeypatch.setattr(intake, "to_pdf", convert)
    files = {"evidence": picture("cua nguoi da di")}
    answer = await screen.press("/station/papers", {"go": "stay"}, files, follow=False)
    assert left == [303]
    assert (answer.status_code, answer.headers["location"]) == (303, "/station")
    assert stored(platform, quang_ninh) == before


async def test_a_threat_is_refused_at_its_slot(
    station: NewScreen, platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    screen = await at_papers(station, 37)
    name, content, kind = picture("nguy hai")
    async with clamd(tmp_path, daemon()) as address:
        monkeypatch.setattr(platform, "settings", replace(platform.settings, clamd=address))
        bad = {"evidence": (name, content + b"VIRUS", kind)}
        answer = await screen.press("/station/papers", {"go": "stay"}, bad)
    assert answer.status_code == 415
    assert "mã độc" in answer.text
    assert "Bản chụp 1" not in answer.text


async def test_a_paper_of_before_is_used_again_with_consent_and_outlives_its_being_taken_away(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await at_papers(station, 51)
    await screen.press("/station/papers", {"go": "next"}, {"evidence": picture("lan-dau")})
    await screen.open("/station/check")
    await screen.hand_in()
    second = await at_papers(station, 51)
    held = second.page.split('name="reuse.evidence" value="')[1].split('"')[0]
    await second.press("/station/papers", {"go": "stay", "reuse.evidence": "file:khong-co"})
    assert "Bản chụp 1" not in second.page
    await second.press("/station/papers", {"go": "stay", "reuse.evidence": held})
    assert "Bản chụp 1" in second.page
    scan = second.page.split('name="remove.evidence" value="')[1].split('"')[0]
    await second.press("/station/papers", {"remove.evidence": scan})
    async with platform.db.tenant(quang_ninh) as tx:
        kept = await tx.fetchval("select 1 from stored_file where id = $1", held.split(":")[1])
        given = await tx.fetchval(
            "select scopes from consent where purpose = 'reuse:1.001776' and scopes = $1",
            [f"evidence={held}"],
        )
    assert kept, "the file of the first dossier stays"
    assert given
    await second.press("/station/papers", {"go": "next", "reuse.evidence": held})
    assert second.seen[-1] == "/station/check"
