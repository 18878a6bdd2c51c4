from decimal import Decimal
from typing import Any

import pytest

from motcua.catalogue.overlay import OverlayError, apply, laid
from motcua.catalogue.packages import Package
from motcua.catalogue.reading import PackageError
from tests.core.catalogue.builders import package, package_data


def test_an_overlay_changes_values_and_leaves_the_package_alone() -> None:
    law = package()
    own = apply(
        law,
        {
            "time_limit": {"value": 2, "text_vi": "2 ngày"},
            "steps": {"check": {"hours": 2.5}},
            "target": {"hours": 8},
        },
    )
    assert own.procedure.time_limit.value == 2
    assert own.procedure.steps[0].hours == 2.5
    assert own.procedure.target
    assert own.procedure.target.hours == 8
    assert own.procedure.name_vi == law.procedure.name_vi
    assert law.procedure.time_limit.value == 3
    assert law.procedure.target is None


def test_an_empty_overlay_is_the_package_itself() -> None:
    assert apply(package(), {}) == package()


@pytest.mark.parametrize(
    ("overlay", "key"),
    [
        ({"papers": []}, "papers"),
        ({"routing": {}}, "routing"),
        ({"name_vi": "x"}, "name_vi"),
        ({"fee": {"colour": 1}}, "fee.colour"),
        ({"fee": 5}, "fee"),
        ({"fee": {"amount": 5}}, "fee.text_vi"),
        ({"time_limit": {"kind": "same_day"}}, "time_limit.kind"),
        ({"time_limit": {"value": 4}}, "time_limit.value"),
        ({"steps": {"gone": {"hours": 1}}}, "steps.gone"),
        ({"steps": {"check": {"outcomes": ["ok"]}}}, "steps.check.outcomes"),
        ({"steps": {"check": {"skip": True}}}, "steps.check.skip"),
        ({"add_steps": [{"after": "gone", "id": "x"}]}, "add_steps[0].after"),
        ({"add_steps": {"after": "check"}}, "add_steps"),
        ({"papers": {"gone": {"note_vi": "x"}}}, "papers.gone"),
        ({"papers": {"proof": {"required": False}}}, "papers.proof.required"),
        ({"tasks": {"process.bpmn": {}}}, 'tasks."process.bpmn"'),
        ({"cases": {"gone": {}}}, "cases.gone"),
        ({"steps": {"check": 1}}, "steps.check"),
    ],
)
def test_what_may_not_be_overlaid_is_refused_by_its_key(overlay: dict[str, Any], key: str) -> None:
    with pytest.raises(OverlayError) as refusal:
        apply(package(), overlay)
    assert (refusal.value.file, refusal.value.key) == ("overlay", key)


def test_a_value_that_no_package_could_have_is_refused() -> None:
    with pytest.raises(PackageError, match=r"target\.hours"):
        apply(package(), {"target": {"hours": 100}})


def test_an_earlier_cutoff_than_the_laws_is_refused_and_a_later_one_taken() -> None:
    day = package(time_limit={"kind": "same_day", "cutoff": "15:00"})
    with pytest.raises(OverlayError, match="15:00"):
        apply(day, {"time_limit": {"cutoff": "14:00"}})
    assert apply(day, {"time_limit": {"cutoff": "16:00"}}).procedure.time_limit.cutoff == "16:00"


def test_a_new_fee_takes_the_packages_derivation_away() -> None:
    line = {"text_vi": "a", "text_en": "a", "expression": "copies"}
    law = package(fee={"expression": "copies * 2", "text_vi": "a", "text_en": "a", "lines": [line]})
    own = apply(law, {"fee": {"amount": 7, "text_vi": "b", "text_en": "b"}}).procedure.fee
    assert (own.amount, own.expression, own.lines) == (7, "", ())


STEPS = [
    {"id": "check", "name_vi": "Xem", "name_en": "Check", "role": "specialist", "hours": 4},
    {
        "id": "visit",
        "name_vi": "Đến nơi",
        "name_en": "Visit",
        "role": "specialist",
        "optional": True,
    },
    {"id": "sign", "name_vi": "Ký", "name_en": "Sign", "role": "leader", "hours": 2},
]
OPINION = {
    "after": "check",
    "id": "opinion",
    "name_vi": "Xin ý kiến",
    "name_en": "Opinion",
    "role": "head",
}
MAP = {"key": "map", "name_vi": "Sơ đồ", "name_en": "Map", "kind": "copy"}
CASES: list[dict[str, Any]] = [
    {
        "id": "big",
        "name_vi": "Lớn",
        "name_en": "Big",
        "when": "copies > 10",
        "papers": [],
        "time_limit": {"kind": "working_days", "value": 9},
    },
    {"id": "small", "name_vi": "Nhỏ", "name_en": "Small"},
]


def test_steps_are_given_to_others_added_and_left_out() -> None:
    law = package(steps=STEPS)
    own = apply(
        law,
        {
            "steps": {"sign": {"role": "head", "name_vi": "Ký thay"}, "visit": {"skip": True}},
            "add_steps": [OPINION, {**OPINION, "after": "opinion", "id": "second"}],
        },
    )
    assert [s.id for s in own.procedure.steps] == ["check", "opinion", "second", "sign"]
    assert (own.procedure.steps[3].role, own.procedure.steps[3].name_vi) == ("head", "Ký thay")
    assert list(own.definition().nodes)[:4] == ["start", "check", "opinion", "second"]


def test_notes_and_keywords_and_papers_are_added() -> None:
    own = apply(
        package(keywords=["bản sao"], cases=CASES),
        {
            "note_vi": "Đóng cửa thứ Hai",
            "keywords": ["sao y"],
            "papers": {"proof": {"note_vi": "Theo mẫu tỉnh"}},
            "add_papers": [MAP],
        },
    )
    assert own.procedure.note("vi") == "Đóng cửa thứ Hai"
    assert own.procedure.keywords == ("bản sao", "sao y")
    assert own.procedure.papers[0].note_vi == "Theo mẫu tỉnh"
    assert [p.key for p in own.case("big").papers] == ["map"]
    assert [p.key for p in own.case("small").papers] == ["proof", "map"]


def test_a_case_has_values_of_its_own_over_those_of_the_procedure() -> None:
    free = {"amount": 0, "text_vi": "Miễn", "text_en": "Free"}
    own = apply(
        package(cases=CASES, steps=STEPS),
        {
            "fee": {"amount": 500, "text_vi": "Của tỉnh", "text_en": "Own"},
            "cases": {
                "big": {
                    "fee": free,
                    "time_limit": {"value": 8},
                    "steps": {"sign": {"hours": 1}},
                    "add_steps": [OPINION],
                }
            },
        },
    )
    big, small = own.cases
    assert (big.fee.amount, small.fee.amount) == (0, 500)
    assert (big.time_limit.value, small.time_limit.value) == (8, 3)
    assert [s.id for s in big.steps] == ["check", "opinion", "visit", "sign"]
    assert [s.id for s in small.steps] == ["check", "visit", "sign"]
    assert (big.steps[3].hours, small.steps[2].hours) == (1, 2)


def test_the_limit_of_a_case_is_not_prolonged_either() -> None:
    with pytest.raises(OverlayError) as refusal:
        apply(package(cases=CASES), {"cases": {"big": {"time_limit": {"value": 10}}}})
    assert refusal.value.key == "cases.big.time_limit.value"


def test_a_task_of_a_drawn_process_is_given_to_another_role() -> None:
    drawn = package(steps=STEPS).bpmn().decode()
    data = package_data(steps=None, process="way.bpmn")
    law = Package.from_data({**data, "processes": {"way.bpmn": drawn}})
    own = apply(law, {"tasks": {"way.bpmn": {"sign": {"role": "head", "hours": 1.5}}}})
    node = own.definition().nodes["sign"]
    assert (node.role, node.hours) == ("head", Decimal("1.5"))
    assert law.definition().nodes["sign"].role == "leader"
    with pytest.raises(OverlayError, match="check, sign, visit"):
        apply(law, {"tasks": {"way.bpmn": {"gone": {"hours": 1}}}})


def test_what_was_adopted_is_laid_again_without_trying_every_rule() -> None:
    own: dict[str, Any] = {"fee": {"amount": 5, "text_vi": "a", "text_en": "a"}}
    assert laid(package(), own) == apply(package(), own)
