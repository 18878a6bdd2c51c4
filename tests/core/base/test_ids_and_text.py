"""Identifiers and text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.ids import random_code, uuid7
from motcua.text import fold, mask, minutes_words, nfc, vn_money, words


def test_identifiers_made_one_after_the_other_are_in_order_and_of_version_7() -> None:
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {u.version for u in made} == {7}
    assert {u.variant for u in made} == {"specified in RFC 4122"}


def test_a_code_for_hands_has_no_letter_that_is_misread() -> None:
    assert not set(random_code(1000)) & set("01OILU")


def test_search_finds_a_name_without_its_marks() -> None:
    assert fold("Đặng Thuỳ") == fold("ĐẶNG THÙY") == "dang thuy"
    assert words("Hồ sơ: “khai sinh”, lần 2") == ["ho", "so", "khai", "sinh", "lan", "2"]


@given(st.text())
def test_the_stored_form_is_stable_and_composed(text: str) -> None:
    stored = nfc(text)
    assert nfc(stored) == stored
    assert unicodedata.is_normalized("NFC", stored)
    assert not any(unicodedata.category(c)[0] == "C" for c in stored)


def test_a_number_is_hidden_but_for_its_end() -> None:
    assert mask("022095012345") == "•••••••••345"


def test_an_amount_is_written_with_dots() -> None:
    assert vn_money(1500000) == "1.500.000 đ"


@pytest.mark.parametrize(
    ("low", "high", "vi", "en"),
    [
        (10, 20, "10–20 phút", "10–20 minutes"),
        (5, 5, "5 phút", "5 minutes"),
        (60, 90, "60–90 phút", "60–90 minutes"),
        (45, 120, "45 phút – 2 giờ", "45 min – 2 h"),
        (115, 140, "1 giờ 55 – 2 giờ 20", "1 h 55 – 2 h 20"),
        (125, 180, "2 giờ 05 – 3 giờ", "2 h 05 – 3 h"),
        (120, 120, "2 giờ", "2 h"),
    ],
)
def test_a_long_wait_is_told_in_hours(low: int, high: int, vi: str, en: str) -> None:
    assert minutes_words(low, high) == vi
    assert minutes_words(low, high, "en") == en
