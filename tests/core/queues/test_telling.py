"""What telephones are told: once each, for what still stands, and nothing where there is no channel."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from motcua import clock
from motcua.api import NoticeChannel, hookimpl
from motcua.events.log import SYSTEM, Event
from motcua.ids import uuid7
from motcua.queues import appointments, calling, issuing, seats, serving, telling
from motcua.rooms import subscribers
from motcua.tenancy.tenant import Tenant
from motcua.text import VIETNAM

from ..plugins.toys import house, toy
from .conftest import Hall

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PHONE = "0912345678"
_EVENTS = """
select id, trace_id, at, type, subject, unit_id, actor, payload from event where id > $1 order by id
"""


async def _send(work: Any, message: Any) -> str:
    return ""


@hookimpl
def register_notice_channels(tenant: Tenant) -> Sequence[NoticeChannel]:
    return [NoticeChannel("toy", "Thử", "Toy", _send)]


class Phones:
    """Tells the hall's events one after another, and reads what was written for the telephones."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.seen = UUID(int=0)

    async def hear(self, at: datetime = NOW) -> None:
        """Tell every event since the last time, as the outbox would."""
        for row in await self.hall.fetch(_EVENTS, self.seen):
            event = Event(**row)
            self.seen = event.id
            if event.type in telling.SUBSCRIBED - {appointments.REMIND}:
                await self.tell(event, at)

    async def tell(self, event: Event, at: datetime = NOW) -> None:
        with clock.at(at):
            async with self.hall.platform.works.begin(self.hall.tenant, SYSTEM) as work:
                await telling.tell(self.hall.platform, work, event)

    async def said(self) -> list[tuple[str, str]]:
        """Return kind and text of every message, oldest first."""
        vault = self.hall.platform.vaults.of(self.hall.tenant.id)
        rows = await self.hall.fetch("select kind, text_sealed from notice order by id")
        return [(r["kind"], vault.open(r["text_sealed"])) for r in rows]

    async def kinds(self) -> list[str]:
        return [kind for kind, _ in await self.said()]


@pytest.fixture
async def phones(hall: Hall) -> AsyncIterator[Phones]:
    """Return the telephones of a hall whose tenant has a channel."""
    before = hall.platform.plugins
    hall.platform.plugins = house(toy("post", register_notice_channels))
    yield Phones(hall)
    hall.platform.plugins = before


async def reserve(hall: Hall, phone: str = PHONE, at: datetime = NOW) -> issuing.Issued:
    with clock.at(at):
        async with hall.work() as work:
            window = (at + timedelta(minutes=30), at + timedelta(minutes=50))
            line = hall.lines["A"]
            return await issuing.reserve(work, hall.site, line, contact=phone, window=window)


async def issue(hall: Hall, phone: str = "", at: datetime = NOW) -> issuing.Issued:
    with clock.at(at):
        async with hall.work() as work:
            return await issuing.issue(work, hall.site, hall.lines["A"], contact=phone)


async def call(hall: Hall, counter: int, at: datetime) -> None:
    with clock.at(at):
        async with hall.work() as work:
            await seats.open_counter(work, hall.counters[counter], hall.staff[counter])
            await calling.call_next(work, hall.counters[counter], hall.staff[counter])


async def serve(hall: Hall, counter: int, at: datetime) -> None:
    """Serve whoever was called to a counter."""
    sql = "select id from ticket where counter_id = $1 and state = 'called'"
    with clock.at(at):
        async with hall.work() as work:
            ticket = await work.tx.fetchval(sql, hall.counters[counter])
            await serving.start(work, ticket, hall.staff[counter])
            await serving.finish(work, ticket, hall.staff[counter])


async def test_who_reserves_is_told_number_window_and_link(hall: Hall, phones: Phones) -> None:
    issued = await reserve(hall)
    await phones.hear()
    ((kind, text),) = await phones.said()
    assert kind == "reserved"
    assert "A001" in text
    assert "09:30–09:50" in text
    assert f"/q/{issued.public_code}" in text


async def test_a_printed_number_with_a_telephone_is_told_too_and_one_without_is_not(
    hall: Hall, phones: Phones
) -> None:
    await issue(hall, PHONE)
    await issue(hall)
    await phones.hear()
    assert await phones.kinds() == ["issued"]


async def test_near_is_told_once_when_few_are_left_and_then_the_call(
    hall: Hall, phones: Phones
) -> None:
    for _ in range(5):
        await issue(hall)
    await issue(hall, PHONE)
    await phones.hear()
    later = NOW + timedelta(minutes=10)
    await call(hall, 0, later)
    await phones.hear(later)
    assert await phones.kinds() == ["issued"]
    await call(hall, 1, later)
    await phones.hear(later)
    kind, text = (await phones.said())[-1]
    assert kind == "near"
    assert "3" in text
    for counter in (0, 1):
        await serve(hall, counter, later)
        await call(hall, counter, later)
    await call(hall, 2, later)
    await phones.hear(later)
    assert await phones.kinds() == ["issued", "near"]
    await serve(hall, 0, later)
    await call(hall, 0, later)
    await phones.hear(later)
    kind, text = (await phones.said())[-1]
    assert kind == "called"
    assert "A006" in text
    assert "quầy 1" in text


async def test_who_took_a_number_for_the_afternoon_is_told_near_it_and_not_in_the_morning(
    hall: Hall, phones: Phones
) -> None:
    """However short the queue is before him: he was asked to come then, and is told only once."""
    opens = NOW + timedelta(hours=6)
    with clock.at(NOW - timedelta(days=1)):
        window = (opens, opens + timedelta(minutes=30))
        await hall.reserve(contact=PHONE, window=window)
    await phones.hear(NOW - timedelta(days=1))
    for _ in range(4):
        await issue(hall)
    for counter, minutes in ((0, -360), (1, -16), (2, -14)):
        when = opens + timedelta(minutes=minutes)
        await call(hall, counter, when)
        await phones.hear(when)
        told = ["reserved", "near"] if minutes == -14 else ["reserved"]
        assert await phones.kinds() == told
    kind, text = (await phones.said())[-1]
    assert kind == "near"
    assert "còn 1 người" in text


async def test_who_is_here_already_is_told_that_he_is_near_whatever_his_window_was(
    hall: Hall, phones: Phones
) -> None:
    taken = NOW - timedelta(minutes=20)
    await issue(hall, "", taken)
    with clock.at(taken):
        window = (NOW + timedelta(hours=1), NOW + timedelta(hours=2))
        early = await hall.reserve(contact=PHONE, window=window)
    with clock.at(NOW):
        await hall.do(issuing.arrive, early.id)
    await call(hall, 0, NOW)
    await phones.hear()
    assert "next" in await phones.kinds()


async def test_an_event_that_comes_twice_is_told_once(hall: Hall, phones: Phones) -> None:
    await issue(hall, PHONE, NOW - timedelta(minutes=10))
    await call(hall, 0, NOW)
    for _ in range(3):
        phones.seen = UUID(int=0)
        await phones.hear()
    assert await phones.kinds() == ["issued", "called"]


async def book(hall: Hall, hours: float = 24) -> appointments.Booked:
    slot, begin = uuid7(), NOW + timedelta(hours=hours)
    async with hall.work() as work:
        await work.tx.execute(
            "insert into slot (id, site_id, line_id, day, from_at, to_at, capacity)"
            " values ($1, $2, $3, $4, $5, $6, 5)",
            slot,
            hall.site,
            hall.lines["A"],
            begin.astimezone(VIETNAM).date(),
            begin,
            begin + timedelta(minutes=30),
        )
    with clock.at(NOW):
        async with hall.work() as work:
            return await appointments.book(work, slot, contact=PHONE)


async def reminders(hall: Hall) -> list[Event]:
    rows = await hall.fetch(_EVENTS, UUID(int=0))
    return [Event(**r) for r in rows if r["type"] == appointments.REMIND]


async def test_the_reminder_goes_out_exactly_once(hall: Hall, phones: Phones) -> None:
    made = await book(hall)
    (due,) = await reminders(hall)
    for _ in range(3):
        await phones.tell(due, NOW + timedelta(hours=7))
    assert await phones.kinds() == ["reminder"]
    _, text = (await phones.said())[0]
    assert "09:00" in text
    assert "24/11/2026" in text
    assert made.public_code in text


async def test_what_was_moved_or_cancelled_is_not_reminded_of(hall: Hall, phones: Phones) -> None:
    made, other = await book(hall), await book(hall, 72 + 24)
    (first, _) = await reminders(hall)
    with clock.at(NOW):
        async with hall.work() as work:
            await appointments.cancel(work, other.public_code)
            await appointments.move(work, made.public_code, other.slot)
    await phones.tell(first)
    assert "reminder" not in await phones.kinds()
    (fresh,) = [e for e in await reminders(hall) if e.payload["sequence"] == 1]
    await phones.tell(fresh)
    assert "reminder" in await phones.kinds()


async def test_booking_moving_and_cancelling_are_told(hall: Hall, phones: Phones) -> None:
    made, other = await book(hall), await book(hall, 72)
    await phones.hear()
    with clock.at(NOW):
        async with hall.work() as work:
            await appointments.cancel(work, other.public_code)
            await appointments.move(work, made.public_code, other.slot)
    await phones.hear()
    assert await phones.kinds() == ["booked", "booked", "cancelled", "moved"]


async def test_a_withdrawn_appointment_is_told_with_its_reason_and_where_to_book_anew(
    hall: Hall, phones: Phones
) -> None:
    made = await book(hall)
    with clock.at(NOW):
        async with hall.work() as work:
            await appointments.withdraw(work, made.slot, "mất điện")
    await phones.hear()
    kind, text = (await phones.said())[-1]
    assert kind == "withdrawn"
    assert "mất điện" in text
    assert "/appointments?site=sanh&line=A" in text


async def test_a_tenant_without_a_channel_owes_nothing(hall: Hall) -> None:
    none, some = house(), house(toy("post", register_notice_channels))
    without = replace(hall.tenant, plugins=frozenset())
    with_one = replace(hall.tenant, plugins=frozenset({"post"}))
    assert telling.SUBSCRIBER not in list(subscribers(none, with_one, "ticket.called"))
    assert telling.SUBSCRIBER not in list(subscribers(some, without, "ticket.called"))
    assert telling.SUBSCRIBER in list(subscribers(some, with_one, "ticket.called"))
