import json

import pytest
import typst

from motcua.catalogue.examples import run
from motcua.catalogue.packages import Credential, Package, load_package
from motcua.catalogue.scenario import Scenario
from tests.core.catalogue.builders import ROOT

PACKAGE = load_package(
    ROOT / "plugins/social-protection/motcua_social_protection/procedures/1.001776"
)


def test_what_was_not_read_in_a_source_is_marked_as_sample_data() -> None:
    procedure = PACKAGE.procedure
    assert procedure.code == "1.001776"
    assert procedure.verified is False
    assert {"papers", "steps", "fee", "time_limit"} <= set(procedure.sample)


@pytest.mark.parametrize("scenario", PACKAGE.scenarios, ids=lambda scenario: scenario.key)
def test_a_scenario_comes_out_as_expected(scenario: Scenario) -> None:
    assert run(PACKAGE, scenario) == []


def test_it_survives_storage() -> None:
    assert len(PACKAGE.scenarios) >= 2
    assert Package.from_data(PACKAGE.to_data()) == PACKAGE


@pytest.mark.parametrize(
    ("vct_type", "kind", "holder", "left"),
    [
        ("register-copy", "disability", "Phạm Thị Mẫu", []),
        ("register-copy", "birth", "Phạm Thị Mẫu", ["evidence"]),
        ("register-copy", "disability", "Người Khác", ["evidence"]),
        ("certified-copy", "disability", "Phạm Thị Mẫu", ["evidence"]),
    ],
)
def test_only_the_beneficiarys_own_confirmation_takes_the_papers_place(
    vct_type: str, kind: str, holder: str, left: list[str]
) -> None:
    shown = Credential(vct_type=vct_type, claims={"register_kind": kind, "full_name": holder})
    answers = {"request": "start", "beneficiary_name": "Phạm Thị Mẫu"}
    papers = PACKAGE.papers_left(answers, (shown,))
    assert [paper.key for paper in papers if paper.required] == left


def test_the_decision_is_set_with_claims_and_with_nothing() -> None:
    template = PACKAGE.templates["allowance-decision.typ"].encode()
    for scenario in PACKAGE.scenarios:
        inputs = {"data": json.dumps({"claims": scenario.then.claims or {}})}
        assert typst.compile(template, sys_inputs=inputs).startswith(b"%PDF")
