"""``motcua document``: a paper is checked from files alone, what lasts is owed, the root's list is renewed."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio import run_process
from cryptography import x509

from motcua.files.qr import read_codes
from motcua.keys import crls, root
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.web.gate import Gate
from tests.conftest import Browser, Command

from .results import Desk

pytestmark = pytest.mark.anyio
Run = Callable[..., Any]


@pytest.fixture
async def desk(platform: Platform, quang_ninh: Tenant, app: Gate) -> AsyncIterator[Desk]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        yield Desk(platform, quang_ninh, client)


@pytest.fixture
def run(command: Command) -> Run:
    async def call(*words: str, code: int = 0) -> Any:
        said = await command("document", *words)
        assert said.exit_code == code, said.output
        return json.loads(said.stdout) if said.stdout.startswith("{") else said.output

    return call


async def test_a_paper_is_checked_from_files_alone(
    desk: Desk, run: Run, browse: Browser, tmp_path: Path
) -> None:
    row = await desk.issue()
    (tmp_path / "result.pdf").write_bytes(desk.file(row["pdf_sha256"]))
    page = str(tmp_path / "page")
    await run_process(["pdftoppm", "-r", "200", "-png", str(tmp_path / "result.pdf"), page])
    pictures = sorted(tmp_path.glob("page*.png"))
    (text,) = [t for p in pictures for t in read_codes(p.read_bytes()) if "#" in t]
    listed = await browse("quang-ninh").get("/.well-known/motcua-paper-keys")
    (tmp_path / "keys.jwt").write_text(listed.text)
    given = [
        *("--keys", str(tmp_path / "keys.jwt")),
        *("--root", str(root.certificate_file(desk.platform.settings))),
        *("--source", desk.platform.settings.url_of("quang-ninh")),
    ]
    said = await run("paper", text, *given, "--pdf", str(tmp_path / "result.pdf"))
    assert (said["genuine"], said["number"], said["is_the_pdf"]) == (True, row["number"], True)
    said = await run("paper", text[:-8], *given, code=1)
    assert (said["genuine"], said["reason_code"]) == (False, "malformed")


async def test_what_has_no_time_stamp_is_owed_one(desk: Desk, run: Run) -> None:
    await desk.issue()
    assert (await run("seal", "--tenant", "quang-ninh", "--most", "1"))["owed"] == 1
    assert "no tenant" in await run("seal", "--tenant", "nowhere", code=2)


async def test_the_roots_list_is_written_anew(desk: Desk, run: Run) -> None:
    said = await run("crl")
    file = crls.root_file(desk.platform.settings)
    assert said["file"] == str(file)
    assert x509.load_der_x509_crl(file.read_bytes()).next_update_utc is not None


async def test_the_list_is_renewed_by_a_key_that_was_taken_away_and_without_one_says_how(
    desk: Desk, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    phrase, taken = "một câu rất dài và khó đoán", tmp_path / "root-key.pem"
    (tmp_path / "phrase").write_text(phrase + "\n")
    settings = desk.platform.settings
    root.take_away(settings, taken, phrase)
    try:
        assert "--root-key FILE" in await run("crl", code=2)
        given = ("--root-key", str(taken), "--passphrase-file", str(tmp_path / "phrase"))
        said = await run("crl", *given)
        assert said["file"] == str(crls.root_file(settings))
        (tmp_path / "phrase").write_text("một câu khác hẳn, không đúng")
        assert "Traceback" not in await run("crl", *given, code=2)
    finally:
        root.bring_back(settings, taken, phrase)


async def test_a_list_that_ended_while_the_key_was_away_tells_the_operator(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime, timedelta

    from motcua.errors import Unavailable

    now = datetime.now(UTC)
    await crls.renew_root(desk.platform, now)
    monkeypatch.setattr(root, "available", lambda settings: False)
    assert await crls.of_root(desk.platform, now)
    with pytest.raises(Unavailable, match="motcua document crl"):
        await crls.of_root(desk.platform, now + crls.ROOT_LIFETIME + timedelta(seconds=1))


async def test_whoever_asks_for_the_roots_list_makes_no_root(desk: Desk, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from motcua.errors import Unavailable

    bare = replace(desk.platform, settings=replace(desk.platform.settings, data=tmp_path))
    with pytest.raises(Unavailable, match="motcua document crl"):
        await crls.of_root(bare, datetime.now(UTC))
    assert not list(tmp_path.iterdir())
