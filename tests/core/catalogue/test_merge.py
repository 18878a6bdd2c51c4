"""A new national version under a tenant's overlay: carried where it still applies, else listed."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.catalogue.merge import merge
from motcua.catalogue.overlay import apply
from motcua.catalogue.packages import Package
from tests.core.catalogue.builders import package_data
from tests.core.catalogue.test_overlay import CASES, MAP, OPINION, STEPS

OWN: dict[str, Any] = {
    "fee": {"amount": 500, "text_vi": "Của tỉnh", "text_en": "Own"},
    "time_limit": {"value": 2, "text_vi": "2 ngày"},
    "target": {"hours": 4},
    "steps": {"check": {"hours": 3}, "visit": {"skip": True}},
    "add_steps": [OPINION],
    "papers": {"proof": {"note_vi": "Theo mẫu tỉnh"}},
    "add_papers": [MAP],
    "note_vi": "Đóng cửa thứ Hai",
    "keywords": ["sao y"],
    "tasks": {"way.bpmn": {"sign": {"hours": 1}}},
    "cases": {"big": {"time_limit": {"value": 8}, "add_steps": [{**OPINION, "id": "second"}]}},
}


def version(number: str = "1", **changes: Any) -> Package:
    """Build a version of a package with cases, optional steps and a drawn process."""
    data = package_data(**{"version": number, "steps": STEPS, "cases": CASES, **changes})
    drawn = Package.from_data(package_data(steps=STEPS)).bpmn().decode()
    return Package.from_data({**data, "processes": {"way.bpmn": drawn}})


OLD = version()
PARTS = sorted(OWN)


def changed_steps(**changes: Any) -> list[dict[str, Any]]:
    """Return the steps with keys of the first one changed."""
    steps = copy.deepcopy(STEPS)
    steps[0].update(changes)
    return steps


@given(st.sets(st.sampled_from(PARTS)))
@settings(max_examples=40)
def test_a_version_that_changes_nothing_there_carries_everything(parts: set[str]) -> None:
    own = {part: OWN[part] for part in PARTS if part in parts}
    merged = merge(OLD, version("2", keywords=["khác"], source="Văn bản mới"), own)
    assert merged.conflicts == ()
    assert merged.overlay == own


def test_an_empty_overlay_stays_empty_whatever_changes() -> None:
    found = merge(OLD, version("2", steps=STEPS[:1], cases=None), {})
    assert (found.overlay, found.conflicts) == ({}, ())


@pytest.mark.parametrize(
    ("changes", "place", "old", "own", "new"),
    [
        ({"steps": changed_steps(hours=6)}, "steps.check.hours", 4.0, 3, 6.0),
        ({"steps": [STEPS[0], {**STEPS[1], "optional": False}, STEPS[2]]}, "steps.visit.skip", True, True, False),
        ({"steps": [STEPS[0], STEPS[2]]}, "steps.visit.skip", True, True, None),
        ({"note_vi": "Chung"}, "note_vi", "", "Đóng cửa thứ Hai", "Chung"),
    ],
)  # fmt: skip
def test_what_the_nation_changed_under_the_overlay_is_for_a_person(
    changes: dict[str, Any], place: str, old: object, own: object, new: object
) -> None:
    merged = merge(OLD, version("2", **changes), OWN)
    (found,) = merged.conflicts
    assert (found.place, found.old, found.own, found.new) == (place, old, own, new)
    assert found.vi
    assert found.en
    assert apply(version("2", **changes), merged.overlay), "the rest is carried and fits"


def test_a_fee_is_compared_as_a_whole_with_the_file_it_stands_in() -> None:
    rule = {"decision": "rules.dmn#Phí", "text_vi": "a", "text_en": "a"}

    def ruled(number: str, text: str) -> Package:
        dmn = (
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="r" name="r" '
            'namespace="n"><decision id="d" name="Phí"><literalExpression id="e"><text>'
            f"{text}</text></literalExpression></decision></definitions>"
        )
        data = package_data(version=number, fee=rule)
        return Package.from_data({**data, "decisions": {"rules.dmn": dmn}})

    own = {"fee": OWN["fee"]}
    assert merge(ruled("1", "5"), ruled("2", "5"), own).overlay == own
    (found,) = merge(ruled("1", "5"), ruled("2", "6"), own).conflicts
    assert found.place == "fee"


def test_a_step_and_a_paper_that_are_there_by_now_are_not_added_twice() -> None:
    opinion = {key: value for key, value in OPINION.items() if key != "after"}
    new = version(
        "2", steps=[*STEPS, opinion], papers=[*package_data()["procedure"]["papers"], MAP]
    )
    own = {"add_steps": [OPINION], "add_papers": [MAP]}
    merged = merge(OLD, new, own)
    assert [c.place for c in merged.conflicts] == ["add_steps.opinion", "add_papers.map"]
    assert merged.overlay == {}


def test_an_added_step_whose_place_is_gone_is_for_a_person() -> None:
    merged = merge(OLD, version("2", steps=STEPS[1:], cases=None), {"add_steps": [OPINION]})
    assert [c.place for c in merged.conflicts] == ["add_steps[0].after"]


def test_a_case_that_is_gone_is_for_a_person() -> None:
    merged = merge(OLD, version("2", cases=None), {"cases": OWN["cases"]})
    assert [c.place for c in merged.conflicts] == [
        "cases.big.time_limit",
        "cases.big.add_steps.second",
    ]
    assert merged.overlay == {}


def test_a_shorter_legal_limit_conflicts_with_the_tenants_own() -> None:
    limit = {"kind": "working_days", "value": 1}
    merged = merge(OLD, version("2", time_limit=limit), {"time_limit": {"value": 2}})
    assert [c.place for c in merged.conflicts] == ["time_limit"]


def test_a_value_that_no_longer_fits_something_else_is_for_a_person() -> None:
    limit: dict[str, Any] = {"kind": "working_hours", "value": 2}
    cases: list[dict[str, Any]] = [{**CASES[0], "time_limit": limit}, CASES[1]]
    merged = merge(OLD, version("2", time_limit=limit, cases=cases), {"target": {"hours": 4}})
    assert [c.place for c in merged.conflicts] == ["target.hours"]


def test_a_task_that_is_no_longer_drawn_is_for_a_person() -> None:
    drawn = Package.from_data(package_data(steps=STEPS[:2])).bpmn().decode()
    data = package_data(version="2")
    new = Package.from_data({**data, "processes": {"way.bpmn": drawn}})
    merged = merge(OLD, new, {"tasks": OWN["tasks"]})
    assert [c.place for c in merged.conflicts] == ['tasks."way.bpmn".sign.hours']
    assert merged.overlay == {}
