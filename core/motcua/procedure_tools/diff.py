"""What changed between two versions of a procedure, for the officer who has to approve it."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from motcua.catalogue.cases import Case
from motcua.catalogue.forms import Form
from motcua.catalogue.packages import Package
from motcua.catalogue.reading import plain
from motcua.catalogue.words import Pair
from motcua.procedure_tools.change import (
    Change,
    added,
    called,
    compare,
    compare_list,
    removed,
)
from motcua.procedure_tools.diff_process import decisions, processes
from motcua.procedure_tools.show import fee_text, limit_text

#: The areas in the order in which an officer reads them.
AREAS: Mapping[str, Pair] = {
    "procedure": ("Thông tin chung", "The procedure"),
    "cases": ("Trường hợp", "Cases"),
    "time_limit": ("Thời hạn", "Time limit"),
    "fee": ("Lệ phí", "Fee"),
    "papers": ("Giấy tờ", "Papers"),
    "form": ("Biểu mẫu", "Form"),
    "draft": ("Phần cán bộ ghi", "What the officer fills in"),
    "steps": ("Các bước", "Steps"),
    "process": ("Quy trình", "Process"),
    "decisions": ("Bảng quyết định", "Decisions"),
    "result": ("Kết quả", "Result"),
    "templates": ("Mẫu văn bản", "Templates"),
    "scenarios": ("Ví dụ", "Scenarios"),
}
_APART = frozenset({"time_limit", "fee", "papers", "steps", "cases", "result"})
_NO_SUBJECT: Pair = ("", "")


def diff(old: Package, new: Package) -> list[Change]:
    """Return every difference between two versions, in the order of ``AREAS``; nothing for equal ones."""
    found = [
        *_procedure(old, new),
        *_limits_and_fees(old, new),
        *_forms(old, new),
        *processes(old, new),
        *decisions(old.decisions, new.decisions),
        *_templates(old, new),
        *_scenarios(old, new),
    ]
    order = list(AREAS)
    return sorted(found, key=lambda change: order.index(change.area))


def report(changes: list[Change], lang: str) -> Iterator[str]:
    """Yield the differences as text, by area."""
    for area, (vi, en) in AREAS.items():
        here = [change for change in changes if change.area == area]
        if here:
            yield en if lang == "en" else vi
            yield from (f"  - {change.text(lang)}" for change in here)


def _procedure(old: Package, new: Package) -> Iterator[Change]:
    before, after = plain(old.procedure), plain(new.procedure)
    yield from compare(
        "procedure",
        "",
        _NO_SUBJECT,
        {k: v for k, v in before.items() if k not in _APART},
        {k: v for k, v in after.items() if k not in _APART},
    )
    yield from _list("papers", before, after)
    yield from _list("steps", before, after)
    yield from _list("cases", _cases(before), _cases(after))
    yield from compare(
        "result", "result", ("Kết quả", "Result"), _table(before, "result"), _table(after, "result")
    )


def _list(area: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    yield from compare_list(area, area, area, before.get(area, ()), after.get(area, ()))


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    return found if isinstance(found, Mapping) else {}


def _cases(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cases without their limits and fees, which are told as they count."""
    bare = [
        {k: v for k, v in case.items() if k not in ("time_limit", "fee")}
        for case in data.get("cases", ())
    ]
    return {"cases": bare}


def _limits_and_fees(old: Package, new: Package) -> Iterator[Change]:
    """Tell limits and fees as they count in each case, a change that is common to all cases once."""
    before, after = {c.id: c for c in old.cases}, {c.id: c for c in new.cases}
    both = [case_id for case_id in before if case_id in after]
    if not both:
        both = [""]
        before, after = {"": old.cases[0]}, {"": new.cases[0]}
    told: dict[tuple[str, str], Change] = {}
    for case_id in both:
        for change in _counted(before[case_id], after[case_id], several=len(both) > 1):
            told.setdefault((change.area, change.vi.partition(": ")[2]), change)
    yield from told.values()


def _counted(old: Case, new: Case, *, several: bool) -> Iterator[Change]:
    vi = f" (trường hợp {new.name_vi})" if several else ""
    en = f" (case {new.name_en})" if several else ""
    pairs = (
        ("time_limit", ("Thời hạn", "Time limit"), limit_text, old.time_limit, new.time_limit),
        ("fee", ("Lệ phí", "Fee"), fee_text, old.fee, new.fee),
    )
    for area, word, say, before, after in pairs:
        if before == after:
            continue
        told = {lang: (say(before, lang), say(after, lang)) for lang in ("vi", "en")}  # type: ignore[arg-type]
        if told["vi"][0] == told["vi"][1] and told["en"][0] == told["en"][1]:
            yield from compare(
                area, area, (word[0] + vi, word[1] + en), plain(before), plain(after)
            )
            continue
        yield Change(
            area,
            "changed",
            area,
            f"{word[0]}{vi}: từ “{told['vi'][0]}” thành “{told['vi'][1]}”",
            f"{word[1]}{en}: from “{told['en'][0]}” to “{told['en'][1]}”",
            plain(before),
            plain(after),
        )


def _forms(old: Package, new: Package) -> Iterator[Change]:
    yield from _form("form", old.form, new.form)
    yield from _form("draft", old.draft, new.draft)


def _form(area: str, old: Form | None, new: Form | None) -> Iterator[Change]:
    before, after = _pages(old), _pages(new)
    yield from compare_list(area, area, "fields", _questions(before), _questions(after))
    word = ("Trang", "Page")
    for title, page in before.items():
        if title not in after:
            yield removed(area, f"{area}.pages", called(word, page, title), page["title_vi"])
    for title, page in after.items():
        if title not in before:
            yield added(area, f"{area}.pages", called(word, page, title), page["title_vi"])
        else:
            yield from compare(
                area, f"{area}.pages", called(word, page, title), _bare(before[title]), _bare(page)
            )


def _pages(form: Form | None) -> dict[str, dict[str, Any]]:
    pages: list[dict[str, Any]] = form.to_data()["pages"] if form else []
    return {page["title_vi"]: page for page in pages}


def _bare(page: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in page.items() if not isinstance(v, list)}


def _questions(pages: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return every question of a form with its page, also those inside groups."""
    return [
        {**question, "page": title}
        for title, page in pages.items()
        for question in _asked(page, "")
    ]


def _asked(holder: Mapping[str, Any], path: str) -> Iterator[dict[str, Any]]:
    for name, value in holder.items():
        if name == "choices" or not isinstance(value, list):
            continue
        for item in value:
            if isinstance(item, Mapping) and "key" in item:
                key = f"{path}{item['key']}"
                inner = {k for k, v in item.items() if k != "choices" and _holds_tables(v)}
                yield {**{k: v for k, v in item.items() if k not in inner}, "key": key}
                yield from _asked(item, f"{key}.")


def _holds_tables(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, Mapping) for item in value)


def _templates(old: Package, new: Package) -> Iterator[Change]:
    for name in dict.fromkeys([*old.templates, *new.templates]):
        before, after = old.templates.get(name), new.templates.get(name)
        if before == after:
            continue
        if before is None:
            yield added("templates", name, (f"Mẫu {name}", f"template {name}"), None)
        elif after is None:
            yield removed("templates", name, (f"Mẫu {name}", f"template {name}"), None)
        else:
            lines = [
                line
                for line in difflib.unified_diff(before.splitlines(), after.splitlines(), n=0)
                if line[:1] in "+-" and line[:3] not in ("+++", "---")
            ]
            more = sum(line.startswith("+") for line in lines)
            less = len(lines) - more
            vi = f"Mẫu {name}: thêm {more} dòng, bỏ {less} dòng"
            en = f"Template {name}: {more} new lines, {less} gone"
            yield Change("templates", "changed", name, vi, en, None, lines)


def _scenarios(old: Package, new: Package) -> Iterator[Change]:
    before, after = {s.key: s for s in old.scenarios}, {s.key: s for s in new.scenarios}
    for key in dict.fromkeys([*before, *after]):
        earlier, later = before.get(key), after.get(key)
        if earlier == later:
            continue
        one = later or earlier
        what = called(("Ví dụ", "Scenario"), plain(one), key)
        if earlier is None:
            yield added("scenarios", key, what, None)
        elif later is None:
            yield removed("scenarios", key, what, None)
        else:
            vi, en = f"{what[0]}: nội dung thay đổi", f"{what[1]}, content changed"
            yield Change("scenarios", "changed", key, vi, en)
