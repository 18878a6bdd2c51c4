"""Repeated groups, what is computed from them, addresses, files, co-signers and representatives."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.catalogue.forms import Form, InvalidAnswers
from motcua.catalogue.reading import PackageError
from tests.core.catalogue.builders import form, form_data, question
from tests.core.catalogue.household import FILE, PERSON, UNITS, answered, household

TODAY = date(2026, 11, 23)


def clean(raw: dict[str, Any], asked: Form | None = None) -> dict[str, Any]:
    found = (asked or household()).clean(raw, PERSON, today=TODAY, units=UNITS)
    return found.values


def wrong(raw: dict[str, Any], asked: Form | None = None) -> dict[str, str]:
    with pytest.raises(InvalidAnswers) as refusal:
        clean(raw, asked)
    return refusal.value.fields


def rows(**more: Any) -> dict[str, Any]:
    inside = [
        question("a", "integer", required=True, max=100),
        question("b", show_when="a > 3", required=True),
        question("c", "integer", computed="a * factor"),
    ]
    return question("list", "rows", fields=inside, **more)


def test_rows_come_out_in_their_order_with_their_own_answers() -> None:
    values = clean(answered())
    assert values["members"] == [
        {"name": "Tạ Xuân Mẫu", "born": "1970-09-05", "income": 9_000_000},
        {"name": "Tạ Thị Con", "born": "2019-06-01", "guardian": "Tạ Xuân Mẫu"},
    ]
    assert (values["grown"], values["income"]) == (1, 9_000_000)
    assert clean(values) == values


def test_a_condition_sees_its_row_first_and_then_the_form() -> None:
    asked = form(question("a", "integer"), question("factor", "integer"), rows())
    values = clean({"a": "1", "factor": "10", "list": [{"a": "5", "b": "x"}, {"a": "2"}]}, asked)
    assert values["list"] == [{"a": 5, "b": "x", "c": 50}, {"a": 2, "c": 20}]
    assert set(wrong({"a": "9", "factor": "1", "list": [{"a": "4"}]}, asked)) == {"list.0.b"}
    with pytest.raises(PackageError):
        form(rows(), question("factor", "integer"))


def test_a_form_error_names_the_row_and_the_question() -> None:
    raw = answered()
    raw["members"][1] |= {"born": "31/2/2019", "nickname": "Tí"}
    raw["members"].append({"born": "1/1/1960"})
    assert set(wrong(raw)) == {"members.1.born", "members.1.nickname", "members.2.name"}


def test_hidden_answers_of_a_row_are_dropped_and_never_validated() -> None:
    raw = answered(asks_income="")
    raw["members"][0] |= {"guardian": "12345", "income": "many"}
    assert clean(raw)["members"][0] == {"name": "Tạ Xuân Mẫu", "born": "1970-09-05"}


def test_empty_rows_count_for_nothing() -> None:
    raw = answered()
    raw["members"][1:1] = [{}, {"name": " ", "born": "", "proof": []}]
    assert [row["name"] for row in clean(raw)["members"]] == ["Tạ Xuân Mẫu", "Tạ Thị Con"]
    assert wrong(answered(members=[{}, {}])) == {"members": "Cần ít nhất 1 dòng"}


def test_more_rows_than_allowed_are_refused_without_reading_them_all() -> None:
    raw = answered(members=[{"name": "A", "born": "1/1/1970"}] * 61)
    assert wrong(raw)["members"] == "Nhiều nhất 60 dòng"


@pytest.mark.parametrize("sent", ["x", 5, {"0": {}}, ["x"], [None, 3]])
def test_what_is_no_list_of_rows_is_refused(sent: Any) -> None:
    assert any(path.startswith("members") for path in wrong(answered(members=sent)))


def test_what_is_computed_is_never_taken_from_the_client() -> None:
    assert clean(answered(grown="55", income=1))["grown"] == 1
    many = [{"name": "A", "born": "1/1/1970", "income": "99.000.000"}] * 2
    assert "Không được lớn hơn" in wrong(answered(members=many))["income"]


def test_a_value_is_computed_only_when_all_it_needs_is_known() -> None:
    asked = form(
        question("a", "decimal"),
        question("b", "decimal"),
        question("area", "decimal", computed="a * b"),
        question("when", "date", computed='if area > 100 then date("2026-01-01") else null'),
        question("half", "integer", computed="a / 2"),
    )
    assert clean({"a": "12,5"}, form(question("a", "decimal"))) == {"a": "12.5"}
    values = clean({"a": "12", "b": "10,5"}, asked)
    assert values == {"a": "12", "b": "10.5", "area": "126", "when": "2026-01-01", "half": 6}
    assert clean({"b": "1"}, asked) == {"b": "1"}
    assert "half" in wrong({"a": "5"}, asked)


def test_an_address_is_a_commune_of_the_province_or_a_named_one_elsewhere() -> None:
    assert clean(answered())["home"] == {
        "unit": "06685",
        "area": "Phường Hồng Gai",
        "text": "Số 81, tổ 9",
    }
    elsewhere = {"area": "Phường Hoàn Kiếm, Hà Nội", "text": "Số 1"}
    assert clean(answered(home=elsewhere))["home"] == {"unit": "", **elsewhere}
    for bad in ({"unit": "99999", "text": "x"}, {"unit": "06685"}, {"text": "x"}, {"evil": "x"}, 5):
        assert set(wrong(answered(home=bad))) == {"home"}


def test_without_a_list_of_communes_an_address_keeps_what_it_says() -> None:
    values = clean(answered())
    assert household().clean(values, PERSON, today=TODAY).values == values
    with pytest.raises(InvalidAnswers):
        household().clean(answered(), PERSON, today=TODAY)


def test_files_are_named_by_the_paper_they_hand_in() -> None:
    raw = answered()
    raw["members"][1]["proof"] = [FILE, FILE]
    values = clean(raw)
    assert values["members"][1]["proof"] == [FILE]
    assert household().attached(values) == [("birth", FILE)]
    assert household().slots(values) == {"birth"}
    raw["members"][1]["proof"] = ["../../etc/passwd"]
    assert set(wrong(raw)) == {"members.1.proof"}


def test_cosigners_are_other_people_and_confirm_for_themselves() -> None:
    an = {"full_name": "Lê An", "pid": "022 095 012 345", "confirmed": "2026-01-01T00:00:00+07:00"}
    values = clean(answered(signers=[an]))
    assert values["signers"] == [{"full_name": "Lê An", "pid": "022095012345"}]
    assert set(wrong(answered(signers=[an, an]))) == {"signers.1.pid"}
    own = {"full_name": "Tạ Xuân Mẫu", "pid": PERSON["person.pid"]}
    assert set(wrong(answered(signers=[own]))) == {"signers.0.pid"}
    told = household().describe(values)
    assert ("Người cùng ký 1: Xác nhận cùng ký", "chưa xác nhận") in told
    values["signers"][0]["confirmed"] = "2026-11-22T01:05:00+00:00"
    told = household().describe(values)
    assert ("Người cùng ký 1: Xác nhận cùng ký", "08:05 22/11/2026") in told


def test_who_represents_somebody_says_whom_and_shows_it() -> None:
    assert "acts" not in clean(answered(acts={"acting": "", "pid": "nonsense"}))
    named = {"acting": "1", "relation": "parent", "full_name": "Tạ Thị Con", "pid": "022319000001"}
    assert set(wrong(answered(acts=named))) == {"acts.evidence"}
    values = clean(answered(acts={**named, "evidence": [FILE]}))
    assert values["acts"]["acting"] is True
    assert household().attached(values)[0] == ("mandate", FILE)
    assert set(wrong(answered(acts="x"))) == {"acts"}
    assert "acts.admin" in wrong(answered(acts={"admin": "1"}))


def test_only_what_is_marked_goes_to_statistics() -> None:
    raw = answered()
    assert household().statistics(clean(raw)) == {
        "asks_income": True,
        "members": [{"born": 1970}, {"born": 2019}],
        "grown": 1,
    }


def test_everything_is_described_row_by_row() -> None:
    told = dict(household().describe(clean(answered())))
    assert told["Nơi ở hiện nay"] == "Số 81, tổ 9, Phường Hồng Gai"
    assert told["Người 2: Người giám hộ"] == "Tạ Xuân Mẫu"
    assert told["Tổng thu nhập"] == "9.000.000 đ"
    assert dict(household().describe(clean(answered()), "en"))["Person 1: Date of birth"]


def test_samples_and_facts_have_the_shape_of_the_answers() -> None:
    asked = household()
    assert set(asked.samples()) >= {"members", "home", "acts", "signers", "grown"}
    facts = asked.facts(clean(answered()))
    assert facts["members"][0]["born"] == date(1970, 9, 5)  # type: ignore[index]
    assert [page.title_en for page in asked.visible(clean(answered()))] == [
        "Applicant",
        "Household",
        "Undertaking",
    ]
    assert "home" in [f.key for f in asked.visible(clean(answered()))[0].fields]


def test_a_household_survives_storage() -> None:
    assert Form.from_data(household().to_data()) == household()


LEAF = st.text(max_size=12) | st.integers() | st.none() | st.booleans() | st.just("5/9/1990")
ROW = st.dictionaries(st.sampled_from(["name", "born", "income", "proof", "evil"]), LEAF)
RAW = st.dictionaries(
    st.sampled_from(["home", "asks_income", "members", "acts", "signers", "truth", "grown"]),
    LEAF | st.lists(ROW | LEAF, max_size=4) | ROW,
)


@settings(max_examples=150)
@given(RAW)
def test_no_input_makes_anything_but_answers_or_named_refusals(raw: dict[str, Any]) -> None:
    asked = household()
    asked.read(raw)
    try:
        answers = asked.clean(raw, PERSON, units=UNITS)
    except InvalidAnswers as refusal:
        told = refusal.fields
    else:
        told = {"": "nothing is wrong"}
        assert clean(answers.values) == answers.values
        asked.describe(answers.values)
    assert told


INSIDE = [question("a")]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ([question("a", "rows")], "fields"),
        ([question("a", "group")], "fields"),
        ([question("a", "rows", fields=[question("b", "rows", fields=INSIDE)])], "fields[0].kind"),
        ([question("a", "rows", fields=[question("b"), question("b")])], "fields[1].key"),
        ([question("a", "rows", fields=[question("confirmed")])], "fields[0].key"),
        ([question("a", "rows", fields=INSIDE, min_rows=5, max_rows=4)], "max_rows"),
        ([question("a", min_rows=1)], "min_rows"),
        ([question("a", "attachment")], "slot"),
        ([question("a", slot="x")], "slot"),
        ([question("a", "name", statistics=True)], "statistics"),
        ([question("a", computed="1 +")], "computed"),
        ([question("a", "checkbox", computed="true")], "computed"),
        ([question("a", "integer", computed="1", required=True)], "computed"),
        ([question("a", "integer", computed="later"), question("later")], "computed"),
        ([question("a", "representative")], "choices"),
        ([question("if")], "key"),
        ([question("g", "group", fields=[question("d", "declaration")])], "fields[0].kind"),
        ([question("a", "integer", min=5, max=4)], "min"),
    ],
)
def test_a_form_that_cannot_work_is_refused_with_the_place(fields: list[Any], key: str) -> None:
    with pytest.raises(PackageError) as refusal:
        form(*fields)
    assert refusal.value.key == f"pages[0].fields[0].{key}"


def test_a_form_has_bounds() -> None:
    page = form_data(question("a"))["pages"][0]
    with pytest.raises(PackageError):
        Form.from_data({"pages": [page] * 61})
    many = [question(f"q{n}") for n in range(1400)]
    more = question("r", "rows", fields=[question(f"q{n}") for n in range(200)])
    with pytest.raises(PackageError):
        form(*many, more)
    with pytest.raises(PackageError):
        form(question("a", "rows", fields=INSIDE, max_rows=1001))


def test_an_officers_draft_has_plain_questions_only() -> None:
    data = form_data(question("a", "rows", fields=INSIDE))
    with pytest.raises(PackageError):
        Form.from_data(data, "draft.toml")
