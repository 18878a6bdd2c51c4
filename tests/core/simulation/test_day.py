"""A small day through the real application: what happened in it, and that every check holds."""

from datetime import timedelta

import pytest

from motcua.clock import now
from motcua.dossiers.codes import local_day
from motcua.platform import Platform
from motcua.simulation import check, report
from motcua.simulation import day as days
from motcua.simulation.day import Order
from motcua.tenancy.tenant import Tenant
from motcua.worktime import is_working_day

from .conftest import SmallDay

pytestmark = pytest.mark.anyio


async def test_every_check_of_a_small_day_holds(small_day: SmallDay) -> None:
    found = check.findings(small_day.raw, small_day.shown, small_day.now, small_day.played.log)

    assert [str(one) for one in found if not one.ok] == []
    assert len(found) == 15


async def test_the_day_has_what_a_day_has(small_day: SmallDay) -> None:
    counts = small_day.played.log.counts

    assert counts["numbers"] >= 50
    assert counts["served"] >= 40
    for thing in ("by telephone", "lunch", "pause", "paper out", "paper ok", "ratings"):
        assert counts[thing] > 0, thing


async def test_one_hall_went_on_alone_and_its_numbers_came_to_the_centre(
    small_day: SmallDay,
) -> None:
    counts = small_day.played.log.counts
    own = [t for t in small_day.raw.tickets if t["number"][1:] >= "801"]

    assert counts["halls that went on alone"] == counts["halls that merged"] == 1
    assert own
    assert len({t["site_id"] for t in own}) == 1


async def test_a_number_from_afar_is_refused_while_its_hall_is_cut_off(small_day: SmallDay) -> None:
    assert any("503" in said for said in small_day.played.log.refused)


async def test_nothing_else_is_refused(small_day: SmallDay) -> None:
    # Besides the telephone call above, and what an officer does before he sees what his hall's machine lacks.
    other = [said for said in small_day.played.log.refused if "503" not in said]
    counts = small_day.played.log.counts
    assert len(other) <= counts.get("take-up", 0)
    assert counts.get("refused: take-up", 0) == 0


async def test_a_day_is_not_played_twice(small_day: SmallDay) -> None:
    order = small_day.played.order
    with pytest.raises(ValueError, match="choose another --day"):
        await days.made_ready(small_day.platform, small_day.tenant, order, lambda _: None)


@pytest.mark.parametrize("ago", [0, 1, 3])
async def test_a_day_that_has_begun_is_not_played(
    platform: Platform, province: Tenant, ago: int
) -> None:
    order = Order(local_day(now()) - timedelta(days=ago), visitors=20, sites=1)

    with pytest.raises(ValueError, match="has begun: choose a later --day"):
        await days.made_ready(platform, province, order, lambda _: None)


async def test_a_day_that_nobody_chose_is_one_on_which_all_halls_are_open(
    platform: Platform, province: Tenant
) -> None:
    calendar = (await platform.catalogue.of(province)).calendar
    first = local_day(now()) + timedelta(days=1)
    ahead = [first + timedelta(days=n) for n in range(300)]
    holiday = next(d for d in ahead if d.weekday() < 5 and not is_working_day(calendar, d))

    found = await days.on_open_day(platform, province, Order(holiday))

    assert found.day == next(d for d in ahead if d > holiday and is_working_day(calendar, d))


async def test_no_day_is_found_where_a_hall_never_opens(
    platform: Platform, province: Tenant
) -> None:
    closed = "update site set hours = '{}' where key = 'z-nua'"
    open_again = "update site set hours = $1 where key = 'z-nua'"
    async with platform.db.tenant(province) as tx:
        hours = await tx.fetchval("select hours from site where key = 'z-nua'")
        await tx.execute(closed)
    try:
        with pytest.raises(ValueError, match="choose fewer with --sites"):
            await days.on_open_day(platform, province, Order(local_day(now())))
    finally:
        async with platform.db.tenant(province) as tx:
            await tx.execute(open_again, hours)


async def test_the_summary_and_the_estimates_are_said(small_day: SmallDay) -> None:
    played = small_day.played
    lines = [
        *report.summary(played),
        *await report.estimates(small_day.platform, small_day.tenant, played.ids, played.order.day),
    ]

    assert f"{played.requests} requests" in lines[0]
    assert "naive rule" in lines[-1]
    hours = list(report.by_hour(small_day.raw))
    waited = int(lines[-1].split(" people")[0].rsplit(" ", 1)[1])
    assert sum(int(line.split()[1]) for line in hours) == waited
