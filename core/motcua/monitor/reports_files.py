"""A report as files: XLSX with numbers as numbers, CSV after RFC 4180, and PDF."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from anyio import to_thread
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from motcua.documents.render import render_document
from motcua.dossiers.codes import local_day
from motcua.errors import in_words
from motcua.monitor.reports_made import Report
from motcua.monitor.reports_tables import Cell, Kind, Table, written
from motcua.queues.kpis import Kpi
from motcua.tenancy.tenant import Tenant
from motcua.text import vn_date, vn_moment

_TEMPLATE = Path(__file__).with_name("typst") / "report.typ"
_FORMATS: Mapping[Kind, str] = {
    "count": "#,##0",
    "minutes": "#,##0.0",
    "share": "0.0%",
    "number": "#,##0.00",
    "hours": "#,##0.0",
}
# A program that opens the file would take a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def title(report: Report, lang: str) -> str:
    """Return what a report is called: kind, place and span."""
    wish = report.wish
    first, _ = wish.days
    month = wish.span == "month"
    span = f"{first.month:02}/{first.year}" if month else vn_date(first)
    if lang == "en":
        return f"Reception report, {'month' if month else 'day'} {span}"
    return f"Báo cáo tiếp nhận {'tháng' if month else 'ngày'} {span}"


def place(report: Report, tenant: Tenant, lang: str) -> str:
    """Return whose report it is: the site, or the province and how many sites."""
    if report.wish.site:
        return str(report.wish.site["name"])
    count = len(report.wish.sites)
    if lang == "en":
        return f"{tenant.name}: {count} sites"
    return f"{tenant.name}: {count} điểm tiếp nhận"


def file_name(report: Report) -> str:
    """Return the name of a file, without its ending: kind, place and day in plain letters."""
    wish = report.wish
    span = f"{wish.days[0]:%Y-%m}" if wish.span == "month" else f"{wish.day:%Y-%m-%d}"
    return f"bao-cao-tiep-nhan-{wish.site['key'] if wish.site else 'tat-ca'}-{span}"


async def xlsx(report: Report, tenant: Tenant, lang: str) -> bytes:
    """Return the report as a workbook: a sheet for each table, the definitions at the end."""
    return await to_thread.run_sync(_workbook, report, tenant, lang)


def _workbook(report: Report, tenant: Tenant, lang: str) -> bytes:
    kept = io.BytesIO()
    with Workbook(kept, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties(
            {"title": title(report, lang), "created": report.made_at.replace(tzinfo=None)}
        )
        formats = {kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()}
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        said = [title(report, lang), place(report, tenant, lang), _made(report, lang)]
        for table in report.tables:
            _sheet(book.add_worksheet(table.title(lang)[:31]), table, said, formats, bold, lang)
        _definitions(
            book.add_worksheet(_words("Định nghĩa", "Definitions", lang)), report.kpis, bold, lang
        )
    return kept.getvalue()


def _sheet(
    sheet: Any,
    table: Table,
    said: Sequence[str],
    formats: Mapping[Kind, Any],
    bold: Any,
    lang: str,
) -> None:
    for row, text in enumerate(said):
        sheet.write_string(row, 0, text)
    top = len(said) + 1
    for n, column in enumerate(table.columns):
        sheet.write_string(top, n, column.label(lang), bold)
    for row, cells in enumerate(table.rows, top + 1):
        for n, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
            _write(sheet, row, n, cell, formats.get(cell.kind or column.kind), lang)
    sheet.freeze_panes(top + 1, 1)
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, len(table.columns) - 1, 13)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)


def _write(sheet: Any, row: int, n: int, cell: Cell, form: Any, lang: str) -> None:
    if isinstance(cell.value, str):
        sheet.write_string(row, n, in_words(cell.value, lang))
    elif cell.value is not None:
        sheet.write_number(row, n, cell.value, form)


def _definitions(sheet: Any, kpis: Iterable[Kpi], bold: Any, lang: str) -> None:
    heads = _DEFINED[lang == "en"]
    for n, (head, width) in enumerate(zip(heads, (34, 100, 46, 14), strict=True)):
        sheet.write_string(0, n, head, bold)
        sheet.set_column(n, n, width)
    for row, kpi in enumerate(kpis, 1):
        for n, text in enumerate(_defined(kpi, lang)):
            sheet.write_string(row, n, text)
        sheet.write_number(row, 3, kpi.least)
    sheet.freeze_panes(1, 1)


_DEFINED = (
    ("Chỉ số", "Cách tính", "Nguồn", "Tối thiểu"),
    ("Figure", "How it is made", "From", "At least"),
)


def _defined(kpi: Kpi, lang: str) -> tuple[str, str, str]:
    if lang == "en":
        return kpi.name_en, kpi.formula_en, kpi.source_en
    return kpi.name_vi, kpi.formula_vi, kpi.source_vi


def csv_text(report: Report, lang: str) -> bytes:
    """Return every figure of the report as a row: whose it is, its key, its value, over how many cases.

    UTF-8 with a byte order mark, commas, CRLF (RFC 4180); numbers with a point, shares from 0 to 1, times in
    minutes. An empty value had too few cases or nothing to measure. The keys are the same in every language.
    """
    kept = io.StringIO()
    write = csv.writer(kept, lineterminator="\r\n")
    write.writerow(["from", "to", "level", "place", "counter", "figure", "unit", "value", "cases"])
    span = [day.isoformat() for day in report.wish.days]
    for table in report.tables:
        for row in table.rows:
            write.writerows([*span, table.key, *line] for line in _lines(table, row, lang))
    return kept.getvalue().encode("utf-8-sig")


def _lines(table: Table, row: Sequence[Cell], lang: str) -> Iterable[list[str | int | float]]:
    if table.key == "summary":
        name, value, cases = row
        kind = value.kind or "number"
        yield ["", "", name.key, _UNITS[kind], _number(value), _number(cases)]
        return
    heads = [(c, cell) for c, cell in zip(table.columns, row, strict=True) if c.kind == "text"]
    place = [_text(cell, lang) for _, cell in heads]
    for column, cell in zip(table.columns, row, strict=True):
        if column.kind != "text":
            whose = [place[0], place[1] if len(place) > 1 else ""]
            yield [*whose, column.key, _UNITS[column.kind], _number(cell), ""]


_UNITS: Mapping[Kind, str] = {
    "count": "count",
    "minutes": "minutes",
    "share": "share",
    "number": "number",
    "hours": "hours",
}


def _text(cell: Cell, lang: str) -> str:
    text = in_words(cell.value, lang) if isinstance(cell.value, str) else ""
    return "'" + text if text.startswith(_FORMULA) else text


def _number(cell: Cell) -> str | int | float:
    if cell.value is None or isinstance(cell.value, str):
        return ""
    return cell.value if isinstance(cell.value, int) else round(cell.value, 6)


async def pdf(report: Report, tenant: Tenant) -> bytes:
    """Return the report as a document in Vietnamese, A4 across, the definitions at its end."""
    lang = "vi"
    data: dict[str, Any] = {
        "header": {
            "parent": tenant.name if report.wish.site else None,
            "unit": report.wish.site["name"] if report.wish.site else tenant.name,
            "place": tenant.short_name,
            "date": local_day(report.made_at),
        },
        "title": title(report, lang),
        "place": place(report, tenant, lang),
        "made": _made(report, lang),
        "alarms": list(report.alarms),
        "summary": [
            [in_words(str(name.value), lang), _cell(value, "number"), _cell(cases, "count")]
            for name, value, cases in report.table["summary"].rows
        ],
        "tables": [_printed(table) for table in report.tables if table.key != "summary"],
        "kpis": [
            {"name": k.name_vi, "formula": k.formula_vi, "source": k.source_vi} for k in report.kpis
        ],
    }
    if mark := tenant.settings.get("document_mark"):
        data["mark"] = mark
    made = await render_document(_TEMPLATE, data, at=report.made_at)
    return made.pdf


def _printed(table: Table) -> dict[str, Any]:
    return {
        "title": table.vi,
        "columns": [{"label": c.vi, "text": c.kind == "text"} for c in table.columns],
        "rows": [
            [_cell(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)]
            for row in table.rows
        ],
    }


def _cell(cell: Cell, kind: Kind) -> str:
    return written(cell.value, cell.kind or kind, "vi")


def _made(report: Report, lang: str) -> str:
    return _words("Lập lúc", "Made", lang) + " " + vn_moment(report.made_at)


def _words(vi: str, en: str, lang: str) -> str:
    return en if lang == "en" else vi


def minutes(seconds: float | None, lang: str) -> str:
    """Write seconds as minutes with one decimal."""
    return written(None if seconds is None else seconds / 60, "minutes", lang)
