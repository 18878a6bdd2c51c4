"""Rating a service: once, soon, with a reason for a dislike and somebody who looks after it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from motcua import clock
from motcua.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.ids import uuid7
from motcua.queues import feedback, serving

from .conftest import Hall

pytestmark = pytest.mark.anyio
_ROLE = "insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, $4)"
_STAFF = "insert into staff (id, username, full_name) values ($1, $2, $2)"


async def served(hall: Hall, n: int = 0) -> UUID:
    """Serve one person to the end; returns his ticket."""
    issued = await hall.issue()
    if not await hall.fetch("select 1 from counter where staff_id = $1", hall.staff[n]):
        await hall.sit(n)
    await hall.bring(n)
    await hall.do(serving.finish, issued.id, hall.staff[n])
    return issued.id


async def employ(hall: Hall, name: str, role: str, unit: UUID | None) -> UUID:
    officer = uuid7()
    async with hall.work() as work:
        await work.tx.execute(_STAFF, officer, name)
        await work.tx.execute(_ROLE, uuid7(), officer, unit, role)
    return officer


async def said(hall: Hall) -> list[dict[str, Any]]:
    return await hall.fetch("select * from feedback order by at")


async def test_a_rating_knows_who_served_where_and_when(hall: Hall) -> None:
    ticket = await served(hall)
    await hall.do(feedback.give, ticket, 3, words="  Rất  tốt ", channel="phone")
    [row] = await said(hall)
    assert (row["ticket_id"], row["site_id"], row["staff_id"]) == (ticket, hall.site, hall.staff[0])
    assert (row["level"], row["reason"], row["words"]) == (3, None, "Rất tốt")
    assert (row["line_id"], row["day"]) == (hall.lines["A"], await hall.day())
    assert row["owner_id"] is None
    event = await hall.event("feedback.given")
    assert event == {"level": 3, "channel": "phone"}


async def test_a_number_is_rated_once(hall: Hall) -> None:
    ticket = await served(hall)
    await hall.do(feedback.give, ticket, 2, channel="device")
    with pytest.raises(Conflict):
        await hall.do(feedback.give, ticket, 3, channel="phone")
    assert [row["level"] for row in await said(hall)] == [2]


async def test_only_what_was_served_within_three_days_is_rated(hall: Hall) -> None:
    ticket = await served(hall)
    waiting = await hall.issue("B")
    with pytest.raises(Conflict):
        await hall.do(feedback.give, waiting.id, 3, channel="phone")
    with clock.at(clock.now() + timedelta(days=feedback.DAYS)), pytest.raises(Conflict):
        await hall.do(feedback.give, ticket, 3, channel="phone")
    with clock.at(clock.now() + timedelta(days=feedback.DAYS - 1)):
        await hall.do(feedback.give, ticket, 3, channel="phone")


async def test_a_strange_level_a_missing_reason_and_a_strange_number_change_nothing(
    hall: Hall,
) -> None:
    ticket = await served(hall)
    for level in (0, 4):
        with pytest.raises(Invalid) as refused:
            await hall.do(feedback.give, ticket, level, channel="phone")
        assert "level" in refused.value.fields
    for reason in ("", "no such reason"):
        with pytest.raises(Invalid) as refused:
            await hall.do(feedback.give, ticket, 1, reason=reason, channel="phone")
        assert "reason" in refused.value.fields
    with pytest.raises(NotFound):
        await hall.do(feedback.give, uuid7(), 3, channel="phone")
    assert await said(hall) == []


async def test_a_dislike_goes_to_who_leads_the_unit(hall: Hall) -> None:
    await employ(hall, "a-admin", "admin", None)
    await employ(hall, "b-elsewhere", "head", None)
    head = await employ(hall, "c-head", "head", hall.unit)
    await employ(hall, "d-leader", "leader", hall.unit)
    ticket = await served(hall)
    await hall.do(feedback.give, ticket, 1, reason="waited", channel="device")
    [row] = await said(hall)
    assert (row["owner_id"], row["reason"]) == (head, "waited")


async def test_nobody_looks_after_what_was_said_of_himself(hall: Hall) -> None:
    async with hall.work() as work:
        await work.tx.execute(_ROLE, uuid7(), hall.staff[0], hall.unit, "head")
    admin = await employ(hall, "a-admin", "admin", None)
    ticket = await served(hall)
    await hall.do(feedback.give, ticket, 1, reason="manner", channel="phone")
    [row] = await said(hall)
    assert row["owner_id"] == admin


async def test_without_leaders_the_units_own_administrator_comes_before_one_of_all(
    hall: Hall,
) -> None:
    await employ(hall, "a-all", "admin", None)
    own = await employ(hall, "b-own", "admin", hall.unit)
    ticket = await served(hall)
    await hall.do(feedback.give, ticket, 1, reason="other", channel="phone")
    assert (await said(hall))[0]["owner_id"] == own


async def test_a_dislike_whose_owner_has_gone_is_closed_by_whoever_leads_the_site(
    hall: Hall,
) -> None:
    for number, gone in enumerate(
        (
            "update staff set active = false where id = $1",
            "delete from staff_role where staff_id = $1 and role = 'head'",
        )
    ):
        head = await employ(hall, f"head{number}", "head", hall.unit)
        leader = await employ(hall, f"leader{number}", "leader", hall.unit)
        given = await hall.do(
            feedback.give, await served(hall), 1, reason="waited", channel="phone"
        )
        with pytest.raises(Forbidden):
            await hall.do(feedback.follow_up, given, leader, "xong")
        async with hall.work() as work:
            await work.tx.execute(gone, head)
            [owed] = await feedback.owed(work.tx, [hall.site])
        assert owed["owner_gone"]
        await hall.do(feedback.follow_up, given, leader, "Đã gọi điện xin lỗi")
        assert (await said(hall))[-1]["closing"] == "Đã gọi điện xin lỗi"
        async with hall.work() as work:
            await work.tx.execute("delete from staff_role where staff_id = $1", leader)


async def test_nobody_takes_over_what_was_said_of_himself(hall: Hall) -> None:
    head = await employ(hall, "head", "head", hall.unit)
    given = await hall.do(feedback.give, await served(hall), 1, reason="manner", channel="phone")
    async with hall.work() as work:
        await work.tx.execute("update staff set active = false where id = $1", head)
        await work.tx.execute(_ROLE, uuid7(), hall.staff[0], hall.unit, "leader")
    with pytest.raises(Forbidden):
        await hall.do(feedback.follow_up, given, hall.staff[0], "xong")


async def test_only_its_owner_closes_a_dislike_once_and_with_a_word(hall: Hall) -> None:
    head = await employ(hall, "head", "head", hall.unit)
    ticket = await served(hall)
    given = await hall.do(feedback.give, ticket, 1, reason="waited", words="lâu", channel="phone")
    async with hall.platform.db.tenant(hall.tenant) as tx:
        [owed] = await feedback.owed(tx, [hall.site])
    assert (owed["id"], owed["words"], owed["owner_name"]) == (given, "lâu", "head")
    with pytest.raises(Forbidden):
        await hall.do(feedback.follow_up, given, hall.staff[1], "xong")
    with pytest.raises(Invalid):
        await hall.do(feedback.follow_up, given, head, "  ")
    await hall.do(feedback.follow_up, given, head, "Đã gọi điện xin lỗi")
    with pytest.raises(Conflict):
        await hall.do(feedback.follow_up, given, head, "lần nữa")
    with pytest.raises(NotFound):
        await hall.do(feedback.follow_up, uuid7(), head, "xong")
    [row] = await said(hall)
    assert row["closing"] == "Đã gọi điện xin lỗi"
    async with hall.platform.db.tenant(hall.tenant) as tx:
        assert await feedback.owed(tx, None) == []


async def test_praise_needs_no_follow_up(hall: Hall) -> None:
    ticket = await served(hall)
    given = await hall.do(feedback.give, ticket, 3, channel="phone")
    with pytest.raises(Conflict):
        await hall.do(feedback.follow_up, given, hall.staff[0], "xong")


async def test_a_counter_asks_about_its_last_service_until_it_is_rated_or_the_next_is_there(
    hall: Hall,
) -> None:
    async def asked() -> UUID | None:
        async with hall.platform.db.tenant(hall.tenant) as tx:
            found = await feedback.at_counter(tx, hall.counters[0], clock.now())
        return found.ticket if found else None

    assert await asked() is None
    first = await served(hall)
    assert await asked() == first
    second = await served(hall)
    assert await asked() == second
    await hall.do(feedback.give, second, 3, channel="device")
    assert await asked() is None
    third = await served(hall)
    with clock.at(clock.now() + feedback.DEVICE_MINUTES + timedelta(seconds=1)):
        assert await asked() is None
    following = await hall.issue()
    await hall.call(0)
    assert await asked() == third  # the next one is called while the last one is still there
    await hall.do(serving.start, following.id, hall.staff[0])
    assert await asked() is None


async def test_a_code_opens_its_own_number_while_it_may_be_rated(hall: Hall) -> None:
    async def asked(code: str) -> UUID | None:
        async with hall.platform.db.tenant(hall.tenant) as tx:
            found = await feedback.by_code(tx, code, clock.now())
        return found.ticket if found else None

    ticket = await served(hall)
    code = (await hall.ticket(ticket))["public_code"]
    assert await asked(code) == ticket
    assert await asked("KHONGCO2") is None
    await hall.do(feedback.give, ticket, 2, channel="phone")
    assert await asked(code) is None


@pytest.mark.parametrize("part", ["key", "vi", "en"])
def test_the_reasons_are_named_in_both_languages_and_differ(part: str) -> None:
    found = [getattr(reason, part) for reason in feedback.reasons()]
    assert all(found)
    assert len(set(found)) == len(found) >= 5
