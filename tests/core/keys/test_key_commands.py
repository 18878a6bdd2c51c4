"""``motcua keys``: what an operator types, and what he is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from click.testing import CliRunner

from motcua import cli
from motcua.demo.cluster import Cluster
from motcua.keys import root
from tests.conftest import NewTenant

pytestmark = pytest.mark.anyio
Run = Callable[..., Any]
PHRASE = "một câu rất dài và khó đoán"


@pytest.fixture
def run(prepared: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Call the program as an operator would, on a data folder of his own with the same root."""
    settings, data = prepared.settings, tmp_path / "data"
    data.mkdir()
    for file in (root.certificate_file(settings), root.key_file(settings)):
        (data / file.name).write_bytes(file.read_bytes())
    for name, value in {
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key.hex(),
        "REDIS_URL": settings.redis_url,
        "DATA": str(data),
        "BASE_URL": settings.base_url,
    }.items():
        monkeypatch.setenv(f"MOTCUA_{name}", value)
    (tmp_path / "phrase").write_text(PHRASE)

    async def call(*words: str, fails: str = "", text: bool = False, typed: str = "") -> Any:
        said = await anyio.to_thread.run_sync(
            lambda: CliRunner().invoke(cli.main, ["keys", *words], input=typed)
        )
        if fails:
            assert said.exit_code != 0, said.output
            assert fails in said.output
            return None
        assert said.exit_code == 0, said.output
        return said.stdout if text else json.loads(said.stdout)

    return call


async def test_a_tenant_gets_its_keys_and_they_are_listed(run: Run, new_tenant: NewTenant) -> None:
    slug = (await new_tenant()).slug
    assert "motcua keys make" in await run("list", slug, text=True)
    made = (await run("make", slug, "--json"))["made"]
    assert [key["purpose"] for key in made] == ["authority", "document", "credential"]
    assert "nothing to do" in await run("make", slug, text=True)
    listed = (await run("list", slug, "--json"))["keys"]
    assert {key["state"] for key in listed} == {"valid"}
    assert listed[0]["certified_by"] == "root"
    signs = (await run("check", slug, "--json"))["signs"]
    assert signs.keys() == {"document", "credential"}


async def test_the_next_key_is_published_then_used_then_the_old_one_revoked(
    run: Run, new_tenant: NewTenant
) -> None:
    slug, about = (await new_tenant()).slug, ("--purpose", "credential", "--json")
    old = (await run("make", slug, "--json"))["made"][2]["kid"]
    (waiting,) = (await run("publish-ahead", slug, "--hours", "48", *about))["made"]
    assert waiting["state"] == "published"
    (used,) = (await run("rotate", slug, *about))["made"]
    assert (used["kid"], used["state"]) == (waiting["kid"], "valid")
    await run("revoke", slug, old, "--reason", "lộ", fails="Aborted", typed="n\n")
    await run("revoke", slug, old, "--reason", "lộ", fails="credential  sealed", typed="n\n")
    done = await run("revoke", slug, old, "--reason", "lộ", "--yes", "--json")
    assert (done["revoked"], done["successors"], done["results"]) == ([old], [], 0)
    listed = {k["kid"]: k for k in (await run("list", slug, "--json"))["keys"]}
    assert (listed[old]["state"], listed[old]["reason"]) == ("revoked", "lộ")
    assert listed[old]["revoked_by"] == "operator"


async def test_the_root_goes_away_and_an_authority_is_made_from_the_stick(
    run: Run, new_tenant: NewTenant, tmp_path: Path
) -> None:
    slug, stick = (await new_tenant()).slug, str(tmp_path / "stick.pem")
    phrase = ("--passphrase-file", str(tmp_path / "phrase"))
    assert (await run("root", "show", "--json"))["key"]
    assert "no longer at" in await run("root", "take-away", stick, *phrase, text=True)
    assert (tmp_path / "data" / "root.crl").exists(), "the root's last word for a year"
    assert (await run("root", "show", "--json"))["key"] is None
    await run("root", "take-away", stick, *phrase, fails="nothing to take away")
    await run("make", slug, fails="motcua keys root bring-back")
    made = await run("ca", slug, "--root-key", stick, *phrase, "--json")
    assert made["made"][0]["purpose"] == "authority"
    assert (await run("root", "show", "--json"))["key"] is None, "the stick was only read"
    assert len((await run("make", slug, "--json"))["made"]) == 2, "signers need no root"
    assert "nothing to do" in await run("ca", slug, "--root-key", stick, *phrase, text=True)
    (tmp_path / "phrase").write_text("sai hoàn toàn rồi")
    await run("root", "bring-back", stick, *phrase, fails="passphrase")
    (tmp_path / "phrase").write_text(PHRASE)
    await run("root", "bring-back", stick, *phrase, text=True)
    assert (await run("root", "show", "--json"))["key"]


async def test_the_roots_certificate_is_given_to_others(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "for-the-bank.pem"
    said = await run("root", "export", str(file), text=True)
    shown = await run("root", "show", "--json")
    assert shown["fingerprint"] in said
    assert b"PRIVATE" not in file.read_bytes()
    assert await run("root", "make", "--json") == shown, "there is one already"


async def test_what_cannot_be_done_is_said_with_what_to_do(run: Run, new_tenant: NewTenant) -> None:
    slug = (await new_tenant()).slug
    await run("list", "nowhere", fails="there are: ")
    await run("rotate", slug, "--purpose", "document", fails="motcua keys ca")
    await run("revoke", slug, "x", "--reason", "r", "--yes", fails=f"motcua keys list {slug}")
    await run("revoke", slug, "x", "--reason", "r", fails=f"motcua keys list {slug}")
    await run("revoke", "nowhere", "x", "--reason", "r", fails="no tenant 'nowhere'")
    await run("check", slug, fails=f"motcua keys make {slug}")
    for words in (["list"], ["root", "take-away"], ["revoke"]):
        assert "Usage" in await run(*words, "--help", text=True)
