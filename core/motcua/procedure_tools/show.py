"""A package as a clerk would want it told: cases, limits, fee, papers, steps, and the process as text."""

from collections.abc import Iterator

from motcua.catalogue.cases import Case
from motcua.catalogue.packages import Package
from motcua.catalogue.procedure import FeeRule, Paper, TimeLimit
from motcua.catalogue.words import LIMITS, PAPERS, PARTS, pick, word
from motcua.errors import NotFound
from motcua.procedure_tools.process_text import process_lines
from motcua.text import vn_date, vn_money

_LEVELS = {"province": ("cấp tỉnh", "province"), "commune": ("cấp xã", "commune")}


def show(package: Package, lang: str) -> Iterator[str]:
    """Yield the lines that tell a package."""
    yield from _header(package, lang)
    several = len(package.cases) > 1
    ways: dict[tuple[str, ...], str] = {}
    for case in package.cases:
        if several:
            yield ""
            when = f" — {pick(lang, 'khi', 'when')} {case.when}" if case.when else ""
            yield f"{pick(lang, 'Trường hợp', 'Case')} {case.id}: {case.name(lang)}{when}"
        yield from _case(package, case, lang)
        yield from _way(package, case, lang, ways)
    yield from _result(package, lang)
    yield ""
    yield pick(lang, "Ví dụ:", "Scenarios:")
    for scenario in package.scenarios:
        yield f"  {scenario.key}: {pick(lang, scenario.name_vi, scenario.name_en)}"


def chosen_case(package: Package, wanted: str) -> Case:
    """Return the case that was asked for, the first one without a wish; raises ``NotFound``."""
    if not wanted:
        return package.cases[0]
    for case in package.cases:
        if case.id == wanted:
            return case
    known = ", ".join(case.id for case in package.cases)
    raise NotFound(
        f"Gói không có trường hợp '{wanted}'; các trường hợp: {known}",
        f"The package has no case {wanted!r}; it has: {known}",
    )


def _header(package: Package, lang: str) -> Iterator[str]:
    procedure = package.procedure
    name = pick(lang, procedure.name_vi, procedure.name_en)
    yield f"{procedure.code}  {name}"
    yield pick(lang, f"Phiên bản {procedure.version}", f"Version {procedure.version}") + _validity(
        package, lang
    )
    levels = ", ".join(word(_LEVELS, level, lang) for level in procedure.level)
    field = pick(lang, procedure.field_vi, procedure.field_en)
    yield pick(lang, f"Lĩnh vực: {field}; {levels}", f"Field: {field}; {levels}")
    if not procedure.verified or procedure.sample:
        parts = ", ".join(word(PARTS, part, lang) for part in procedure.sample)
        yield (
            pick(lang, f"Dữ liệu mẫu: {parts}", f"Sample data: {parts}")
            if parts
            else pick(lang, "Chưa đối chiếu với văn bản", "Not verified in a source")
        )


def _validity(package: Package, lang: str) -> str:
    first, last = package.procedure.valid_from, package.procedure.valid_to
    said = ""
    if first:
        said += pick(lang, f", hiệu lực từ {vn_date(first)}", f", in force from {vn_date(first)}")
    if last:
        said += pick(lang, f" đến {vn_date(last)}", f" until {vn_date(last)}")
    return said


def _case(package: Package, case: Case, lang: str) -> Iterator[str]:
    yield f"{pick(lang, 'Thời hạn', 'Time limit')}: {limit_text(case.time_limit, lang)}"
    yield f"{pick(lang, 'Lệ phí', 'Fee')}: {fee_text(case.fee, lang)}"
    if not case.papers:
        yield pick(lang, "Giấy tờ: không phải nộp gì", "Papers: none")
        return
    yield pick(lang, "Giấy tờ:", "Papers:")
    for paper in case.papers:
        yield f"  - {paper_text(paper, lang)}"


def limit_text(limit: TimeLimit, lang: str) -> str:
    """Return a limit as it counts, with the words of the law beside it."""
    unit = word(LIMITS, limit.kind, lang)
    if limit.kind == "same_day":
        counted = f"{unit} ({pick(lang, 'nhận trước', 'received before')} {limit.cutoff})"
    else:
        counted = f"{limit.value} {unit}"
    said = limit.text(lang)
    if limit.decision:
        counted += f" ({pick(lang, 'nhiều nhất, theo', 'at most, by')} {limit.decision})"
    if not said or said == counted:
        return counted
    return said if said.startswith(counted) else f"{counted}. {said}"


def fee_text(fee: FeeRule, lang: str) -> str:
    """Return a fee in words, with its rule."""
    said = fee.text(lang)
    if fee.expression:
        return f"{said}  [{fee.expression}]"
    if fee.decision:
        return f"{said}  [{fee.decision}]"
    return said if fee.free else f"{vn_money(fee.amount or 0)}. {said}"


def paper_text(paper: Paper, lang: str) -> str:
    """Return a paper with its kind, number and condition."""
    kind = word(PAPERS, paper.kind, lang)
    said = f"{paper.name(lang)} ({kind}{f', {paper.copies}' if paper.copies > 1 else ''})"
    if not paper.required:
        said += pick(lang, ", không bắt buộc", ", optional")
    if paper.when:
        said += f" — {pick(lang, 'khi', 'when')} {paper.when}"
    if paper.replaced_by:
        types = ", ".join(rule.vct_type for rule in paper.replaced_by)
        said += f" — {pick(lang, 'thay bằng', 'replaced by')} {types}"
    return said


def _way(
    package: Package, case: Case, lang: str, told: dict[tuple[str, ...], str]
) -> Iterator[str]:
    definition = package.definition(case.id)
    lines = tuple(process_lines(definition, lang))
    if lines in told:
        yield pick(lang, f"Quy trình: như {told[lines]}", f"Process: as {told[lines]}")
        return
    told[lines] = case.id
    file = f" ({case.process})" if case.process else ""
    yield f"{pick(lang, 'Quy trình', 'Process')}{file}:"
    yield from (f"  {line}" for line in lines)


def _result(package: Package, lang: str) -> Iterator[str]:
    if (rule := package.procedure.result) is None:
        return
    yield ""
    yield f"{pick(lang, 'Kết quả', 'Result')}: {rule.name(lang)}"
    for name, text in rule.claims.items():
        hidden = pick(lang, " (chỉ hiện khi chủ ví chọn)", " (shown only by choice)")
        yield f"  {name} = {text}{hidden if name in rule.hidden else ''}"
