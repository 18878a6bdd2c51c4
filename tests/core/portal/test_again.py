"""Start from last time: earlier answers fill a new draft, and earlier papers are offered again."""

import pytest

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.portal.people import COPY, sign_in, submit, window
from tests.core.portal.test_mine import Filed, filed

__all__ = ["filed"]
pytestmark = pytest.mark.anyio


async def test_a_draft_begins_with_the_answers_of_last_time(filed: Filed) -> None:
    page = await filed.seen.get(f"/procedures/{COPY}")
    assert "Bắt đầu từ lần trước" in page
    assert filed.track_code in page
    answer = await filed.seen.post(f"/apply/{COPY}/again")
    home = str(answer.headers["location"])
    second = await filed.seen.get(f"{home}/form/2")
    assert 'value="Nguyễn Văn An"' in second
    assert 'value="05/09/1990"' in second
    assert "Nội dung kín" in await filed.seen.get(f"{home}/form/3")
    resumed = await filed.seen.client.get(home)
    assert resumed.headers["location"] == f"{home}/papers", "nothing is left to fill in"


async def test_an_earlier_paper_is_used_again_and_the_dossier_says_so(filed: Filed) -> None:
    answer = await filed.seen.post(f"/apply/{COPY}/again")
    home = str(answer.headers["location"])
    papers = await filed.seen.get(f"{home}/papers")
    assert filed.track_code in papers, "the paper is offered, not attached"
    held = papers.split('name="reuse.relation" value="')[1].split('"')[0]
    await filed.seen.post(f"{home}/papers", {"reuse.relation": held, "action": "upload"})
    track_code = await submit(filed.seen, home)
    async with filed.platform.db.tenant(filed.tenant) as tx:
        dossier = await tx.fetchval("select id from dossier where track_code = $1", track_code)
        how = "select provenance from component where dossier_id = $1"
        assert await tx.fetchval(how, dossier) == "self-scanned"
    page = await filed.seen.get(f"/my/{dossier}")
    assert f"Dùng lại từ hồ sơ {filed.track_code}" in page


async def test_nobody_starts_from_somebody_elses_dossier(
    filed: Filed, platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    other = window(browse("quang-ninh"), await sign_in(platform, quang_ninh, 4, "Lê Thị Mới"))
    assert "Bắt đầu từ lần trước" not in await other.get(f"/procedures/{COPY}")
    await other.post(f"/apply/{COPY}/again", status=404)
