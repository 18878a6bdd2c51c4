import contextlib
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.catalogue.parsers import (
    FieldError,
    parse_count,
    parse_date,
    parse_decimal,
    parse_email,
    parse_insurance,
    parse_money,
    parse_name,
    parse_phone,
    parse_pid,
    parse_tax_code,
)
from motcua.text import vn_money


@pytest.mark.parametrize(
    "typed", ["022095012345", "022 095 012 345", "022.095.012345", "022-095-012345"]
)
def test_a_personal_id_may_be_written_in_groups(typed: str) -> None:
    assert parse_pid(typed) == "022095012345"


@pytest.mark.parametrize(
    "typed", ["122095012345", "02209501234", "000095012345", "097095012345", "02209501234a"]
)
def test_a_personal_id_of_another_form_is_refused(typed: str) -> None:
    with pytest.raises(FieldError) as refusal:
        parse_pid(typed)
    assert "12 số" in refusal.value.vi


def test_the_old_nine_digit_number_is_named_as_such() -> None:
    with pytest.raises(FieldError, match="9-digit"):
        parse_pid("100 123 456")


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678",
        "+84 912 345 678",
        "84912345678",
        "0084912345678",
        "+84(0)912.345.678",
        "0912-345-678",
    ],
)
def test_every_spelling_of_a_telephone_number_gives_the_domestic_one(typed: str) -> None:
    assert parse_phone(typed) == "0912345678"


@pytest.mark.parametrize(
    "typed", ["0112345678", "091234567", "09123456789", "abc", "+1 912 345 678"]
)
def test_what_is_no_vietnamese_telephone_number_is_refused(typed: str) -> None:
    with pytest.raises(FieldError):
        parse_phone(typed)


def test_a_landline_number_is_a_telephone_number() -> None:
    assert parse_phone("(0203) 3 825 123") == "02033825123"


@pytest.mark.parametrize(
    "typed",
    [
        "5/9/1990",
        "05/09/1990",
        "5.9.1990",
        "5-9-1990",
        "5 9 1990",
        "05091990",
        "1990-09-05",
        "5 tháng 9 năm 1990",
        "Ngày 5 tháng 9 năm 1990",
        "ngày 05 / 09 / 1990",
    ],
)
def test_a_date_is_read_day_first(typed: str) -> None:
    assert parse_date(typed) == date(1990, 9, 5)


@pytest.mark.parametrize(
    "typed", ["31/2/2020", "5/9/90", "1990", "9/1990", "13/13/2000", "mai", "0/1/2000"]
)
def test_a_date_that_does_not_exist_or_lacks_a_part_is_refused(typed: str) -> None:
    with pytest.raises(FieldError):
        parse_date(typed)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_every_date_written_the_vietnamese_way_comes_back(day: date) -> None:
    assert parse_date(f"{day.day}/{day.month}/{day.year}") == day
    assert parse_date(day.strftime("%d%m%Y")) == day


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_every_amount_written_for_people_comes_back(amount: int) -> None:
    assert parse_money(vn_money(amount)) == amount
    assert parse_money(f"{amount:,}") == amount
    assert parse_money(str(amount)) == amount


@pytest.mark.parametrize(
    "typed", ["1.5", "1.500,50", "1.50.000", "1,500.000", "-5", "một triệu", "1.000.00"]
)
def test_an_amount_with_broken_groups_is_never_read_as_another(typed: str) -> None:
    with pytest.raises(FieldError):
        parse_money(typed)


@given(st.integers(min_value=-(10**9) + 1, max_value=10**9 - 1))
def test_every_count_comes_back(count: int) -> None:
    assert parse_count(str(count)) == count


@pytest.mark.parametrize("typed", ["1.0", "1,5", "1.500", "٣", "", "1e3", "9" * 10])
def test_a_count_with_a_dot_or_foreign_digits_is_refused(typed: str) -> None:
    with pytest.raises(FieldError):
        parse_count(typed)


@pytest.mark.parametrize(
    "name", ["Đặng Thuỳ Trâm", "K'Brởi", "Y-Bhiu", "nguyễn văn a", "Ksor H’Bia", "O"]
)
def test_a_name_is_kept_as_it_was_typed(name: str) -> None:
    assert parse_name(name) == name


def test_a_name_of_digits_is_refused() -> None:
    with pytest.raises(FieldError):
        parse_name("12345")


def test_dates_near_each_other_do_not_meet() -> None:
    assert parse_date("1/2/2000") - parse_date("2/1/2000") == timedelta(days=30)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5 tháng chín 1990", date(1990, 9, 5)),
        ("ngày 5 tháng năm năm 1990", date(1990, 5, 5)),
        ("5 tháng mười một năm 1990", date(1990, 11, 5)),
        ("30 tháng tư 1975", date(1975, 4, 30)),
        ("5 September 1990", date(1990, 9, 5)),
        ("2 sep 1945", date(1945, 9, 2)),
    ],
)
def test_a_month_may_be_named(text: str, value: date) -> None:
    assert parse_date(text) == value


@pytest.mark.parametrize("text", ["5 tháng giêng 1990", "5 tháng chạp 1990", "5 tháng 5 âm lịch"])
def test_a_lunar_date_is_never_read_as_another_day(text: str) -> None:
    with pytest.raises(FieldError) as refusal:
        parse_date(text)
    assert "dương lịch" in refusal.value.vi


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("120,5", "120.5"),
        ("120.5", "120.5"),
        ("1.250,75", "1250.75"),
        ("1200", "1200"),
        ("1.200.000", "1200000"),
        ("-3,25", "-3.25"),
        ("0,0001", "0.0001"),
        ("12.3456", "12.3456"),
    ],
)
def test_a_decimal_has_a_comma(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1.200", "1,2,3", "12,", "a", "1e5", "NaN", "1.20,5", "--1"])
def test_a_decimal_is_never_guessed(text: str) -> None:
    with pytest.raises(FieldError):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Ten.Ho@CoQuan.VN", "Ten.Ho@coquan.vn"),
        ("a+b@thu.coquan.gov.vn", "a+b@thu.coquan.gov.vn"),
    ],
)
def test_an_email_keeps_its_local_part(text: str, value: str) -> None:
    assert parse_email(text) == value


@pytest.mark.parametrize(
    "text", ["a", "a@b", "a@@b.vn", "a..b@c.vn", "a.@c.vn", "@c.vn", "a@-.v", "x" * 65 + "@c.vn"]
)
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        parse_email(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0100233488", "0100233488"),
        ("0314409058-002", "0314409058-002"),
        ("0314409058002", "0314409058-002"),
        ("570 123 4566", "5701234566"),
    ],
)
def test_a_tax_code_is_checked_by_its_tenth_digit(text: str, value: str) -> None:
    assert parse_tax_code(text) == value


@pytest.mark.parametrize("text", ["0100233480", "010023348", "0314409058-02", "abc", "0314409052"])
def test_a_wrong_tax_code_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        parse_tax_code(text)


def test_a_social_insurance_number_has_ten_digits() -> None:
    assert parse_insurance("22 1234 5678") == "2212345678"
    with pytest.raises(FieldError):
        parse_insurance("221234567")


@given(st.text(max_size=30))
def test_the_new_parsers_answer_or_refuse_whatever_is_typed(text: str) -> None:
    for parse in (parse_decimal, parse_email, parse_tax_code, parse_insurance, parse_date):
        with contextlib.suppress(FieldError):
            parse(text)
