"""A result that was withdrawn, on the pages of the person whose it is: that, why, and what follows."""

import pytest

from motcua.events.log import SYSTEM
from motcua.wallet import delivery
from tests.core.wallet.archive import Archive, Ready
from tests.core.wallet.conftest import archive as archive  # noqa: PLC0414 -- a fixture

from .conftest import Owner

pytestmark = pytest.mark.anyio


def _button(page: str, words: str) -> str:
    """Return the class of the link with these words."""
    head = page.split(words)[0]
    return head.rpartition('class="')[2].partition('"')[0]


async def test_a_result_in_force_is_there_to_be_downloaded(owner_: Owner) -> None:
    page = await owner_.seen.get(f"/my/{owner_.filed.id}")
    assert "Tải kết quả (PDF)" in page
    assert "Kết quả đã bị thu hồi" not in await owner_.seen.get("/my")
    assert "bị thu hồi" not in page


async def test_what_a_program_withdrew_says_so_and_why_and_offers_no_result(owner_: Owner) -> None:
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        await delivery.revoke(work, owner_.result, "Khóa ký đã lộ")
    page = await owner_.seen.get(f"/my/{owner_.filed.id}")
    assert "Kết quả này đã bị thu hồi" in page
    assert "Khóa ký đã lộ" in page
    assert "Chờ bạn nhận kết quả" not in page
    assert "Tải kết quả (PDF)" not in page
    assert _button(page, "Tải bản đã bị thu hồi (PDF, để lưu)").startswith("button secondary")
    pdf = await owner_.seen.client.get(f"/my/{owner_.filed.id}/result.pdf")
    assert "ket-qua-da-thu-hoi-" in pdf.headers["content-disposition"]
    assert "Kết quả đã bị thu hồi" in await owner_.seen.get("/my")
    papers = await owner_.seen.get("/my/papers")
    assert "Mở bản đã bị thu hồi (PDF)" in papers
    assert "Vì sao bị thu hồi" in papers
    assert "Có trong ví" not in papers


async def test_whoever_holds_the_code_is_not_told_to_fetch_it_either(owner_: Owner) -> None:
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        await delivery.revoke(work, owner_.result, "Khóa ký đã lộ")
        code = await work.tx.fetchval(
            "select track_code from dossier where id = $1", owner_.filed.id
        )
    page = await owner_.seen.get(f"/track/{code}")
    assert "Kết quả đã bị thu hồi" in page
    assert "Chờ bạn nhận kết quả" not in page
    assert "Khóa ký đã lộ" not in page, "the reason is not for the public"


async def test_the_copy_in_the_wallet_is_no_merit_of_a_withdrawn_result(
    owner_: Owner, archive: Archive
) -> None:
    ready = Ready(
        owner_.tenant, owner_.result, owner_.filed.id, owner_.filed.person.id, owner_.filed.id
    )
    await archive.received(ready)
    assert "Có trong ví" in await owner_.seen.get("/my/papers")
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        await delivery.revoke(work, owner_.result, "Cấp sai")
    papers = await owner_.seen.get("/my/papers")
    assert "Có trong ví" not in papers
    assert "Bản trong ví cũng không còn giá trị" in papers


async def test_a_suspended_result_says_so_and_may_be_kept(owner_: Owner) -> None:
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        await delivery.suspend(work, owner_.result, "Đang xác minh")
    page = await owner_.seen.get(f"/my/{owner_.filed.id}")
    assert "Kết quả này đang tạm dừng hiệu lực" in page
    assert "Đang xác minh" in page
    assert _button(page, "Tải kết quả (PDF)") == "button secondary"
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        await delivery.restore(work, owner_.result, "Đã xác minh")
    page = await owner_.seen.get(f"/my/{owner_.filed.id}")
    assert "tạm dừng hiệu lực" not in page
