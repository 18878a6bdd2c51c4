"""Each check can fail: a day in which one thing is wrong is told so, by the check that is there for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from motcua.simulation import check
from motcua.simulation.check_figures import Shown
from motcua.simulation.recount import Day, Row
from motcua.simulation.stage import Log, Look

from .conftest import SmallDay

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
Harm = Callable[[Day, Log], None]


def _put(rows: list[Row], n: int, **values: Any) -> None:
    rows[n] = {**rows[n], **values}


def _some(rows: list[Row], **values: Any) -> int:
    return next(n for n, row in enumerate(rows) if all(row[k] == v for k, v in values.items()))


def longer_service(day: Day, _: Log) -> None:
    n = _some(day.segments, kind="serving")
    _put(day.segments, n, to_at=day.segments[n]["to_at"] + MINUTE)


def longer_break(day: Day, _: Log) -> None:
    n = _some(day.segments, kind="break")
    _put(day.segments, n, from_at=day.segments[n]["from_at"] - MINUTE)


def lost_segment(day: Day, _: Log) -> None:
    waits = [n for n, row in enumerate(day.segments) if row["kind"] == "waiting"]
    del day.segments[
        max(waits, key=lambda n: day.segments[n]["to_at"] - day.segments[n]["from_at"])
    ]


def lost_ticket(day: Day, _: Log) -> None:
    # Not the last of its line: the gap is to be seen.
    del day.tickets[_some(day.tickets, state="done", number="A001")]


def two_of_one_number(day: Day, _: Log) -> None:
    first = next(n for n, t in enumerate(day.tickets) if t["number"] == "A001")
    site = day.tickets[first]["site_id"]
    other = _some(day.tickets, number="A002", site_id=site)
    _put(day.tickets, other, number="A001")


def never_ended(day: Day, _: Log) -> None:
    _put(day.tickets, _some(day.tickets, state="done"), state="serving", ended_at=None)


def at_two_counters(day: Day, _: Log) -> None:
    n = _some(day.segments, kind="serving")
    other = next(
        r["counter_id"]
        for r in day.segments
        if r["counter_id"] not in (None, day.segments[n]["counter_id"])
    )
    day.segments.append({**day.segments[n], "counter_id": other})


def still_open(day: Day, _: Log) -> None:
    del day.seats[-1]


def stayed_longer(day: Day, _: Log) -> None:
    for n, ticket in enumerate(day.tickets):
        if ticket["state"] == "done":
            _put(day.tickets, n, ended_at=ticket["ended_at"] + 5 * MINUTE)


def more_services(day: Day, _: Log) -> None:
    _put(day.services, 0, quantity=day.services[0]["quantity"] + 1)


def given_out_and_gone(day: Day, log: Log) -> None:
    log.issued["NOWHERE1"] = (next(iter(day.sites)), "Z001")


def shown_wrong(_: Day, log: Log) -> None:
    site, look = log.looks[0]
    log.looks[0] = (site, Look(look.at, {letter: n + 1 for letter, n in look.waiting.items()}))


@pytest.mark.parametrize(
    ("harm", "seen_by"),
    [
        (longer_service, "figures by counter"),
        (longer_service, "figures by officer"),
        (longer_service, "tickets' lives"),
        (longer_break, "officers' seats"),
        (lost_segment, "figures by site"),
        (lost_segment, "tickets' lives"),
        (lost_ticket, "no number lost"),
        (lost_ticket, "live view"),
        (lost_ticket, "numbers"),
        (two_of_one_number, "numbers"),
        (never_ended, "every number ended"),
        (at_two_counters, "nobody at two places"),
        (still_open, "officers' seats"),
        (stayed_longer, "Little's law"),
        (more_services, "figures by site"),
        (given_out_and_gone, "no number lost"),
        (shown_wrong, "live through the day"),
    ],
)
async def test_what_is_wrong_is_found(small_day: SmallDay, harm: Harm, seen_by: str) -> None:
    raw, log = small_day.raw, small_day.played.log
    harmed = replace(
        raw,
        tickets=list(raw.tickets),
        segments=list(raw.segments),
        seats=list(raw.seats),
        services=list(raw.services),
    )
    known = Log(dict(log.issued), list(log.looks), log.counts, log.refused)
    harm(harmed, known)

    found = check.findings(harmed, small_day.shown, small_day.now, known)

    assert seen_by in {one.name for one in found if not one.ok}


async def test_a_page_whose_parts_do_not_add_up_is_found(small_day: SmallDay) -> None:
    by = {**small_day.shown.by, "site": small_day.shown.by["site"][1:]}

    found = check.findings(
        small_day.raw, Shown(by, small_day.shown.standing), small_day.now, small_day.played.log
    )

    wrong = [one for one in found if not one.ok]
    assert {"totals", "figures by site"} <= {one.name for one in wrong}
    assert all("FAULT" in str(one) for one in wrong)


async def test_a_segment_tampered_with_in_the_database_is_found(small_day: SmallDay) -> None:
    played = small_day.played
    longer = "update segment set to_at = to_at + interval '1 minute' where id = $1"
    back = "update segment set to_at = to_at - interval '1 minute' where id = $1"
    segment = next(r["id"] for r in small_day.raw.segments if r["kind"] == "parked")
    place = (small_day.platform, small_day.tenant, played.ids, played.order.day)
    async with small_day.platform.db.tenant(small_day.tenant) as tx:
        await tx.execute(longer, segment)
    try:
        found = await check.examine(*place)
    finally:
        async with small_day.platform.db.tenant(small_day.tenant) as tx:
            await tx.execute(back, segment)

    assert "tickets' lives" in {one.name for one in found if not one.ok}
    assert all(one.ok for one in await check.examine(*place))
