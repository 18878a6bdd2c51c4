"""A supplement on the citizen's page: the items asked for, each with its note, and nothing else."""

from typing import Any

import pytest

from motcua.dossiers import queries, reception
from motcua.dossiers.supplements import Item, Request, opened_changes
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.portal import offices
from tests.core.portal.people import Window, begin, fill, photo, sign_in, submit, window
from tests.core.portal.test_mine import Filed, filed

__all__ = ["filed"]
pytestmark = pytest.mark.anyio
_EVENT = "select payload from event where subject = $1 and type = 'dossier.answers_changed'"

_SOURCE = """
insert into answer_source (dossier_id, field, kind, issuer, issuer_name, digest, proven_at)
values ($1, $2, 'birth-certificate', 'https://a.example', 'Tỉnh Mẫu', 'd', now())
"""
_SOURCES = "select field from answer_source where dossier_id = $1"


async def _ask(filed: Filed, *items: Item, reason: str = "") -> str:
    """Ask for items during settlement; returns the path of the citizen's page."""
    await filed.accept()
    await offices.step(filed.platform, filed.tenant, filed.officer, filed.id)
    await offices.step(
        filed.platform,
        filed.tenant,
        filed.officer,
        filed.id,
        outcome="supplement",
        items=items,
        reason=reason,
    )
    return f"/my/{filed.id}"


async def _answers(filed: Filed) -> dict[str, Any]:
    async with offices.begin(filed.platform, filed.tenant, filed.officer) as work:
        return queries.answers(work, await queries.one(work.tx, filed.id))


async def test_a_page_shows_the_items_with_their_notes_and_what_stands_there_now(
    filed: Filed,
) -> None:
    path = await _ask(
        filed,
        Item("field", "subject_birth", "Sổ ghi năm <1991>"),
        Item("paper", "relation", "Chụp cả mặt sau"),
    )
    text = await filed.seen.get(path)
    assert "Sổ ghi năm &lt;1991&gt;" in text
    assert "Chụp cả mặt sau" in text
    assert 'name="subject_birth" value="05/09/1990"' in text
    assert 'name="subject_name"' not in text
    public = await filed.seen.get(f"/track/{filed.track_code}")
    assert "1991" not in public


async def test_a_mended_answer_is_sealed_again_and_the_log_knows_only_which(filed: Filed) -> None:
    before = await _answers(filed)
    for field in ("subject_birth", "subject_name"):
        async with offices.begin(filed.platform, filed.tenant, filed.officer) as work:
            await work.tx.execute(_SOURCE, filed.id, field)
    path = await _ask(filed, Item("field", "subject_birth", "Sai năm sinh"))
    wrong = await filed.seen.post(
        f"{path}/supplement", {"_shown": "subject_birth", "subject_birth": "31/2/1991"}, status=422
    )
    assert "Ngày này không có trong lịch" in wrong.text
    assert 'value="31/2/1991"' in wrong.text, "what was typed stays"
    await filed.seen.post(
        f"{path}/supplement", {"_shown": "subject_birth", "subject_birth": "5/9/1991"}
    )
    assert await _answers(filed) == {**before, "subject_birth": "1991-09-05"}
    async with offices.begin(filed.platform, filed.tenant, filed.officer) as work:
        told = await work.tx.fetchval(_EVENT, filed.id)
        request = (await queries.supplements(work.tx, filed.id))[-1]
        changes = opened_changes(work.vault, request["changes_sealed"])
        left = [row["field"] for row in await work.tx.fetch(_SOURCES, filed.id)]
    assert left == ["subject_name"], "a mended answer no longer stands on a paper of the wallet"
    assert told == {"fields": ["subject_birth"]}
    assert [(c.key, c.old, c.new) for c in changes] == [
        ("subject_birth", "1990-09-05", "1991-09-05")
    ]


async def test_nothing_else_can_be_changed(filed: Filed) -> None:
    path = await _ask(filed, Item("field", "subject_birth", "Sai năm sinh"))
    sent = {"subject_birth": "5/9/1991", "subject_name": "Người Khác"}
    answer = await filed.seen.post(f"{path}/supplement", sent, status=422)
    assert "Mục này không nằm trong yêu cầu bổ sung" in answer.text
    api = await _api(filed, {"answers": {"subject_birth": "5/9/1991", "copies": 9}})
    assert api.status_code == 422
    assert [e["field"] for e in api.json()["errors"]] == ["answers.copies"]
    assert "Cần bạn bổ sung" in await filed.seen.get(path)


async def test_a_question_that_the_answer_brings_up_is_asked_for_too(filed: Filed) -> None:
    path = await _ask(filed, Item("field", "register_kind", "Sổ không phải sổ khai sinh"))
    sent = {"_shown": "register_kind", "register_kind": "other"}
    part = await filed.seen.post(f"{path}/supplement/part", sent, status=200)
    assert 'name="other_kind"' in part.text
    seen = await filed.seen.post(f"{path}/supplement", sent, status=422)
    assert 'name="other_kind"' in seen.text
    both = {"_shown": ["register_kind", "other_kind"], "register_kind": "other"}
    missing = await filed.seen.post(f"{path}/supplement", {**both, "other_kind": ""}, status=422)
    assert "Mục này bắt buộc" in missing.text
    await filed.seen.post(f"{path}/supplement", {**both, "other_kind": "Nhận con nuôi"})
    assert (await _answers(filed))["other_kind"] == "Nhận con nuôi"


async def test_a_paper_that_the_answer_brings_up_is_asked_for_too(
    platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    filed = await _file_for_myself(platform, quang_ninh, browse)
    async with offices.begin(platform, quang_ninh, filed.officer) as work:
        asked = Request((Item("field", "requests_for", "Người trong sổ không phải bạn"),))
        await reception.ask(platform, work, filed.id, asked, filed.officer.id)
    path, sent = f"/my/{filed.id}", {"_shown": "requests_for", "requests_for": "relative"}
    refused = await filed.seen.post(f"{path}/supplement", sent, status=422)
    assert "Thiếu giấy tờ: Giấy tờ chứng minh quan hệ" in refused.text
    assert 'id="f-relation"' in refused.text
    await filed.seen.post(f"{path}/supplement", sent, photo("relation"))
    assert "Giấy tờ chứng minh quan hệ" in await filed.seen.get(path)


async def test_errors_are_told_in_the_language_of_the_page(filed: Filed) -> None:
    path = await _ask(filed, Item("paper", "relation", "Mờ"), Item("field", "copies", "Ghi số bản"))
    sent = {"subject_name": "Người Khác", "_shown": "copies", "copies": "2"}
    answer = await filed.seen.post(f"{path}/supplement?lang=en", sent, status=422)
    assert "Missing: Proof of the relation" in answer.text
    assert "This was not asked for" in answer.text
    await filed.seen.get(f"{path}?lang=vi")


async def test_the_request_is_a_paper_with_its_items(filed: Filed) -> None:
    path = await _ask(filed, Item("field", "copies", "Ghi số bản"), Item("paper", "relation", "Mờ"))
    slip = await filed.seen.client.get(f"{path}/supplement.pdf")
    assert slip.content.startswith(b"%PDF")


async def _file_for_myself(platform: Platform, tenant: Tenant, browse: Browser) -> Filed:
    async with platform.db.tenant(tenant) as tx:
        await tx.execute("delete from draft")
    person = await sign_in(platform, tenant, 2, "Trịnh Thị Bí Mật")
    seen = window(browse("quang-ninh"), person)
    home = await begin(seen)
    await fill(seen, home)
    track_code = await submit(seen, home)
    async with platform.db.tenant(tenant) as tx:
        dossier = await tx.fetchval("select id from dossier where track_code = $1", track_code)
    officer = await offices.officer(platform, tenant)
    return Filed(dossier, track_code, person, seen, officer, platform, tenant)


async def _api(filed: Filed, body: dict[str, Any]) -> Any:
    seen: Window = filed.seen
    return await seen.client.post(
        f"/api/dossiers/{filed.id}/supplement",
        json=body,
        headers={"authorization": f"Bearer {filed.person.token}", "accept": "application/json"},
    )
