"""A paper outlives the host that stands on it: the key set remembers where a province was."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from anyio import run_process

from motcua import clock
from motcua.documents.paper import PaperError, verify_paper
from motcua.dossiers.sealing import About, seal
from motcua.events.log import SYSTEM
from motcua.files.qr import read_codes
from motcua.ids import random_code
from motcua.keys import root, rotation
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import jose, paper_keys
from motcua.wallet.paper_keys import read_paper_keys
from tests.conftest import NewTenant
from tests.core.wallet.archive import NAME

from .samples import RESULT

pytestmark = pytest.mark.anyio


async def _paper(platform: Platform, tenant: Tenant, folder: Path) -> str:
    """Seal a result and read the code from its paper copy."""
    async with platform.works.begin(tenant, SYSTEM) as work:
        await rotation.make_missing(work.tx, work.vault, platform.settings, work.now)
        about = About("0001/2026/KQ", random_code(12), NAME, work.now, None)
        data = {**RESULT, "unit": {"name": "Phường Mẫu"}, "result": {"number": about.number}}
        sha256, _ = await seal(platform, work, "result", data, about)
    folder.mkdir()
    pdf = platform.files.for_tenant(tenant.id, tenant.slug).get(sha256)
    (folder / "result.pdf").write_bytes(pdf)
    shown = ["pdftoppm", "-r", "200", "-png", "result.pdf", "page"]
    await run_process(shown, cwd=str(folder))
    (text,) = [
        code
        for page in sorted(folder.glob("page*.png"))
        for code in read_codes(page.read_bytes())
        if "#" in code
    ]
    return text


async def _listed(platform: Platform, tenant: Tenant) -> Any:
    pem = root.certificate_file(platform.settings).read_bytes()
    text = await paper_keys.published(platform, tenant, clock.now())
    source = platform.settings.url_of(tenant.slug)
    return text, read_paper_keys(text, root=pem, source=source)


async def test_papers_from_before_and_after_a_host_was_renamed_hold(
    platform: Platform, new_tenant: NewTenant, tmp_path: Path
) -> None:
    tenant = await new_tenant()
    before = await _paper(platform, tenant, tmp_path / "before")
    settings = replace(platform.settings, base_url="https://ten-moi.example.vn:8443")
    there = replace(platform, settings=settings, cache={})
    renamed = replace(tenant, host=f"{tenant.slug}.ten-moi.example.vn")
    after = await _paper(there, renamed, tmp_path / "after")
    assert after.lower().startswith(f"https://{renamed.host}:8443/v/")
    text, known = await _listed(there, renamed)
    for paper in (before, after):
        assert verify_paper(paper, keys=known).number == "0001/2026/KQ"
    mine = [e for e in jose.read(text).payload["keys"] if tenant.slug in e["home"]]
    assert [e["hosts"] for e in mine] == [[f"{tenant.host}:8000"], [f"{renamed.host}:8443"]]
    assert {e["home"] for e in mine} == {f"{renamed.host}:8443"}
    # Neither key speaks for the other's host, nor for whoever has the old name now.
    for paper, host in [(before, renamed.host), (after, tenant.host), (after, "ha-noi.localhost")]:
        moved = "HTTPS://" + host.upper() + paper[paper.index("/V/") :]
        with pytest.raises(PaperError) as refused:
            verify_paper(moved, keys=known)
        assert refused.value.reason_code == "untrusted_issuer"


async def test_a_key_that_holds_for_both_hosts_says_both(
    platform: Platform, new_tenant: NewTenant, tmp_path: Path
) -> None:
    """Below the old name, or on another port, the authority may certify it all the same."""
    tenant = await new_tenant()
    before = await _paper(platform, tenant, tmp_path / "before")
    there = replace(
        platform, settings=replace(platform.settings, base_url="http://localhost:9000"), cache={}
    )
    after = await _paper(there, tenant, tmp_path / "after")
    text, known = await _listed(there, tenant)
    (entry,) = [e for e in jose.read(text).payload["keys"] if tenant.slug in e["home"]]
    assert entry["hosts"] == [f"{tenant.host}:9000", f"{tenant.host}:8000"]
    for paper in (before, after):
        assert verify_paper(paper, keys=known)
