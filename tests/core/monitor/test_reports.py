"""Reports: who sees which, and the same figures on the page, in print, in the workbook and in the data."""

import csv
import html
import io
import re
import zipfile
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pikepdf
import pytest
from lxml import etree  # type: ignore[import-untyped]

from motcua import clock
from motcua.ids import uuid7
from motcua.monitor.reports_files import csv_text
from motcua.monitor.reports_made import Report, Wish
from motcua.monitor.reports_tables import PLACE, Cell, Table, written
from motcua.queues import figures
from motcua.queues.figures import Figures, Scope
from motcua.queues.kpis import by_key
from motcua.queues.simulation import Arrival, Plan
from motcua.text import VIETNAM

from ..queues.conftest import Hall
from ..queues.past_days import a_plan, write_day
from .conftest import SignIn

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 17)
ASKED = {"date": "17/11/2026"}
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


_STAMPS = """
update ticket t set ended_at = s.to_at, counter_id = s.counter_id, staff_id = s.staff_id
from (select distinct on (ticket_id) ticket_id, to_at, counter_id, staff_id from segment
      where ticket_id is not null order by ticket_id, from_at desc) s where s.ticket_id = t.id
"""


async def write(hall: Hall, plan: Plan) -> None:
    """Write a day and the stamps of its tickets."""
    await write_day(hall, DAY, plan)
    async with hall.work() as work:
        await work.tx.execute(_STAMPS)


async def total(hall: Hall) -> Figures:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await figures.total(tx, Scope([hall.site], DAY, DAY, clock.now()))


def figures_of(raw: bytes, level: str = "summary") -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")):
        if row["level"] == level:
            found.setdefault(row["figure"], []).append(row)
    return found


async def test_the_data_of_a_day_are_the_figures(worked: Hall, sign_in: SignIn) -> None:
    await write(worked, a_plan(3, 50))
    head = await sign_in("head")
    answer = await head.get("/monitor/reports/csv", params={**ASKED, "lang": "en"})
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in answer.content
    assert "attachment" in answer.headers["content-disposition"]
    whole = await total(worked)
    told = figures_of(answer.content)
    [issued] = told["issued"]
    assert int(issued["value"]) == whole.count("issued") == 50
    [p90] = told["wait_p90"]
    seconds = whole.spread("wait").p90
    assert seconds is not None
    assert float(p90["value"]) == pytest.approx(seconds / 60, abs=1e-5)
    assert p90["unit"] == "minutes"
    for level in ("line", "counter", "hour"):
        rows = figures_of(answer.content, level)["issued"]
        assert sum(int(row["value"]) for row in rows) == 50, level


async def test_the_data_call_each_figure_by_its_key_in_every_language(
    worked: Hall, sign_in: SignIn
) -> None:
    await write(worked, a_plan(3, 30))
    head = await sign_in("head")
    told = {
        lang: (await head.get("/monitor/reports/csv", params={**ASKED, "lang": lang})).content
        for lang in ("vi", "en")
    }
    keys = {lang: list(figures_of(raw)) for lang, raw in told.items()}
    assert keys["vi"] == keys["en"]
    assert len(keys["vi"]) > 30
    of_a_figure = re.compile("|".join(rf"{key}(_(mean|p50|p90|most))?" for key in by_key()))
    assert [key for key in keys["vi"] if not of_a_figure.fullmatch(key)] == []


async def test_no_number_is_divided_by_the_time_of_another_hour(
    worked: Hall, sign_in: SignIn
) -> None:
    """All come before eight; they are served until ten."""
    people = tuple(Arrival(450.0 + n, "A", 12.0, 0) for n in range(20))
    morning = a_plan(1)
    await write(worked, Plan(people, morning.desks, morning.gap))
    head = await sign_in("head")
    raw = (await head.get("/monitor/reports/csv", params={**ASKED, "lang": "en"})).content
    came, worked_then = figures_of(raw, "hour"), figures_of(raw, "open_hour")
    assert [row["place"] for row in came["done"]] == ["07:00–08:00"]
    assert {row["place"] for row in worked_then["open_hours"]} >= {"07:00–08:00", "08:00–09:00"}
    assert not set(came) & set(worked_then)
    assert "done_per_hour" not in {*came, *worked_then}
    whole = await total(worked)
    hours = [float(row["value"]) for row in worked_then["open_hours"]]
    assert sum(hours) == pytest.approx(whole.seconds("seated") / 3600, abs=1e-4)
    shares = [float(row["value"]) for row in worked_then["utilisation"]]
    assert all(0 <= share <= 1 for share in shares)


async def test_the_report_says_which_figures_have_no_rows(worked: Hall, sign_in: SignIn) -> None:
    await write(worked, a_plan(3, 30))
    head = await sign_in("head")
    page = html.unescape((await head.get("/monitor/reports", params=ASKED)).text)
    said = re.search(r"không có danh sách dòng: ([^<]+)\.</p>", page)
    assert said
    without = set(said[1].split("; "))
    summary = re.findall(r'<th scope="row">([^<]+)</th><td[^>]*><strong>([^/]*?)</strong>', page)
    plain = {
        name.split(",")[0] for name, value in summary if value not in ("–", "0", "0,00", "0,0 %")
    }
    assert plain, "some figure of this day opens no rows"
    assert plain <= without
    for key in ("stay", "first_visit", "punctuality", "satisfied", "overtaken", "gini"):
        assert by_key()[key].name_vi in without


async def test_every_site_stands_in_the_report_also_without_a_number(
    worked: Hall, sign_in: SignIn
) -> None:
    await write(worked, a_plan(3, 30))
    await another_site(worked, uuid7(), uuid7())
    leader = await sign_in("leader", unit=None)
    for span in ("day", "month"):
        asked = {**ASKED, "span": span}
        raw = (await leader.get("/monitor/reports/csv", params=asked)).content
        rows = {row["place"]: row["value"] for row in figures_of(raw, "site")["issued"]}
        assert len(rows) == 2, span
        assert rows["Khác"] == "", span
        assert sorted(rows.values()) == ["", "30"], span
        page = (await leader.get("/monitor/reports", params=asked)).text
        assert re.search(r'<th scope="row">Khác</th><td class="numeric">–</td>', page), span


async def test_the_workbook_holds_numbers_as_numbers_and_the_definitions(
    worked: Hall, sign_in: SignIn
) -> None:
    await write(worked, a_plan(3, 30))
    head = await sign_in("head")
    answer = await head.get("/monitor/reports/xlsx", params=ASKED)
    book = zipfile.ZipFile(io.BytesIO(answer.content))
    names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
    assert names[0] == "Tổng hợp"
    assert names[-1] == "Định nghĩa"
    assert "Theo cán bộ" in names
    first = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    cells = {cell.get("r"): cell for cell in first.iter(f"{_SHEET}c")}
    assert cells["B6"].get("t") is None, "a number"
    assert cells["B6"].findtext(f"{_SHEET}v") == "30"
    pane = first.find(f"{_SHEET}sheetViews/{_SHEET}sheetView/{_SHEET}pane")
    assert pane is not None
    assert pane.get("state") == "frozen"


async def test_the_printed_report_is_a_document_across(worked: Hall, sign_in: SignIn) -> None:
    await write(worked, a_plan(3, 30))
    head = await sign_in("head")
    answer = await head.get("/monitor/reports/pdf", params={**ASKED, "span": "month"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        box = pdf.pages[0].mediabox
        assert float(box[2]) > float(box[3])
        assert len(pdf.pages) >= 2


async def test_each_figure_on_the_page_opens_exactly_its_rows(
    worked: Hall, sign_in: SignIn
) -> None:
    await write(worked, a_plan(5, 40))
    head = await sign_in("head")
    page = (await head.get("/monitor/reports", params=ASKED)).text
    links = re.findall(r'href="(/monitor/rows\?[^"]+)">([\d.,%  ]+)</a>', page)
    assert len(links) > 30
    counted = 0
    for href, shown in links:
        rows = await head.get(href.replace("&amp;", "&"))
        assert rows.status_code == 200, href
        stated = re.search(r"<h1>[^(]*\((\d+)\)</h1>", rows.text)
        assert stated, href
        if "figure=time" in href or "," in shown or "%" in shown or "services" in href:
            continue
        if re.search(r"figure=(issued|done|no_show|left|expired|arrived|called)", href):
            counted += 1
            assert stated[1] == shown.strip(), href
    assert counted > 20


async def test_an_administrator_sees_the_hall_and_not_its_officers(
    worked: Hall, sign_in: SignIn
) -> None:
    await write(worked, a_plan(5, 20))
    admin, head = await sign_in("admin"), await sign_in("head")
    asked = {**ASKED, "figure": "done", "officer": str(worked.staff[0])}
    assert "Theo cán bộ" not in (await admin.get("/monitor/reports", params=ASKED)).text
    assert "Theo cán bộ" in (await head.get("/monitor/reports", params=ASKED)).text
    assert (await admin.get("/monitor/rows", params=asked)).status_code == 403
    assert (await head.get("/monitor/rows", params=asked)).status_code == 200


@pytest.mark.parametrize("path", ["/monitor/reports", "/monitor/reports/csv", "/monitor/rows"])
async def test_who_leads_no_hall_sees_none(path: str, worked: Hall, sign_in: SignIn) -> None:
    for roles, unit in ((("receiver",), worked.unit), (("head",), uuid7()), ((), worked.unit)):
        stranger = await sign_in(*roles, unit=unit)
        assert (await stranger.get(path, params=ASKED)).status_code == 403, (roles, unit)


async def test_a_head_asks_in_vain_for_another_units_site(worked: Hall, sign_in: SignIn) -> None:
    other, site = uuid7(), uuid7()
    await another_site(worked, other, site)
    head, leader = await sign_in("head"), await sign_in("leader", unit=None)
    asked = {**ASKED, "site": "khac"}
    assert (await head.get("/monitor/reports", params=asked)).status_code == 404
    assert (await leader.get("/monitor/reports", params=asked)).status_code == 200
    page = (await leader.get("/monitor/reports", params=ASKED)).text
    assert "2 điểm tiếp nhận" in page
    assert "Theo cán bộ" not in page, "officers are shown for one site"


async def another_site(hall: Hall, unit: UUID, site: UUID) -> None:
    async with hall.work() as work:
        await work.tx.execute(
            "insert into unit (id, code, agency_code, name, folded, kind, valid_from)"
            " values ($1, $2, 'H49.98', 'Khác', 'khac', 'commune', $3)",
            unit,
            unit.hex[:12],
            date(2025, 7, 1),
        )
        await work.tx.execute(
            "insert into site (id, key, unit_id, name, kind) values ($1, 'khac', $2, 'Khác', 'branch')",
            site,
            unit,
        )


async def test_a_wrong_day_is_told_at_its_field(worked: Hall, sign_in: SignIn) -> None:
    head = await sign_in("head")
    answer = await head.get("/monitor/reports", params={"date": "31/02/2026"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert (await head.get("/monitor/reports/csv", params={"date": "x"})).status_code == 422
    assert (await head.get("/monitor/reports/doc", params=ASKED)).status_code == 404
    wrong: dict[str, Any]
    for wrong in ({"hour": "99"}, {"line": "x"}, {"page": "0"}, {"figure": "x"}):
        asked = {**ASKED, "figure": "done", **wrong}
        assert (await head.get("/monitor/rows", params=asked)).status_code == 404, wrong


async def test_the_report_speaks_english_too(worked: Hall, sign_in: SignIn) -> None:
    await write(worked, a_plan(5, 20))
    head: httpx2.AsyncClient = await sign_in("head")
    page = (await head.get("/monitor/reports", params={**ASKED, "lang": "en"})).text
    assert "Reception report, day 17/11/2026" in page
    assert "By hour of arrival" in page
    assert "Theo" not in page


def test_what_looks_like_a_formula_is_written_as_text() -> None:
    made = datetime(2026, 11, 17, tzinfo=VIETNAM)
    table = Table("line", "x", "x", [PLACE[0]], [])
    rows = [[Cell("=1+1"), Cell(1)]]
    head = [PLACE[0].__class__("line", "L", "L", "text"), PLACE[0]]
    summary = Table("summary", "x", "x", [], [])
    report = Report(
        Wish("day", DAY, [], None),
        made,
        Figures(figures.Whose()),
        [summary, Table(table.key, "x", "x", head, rows)],
        [],
        [],
    )
    assert b"'=1+1" in csv_text(report, "vi")


@pytest.mark.parametrize(
    ("value", "kind", "vi", "en"),
    [
        (None, "count", "–", "–"),
        (1234567, "count", "1.234.567", "1,234,567"),
        (0.1234, "share", "12,3 %", "12.3 %"),
        (12.345, "minutes", "12,3", "12.3"),
        (1.005, "number", "1,00", "1.00"),
        ("A · Chứng thực", "text", "A · Chứng thực", "A · Chứng thực"),
    ],
)
def test_values_are_written_as_people_write_them(value: Any, kind: Any, vi: str, en: str) -> None:
    assert written(value, kind, "vi") == vi
    assert written(value, kind, "en") == en


async def test_a_figure_of_a_day_to_come_opens_its_rows(worked: Hall, sign_in: SignIn) -> None:
    ahead = datetime(2026, 11, 18, 9, tzinfo=VIETNAM)
    head = await sign_in("head")
    with clock.at(ahead - timedelta(days=1)):
        await worked.reserve(window=(ahead, ahead + timedelta(minutes=20)))
        month = await head.get("/monitor/reports", params={"span": "month"})
        found = re.findall(r'href="([^"]*/monitor/rows[^"]*18%2F11[^"]*issued[^"]*)"', month.text)
        assert found
        for link in found:
            assert (await head.get(html.unescape(link))).status_code == 200
        beyond = await head.get("/monitor/reports", params={"date": "01/12/2026"})
    assert beyond.status_code == 422
