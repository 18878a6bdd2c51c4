import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.errors import Invalid
from motcua.people.idcard import CardData, parse_card, parse_pid, pid_parts, pid_remarks

# Synthetic people: the number is made up.
CARD = (
    "022095012345|100123456|Nguyễn Văn Mẫu|01011995|Nam|Tổ 1, Khu 2, Hồng Gai, Quảng Ninh|15062021"
)
READ = CardData(
    "022095012345",
    "100123456",
    "Nguyễn Văn Mẫu",
    date(1995, 1, 1),
    "male",
    "Tổ 1, Khu 2, Hồng Gai, Quảng Ninh",
    date(2021, 6, 15),
)


@pytest.mark.parametrize(
    "text",
    [
        CARD,
        CARD + "\r\n",
        unicodedata.normalize("NFD", CARD),
        CARD.encode().decode("latin-1"),
        CARD.replace("|", "｜"),
        CARD.replace("Nam", "NAM"),
        CARD.replace("ễ", "e\u0303\u0302"),
    ],
    ids=["plain", "enter", "nfd", "bytes", "wide-bars", "capitals", "tone-first"],
)
def test_a_card_is_read_whatever_the_reader_makes_of_it(text: str) -> None:
    assert parse_card(text) == READ


def test_a_card_without_an_older_number_or_issue_date_is_read() -> None:
    card = parse_card("022316000018||Trần Thị Mẫu|05092016|Nữ|Hạ Long|")
    assert (card.old_id, card.sex, card.issued) == ("", "female", None)
    assert card.remarks == ()


def test_fields_beyond_the_seventh_are_kept() -> None:
    assert parse_card(CARD + "|a|b").extra == ("a", "b")


@given(st.text(min_size=1, max_size=40), st.text(max_size=80))
def test_any_name_and_address_is_read_or_refused_never_a_crash(name: str, address: str) -> None:
    try:
        card = parse_card(f"022095012345||{name}|01011995|Nam|{address}|15062021")
    except Invalid as problem:
        fields = problem.fields
    else:
        fields = {"x": card.full_name}
    assert fields


@pytest.mark.parametrize("text", ["", "https://x.example", "a|b|c", "6901234567892"])
def test_another_code_is_refused_and_the_other_side_is_suggested(text: str) -> None:
    with pytest.raises(Invalid, match="turn the card over") as raised:
        parse_card(text)
    assert "lật thẻ" in raised.value.vi
    assert "card" in raised.value.fields


def test_a_card_that_was_read_in_part_is_to_be_held_still() -> None:
    with pytest.raises(Invalid, match="hold the card still"):
        parse_card(CARD[:40])


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        (0, "22095012345", "pid"),
        (0, "999095012345", "pid"),
        (1, "12", "old_id"),
        (2, "", "full_name"),
        (2, "Nguy?n V?n M?u", "full_name"),
        (3, "31021995", "birth"),
        (3, "1995", "birth"),
        (4, "X", "sex"),
        (6, "00000000", "issued"),
    ],
)
def test_every_wrong_field_is_named(place: int, value: str, field: str) -> None:
    parts = CARD.split("|")
    parts[place] = value
    with pytest.raises(Invalid, match="scan again") as raised:
        parse_card("|".join(parts))
    assert set(raised.value.fields) == {field}


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(Invalid) as raised:
        parse_card("x|x|1|x|x|x|x")
    assert set(raised.value.fields) == {"pid", "old_id", "full_name", "birth", "sex", "issued"}


@pytest.mark.parametrize(
    "text", ["022095012345", " 022 095 012 345 ", "022.095.012.345", "022-095-012345"]
)
def test_a_personal_number_is_read_with_spaces_and_dots(text: str) -> None:
    assert parse_pid(text) == "022095012345"


@pytest.mark.parametrize(
    "text",
    ["", "02209501234", "0220950123456", "000095012345", "097095012345", "O22095012345", "٠" * 12],
)
def test_a_wrong_personal_number_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_pid(text, field="subject_pid")
    assert "subject_pid" in raised.value.fields


def test_a_number_tells_province_sex_and_year() -> None:
    assert pid_parts("022095012345") == ("022", "male", 1995)
    assert pid_parts("022316000018") == ("022", "female", 2016)
    assert pid_parts("001199000000").birth_year == 1999


def test_contradictions_warn_and_do_not_block() -> None:
    parts = CARD.split("|")
    parts[3], parts[4] = "01011996", "Nữ"
    remarks = parse_card("|".join(parts)).remarks
    assert [r.field for r in remarks] == ["birth", "sex"]
    assert "1996" in remarks[0].vi
    assert pid_remarks("022095012345") == ()
