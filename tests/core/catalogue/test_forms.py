import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.catalogue.forms import Form, InvalidAnswers
from motcua.catalogue.reading import PackageError
from tests.core.catalogue.builders import form, form_data, question

KINDS = [
    {"value": "self", "vi": "Của tôi", "en": "Mine"},
    {"value": "other", "vi": "Khác", "en": "Other"},
]
TODAY = date(2026, 11, 23)


def _refused(asked: Form, raw: dict[str, Any], **more: Any) -> InvalidAnswers:
    with pytest.raises(InvalidAnswers) as refusal:
        asked.clean(raw, today=TODAY, **more)
    return refusal.value


def test_answers_come_out_as_values_with_their_provenance() -> None:
    asked = form(
        question("name", "name", prefill="person.full_name"),
        question("born", "date", past=True),
        question("copies", "integer"),
        question("income", "money"),
        question("agrees", "checkbox"),
        question("kinds", "multichoice", choices=KINDS),
    )
    raw = {"name": "Lê Mẫu", "born": "5/9/1990", "copies": " 2 ", "income": "1.500.000 đ"}
    answers = asked.clean(
        {**raw, "kinds": ["other", "self", "other"]}, {"person.full_name": "Lê Mẫu"}
    )
    assert answers.values == {
        "name": "Lê Mẫu",
        "born": "1990-09-05",
        "copies": 2,
        "income": 1_500_000,
        "agrees": False,
        "kinds": ["self", "other"],
    }
    assert answers.provenance["name"] == "person.full_name"
    assert answers.provenance["born"] == "applicant"


def test_every_wrong_answer_is_named_at_once_in_the_language_asked_for() -> None:
    asked = form(question("a", required=True), question("b", "date"), question("ok"))
    refusal = _refused(asked, {"a": " ", "b": "31/2/2020", "ok": "x"}, lang="en")
    assert set(refusal.fields) == {"a", "b"}
    assert refusal.fields["a"] == "This is required"
    assert refusal.errors["a"].vi == "Mục này bắt buộc"


def test_an_unknown_field_is_refused_by_its_name() -> None:
    assert set(_refused(form(question("a")), {"a": "x", "is_admin": "1"}).fields) == {"is_admin"}


def test_a_hidden_answer_is_dropped_and_never_validated() -> None:
    asked = form(
        question("kind", "choice", choices=KINDS),
        question("born", "date", required=True, show_when='kind = "other"'),
    )
    assert asked.clean({"kind": "self", "born": "nonsense"}).values == {"kind": "self"}
    assert set(_refused(asked, {"kind": "other"}).fields) == {"born"}


def test_a_chain_of_conditions_falls_with_its_first_link() -> None:
    asked = form(
        question("a", "checkbox"),
        question("b", "integer", show_when="a = true"),
        question("c", show_when="b > 3", required=True),
    )
    assert asked.clean({"b": "9", "c": "x"}).values == {"a": False}
    assert asked.clean({"a": "on", "b": "9", "c": "x"}).values == {"a": True, "b": 9, "c": "x"}
    assert asked.clean({"a": "on", "b": "3"}).values == {"a": True, "b": 3}


def test_conditions_compare_dates_as_dates() -> None:
    asked = form(
        question("born", "date"), question("guardian", show_when='born > date("2012-01-01")')
    )
    young, old = {"born": "1/6/2019"}, {"born": "1/6/1980"}
    assert [f.key for f in asked.visible(asked.read(young))[0].fields] == ["born", "guardian"]
    assert [f.key for f in asked.visible(asked.read(old))[0].fields] == ["born"]


def test_a_page_is_hidden_with_its_questions() -> None:
    data = form_data(question("a", "checkbox"))
    data["pages"] += [
        form_data(question("b", required=True))["pages"][0] | {"show_when": "a = true"}
    ]
    asked = Form.from_data(data)
    assert asked.clean({}).values == {"a": False}
    assert len(asked.visible({"a": False})) == 1
    assert len(asked.visible({"a": True})) == 2


def test_a_locked_value_of_a_source_cannot_be_changed() -> None:
    asked = form(question("pid", "pid", prefill="person.pid", locked=True, required=True))
    known = {"person.pid": "022095012345"}
    assert asked.clean({}, known).values == {"pid": "022095012345"}
    assert asked.clean({"pid": "022 095 012 345"}, known).provenance == {"pid": "person.pid"}
    assert set(_refused(asked, {"pid": "022095099999"}, prefilled=known).fields) == {"pid"}


def test_without_a_source_a_locked_field_is_typed() -> None:
    asked = form(question("pid", "pid", prefill="person.pid", locked=True, required=True))
    assert asked.clean({"pid": "022095012345"}).provenance == {"pid": "applicant"}
    assert asked.clean({"pid": "022095012345"}, {"person.pid": "unreadable"}).values["pid"]


def test_a_prefilled_value_that_was_changed_is_the_applicants() -> None:
    asked = form(question("phone", "phone", prefill="person.phone"))
    answers = asked.clean({"phone": "0987654321"}, {"person.phone": "+84912345678"})
    assert answers.provenance == {"phone": "applicant"}
    assert asked.initial({"person.phone": "+84912345678"}) == {"phone": "0912345678"}


def test_names_are_stored_in_one_normal_form_and_otherwise_untouched() -> None:
    asked = form(question("name", "name"))
    answers = asked.clean({"name": unicodedata.normalize("NFD", "  Đặng  Thuỳ Trâm ")})
    assert answers.values["name"] == "Đặng Thuỳ Trâm"


def test_a_long_text_keeps_its_lines() -> None:
    assert form(question("a", "long_text")).clean({"a": "một \r\n hai\n"}).values["a"] == "một\nhai"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (question("x", "integer", min=1), "0"),
        (question("x", "integer", max=5), "6"),
        (question("x", max=3), "abcd"),
        (question("x", min=3), "ab"),
        (question("x"), "a" * 301),
        (question("x", "date", past=True), "24/11/2026"),
        (question("x", "choice", choices=KINDS), "third"),
        (question("x", "multichoice", choices=KINDS), ["self", "third"]),
        (question("x", "declaration"), ""),
        (question("x", "checkbox", required=True), ""),
        (question("x", "multichoice", choices=KINDS, required=True), []),
        (question("x"), ["a", "b"]),
        (question("x"), 1.5),
        (question("x"), {"a": "b"}),
    ],
)
def test_what_breaks_a_rule_of_the_field_is_refused(field: dict[str, Any], typed: Any) -> None:
    assert set(_refused(form(field), {"x": typed}).fields) == {"x"}


def test_answers_are_described_as_people_write_them() -> None:
    asked = form(
        question("kind", "choice", choices=KINDS),
        question("born", "date"),
        question("fee", "money"),
        question("yes", "checkbox"),
        question("empty"),
    )
    values = asked.clean({"kind": "self", "born": "5/9/1990", "fee": "1500000", "yes": "on"}).values
    assert asked.describe(values) == [
        ("Mục kind", "Của tôi"),
        ("Mục born", "05/09/1990"),
        ("Mục fee", "1.500.000 đ"),
        ("Mục yes", "Có"),
    ]
    assert asked.describe(values, "en")[0] == ("Item kind", "Mine")


def test_the_schema_demands_only_what_is_always_asked() -> None:
    asked = form(
        question("a", "checkbox"),
        question("b", "integer", required=True, min=1),
        question("c", required=True, show_when="a = true"),
        question("d", "choice", choices=KINDS),
    )
    schema = asked.json_schema("Mẫu")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["b"]
    assert schema["properties"]["b"] == {"title": "Mục b", "type": "integer", "minimum": 1}
    assert schema["properties"]["c"]["x-show-when"] == "a = true"
    assert [o["const"] for o in schema["properties"]["d"]["oneOf"]] == ["self", "other"]
    assert schema["additionalProperties"] is False


def test_json_values_are_read_like_typed_ones() -> None:
    asked = form(question("n", "integer"), question("yes", "checkbox"), question("none"))
    assert asked.clean({"n": 5, "yes": True, "none": None}).values == {"n": 5, "yes": True}


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "d", "e"]),
        st.text(max_size=30)
        | st.integers()
        | st.none()
        | st.lists(st.text(max_size=5), max_size=3),
    )
)
def test_no_input_makes_anything_but_answers_or_named_refusals(raw: dict[str, Any]) -> None:
    asked = form(
        question("a", "choice", choices=KINDS),
        question("b", "date", required=True, show_when='a = "self"'),
        question("c", "money", show_when="b != null"),
        question("d", "multichoice", choices=KINDS),
        question("e", "long_text"),
    )
    try:
        answers = asked.clean(raw)
    except InvalidAnswers as refusal:
        wrong = set(refusal.fields)
    else:
        wrong = set()
        assert asked.clean(answers.values).values == answers.values
        assert set(answers.provenance) == set(answers.values)
    assert wrong <= set(raw) | {"b"}


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ([question("a"), question("a")], "pages[0].fields[1].key"),
        ([question("person")], "pages[0].fields[0].key"),
        ([question("a", "choice")], "pages[0].fields[0].choices"),
        ([question("a", choices=KINDS)], "pages[0].fields[0].choices"),
        ([question("a", "choice", choices=[*KINDS, *KINDS])], "pages[0].fields[0].choices"),
        ([question("a", locked=True)], "pages[0].fields[0].locked"),
        ([question("a", show_when="b = 1"), question("b")], "pages[0].fields[0].show_when"),
        ([question("a"), question("b", show_when="a = = 1")], "pages[0].fields[1].show_when"),
        ([question("a", "colour")], "pages[0].fields[0].kind"),
        ([question("a", colour="red")], "pages[0].fields[0]"),
    ],
)
def test_a_form_that_cannot_work_is_refused_with_the_place(fields: list[Any], key: str) -> None:
    with pytest.raises(PackageError) as refusal:
        form(*fields)
    assert (refusal.value.file, refusal.value.key) == ("form.toml", key)


def test_a_form_survives_storage() -> None:
    asked = form(
        question("a", "choice", choices=KINDS, required=True), question("b", show_when="a != null")
    )
    assert Form.from_data(asked.to_data()) == asked
