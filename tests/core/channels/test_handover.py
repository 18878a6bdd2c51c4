"""What the applicant wishes for goes first, a letter to the address of the wish, and nobody else reads it."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua import clock
from motcua.channels import handover, pages, shown, staff
from motcua.channels.handover import USUAL, Wish
from motcua.channels.plan import COUNTER, POST, Way
from motcua.documents.render import render_document
from motcua.errors import Conflict, Invalid, NotFound
from motcua.ids import uuid7
from motcua.tenancy.tenant import Tenant

from ..wallet.archive import Ready
from .conftest import ADDRESS, Browser, Courier, Post, seat_in

pytestmark = pytest.mark.anyio
LETTER = Wish(POST, "Trần Văn Nhận", "7 Trần Phú, phường Bãi Cháy")
ELECTRONIC = ("wallet", "link", "courier", "courier-two")
_EVENTS = (
    "select payload from event where subject = $1 and type = 'dossier.handover_chosen' order by id"
)
_SEALED = "select address_sealed from handover_wish where dossier_id = $1"
_STATE = "update dossier set state = $2 where id = $1"
_UNIT = "select received_unit from dossier where id = $1"
_PARENT = "update dossier set parent_id = $2 where id = $1"


@st.composite
def ways(draw: st.DrawFn) -> Way:
    """Draw an order as ``channels.toml`` allows it."""
    named = draw(st.permutations([*ELECTRONIC, POST]))
    named = named[: draw(st.integers(1, len(named)))]
    ends = sorted(draw(st.sets(st.integers(1, len(named)))) | {len(named)})
    places = [tuple(named[a:b]) for a, b in itertools.pairwise([0, *ends])]
    if draw(st.booleans()):
        places.append((COUNTER,))
    return Way(tuple(places))


@given(ways(), st.sampled_from([USUAL, COUNTER, POST, "wallet", "nowhere"]))
def test_a_wish_joins_the_first_place_and_what_else_there_is_stays_behind_it(
    way: Way, wish: str
) -> None:
    steps = way.wished(wish)
    flat = [c for place in steps for c in place]
    before = [c for place in way.steps for c in place]
    assert len(set(flat)) == len(flat), "no channel stands there twice"
    assert all(steps), "no place is empty"
    if wish not in way.choices:
        assert steps == way.steps
        return
    assert wish in steps[0]
    gone = {POST} & set(before) if wish == COUNTER else set()
    assert set(flat) == set(before) - gone
    rest = [c for c in before if c in flat and c != wish]
    assert [c for c in flat if c != wish] == rest, "the others keep their order"
    assert set(way.steps[0]) - gone <= set(steps[0]), "what went out first still does"


def test_an_order_with_one_way_has_nothing_to_choose() -> None:
    assert Way(((COUNTER,),)).choices == ()
    assert Way((("wallet",),)).choices == (COUNTER,)
    assert Way((("wallet",), (POST,))).choices == (COUNTER, POST)


async def chosen(post: Post, wish: Wish) -> Ready:
    """Issue a result of somebody who had chosen before."""
    ready = await post.issue()
    async with post.work() as work:
        work.trace_id = ready.trace
        await handover.choose(work, ready.dossier, wish)
    return ready


@pytest.fixture
def usual(post: Post) -> Post:
    return post.ordered(ways=[{"order": [["wallet", "link"], "post"], "wait_hours": 24}])


async def test_a_letter_that_was_wished_for_waits_at_once_with_its_own_address(usual: Post) -> None:
    ready = await chosen(usual, LETTER)
    await usual.run(ready, again=True)
    rows = await usual.book(ready)
    assert {c: (r["step"], r["state"]) for c, r in rows.items()} == {
        "wallet": (0, "sent"),
        "link": (0, "sent"),
        "post": (0, "owed"),
    }
    async with usual.work() as work:
        label = await staff.label(usual.platform, work, rows["post"]["id"])
    assert (label["name"], label["address"]) == (LETTER.recipient, LETTER.address)


async def test_a_letter_needs_no_address_of_the_person_when_the_wish_has_one(usual: Post) -> None:
    ready = await usual.issue(contact=False)
    async with usual.work() as work:
        await handover.choose(work, ready.dossier, LETTER)
    await usual.run(ready)
    assert (await usual.book(ready))["post"]["how"] == "by_staff"


async def test_without_a_wish_the_letter_comes_in_its_turn_to_the_persons_own_address(
    usual: Post,
) -> None:
    ready = await usual.issue()
    await usual.run(ready)
    assert "post" not in await usual.book(ready)
    with clock.at(clock.now() + timedelta(hours=25)):
        await usual.run(ready)
    async with usual.work() as work:
        label = await staff.label(usual.platform, work, (await usual.book(ready))["post"]["id"])
    assert label["address"] == ADDRESS


async def test_who_comes_to_the_counter_gets_no_letter(usual: Post) -> None:
    ready = await chosen(usual, Wish(COUNTER))
    await usual.run(ready)
    with clock.at(clock.now() + timedelta(hours=49)):
        await usual.run(ready)
    rows = await usual.book(ready)
    assert set(rows) == {"wallet", "link", "counter"}
    assert (rows["counter"]["step"], rows["counter"]["how"]) == (0, "by_staff")


async def test_a_letter_that_was_wished_for_goes_out_though_the_application_has_the_result(
    post: Post, couriers: list[Courier]
) -> None:
    pushing = post.ordered(ways=[{"order": ["courier", "post"]}])
    ready = await chosen(pushing, LETTER)
    await pushing.run(ready)
    assert await pushing.states(ready) == {"courier": "received", "post": "owed"}
    assert (await pushing.dossier(ready))["state"] == 10
    async with pushing.work() as work:
        listed = await work.tx.fetch(shown.TO_POST, None, 1000)
        assert [r["wished"] for r in listed if r["result_id"] == ready.id] == [True]
        bundle = await pushing.issue()
        await work.tx.execute(_PARENT, ready.dossier, bundle.dossier)
        await handover.choose(work, bundle.dossier, LETTER)
        await handover.choose(work, ready.dossier, Wish())
        listed = await work.tx.fetch(shown.TO_POST, None, 1000)
    assert [r["wished"] for r in listed if r["result_id"] == ready.id] == [False], "its own word"


async def test_a_dossier_of_a_bundle_follows_the_wish_of_its_bundle(usual: Post) -> None:
    bundle, child = await usual.issue(), await usual.issue()
    async with usual.work() as work:
        await work.tx.execute(_PARENT, child.dossier, bundle.dossier)
        await handover.choose(work, bundle.dossier, LETTER)
        assert await handover.of(work, child.dossier) == LETTER
        await handover.choose(work, child.dossier, Wish(COUNTER))
        assert await handover.channel_of(work.tx, child.dossier) == COUNTER
        assert await handover.of(work, bundle.dossier) == LETTER
        await handover.choose(work, child.dossier, Wish())
        assert await handover.of(work, child.dossier) == Wish(), "called off for this one"


async def test_the_same_wish_again_changes_nothing_and_the_event_names_nobody(usual: Post) -> None:
    ready = await usual.issue()
    async with usual.work() as work:
        await handover.choose(work, ready.dossier, Wish())
        for wish in (LETTER, LETTER, Wish(COUNTER), Wish(COUNTER), Wish(), Wish()):
            await handover.choose(work, ready.dossier, wish)
    async with usual.work() as work:
        told = [r["payload"] for r in await work.tx.fetch(_EVENTS, ready.dossier)]
        assert told == [{"channel": c} for c in (POST, COUNTER, USUAL)]
        assert await work.tx.fetchval(_SEALED, ready.dossier) is None, "no address is kept unused"


async def test_the_address_is_sealed_and_a_neighbour_sees_no_wish(
    usual: Post, thai_nguyen: Tenant
) -> None:
    ready = await chosen(usual, LETTER)
    async with usual.work() as work:
        sealed = await work.tx.fetchval(_SEALED, ready.dossier)
    assert LETTER.address.encode() not in sealed
    async with replace(usual, tenant=thai_nguyen).work() as work:
        assert await work.tx.fetchval(_SEALED, ready.dossier) is None
        assert await handover.of(work, ready.dossier) == Wish()


async def test_only_the_person_changes_the_wish_and_only_until_there_is_a_result(
    usual: Post,
) -> None:
    ready = await usual.issue(state=4)
    async with usual.work() as work:
        await handover.change(work, ready.dossier, ready.holder, LETTER)
        with pytest.raises(NotFound):
            await handover.change(work, ready.dossier, uuid7(), Wish(COUNTER))
        await work.tx.execute(_STATE, ready.dossier, 9)
        with pytest.raises(Conflict):
            await handover.change(work, ready.dossier, ready.holder, Wish(COUNTER))
        assert await handover.of(work, ready.dossier) == LETTER


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        (("drone", "", ""), {"handover"}),
        (("", "", ""), {"handover"}),
        ((POST, " ", "\t"), {"handover_recipient", "handover_address"}),
        ((POST, "A" * 101, "7 Trần Phú"), {"handover_recipient"}),
        ((POST, "An", "A" * 301), {"handover_address"}),
        ((POST, "An", "7 Trần Phú 🏠"), {"handover_address"}),
        ((POST, "An\u200b", "7 Trần Phú"), {"handover_recipient"}),
        ((POST, "王", "7 Trần\x00 Phú"), {"handover_recipient", "handover_address"}),
        ((POST, "Trần An", "7 ᴛrần Phú"), {"handover_address"}),
    ],
)
def test_what_cannot_be_printed_on_a_label_is_told_at_its_field(
    typed: tuple[str, str, str], at: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        handover.read((COUNTER, POST), *typed)
    assert set(refused.value.fields) == at


async def test_what_is_let_through_can_be_printed_on_the_label(usual: Post) -> None:
    odd = 'Đường Nguyễn Thượng Hiền, ngõ 3–5 “Bờ Đông”, nhà ’A’ 12°, "B" #1 @2 & [3] {4} $x_y* <z> \\ `q` ~ ^'
    wish = handover.read((POST,), POST, "ẠẶỆỘỰ ạặệộự Œuvre Ñ", odd)
    ready = await chosen(usual, wish)
    await usual.run(ready)
    delivery = (await usual.book(ready))["post"]["id"]
    async with usual.work() as work:
        data, at = await staff.label(usual.platform, work, delivery), work.now
    assert data["address"] == odd
    every = " ".join(filter(handover._printed, map(chr, range(0x110000))))
    for address in (odd, every):
        data["address"] = address
        made = await render_document(pages._LABEL, data, at=at, qr=str(data["url"]))
        assert made.pdf.startswith(b"%PDF")


def test_a_wish_is_kept_in_one_spelling() -> None:
    found = handover.read((COUNTER, POST), POST, "  Trần  An ", "Số 7/2 – ngõ 3, “Đông”, P. Hà Lầm")
    assert found == Wish(POST, "Trần An", "Số 7/2 – ngõ 3, “Đông”, P. Hà Lầm")
    assert handover.read((COUNTER, POST), COUNTER, "x", "y") == Wish(COUNTER)


async def test_staff_read_the_wish_in_the_dossier_and_that_a_letter_was_chosen_in_the_list(
    usual: Post, browse: Browser
) -> None:
    ready = await chosen(usual, LETTER)
    await usual.run(ready)
    unit = await usual.archive.one(usual.tenant, _UNIT, ready.dossier)
    seat = await seat_in(usual, browse, unit, "receiver")
    listed = (await seat.get("/desk/deliveries")).text
    card = next(c for c in listed.split('class="card"') if str(ready.dossier) in c)
    assert "Người nộp chọn gửi bưu điện" in card
    assert LETTER.address not in listed, "reading the address is an event: it stands on the label"
    dossier = (await seat.get(f"/desk/dossier/{ready.dossier}")).text
    assert LETTER.address in dossier
    assert LETTER.recipient in dossier
    stranger = await seat_in(usual, browse, uuid7(), "receiver")
    assert LETTER.address not in (await stranger.get(f"/desk/dossier/{ready.dossier}")).text
