from datetime import UTC, datetime

import pytest

from motcua.catalogue.examples import run
from motcua.catalogue.packages import Credential, Package, load_package
from motcua.catalogue.scenario import Scenario
from motcua.documents.render import renderer
from tests.core.catalogue.builders import ROOT

FOLDER = ROOT / "plugins/social-protection/motcua_social_protection/procedures/1.001776"
PACKAGE = load_package(FOLDER)


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
    at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    for scenario in PACKAGE.scenarios:
        data = {"claims": dict(scenario.then.claims or {}), "qr_place": 24}
        made = renderer().document(FOLDER / "allowance-decision.typ", data, at=at)
        assert made.pdf.startswith(b"%PDF")
        assert {"signature", "qr"} <= made.places.keys()
