"""What the monitor shows of a moment that is over: devices, links, alerts and paused lines of that moment."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from motcua import clock
from motcua.ids import uuid7
from motcua.monitor import live, watching
from motcua.queues import alerts, days, nodes
from motcua.station import health, silence

from ..queues.conftest import Hall
from .conftest import SignIn

pytestmark = pytest.mark.anyio
NINE = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_DEVICE = """
insert into device (id, site_id, kind, name, paired_at) values ($1, $2, $3, 'Máy ki-ốt', $4) returning 1
"""
_ALERT = """
insert into alert (id, site_id, measure, threshold, worst, raised_at, cleared_at, acked_at)
values ($1, $2, 'longest', 30, 44, $3, $4, $5) returning 1
"""


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


async def look(hall: Hall, minutes: float) -> live.Seen:
    with clock.at(at(300)):
        async with hall.platform.db.tenant(hall.tenant) as tx:
            [found] = await live.look(tx, [hall.site], at(minutes), alerts.RULES, past=True)
    return found


async def device(hall: Hall, kind: str = "station") -> UUID:
    made = uuid7()
    await hall.fetch(_DEVICE, made, hall.site, kind, at(-60))
    return made


async def test_a_printer_without_paper_is_so_from_its_word_to_the_next(worked: Hall) -> None:
    made = await device(worked)
    for minutes, paper in ((10, "out"), (25, "ok")):
        with clock.at(at(minutes)):
            await worked.do(health.report, made, {"paper": paper})
    assert [(await look(worked, m)).around.down for m in (5, 15, 30)] == [0, 1, 0]
    [shown] = (await look(worked, 15)).devices
    assert shown.troubles == ("paper_out",)


async def test_a_call_for_help_stands_until_somebody_went(worked: Hall) -> None:
    made = await device(worked)
    with clock.at(at(10)):
        await worked.do(health.ask_help, made)
    with clock.at(at(20)):
        await worked.do(health.help_given, made)
    assert [(await look(worked, m)).helps for m in (5, 15, 25)] == [0, 1, 0]


async def test_a_device_that_was_paired_later_is_not_there_yet(worked: Hall) -> None:
    await device(worked)
    assert (await look(worked, -90)).devices == []


async def test_a_line_is_paused_from_its_pause_to_its_opening(worked: Hall) -> None:
    line = worked.lines["A"]
    with clock.at(at(10)):
        await worked.do(days.pause_line, line, "Mất điện")
    with clock.at(at(20)):
        await worked.do(days.open_line, line)
    with clock.at(at(40)):
        await worked.do(days.pause_line, line, "Mất điện")
    paused = []
    for minutes in (5, 15, 30, 50):
        found = await look(worked, minutes)
        paused.append([line.letter for line in found.now.lines if line.paused])
    assert paused == [[], ["A"], [], ["A"]]


async def test_a_cut_is_shown_for_the_time_it_lasted_though_it_was_told_afterwards(
    worked: Hall,
) -> None:
    node = await device(worked, "node")
    with clock.at(at(0)):
        await worked.do(nodes.hello, node, {"store": "x"})
    told = {"answer": "", "have_live": "", "have_setup": ""}
    with clock.at(at(40)):
        await worked.do(nodes.beat, node, alone_since=at(10), **told)
    with clock.at(at(41)):
        await worked.do(nodes.beat, node, alone_since=None, **told)
        await worked.do(nodes.bye, node)
    assert [(await look(worked, m)).around.cut for m in (5, 30, 50)] == [None, 20.0, None]


async def test_an_alert_stands_as_it_stood(worked: Hall, sign_in: SignIn) -> None:
    await worked.fetch(_ALERT, uuid7(), worked.site, at(10), at(40), at(20))
    found = {m: (await look(worked, m)).alerts for m in (5, 15, 30, 45)}
    assert {m: len(rows) for m, rows in found.items()} == {5: 0, 15: 1, 30: 1, 45: 0}
    assert found[15][0]["acked_at"] is None
    assert found[30][0]["acked_at"] == at(20)
    head = await sign_in("head")
    with clock.at(at(300)):
        asked = {"day": "23/11/2026", "at": "09:15"}
        page = await head.get("/monitor/replay", params=asked)
        assert 'id="t-alerts"' in page.text
        site = await head.get("/monitor/site/sanh", params=asked)
    assert site.status_code == 200
    assert 'id="devices"' in site.text


async def test_a_device_is_silent_from_when_it_was_missed_until_it_was_heard(worked: Hall) -> None:
    """Seen last at minute 0, missed at 10, heard at 25; looking again and again tells nothing twice."""
    made = await device(worked)
    await _seen(worked, made, at(0))
    for minutes in (1, 2, 10, 11, 12):
        await _watch(worked, minutes)
    await _seen(worked, made, at(25))
    for minutes in (25, 26):
        await _watch(worked, minutes)
    assert [(await look(worked, m)).around.down for m in (5, 15, 30)] == [0, 1, 0]
    [shown] = (await look(worked, 15)).devices
    assert shown.troubles == ("silent",)
    told = await worked.fetch(
        "select type, at, payload from event where type like 'device.%' order by id"
    )
    assert [(e["type"], e["at"], e["payload"]["part"]) for e in told] == [
        ("device.silent", at(10), "silent"),
        ("device.heard", at(25), "silent"),
    ]


async def test_two_who_watch_at_the_same_moment_tell_of_a_silence_once(worked: Hall) -> None:
    made = await device(worked)
    await _seen(worked, made, at(0))
    with clock.at(at(10)):
        await asyncio.gather(
            *(silence.keep(worked.platform, worked.tenant, at(10)) for _ in range(4))
        )
    told = await worked.fetch("select 1 from event where type = 'device.silent'")
    assert len(told) == 1


async def test_a_printer_whose_agent_fell_silent_was_so_then(worked: Hall) -> None:
    made = await device(worked)
    await _seen(worked, made, at(0))
    with clock.at(at(0)):
        await worked.do(health.report, made, {"printer": "ok"})
    await _seen(worked, made, at(9))
    await _watch(worked, 10)
    [shown] = (await look(worked, 15)).devices
    assert shown.troubles == ("printer_silent",)


async def test_a_silence_raises_the_alert_that_stands_in_the_replay(worked: Hall) -> None:
    made = await device(worked)
    await _seen(worked, made, at(0))
    pending = alerts.Pending()
    for minutes in (10, 12):
        await _watch(worked, minutes, pending)
    await _seen(worked, made, at(20))
    for minutes in (20, 22):
        await _watch(worked, minutes, pending)
    found = {m: [row["measure"] for row in (await look(worked, m)).alerts] for m in (5, 15, 30)}
    assert found == {5: [], 15: ["device"], 30: []}


async def _seen(hall: Hall, made: UUID, when: datetime) -> None:
    await hall.fetch("update device set seen_at = $2 where id = $1 returning 1", made, when)


async def _watch(hall: Hall, minutes: float, pending: alerts.Pending | None = None) -> None:
    with clock.at(at(minutes)):
        await watching.evaluate(hall.platform, hall.tenant, pending or alerts.Pending())
