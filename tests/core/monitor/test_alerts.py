"""Alerts: two marks and two patiences, raised once by whoever is first, acknowledged once, rules as data."""

from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from motcua import clock
from motcua.errors import Conflict, Invalid
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.monitor import watching
from motcua.queues import alerts, seats
from motcua.queues.alerts import Pending, Reading

from ..queues.conftest import Hall
from .conftest import SignIn

pytestmark = pytest.mark.anyio
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, nine o'clock in the hall
_OPEN = "select measure, line_id, worst, threshold, calm_since, acked_at from alert where cleared_at is null"
_EVENTS = "select type from event where type like 'alert.%' order by id"


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


async def look(hall: Hall, pending: Pending, seconds: float) -> tuple[int, int]:
    with clock.at(after(seconds)):
        return await watching.evaluate(hall.platform, hall.tenant, pending)


async def told(hall: Hall) -> list[str]:
    return [row["type"] for row in await hall.fetch(_EVENTS)]


async def open_measures(hall: Hall) -> list[str]:
    return sorted(row["measure"] for row in await hall.fetch(_OPEN))


async def test_an_alert_is_raised_only_after_it_was_high_for_long_enough(worked: Hall) -> None:
    pending = Pending()
    with clock.at(START):
        await worked.issue()
    assert await look(worked, pending, 0) == (0, 0)
    assert await look(worked, pending, 119) == (0, 0)
    assert await look(worked, pending, 121) == (1, 0)
    assert await open_measures(worked) == ["nobody"]
    assert await look(worked, pending, 240) == (0, 0), "it is open already"
    assert await told(worked) == ["alert.raised"]


async def test_a_measure_that_comes_down_in_between_begins_anew(worked: Hall) -> None:
    pending = Pending()
    with clock.at(START):
        await worked.issue()
        await look(worked, pending, 0)
    with clock.at(after(60)):
        await worked.sit(0)
    assert await look(worked, pending, 61) == (0, 0)
    with clock.at(after(90)):
        await worked.do(stand_up, worked)
    assert await look(worked, pending, 130) == (0, 0)
    assert await look(worked, pending, 249) == (0, 0)
    assert await look(worked, pending, 251) == (1, 0)


async def stand_up(work: Work, hall: Hall) -> None:
    await seats.leave_counter(work, hall.counters[0], hall.staff[0])


async def test_an_alert_is_cleared_only_after_it_was_low_for_long_enough(worked: Hall) -> None:
    pending = Pending()
    with clock.at(START):
        await worked.issue()
    await look(worked, pending, 0)
    assert await look(worked, pending, 130) == (1, 0)
    with clock.at(after(140)):
        await worked.sit(0)
    assert await look(worked, pending, 150) == (0, 0)
    [row] = await worked.fetch(_OPEN)
    assert row["calm_since"] == after(150)
    with clock.at(after(160)):
        await worked.do(stand_up, worked)
    assert await look(worked, pending, 165) == (0, 0)
    [row] = await worked.fetch(_OPEN)
    assert row["calm_since"] is None, "it went up again: the calm does not count"
    with clock.at(after(170)):
        await worked.sit(0)
    await look(worked, pending, 180)
    assert await look(worked, pending, 205) == (0, 0)
    assert await look(worked, pending, 211) == (0, 1)
    assert await open_measures(worked) == []
    assert await told(worked) == ["alert.raised", "alert.cleared"]
    assert (await worked.event("alert.cleared"))["measure"] == "nobody"


async def test_between_the_marks_nothing_changes(worked: Hall) -> None:
    """The longest wait: raised at one and a half times the promise, cleared at the promise."""
    pending, rules = Pending(), alerts.rules_of({})
    rule = rules["longest"]

    def reading(minutes: float) -> Reading:
        return Reading(worked.site, worked.lines["A"], "longest", minutes, 45.0, 30.0)

    known: dict[str, Any] = {
        "id": uuid7(),
        "site_id": worked.site,
        "line_id": worked.lines["A"],
        "measure": "longest",
        "worst": 50.0,
        "calm_since": None,
    }
    assert not alerts.changes([], [reading(44)], rules, pending, START)
    assert not alerts.changes([known], [reading(40)], rules, pending, START)
    assert alerts.changes([known], [reading(30)], rules, pending, START).calm == [known["id"]]
    calm = {**known, "calm_since": START}
    assert alerts.changes([calm], [reading(31)], rules, pending, after(10)).restless == [
        known["id"]
    ]
    late = after(rule.clear_seconds)
    assert alerts.changes([calm], [reading(30)], rules, pending, late).cleared == [
        (known["id"], rule.clear_seconds)
    ]
    assert alerts.changes([known], [reading(60)], rules, pending, START).worse == [
        (known["id"], 60)
    ]
    gone = alerts.changes([known], [], rules, pending, START)
    assert gone.cleared == [(known["id"], 0)], "its line is gone or its rule was switched off"


async def test_two_workers_raise_and_clear_one_alert_once(worked: Hall) -> None:
    first, second = Pending(), Pending()
    with clock.at(START):
        await worked.issue("A")
        await worked.issue("B")
    results: list[tuple[int, int]] = []

    async def both(seconds: float) -> None:
        async def one(pending: Pending) -> None:
            results.append(await look(worked, pending, seconds))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one, first)
            tasks.start_soon(one, second)

    for seconds in (0, 121):
        await both(seconds)
    assert sum(raised for raised, _ in results) == 2
    assert await open_measures(worked) == ["nobody", "nobody"]
    with clock.at(after(130)):
        await worked.sit(0)
    for seconds in (140, 175):
        await both(seconds)
    assert sum(cleared for _, cleared in results) == 2
    assert await told(worked) == ["alert.raised"] * 2 + ["alert.cleared"] * 2


async def test_outside_of_the_hours_nobody_has_to_sit_there(worked: Hall) -> None:
    pending = Pending()
    evening = 11 * 3600.0
    with clock.at(after(evening)):
        await worked.issue()
    assert await look(worked, pending, evening) == (0, 0)
    assert await look(worked, pending, evening + 300) == (0, 0)


async def test_a_silent_station_is_an_alert_in_its_hours(worked: Hall) -> None:
    pending = Pending()
    await worked.token("station")
    async with worked.work() as work:
        await work.tx.execute("update device set seen_at = $1", after(-600))
    await look(worked, pending, 0)
    assert await look(worked, pending, 70) == (1, 0)
    assert await open_measures(worked) == ["device"]


async def test_a_site_that_is_cut_off_is_an_alert(worked: Hall) -> None:
    pending = Pending()
    await worked.token("node")
    async with worked.work() as work:
        await work.tx.execute("update device set seen_at = $1", after(3600))
        await work.tx.execute(
            "insert into site_node (site_id, device_id, seen_at) select $1, id, $2 from device",
            worked.site,
            START,
        )
    assert await look(worked, pending, 20) == (0, 0)
    await look(worked, pending, 40)
    assert await look(worked, pending, 75) == (1, 0)
    assert await open_measures(worked) == ["cut"]
    async with worked.work() as work:
        await work.tx.execute("update site_node set seen_at = $1", after(300))
    await look(worked, pending, 100)
    assert await look(worked, pending, 131) == (0, 1)


async def test_an_officer_acknowledges_an_alert_once_with_a_note(
    worked: Hall, sign_in: SignIn
) -> None:
    pending = Pending()
    with clock.at(START):
        await worked.issue()
    await look(worked, pending, 0)
    await look(worked, pending, 130)
    [row] = await worked.fetch("select id from alert")
    head = await sign_in("head")
    form = {"id": str(row["id"]), "note": "Đã gọi thêm người"}
    answer = await head.post("/monitor/site/sanh/acknowledge", data=form)
    assert answer.status_code == 303
    [row] = await worked.fetch("select acked_at, acked_by, note, cleared_at from alert")
    assert row["acked_at"] is not None
    assert row["acked_by"] is not None
    assert row["note"] == "Đã gọi thêm người"
    assert row["cleared_at"] is None, "an acknowledged alert stays until it is over"
    again = await head.post("/monitor/site/sanh/acknowledge", data=form)
    assert again.status_code == 409
    assert (await told(worked)).count("alert.acknowledged") == 1
    page = await head.get("/monitor/site/sanh")
    assert "Đã gọi thêm người" in page.text


async def test_an_alert_of_another_site_cannot_be_acknowledged_here(worked: Hall) -> None:
    with pytest.raises(Conflict):
        await worked.do(alerts.acknowledge, worked.site, uuid7(), worked.staff[0], "")


def test_a_tenant_overlays_the_rules_by_its_settings() -> None:
    rules = alerts.rules_of(
        {"alerts": {"longest": {"raise_at": 2.0, "act": False}, "estimate": {"off": True}}}
    )
    assert rules["longest"].raise_at == 2.0
    assert not rules["longest"].act
    assert rules["longest"].clear_at == alerts.RULES["longest"].clear_at
    assert "estimate" not in rules
    assert rules["p90"] == alerts.RULES["p90"]


@pytest.mark.parametrize(
    "own",
    [
        {"unknown": {}},
        {"longest": {"raise_at": 0.5}},
        {"longest": {"raise_at": "much"}},
        {"longest": {"colour": "red"}},
        {"p90": {"raise_seconds": -1}},
    ],
)
def test_rules_that_are_none_are_refused(own: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        alerts.rules_of({"alerts": own})
