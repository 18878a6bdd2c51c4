"""Only what was asked for can be changed, and what that brings up is asked for with it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.catalogue.forms import Form, InvalidAnswers
from motcua.catalogue.packages import Package
from motcua.dossiers import supplements
from motcua.dossiers.supplements import Change, Item, Mending, Request
from motcua.errors import Both, Invalid


def _asked(key: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "label_vi": f"Mục {key}", "label_en": key, **more}


_CHOICES = [{"value": v, "vi": v, "en": v} for v in ("self", "relative")]
FORM = Form.from_data(
    {
        "pages": [
            {
                "title_vi": "Người nộp",
                "title_en": "Applicant",
                "fields": [
                    _asked("full_name", "name", required=True, locked=True, prefill="person.x"),
                    _asked("phone", "phone"),
                    _asked("who", "choice", required=True, choices=_CHOICES),
                    _asked("relation", required=True, show_when='who = "relative"'),
                    _asked("remark", show_when='who = "relative"'),
                    _asked("why", show_when='relation = "khác"'),
                    _asked("born", "date", required=True, past=True),
                    _asked("truth", "declaration"),
                ],
            }
        ]
    }
)
BEFORE = {"full_name": "Lê Văn A", "phone": "0912345678", "who": "self", "born": "1990-09-05"}
BEFORE |= {"truth": True}  # type: ignore[dict-item]


def _package() -> Package:
    paper = {"name_vi": "Giấy tờ", "name_en": "Paper", "kind": "copy"}
    return Package.from_data(
        {
            "procedure": {
                "code": "1.000001",
                "version": "1",
                "name_vi": "Thử",
                "name_en": "Test",
                "field": "test",
                "field_vi": "Thử",
                "field_en": "Test",
                "level": ["commune"],
                "time_limit": {
                    "kind": "working_days",
                    "value": 3,
                    "text_vi": "3 ngày",
                    "text_en": "3 days",
                },
                "fee": {"amount": 0, "text_vi": "Không", "text_en": "None"},
                "papers": [
                    {"key": "copy", **paper},
                    {"key": "proof", **paper, "when": 'who = "relative"'},
                    {"key": "card", **paper, "kind": "present"},
                ],
                "steps": [
                    {"id": "do", "name_vi": "Làm", "name_en": "Do", "role": "specialist"},
                ],
            },
            "form": FORM.to_data(),
        }
    )


def test_a_request_keeps_each_item_once_with_its_note_or_the_reason() -> None:
    asked = Request(
        (Item("paper", "copy"), Item("field", "born", " Sai năm "), Item("paper", "copy")), " Mờ "
    )
    told = supplements.checked(_package(), BEFORE, asked)
    assert told == Request((Item("paper", "copy", "Mờ"), Item("field", "born", "Sai năm")), "Mờ")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (Request((), "Thiếu"), "items"),
        (Request((Item("paper", "card"),), "Thiếu"), "items"),
        (Request((Item("paper", "nothing"),), "Thiếu"), "items"),
        (Request((Item("field", "full_name"),), "Sai"), "items"),
        (Request((Item("field", "truth"),), "Sai"), "items"),
        (Request((Item("field", "relation"),), "Sai"), "items"),
        (Request((Item("field", "born"),), " "), "reason"),
        (Request((Item("field", "born"), Item("paper", "copy", "Mờ"))), "note.field.born"),
    ],
    ids=["nothing", "shown only", "no paper", "locked", "declared", "hidden", "mute", "half mute"],
)
def test_a_request_that_nobody_could_answer_is_refused(request_: Request, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        supplements.checked(_package(), BEFORE, request_)
    assert list(refused.value.fields) == [field]
    assert isinstance(refused.value.fields[field], Both)


def test_an_answer_changes_only_what_was_asked_for() -> None:
    done = Mending(FORM, BEFORE, ["born"]).answered({"born": "6/9/1990"})
    assert done.values == {**BEFORE, "born": "1990-09-06"}
    assert done.changes == (Change("born", "1990-09-05", "1990-09-06"),)
    same = Mending(FORM, BEFORE, ["born"]).answered({"born": "05/09/1990"})
    assert same.changes == ()


def test_what_was_not_asked_for_is_refused_and_what_is_left_out_too() -> None:
    with pytest.raises(InvalidAnswers) as refused:
        Mending(FORM, BEFORE, ["born"]).answered({"phone": "0987654321", "nothing": "1"})
    assert set(refused.value.errors) == {"born", "phone", "nothing"}


def test_what_a_new_answer_brings_up_is_asked_for_with_it() -> None:
    raw: dict[str, object] = {"who": "relative"}
    assert Mending(FORM, BEFORE, ["who"]).opened(raw) == ["who", "relation", "remark"]
    with pytest.raises(InvalidAnswers) as refused:
        Mending(FORM, BEFORE, ["who"]).answered(raw)
    assert set(refused.value.errors) == {"relation"}
    raw |= {"relation": "khác", "why": "Anh em"}
    done = Mending(FORM, BEFORE, ["who"]).answered(raw)
    assert [c.key for c in done.changes] == ["who", "relation", "why"]
    package = _package()
    brought = supplements.papers_brought_up(package, BEFORE, done.values, {"copy"})
    assert [p.key for p in brought] == ["proof"]
    assert supplements.papers_brought_up(package, BEFORE, done.values, {"copy", "proof"}) == []
    back = Mending(FORM, done.values, ["who"]).answered({"who": "self", "relation": "bạn"})
    assert back.values == BEFORE
    assert {c.key: c.new for c in back.changes} == {"who": "self", "relation": None, "why": None}


def test_an_answer_that_no_longer_holds_by_itself_stands_in_nobodys_way() -> None:
    before = {**BEFORE, "phone": "12"}  # taken under other rules
    done = Mending(FORM, before, ["born"]).answered({"born": "6/9/1990"})
    assert done.values["phone"] == "12"


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.sampled_from(["phone", "who", "born"]), min_size=1),
    st.dictionaries(
        st.sampled_from([f.key for f in FORM.fields()]),
        st.sampled_from(["", "0987654321", "relative", "self", "1/1/2001", "khác"]),
    ),
)
def test_no_answer_reaches_what_was_neither_asked_for_nor_brought_up(
    asked: set[str], raw: dict[str, object]
) -> None:
    try:
        done = Mending(FORM, BEFORE, sorted(asked)).answered(raw)
    except InvalidAnswers:
        return
    may = {*Mending(FORM, BEFORE, sorted(asked)).opened(raw)}
    shown = {f.key for page in FORM.visible(done.values) for f in page.fields}
    hidden = BEFORE.keys() - shown
    assert {c.key for c in done.changes} <= may | hidden
    assert FORM.clean(done.values).values == done.values
