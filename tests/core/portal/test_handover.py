"""The applicant chooses at the end of the form how the result is handed over, and may change it until it is there."""

from typing import Any
from uuid import UUID

import pytest

from motcua.channels.handover import LONGEST_ADDRESS
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.portal import offices
from tests.core.portal.people import WARD, Window, begin, fill, sign_in, window

pytestmark = pytest.mark.anyio
_ID = "select id from dossier where track_code = $1"
_DOSSIERS = "select count(*) from dossier where submitter_id = $1"
_WISH = "select channel, address_sealed, chosen_by from handover_wish where dossier_id = $1"
_EVENTS = "select payload from event where subject = $1 and type = 'dossier.handover_chosen'"
ADDRESS = "Số 81, tổ 9, Hồng Gai"
LETTER = {
    "handover": "post",
    "handover_recipient": "Tạ Thị Nhận Thư",
    "handover_address": "Số 5, tổ 1, Cao Xanh",
}


class Applicant:
    """Somebody at the last page of a form that is filled."""

    def __init__(self, seen: Window, home: str, person: UUID, platform: Platform, tenant: Tenant):
        self.seen, self.home, self.person = seen, home, person
        self.platform, self.tenant = platform, tenant

    async def submit(self, **typed: str) -> UUID:
        answer = await self.seen.post(f"{self.home}/check", {"truth": "1", **typed})
        found = await self.one(_ID, str(answer.headers["location"]).rsplit("/", 1)[1])
        return UUID(bytes=found.bytes)

    async def one(self, sql: str, *args: Any) -> Any:
        async with self.platform.db.tenant(self.tenant) as tx:
            return await tx.fetchval(sql, *args)

    async def wish(self, dossier: UUID) -> Any:
        async with self.platform.db.tenant(self.tenant) as tx:
            return await tx.fetchrow(_WISH, dossier)

    async def told(self, dossier: UUID) -> list[Any]:
        async with self.platform.db.tenant(self.tenant) as tx:
            return [r["payload"] for r in await tx.fetch(_EVENTS, dossier)]


@pytest.fixture
async def applicant(platform: Platform, quang_ninh: Tenant, browse: Browser) -> Applicant:
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute("delete from draft")
    person = await sign_in(platform, quang_ninh, 3)
    seen = window(browse("quang-ninh"), person)
    home = await begin(seen)
    await fill(seen, home)
    await seen.post(f"{home}/unit", {"unit": WARD})
    return Applicant(seen, home, person.id, platform, quang_ninh)


async def test_the_last_page_offers_the_ways_of_the_order_with_the_persons_own_address(
    applicant: Applicant,
) -> None:
    check = await applicant.seen.get(f"{applicant.home}/check")
    assert "Bạn muốn nhận kết quả bằng cách nào?" in check
    assert 'value="usual" id="f-handover" checked' in check
    assert "Bản điện tử: Ví giấy tờ điện tử, Tin nhắn kèm liên kết" in check
    assert 'value="counter"' in check
    assert 'value="post"' in check
    assert f">{ADDRESS}</textarea>" in check
    english = await applicant.seen.get(f"{applicant.home}/check?lang=en")
    assert "Have the paper sent by post" in english


async def test_where_the_order_has_but_one_way_nothing_is_asked(
    applicant: Applicant, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = applicant.platform.directory
    await directory.refresh(force=True)  # what it says now holds longer than this test
    here = directory.by_slug(applicant.tenant.slug)
    assert here
    monkeypatch.setitem(here.settings, "channels", {"ways": [{"order": ["counter"]}]})
    assert "handover" not in await applicant.seen.get(f"{applicant.home}/check")
    dossier = await applicant.submit(**LETTER)
    assert await applicant.wish(dossier) is None


async def test_a_letter_is_submitted_with_its_address_and_the_event_names_nobody(
    applicant: Applicant,
) -> None:
    dossier = await applicant.submit(**LETTER)
    wish = await applicant.wish(dossier)
    assert (wish["channel"], wish["chosen_by"]) == ("post", f"citizen:{applicant.person}")
    assert b"Cao Xanh" not in wish["address_sealed"]
    assert await applicant.told(dossier) == [{"channel": "post"}]
    own = await applicant.seen.get(f"/my/{dossier}")
    assert "Cách nhận kết quả" in own
    assert "Đã chọn" in own
    assert "Người nộp chọn" not in own
    assert "Tạ Thị Nhận Thư" in own
    assert "Số 5, tổ 1, Cao Xanh" in own


async def test_an_address_may_be_typed_over_several_lines(applicant: Applicant) -> None:
    dossier = await applicant.submit(
        **{**LETTER, "handover_address": "Số 5, tổ 1,\r\nCao Xanh\r\n"}
    )
    assert "Số 5, tổ 1, Cao Xanh" in await applicant.seen.get(f"/my/{dossier}")


async def test_who_chooses_nothing_gets_it_as_ever(applicant: Applicant) -> None:
    dossier = await applicant.submit(handover="usual", handover_address=ADDRESS)
    assert await applicant.wish(dossier) is None
    assert await applicant.told(dossier) == []
    assert "Hiện nay" in await applicant.seen.get(f"/my/{dossier}")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"handover_address": "  "}, "Hãy ghi địa chỉ nhận thư."),
        ({"handover_recipient": ""}, "Hãy ghi tên người nhận thư."),
        ({"handover_address": "x" * (LONGEST_ADDRESS + 50)}, f"Dài nhất {LONGEST_ADDRESS} ký tự."),
        ({"handover_address": "Số 5 🏠"}, "Không in được ký tự “🏠”"),
        ({"handover_address": "Số 5\x00"}, "Không in được ký tự trên bìa thư"),
        ({"handover": "drone"}, "Hãy chọn một cách trong danh sách."),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_kept_there_and_submits_nothing(
    applicant: Applicant, typed: dict[str, str], said: str
) -> None:
    before = await applicant.one(_DOSSIERS, applicant.person)
    answer = await applicant.seen.post(
        f"{applicant.home}/check", {"truth": "1", **LETTER, **typed}, status=422
    )
    assert said in answer.text
    (key,) = typed
    assert f'href="#f-{key}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert await applicant.one(_DOSSIERS, applicant.person) == before
    dossier = await applicant.submit(**LETTER)
    assert (await applicant.wish(dossier))["channel"] == "post"


async def test_what_was_chosen_stays_when_something_else_is_wrong(applicant: Applicant) -> None:
    answer = await applicant.seen.post(f"{applicant.home}/check", LETTER, status=422)
    assert ">Số 5, tổ 1, Cao Xanh</textarea>" in answer.text
    again = await applicant.seen.get(f"{applicant.home}/check")
    assert ">Số 5, tổ 1, Cao Xanh</textarea>" in again


async def test_what_was_chosen_is_kept_on_the_way_to_the_wallet_that_signs(
    applicant: Applicant,
) -> None:
    await applicant.seen.post(f"{applicant.home}/sign", {"truth": "1", **LETTER})
    again = await applicant.seen.get(f"{applicant.home}/check")
    assert ">Số 5, tổ 1, Cao Xanh</textarea>" in again
    assert 'value="post" id="f-handover-3" checked' in again


async def test_the_wish_is_changed_on_the_dossiers_page_until_the_result_is_issued(
    applicant: Applicant,
) -> None:
    dossier = await applicant.submit()
    path = f"/my/{dossier}/handover"
    wrong = await applicant.seen.post(path, {**LETTER, "handover_address": ""}, status=422)
    assert "Hãy ghi địa chỉ nhận thư." in wrong.text
    assert 'href="#f-handover_address"' in wrong.text
    await applicant.seen.post(path, {}, status=422)
    assert await applicant.wish(dossier) is None
    for body in (LETTER, LETTER, {"handover": "counter"}):
        await applicant.seen.post(path, body)
    assert (await applicant.wish(dossier))["address_sealed"] is None
    assert await applicant.told(dossier) == [{"channel": "post"}, {"channel": "counter"}]
    assert "Nhận tại quầy" in await applicant.seen.get(f"/my/{dossier}")
    who = await offices.officer(applicant.platform, applicant.tenant)
    await offices.accept(applicant.platform, applicant.tenant, who, dossier)
    await offices.decide(applicant.platform, applicant.tenant, who, dossier)
    await applicant.seen.post(path, LETTER, status=409)
    assert "Đổi cách nhận kết quả" not in await applicant.seen.get(f"/my/{dossier}")
    assert (await applicant.wish(dossier))["channel"] == "counter"


async def test_another_person_neither_sees_nor_changes_it(
    applicant: Applicant, browse: Browser
) -> None:
    dossier = await applicant.submit(**LETTER)
    stranger = window(browse("quang-ninh"), await sign_in(applicant.platform, applicant.tenant, 1))
    await stranger.get(f"/my/{dossier}", 404)
    await stranger.post(f"/my/{dossier}/handover", {"handover": "counter"}, status=404)
    assert (await applicant.wish(dossier))["channel"] == "post"
