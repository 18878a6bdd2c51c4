"""A citizen fills a form in from a paper of the wallet, signs it with another, and the desk sees both."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from motcua import clock
from motcua.dossiers import drafts
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.portal import applying
from motcua.tenancy.tenant import Tenant
from motcua.wallet.holder import HolderWallet
from motcua.wallet.signing import Evidence, Form
from tests.conftest import Browser
from tests.core.portal.people import WARD, Person, Window, begin, fill, sign_in, window
from tests.core.wallet.archive import Archive
from tests.core.wallet.conftest import archive as archive  # noqa: PLC0414 -- a fixture
from tests.core.wallet.papers import identity, paper

pytestmark = pytest.mark.anyio
_SIGNATURE = """
select s.*, d.id as dossier from dossier d
left join dossier_signature s on s.tenant_id = d.tenant_id and s.dossier_id = d.id
where d.track_code = $1
"""
_ID = "select id from dossier where track_code = $1"
_SOURCES = "select field, kind, issuer_name from answer_source where dossier_id = $1 order by field"
_EVENTS = "select type from event where subject = $1 order by id"


@pytest.fixture(autouse=True)
async def no_drafts(platform: Platform, quang_ninh: Tenant) -> None:
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute("delete from draft")


@pytest.fixture
async def person(platform: Platform, quang_ninh: Tenant) -> Person:
    return await sign_in(platform, quang_ninh, 7)


@pytest.fixture
async def seen(browse: Browser, person: Person) -> Window:
    return window(browse("quang-ninh"), person)


async def shown(wallet: HolderWallet, answer: Any) -> str:
    """Let the wallet present what a page asks for; returns where it sends the person."""
    target = await wallet.present(answer.headers["location"])
    assert target is not None
    return target


async def ready(seen: Window) -> str:
    """Fill a whole form in, and choose the office; returns the draft's path."""
    home = await begin(seen)
    await fill(seen, home)
    await seen.post(f"{home}/papers", {"action": "continue"})
    await seen.post(f"{home}/unit", {"unit": WARD})
    return home


async def sign(seen: Window, home: str, wallet: HolderWallet) -> str:
    """Press the button, let the wallet sign, and come back; returns the check page."""
    answer = await seen.post(f"{home}/sign", {"truth": "1"})
    target = await shown(wallet, answer)
    back = await seen.client.get(target)
    assert back.status_code == 303, back.text[:2000]
    return await seen.get(f"{home}/check")


async def submitted(seen: Window, home: str, page: str) -> str:
    mark = re.search(r'name="signed" value="([0-9a-f]{64})"', page)
    more = {"signed": mark[1]} if mark else {}
    answer = await seen.post(f"{home}/check", {"truth": "1", **more})
    return str(answer.headers["location"]).rsplit("/", 1)[1]


async def row(platform: Platform, tenant: Tenant, track: str) -> Any:
    async with platform.db.tenant(tenant) as tx:
        return await tx.fetchrow(_SIGNATURE, track)


async def test_an_application_is_signed_submitted_and_says_so(
    seen: Window, person: Person, archive: Archive, platform: Platform, quang_ninh: Tenant
) -> None:
    _, wallet = await identity(archive, quang_ninh, person.pid, person.name)
    home = await ready(seen)
    assert "Ký bằng giấy tờ trong ví" in await seen.get(f"{home}/check")
    page = await sign(seen, home, wallet)
    assert "nội dung đúng như lúc ký" in page
    assert person.name in page
    track = await submitted(seen, home, page)
    found = await row(platform, quang_ninh, track)
    assert found["kind"] == "identity-paper"
    assert "Hồ sơ có chữ ký bằng ví" in await seen.get(f"/submitted/{track}")
    async with platform.db.tenant(quang_ninh) as tx:
        events = [r["type"] for r in await tx.fetch(_EVENTS, found["dossier"])]
    assert events == ["dossier.submitted", "dossier.signed"]


async def test_a_form_that_is_changed_after_signing_is_not_signed(
    seen: Window, person: Person, archive: Archive, platform: Platform, quang_ninh: Tenant
) -> None:
    _, wallet = await identity(archive, quang_ninh, person.pid, person.name)
    home = await ready(seen)
    page = await sign(seen, home, wallet)
    mark = re.search(r'name="signed" value="([0-9a-f]{64})"', page)
    assert mark
    changed = {"register_kind": "birth", "copies": "3", "_return": "check"}
    await seen.post(f"{home}/form/3", changed)
    again = await seen.get(f"{home}/check")
    assert "Nội dung đã thay đổi sau khi ký" in again
    assert 'name="signed"' not in again
    stale = {"truth": "1", "signed": mark[1]}
    answer = await seen.post(f"{home}/check", stale, status=422)
    assert "Hãy kiểm tra lại và ký lại" in answer.text
    track = await submitted(seen, home, again)
    assert (await row(platform, quang_ninh, track))["id"] is None
    assert "Hồ sơ có chữ ký bằng ví" not in await seen.get(f"/submitted/{track}")


async def test_changing_it_back_makes_the_signature_true_again_and_a_day_later_it_is_too_old(
    seen: Window, person: Person, archive: Archive, platform: Platform, quang_ninh: Tenant
) -> None:
    _, wallet = await identity(archive, quang_ninh, person.pid, person.name)
    home = await ready(seen)
    await sign(seen, home, wallet)
    for copies in ("3", "2"):
        body = {"register_kind": "birth", "copies": copies, "_return": "check"}
        await seen.post(f"{home}/form/3", body)
    assert "nội dung đúng như lúc ký" in await seen.get(f"{home}/check")
    draft_id = UUID(home.rsplit("/", 1)[1])
    for hours, counts in ((23, True), (25, False)):
        with clock.at(clock.now() + timedelta(hours=hours)):
            async with platform.works.begin(quang_ninh, SYSTEM) as work:
                draft = await drafts.read(work, draft_id, person.id)
                evidence = msgspec.convert(draft.content.signature, Evidence)
                form = msgspec.json.decode(evidence.form, type=Form)
                assert applying.signature(work, draft, form) == (evidence, counts)


async def test_nothing_is_signed_before_it_is_declared(seen: Window) -> None:
    home = await ready(seen)
    answer = await seen.post(f"{home}/sign", {}, status=422)
    assert 'id="f-truth-error"' in answer.text


async def test_a_paper_of_somebody_else_is_told_on_the_page(
    seen: Window, archive: Archive, quang_ninh: Tenant
) -> None:
    _, wallet = await identity(archive, quang_ninh, "022164980055", "Người Khác")
    home = await ready(seen)
    answer = await seen.post(f"{home}/sign", {"truth": "1"})
    back = await seen.client.get(await shown(wallet, answer))
    assert back.status_code == 422
    assert "của người khác" in back.text


async def test_another_citizens_window_cannot_collect_the_signature(
    seen: Window,
    person: Person,
    archive: Archive,
    browse: Browser,
    platform: Platform,
    quang_ninh: Tenant,
) -> None:
    _, wallet = await identity(archive, quang_ninh, person.pid, person.name)
    home = await ready(seen)
    answer = await seen.post(f"{home}/sign", {"truth": "1"})
    target = await shown(wallet, answer)
    thief = window(browse("quang-ninh"), await sign_in(platform, quang_ninh, 8))
    assert (await thief.client.get(target)).status_code == 404
    theirs = await ready(thief)
    moved = target.replace(home.rsplit("/", 1)[1], theirs.rsplit("/", 1)[1])
    assert (await thief.client.get(moved)).status_code == 422
    assert (await seen.client.get(target)).status_code == 303


async def test_answers_from_a_paper_keep_their_source_until_they_are_changed(
    seen: Window, archive: Archive, platform: Platform, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    claims = {"full_name": "Tạ Thị Con", "birth_date": "2019-06-01", "personal_id": "022319000017"}
    _, wallet = await paper(
        archive, thai_nguyen, "birth-certificate", {**claims, "birth_place": "Hạ Long"}
    )
    home = await begin(seen)
    first = await seen.get(f"{home}/form/2")
    assert "Điền từ giấy tờ trong ví" in first
    answer = await seen.post(f"{home}/fill", {"page": "2"})
    asked = await wallet.ask(answer.headers["location"])
    ((name, (_, reveal)),) = asked.choices.items()
    assert name == "birth-certificate"
    assert reveal == {"full_name", "birth_date", "personal_id"}
    assert len(asked.request.query["credential_sets"][0]["options"]) >= 3
    target = await wallet.answer(asked)
    assert target is not None
    page = await seen.follow(await seen.client.get(target))
    assert 'value="Tạ Thị Con"' in page
    assert 'value="01/06/2019"' in page
    assert page.count("do Tỉnh Thái Nguyên ký") == 3
    about = {
        "requests_for": "relative",
        "subject_name": "Tạ Thị Con",
        "subject_pid": "022319000017",
    }
    await seen.post(f"{home}/form/2", {**about, "subject_birth": "2/6/2019"})
    again = await seen.get(f"{home}/form/2")
    assert again.count("do Tỉnh Thái Nguyên ký") == 2
    await seen.post(f"{home}/form/1", {"phone": "0912345678", "address": "Số 1"})
    await seen.post(f"{home}/form/3", {"register_kind": "birth", "copies": "1"})
    assert (await seen.get(f"{home}/check")).count("do Tỉnh Thái Nguyên ký") == 2


async def fill_from(seen: Window, home: str, wallet: HolderWallet) -> str:
    """Answer the question of page 2 with a wallet; returns the page that comes of it."""
    answer = await seen.post(f"{home}/fill", {"page": "2"})
    return await seen.follow(await seen.client.get(await shown(wallet, answer)))


def value_of(page: str, key: str) -> str:
    """Return what stands in a field of a page."""
    head = page.split(f'name="{key}"')[1].split(">")[0]
    return head.split('value="')[1].split('"')[0] if 'value="' in head else ""


async def test_a_paper_of_somebody_else_leaves_nothing_of_mine_beside_the_other_name(
    seen: Window, person: Person, archive: Archive, quang_ninh: Tenant
) -> None:
    _, child = await paper(
        archive,
        quang_ninh,
        "birth-certificate",
        {"full_name": "Tạ Thị Con", "birth_date": "2019-06-01"},
    )
    home = await begin(seen)
    before = await seen.get(f"{home}/form/2")
    assert value_of(before, "subject_pid") == person.pid
    page = await fill_from(seen, home, child)
    assert value_of(page, "subject_name") == "Tạ Thị Con"
    assert value_of(page, "subject_pid") == "", "the number was the applicant's"
    assert "Giấy tờ này của người khác" in page
    first = await seen.get(f"{home}/form/1")
    assert person.pid in first, "who applies stays who he is"


async def test_a_paper_of_a_third_person_leaves_nothing_of_the_second(
    seen: Window, archive: Archive, quang_ninh: Tenant
) -> None:
    second = {"full_name": "Tạ Thị Con", "birth_date": "2019-06-01", "personal_id": "022319000017"}
    _, one = await paper(archive, quang_ninh, "birth-certificate", second)
    third = {"full_name": "Tạ Văn Cháu", "birth_date": "2020-02-03"}
    _, other = await paper(archive, quang_ninh, "birth-certificate", third)
    home = await begin(seen)
    assert value_of(await fill_from(seen, home, one), "subject_pid") == "022319000017"
    page = await fill_from(seen, home, other)
    assert value_of(page, "subject_name") == "Tạ Văn Cháu"
    assert value_of(page, "subject_pid") == ""


async def test_what_the_applicant_typed_stays_his_word(
    seen: Window, archive: Archive, quang_ninh: Tenant
) -> None:
    claims = {"full_name": "Tạ Thị Con", "birth_date": "2019-06-01"}
    _, child = await paper(archive, quang_ninh, "birth-certificate", claims)
    home = await begin(seen)
    typed = {"requests_for": "relative", "subject_pid": "022319000018"}
    await seen.post(f"{home}/form/2", typed)
    page = await fill_from(seen, home, child)
    assert value_of(page, "subject_pid") == "022319000018"
    assert "Giấy tờ này của người khác" not in page


async def test_ones_own_paper_empties_nothing_and_brings_ones_own_number_back(
    seen: Window, person: Person, archive: Archive, quang_ninh: Tenant
) -> None:
    child = {"full_name": "Tạ Thị Con", "birth_date": "2019-06-01", "personal_id": "022319000017"}
    _, other = await paper(archive, quang_ninh, "birth-certificate", child)
    mine = {"full_name": person.name.upper(), "birth_date": "1964-01-04"}
    _, own = await paper(archive, quang_ninh, "birth-certificate", mine)
    home = await begin(seen)
    assert value_of(await fill_from(seen, home, own), "subject_pid") == person.pid
    assert value_of(await fill_from(seen, home, other), "subject_pid") == "022319000017"
    page = await fill_from(seen, home, own)
    assert value_of(page, "subject_pid") == person.pid
    assert "Giấy tờ này của người khác" not in page


async def test_the_officer_sees_which_answers_an_issuer_signed(
    seen: Window, archive: Archive, platform: Platform, quang_ninh: Tenant
) -> None:
    claims = {"full_name": "Tạ Thị Con", "birth_date": "2019-06-01", "personal_id": "022319000017"}
    _, wallet = await paper(archive, quang_ninh, "birth-certificate", claims)
    home = await begin(seen)
    answer = await seen.post(f"{home}/fill", {"page": "2"})
    await seen.client.get(await shown(wallet, answer))
    about = {"requests_for": "self", "subject_name": "Tạ Thị Con", "subject_pid": "022319000017"}
    await seen.post(f"{home}/form/1", {"phone": "0912345678", "address": "Số 1"})
    await seen.post(f"{home}/form/2", {**about, "subject_birth": "02/06/2019"})
    await seen.post(f"{home}/form/3", {"register_kind": "birth", "copies": "1"})
    await seen.post(f"{home}/papers", {"action": "continue"})
    await seen.post(f"{home}/unit", {"unit": WARD})
    track = await submitted(seen, home, "")
    async with platform.db.tenant(quang_ninh) as tx:
        dossier: UUID = await tx.fetchval(_ID, track)
        found = await tx.fetch(_SOURCES, dossier)
    assert [r["field"] for r in found] == ["subject_name", "subject_pid"]
    assert {(r["kind"], r["issuer_name"]) for r in found} == {
        ("birth-certificate", "Tỉnh Quảng Ninh")
    }


async def test_what_was_asked_for_one_draft_fills_no_other(
    seen: Window, archive: Archive, quang_ninh: Tenant
) -> None:
    claims = {"full_name": "Tạ Thị Con", "birth_date": "2019-06-01", "personal_id": "022319000017"}
    _, wallet = await paper(archive, quang_ninh, "birth-certificate", claims)
    home, other = await begin(seen), await begin(seen)
    answer = await seen.post(f"{home}/fill", {"page": "2"})
    target = await shown(wallet, answer)
    moved = target.replace(home.rsplit("/", 1)[1], other.rsplit("/", 1)[1])
    assert (await seen.client.get(moved)).status_code == 404
    assert (await seen.client.get(target + "x")).status_code == 404
    assert (await seen.client.get(target)).status_code == 303
    assert (await seen.client.get(target)).status_code == 404
