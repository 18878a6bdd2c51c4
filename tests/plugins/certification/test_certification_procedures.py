import msgspec
import pytest

from motcua.catalogue.examples import run
from motcua.catalogue.packages import Package, load_packages
from motcua.catalogue.scenario import Given, Scenario, Then
from tests.core.catalogue.builders import ROOT

PACKAGES = load_packages(ROOT / "plugins/certification/motcua_certification/procedures")
BY_CODE = {package.code: package for package in PACKAGES}
SCENARIOS = [(package, scenario) for package in PACKAGES for scenario in package.scenarios]


def test_the_plugin_brings_its_procedures() -> None:
    assert {"2.000815", "2.000908"} <= set(BY_CODE)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.code)
def test_a_procedure_has_scenarios_and_survives_storage(package: Package) -> None:
    assert len(package.scenarios) >= 2
    assert Package.from_data(package.to_data()) == package


@pytest.mark.parametrize(("package", "scenario"), SCENARIOS, ids=lambda v: getattr(v, "key", "of"))
def test_a_scenario_comes_out_as_expected(package: Package, scenario: Scenario) -> None:
    assert run(package, scenario) == []


def test_a_scenario_that_expects_something_else_says_what_differs() -> None:
    package = BY_CODE["2.000815"]
    capped = next(s for s in package.scenarios if s.key == "capped")
    wrong = msgspec.structs.replace(capped, then=Then(fee=1, papers=["original"]))
    assert [line.split(":")[0] for line in run(package, wrong)] == ["fee", "papers"]
    refused = msgspec.structs.replace(capped, given=Given(answers={"pages": "x"}), then=Then(fee=1))
    assert "wrong" in run(package, refused)[0]


def test_the_copy_from_the_register_hides_what_others_need_not_see() -> None:
    result = BY_CODE["2.000908"].procedure.result
    assert result
    assert result.type == "register-copy"
    assert set(result.hidden) == {"personal_id", "content"}
    assert {"full_name", "birth_date", "register_kind", "register_number"} <= set(result.claims)


def test_what_the_officer_reads_in_the_register_goes_before_what_was_asked() -> None:
    package = BY_CODE["2.000908"]
    answers = {"subject_name": "Lê Mẫu", "register_number": "12", "content": "theo trí nhớ"}
    claims = package.claims(answers, draft={"register_number": "15/2021", "content": "theo sổ"})
    assert claims == {"full_name": "Lê Mẫu", "register_number": "15/2021", "content": "theo sổ"}
    assert package.claims(answers)["content"] == "theo trí nhớ"


def test_acceptance_is_the_counters_work_and_no_step() -> None:
    steps = BY_CODE["2.000908"].procedure.steps
    assert [(s.id, s.role, s.hours) for s in steps if s.kind == "user"] == [
        ("assign", "head", 0.5),
        ("appraise", "specialist", 3),
        ("approve", "leader", 2),
        ("issue", "clerk", 1),
    ]
    assert steps[-1].handler == "issue_result"
