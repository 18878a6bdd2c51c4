"""What a person states once is enough for every dossier that a bundle opens."""

from collections.abc import Iterator
from datetime import date
from functools import cache

import pytest

from motcua.catalogue.course import USUAL_START, aware
from motcua.catalogue.decisions import holds
from motcua.catalogue.fields import Value
from motcua.catalogue.packages import Package, load_package, load_packages
from motcua.catalogue.procedure import Child
from motcua.catalogue.scenario import Scenario
from motcua.dossiers.bundles import answered
from tests.core.catalogue.builders import ROOT

BUNDLES = load_packages(ROOT / "plugins/bundles/motcua_bundles/procedures")
_OPENS = {"3.000722": ["1.001193", "1.004222"], "2.002913": ["1.000656"]}


@cache
def package(code: str) -> Package:
    """Return the one package with this code, whichever plugin brings it."""
    (folder,) = ROOT.glob(f"plugins/*/*/procedures/{code}")
    return load_package(folder)


def _each() -> Iterator[tuple[Package, Scenario, Child]]:
    for bundle in BUNDLES:
        for scenario in bundle.scenarios:
            if not scenario.then.wrong:
                for child in bundle.procedure.children:
                    yield bundle, scenario, child


every_child = pytest.mark.parametrize(
    ("bundle", "scenario", "child"),
    [pytest.param(*e, id=f"{e[1].key}-{e[2].code}") for e in _each()],
)


def _day(scenario: Scenario) -> date:
    return aware(scenario.given.accepted or USUAL_START).date()


def _values(bundle: Package, scenario: Scenario) -> dict[str, Value]:
    return bundle.form.clean(scenario.given.answers, today=_day(scenario)).values


def test_each_bundle_opens_what_the_life_event_needs() -> None:
    found = {b.code: [c.code for c in b.procedure.children] for b in BUNDLES}
    assert found == _OPENS


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.code)
def test_nothing_of_it_is_said_to_be_verified_but_code_and_name(bundle: Package) -> None:
    assert bundle.procedure.verified is False
    assert {"form", "papers", "steps", "fee", "time_limit", "result"} == set(
        bundle.procedure.sample
    )


@every_child
def test_the_childs_form_accepts_what_the_bundle_answers(
    bundle: Package, scenario: Scenario, child: Child
) -> None:
    facts = bundle.form.facts(_values(bundle, scenario))
    assert holds(child.when, facts, "when")
    answers = package(child.code).form.clean(answered(child, facts), today=_day(scenario)).values
    case = package(child.code).case_for(answers)
    assert package(child.code).definition(case.id).nodes
    assert package(child.code).claims(answers)


@every_child
def test_every_paper_that_the_child_asks_for_is_asked_for_by_the_bundle(
    bundle: Package, scenario: Scenario, child: Child
) -> None:
    values = _values(bundle, scenario)
    given = answered(child, bundle.form.facts(values))
    answers = package(child.code).form.clean(given, today=_day(scenario)).values
    asked = {p.key for p in package(child.code).papers_for(answers) if p.required}
    assert asked <= child.papers.keys()
    assert {child.papers[key] for key in asked} <= {p.key for p in bundle.papers_for(values)}


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.code)
def test_what_is_mapped_exists_and_the_same_office_may_decide(bundle: Package) -> None:
    for child in bundle.procedure.children:
        opened = package(child.code)
        assert child.answers.keys() <= {field.key for field in opened.form.fields()}
        assert child.papers.keys() <= {paper.key for paper in opened.procedure.papers}
        assert set(child.papers.values()) <= {paper.key for paper in bundle.procedure.papers}
        assert set(bundle.procedure.level) <= set(opened.procedure.level)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.code)
def test_every_question_that_a_child_may_require_has_an_answer(bundle: Package) -> None:
    for child in bundle.procedure.children:
        required = {
            field.key
            for field in package(child.code).form.fields()
            if field.required or field.kind == "declaration"
        }
        assert required <= child.answers.keys()


def test_a_father_is_not_asked_for_himself_again() -> None:
    (bundle,) = (b for b in BUNDLES if b.code == "3.000722")
    (scenario,) = (s for s in bundle.scenarios if s.key == "nothing-registered")
    birth = bundle.procedure.children[0]
    answers = answered(birth, bundle.form.facts(_values(bundle, scenario)))
    assert answers["father_stated"] == "yes"
    assert (answers["father_name"], answers["father_pid"]) == ("Nguyễn Văn Mẫu", "022095012345")
    assert answers["father_birth"] == "1995-01-01"
    assert answers["mother_name"] == "Trần Thị Mẫu"


def test_the_child_comes_into_the_household_of_whoever_heads_it() -> None:
    (bundle,) = (b for b in BUNDLES if b.code == "3.000722")
    (scenario,) = (s for s in bundle.scenarios if s.key == "mother-asks-once")
    residence = bundle.procedure.children[1]
    answers = answered(residence, bundle.form.facts(_values(bundle, scenario)))
    assert (answers["head_name"], answers["relation"]) == ("Trần Thị Mẫu", "Chủ hộ")
    assert answers["members"] == [
        {"member_name": "Nguyễn Mẫu An", "member_birth": "2026-02-20", "member_relation": "Con"}
    ]
    assert answers["dwelling"] == {
        "unit": "",
        "area": "Phường Mẫu, Tỉnh Mẫu",
        "text": "Số 5, phố Mẫu",
    }
