"""Applying from the first page to the confirmation, with everything that people get wrong."""

import json
from urllib.parse import unquote
from uuid import UUID

import pytest

from motcua.dossiers.drafts import LIMIT
from motcua.events.log import SYSTEM
from motcua.ids import token
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from tests.conftest import Browser
from tests.core.portal.people import (
    ALLOWANCE,
    COPY,
    WARD,
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
_DOSSIER = "select * from dossier where track_code = $1"
_PAPERS = "select paper_key, provenance, sha256 from component where dossier_id = $1"


@pytest.fixture
async def seen(platform: Platform, quang_ninh: Tenant, browse: Browser) -> Window:
    return window(browse("quang-ninh"), await sign_in(platform, quang_ninh))


@pytest.fixture(autouse=True)
async def no_drafts(platform: Platform, quang_ninh: Tenant) -> None:
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute("delete from draft")


async def test_a_citizen_applies_for_a_copy_from_the_register(
    seen: Window, platform: Platform, quang_ninh: Tenant
) -> None:
    start = await seen.get(f"/procedures/{COPY}")
    assert "Nộp hồ sơ" in start
    home = await begin(seen)
    first = await seen.get(f"{home}/form/1")
    assert "không sửa được" in first
    await fill(seen, home, requests_for="relative")
    assert "bắt buộc" in (await seen.get(f"{home}/papers")).lower()
    await seen.post(f"{home}/papers", {"action": "continue"}, photo("relation"))
    assert "Hồng Gai" in await seen.get(f"{home}/unit?q=hong+gai")
    await seen.post(f"{home}/unit", {"unit": WARD})
    check = await seen.get(f"{home}/check")
    assert "anh.jpg" in check
    assert "Miễn phí" in check
    answer = await seen.post(f"{home}/check", {"truth": "1"})
    confirmation = await seen.follow(answer)
    track_code = answer.headers["location"].rsplit("/", 1)[1]
    assert track_code in confirmation
    assert "<svg" in confirmation
    async with platform.db.tenant(quang_ninh) as tx:
        dossier = await tx.fetchrow(_DOSSIER, track_code)
        assert dossier
        papers = await tx.fetch(_PAPERS, dossier["id"])
        assert await tx.fetchval("select count(*) from draft") == 0
    assert [(p["paper_key"], p["provenance"]) for p in papers] == [("relation", "self-scanned")]
    assert dossier["channel"] == 2
    await seen.post(f"{home}/check", {"truth": "1"}, status=404)


async def test_every_wrong_answer_is_told_in_vietnamese_and_kept(seen: Window) -> None:
    home = await begin(seen)
    wrong = {"requests_for": "self", "subject_name": "An", "subject_birth": "31/2/1990"}
    answer = await seen.post(f"{home}/form/2", wrong, status=422)
    assert "<title>Lỗi: " in answer.text
    assert "data-error-summary" in answer.text
    assert 'href="#f-subject_birth"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="31/2/1990"' in await seen.get(f"{home}/form/2")


async def test_an_unknown_field_is_refused(seen: Window) -> None:
    home = await begin(seen)
    answer = await seen.post(f"{home}/form/3", {"register_kind": "birth", "evil": "1"}, status=422)
    assert "Mục này không có trong biểu mẫu" in answer.text


async def test_what_the_identity_says_cannot_be_changed(seen: Window) -> None:
    home = await begin(seen)
    answer = await seen.post(f"{home}/form/1", {"full_name": "Người Khác"}, status=422)
    assert "nguồn có thẩm quyền" in answer.text


async def test_a_question_appears_with_the_answer_that_calls_for_it(seen: Window) -> None:
    home = await begin(seen)
    part = await seen.post(f"{home}/part/3", {"register_kind": "other"}, status=200)
    assert 'name="other_kind"' in part.text
    assert "<html" not in part.text
    assert 'name="other_kind"' not in await seen.get(f"{home}/form/3")
    answer = await seen.post(f"{home}/form/3", {"register_kind": "other"}, status=422)
    assert 'name="other_kind"' in answer.text


async def test_a_draft_goes_on_where_it_was_left(seen: Window) -> None:
    home = await begin(seen)
    answer = await seen.client.get(home)
    assert answer.headers["location"].endswith("/form/2")
    await fill(seen, home)
    answer = await seen.client.get(home)
    assert answer.headers["location"].endswith("/papers")


async def test_changing_an_answer_returns_to_the_check_page(seen: Window) -> None:
    home = await begin(seen)
    await fill(seen, home)
    check = await seen.get(f"{home}/check")
    assert f"{home}/form/3?back=check#f-register_kind" in check
    body = {"register_kind": "death", "copies": "1", "_return": "check"}
    answer = await seen.post(f"{home}/form/3", body)
    assert answer.headers["location"].endswith("/check")


async def test_what_is_missing_is_listed_and_cannot_be_submitted(seen: Window) -> None:
    home = await begin(seen)
    await fill(seen, home, requests_for="relative")
    answer = await seen.post(f"{home}/papers", {"action": "continue"}, status=422)
    assert "Thiếu giấy tờ: Giấy tờ chứng minh quan hệ" in answer.text
    check = await seen.get(f"{home}/check")
    assert "Hãy chọn cơ quan giải quyết" in check
    assert 'name="truth"' not in check
    await seen.post(f"{home}/check", {"truth": "1"}, status=422)


async def test_nothing_is_submitted_without_the_declaration(seen: Window) -> None:
    home = await begin(seen)
    await fill(seen, home)
    await seen.post(f"{home}/unit", {"unit": WARD})
    answer = await seen.post(f"{home}/check", status=422)
    assert "Cần xác nhận mục này để tiếp tục" in answer.text


async def test_an_unknown_office_is_refused(seen: Window) -> None:
    home = await begin(seen)
    answer = await seen.post(f"{home}/unit", {"unit": "99999"}, status=422)
    assert "Hãy chọn một cơ quan trong danh sách." in answer.text


async def test_a_person_has_at_most_five_drafts(seen: Window) -> None:
    for _ in range(LIMIT):
        home = await begin(seen)
    answer = await seen.post(f"/apply/{COPY}", status=409)
    assert f"Bạn đã có {LIMIT} bản nháp" in answer.text
    await seen.post(f"{home}/delete")
    await begin(seen)


async def test_another_persons_draft_does_not_exist(
    seen: Window, platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    home = await begin(seen)
    other = window(browse("quang-ninh"), await sign_in(platform, quang_ninh, 1))
    for path in ("", "/form/1", "/papers", "/unit", "/check"):
        await other.get(home + path, 404)
    await other.post(f"{home}/form/1", {"phone": ""}, status=404)
    await other.post(f"{home}/delete", status=404)


async def test_a_page_that_calls_itself_a_pdf_is_refused(seen: Window) -> None:
    home = await begin(seen)
    await fill(seen, home, requests_for="relative")
    fake = [("relation", ("don.pdf", b"<html><script>alert(1)</script></html>", "application/pdf"))]
    answer = await seen.post(f"{home}/papers", {"action": "upload"}, fake, status=422)
    assert "f-relation-error" in answer.text


async def test_a_file_above_the_limit_is_told_beside_its_slot(seen: Window) -> None:
    home = await begin(seen)
    await fill(seen, home, requests_for="relative")
    large = photo("relation", picture() + b"\0" * 21_000_000)
    answer = await seen.post(f"{home}/papers", {"action": "upload"}, large, status=422)
    assert "lớn hơn 20 MB" in answer.text


async def test_sixty_megabytes_are_too_much(seen: Window) -> None:
    home = await begin(seen)
    await seen.get(f"{home}/papers")
    await seen.post(f"{home}/papers", {}, photo("relation", b"\0" * 60_000_000), status=413)


async def test_uploads_are_shown_and_taken_out_again(seen: Window) -> None:
    home = await begin(seen)
    await fill(seen, home, requests_for="relative")
    await seen.post(f"{home}/papers", {"action": "upload"}, photo("relation", name="giấy.jpg"))
    listed = await seen.get(f"{home}/papers")
    assert "giấy.jpg" in listed
    file_id = listed.split('name="remove.relation" value="')[1].split('"')[0]
    shown = await seen.client.get(f"{home}/files/{file_id}")
    assert shown.content.startswith(b"%PDF")
    await seen.post(f"{home}/papers", {"remove.relation": file_id})
    assert "giấy.jpg" not in await seen.get(f"{home}/papers")


async def test_a_paper_that_a_wallet_can_replace_is_asked_of_the_wallet(seen: Window) -> None:
    home = await begin(seen, ALLOWANCE)
    await seen.post(f"{home}/form/1", {"phone": "0912345678"})
    about = {
        "request": "start",
        "beneficiary_name": "Nguyễn Văn An",
        "beneficiary_birth": "05/09/1990",
        "address": "Hồng Gai",
        "category": "disability",
    }
    await seen.post(f"{home}/form/2", about)
    assert "Dùng giấy tờ trong ví" in await seen.get(f"{home}/papers")
    path = f"{home}/papers/evidence/present"
    answer = await seen.post(path, {"vct_type": "register-copy"})
    assert "request_uri" in answer.headers["location"]
    await seen.post(f"{home}/papers/application/present", status=404)
    unknown = f"{home}/papers?presentation=01977b7e-0000-7000-8000-000000000000&response_code=x"
    assert "Hãy bắt đầu lại" in await seen.get(unknown, 422)


_VERIFIED = """
update presentation set status = 'verified', finished_at = now(), response_code_hash = $2,
  claims_sealed = $3, issuer = 'https://thai-nguyen.example', digest = 'd' where id = $1
"""


async def presented(platform: Platform, tenant: Tenant, link: str, name: str) -> tuple[str, str]:
    """Do what the wallet's answer does to a presentation; returns its id and the response code."""
    presentation = unquote(link).split("/vp/")[1].split("/")[0]
    code = token()
    claims = {"register_kind": "disability", "full_name": name}
    async with platform.works.begin(tenant, SYSTEM) as work:
        sealed = work.vault.seal(json.dumps(claims))
        await work.tx.execute(_VERIFIED, UUID(presentation), digest(code), sealed)
    return presentation, code


async def allowance(seen: Window) -> str:
    """Fill an allowance for a person with a disability up to the papers."""
    home = await begin(seen, ALLOWANCE)
    about = {
        "request": "start",
        "beneficiary_name": "Nguyễn Văn An",
        "beneficiary_birth": "05/09/1990",
        "address": "Hồng Gai",
        "category": "disability",
    }
    await seen.post(f"{home}/form/1", {"phone": "0912345678"})
    await seen.post(f"{home}/form/2", about)
    await seen.post(f"{home}/form/3", {"paid_by": "cash"})
    return home


async def test_a_presented_paper_takes_the_place_of_the_upload(
    seen: Window, platform: Platform, quang_ninh: Tenant
) -> None:
    home = await allowance(seen)
    answer = await seen.post(f"{home}/papers/evidence/present", {"vct_type": "register-copy"})
    link = answer.headers["location"]
    presentation, code = await presented(platform, quang_ninh, link, "nguyễn văn AN")
    back = f"{home}/papers?presentation={presentation}&response_code={code}"
    await seen.get(back, 303)
    assert "không cần nộp bản giấy" in await seen.get(f"{home}/papers")
    await seen.get(back, 422)  # the code is worth one look
    track_code = await submit(seen, home)
    async with platform.db.tenant(quang_ninh) as tx:
        dossier = await tx.fetchrow(_DOSSIER, track_code)
        assert dossier
        papers = await tx.fetch("select * from component where dossier_id = $1", dossier["id"])
        used = await tx.fetchval("select status from presentation where id = $1", presentation)
    assert [(p["paper_key"], p["provenance"]) for p in papers] == [("evidence", "issuer-signed")]
    assert papers[0]["evidence"]["presentation"] == presentation
    assert "Nguyễn" not in str(papers[0]["evidence"]).title()
    assert used == "used"


async def test_a_paper_about_somebody_else_stands_for_nothing(
    seen: Window, platform: Platform, quang_ninh: Tenant
) -> None:
    home = await allowance(seen)
    answer = await seen.post(f"{home}/papers/evidence/present", {"vct_type": "register-copy"})
    link = answer.headers["location"]
    presentation, code = await presented(platform, quang_ninh, link, "Trần Thị Khác")
    back = f"{home}/papers?presentation={presentation}&response_code={code}"
    assert "không thay được giấy tờ nào" in await seen.get(back, 422)


async def test_markup_in_an_answer_stays_text(seen: Window) -> None:
    home = await begin(seen)
    await fill(seen, home, content='<script>alert("x")</script>')
    check = await seen.get(f"{home}/check")
    assert "<script>alert" not in check
    assert "&lt;script&gt;alert" in check
    track_code = await submit(seen, home)
    page = await seen.get(f"/submitted/{track_code}")
    mine = await seen.get("/my/" + page.split("<main")[1].split('href="/my/')[1].split('"')[0])
    assert "<script>alert" not in mine
    assert "&lt;script&gt;alert" in mine


async def test_an_english_reader_is_told_the_procedures_english_name(seen: Window) -> None:
    home = await begin(seen)
    await fill(seen, home)
    track_code = await submit(seen, home)
    for path in (f"/submitted/{track_code}", f"/track/{track_code}"):
        assert "Copy from the original register" in await seen.get(f"{path}?lang=en")


async def test_somebody_who_is_not_signed_in_is_asked_to(browse: Browser) -> None:
    client = browse("quang-ninh")
    assert "/sign-in?next=/procedures/2.000908" in (await client.get(f"/procedures/{COPY}")).text
    assert (await client.get("/my")).status_code == 401


async def test_english_pages_hold_no_vietnamese_instruction(seen: Window) -> None:
    home = await begin(seen)
    text = await seen.get(f"{home}/form/1?lang=en")
    assert "Save and continue" in text
    assert "Full name" in text
