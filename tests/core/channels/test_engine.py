"""A result goes out in the order that the tenant set, each way once, until it has arrived."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from motcua import clock
from motcua.channels import book, staff
from motcua.errors import Conflict
from motcua.events.log import Actor
from motcua.ids import uuid7

from .conftest import Courier, Post

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)
_ISSUED = "update issued_result set pdf_sha256 = $2 where id = $1"
_LASTING = """
insert into sealed_document (id, sha256, lasting_sha256, level, stamped_at, stamper, roots, at)
values ($1, $2, $3, 'B-LT', $4, 'mẫu', '', $4)
"""


def way(*order: Any, **more: Any) -> dict[str, Any]:
    return {"ways": [{"order": list(order), **more}]}


async def test_without_a_word_of_the_tenant_wallet_and_message_go_out_at_once(post: Post) -> None:
    usual = post.ordered()
    ready = await usual.issue()
    await usual.run(ready)
    rows = await usual.book(ready)
    assert {c: (r["state"], r["how"]) for c, r in rows.items()} == {
        "wallet": ("sent", "offered"),
        "link": ("sent", "offered"),
    }
    assert (await usual.dossier(ready))["state"] == 9, "offered is not received"


async def test_what_is_pushed_has_arrived_and_returns_the_dossier(
    post: Post, couriers: list[Courier]
) -> None:
    pushing = post.ordered(**way("courier", "post"))
    ready = await pushing.issue()
    await pushing.run(ready)
    row = (await pushing.book(ready))["courier"]
    assert (row["state"], row["receipt"]) == ("received", "R-1")
    dossier = await pushing.dossier(ready)
    assert (dossier["state"], dossier["delivery"]) == (10, "delivered")
    assert list(couriers[0].took) == [f"{ready.id}:courier:1"]
    told = await pushing.events(ready)
    assert told.count("delivery.received") == told.count("dossier.returned") == 1


async def test_an_event_told_twice_delivers_once(post: Post, couriers: list[Courier]) -> None:
    pushing = post.ordered(**way(["courier", "courier-two"]))
    ready = await pushing.issue()
    await pushing.run(ready, again=True)
    assert [len(c.took) for c in couriers] == [1, 1]
    assert (await pushing.events(ready)).count("dossier.returned") == 1


async def test_a_channel_that_fails_is_tried_again_and_each_wait_is_longer(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[0].raises = RuntimeError("Nguyễn Thị Bích Ngọc")
    failing = post.ordered(**way("courier"))
    ready = await failing.issue()
    await failing.run(ready)
    row = (await failing.book(ready))["courier"]
    assert row["state"] == "failed" or row["attempts"] > 0
    assert [book.wait(n).total_seconds() for n in (1, 2, 3, 20)] == [30, 60, 120, 3600]
    assert "Bích" not in row["error_vi"] + row["error_en"], "a channel's words may name the person"
    assert "RuntimeError" in row["error_en"]


async def test_a_channel_given_up_hands_on_to_the_next_at_once_and_staff_are_told(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[0].raises = TimeoutError()
    failing = post.ordered(**way("courier", "post"))
    post.platform.plugins.breakers.after = 1000
    ready = await failing.issue()
    await failing.run(ready)
    rows = await failing.book(ready)
    assert (rows["courier"]["state"], rows["courier"]["reason"]) == ("given_up", "tried")
    assert rows["courier"]["attempts"] == couriers[0].calls == book.ATTEMPTS
    assert (rows["post"]["state"], rows["post"]["how"]) == ("owed", "by_staff")
    assert book.STUCK in await failing.events(ready)


async def test_a_channel_that_fails_again_and_again_is_left_alone_and_the_delivery_waits(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[0].raises = ConnectionError("away")
    failing = post.ordered(**way("courier"))
    ready = await failing.issue()
    await failing.run(ready)
    row = (await failing.book(ready))["courier"]
    assert row["state"] == "failed"
    assert couriers[0].calls == row["attempts"] == post.platform.plugins.breakers.after


async def test_what_cannot_be_delivered_by_a_channel_goes_to_the_next_without_a_retry(
    post: Post,
) -> None:
    silent = post.ordered(**way("link", "post"))
    ready = await silent.issue(contact=False)
    await silent.run(ready)
    rows = await silent.book(ready)
    assert [rows[c]["reason"] for c in ("link", "post")] == ["not_possible", "not_possible"]
    assert rows["link"]["error_vi"] == "Người dân không để lại số điện thoại."
    assert rows["counter"]["how"] == "by_staff", "at last the paper lies ready at the counter"
    assert book.STUCK not in await silent.events(ready)


async def test_a_refusal_is_not_for_the_wallet_but_for_the_message(post: Post) -> None:
    usual = post.ordered()
    ready = await usual.issue(kind="refused", type=None)
    await usual.run(ready)
    assert await usual.states(ready) == {"wallet": "given_up", "link": "sent"}


async def test_what_nobody_took_in_time_goes_to_the_next_place(post: Post) -> None:
    slow = post.ordered(**way("wallet", "post", wait_hours=24))
    ready = await slow.issue()
    await slow.run(ready)
    assert await slow.states(ready) == {"wallet": "sent"}
    with clock.at(clock.now() + 23 * HOUR):
        await slow.run(ready)
        assert await slow.states(ready) == {"wallet": "sent"}
    with clock.at(clock.now() + 25 * HOUR):
        await slow.run(ready)
        assert await slow.states(ready) == {"wallet": "sent", "post": "owed"}


async def test_whoever_took_it_in_time_gets_no_letter(post: Post) -> None:
    slow = post.ordered(**way("wallet", "post", wait_hours=24))
    ready = await slow.issue()
    await slow.run(ready)
    await slow.emit(ready, "credential.delivered")
    await slow.run(ready)
    with clock.at(clock.now() + 25 * HOUR):
        await slow.run(ready)
    assert await slow.states(ready) == {"wallet": "received"}


async def test_a_letter_that_was_not_posted_yet_ends_when_the_wallet_has_the_result(
    post: Post,
) -> None:
    both = post.ordered(**way(["wallet", "post"]))
    ready = await both.issue()
    await both.run(ready)
    await both.emit(ready, "credential.delivered")
    await both.run(ready)
    rows = await both.book(ready)
    assert (rows["post"]["state"], rows["post"]["reason"]) == ("given_up", "elsewhere")


async def test_what_was_published_gets_no_letter_after_it_though_nobody_said_it_was_read(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[0].how = "published"
    published = post.ordered(**way("courier", "post", wait_hours=1))
    ready = await published.issue()
    await published.run(ready)
    with clock.at(clock.now() + 2 * HOUR):
        await published.run(ready)
    assert await published.states(ready) == {"courier": "sent"}
    assert (await published.dossier(ready))["state"] == 9


async def test_the_holder_who_reads_the_file_has_it_and_an_officer_who_reads_it_has_not(
    post: Post, officer: Actor
) -> None:
    usual = post.ordered()
    ready = await usual.issue()
    await usual.run(ready)
    await usual.emit(ready, "result.downloaded", officer)
    await usual.run(ready)
    assert (await usual.states(ready))["link"] == "sent"
    await usual.emit(ready, "result.downloaded", Actor("citizen", ready.holder))
    await usual.run(ready)
    assert (await usual.states(ready))["link"] == "received"
    assert (await usual.dossier(ready))["state"] == 10


async def test_a_withdrawn_result_is_taken_back_wherever_it_went_and_stopped_where_it_did_not(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[0].how = "published"
    many = post.ordered(**way(["wallet", "courier", "post"]))
    ready = await many.issue()
    await many.run(ready)
    await many.archive.revoke(ready)
    await many.run(ready)
    assert await many.states(ready) == {
        "wallet": "withdrawn",
        "courier": "withdrawn",
        "post": "given_up",
    }
    assert couriers[0].back == [f"{ready.id}:courier:1"]


async def test_a_withdrawal_waits_for_nobody_and_takes_back_what_was_under_way(
    post: Post, couriers: list[Courier]
) -> None:
    one = post.ordered(**way("courier", "counter"))
    ready = await one.issue()
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        began.set()
        await go_on.wait()

    couriers[0].how, couriers[0].waits = "published", slow
    running = asyncio.create_task(one.run(ready))
    await began.wait()
    await one.archive.revoke(ready)
    async with one.work() as work:
        row = (await one.book(ready))["courier"]
        with pytest.raises(Conflict, match="sending right now"):
            await staff.on_paper(one.platform, work, row["id"])
    go_on.set()
    await running
    assert (await one.states(ready))["courier"] == "withdrawn"
    assert couriers[0].back == [f"{ready.id}:courier:1"]


@pytest.mark.parametrize("tries", [1, book.ATTEMPTS])
async def test_what_a_channel_may_have_taken_before_it_fell_silent_is_taken_back_too(
    post: Post, couriers: list[Courier], tries: int
) -> None:
    couriers[0].raises = TimeoutError()
    post.platform.plugins.breakers.after = 1000
    one = post.ordered(**way("courier", "counter"))
    ready = await one.issue()
    await one.run(ready, most=1 + tries)
    couriers[0].raises = None
    await one.archive.revoke(ready)
    await one.run(ready)
    assert (await one.states(ready))["courier"] == "withdrawn"
    assert couriers[0].back == [f"{ready.id}:courier:1"]


async def test_what_a_worker_that_died_had_handed_over_is_taken_back_too(
    post: Post, couriers: list[Courier]
) -> None:
    one = post.ordered(**way("courier", "counter"))
    ready = await one.issue()

    async def dies() -> None:
        couriers[0].took[f"{ready.id}:courier:1"] = ready.id
        raise KeyboardInterrupt

    couriers[0].waits = dies
    with pytest.raises(KeyboardInterrupt):
        await one.run(ready)
    couriers[0].waits = None
    await one.archive.revoke(ready)
    await one.run(ready)
    assert (await one.states(ready))["courier"] == "withdrawn"
    assert couriers[0].back == [f"{ready.id}:courier:1"]


async def test_a_withdrawal_is_tried_for_as_long_as_it_takes(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[0].how = "published"
    one = post.ordered(**way("courier"))
    ready = await one.issue()
    await one.run(ready)
    couriers[0].raises = RuntimeError("away")
    post.platform.plugins.breakers.after = 1000
    await one.archive.revoke(ready)
    await one.run(ready, most=3 * book.ATTEMPTS)
    row = (await one.book(ready))["courier"]
    assert (row["state"], row["attempts"] > book.ATTEMPTS) == ("withdrawing", True)
    couriers[0].raises = None
    await one.run(ready)
    assert (await one.states(ready))["courier"] == "withdrawn"


async def test_a_channel_that_is_not_here_is_given_up_and_told(post: Post) -> None:
    gone = post.ordered(**way("elsewhere"))
    ready = await gone.issue()
    await gone.run(ready)
    row = (await gone.book(ready))["elsewhere"]
    assert (row["state"], row["reason"]) == ("given_up", "no_channel")
    assert (await gone.states(ready))["counter"] == "owed"


async def test_a_channel_below_the_assurance_of_the_procedure_is_passed_over(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[0].assurance = "low"
    strict = post.ordered(**way("courier", "courier-two", assurance="substantial"))
    ready = await strict.issue()
    await strict.run(ready)
    rows = await strict.book(ready)
    assert (rows["courier"]["reason"], couriers[0].calls) == ("assurance", 0)
    assert rows["courier-two"]["state"] == "received"


async def test_a_channel_hears_its_own_settings(post: Post, couriers: list[Courier]) -> None:
    told = post.ordered(**way("courier"), settings={"courier": {"mode": "publish"}})
    ready = await told.issue()
    await told.run(ready)
    assert couriers[0].told == {"mode": "publish"}


async def test_handing_it_over_at_the_counter_ends_what_else_was_owed(post: Post) -> None:
    both = post.ordered(**way(["wallet", "post"]))
    ready = await both.issue()
    await both.run(ready)
    async with both.work() as work:
        work.trace_id = ready.trace
        work.emit("dossier.returned", ready.dossier, {"way": "counter"})
    await both.run(ready)
    assert await both.states(ready) == {
        "wallet": "sent",
        "post": "given_up",
        "counter": "received",
    }


async def test_a_channel_gets_the_file_that_lasts_once_there_is_one_and_both_hashes_verify(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[0].reads = True
    pushing = post.ordered(**way("courier"))
    files = post.platform.files.for_tenant(post.tenant.id, post.tenant.slug)
    first = b"%PDF issued"
    longer = first + b", with a time stamp"
    issued, lasting = files.put(first).sha256, files.put(longer).sha256
    for stamped, expected in [(False, first), (True, longer)]:
        ready = await pushing.issue()
        async with post.work() as work:
            await work.tx.execute(_ISSUED, ready.id, issued)
            if stamped:
                await work.tx.execute(_LASTING, uuid7(), issued, lasting, work.now)
        await pushing.run(ready)
        result, pdf = couriers[0].brought[-1]
        assert pdf == expected
        assert result.pdf_sha256 == sha256(pdf).hexdigest()
        assert result.issued_sha256 == sha256(pdf[: len(first)]).hexdigest()
