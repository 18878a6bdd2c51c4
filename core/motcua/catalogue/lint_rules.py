"""Rules of a package that can never come true, and facts that nobody has verified."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice, product

from motcua.catalogue.examples import Played
from motcua.catalogue.fields import Field, fact, parse
from motcua.catalogue.lint_finding import LintFinding
from motcua.catalogue.packages import Package
from motcua.catalogue.parsers import FieldError
from motcua.catalogue.words import PARTS, word
from motcua.rules import RuleError, compile_expression, evaluate

_FILE = "procedure.toml"
_NUMBER = re.compile(r"(?<![\w.])[0-9]{1,12}(?![\w.])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TODAY = date(2026, 3, 2)
#: How many combinations of answers are tried for one condition, and for how long.
MOST_TRIED = 4_000
MOST_SECONDS = 2.0


def never_asked(package: Package) -> Iterator[LintFinding]:
    """Yield papers that no answers can ask for, and cases that no answers can make.

    A condition is tried with every choice and the numbers and dates that stand in it, one more and one
    less; a condition over free texts is left to the scenarios.
    """
    fields = {asked.key: asked for asked in package.form.fields()}
    somewhere = {paper.key for case in package.cases for paper in case.papers}
    for number, paper in enumerate(package.procedure.papers):
        where = f"papers[{number}]"
        if paper.key not in somewhere:
            yield _never(where, paper.name_vi, "không trường hợp nào", "no case", "papers")
        elif paper.when and can_hold(paper.when, fields) is False:
            yield _never(
                f"{where}.when", paper.name_vi, "không câu trả lời nào", "no answer", "when"
            )
    for number, case in enumerate(package.procedure.cases):
        if case.when and can_hold(case.when, fields) is False:
            yield LintFinding(
                "error",
                _FILE,
                f"cases[{number}].when",
                case.name_vi,
                "không câu trả lời nào dẫn tới trường hợp này",
                "no answers can make this case",
                "sửa điều kiện when, hoặc bỏ trường hợp",
                "mend the condition, or delete the case",
            )


def _never(place: str, name: str, vi: str, en: str, key: str) -> LintFinding:
    return LintFinding(
        "error",
        _FILE,
        place,
        name,
        f"{vi} đòi giấy tờ này: không ai phải nộp",
        f"{en} asks for this paper: nobody can be asked for it",
        f"sửa {key}, hoặc bỏ giấy tờ khỏi danh sách",
        f"mend {key}, or delete the paper",
    )


def can_hold(condition: str, fields: Mapping[str, Field]) -> bool | None:
    """Return whether some answers make a condition true; None where that cannot be tried out."""
    try:
        names = sorted(compile_expression(condition, fields).names)
    except RuleError:
        return None  # said when the package is read
    if not set(names) <= fields.keys():
        return None
    tried = [_candidates(fields[name], condition) for name in names]
    if any(not values for values in tried):
        return None
    count, until = 0, time.monotonic() + MOST_SECONDS
    for values in islice(product(*tried), MOST_TRIED + 1):
        count += 1
        if time.monotonic() > until:
            return None
        answers = dict(zip(names, values, strict=True))
        try:
            if evaluate(condition, answers, unknown="null") is True:
                return True
        except RuleError:
            continue  # such answers do not fit together; others may
    return None if count > MOST_TRIED else False


def _candidates(field: Field, condition: str) -> Sequence[object]:
    """Return the answers worth trying for a field; nothing where they cannot be listed."""
    if field.kind == "choice":
        return [choice.value for choice in field.choices] + [None]
    if field.kind in ("checkbox", "declaration"):
        return [True, False, None]
    if field.kind in ("integer", "money"):
        named = {int(text) for text in _NUMBER.findall(condition)}
        limits = {n for n in (field.min, field.max) if n is not None}
        near = {n + step for n in named for step in (-1, 0, 1)} | limits | {0, 1}
        allowed = [n for n in sorted(near) if _allowed(field, str(n))]
        return [*allowed, None]
    if field.kind == "date":
        named_days = {date.fromisoformat(text) for text in _DATE.findall(condition)} | {_TODAY}
        return [d + timedelta(days=n) for d in sorted(named_days) for n in (-1, 0, 1)] + [None]
    return []


def _allowed(field: Field, text: str) -> bool:
    try:
        value = parse(field, text, _TODAY)
    except FieldError:
        return False
    return value is not None and fact(field, value) is not None


def fees(package: Package, played: Sequence[Played]) -> Iterator[LintFinding]:
    """Yield fee rules that no scenario works out."""
    checked = any(s.then.fee is not None for s in package.scenarios)
    if package.scenarios and not checked:
        yield _fee("không ví dụ nào kiểm tra lệ phí", "no scenario checks the fee")
    # Cases that share a rule share what is tried of it.
    for rule in dict.fromkeys(case.fee for case in package.cases):
        cases = [case.id for case in package.cases if case.fee == rule]
        amounts = {p.found.get("fee") for p in played if p.case in cases}
        if amounts and not rule.free and not amounts - {0, None}:
            told = f" ({', '.join(cases)})" if package.procedure.cases else ""
            yield _fee(
                f"có quy tắc tính lệ phí nhưng mọi ví dụ{told} đều ra 0 đồng",
                f"there is a fee, but every scenario{told} comes out with 0 đồng",
            )


def _fee(vi: str, en: str) -> LintFinding:
    do_vi = "thêm ví dụ có then.fee, một ví dụ phải nộp tiền"
    return LintFinding(
        "warning",
        _FILE,
        "fee",
        "",
        vi,
        en,
        do_vi,
        "add a scenario with then.fee, and one that pays",
    )


def facts(package: Package) -> Iterator[LintFinding]:
    """Yield what was not verified in a source, in one note."""
    procedure = package.procedure
    if procedure.verified and not procedure.sample:
        return
    vi, en = (
        ", ".join(word(PARTS, part, lang) for part in procedure.sample) for lang in ("vi", "en")
    )
    yield LintFinding(
        "note",
        _FILE,
        "sample" if procedure.verified else "verified",
        "",
        f"dữ liệu mẫu: {vi}" if vi else "chưa đối chiếu với văn bản (verified = false)",
        f"sample data: {en}" if en else "not verified in a source (verified = false)",
        "đối chiếu với văn bản rồi sửa verified, sample, source",
        "read it in a source, then mend verified, sample, source",
    )
