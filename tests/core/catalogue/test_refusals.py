"""What is wrong with a package, in Vietnamese, for those who do not program."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, inspect

from motcua.catalogue.forms import Form
from motcua.catalogue.lint import unreadable
from motcua.catalogue.packages import Package
from motcua.catalogue.procedure import Procedure
from motcua.catalogue.reading import PackageError, Record, convert, parse_toml
from motcua.catalogue.refusals import in_vietnamese
from tests.core.catalogue.builders import form_data, package_data, question


class Line(Record, frozen=True):
    kind: Literal["copy", "original"] = "copy"
    key: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,39}$")] = "a"


class Sheet(Record, frozen=True):
    count: Annotated[int, Meta(ge=1, le=9)]
    name: Annotated[str, Meta(min_length=2, max_length=5)] = "ab"
    even: Annotated[int, Meta(multiple_of=2)] = 2
    day: date | None = None
    share: Decimal = Decimal(1)
    lines: tuple[Line, ...] = ()
    named: dict[str, Line] = msgspec.field(default_factory=dict)


def _refused(data: object) -> PackageError:
    with pytest.raises(PackageError) as refusal:
        convert(data, Sheet, "form.toml")
    return refusal.value


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "form.toml: thiếu khóa bắt buộc 'count'"),
        ({"count": 1, "foo": 1}, "form.toml: có khóa không ai biết: 'foo'"),
        ({"count": "x"}, "count: cần số nguyên, nhưng ở đây là chữ"),
        ({"count": 0}, "count: cần số nguyên từ 1"),
        ({"count": 10}, "count: cần số nguyên nhiều nhất 9"),
        ({"count": 1, "name": "a"}, "name: cần ít nhất 2 ký tự"),
        ({"count": 1, "name": "abcdef"}, "name: cần nhiều nhất 5 ký tự"),
        ({"count": 1, "even": 3}, "even: cần số chia hết cho 2"),
        ({"count": 1, "day": "today"}, "day: cần ngày viết năm-tháng-ngày, như 2026-12-01"),
        ({"count": 1, "day": 3}, "hoặc không có giá trị, nhưng ở đây là số nguyên"),
        ({"count": 1, "share": "x"}, "share: cần số thập phân, như 1.5"),
        ({"count": 1, "lines": 3}, "lines: cần danh sách, nhưng ở đây là số nguyên"),
        ({"count": 1, "lines": [{"key": "Á"}]}, "lines[0].key: cần chữ thường không dấu"),
        (
            {"count": 1, "lines": [{}, {"kind": "fax"}]},
            "lines[1].kind: giá trị 'fax' không dùng được; dùng một trong: copy, original",
        ),
        ({"count": 1, "named": {"a": {"kind": "fax"}}}, "dùng một trong: copy, original"),
    ],
)
def test_a_refused_value_is_told_in_vietnamese(data: object, said: str) -> None:
    refusal = _refused(data)
    assert refusal.vi.endswith(said) or said in refusal.vi
    assert "Expected" not in refusal.vi
    assert "`" not in refusal.vi
    assert refusal.expected_vi in unreadable(refusal).text("vi")
    assert refusal.expected in unreadable(refusal).text("en")


def test_english_keeps_its_words_and_names_the_choices_too() -> None:
    assert _refused({"count": 1, "lines": [{"kind": "fax"}]}).expected == (
        "Invalid enum value 'fax'; one of copy, original"
    )
    assert _refused({"count": "x"}).expected == "Expected `int`, got `str`"


def _patterns(info: inspect.Type, seen: set[type]) -> Iterator[str]:
    if isinstance(info, inspect.StrType) and info.pattern:
        yield info.pattern
    if isinstance(info, inspect.StructType) and info.cls not in seen:
        seen.add(info.cls)
        for field in info.fields:
            yield from _patterns(field.type, seen)
    for inner in (*getattr(info, "types", ()), *_inner(info)):
        yield from _patterns(inner, seen)


def _inner(info: inspect.Type) -> list[Any]:
    return [t for name in ("item_type", "value_type") if (t := getattr(info, name, None))]


@pytest.mark.parametrize("kind", [Procedure, Form])
def test_every_pattern_of_a_package_is_told_in_words(kind: type) -> None:
    found = set(_patterns(inspect.type_info(kind), set()))
    assert found
    for pattern in found:
        assert "mẫu" not in in_vietnamese(f"Expected `str` matching regex {pattern!r}"), pattern


def test_a_file_that_is_no_toml_is_told_so() -> None:
    with pytest.raises(PackageError) as refusal:
        parse_toml("a = ", "form.toml")
    assert "tệp không đúng cú pháp TOML" in refusal.value.vi


def test_what_is_not_known_keeps_its_english() -> None:
    assert in_vietnamese("a file with holes") == "cần: a file with holes"


@pytest.mark.parametrize("part", ["form", "procedure"])
def test_wrong_feel_is_told_in_vietnamese(part: str) -> None:
    data = package_data()
    if part == "form":
        data["form"] = form_data(
            question("copies", "integer"), question("more", "name", show_when="copie > 1")
        )
    else:
        data["procedure"]["fee"] = {"text_vi": "x", "text_en": "y", "expression": "copie * 2"}
    with pytest.raises(PackageError) as refusal:
        Package.from_data(data)
    assert "biểu thức FEEL chỉ dùng tên đã biết: dòng 1, cột 1: " in refusal.value.vi
    assert "FEEL over known names: line 1, column 1: " in refusal.value.en
    assert "known" not in refusal.value.vi
