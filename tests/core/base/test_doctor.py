"""The doctor looks at what an installation needs, and names what is wrong."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from motcua import clock
from motcua.demo.cluster import Cluster
from motcua.doctor import Finding, examine
from motcua.keys import crls, root
from motcua.settings import Settings, from_environment, is_scanner

pytestmark = pytest.mark.anyio


async def _found(settings: Settings, name: str) -> Finding:
    return next(f for f in await examine(settings) if f.name == name)


async def test_the_national_role_reads_figures_and_no_dossier(prepared: Cluster) -> None:
    settings, name = prepared.settings, "national database role"
    assert (await _found(settings, name)).ok
    as_app = await _found(replace(settings, national_url=settings.database_url), name)
    assert not as_app.ok
    assert "reads dossiers" in as_app.detail
    gone = await _found(replace(settings, national_url="postgresql://x@localhost:1/none"), name)
    assert not gone.ok
    assert "MOTCUA_NATIONAL_DATABASE_URL" in gone.advice
    assert (await _found(replace(settings, national_url=""), name)).ok, "not every node has it"


async def test_the_application_must_be_let_make_functions_of_its_connection(
    prepared: Cluster,
) -> None:
    name = "temporary functions"
    assert (await _found(prepared.settings, name)).ok
    admin = await asyncpg.connect(prepared.postgres.url("postgres", "motcua"))
    try:
        await admin.execute("revoke temporary on database motcua from public")
        found = await _found(prepared.settings, name)
    finally:
        await admin.execute("grant temporary on database motcua to public")
        await admin.close()
    assert not found.ok
    assert "grant temporary" in found.advice


async def test_the_roots_list_of_revoked_certificates_must_hold_while_its_key_is_away(
    prepared: Cluster, tmp_path: Path
) -> None:
    settings, name = replace(prepared.settings, data=tmp_path), "root revocation list"
    now = clock.now()
    authority = root.load_or_make(settings, now)
    assert (await _found(settings, name)).ok, "with the key at hand it is made when it is asked for"
    root.take_away(settings, tmp_path / "safe.pem", "a long passphrase")
    missing = await _found(settings, name)
    assert not missing.ok
    assert "motcua document crl" in missing.advice
    for days, ok in ((365, True), (29, False), (-1, False)):
        made = crls.make(authority, {}, now - timedelta(days=2), timedelta(days=days + 2))
        crls.root_file(settings).write_bytes(made)
        found = await _found(settings, name)
        assert found.ok is ok, found.detail
    assert "ended on" in found.detail


async def test_a_scanner_that_does_not_answer_is_a_fault(prepared: Cluster, tmp_path: Path) -> None:
    place = tmp_path / "clamd.ctl"
    settings = replace(prepared.settings, clamd=f"unix:{place}")
    assert not (await _found(settings, "malware scanner")).ok

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zPING\0"
        writer.write(b"PONG\0")
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(answer, place):
        assert (await _found(settings, "malware scanner")).ok
    assert (await _found(replace(settings, clamd=""), "malware scanner")).ok


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("unix:/run/clamav/clamd.ctl", True),
        ("tcp:scanner:3310", True),
        ("tcp:[::1]:3310", True),
        ("tcp:scanner", False),
        ("tcp::3310", False),
        ("tcp:scanner:0", False),
        ("tcp:scanner:99999", False),
        ("unix:", False),
        ("unix:clamd.ctl", False),
        ("/run/clamav/clamd.ctl", False),
    ],
)
def test_an_address_of_a_scanner_is_checked_at_the_start(
    address: str, right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_DATABASE_URL", "postgresql://mc_app@localhost/motcua")
    monkeypatch.setenv("MOTCUA_SECRET_KEY", "00" * 32)
    monkeypatch.setenv("MOTCUA_CLAMD", address)
    assert is_scanner(address) is right
    if right:
        assert from_environment().clamd == address
    else:
        with pytest.raises(ValueError, match="MOTCUA_CLAMD"):
            from_environment()


@pytest.mark.parametrize(
    ("text", "right"), [("8", True), ("", True), ("0", False), ("many", False)]
)
def test_the_number_of_processors_is_checked_at_the_start(
    text: str, right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_DATABASE_URL", "postgresql://mc_app@localhost/motcua")
    monkeypatch.setenv("MOTCUA_SECRET_KEY", "00" * 32)
    monkeypatch.setenv("MOTCUA_DATABASE_PROCESSORS", text)
    if right:
        assert from_environment().database_processors >= 1
    else:
        with pytest.raises(ValueError, match="MOTCUA_DATABASE_PROCESSORS"):
            from_environment()
