"""The linter: what it says, where, and what to do."""

import copy
from pathlib import Path
from typing import Any

import pytest

from motcua.catalogue.lint import LintFinding, lint, lint_folder
from motcua.catalogue.lint_finding import ordered, worst
from motcua.catalogue.lint_rules import can_hold
from motcua.catalogue.lint_texts import untranslated
from motcua.catalogue.packages import Package
from tests.core.catalogue.builders import ROOT, package_data
from tests.core.catalogue.drawn import PROCESS, data, drawn, scenario

FULL = scenario(
    when=[
        {"step": "check", "outcome": "ask"},
        {"message": "answered"},
        {"after": "2 working_days", "step": "check"},
        {"step": "remind"},
    ],
    then={"fee": 16_000},
)
FAILING = scenario(
    "two", when=[{"step": "check"}, {"service": "pay", "fails": "refused"}, {"step": "mend"}]
)


def _found(package: Package, **options: Any) -> list[LintFinding]:
    return [f for f in lint(package, **options) if f.severity != "note"]


def _said(package: Package, **options: Any) -> list[str]:
    return [finding.text("en") for finding in _found(package, **options)]


def test_a_package_whose_every_way_is_tried_has_no_finding() -> None:
    assert _said(drawn(FULL, FAILING), handlers={"issue_result"}) == []


def test_a_package_without_a_scenario_is_an_error() -> None:
    (said,) = [f for f in _found(drawn()) if f.severity == "error"]
    assert said.file == "scenarios"
    assert "no scenario" in said.en
    assert said.do_en


def test_what_no_scenario_takes_is_named() -> None:
    assert [f.place for f in _found(drawn(FULL))] == ["failed", "mend"]
    found = _found(drawn(FAILING))
    assert [f.place for f in found] == ["late", "remind", "wait", "f4", "fee"]
    assert found[3].en == "no scenario goes from 'Pay' to the end"
    assert found[3].vi == "không ví dụ nào đi từ 'Trả' tới kết thúc"


def test_a_case_without_a_scenario_is_named() -> None:
    cases = [
        {"id": "many", "name_vi": "Nhiều", "name_en": "Many", "when": "copies > 5"},
        {"id": "few", "name_vi": "Ít", "name_en": "Few"},
    ]
    (said,) = [f for f in _found(drawn(FULL, FAILING, cases=cases)) if f.file == "scenarios"]
    assert (said.severity, said.place) == ("warning", "many")
    assert said.en == "no scenario belongs to the case 'Many'"


def test_an_unknown_role_and_an_unknown_handler_are_errors() -> None:
    package = drawn(
        FULL, process=PROCESS.replace('"clerk"', '"wizard"').replace("issue_result", "magic")
    )
    said = [f for f in lint(package, handlers={"issue_result"}) if f.severity == "error"]
    assert [(f.file, f.place) for f in said] == [("process.bpmn", "pay"), ("process.bpmn", "mend")]
    assert "no plugin brings the handler 'magic'" in said[0].en
    assert "there is no role 'wizard'" in said[1].en
    assert "specialist" in said[1].do_vi
    assert [f.place for f in lint(package) if f.severity == "error"] == ["mend"]


def test_an_unknown_variable_of_a_condition_is_an_error_unless_a_scenario_brings_it() -> None:
    process = PROCESS.replace(
        'outcome = "ask"', 'answer = "ask" and copies > 1 and case = "default"'
    )
    (said,) = [f for f in lint(drawn(FULL, process=process)) if f.severity == "error"]
    assert (said.place, said.name) == ("yes", 'answer = "ask" and copies > 1 and case = "default"')
    assert "reads what nobody sets: 'answer'" in said.en
    assert "'answer'" in said.vi
    brings = copy.deepcopy(FULL)
    brings["when"][0]["variables"] = {"answer": "ask"}
    assert [f for f in lint(drawn(brings, process=process)) if f.severity == "error"] == []


DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<inputData id="score" name="score"><variable id="w" name="score"/></inputData>
<decision id="risk" name="Risk"><variable id="v" name="Risk"/>
<informationRequirement id="r"><requiredInput href="#score"/></informationRequirement>
<literalExpression id="l"><text>score</text></literalExpression></decision></definitions>"""


def test_what_a_decision_of_a_rule_task_needs_is_asked_too() -> None:
    task = '<businessRuleTask id="remind" name="Tra" mc:nameEn="Ask" mc:decision="risk.dmn#Risk" mc:result="risk"/>'
    process = PROCESS.replace(
        '<userTask id="remind" name="Nhắc" mc:nameEn="Remind" mc:role="head"/>', task
    )
    plain = data(process) | {"decisions": {"risk.dmn": DMN}}
    said = [
        f
        for f in lint(Package.from_data(plain | {"scenarios": [FAILING]}))
        if f.severity == "error"
    ]
    assert [(f.place, f.name) for f in said] == [("remind", "risk.dmn#Risk")]
    assert "'score'" in said[0].en


def test_a_missing_translation_is_a_warning_with_its_place() -> None:
    changed = data(name_en="Đăng ký thử") | {"scenarios": [FULL, FAILING]}
    changed["form"]["pages"][0]["fields"][1]["choices"][0]["en"] = "Loại a"
    changed["processes"]["process.bpmn"] = PROCESS.replace(' mc:nameEn="Mend"', "")
    said = _found(Package.from_data(changed))
    assert {(f.severity, f.file, f.place) for f in said} == {
        ("warning", "procedure.toml", "name_en"),
        ("warning", "form.toml", "pages[0].fields[1].choices[0].en"),
        ("warning", "process.bpmn", "mend"),
    }


@pytest.mark.parametrize(
    ("vi", "en", "missing"),
    [
        ("Tên", "", True),
        ("Tên", "Tên", True),
        ("Email", "Email", False),
        ("", "", False),
        ("Ban do", "Ban do", True),
        ("Tên", "Name", False),
    ],
)
def test_a_text_lacks_its_english_or_not(vi: str, en: str, missing: bool) -> None:
    assert untranslated(vi, en) is missing


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('variety = "a"', True),
        ('variety = "c"', False),
        ('variety in ["c", "b"]', True),
        ("copies > 19", True),
        ("copies > 20", False),
        ("copies = 7", True),
        ('copies > 3 and variety = "c"', False),
        ('begins > date("2026-05-01")', True),
        ('begins > date("2026-05-01") and begins < date("2026-05-01")', False),
        ('name = "x"', None),
    ],
)
def test_conditions_are_tried_out(condition: str, holds: bool | None) -> None:
    fields = {field.key: field for field in Package.from_data(data()).form.fields()}
    assert can_hold(condition, fields) is holds


def test_a_paper_that_nobody_can_be_asked_for_is_an_error() -> None:
    papers = [
        {"key": "a", "name_vi": "Giấy A", "name_en": "A", "kind": "copy", "when": 'variety = "c"'},
        {"key": "b", "name_vi": "Giấy B", "name_en": "B", "kind": "copy"},
    ]
    cases = [{"id": "all", "name_vi": "Tất cả", "name_en": "All", "papers": ["a"]}]
    said = [
        f for f in lint(drawn(FULL, FAILING, papers=papers, cases=cases)) if f.severity == "error"
    ]
    assert [(f.place, f.name) for f in said] == [
        ("papers[0].when", "Giấy A"),
        ("papers[1]", "Giấy B"),
    ]
    assert said[1].en == "no case asks for this paper: nobody can be asked for it"


def test_a_fee_that_no_scenario_works_out_is_a_warning() -> None:
    unchecked = FULL | {"then": {}}
    (said,) = _said(drawn(unchecked, FAILING))
    assert said.startswith("WARNING  procedure.toml: fee: no scenario checks the fee → add a")
    free = {"text_vi": "x", "text_en": "y", "expression": "if copies > 5 then 1000 else 0"}
    (said,) = _said(drawn(FULL | {"then": {"fee": 0}}, FAILING, fee=free))
    assert "every scenario comes out with 0 đồng" in said


def test_what_nobody_verified_is_noted_once() -> None:
    (note,) = [
        f for f in lint(drawn(FULL, FAILING, sample=["fee", "steps"])) if f.severity == "note"
    ]
    assert note.text("vi").startswith(
        "GHI CHÚ  procedure.toml: verified: dữ liệu mẫu: lệ phí, các bước"
    )


def _write(folder: Path, process: str = PROCESS) -> Path:
    for name in ("procedure.toml", "form.toml"):
        source = ROOT / "plugins/certification/motcua_certification/procedures/2.000908" / name
        text = source.read_text(encoding="utf-8")
        head, _, rest = text.partition("\n[time_limit]")
        if name == "procedure.toml":
            text = (
                head + '\nprocess = "process.bpmn"\n[time_limit]' + rest.partition("[[steps]]")[0]
            )
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "process.bpmn").write_text(process, encoding="utf-8")
    return folder


def test_a_folder_that_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    package, found = lint_folder(tmp_path)
    assert package is None
    assert [(f.severity, f.file) for f in found] == [("error", "procedure.toml")]


def test_a_broken_drawing_is_told_element_by_element(tmp_path: Path) -> None:
    broken = PROCESS.replace(' default="no"', "").replace(' mc:role="clerk"', "")
    package, found = lint_folder(_write(tmp_path, broken))
    assert package is None
    assert {(f.file, f.place) for f in found} == {
        ("process.bpmn", "asked"),
        ("process.bpmn", "mend"),
    }
    assert any(f.do_vi and f.do_en for f in found)


def test_an_unknown_key_is_named_with_its_place(tmp_path: Path) -> None:
    folder = _write(tmp_path)
    text = (folder / "procedure.toml").read_text(encoding="utf-8")
    (folder / "procedure.toml").write_text(text.replace("cutoff =", "cutof ="), encoding="utf-8")
    package, (found,) = lint_folder(folder)
    assert package is None
    assert (found.file, found.place) == ("procedure.toml", "time_limit")
    assert "cutof" in found.vi


def test_a_scenario_of_the_old_shape_is_a_warning(tmp_path: Path) -> None:
    folder = _write(tmp_path)
    (folder / "scenarios").mkdir()
    old = 'name_vi = "Cũ"\nname_en = "Old"\n[answers]\n[expect]\nwrong = ["truth"]\n'
    (folder / "scenarios" / "old.toml").write_text(old, encoding="utf-8")
    _, found = lint_folder(folder)
    assert ("warning", "scenarios/old.toml") in [(f.severity, f.file) for f in found]


def test_findings_are_ordered_and_written_for_machines() -> None:
    note = LintFinding("note", "a", "", "", "vi", "en")
    error = LintFinding("error", "b", "x", "Tên", "sai", "wrong", "sửa", "mend")
    assert ordered([note, error, note]) == (error, note)
    assert worst([note, error]) == "error"
    assert worst([]) is None
    assert error.text("vi") == "LỖI  b: x (Tên): sai → sửa"
    assert error.to_data()["do_en"] == "mend"


def test_a_list_of_steps_is_linted_too() -> None:
    package = Package.from_data(
        package_data() | {"scenarios": [scenario(when=[{"step": "check"}])]}
    )
    (said,) = [f for f in lint(package, handlers=set()) if f.severity == "error"]
    assert (said.file, said.place) == ("procedure.toml", "done")
