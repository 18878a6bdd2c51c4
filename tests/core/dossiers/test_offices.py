"""Which offices may decide: those of the procedure's levels, or those that its routing names."""

from typing import Any

import pytest

from motcua.catalogue.packages import Package
from motcua.dossiers.offices import Office, chosen, deciding, place_of
from motcua.errors import Invalid
from motcua.ids import uuid7
from tests.core.catalogue.builders import package

KINDS = {"centre": "province", "health": "department", "hong-gai": "ward", "co-to": "special_zone"}
OFFICES = {code: Office(uuid7(), code, code, kind) for code, kind in KINDS.items()}
BOTH = ["commune", "province"]
COMMUNES, PROVINCE = ["hong-gai", "co-to"], ["centre", "health"]


def able(found: Package, copies: int) -> list[str]:
    return [office.code for office in deciding(OFFICES, found, {"copies": copies})]


@pytest.mark.parametrize(
    ("rule", "few", "many"),
    [
        (None, PROVINCE + COMMUNES, PROVINCE + COMMUNES),
        ('if copies > 9 then "province" else "commune"', COMMUNES, PROVINCE),
        ('if copies > 9 then "health" else null', PROVINCE + COMMUNES, ["health"]),
        ('"elsewhere"', [], []),
    ],
)
def test_routing_narrows_the_offices(rule: str | None, few: list[str], many: list[str]) -> None:
    changes: dict[str, Any] = {"routing": {"expression": rule}} if rule else {}
    found = package(level=BOTH, **changes)
    assert (able(found, 2), able(found, 20)) == (few, many)


def test_an_office_that_the_answers_do_not_lead_to_is_refused() -> None:
    found = package(
        level=BOTH, routing={"expression": 'if copies > 9 then "province" else "commune"'}
    )
    assert chosen(OFFICES, found, {"copies": 20}, "centre").code == "centre"
    for code in ("hong-gai", "nowhere", ""):
        with pytest.raises(Invalid) as refusal:
            chosen(OFFICES, found, {"copies": 20}, code)
        assert "unit" in refusal.value.fields


@pytest.mark.parametrize(
    ("kind", "name", "place"),
    [
        ("ward", "Phường Mẫu Sơn", "Mẫu Sơn"),
        ("special_zone", "Đặc khu Cô Mẫu", "Cô Mẫu"),
        ("department", "Sở Mẫu", "Tỉnh Mẫu"),
    ],
)
def test_a_unit_writes_its_letters_where_it_is(kind: str, name: str, place: str) -> None:
    assert place_of(kind, name, "Tỉnh Mẫu") == place
