import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from motcua.catalogue.packages import Credential, Package, load_package
from motcua.catalogue.reading import PackageError
from tests.core.catalogue.builders import package, package_data

TOML = """
code = "2.999999"
version = "1"
name_vi = "Thử"
name_en = "Sample"
field = "sample"
field_vi = "Mẫu"
field_en = "Sample"
level = ["commune"]
papers = []
valid_from = 2026-01-01

[time_limit]
kind = "working_hours"
value = 4

[fee]
amount = 0
text_vi = "Miễn"
text_en = "Free"

[[steps]]
id = "check"
name_vi = "Xem"
name_en = "Check"
role = "specialist"
"""
FORM = """
[[pages]]
title_vi = "Trang"
title_en = "Page"
fields = [{ key = "a", kind = "text", label_vi = "A", label_en = "A" }]
"""


def _folder(path: Path, procedure: str = TOML, form: str = FORM) -> Path:
    (path / "procedure.toml").write_text(procedure, encoding="utf-8")
    (path / "form.toml").write_text(form, encoding="utf-8")
    return path


def test_a_folder_becomes_a_package(tmp_path: Path) -> None:
    found = load_package(_folder(tmp_path))
    assert (found.code, found.version) == ("2.999999", "1")
    assert found.procedure.valid_from == date(2026, 1, 1)
    assert found.procedure.in_force(date(2026, 1, 1))
    assert not found.procedure.in_force(date(2025, 12, 31))


def test_a_package_survives_storage_as_json_with_the_same_hash(tmp_path: Path) -> None:
    found = load_package(_folder(tmp_path))
    again = Package.from_data(json.loads(json.dumps(found.to_data())))
    assert again == found
    assert again.sha256 == found.sha256
    assert len(found.sha256) == 64


def test_any_change_of_content_changes_the_hash() -> None:
    assert package().sha256 == package().sha256
    assert package().sha256 != package(name_en="Another").sha256


def test_a_default_written_out_does_not_change_the_hash() -> None:
    assert package(online="full").sha256 == package().sha256


@pytest.mark.parametrize(
    ("changes", "key", "expected"),
    [
        ({"code": "abc"}, "code", "regex"),
        ({"name_vi": None}, "", "name_vi"),
        ({"colour": "red"}, "", "colour"),
        ({"level": []}, "level", "province"),
        ({"level": ["village"]}, "level[0]", "village"),
        ({"time_limit": {"kind": "same_day"}}, "time_limit", "cutoff"),
        (
            {"time_limit": {"kind": "working_days", "cutoff": "15:00"}},
            "time_limit.cutoff",
            "same_day",
        ),
        ({"time_limit": {"kind": "same_day", "cutoff": "25:00"}}, "time_limit.cutoff", "regex"),
        ({"fee": {"text_vi": "a", "text_en": "a"}}, "fee", "either amount"),
        (
            {"fee": {"text_vi": "a", "text_en": "a", "expression": "copie"}},
            "fee.expression",
            "copie",
        ),
        ({"fee": {"text_vi": "a", "text_en": "a", "amount": -1}}, "fee.amount", ">= 0"),
        ({"target": {"hours": 25}}, "target.hours", "24"),
        ({"steps": []}, "steps", "process.bpmn"),
        ({"process": "process.bpmn"}, "steps", "either"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to", "2026-02-01"),
        (
            {"result": {"key": "r", "name_vi": "R", "name_en": "R", "template": "r.typ"}},
            "result.template",
            "[]",
        ),
        (
            {"result": {"key": "r", "name_vi": "R", "name_en": "R", "hidden": ["x"]}},
            "result.hidden",
            "x",
        ),
        (
            {"result": {"key": "r", "name_vi": "R", "name_en": "R", "claims": {"a": "1 +"}}},
            "result.claims.a",
            "line 1",
        ),
    ],
)
def test_a_wrong_package_is_refused_with_file_key_and_what_is_expected(
    changes: dict[str, Any], key: str, expected: str
) -> None:
    with pytest.raises(PackageError) as refusal:
        package(**changes)
    assert refusal.value.file == "procedure.toml"
    assert refusal.value.key == key
    assert expected in refusal.value.expected


@pytest.mark.parametrize(
    ("step", "key"),
    [
        ({"kind": "service"}, "steps[0].handler"),
        ({"role": ""}, "steps[0].role"),
        ({"handler": "x"}, "steps[0].role"),
        ({"outcomes": ["refuse"]}, "steps[0].outcomes"),
        ({"outcomes": []}, "steps[0].outcomes"),
        ({"outcomes": ["ok", "maybe"]}, "steps[0].outcomes[1]"),
        ({"hours": -1}, "steps[0].hours"),
        ({"id": "done"}, "steps[1].id"),
    ],
)
def test_a_wrong_step_is_refused_with_its_place(step: dict[str, Any], key: str) -> None:
    data = package_data()
    data["procedure"]["steps"][0].update(step)
    with pytest.raises(PackageError) as refusal:
        Package.from_data(data)
    assert refusal.value.key == key


def test_a_file_that_does_not_belong_is_refused(tmp_path: Path) -> None:
    (_folder(tmp_path) / "run.py").write_text("print()", encoding="utf-8")
    with pytest.raises(PackageError, match=r"run\.py"):
        load_package(tmp_path)


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "procedure.toml").write_text("code = ", encoding="utf-8")
    with pytest.raises(PackageError, match=r"procedure\.toml.*TOML"):
        load_package(tmp_path)
    _folder(tmp_path)
    (tmp_path / "form.toml").unlink()
    with pytest.raises(PackageError, match=r"form\.toml.*must exist"):
        load_package(tmp_path)


def test_a_credential_takes_the_place_of_a_paper_only_when_all_conditions_hold() -> None:
    rule = {"vct_type": "register-copy", "claims": {"kind": "disability"}, "same": {"n": "copies"}}
    data = package_data()
    data["procedure"]["papers"][0]["replaced_by"] = [rule]
    found, answers = Package.from_data(data), {"copies": 2}

    def left(vct_type: str, **claims: Any) -> list[str]:
        shown = (Credential(vct_type=vct_type, claims=claims),)
        return [p.key for p in found.papers_left(answers, shown)]

    assert left("register-copy", kind="disability", n=2) == []
    assert left("register-copy", kind="birth", n=2) == ["proof"]
    assert left("register-copy", kind="disability", n=3) == ["proof"]
    assert left("register-copy", kind="disability") == ["proof"]
    assert left("another", kind="disability", n=2) == ["proof"]
    assert [p.key for p in found.papers_left(answers)] == ["proof"]


def test_the_same_claim_must_name_a_question_of_the_form() -> None:
    data = package_data()
    data["procedure"]["papers"][0]["replaced_by"] = [{"vct_type": "x", "same": {"n": "nobody"}}]
    with pytest.raises(PackageError, match="nobody"):
        Package.from_data(data)


def test_a_paper_is_asked_for_under_its_condition() -> None:
    data = package_data()
    data["procedure"]["papers"][0]["when"] = "copies > 3"
    found = Package.from_data(data)
    assert found.papers_for({"copies": 3}) == []
    assert [p.key for p in found.papers_for({"copies": 4})] == ["proof"]
    assert found.papers_for({}) == []


def test_claims_come_from_answers_person_dossier_and_draft_as_json() -> None:
    claims = {
        "n": "copies + 1",
        "who": "person.full_name",
        "code": "dossier.code",
        "day": 'date("2026-11-23")',
        "list": "[1, 2]",
        "half": "copies / 4",
        "nothing": "draft.amount",
        "all": "answers.copies",
    }
    result = {"key": "r", "name_vi": "R", "name_en": "R", "claims": claims}
    found = package(result=result).claims({"copies": 2}, {"full_name": "Lê Mẫu"}, {"code": "H49.1"})
    assert found == {
        "n": 3,
        "who": "Lê Mẫu",
        "code": "H49.1",
        "day": "2026-11-23",
        "list": [1, 2],
        "half": 0.5,
        "all": 2,
    }
    json.dumps(found)


def test_reading_a_package_changes_nothing_of_the_data() -> None:
    data = package_data()
    before = copy.deepcopy(data)
    Package.from_data(data)
    assert data == before


def test_a_wrong_scenario_is_named_by_its_file(tmp_path: Path) -> None:
    (_folder(tmp_path) / "scenarios").mkdir()
    (tmp_path / "scenarios" / "one.toml").write_text('name_vi = "Một"', encoding="utf-8")
    with pytest.raises(PackageError) as refusal:
        load_package(tmp_path)
    assert refusal.value.file == "scenarios/one.toml"


def test_a_template_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (_folder(tmp_path) / "result.typ").write_bytes(b"\xff\xfe")
    with pytest.raises(PackageError, match=r"result\.typ.*UTF-8"):
        load_package(tmp_path)
