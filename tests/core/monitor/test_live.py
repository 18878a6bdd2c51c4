"""The live monitor: who sees which sites, figures that agree with their rows, one reader for all who watch."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from lxml import html as parser  # type: ignore[import-untyped]

from motcua import clock
from motcua.ids import uuid7
from motcua.monitor import live, moments, tiles, whatif
from motcua.monitor.live_source import LOOK_SECONDS, SitesSource
from motcua.queues import alerts, serving
from motcua.queues.hallnow import CounterNow, HallNow, LineNow, WaiterNow
from motcua.text import VIETNAM

from ..queues.conftest import Hall
from .conftest import SignIn

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, nine o'clock in the hall
_UNIT = """
insert into unit (id, code, agency_code, name, folded, kind, valid_from)
values ($1, $2, 'H49.98', 'Xã Khác', 'xa khac', 'commune', '2025-07-01')
"""
_SITE = (
    "insert into site (id, key, unit_id, name, kind) values ($1, 'khac', $2, 'Sảnh khác', 'branch')"
)


async def another(hall: Hall) -> UUID:
    """Make a second site, of another unit."""
    unit, site = uuid7(), uuid7()
    async with hall.work() as work:
        await work.tx.execute(_UNIT, unit, unit.hex[:12])
        await work.tx.execute(_SITE, site, unit)
    return site


async def morning(hall: Hall) -> None:
    """Let something happen: ten numbers, two counters, one served, one absent, one at a counter."""
    for n in range(10):
        with clock.at(NOW - timedelta(minutes=50 - 2 * n)):
            await hall.issue("AB"[n % 2])
    with clock.at(NOW - timedelta(minutes=30)):
        await hall.sit(0, 1)
        first = await hall.bring(0)
    with clock.at(NOW - timedelta(minutes=20)):
        await hall.do(serving.finish, first.id, hall.staff[0])
        await hall.bring(1)


async def seen(hall: Hall, at: datetime = NOW, **more: Any) -> live.Seen:
    with clock.at(at):
        async with hall.platform.db.tenant(hall.tenant) as tx:
            [found] = await live.look(tx, [hall.site], at, alerts.RULES, **more)
    return found


def links(text: str, path: str) -> list[tuple[str, str]]:
    """Return what each link to a path shows and where it leads."""
    return [
        (str(a.text_content()).strip(), str(a.get("href")))
        for a in parser.fromstring(text).iter("a")
        if path in str(a.get("href"))
    ]


async def test_who_leads_one_unit_sees_its_site_and_who_leads_all_sees_every_site(
    worked: Hall, sign_in: SignIn
) -> None:
    await another(worked)
    head = (await (await sign_in("head")).get("/monitor")).text
    assert 'data-site="sanh"' in head
    assert 'data-site="khac"' not in head
    everywhere = (await (await sign_in("leader", unit=None)).get("/monitor")).text
    assert 'data-site="sanh"' in everywhere
    assert 'data-site="khac"' in everywhere


async def test_another_units_site_does_not_exist_for_a_head(worked: Hall, sign_in: SignIn) -> None:
    await another(worked)
    head = await sign_in("head")
    for path in ("/monitor/site/khac", "/monitor/replay/rows?site=khac&figure=done&at=09:00"):
        assert (await head.get(path)).status_code == 404, path
    assert (await head.post("/monitor/site/khac/close")).status_code == 404


@pytest.mark.parametrize(
    "path", ["/monitor", "/monitor/stream", "/monitor/site/sanh", "/monitor/replay"]
)
async def test_a_receiver_does_not_look_at_the_monitor(
    path: str, worked: Hall, sign_in: SignIn
) -> None:
    receiver = await sign_in("receiver")
    assert (await receiver.get(path)).status_code == 403


async def test_each_figure_on_the_page_opens_exactly_its_rows(
    worked: Hall, sign_in: SignIn
) -> None:
    head = await sign_in("head")
    await morning(worked)
    with clock.at(NOW):
        for page in ("/monitor", "/monitor/site/sanh"):
            text = (await head.get(page, params={"lang": "en"})).text
            found = links(text, "/monitor/rows?")
            assert len(found) >= 6
            counts: dict[str, str] = {}
            for value, address in found:
                counts.setdefault(address, value)
            for address, value in counts.items():
                rows = (await head.get(address)).text
                [total] = re.findall(r"<h1>[^<(]+\((\d+)\)</h1>", rows)
                # What a percentile, a share or a proposal follows from is no count of it.
                if "hour_" not in address and value.isdigit():
                    assert int(total) == int(value), address


async def test_the_cells_are_the_figures_of_the_rows(worked: Hall, sign_in: SignIn) -> None:
    await morning(worked)
    found = await seen(worked)
    cells = live.cells(found, NOW)
    assert cells["waiting"] == 8
    assert cells["done"] == 1
    assert cells["open"] == 2
    assert cells["counters"] == 3
    assert cells["longest"] == 46
    head = await sign_in("head")
    with clock.at(NOW):
        for figure, count in (("now_waiting", 8), ("done", 1), ("hour_called", 2)):
            text = (await head.get(f"/monitor/rows?site=sanh&figure={figure}")).text
            assert f"({count})</h1>" in text, figure


async def test_a_moment_that_is_over_shows_what_was_then(worked: Hall, sign_in: SignIn) -> None:
    await morning(worked)
    then = NOW - timedelta(minutes=25)
    found = await seen(worked, then, past=True)
    assert (found.now.waiting, found.now.counts["done"], found.now.open) == (9, 0, 2)
    head = await sign_in("head")
    with clock.at(NOW):
        asked = {"day": "23/11/2026", "at": "08:35", "site": "sanh"}
        page = await head.get("/monitor/replay", params=asked)
        assert page.status_code == 200
        [(value, address), *_] = links(page.text, "/monitor/replay/rows")
        assert value == "9"
        assert "(9)</h1>" in (await head.get(address)).text
        site = await head.get("/monitor/site/sanh", params=asked)
        assert site.status_code == 200
        assert 'id="close"' not in site.text


async def test_a_time_that_is_none_is_said_beside_its_field(worked: Hall, sign_in: SignIn) -> None:
    head = await sign_in("head")
    for asked, field in (({"at": "25:99"}, "f-at"), ({"day": "31/02/2026"}, "f-day")):
        answer = await head.get("/monitor/replay", params=asked)
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text


async def test_the_worst_site_comes_first_and_red_means_act_now(worked: Hall) -> None:
    await another(worked)
    with clock.at(NOW - timedelta(minutes=46)):
        await worked.issue()
    with clock.at(NOW):
        async with worked.platform.db.tenant(worked.tenant) as tx:
            ids = [row["id"] for row in await tx.fetch("select id from site")]
            found = await live.look(tx, ids, NOW, alerts.RULES)
    first, last = live.ordered(found, "worst")
    assert (first.key, first.tone) == ("sanh", "act")
    assert {one.measure for one in first.reasons} == {"nobody", "longest"}
    assert (last.key, last.tone) == ("khac", "quiet")
    assert [one.key for one in live.ordered(found, "name")] == [one.key for one in found]


async def test_a_calm_hall_is_neither_red_nor_yellow(worked: Hall) -> None:
    with clock.at(NOW - timedelta(minutes=1)):
        await worked.sit(0, 1, 2)
        await worked.issue()
    assert (await seen(worked)).tone == "calm"


async def test_only_the_sites_that_changed_are_told_to_all_who_watch(worked: Hall) -> None:
    other = await another(worked)

    async def at_once(_: float) -> None:
        return

    source = SitesSource(worked.platform, worked.tenant, [worked.site, other], at_once)
    assert await source.look(rung=True) == []
    whole: Any
    [(event, whole, seq)] = source.greeting()
    assert (event, seq) == ("sites", None)
    assert set(whole["sites"]) == {"sanh", "khac"}
    assert await source.look(rung=False) == [], "a look without a ring waits for its turn"
    await worked.issue()
    told: Any
    [(_, told, _)] = await source.look(rung=True)
    assert set(told["sites"]) == {"sanh"}
    assert told["sites"]["sanh"]["waiting"] == 1
    assert await source.look(rung=True) == [], "nothing has changed"


async def test_changes_are_gathered_to_one_look_a_second(worked: Hall) -> None:
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    source = SitesSource(worked.platform, worked.tenant, [worked.site], pause)
    await source.look(rung=True)
    assert paused == [], "the first look does not wait"
    await worked.issue()
    assert await source.look(rung=True)
    assert len(paused) == 1
    assert 0 < paused[0] <= LOOK_SECONDS


async def test_the_page_carries_the_words_for_what_the_stream_tells(
    worked: Hall, sign_in: SignIn
) -> None:
    head = await sign_in("head")
    page = (await head.get("/monitor")).text
    [words] = re.findall(r'words="([^"]+)"', page)
    assert set(json.loads(unescape(words))["tones"]) == set(live.TONES)


async def test_the_pages_stand_in_both_languages_and_on_the_wall(
    worked: Hall, sign_in: SignIn
) -> None:
    await morning(worked)
    head = await sign_in("head")
    with clock.at(NOW):
        for path in ("/monitor", "/monitor?wall=1", "/monitor/site/sanh?line=A", "/monitor/replay"):
            answer = await head.get(path)
            assert answer.status_code == 200, path
        site = parser.fromstring((await head.get("/monitor/site/sanh?line=A")).text)
    [wall] = [await head.get("/monitor?wall=1")]
    assert "<form" not in wall.text, "a wall has nothing to press"
    assert site.xpath('//section[@id="what-if"]//table')


async def test_officers_are_shown_to_who_leads_the_unit_only(worked: Hall, sign_in: SignIn) -> None:
    with clock.at(NOW - timedelta(minutes=5)):
        await worked.sit(0)
    with clock.at(NOW):
        head = (await (await sign_in("head")).get("/monitor/site/sanh")).text
        admin = (await (await sign_in("admin")).get("/monitor/site/sanh")).text
    assert "Cán bộ thử" in head
    assert "Cán bộ thử" not in admin


async def test_a_day_is_closed_after_its_hours_only(worked: Hall, sign_in: SignIn) -> None:
    head = await sign_in("head")
    with clock.at(NOW):
        await worked.issue()
        early = await head.post("/monitor/site/sanh/close")
        assert early.status_code == 409
    with clock.at(NOW + timedelta(hours=9)):
        late = await head.post("/monitor/site/sanh/close")
    assert late.status_code == 303
    [row] = await worked.fetch("select state from ticket")
    assert row["state"] == "expired"


async def test_help_at_a_device_is_noted(worked: Hall, sign_in: SignIn) -> None:
    await worked.token("station")
    async with worked.work() as work:
        device = await work.tx.fetchval("update device set help_since = $1 returning id", work.now)
    head = await sign_in("head")
    answer = await head.post("/monitor/site/sanh/help", data={"id": str(device)})
    assert answer.status_code == 303
    [row] = await worked.fetch("select help_since from device")
    assert row["help_since"] is None
    strange = await head.post("/monitor/site/sanh/help", data={"id": str(uuid7())})
    assert strange.status_code == 404


def hall_of(people: int, counters: int) -> HallNow:
    able = frozenset("A")
    return HallNow(
        (LineNow("A", 10.0, ordinary_per_hour=12.0),),
        tuple(CounterNow(uuid7(), (("A",),), skilled_lines=able) for _ in range(counters)),
        tuple(WaiterNow(uuid7(), "A", -float(n)) for n in range(people)),
        sessions=((-60.0, 300.0),),
    )


def test_one_more_counter_shortens_the_wait_of_half_an_hour_from_now() -> None:
    found = whatif.what_if(hall_of(12, 1), "A")
    assert found.more.p90 < found.without.p90 / 2
    assert found.without.range.low <= found.without.p90 <= found.without.range.high
    with pytest.raises(KeyError):
        whatif.what_if(hall_of(1, 1), "Z")


def test_where_nobody_waits_one_more_counter_changes_little() -> None:
    found = whatif.what_if(hall_of(0, 4), "A")
    assert found.without.p90 < 10
    assert found.more.p90 <= found.without.p90


def test_tiles_stand_where_the_sites_lie_and_none_upon_another() -> None:
    sites: list[dict[str, Any]] = [
        {"id": uuid7(), "latitude": 20 + n % 7 / 7, "longitude": 106 + n % 11 / 5}
        for n in range(55)
    ]
    sites += [{"id": uuid7(), "latitude": None, "longitude": None} for _ in range(3)]
    grid = tiles.place(sites)
    assert len(set(grid.cells.values())) == 58
    assert max(cell.column for cell in grid.cells.values()) <= grid.columns <= tiles.MOST
    north = max(sites[:55], key=lambda s: (s["latitude"], s["longitude"]))
    south = min(sites[:55], key=lambda s: (s["latitude"], -s["longitude"]))
    assert grid.cells[north["id"]].row < grid.cells[south["id"]].row


def test_a_wall_has_a_cell_for_each_of_its_sites() -> None:
    sites = [{"id": uuid7(), "latitude": 21.0, "longitude": 107.0} for _ in range(66)]
    grid = tiles.place(sites, columns=11, rows=6)
    assert len(set(grid.cells.values())) == 66
    assert (grid.columns, grid.rows) == (11, 6)
    assert tiles.place([]).cells == {}


def test_moments_go_in_steps_of_five_minutes_and_not_beyond_now() -> None:
    found = moments.read({"day": "23/11/2026", "at": "08:58"}, NOW)
    assert found.query == {"day": "23/11/2026", "at": "08:55"}
    following = found.step(1)
    assert following is not None
    assert following.at == NOW
    assert following.step(1) is None
    assert moments.read({"at": "23:00"}, NOW).at == NOW.astimezone(VIETNAM)
    yesterday = found.other_day(-1)
    assert yesterday is not None
    assert yesterday.query["day"] == "22/11/2026"
