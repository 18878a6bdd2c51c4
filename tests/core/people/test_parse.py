import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.errors import Invalid
from motcua.people.parse import parse_date, parse_phone, vietnamese

SHAPES = {"": "aeiouyAEIOUY", "\u0302": "aeoAEO", "\u0306": "aA", "\u031b": "ouOU"}
VOWELS = [
    base + shape + tone
    for shape, bases in SHAPES.items()
    for base in bases
    for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
]


@pytest.mark.parametrize("written", VOWELS)
def test_every_vowel_composes_whatever_the_order_of_its_marks(written: str) -> None:
    composed = unicodedata.normalize("NFC", written)
    assert len(composed) == 1
    assert vietnamese("x" + written + "n") == "x" + composed + "n"
    assert vietnamese(written[0] + written[:0:-1]) == composed


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Nguyễn Văn Mẫu".encode().decode("latin-1"), "Nguyễn Văn Mẫu"),
        ("Đỗ Thị Hằng".encode().decode("latin-1"), "Đỗ Thị Hằng"),
        ("Ðặng Thuỳ", "Đặng Thuỳ"),
        ("  Lê\t  Thị \n Bưởi ", "Lê Thị Bưởi"),
        ("Zoë Müller Ângela", "Zoë Müller Ângela"),
    ],
)
def test_text_from_odd_readers_is_repaired(typed: str, stored: str) -> None:
    assert vietnamese(typed) == stored


def test_utf8_read_as_windows_text_is_repaired() -> None:
    assert vietnamese("Nguyễn".encode().decode("cp1252")) == "Nguyễn"


@given(st.text())
def test_any_text_ends_up_composed(text: str) -> None:
    assert unicodedata.is_normalized("NFC", vietnamese(text))


@given(st.text("aăâeêioôơuưyđĐ ẫẵễỗỡữ|,.", max_size=40))
def test_repairing_good_vietnamese_changes_nothing(text: str) -> None:
    assert vietnamese(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    ["5/9/1990", "05/09/1990", "5-9-1990", "5.9.1990", " 05 09 1990 ", "05091990", "1990-9-05"],
)
def test_a_date_is_read_in_every_usual_spelling(text: str) -> None:
    assert parse_date(text) == date(1990, 9, 5)


@pytest.mark.parametrize(
    "text",
    ["", "31/2/2024", "29/02/2023", "5/9/90", "9/1990", "1990", "32/1/2000", "٥/٩/١٩٩٠", "x"],
)
def test_what_is_no_day_of_the_calendar_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_date(text, field="birth")
    assert "05/09/1990" in raised.value.fields["birth"]


def test_a_date_out_of_range_is_refused() -> None:
    for text in ("1/1/1899", "2/1/2024"):
        with pytest.raises(Invalid, match="range"):
            parse_date(text, latest=date(2024, 1, 1))


@given(st.dates(min_value=date(1900, 1, 1)))
def test_every_day_comes_back_from_how_it_is_written(day: date) -> None:
    assert parse_date(f"{day.day}/{day.month}/{day.year}") == day
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day:%d%m}{day.year}") == day


@pytest.mark.parametrize(
    "text",
    [
        "0912345678",
        "0912 345 678",
        "091.234.5678",
        "+84 912 345 678",
        "84912345678",
        "+84(0)912345678",
        "0084912345678",
    ],
)
def test_a_phone_number_is_read_in_every_usual_spelling(text: str) -> None:
    assert parse_phone(text) == "0912345678"


@pytest.mark.parametrize(
    "text", ["", "091234567", "09123456789", "0212345678", "abc", "+1 912 345 678", "٠٩١٢٣٤٥٦٧٨"]
)
def test_what_is_no_mobile_number_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_phone(text, field="contact")
    assert "contact" in raised.value.fields
