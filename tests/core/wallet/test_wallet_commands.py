"""``motcua wallet``: each command prints one JSON object, and does what its program's API does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from motcua.errors import Conflict
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, samples
from tests.conftest import Command
from tests.core.wallet.archive import KIND, Archive

pytestmark = pytest.mark.anyio
Run = Callable[..., Any]


@pytest.fixture
def run(command: Command) -> Run:
    async def call(*words: str, fails: str = "") -> Any:
        said = await command("wallet", *words)
        if fails:
            assert said.exit_code != 0, said.output
            assert fails in said.output
            return None
        assert said.exit_code == 0, said.output
        return json.loads(said.stdout)

    return call


async def test_an_offer_by_value_is_all_that_a_wallet_needs(run: Run, archive: Archive) -> None:
    made = await run(
        "offer", "--tenant", "quang-ninh", "--sample", KIND, "--tx-code", "--by-value", "--haip"
    )
    assert made["offer"].startswith("haip-vci://?credential_offer=%7B")
    await archive.wallet().receive(made["offer"], tx_code=made["tx_code"])
    by_sign_in = await run(
        "offer", "--tenant", "quang-ninh", "--sample", KIND, "--flow", "code", "--by-value"
    )
    offer = json.loads(parse_qs(urlsplit(by_sign_in["offer"]).query)["credential_offer"][0])
    assert "issuer_state" in offer["grants"]["authorization_code"]


async def test_a_sample_is_offered_asked_for_and_withdrawn(
    run: Run, archive: Archive, quang_ninh: Tenant
) -> None:
    made = await run("offer", "--tenant", "quang-ninh", "--sample", KIND, "--tx-code")
    assert made["offer"].startswith("openid-credential-offer://?credential_offer_uri=http")
    wallet = archive.wallet()
    await wallet.receive(made["offer"], tx_code=made["tx_code"])
    asked = await run("request", "--tenant", "quang-ninh", "--claims", "full_name", "--haip")
    assert asked["request"].startswith("haip-vp://")
    await wallet.present(asked["request"])
    found = (await archive.client.get(asked["result_url"])).json()
    assert found["credentials"][0]["claims"]["full_name"] == samples.HOLDER
    result = made["result"]
    for what, standing in (("suspend", "suspended"), ("restore", "valid"), ("revoke", "revoked")):
        why = ("--reason", "thử") if what == "suspend" else ()
        done = await run(what, "--result", result, *why)
        assert (done["done"], done["copies"]) == (what, 1)
        stands = await run("status", result)
        assert stands["status"] == standing
        assert stands["history"][-1]["reason"] == (
            why[1] if why else "Lệnh của người vận hành, không ghi lý do"
        )
    await run("restore", "--result", result, "--reason", "thử", fails="status")


async def test_without_a_code_the_link_is_enough(run: Run, archive: Archive) -> None:
    made = await run("offer", "--tenant", "quang-ninh", "--sample", KIND)
    assert made["tx_code"] is None
    wallet = archive.wallet()
    await wallet.receive(made["offer"])
    assert len(wallet.papers) == 1


async def test_a_deferred_sample_is_waited_for(
    run: Run, archive: Archive, quang_ninh: Tenant
) -> None:
    made = await run("offer", "--tenant", "quang-ninh", "--sample", KIND, "--deferred", "--tx-code")
    wallet = archive.wallet()
    got = await wallet.receive(made["offer"], tx_code=made["tx_code"])
    (waiting,) = got.waiting
    assert await wallet.collect(waiting) == []
    ready = "update issued_result set issued_at = now() where dossier_id = $1 returning 1"
    assert await archive.one(quang_ninh, ready, UUID(made["dossier"])) == 1
    assert len(await wallet.collect(waiting)) == 1


async def test_an_offer_without_code_is_for_who_signs_in(run: Run, archive: Archive) -> None:
    at = ("--tenant", "quang-ninh", "--flow", "code")
    made = await run("offer", *at, "--sample", KIND, "--holder", "001194012345")
    assert made["tx_code"] is None
    uri = parse_qs(urlsplit(made["offer"]).query)["credential_offer_uri"][0]
    offer = (await archive.client.get(uri)).json()
    assert list(offer["grants"]) == ["authorization_code"]
    await run("offer", *at, "--sample", KIND, "--tx-code", fails="needs no transaction code")
    await run("offer", *at, "--sample", KIND, "--holder", "1", fails="12 digits")


async def test_what_is_missing_is_said(run: Run) -> None:
    at = ("--tenant", "quang-ninh")
    await run("offer", *at, fails="one of them")
    unknown = "01900000-0000-7000-8000-000000000000"
    await run("offer", *at, "--result", unknown, "--sample", KIND, fails="one of them")
    await run("offer", *at, "--result", unknown, "--deferred", fails="is not deferred")
    await run("offer", *at, "--result", unknown, fails="no such result")
    await run("offer", *at, "--dossier", unknown, fails="no such open dossier")
    await run("offer", *at, "--sample", "no-such", fails="issues:")
    await run("offer", "--tenant", "nowhere", "--sample", KIND, fails="no tenant")
    await run("request", *at, "--claims", "no_such_claim", fails="motcua:")
    await run("status", unknown, fails="no tenant has a result")


async def test_a_page_for_a_third_party_says_who_asks(run: Run) -> None:
    words = ("--claims", "full_name", "--for", "Ngân hàng", "--why", "Mở tài khoản", "--page")
    made = await run("request", "--tenant", "quang-ninh", *words)
    assert "/verify/with-wallet/" in made["page"]
    assert "result_url" not in made


async def test_a_token_is_made_and_ended(run: Run) -> None:
    at = ("--tenant", "quang-ninh")
    made = await run("token", *at, "--name", "Ngân hàng", "--scope", "request")
    assert len(made["token"]) > 40
    assert (await run("token-end", *at, made["id"]))["done"] == "end"
    await run("token-end", *at, made["id"], fails="no such token")


async def test_an_issuer_is_believed_and_then_no_longer(run: Run, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    root = certificates.make_root("Gốc ngoài", now=datetime.now(UTC)).certificate
    file = tmp_path / "root.pem"
    file.write_bytes(certificates.to_pem(root))
    at = ("--tenant", "quang-ninh")
    made = await run(
        "trust", "add", *at, "--issuer", "https://cli.example", "--name", "Ngoài",
        "--certificates", str(file), "--type", f"{KIND}=https://cli.example/r", "--until", "2100-01-01",
    )  # fmt: skip
    listed = (await run("trust", "list", *at))["issuers"]
    (entry,) = [e for e in listed if e["id"] == made["id"]]
    assert (entry["types"], entry["revoked_at"]) == ({KIND: "https://cli.example/r"}, None)
    await run("trust", "revoke", *at, made["id"], "--reason", "thử xong")
    listed = (await run("trust", "list", *at))["issuers"]
    (entry,) = [e for e in listed if e["id"] == made["id"]]
    assert (entry["revoked_by"], entry["reason"]) == ("operator", "thử xong")


async def test_samples_are_made_on_this_machine_only(
    platform: Platform, quang_ninh: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    elsewhere = replace(platform.settings, base_url="https://motcua.example")
    monkeypatch.setattr(platform, "settings", elsewhere)
    with pytest.raises(Conflict):
        await samples.make(platform, quang_ninh, KIND, actor=SYSTEM)
