from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.catalogue.fees import fee
from motcua.catalogue.packages import load_package
from motcua.catalogue.reading import PackageError
from tests.core.catalogue.builders import ROOT, package

COPIES = load_package(ROOT / "plugins/certification/motcua_certification/procedures/2.000815")


@pytest.mark.parametrize(
    ("pages", "copies", "amount"),
    [
        (5, 2, 14_000),
        (250, 1, 200_000),
        (1, 1, 2_000),
        (2, 3, 12_000),
        (198, 1, 200_000),
        (197, 2, 398_000),
    ],
)
def test_certified_copies_cost_what_the_announcement_says(
    pages: int, copies: int, amount: int
) -> None:
    assert fee(COPIES, {"pages": pages, "copies": copies}).amount == amount


@given(st.integers(min_value=1, max_value=2000), st.integers(min_value=1, max_value=100))
def test_the_page_fee_agrees_with_counting_page_by_page(pages: int, copies: int) -> None:
    one = sum(2000 if page <= 2 else 1000 for page in range(1, pages + 1))
    assert fee(COPIES, {"pages": pages, "copies": copies}).amount == copies * min(one, 200_000)


def test_the_derivation_is_shown_line_by_line() -> None:
    found = fee(COPIES, {"pages": 5, "copies": 2})
    assert [line.text() for line in found.lines[:-1]] == [
        "Trang 1–2, 2.000 đồng/trang: 4.000 đ",
        "Từ trang 3, 1.000 đồng/trang: 3.000 đ",
        "Số bản: 2",
    ]
    assert found.lines[-1].value == 14_000
    assert found.lines[0].text("en") == "Pages 1–2, 2,000 đồng each: 4.000 đ"


def test_the_cap_is_named_when_it_applies() -> None:
    found = fee(COPIES, {"pages": 250, "copies": 1})
    assert "Mức thu tối đa một bản: 200.000 đ" in [line.text() for line in found.lines]


def test_a_free_procedure_costs_nothing() -> None:
    free = package(fee={"amount": 0, "text_vi": "Miễn phí", "text_en": "Free"})
    assert free.procedure.fee.free
    assert fee(free, {}).amount == 0
    assert [line.text() for line in fee(free, {}).lines] == ["Miễn phí: 0 đ"]


def test_the_tenants_fee_goes_before_the_packages() -> None:
    own: dict[str, Any] = {"fee": {"amount": 5000, "text_vi": "Của tỉnh", "text_en": "Own"}}
    assert fee(package(), {"copies": 2}).amount == 16_000
    assert fee(package(), {"copies": 2}, own).amount == 5000


@pytest.mark.parametrize("rule", ["copies / 3", "copies - 9", '"x"', "copies > 1", "null"])
def test_a_rule_that_gives_no_whole_amount_is_refused(rule: str) -> None:
    wrong = package(fee={"expression": rule, "text_vi": "a", "text_en": "a"})
    with pytest.raises(PackageError, match=r"fee\.expression"):
        fee(wrong, {"copies": 2})
