from typing import Any

import pytest

from motcua.catalogue.overlay import OverlayError, apply
from motcua.catalogue.reading import PackageError
from tests.core.catalogue.builders import package


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
        ({"name_vi": "x"}, "name_vi"),
        ({"fee": {"colour": 1}}, "fee.colour"),
        ({"fee": 5}, "fee"),
        ({"fee": {"amount": 5}}, "fee.text_vi"),
        ({"time_limit": {"kind": "same_day"}}, "time_limit.kind"),
        ({"time_limit": {"value": 4}}, "time_limit.value"),
        ({"steps": {"gone": {"hours": 1}}}, "steps.gone"),
        ({"steps": {"check": {"role": "leader"}}}, "steps.check.role"),
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
