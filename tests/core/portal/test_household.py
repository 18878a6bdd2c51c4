"""A form with rows, files, addresses, co-signers and a representative, filled in without JavaScript."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.procedure import Paper
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.catalogue.household import household
from tests.core.portal.people import (
    COPY,
    WARD,
    Person,
    Window,
    begin,
    photo,
    picture,
    sign_in,
    window,
)

pytestmark = pytest.mark.anyio
_OPEN = "select answers_sealed, subject_id, submitter_id, subject_name from dossier where track_code = $1"
HOME = {"home.unit": "06685", "home.text": "Số 81, tổ 9"}
GROWN = {"members.0": "1", "members.0.name": "Tạ Xuân Mẫu", "members.0.born": "5/9/1970"}
CHILD = {"members.1": "1", "members.1.name": "Tạ Thị Con", "members.1.born": "1/6/2019"}


def paper(key: str) -> Paper:
    return Paper(
        key=key, name_vi=f"Giấy {key}", name_en=f"Paper {key}", kind="copy", required=False
    )


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a procedure ask the household's form for a while, whichever way its law is read."""

    def asking(read: Callable[..., Adopted]) -> Callable[..., Adopted]:
        def found(law: TenantLaw, *how: Any) -> Adopted:
            adopted = read(law, *how)
            if adopted.code != COPY:
                return adopted
            papers = (paper("birth"), paper("mandate"))
            procedure = replace(adopted.package.procedure, papers=papers)
            package = dataclasses.replace(adopted.package, form=household(), procedure=procedure)
            return dataclasses.replace(adopted, package=package)

        return found

    for name in ("current", "adopted"):
        monkeypatch.setattr(TenantLaw, name, asking(getattr(TenantLaw, name)))


@pytest.fixture
async def me(platform: Platform, quang_ninh: Tenant) -> Person:
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute("delete from draft")
    return await sign_in(platform, quang_ninh)


@pytest.fixture
async def seen(form: None, me: Person, browse: Browser) -> Window:
    return window(browse("quang-ninh"), me)


async def fill(seen: Window, home: str) -> None:
    """Fill in a household of one."""
    await seen.post(f"{home}/form/1", HOME)
    await seen.post(f"{home}/form/2", GROWN)
    await seen.post(f"{home}/form/3")
    await seen.post(f"{home}/unit", {"unit": WARD})


async def test_rows_are_added_filled_and_taken_out_by_buttons(seen: Window) -> None:
    home = await begin(seen)
    await seen.post(f"{home}/form/1", HOME)
    page = await seen.get(f"{home}/form/2")
    assert 'name="members.0.name"' in page, "one row is demanded and stands ready"
    answer = await seen.post(f"{home}/form/2", {**GROWN, "_add": "members"})
    assert answer.headers["location"].endswith("/form/2?at=members.1#f-members.1")
    page = await seen.follow(answer)
    assert 'value="Tạ Xuân Mẫu"' in page
    assert 'name="members.1.name"' in page
    answer = await seen.post(f"{home}/form/2", {**GROWN, **CHILD, "_drop": "members.0"})
    page = await seen.follow(answer)
    assert "Tạ Xuân Mẫu" not in page.split("<form method")[-1]
    assert 'name="members.0.name" value="Tạ Thị Con"' in page


async def test_a_condition_of_a_row_opens_its_own_question(seen: Window) -> None:
    home = await begin(seen)
    part = await seen.post(f"{home}/part/2", {**GROWN, **CHILD}, status=200)
    assert 'name="members.1.guardian"' in part.text
    assert 'name="members.0.guardian"' not in part.text
    answer = await seen.post(f"{home}/form/2", {**GROWN, **CHILD}, status=422)
    assert 'href="#f-members.1.guardian"' in answer.text
    assert 'id="f-members.1.guardian-error"' in answer.text
    assert "Người 2, Người giám hộ: Mục này bắt buộc" in answer.text


async def test_an_error_in_a_row_that_is_not_on_the_page_links_to_it(seen: Window) -> None:
    home = await begin(seen)
    body: dict[str, Any] = {}
    for n in range(45):
        body |= {f"members.{n}.name": f"Tạ Mẫu {'A' * n}", f"members.{n}.born": "1/1/1970"}
    body |= {"members.3.born": "31/2/1970", "members.41.born": ""}
    answer = await seen.post(f"{home}/form/2", body, status=422)
    assert 'href="#f-members.3.born"' in answer.text
    far = re.search(r'href="([^"]*)#f-members\.41\.born"', answer.text)
    assert far
    assert 'id="f-members.41.born"' in await seen.get(far[1].replace("&amp;", "&"))
    answer = await seen.post(f"{home}/form/2", {"_go": "members.20"})
    page = await seen.follow(answer)
    assert 'name="members.20.name"' in page
    assert 'name="members.19.name"' not in page
    assert "21–40 / 45" in page


async def test_what_a_page_does_not_ask_is_refused(seen: Window) -> None:
    home = await begin(seen)
    answer = await seen.post(f"{home}/form/2", {**GROWN, "members.0.admin": "1"}, status=422)
    assert "Mục này không có trong biểu mẫu" in answer.text
    answer = await seen.post(f"{home}/form/2", {**GROWN, "income": "5"})
    page = await seen.get(f"{home}/form/2")
    assert '<output id="f-income" tabindex="-1">0 đ</output>' in page


async def test_a_file_belongs_to_its_row_and_goes_with_it(
    seen: Window, platform: Platform, quang_ninh: Tenant
) -> None:
    home = await begin(seen)
    await fill(seen, home)
    body = {**GROWN, **CHILD, "members.1.guardian": "Tạ Xuân Mẫu"}
    await seen.post(f"{home}/form/2", body)
    answer = await seen.post(f"{home}/form/2", {**body, "_file": "1"}, photo("members.1.proof"))
    page = await seen.follow(answer)
    assert "anh.jpg" in page
    file_id = page.split('name="remove.members.1.proof" value="')[1].split('"')[0]
    assert (await seen.client.get(f"{home}/files/{file_id}")).content.startswith(b"%PDF")
    fake = [("members.1.proof", ("x.pdf", b"<html>", "application/pdf"))]
    refused = await seen.post(f"{home}/form/2", {**body, "_file": "1"}, fake, status=422)
    assert "f-members.1.proof-error" in refused.text
    track_code = await submit(seen, home)
    async with platform.db.tenant(quang_ninh) as tx:
        sql = """select paper_key from component c join dossier d on d.id = c.dossier_id
        where d.track_code = $1"""
        assert await tx.fetchval(sql, track_code) == "birth"
    again = await begin(seen)
    await seen.post(f"{again}/form/2", {**body, "_add": "members"})
    page = await seen.get(f"{again}/form/2")
    held = page.split('name="reuse.members.1.proof" value="')[1].split('"')[0]
    await seen.post(f"{again}/form/2", {**body, "reuse.members.1.proof": held, "_file": "1"})
    assert 'name="remove.members.1.proof"' in await seen.get(f"{again}/form/2")
    await seen.post(f"{again}/form/2", {**body, "remove.members.1.proof": held})
    assert 'name="remove.members.1.proof"' not in await seen.get(f"{again}/form/2")


async def submit(seen: Window, home: str) -> str:
    """Hand in; returns the track code."""
    answer = await seen.post(f"{home}/check", {"truth": "1"})
    return str(answer.headers["location"]).rsplit("/", 1)[1]


async def answers(platform: Platform, tenant: Tenant, track_code: str) -> tuple[Any, Any]:
    """Return the stored answers of a dossier and its row."""
    import msgspec

    from motcua.events.log import SYSTEM

    async with platform.works.begin(tenant, SYSTEM) as work:
        row = await work.tx.fetchrow(_OPEN, track_code)
        assert row
        return msgspec.json.decode(work.vault.open(row["answers_sealed"])), row


async def test_a_cosigner_reads_and_confirms_before_anything_is_submitted(
    seen: Window, platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    home = await begin(seen)
    await fill(seen, home)
    friend = await sign_in(platform, quang_ninh, 7, "Lê Thị Bạn")
    body = {"signers.0": "1", "signers.0.full_name": friend.name, "signers.0.pid": friend.pid}
    await seen.post(f"{home}/form/3", body)
    check = await seen.get(f"{home}/check")
    assert "chưa xác nhận cùng ký" in check
    await seen.post(f"{home}/check", {"truth": "1"}, status=422)
    await seen.post(f"{home}/cosigners")
    theirs = window(browse("quang-ninh"), friend)
    listed = await theirs.get("/my/cosign")
    link = listed.split('href="/my/cosign/')[1].split('"')[0]
    request = await theirs.get(f"/my/cosign/{link}")
    assert "Số 81, tổ 9, Phường Hồng Gai" in request
    mark = request.split('name="digest" value="')[1].split('"')[0]
    await seen.get(f"/my/cosign/{link}", 404)
    await theirs.post(f"/my/cosign/{link}", {"digest": mark}, status=422)
    await theirs.post(f"/my/cosign/{link}", {"digest": "0" * 64, "agree": "1"}, status=409)
    await theirs.post(f"/my/cosign/{link}", {"digest": mark, "agree": "1"})
    assert "Bạn đã xác nhận lúc" in await theirs.get(f"/my/cosign/{link}")
    await seen.post(f"{home}/form/2", {**GROWN, "members.0.name": "Tạ Xuân Khác"})
    assert "chưa xác nhận cùng ký" in await seen.get(f"{home}/check"), "the content was changed"
    await seen.post(f"{home}/form/2", GROWN)
    assert "Đã xác nhận" in await seen.get(f"{home}/check")
    stored, _ = await answers(platform, quang_ninh, await submit(seen, home))
    assert stored["signers"][0]["confirmed"].startswith("20")
    assert "Không có ai đề nghị" in await theirs.get("/my/cosign")


async def test_a_cosigner_confirms_the_papers_too(
    seen: Window, platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    home = await begin(seen)
    await fill(seen, home)
    friend = await sign_in(platform, quang_ninh, 8, "Lê Thị Giấy")
    body = {"signers.0": "1", "signers.0.full_name": friend.name, "signers.0.pid": friend.pid}
    await seen.post(f"{home}/form/3", body)
    await seen.post(f"{home}/papers", {"action": "continue"}, photo("mandate", name="uyquyen.jpg"))
    await seen.post(f"{home}/cosigners")
    theirs = window(browse("quang-ninh"), friend)
    link = (await theirs.get("/my/cosign")).split('href="/my/cosign/')[1].split('"')[0]
    request = await theirs.get(f"/my/cosign/{link}")
    assert "Giấy mandate" in request
    assert "uyquyen.jpg" in request
    mark = request.split('name="digest" value="')[1].split('"')[0]
    await theirs.post(f"/my/cosign/{link}", {"digest": mark, "agree": "1"})
    assert "Đã xác nhận" in await seen.get(f"{home}/check")
    await seen.post(f"{home}/papers", {"action": "continue"}, photo("mandate", picture(90)))
    assert "chưa xác nhận cùng ký" in await seen.get(f"{home}/check"), "a paper was added"
    await seen.post(f"{home}/check", {"truth": "1"}, status=422)


async def test_a_representative_submits_for_somebody_else(
    seen: Window, me: Person, platform: Platform, quang_ninh: Tenant
) -> None:
    home = await begin(seen)
    await fill(seen, home)
    named = {
        "acts.acting": "1",
        "acts.relation": "parent",
        "acts.full_name": "Tạ Thị Con",
        "acts.pid": me.pid,
    }
    answer = await seen.post(f"{home}/form/1", {**HOME, **named}, status=422)
    assert "f-acts.evidence-error" in answer.text
    await seen.post(f"{home}/form/1", {**HOME, **named}, photo("acts.evidence"))
    refused = await seen.post(f"{home}/check", {"truth": "1"}, status=422)
    assert "số định danh của chính bạn" in refused.text
    await seen.post(f"{home}/form/1", {**HOME, **named, "acts.pid": "022319000001"})
    _, row = await answers(platform, quang_ninh, await submit(seen, home))
    assert row["submitter_id"] == me.id
    assert row["subject_id"] != me.id
    assert row["subject_name"] == "Tạ Thị Con"


async def test_what_was_stated_can_be_printed(seen: Window) -> None:
    home = await begin(seen)
    await fill(seen, home)
    assert f"{home}/print" in await seen.get(f"{home}/check")
    assert "Bản nháp, chưa nộp" in await seen.get(f"{home}/print")
    track_code = await submit(seen, home)
    page = await seen.get(f"/submitted/{track_code}")
    mine = "/my/" + page.split("<main")[1].split('href="/my/')[1].split('"')[0]
    printed = await seen.get(f"{mine}/print")
    assert track_code in printed
    assert "Tạ Xuân Mẫu" in printed


async def test_a_draft_has_a_size(seen: Window) -> None:
    home = await begin(seen)
    body = {f"members.{n}.name": "A" * 8000 for n in range(60)}
    body |= {f"members.{n}.born": "1" * 8000 for n in range(60)}
    body |= {f"members.{n}.guardian": "1" * 8000 for n in range(60)}
    body |= {f"members.{n}.income": "đ" * 8000 for n in range(60)}
    await seen.post(f"{home}/form/2", body, status=413)


async def test_english_pages_of_rows_hold_no_vietnamese_instruction(seen: Window) -> None:
    home = await begin(seen)
    text = await seen.get(f"{home}/form/2?lang=en")
    assert "Add:" in text
    assert "Computed from the answers above" in text
    assert "Thêm" not in text.split("<main")[1]
