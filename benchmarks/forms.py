"""How long a form takes: cleaned, laid out again, drawn as HTML, against plain JSON decoding of the answers.

    python -m benchmarks.forms

Two forms: 1,000 fields on 20 pages (every fifth under a condition, every tenth computed), and one page with
500 rows of six questions, one under a condition and one computed. ``msgspec`` decodes and checks the types
of the same answers and says nothing to anybody: it is the floor, not a rival. Everything runs in one
thread; what is printed is the median of several runs, in milliseconds.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import jinja2
import msgspec

from motcua.catalogue.form_view import Drawing, summary
from motcua.catalogue.forms import Form
from motcua.web.pages import environment

RUNS = 15
ROWS = 500
FIELDS = 1000
TODAY = date(2026, 11, 23)


def question(key: str, kind: str, **more: Any) -> dict[str, Any]:
    """Return a field as it stands in a form file."""
    return {"key": key, "kind": kind, "label_vi": f"Mục {key}", "label_en": f"Item {key}", **more}


def long_form() -> tuple[Form, dict[str, Any]]:
    """Return a form of a thousand fields with the answers to it."""
    kinds = ("text", "integer", "date", "money", "phone")
    typed = {
        "text": "Đường số 5",
        "integer": "12",
        "date": "5/9/1990",
        "money": "1.500.000",
        "phone": "+84 912 345 678",
    }
    fields: list[dict[str, Any]] = []
    raw: dict[str, Any] = {}
    for n in range(FIELDS):
        kind = kinds[n % 5]
        if n % 10 == 9:
            fields.append(question(f"f{n}", "money", computed=f"f{n - 8} * 8000"))
            continue
        more = {"show_when": f"f{n - 3} > 3"} if n % 5 == 4 else {}
        fields.append(question(f"f{n}", kind, required=not more, **more))
        raw[f"f{n}"] = typed[kind]
    size = FIELDS // 20
    pages = [
        {"title_vi": f"Trang {p}", "title_en": f"Page {p}", "fields": fields[p * size :][:size]}
        for p in range(20)
    ]
    return Form.from_data({"pages": pages}), raw


def many_rows() -> tuple[Form, dict[str, Any]]:
    """Return a form with 500 rows and the answers to it."""
    inside = [
        question("name", "name", required=True),
        question("pid", "pid", required=True),
        question("born", "date", past=True),
        question("share", "integer", min=1, max=100),
        question("guardian", "name", show_when='born > date("2010-01-01")', required=True),
        question("amount", "money", computed="share * 1000"),
    ]
    rows = question("people", "rows", fields=inside, max_rows=ROWS, required=True)
    total = question("total", "money", computed="sum(people.amount)")
    page = {"title_vi": "Trang", "title_en": "Page", "fields": [rows, total]}
    people = [
        {
            "name": "Nguyễn Văn Mẫu",
            "pid": "022 095 012 345",
            "born": "5/9/2015" if n % 2 else "5/9/1990",
            "share": str(n % 100 + 1),
            "guardian": "Trần Thị Mẫu",
        }
        for n in range(ROWS)
    ]
    return Form.from_data({"pages": [page]}), {"people": people}


def spent(run: Callable[[], object]) -> float:
    """Return the median of some runs in milliseconds."""
    run()
    found = []
    for _ in range(RUNS):
        began = time.perf_counter()
        run()
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found)


def drawn(template: jinja2.Template, form: Form, raw: dict[str, Any]) -> Callable[[], str]:
    """Return what draws the page that has most on it, as the portal does."""

    def draw() -> str:
        page = max(form.walk(raw, today=TODAY).pages, key=lambda p: len(p.items))
        return template.render(
            _=str, date=str, money=str, blocks=Drawing("vi", ("", "")).blocks(page.items)
        )

    return draw


def measure(name: str, form: Form, raw: dict[str, Any], shape: type[Any]) -> None:
    """Print one line of the table for a form."""
    values = form.clean(raw, today=TODAY).values
    sent = msgspec.json.encode(values)
    decoder = msgspec.json.Decoder(shape)
    plain = spent(lambda: decoder.decode(sent))
    template = environment([]).from_string(
        '{% import "questions.html" as ask with context %}{{ ask.blocks(blocks) }}'
    )
    clean = spent(lambda: form.clean(raw, today=TODAY))
    outline = spent(lambda: [summary(p.items, "vi") for p in form.outline(values)])
    page = spent(drawn(template, form, raw))
    print(
        f"{name:<14} {clean:8.1f} {outline:8.1f} {page:8.1f} {plain:9.3f} {clean / plain:8.0f}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    form, raw = long_form()
    keys = list(form.clean(raw, today=TODAY).values)
    long_shape = msgspec.defstruct("Long", [(k, int | str) for k in keys])
    row = msgspec.defstruct(
        "Row",
        [
            ("name", str),
            ("pid", str),
            ("born", date),
            ("share", int),
            ("amount", int),
            ("guardian", str | None, None),
        ],
    )
    rows_shape = msgspec.defstruct("Rows", [("people", list[row]), ("total", int)])  # type: ignore[valid-type]
    print(f"{'':<14} {'clean':>8} {'summary':>8} {'page':>8} {'msgspec':>9} {'ratio':>8}")
    measure(f"{FIELDS:,} fields", form, raw, long_shape)
    measure(f"{ROWS} rows", *many_rows(), rows_shape)


if __name__ == "__main__":
    main()
