"""What is stuck is seen by those who can help, with the reason in words, and they can."""

from typing import Any
from uuid import UUID

import pytest

from motcua.channels import engine, shown, staff
from motcua.channels.registry import titles
from motcua.doctor import examine
from motcua.errors import Conflict, Invalid
from motcua.ids import uuid7

from .conftest import ADDRESS, Browser, Courier, Post, seat_in

pytestmark = pytest.mark.anyio
_SITE = "insert into site (id, key, unit_id, name, kind) values ($1, $2, $3, 'Sảnh', 'main')"
_UNIT_NAME = "select name from unit where id = $1"
_UNIT = "select received_unit from dossier where id = $1"


@pytest.fixture
def broken(post: Post, couriers: list[Courier]) -> Post:
    """Return a tenant whose first channel never works."""
    couriers[0].raises = RuntimeError("away")
    post.platform.plugins.breakers.after = 1000
    return post.ordered(ways=[{"order": ["courier", "counter"]}])


async def stuck(post: Post) -> tuple[Any, UUID]:
    ready = await post.issue()
    await post.run(ready)
    return ready, (await post.book(ready))["courier"]["id"]


async def test_what_was_given_up_can_be_tried_again_under_the_same_key(
    broken: Post, couriers: list[Courier]
) -> None:
    ready, delivery = await stuck(broken)
    couriers[0].raises = None
    async with broken.work() as work:
        await staff.again(work, delivery)
    await broken.run(ready)
    assert list(couriers[0].took) == [f"{ready.id}:courier:1"]
    assert (await broken.dossier(ready))["state"] == 10
    with pytest.raises(Conflict):
        async with broken.work() as work:
            await staff.again(work, delivery)


async def test_another_channel_can_be_chosen_and_what_was_tried_ends(
    broken: Post, couriers: list[Courier]
) -> None:
    ready, delivery = await stuck(broken)
    async with broken.work() as work:
        await staff.choose(broken.platform, work, delivery, "courier-two")
    await broken.run(ready)
    rows = await broken.book(ready)
    assert rows["courier"]["reason"] == "by_staff"
    assert rows["courier-two"]["state"] == "received"


async def test_only_a_channel_that_is_here_can_be_chosen(broken: Post) -> None:
    _, delivery = await stuck(broken)
    with pytest.raises(Invalid) as refused:
        async with broken.work() as work:
            await staff.choose(broken.platform, work, delivery, "nowhere")
    assert "channel" in refused.value.fields


async def test_a_letter_has_a_label_a_number_and_an_end(post: Post) -> None:
    by_post = post.ordered(ways=[{"order": ["post"]}])
    ready = await by_post.issue()
    await by_post.run(ready)
    delivery = (await by_post.book(ready))["post"]["id"]
    async with by_post.work() as work:
        data = await staff.label(by_post.platform, work, delivery)
    assert data["address"] == ADDRESS
    with pytest.raises(Invalid) as refused:
        async with by_post.work() as work:
            await staff.posted(by_post.platform, work, delivery, " ")
    assert "tracking" in refused.value.fields
    async with by_post.work() as work:
        await staff.posted(by_post.platform, work, delivery, "ec 123 456 vn")
    row = (await by_post.book(ready))["post"]
    assert (row["state"], row["receipt"]) == ("sent", "EC 123 456 VN")
    assert (await by_post.dossier(ready))["state"] == 9
    async with by_post.work() as work:
        await staff.came(by_post.platform, work, delivery)
    assert (await by_post.dossier(ready))["state"] == 10
    kinds = "select kind from notice where subject = $1"
    assert await by_post.archive.one(by_post.tenant, kinds, ready.dossier) == "result_posted"


async def test_the_person_reads_by_which_way_the_result_goes_and_how_it_stands(
    broken: Post,
) -> None:
    ready, _ = await stuck(broken)
    async with broken.platform.db.tenant(broken.tenant) as tx:
        vi, en = [
            await shown.of_dossier(broken.platform, broken.tenant, tx, ready.dossier, lang)
            for lang in ("vi", "en")
        ]
        (seen, _) = await shown.of_dossier(
            broken.platform, broken.tenant, tx, ready.dossier, "vi", staff=True
        )
    assert [(d.title, d.state) for d in vi] == [
        ("Người đưa thư thử", "Không gửi được"),
        ("Nhận tại quầy", "Chờ nhận tại quầy"),
    ]
    assert en[0].state == "Could not be delivered"
    assert "RuntimeError" in seen.note, "staff read what the channel did"
    assert vi[0].note == "Cơ quan đã được báo và gửi bằng cách khác."
    assert titles(broken.platform, broken.tenant)["courier"] == ("Người đưa thư thử", "Toy courier")


async def test_the_officers_of_the_unit_see_what_is_stuck_and_nobody_else(
    broken: Post, browse: Browser
) -> None:
    ready, delivery = await stuck(broken)
    unit = await broken.archive.one(broken.tenant, _UNIT, ready.dossier)
    mine = await seat_in(broken, browse, unit, "receiver")
    page = (await mine.get("/desk/deliveries")).text
    assert str(delivery) in page
    assert "Thử lại ngay" in page
    assert "RuntimeError" in page
    async with broken.platform.db.tenant(broken.tenant) as tx:
        assert await shown.count_stuck(tx, [unit]) >= 1
        assert await shown.count_stuck(tx, [uuid7()]) == 0
        everywhere = await shown.count_stuck(tx)
    found = [f for f in await examine(broken.platform.settings) if f.name.endswith(" deliveries")]
    (said,) = [f for f in found if f.name.startswith(broken.tenant.slug + " ")]
    assert (said.ok, said.detail) == (False, f"{everywhere} stuck")
    other = await seat_in(broken, browse, uuid7(), "receiver")
    assert str(delivery) not in (await other.get("/desk/deliveries")).text
    assert (await other.post(f"/desk/deliveries/{delivery}/again")).status_code == 404
    done = await mine.post(f"/desk/deliveries/{delivery}/paper")
    assert (done.status_code, done.headers["location"]) == (303, "/desk/deliveries?done=paper")
    assert str(delivery) not in (await mine.get("/desk/deliveries")).text
    rows = await broken.book(ready)
    assert (rows["courier"]["reason"], rows["counter"]["state"]) == ("by_staff", "owed")
    assert (await mine.post(f"/desk/deliveries/{delivery}/dance")).status_code == 404


async def test_who_leads_the_unit_sees_on_the_monitor_that_a_result_did_not_arrive(
    broken: Post, browse: Browser
) -> None:
    ready, delivery = await stuck(broken)
    unit = await broken.archive.one(broken.tenant, _UNIT, ready.dossier)
    async with broken.work() as work:
        await work.tx.execute(_SITE, uuid7(), f"s{delivery.hex[-12:]}", unit)
    head = await seat_in(broken, browse, unit, "head")
    async with broken.work() as work:
        stuck_here = await shown.count_stuck(work.tx, [unit])
    told = f">{stuck_here} kết quả chưa gửi được đến người dân"
    assert told in (await head.get("/monitor")).text
    async with broken.work() as work:
        await staff.on_paper(broken.platform, work, delivery)
        assert await shown.count_stuck(work.tx, [unit]) == stuck_here - 1
    assert told not in (await head.get("/monitor")).text


async def test_the_list_of_letters_takes_the_number_and_prints_the_label(
    post: Post, browse: Browser
) -> None:
    by_post = post.ordered(ways=[{"order": ["post"]}])
    ready = await by_post.issue()
    await by_post.run(ready)
    delivery = (await by_post.book(ready))["post"]["id"]
    unit = await by_post.archive.one(by_post.tenant, _UNIT, ready.dossier)
    seat = await seat_in(by_post, browse, unit, "receiver")
    async with by_post.work() as work:
        written = await staff.label(by_post.platform, work, delivery)
    name = await by_post.archive.one(by_post.tenant, _UNIT_NAME, unit)
    assert written["sender"] == f"{name}, {by_post.tenant.name}", "where a letter comes back to"
    label = await seat.get(f"/desk/deliveries/{delivery}/label.pdf")
    assert label.headers["content-type"] == "application/pdf"
    wrong = await seat.post(f"/desk/deliveries/{delivery}/posted", data={"tracking": ""})
    assert wrong.status_code == 422
    assert "Hãy ghi mã bưu gửi" in wrong.text
    again = await seat.post(f"/desk/deliveries/{delivery}/posted", data={"tracking": "mã ổn"})
    assert 'value="mã ổn"' in again.text, "what was typed is mended, not typed anew"
    right = await seat.post(f"/desk/deliveries/{delivery}/posted", data={"tracking": "EC1VN"})
    assert right.status_code == 303
    assert "EC1VN" in (await seat.get("/desk/deliveries")).text
    assert (await seat.post(f"/desk/deliveries/{delivery}/came")).status_code == 303
    assert (await by_post.states(ready))["post"] == "received"


async def test_a_letter_that_cannot_go_or_comes_back_lies_ready_at_the_counter_instead(
    post: Post, browse: Browser
) -> None:
    by_post = post.ordered(ways=[{"order": ["post"]}])
    for posted_before in (False, True):
        ready = await by_post.issue()
        await by_post.run(ready)
        delivery = (await by_post.book(ready))["post"]["id"]
        unit = await by_post.archive.one(by_post.tenant, _UNIT, ready.dossier)
        seat = await seat_in(by_post, browse, unit, "receiver")
        path = f"/desk/deliveries/{delivery}"
        if posted_before:
            await seat.post(f"{path}/posted", data={"tracking": "EC2VN"})
        assert f'{path}/paper"' in (await seat.get("/desk/deliveries")).text
        assert (await seat.post(f"{path}/paper")).status_code == 303
        assert path not in (await seat.get("/desk/deliveries")).text
        rows = await by_post.book(ready)
        assert (rows["post"]["state"], rows["post"]["reason"]) == ("given_up", "by_staff")
        assert rows["counter"]["state"] == "owed"


async def test_what_waits_for_people_ends_when_they_choose_another_way(
    broken: Post, couriers: list[Courier]
) -> None:
    by_post = broken.ordered(ways=[{"order": ["courier", "post", "counter"]}])
    ready = await by_post.issue()
    await by_post.run(ready)
    rows = await by_post.book(ready)
    assert (rows["courier"]["state"], rows["post"]["how"]) == ("given_up", "by_staff")
    async with by_post.work() as work:
        await staff.on_paper(by_post.platform, work, rows["courier"]["id"])
    rows = await by_post.book(ready)
    assert (rows["post"]["state"], rows["post"]["reason"]) == ("given_up", "by_staff"), "no letter"
    assert rows["counter"]["state"] == "owed"


async def test_a_plugin_can_say_that_what_it_published_was_read(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[0].how = "published"
    published = post.ordered(ways=[{"order": ["courier"]}])
    ready = await published.issue()
    await published.run(ready)
    for _ in range(2):
        async with published.work() as work:
            await engine.arrived(published.platform, work, ready.id, "courier", "read-1")
    row = (await published.book(ready))["courier"]
    assert (row["state"], row["how"], row["receipt"]) == ("received", "published", "read-1")
