"""Every figure of the monitor opens exactly what it counts, now and at a moment; and says what it is."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html as parser  # type: ignore[import-untyped]

from motcua import clock
from motcua.ids import uuid7
from motcua.monitor import live_pages
from motcua.monitor.reports_summary import SUMMARY
from motcua.queues import appointments, seats
from motcua.queues.kpis import KPIS, by_key
from motcua.station import health

from ..queues.conftest import Hall
from ..queues.test_appointments import slot
from .conftest import SignIn
from .test_live import NOW, another, links, morning

pytestmark = pytest.mark.anyio
_DEVICE = """
insert into device (id, site_id, kind, name, paired_at) values ($1, $2, 'station', $3, $4) returning 1
"""
THEN = {"day": "23/11/2026", "at": "08:35"}


def _figure(address: str) -> str:
    return parse_qs(urlsplit(address).query)["figure"][0]


async def _device(hall: Hall, **parts: str) -> None:
    made = uuid7()
    await hall.fetch(_DEVICE, made, hall.site, made.hex, NOW - timedelta(hours=1))
    async with hall.work() as work:
        await work.tx.execute("update device set seen_at = $2 where id = $1", made, NOW)
    with clock.at(NOW):
        await hall.do(health.report, made, parts)


async def test_the_totals_open_their_sites_counters_and_numbers_now_and_then(
    worked: Hall, sign_in: SignIn
) -> None:
    await morning(worked)
    leader = await sign_in("leader", unit=None)
    await another(worked)
    with clock.at(NOW):
        for path, asked in (("/monitor", {}), ("/monitor/replay", THEN)):
            text = (await leader.get(path, params=asked)).text
            totals = parser.fromstring(text).xpath("//ul[@class='monitor-totals']/li")
            assert len(totals) == 5
            for one in totals:
                [link] = one.xpath("./a")
                rows = (await leader.get(link.get("href"))).text
                [total] = re.findall(r"<h1>[^<(]+\((\d+)\)</h1>", rows)
                assert total == str(link.text_content()), link.get("href")


@pytest.mark.parametrize("path", ["/monitor", "/monitor/site/sanh", "/monitor/replay"])
async def test_open_counters_open_those_that_are_open(
    path: str, worked: Hall, sign_in: SignIn
) -> None:
    await morning(worked)
    with clock.at(NOW - timedelta(minutes=28)):
        await worked.sit(2)
        await worked.do(seats.take_break, worked.counters[2], worked.staff[2])
    head = await sign_in("head")
    with clock.at(NOW):
        asked = THEN if path == "/monitor/replay" else {}
        text = (await head.get(path, params=asked)).text
        found = [
            link for link in links(text, "/monitor/behind?") if _figure(unescape(link[1])) == "open"
        ]
        assert found
        for value, address in found:
            assert value == "2", "a break is not open"
            page = parser.fromstring((await head.get(address)).text)
            assert len(page.xpath("//tbody/tr")) == 2


async def test_devices_open_those_that_are_down_low_or_ask_for_help(
    worked: Hall, sign_in: SignIn
) -> None:
    await _device(worked, paper="out")
    await _device(worked, paper="low")
    await _device(worked, paper="ok")
    head = await sign_in("head")
    with clock.at(NOW):
        text = (await head.get("/monitor")).text
        found = {_figure(unescape(to)): (value, to) for value, to in links(text, "/behind?")}
        for figure, count in (("devices", 1), ("low", 1), ("help", 0)):
            value, address = found[figure]
            assert re.findall(r"\d+", value) == [str(count)]
            assert f"({count})</h1>" in (await head.get(address)).text, figure


async def test_appointments_open_those_of_the_line_that_are_left_late_or_all(
    worked: Hall, sign_in: SignIn
) -> None:
    for hours, phone in ((1.0, "0912345678"), (1.5, "0912345679"), (3.0, "0912345670")):
        where = await slot(worked, hours)
        with clock.at(NOW):
            await worked.do(appointments.book, where, contact=phone)
    head = await sign_in("head")
    with clock.at(NOW + timedelta(hours=1, minutes=10)):
        text = (await head.get("/monitor/site/sanh")).text
        found = {_figure(unescape(to)): (value, to) for value, to in links(text, "/behind?")}
        for figure, count in (("ahead", "2"), ("late", "1"), ("appointments", "3")):
            value, address = found[figure]
            assert value == count
            assert f"({count})</h1>" in (await head.get(address)).text, figure


async def test_officers_figures_of_a_moment_open_their_rows_for_who_leads_alone(
    worked: Hall, sign_in: SignIn
) -> None:
    await morning(worked)
    head, admin = await sign_in("head"), await sign_in("admin")
    asked = {"day": "23/11/2026", "at": "08:50"}
    with clock.at(NOW):
        text = (await head.get("/monitor/site/sanh", params=asked)).text
        found = [one for one in links(text, "/replay/rows?") if "officer=" in one[1]]
        assert {_figure(to) for _, to in found} == {"done", "time:serving", "services"}
        for value, address in found:
            answer = await head.get(address)
            assert answer.status_code == 200
            if _figure(address) == "done":
                assert f"({value})</h1>" in answer.text
            assert (await admin.get(address)).status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        "figure=open&site=khac",
        "figure=none",
        "figure=ahead",
        "figure=ahead&site=sanh&day=23/11/2026&at=08:35",
    ],
)
async def test_what_is_not_there_opens_nothing(asked: str, worked: Hall, sign_in: SignIn) -> None:
    await another(worked)
    leader = await sign_in("leader", unit=None)
    head = leader if asked == "figure=ahead" else await sign_in("head")
    with clock.at(NOW):
        assert (await head.get(f"/monitor/behind?{asked}")).status_code == 404


async def test_a_receiver_opens_no_figure(worked: Hall, sign_in: SignIn) -> None:
    receiver = await sign_in("receiver")
    assert (await receiver.get("/monitor/behind?figure=open")).status_code == 403


async def test_each_page_says_what_its_figures_are(worked: Hall, sign_in: SignIn) -> None:
    head, admin = await sign_in("head"), await sign_in("admin")
    shown = {}
    with clock.at(NOW):
        for path in ("/monitor", "/monitor/replay", "/monitor/site/sanh"):
            page = parser.fromstring((await head.get(path)).text)
            shown[path] = {str(name) for name in page.xpath("//details[@class='kpis']//dt/text()")}
        other = (await admin.get("/monitor/site/sanh")).text
    names = {key: by_key()[key].name_vi for key in by_key()}
    everywhere = {names[key] for key in live_pages.SITE_KPIS}
    assert shown["/monitor"] == shown["/monitor/replay"] == everywhere | {names["age"]}
    assert shown["/monitor/site/sanh"] == everywhere | {names["utilisation"], names["weighted"]}
    assert names["weighted"] not in other, "an administrator sees no officers' figures"
    told = set().union(*shown.values()) | {names[key] for key in SUMMARY}
    assert {kpi.name_vi for kpi in KPIS} == told, "every definition is shown somewhere"


async def test_on_a_phone_every_row_of_a_sites_tables_is_a_card_with_its_labels(
    worked: Hall, sign_in: SignIn
) -> None:
    await morning(worked)
    head = await sign_in("head")
    with clock.at(NOW):
        page = parser.fromstring((await head.get("/monitor/site/sanh?line=A")).text)
    tables = page.xpath("//main//table")
    assert len(tables) >= 3
    for table in tables:
        assert "stacks" in table.get("class")
        heads = [str(one.text_content()) for one in table.xpath(".//thead//th")]
        for row in table.xpath(".//tbody/tr"):
            assert [cell.get("data-label") for cell in row] == heads
    shown = {one.get("class") for one in page.xpath("//li[contains(@class, 'seat')]")}
    # A bare "serving" is the number at an officer's own counter, with margins of its own.
    assert shown == {"seat is-serving", "seat is-idle", "seat is-closed"}
