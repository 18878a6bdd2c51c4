"""Differences between two versions, as sentences for whoever approves them."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from motcua import cli
from motcua.catalogue.packages import Package
from motcua.procedure_tools.diff import AREAS, diff, report
from tests.core.catalogue.builders import package_data
from tests.core.catalogue.drawn import PROCESS, data, scenario

DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<inputData id="copies" name="copies"><variable id="w" name="copies"/></inputData>
<decision id="fee" name="Phí"><variable id="v" name="Phí"/>
<informationRequirement id="r"><requiredInput href="#copies"/></informationRequirement>
<literalExpression id="l"><text>{}</text></literalExpression></decision>
</definitions>"""


def _told(change: dict[str, Any] | None = None, lang: str = "en", **header: Any) -> list[str]:
    old = package_data()
    new = copy.deepcopy(old)
    new["procedure"] |= header
    new |= change or {}
    return list(report(diff(Package.from_data(old), Package.from_data(new)), lang))


def test_equal_packages_do_not_differ() -> None:
    assert _told() == []


def test_a_header_line_is_told_in_both_languages() -> None:
    change: dict[str, Any] = {"name_en": "Another", "version": "2", "keywords": ["a", "b"]}
    assert _told(**change) == [
        "The procedure",
        "  - Version: from “1” to “2”",
        "  - Name: from “Sample registration” to “Another”",
        "  - Keywords: from (nothing) to a, b",
    ]
    assert _told(lang="vi", **change)[1:3] == [
        "  - Phiên bản: từ “1” thành “2”",
        "  - Tên tiếng Anh: từ “Sample registration” thành “Another”",
    ]


def test_a_limit_and_a_fee_are_told_as_they_count() -> None:
    limit = {"kind": "working_days", "value": 2, "text_vi": "2 ngày làm việc"}
    fee = {
        "text_vi": "Mỗi bản 9.000 đồng",
        "text_en": "9,000 đồng a copy",
        "expression": "copies * 9000",
    }
    assert _told(time_limit=limit, fee=fee, lang="vi") == [
        "Thời hạn",
        "  - Thời hạn: từ “3 ngày làm việc” thành “2 ngày làm việc”",
        "Lệ phí",
        "  - Lệ phí: từ “Theo bản  [copies * 8000]” thành “Mỗi bản 9.000 đồng  [copies * 9000]”",
    ]


def test_papers_and_steps_are_matched_by_their_keys() -> None:
    old = package_data()["procedure"]
    papers = [
        {"key": "plan", "name_vi": "Kế hoạch", "name_en": "Plan", "kind": "copy"},
        old["papers"][0] | {"required": False},
    ]
    first, last = old["steps"]
    steps = [first | {"hours": 6, "role": "head"}, last]
    assert _told(papers=papers, steps=steps) == [
        "Papers",
        "  - New: Paper “Plan” (plan)",
        "  - Paper “Proof” (proof), required: from (nothing) to no",
        "Steps",
        "  - Step “Check” (check), role: from “specialist” to “head”",
        "  - Step “Check” (check), working hours: from 4 to 6",
    ]
    assert _told(steps=[last, first])[1] == "  - Order of steps: from check, done to done, check"
    assert "  - Gone: Paper “Proof” (proof)" in _told(papers=[])


def test_questions_are_told_wherever_they_stand() -> None:
    old = package_data()
    form = copy.deepcopy(old["form"])
    form["pages"][0]["fields"][0]["max"] = 5
    form["pages"].append(
        {
            "title_vi": "Thêm",
            "title_en": "More",
            "fields": [{"key": "note", "kind": "text", "label_vi": "Ghi chú", "label_en": "Note"}],
        }
    )
    told = _told({"form": form})
    assert told == [
        "Form",
        "  - Question “Item copies” (copies), maximum: from (nothing) to 5",
        "  - New: Question “Note” (note)",
        "  - New: Page “More”",
    ]


def test_a_drawn_process_is_told_by_its_steps_and_ways() -> None:
    process = (
        PROCESS.replace('mc:hours="4"', 'mc:hours="8"')
        .replace('outcome = "ask"', "copies &gt; 3")
        .replace('<userTask id="mend"', '<userTask id="repair"')
        .replace('targetRef="mend"', 'targetRef="repair"')
        .replace('sourceRef="mend"', 'sourceRef="repair"')
    )
    old, new = Package.from_data(data()), Package.from_data(data(process))
    told = list(report(diff(old, new), "en"))
    assert told[0] == "Process"
    assert "  - Step “Check” (check), working hours: from 4 to 8" in told
    assert "  - Gone: Step “Mend” (mend)" in told
    assert "  - New: Step “Mend” (repair)" in told
    assert '  - Gone: way from “Hỏi?” to “Wait” when outcome = "ask"' in told
    assert "  - New: way from “Hỏi?” to “Wait” when copies > 3" in told


def test_a_decision_is_told_row_by_row() -> None:
    fee = {"text_vi": "x", "text_en": "y", "decision": "fee.dmn#Phí"}
    old = package_data(fee=fee) | {"decisions": {"fee.dmn": DMN.format("copies * 1000")}}
    new = old | {"decisions": {"fee.dmn": DMN.format("copies * 2000")}}
    told = list(report(diff(Package.from_data(old), Package.from_data(new)), "en"))
    assert told == [
        "Decisions",
        "  - Gone: decision “Phí” (fee.dmn): copies * 1000",
        "  - New: decision “Phí” (fee.dmn): copies * 2000",
    ]
    same = old | {"decisions": {"fee.dmn": DMN.format("copies * 1000") + "\n"}}
    (_, line) = report(diff(Package.from_data(old), Package.from_data(same)), "en")
    assert "no row of its tables changed" in line


def test_cases_templates_and_scenarios_are_told() -> None:
    old = package_data() | {"templates": {"a.typ": "x\ny"}, "scenarios": [scenario()]}
    cases = [
        {"id": "big", "name_vi": "Lớn", "name_en": "Big", "when": "copies > 5"},
        {"id": "small", "name_vi": "Nhỏ", "name_en": "Small"},
    ]
    new = package_data(cases=cases) | {
        "templates": {"a.typ": "x\nz\nw", "b.typ": ""},
        "scenarios": [scenario(then={"fee": 16_000}), scenario("two")],
    }
    told = list(report(diff(Package.from_data(old), Package.from_data(new)), "en"))
    assert told == [
        "Cases",
        "  - New: Case “Big” (big)",
        "  - New: Case “Small” (small)",
        "Templates",
        "  - Template a.typ: 2 new lines, 1 gone",
        "  - New: template b.typ",
        "Scenarios",
        "  - Scenario “Example” (one), content changed",
        "  - New: Scenario “Example” (two)",
    ]


def test_the_result_is_told() -> None:
    result = {"key": "r", "name_vi": "Giấy", "name_en": "Paper", "claims": {"n": "copies"}}
    told = _told(result=result)
    assert told[0] == "Result"
    assert "  - Result, claims, n: from (nothing) to “copies”" in told


def test_every_area_is_known() -> None:
    assert all(vi and en for vi, en in AREAS.values())


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_command_prints_sentences_or_json(lang: str, tmp_path: Path) -> None:
    runner = CliRunner()
    for name in ("old", "new"):
        assert (
            runner.invoke(
                cli.main, ["procedure", "new", "1.900009", "--dir", str(tmp_path / name)]
            ).exit_code
            == 0
        )
    old, new = tmp_path / "old/1.900009", tmp_path / "new/1.900009"
    same = runner.invoke(cli.main, ["procedure", "diff", str(old), str(new), "--lang", lang])
    # Only the comments differ, and they are no content.
    assert same.output.strip() in ("Không có gì thay đổi", "Nothing changed")
    path = new / "procedure.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('version = "1"', 'version = "2"'), encoding="utf-8"
    )
    told = runner.invoke(cli.main, ["procedure", "diff", str(old), str(new), "--json"])
    (change,) = json.loads(told.output)
    assert (change["area"], change["place"], change["before"], change["after"]) == (
        "procedure",
        "version",
        "1",
        "2",
    )
