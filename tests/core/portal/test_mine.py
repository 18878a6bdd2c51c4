"""What becomes of a dossier, as its owner and as anybody sees it."""

import itertools
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from motcua.dossiers.settlement import Officer
from motcua.dossiers.supplements import Item
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.portal import offices
from tests.core.portal.people import (
    Person,
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
# Each a picture of its own: what an officer compared once is known again.
_SHADES = itertools.count(1)
_ID = "select id from dossier where track_code = $1"


@dataclass
class Filed:
    """A submitted dossier, its owner's window, and an officer."""

    id: UUID
    track_code: str
    person: Person
    seen: Window
    officer: Officer
    platform: Platform
    tenant: Tenant

    async def accept(self) -> str:
        return await offices.accept(self.platform, self.tenant, self.officer, self.id)

    async def ask(self) -> None:
        """Ask for the proof of relation during settlement."""
        await offices.step(self.platform, self.tenant, self.officer, self.id)
        await offices.step(
            self.platform,
            self.tenant,
            self.officer,
            self.id,
            outcome="supplement",
            items=[Item("paper", "relation", "Chụp đủ bốn góc")],
            reason="Bản chụp mờ <b>góc</b>",
        )

    async def decide(self) -> None:
        await offices.decide(self.platform, self.tenant, self.officer, self.id)


@pytest.fixture
async def filed(platform: Platform, quang_ninh: Tenant, browse: Browser) -> Filed:
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute("delete from draft")
    person = await sign_in(platform, quang_ninh, 2, "Trịnh Thị Bí Mật")
    seen = window(browse("quang-ninh"), person)
    home = await begin(seen)
    await fill(seen, home, requests_for="relative", content="Nội dung kín")
    await seen.post(
        f"{home}/papers", {"action": "upload"}, photo("relation", picture(next(_SHADES)))
    )
    track_code = await submit(seen, home)
    async with platform.db.tenant(quang_ninh) as tx:
        dossier = await tx.fetchval(_ID, track_code)
    officer = await offices.officer(platform, quang_ninh)
    return Filed(dossier, track_code, person, seen, officer, platform, quang_ninh)


async def test_the_public_page_shows_the_way_and_no_name(filed: Filed, browse: Browser) -> None:
    code = await filed.accept()
    client = browse("quang-ninh")
    answer = await client.get("/track", params={"code": f" {filed.track_code.lower()} "})
    assert answer.status_code == 303
    text = (await client.get(answer.headers["location"])).text
    assert code in text
    assert "Phường Hồng Gai" in text
    assert "Hạn trả kết quả" in text
    assert "Chờ phân công giải quyết" in text
    for secret in (filed.person.name, filed.person.pid, "Nội dung kín", "Nguyễn Văn An"):
        assert secret not in text
    api = (await client.get(f"/api/track/{filed.track_code}")).text
    assert code in api
    assert filed.person.name not in api


async def test_a_wrong_code_is_told_and_kept_in_the_field(browse: Browser) -> None:
    answer = await browse("quang-ninh").get("/track", params={"code": "khong-co"})
    assert answer.status_code == 404
    assert "Không có hồ sơ nào với mã này" in answer.text


async def test_another_tenants_code_is_unknown_here(filed: Filed, browse: Browser) -> None:
    answer = await browse("thai-nguyen").get(f"/track/{filed.track_code}")
    assert answer.status_code == 404


async def test_a_request_is_answered_once_with_exactly_what_was_asked(filed: Filed) -> None:
    await filed.accept()
    await filed.ask()
    path = f"/my/{filed.id}"
    text = await filed.seen.get(path)
    assert "Cần bạn bổ sung" in text
    assert "Bản chụp mờ &lt;b&gt;góc&lt;/b&gt;" in text
    public = await filed.seen.get(f"/track/{filed.track_code}")
    assert "Bản chụp mờ" not in public
    slip = await filed.seen.client.get(f"{path}/supplement.pdf")
    assert slip.content.startswith(b"%PDF")
    empty = await filed.seen.post(f"{path}/supplement", {}, photo("other"), status=422)
    assert "Thiếu giấy tờ: Giấy tờ chứng minh quan hệ" in empty.text
    await filed.seen.post(f"{path}/supplement", {}, photo("relation"))
    assert "Cần bạn bổ sung" not in await filed.seen.get(path)
    await filed.seen.post(f"{path}/supplement", {}, photo("relation"), status=409)


async def test_a_supplement_that_is_no_picture_changes_nothing(filed: Filed) -> None:
    await filed.accept()
    await filed.ask()
    fake = photo("relation", b"<html>", "don.pdf")
    answer = await filed.seen.post(f"/my/{filed.id}/supplement", {}, fake, status=422)
    assert "f-relation-error" in answer.text
    assert "Cần bạn bổ sung" in await filed.seen.get(f"/my/{filed.id}")


async def test_the_receipt_comes_with_acceptance(filed: Filed) -> None:
    await filed.seen.get(f"/my/{filed.id}/receipt.pdf", 409)
    await filed.accept()
    answer = await filed.seen.client.get(f"/my/{filed.id}/receipt.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


async def test_another_citizens_dossier_does_not_exist(
    filed: Filed, platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    other = window(browse("quang-ninh"), await sign_in(platform, quang_ninh, 3))
    path = f"/my/{filed.id}"
    for end in ("", "/receipt.pdf", "/supplement.pdf", "/result.pdf"):
        await other.get(path + end, 404)
    for end in ("/offer", "/offer-here", "/rating", "/supplement"):
        await other.post(path + end, {"score": "3"}, status=404)
    await other.get(f"/submitted/{filed.track_code}", 404)


async def test_my_own_papers_open_and_show_where_they_come_from(filed: Filed) -> None:
    text = await filed.seen.get(f"/my/{filed.id}")
    assert "Người nộp tự quét" in text
    link = text.split(f'href="/my/{filed.id}/papers/')[1].split('"')[0]
    answer = await filed.seen.client.get(f"/my/{filed.id}/papers/{link}")
    assert answer.content.startswith(b"%PDF")
    await filed.accept()
    assert "Cán bộ đã đối chiếu bản chính" in await filed.seen.get(f"/my/{filed.id}")


async def test_a_result_is_put_into_the_wallet_of_this_browser_even_before_it_is_there(
    filed: Filed,
) -> None:
    path = f"/my/{filed.id}"
    assert "Đưa vào ví khi có kết quả" in await filed.seen.get(path)
    for standing in ("awaited", "there"):
        away = await filed.seen.post(f"{path}/offer-here")
        link = urlsplit(away.headers["location"])
        assert link.hostname == "vi.localhost"
        uri = parse_qs(link.query)["credential_offer_uri"][0]
        offer = (await filed.seen.client.get(uri)).json()
        assert list(offer["grants"]) == ["authorization_code"], (
            "whoever finds the link must sign in"
        )
        if standing == "awaited":
            await filed.accept()
            await filed.decide()
    text = await filed.seen.get(path)
    assert "Đưa vào ví trên máy này" in text
    assert "Đưa vào ví khi có kết quả" not in text


async def test_the_result_is_collected_verified_offered_and_rated_once(
    filed: Filed, browse: Browser
) -> None:
    path = f"/my/{filed.id}"
    await filed.seen.post(f"{path}/rating", {"score": "3"}, status=409)
    await filed.seen.get(f"{path}/result.pdf", 404)
    await filed.accept()
    await filed.decide()
    text = await filed.seen.get(path)
    assert "Nhận vào ví" in text
    pdf = (await filed.seen.client.get(f"{path}/result.pdf")).content
    assert pdf.startswith(b"%PDF")

    verify = text.split('href="/verify/')[1].split('"')[0]
    anybody = Window(browse("quang-ninh"))
    public = await anybody.get(f"/verify/{verify}")
    assert "đang có hiệu lực" in public
    assert filed.person.name not in public
    same = await anybody.post(f"/verify/{verify}", {}, photo("file", pdf, "kq.pdf"), status=200)
    assert "đúng là bản đã cấp" in same.text
    assert "Hợp lệ, nội dung không bị sửa sau khi ký" in same.text
    assert "Tỉnh Quảng Ninh" in same.text, "the signer"
    other = photo("file", pdf + b"%", "kq.pdf")
    changed = await anybody.post(f"/verify/{verify}", {}, other, status=200)
    assert "đã bị sửa sau khi cấp" in changed.text
    assert "Không hợp lệ: nội dung bị sửa hoặc thêm sau khi ký" in changed.text
    receipt = (await filed.seen.client.get(f"{path}/receipt.pdf")).content
    for content, said in ((receipt, "Tệp không có chữ ký số"), (b"%PDF-", "Không đọc được tệp")):
        answer = await anybody.post(
            f"/verify/{verify}", {}, photo("file", content, "kq.pdf"), status=200
        )
        assert said in answer.text

    offer = await filed.seen.post(f"{path}/offer", status=200)
    assert 'id="tx-code"' in offer.text
    assert "credential_offer_uri" in offer.text

    wrong = await filed.seen.post(f"{path}/rating", {"score": "9"}, status=422)
    assert "Hãy chọn một mức hài lòng." in wrong.text
    await filed.seen.post(f"{path}/rating", {"score": "3", "comment": "Nhanh"})
    assert "Cảm ơn bạn đã đánh giá." in await filed.seen.get(path)
    await filed.seen.post(f"{path}/rating", {"score": "1"}, status=409)


async def test_the_owner_sees_that_somebody_read_the_data(filed: Filed) -> None:
    await filed.accept()
    await filed.decide()
    assert "Hệ thống Một Cửa, để làm kết quả" in await filed.seen.get(f"/my/{filed.id}")


async def test_the_list_shows_my_dossiers_and_drafts(filed: Filed) -> None:
    await begin(filed.seen)
    text = await filed.seen.get("/my")
    assert filed.track_code in text
    assert "Xóa bản nháp" in text
    assert filed.track_code not in await filed.seen.get("/my?before=2020-01-01T00:00:00Z")


async def test_english_pages_give_the_procedures_english_name(filed: Filed) -> None:
    law = await filed.platform.catalogue.of(filed.tenant)
    named = law.current("2.000908").package.procedure
    for path in ("/my", f"/my/{filed.id}"):
        text = (await filed.seen.get(f"{path}?lang=en")).split("<main")[1]
        assert named.name_en in text
        assert named.name_vi not in text
        assert named.name_vi in await filed.seen.get(f"{path}?lang=vi")
