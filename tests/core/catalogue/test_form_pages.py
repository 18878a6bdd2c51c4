"""What an HTML form sends, what a page draws, the schema for machines, and starting from last time."""

from typing import Any

import jsonschema  # type: ignore[import-untyped]

from motcua.catalogue.form_carry import carry_over
from motcua.catalogue.form_posted import (
    Taking,
    add_row,
    drop_row,
    holder,
    known_only,
    place_of,
)
from motcua.catalogue.form_view import Block, Drawing, sections, summary
from motcua.catalogue.forms import Form
from tests.core.catalogue.builders import form, question
from tests.core.catalogue.household import FILE, PERSON, UNITS, answered, household

DRAWING = Drawing("vi", ("biết", "khóa"), UNITS)


def taken(raw: dict[str, Any], posted: dict[str, list[str]], page: int = 1) -> Taking:
    taking = Taking(posted)
    taking.into(household().pages[page].fields, raw)
    return taking


def drawn(raw: dict[str, Any], page: int = 1, drawing: Drawing = DRAWING) -> list[Block]:
    return drawing.blocks(household().walk(raw, PERSON, units=UNITS).pages[page].items)


def test_names_of_inputs_are_paths() -> None:
    raw: dict[str, Any] = {}
    posted = {
        "members.0": ["1"],
        "members.0.name": ["Mẫu"],
        "members.2.name": ["Con"],
        "members.2.born": ["1/1/2019"],
    }
    assert taken(raw, posted).strange() == []
    assert raw["members"] == [{"name": "Mẫu"}, {}, {"name": "Con", "born": "1/1/2019"}]
    assert raw["asks_income"] == ""


def test_rows_that_are_not_on_the_page_stay() -> None:
    raw = {"members": [{"name": str(n)} for n in range(30)]}
    taken(raw, {"members.20.name": ["mới"]})
    assert [row["name"] for row in raw["members"]][19:22] == ["19", "mới", "21"]


def test_a_row_number_cannot_ask_for_endless_rows() -> None:
    raw: dict[str, Any] = {}
    strange = taken(raw, {"members.9999.name": ["x"], "members.60.name": ["x"], "_go": ["x"]})
    assert raw["members"] == []
    assert set(strange.strange()) == {"members.9999.name", "members.60.name"}


def test_what_is_computed_attached_or_unknown_is_not_taken() -> None:
    raw: dict[str, Any] = {}
    posted = {"grown": ["9"], "members.0.proof": [FILE], "members.0.evil": ["1"], "evil": ["1"]}
    assert set(taken(raw, posted).strange()) == {"grown", "members.0.evil", "evil"}
    assert raw == {"asks_income": "", "members": [{}]}


def test_an_address_and_a_representative_are_taken_in_parts() -> None:
    raw: dict[str, Any] = {}
    posted = {"home.unit": ["06685"], "home.text": ["Số 1"], "acts.relation": ["parent"]}
    taken(raw, posted, 0)
    assert raw["home"] == {"unit": "06685", "area": "", "text": "Số 1"}
    assert raw["acts"] == {"acting": "", "relation": "parent"}


def test_rows_are_added_and_taken_out_by_buttons() -> None:
    members = next(f for f in household().fields() if f.key == "members")
    raw: dict[str, Any] = {"members": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
    assert add_row(members, raw) == 3
    drop_row(members, raw, 1)
    assert raw["members"] == [{"name": "a"}, {"name": "c"}, {}]
    raw["members"] = [{}] * 60
    assert add_row(members, raw) == 59
    assert place_of("members.3") == ("members", 3)
    assert place_of("members.3.name") == ("members", 3)
    assert place_of("../x.3") == ("", 0)


def test_a_path_leads_to_its_holder() -> None:
    raw = answered()
    assert holder(raw, "members.1.proof") == (raw["members"][1], "proof")
    assert holder(raw, "members.7.proof") is None
    assert holder(raw, "acts.evidence") is None


def test_a_draft_of_another_version_gives_what_is_still_asked() -> None:
    stale = answered(gone="x", members=[{"name": "A", "gone": "x", "proof": [FILE, "9"]}, "bad"])
    found = known_only(household().fields(), stale, {FILE})
    assert "gone" not in found
    assert found["members"] == [{"name": "A", "proof": [FILE]}]


def test_many_rows_stand_on_the_page_a_window_at_a_time() -> None:
    raw = {"members": [{"name": f"Người {n}", "born": "x"} for n in range(47)]}
    block = next(b for b in drawn(raw) if b.shape == "rows")
    assert (block.start, block.end, block.total) == (0, 20, 47)
    at = Drawing("vi", ("", ""), UNITS, at=("members.45.born",))
    block = next(b for b in drawn(raw, drawing=at) if b.shape == "rows")
    assert (block.start, block.end) == (40, 47)
    assert block.rows[5].path == "members.45"
    assert block.rows[5].blocks[1].control
    assert block.rows[5].blocks[1].control.error


def test_controls_show_what_was_typed_and_where_it_comes_from() -> None:
    first = drawn({"home": {"unit": "06685"}, "acts": {"acting": "1"}}, 0)
    assert [b.shape for b in first] == ["field", "group", "group"]
    assert first[0].control
    assert (first[0].control.value, first[0].control.source) == ("Tạ Xuân Mẫu", "khóa")
    assert [b.path for b in first[1].blocks][-1] == "acts.evidence"
    home = first[2].blocks[1]
    assert (home.shape, home.value["unit"], len(home.units)) == ("address", "06685", 2)
    assert home.error


def test_a_row_stands_ready_when_one_is_demanded() -> None:
    block = next(b for b in drawn({}) if b.shape == "rows")
    assert [row.path for row in block.rows] == ["members.0"]
    assert all(not b.error for b in block.rows[0].blocks)


def test_the_summary_has_one_line_for_each_row_and_can_mask_numbers() -> None:
    raw = answered(signers=[{"full_name": "Lê An", "pid": "022095012345"}])
    values = household().clean(raw, PERSON, units=UNITS).values
    pages = household().outline(values)
    told = {label: said for page in pages for _, label, said in summary(page.items, "vi")}
    assert told["Người 1"] == (
        "Họ, chữ đệm, tên: Tạ Xuân Mẫu; Ngày sinh: 05/09/1970; Thu nhập một tháng: 9.000.000 đ"
    )
    hidden = {k: s for page in pages for _, k, s in summary(page.items, "vi", masked=True)}
    assert "022095012345" not in str(hidden)


def test_on_paper_rows_are_a_table() -> None:
    values = household().clean(answered(), PERSON, units=UNITS).values
    printed = sections(household().outline(values), "vi")
    table = printed[1].tables[0]
    assert table.headers == ["Họ, chữ đệm, tên", "Ngày sinh", "Người giám hộ", "Thu nhập một tháng"]
    assert [row[:2] for row in table.rows] == [["1", "Tạ Xuân Mẫu"], ["2", "Tạ Thị Con"]]
    assert ("Số người có thu nhập", "1") in printed[1].lines


def test_clean_answers_fit_the_schema_that_machines_are_given() -> None:
    schema = household().json_schema("Hộ")
    jsonschema.Draft202012Validator.check_schema(schema)
    values = household().clean(answered(), PERSON, units=UNITS).values
    jsonschema.validate(values, schema, cls=jsonschema.Draft202012Validator)
    assert schema["required"] == ["full_name", "home", "members", "truth"]
    members = schema["properties"]["members"]
    assert (members["minItems"], members["maxItems"]) == (1, 60)
    assert members["items"]["required"] == ["name", "born"]
    assert members["items"]["properties"]["proof"]["x-paper"] == "birth"
    assert schema["properties"]["grown"]["readOnly"] is True


def test_last_times_answers_stand_in_a_new_form_as_far_as_they_hold() -> None:
    acts = {
        "acting": True,
        "relation": "parent",
        "full_name": "A",
        "pid": "022319000001",
        "evidence": [FILE],
    }
    signer = {"full_name": "Lê An", "pid": "022095012345"}
    raw = answered(acts=acts, signers=[signer])
    raw["members"][1]["proof"] = [FILE]
    before = household().clean(raw, PERSON, units=UNITS).values
    before["signers"][0]["confirmed"] = "2026-11-22T01:05:00+00:00"  # type: ignore[index,call-overload]
    carried = carry_over(household(), before, UNITS)
    assert set(carried) == {"home", "asks_income", "members", "signers"}
    assert carried["members"][1] == {
        "name": "Tạ Thị Con",
        "born": "2019-06-01",
        "guardian": "Tạ Xuân Mẫu",
    }
    assert carried["signers"] == [signer]
    assert carried["members"][0]["income"] == 9_000_000
    household().clean({**carried, "truth": "1"}, PERSON, units=UNITS)


def test_of_an_older_form_only_what_still_fits_is_carried_over() -> None:
    older: dict[str, Any] = {"a": "x", "b": "31/2/2020", "c": ["one"], "gone": 1, "list": "no"}
    inside = [question("name", required=True), question("n", "integer")]
    asked: Form = form(
        question("a"),
        question("b", "date"),
        question("c", "choice", choices=[{"value": "two", "vi": "Hai", "en": "Two"}]),
        question("list", "rows", fields=inside),
    )
    assert carry_over(asked, older) == {"a": "x"}
    rows: list[Any] = [{"name": "An", "n": 5, "gone": 1}, {"n": "many"}]
    assert carry_over(asked, {"list": rows}) == {"list": [{"name": "An", "n": 5}]}
