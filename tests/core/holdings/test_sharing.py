"""Sharing: who has link and code sees what was chosen for a time, and nobody else learns anything."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import httpx2
import pytest

from motcua import clock
from motcua.events.log import SYSTEM
from motcua.holdings import door
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import delivery
from motcua.web.paths import hidden
from tests.conftest import Browser
from tests.core.holdings.conftest import Office, Owner, SitDown
from tests.core.portal.people import Window

pytestmark = pytest.mark.anyio
CODE = re.compile(r'id="share-code">(\d{6})<')
LINK = re.compile(r'id="share-link">[^<]*(/shared/[\w-]+)<')
SAME = "liên kết hoặc mã không đúng"


async def shared(own: Owner, **changes: Any) -> tuple[UUID, str, str]:
    """Share the result and the paper; returns the share, the path of its link and its code."""
    body = {
        "kind": "person",
        "recipient": "Ngân hàng Mẫu",
        "purpose": "Vay vốn",
        "days": "3",
        "looks": "5",
        "items": [f"result:{own.result}", f"paper:{own.paper}"],
        **changes,
    }
    answer = await own.seen.post("/my/shares", body, status=200)
    newest = "select id from share where owner_id = $1 order by id desc limit 1"
    share = await own.one(newest, own.filed.person.id)
    link, code = LINK.search(answer.text), CODE.search(answer.text)
    assert isinstance(share, UUID) or share is not None
    return share, link[1] if link else "", code[1] if code else ""  # type: ignore[return-value]


async def knock(who: Window, link: str, code: str, status: int = 303) -> httpx2.Response:
    await who.get(link)
    return await who.post(link, {"code": code}, status=status)


async def test_link_and_code_open_a_marked_view_and_every_look_is_seen(owner_: Owner) -> None:
    share, link, code = await shared(owner_)
    guest = owner_.anybody()
    asked = await guest.client.get(link)
    assert asked.headers["cache-control"] == "no-store"
    assert asked.headers["referrer-policy"] == "no-referrer"
    answer = await knock(guest, link, code)
    assert answer.headers["location"] == "/shared", "no secret in the address any more"
    cookie = answer.headers["set-cookie"].lower()
    for part in ("httponly", "path=/shared", "samesite=strict"):
        assert part in cookie
    page = await guest.get("/shared")
    assert "Vay vốn" in page
    assert owner_.filed.person.pid not in page
    for place in (1, 2):
        view = await guest.client.get(f"/shared/paper/{place}.pdf")
        assert view.content.startswith(b"%PDF")
        assert b"/ByteRange" not in view.content, "a view carries no signature"
        assert view.headers["cache-control"] == "no-store"
        assert view.headers["referrer-policy"] == "no-referrer"
    assert (await guest.client.get("/shared/file/1.pdf")).status_code == 403
    mine = await owner_.seen.get(f"/my/shares/{share}")
    assert "xem giấy tờ số 1" in mine
    assert "xem giấy tờ số 2" in mine
    looks = await owner_.seen.get("/my/looks")
    assert "mục đích: Vay vốn" in looks
    assert "Ngân hàng Mẫu" in looks


async def test_the_original_is_given_only_where_the_owner_allows_it(owner_: Owner) -> None:
    _, link, code = await shared(owner_, download="1")
    guest = owner_.anybody()
    await knock(guest, link, code)
    original = await guest.client.get("/shared/file/1.pdf")
    assert b"/ByteRange" in original.content
    assert original.headers["content-disposition"].startswith("attachment")


async def test_the_owner_is_told_of_the_first_look_only(owner_: Owner) -> None:
    share, link, code = await shared(owner_, tell="1")
    quiet, other, code_too = await shared(owner_)
    for path, number in ((link, code), (link, code), (other, code_too)):
        await knock(owner_.anybody(), path, number)
    told = "select count(*) from notice where subject = $1 and kind = 'share_opened'"
    assert await owner_.one(told, share) == 1
    assert await owner_.one(told, quiet) == 0


async def test_whatever_is_wrong_looks_the_same(owner_: Owner) -> None:
    share, link, code = await shared(owner_)
    over, link_over, code_over = await shared(owner_)
    await owner_.seen.post(f"/my/shares/{over}/end")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    guest = owner_.anybody()
    told = set()
    for path, number in (
        ("/shared/khong-co-lien-ket-nay-0123456789", code),
        (link, wrong),
        (link, ""),
        (link, "abc"),
        (link_over, code_over),
    ):
        answer = await knock(guest, path, number, status=422)
        assert SAME in answer.text
        cut = answer.text.replace(path, "").split("<main")[1]
        told.add(re.sub(r'value="[^"]*"', "", cut))
    assert len(told) == 1
    assert await owner_.one("select tries from share where id = $1", share) == 3


async def test_twenty_guesses_at_once_are_five_and_the_share_is_locked(owner_: Owner) -> None:
    share, link, code = await shared(owner_)
    wrong = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 21)]

    async def guess(number: str) -> None:
        async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
            secret = link.rsplit("/", 1)[1]
            assert await door.knock(owner_.platform, work, secret, number) is None

    async with anyio.create_task_group() as group:
        for number in wrong:
            group.start_soon(guess, number)
    tried = "select count(*) from share_look where share_id = $1 and what in ('refused', 'locked')"
    assert await owner_.one(tried, share) == door.TRIES
    assert await owner_.one("select end_reason from share where id = $1", share) == "locked"
    await knock(owner_.anybody(), link, code, status=422)
    assert "Bị khóa vì nhập sai mã" in await owner_.seen.get(f"/my/shares/{share}")


async def test_looks_are_counted_though_many_come_at_once(owner_: Owner) -> None:
    share, link, code = await shared(owner_, looks="3")
    inside: list[str] = []

    async def come() -> None:
        async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
            secret = link.rsplit("/", 1)[1]
            if visit := await door.knock(owner_.platform, work, secret, code):
                inside.append(visit)

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(come)
    assert len(inside) == len(set(inside)) == 3
    assert await owner_.one("select looks from share where id = $1", share) == 3
    await knock(owner_.anybody(), link, code, status=422)


async def test_after_its_time_and_after_the_owner_ended_it_nothing_opens(owner_: Owner) -> None:
    share, link, code = await shared(owner_, days="1")
    guest = owner_.anybody()
    await knock(guest, link, code)
    with clock.at(clock.now() + timedelta(days=1, minutes=1)):
        await guest.get("/shared", 404)
        await knock(owner_.anybody(), link, code, status=422)
    with clock.at(clock.now() + door.VISIT + timedelta(seconds=1)):
        await guest.get("/shared", 404)
    await guest.get("/shared")
    await owner_.seen.post(f"/my/shares/{share}/end")
    for path in ("/shared", "/shared/paper/1.pdf"):
        await guest.get(path, 404)
    await knock(owner_.anybody(), link, code, status=422)


async def test_a_withdrawn_result_closes_for_whoever_is_looking(owner_: Owner) -> None:
    share, link, code = await shared(owner_)
    alone, link_alone, code_alone = await shared(owner_, items=[f"result:{owner_.result}"])
    guest, late = owner_.anybody(), owner_.anybody()
    await knock(guest, link, code)
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        await delivery.revoke(work, owner_.result, "Cấp sai")
    assert "Đã thu hồi" in await guest.get("/shared")
    assert (await guest.client.get("/shared/paper/1.pdf")).status_code == 409
    assert (await guest.client.get("/shared/paper/2.pdf")).status_code == 200, "the paper stays"
    assert await owner_.one("select end_reason from share where id = $1", alone) == "withdrawn"
    assert await owner_.one("select ended_at from share where id = $1", share) is None
    await knock(late, link_alone, code_alone, status=422)


async def test_a_suspended_result_is_closed_until_it_is_restored(owner_: Owner) -> None:
    _, link, code = await shared(owner_)
    guest = owner_.anybody()
    await knock(guest, link, code)
    for act, status in ((delivery.suspend, 409), (delivery.restore, 200)):
        async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
            await act(work, owner_.result, "Xác minh")
        assert (await guest.client.get("/shared/paper/1.pdf")).status_code == status


async def test_nobody_shares_what_is_somebody_elses(owner_: Owner) -> None:
    for item in (
        f"result:{owner_.result}",
        f"paper:{owner_.paper}",
        f"result:{uuid7()}",
        "x:1",
        "",
    ):
        body = {
            "kind": "person",
            "recipient": "Tôi",
            "purpose": "Xem trộm",
            "days": "3",
            "looks": "3",
            "items": [item],
        }
        answer = await owner_.other.post("/my/shares", body, status=422)
        assert "f-items" in answer.text
    swapped = [f"result:{owner_.paper}", f"paper:{owner_.result}"]
    await owner_.seen.post(
        "/my/shares",
        {
            "kind": "person",
            "recipient": "A",
            "purpose": "B",
            "days": "1",
            "looks": "1",
            "items": swapped,
        },
        status=422,
    )


async def test_a_share_exists_for_its_owner_alone(owner_: Owner, browse: Browser) -> None:
    share, link, code = await shared(owner_)
    await owner_.other.get(f"/my/shares/{share}", 404)
    await owner_.other.post(f"/my/shares/{share}/end", status=404)
    elsewhere = Window(browse("thai-nguyen"))
    await knock(elsewhere, link, code, status=422)
    assert await owner_.one("select tries from share where id = $1", share) == 0
    await owner_.anybody().get("/shared", 404)


async def test_a_visit_opens_no_other_share_and_no_other_tenant(
    owner_: Owner, browse: Browser
) -> None:
    _, link, code = await shared(owner_, items=[f"paper:{owner_.paper}"])
    guest = owner_.anybody()
    await knock(guest, link, code)
    for name in ("2.pdf", "0.pdf", "-1.pdf", "x.pdf", f"{owner_.result}.pdf", "1%00.pdf"):
        assert (await guest.client.get(f"/shared/paper/{name}")).status_code == 404, name
    abroad = browse("thai-nguyen")
    abroad.cookies.set("mc_share", str(guest.client.cookies["mc_share"]), path="/shared")
    assert (await abroad.get("/shared")).status_code == 404


async def test_every_field_says_what_is_wrong_with_it(owner_: Owner) -> None:
    body: dict[str, Any] = {"kind": "x", "purpose": " ", "days": "999", "looks": "0", "items": []}
    answer = await owner_.seen.post("/my/shares", body, status=422)
    for said in ("Chọn người hoặc cơ quan nhận", "Ghi để làm gì", "Từ 1 đến 30 ngày", "lần xem"):
        assert said in answer.text
    phone = {**body, "kind": "phone", "phone": "12", "items": [f"paper:{owner_.paper}"]}
    assert "10 chữ số" in (await owner_.seen.post("/my/shares", phone, status=422)).text
    unit = {**body, "kind": "unit", "unit": str(uuid7())}
    assert "Không có cơ quan này" in (await owner_.seen.post("/my/shares", unit, status=422)).text


async def test_a_telephone_gets_the_link_and_the_owner_the_code(owner_: Owner) -> None:
    share, link, code = await shared(owner_, kind="phone", phone="0912 345 678")
    assert code
    assert not link, "the page does not show what the message holds"
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        row = await work.tx.fetchrow(
            "select contact_sealed, text_sealed from notice where subject = $1", share
        )
        assert row is not None
        assert work.vault.open(row["contact_sealed"]) == "0912345678"
        text = work.vault.open(row["text_sealed"])
    assert code not in text
    sent = re.search(r"/shared/[\w-]+", text)
    assert sent
    await knock(owner_.anybody(), sent[0], code)


async def test_the_database_and_the_log_hold_no_secret(owner_: Owner) -> None:
    share, link, code = await shared(owner_)
    secret = link.rsplit("/", 1)[1]
    async with owner_.platform.db.tenant(owner_.tenant) as tx:
        row = str(dict(await tx.fetchrow("select * from share where id = $1", share) or {}))
        events = str(await tx.fetch("select payload from event where subject = $1", share))
    for text in (row, events, hidden(link), hidden(f"/t/quang-ninh{link}")):
        assert secret not in text
        assert code not in text
        assert "Vay vốn" not in text


async def test_an_office_opens_at_its_desk_and_no_other_office_does(
    owner_: Owner, office: Office, sit: SitDown
) -> None:
    share, link, _ = await shared(owner_, kind="unit", unit=str(office.unit), looks="1")
    assert not link
    desk = sit(office.staff["receiver"])
    assert f"/desk/shared/{share}" in (await desk.get("/desk/shared")).text
    page = await desk.get(f"/desk/shared/{share}")
    assert "Vay vốn" in page.text
    assert (await desk.get(f"/desk/shared/{share}/paper/1.pdf")).content.startswith(b"%PDF")
    assert (await desk.get(f"/desk/shared/{share}/file/1.pdf")).status_code == 403
    assert await owner_.one("select looks from share where id = $1", share) == 1, "one visit"
    second = sit(office.staff["specialist"])
    assert (await second.get(f"/desk/shared/{share}")).status_code == 409, "looks are used up"
    foreign = sit(office.other["leader"])
    assert f"/desk/shared/{share}" not in (await foreign.get("/desk/shared")).text
    for end in ("", "/paper/1.pdf", "/file/1.pdf"):
        assert (await foreign.get(f"/desk/shared/{share}{end}")).status_code == 404
    seen = await owner_.seen.get(f"/my/shares/{share}")
    assert "Cán bộ của" in seen
    assert office.staff["receiver"].name not in seen, "the office is named, not the officer"
    assert "Phường Hồng Gai" in await owner_.seen.get("/my/looks")


async def test_an_administrator_is_no_office(owner_: Owner, office: Office, sit: SitDown) -> None:
    share, _, _ = await shared(owner_, kind="unit", unit=str(office.unit))
    admin = sit(office.admin)
    assert (await admin.get(f"/desk/shared/{share}")).status_code == 403


async def test_sharing_is_a_consent_that_says_what_and_for_whom(
    owner_: Owner, platform: Platform, quang_ninh: Tenant
) -> None:
    share, _, _ = await shared(owner_)
    async with platform.db.tenant(quang_ninh) as tx:
        given = await tx.fetchrow(
            "select person_id, scopes from consent where purpose = $1", f"share:{share}"
        )
    assert given is not None
    assert given["person_id"] == owner_.filed.person.id
    assert f"result:{owner_.result}" in given["scopes"]
    assert "days:3" in given["scopes"]
