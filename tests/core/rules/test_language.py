"""What expressions mean."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pytest

from motcua.rules import Range, compile_expression, evaluate

CASES: list[tuple[str, dict[str, object], object]] = [
    ("0.1 + 0.2 = 0.3", {}, True),
    ("2 + 3 * 4 ** 2 / 8", {}, Decimal(8)),
    ("-2 ** 2", {}, Decimal(4)),
    ("10 - 3 - 2", {}, Decimal(5)),
    ("1 / 3", {}, Decimal("0.3333333333333333333333333333333333")),
    ("1 / 0", {}, None),
    ('"a" + "b"', {}, "ab"),
    ('"a" + 1', {}, None),
    (r'"dòng \"một\"\n\u0110"', {}, 'dòng "một"\nĐ'),
    ("/* phí */ 5 // đồng", {}, Decimal(5)),
    ("x in [1..5]", {"x": 5}, True),
    ("x in [1..5)", {"x": 5}, False),
    ("x in ]1..5]", {"x": 1}, False),
    ("x in (1..5)", {"x": 2}, True),
    ("x in [1..5[", {"x": 5}, False),
    ("x in (1, 3, > 7)", {"x": 8}, True),
    ("x in (1, 3, > 7)", {"x": 2}, False),
    ("x in <= 5", {"x": 5}, True),
    ("x in [1, 2, 3]", {"x": 2.0}, True),
    ("x in danh sách", {"x": "a", "danh sách": ["b", "a"]}, True),
    ("x in [1..5]", {"x": None}, None),
    ("x between 1 and 3 and true", {"x": 3}, True),
    ("x between 1 and 3", {"x": 4}, False),
    ("x between 2 and null", {"x": 1}, False),
    ("x between null and 2", {"x": 1}, None),
    ("x in [null..2]", {"x": 3}, False),
    ("x in [null..2]", {"x": 1}, None),
    ("x in [3..1]", {"x": 2}, False),
    ("[3..1]", {}, None),
    ('[1.."a"]', {}, None),
    ("(= 5).end", {}, Decimal(5)),
    ("for x in null return x", {}, None),
    ("some x in null satisfies x", {}, None),
    ('for x in 1.."a" return x', {}, None),
    ("for x in [1, 2], y in null return x", {}, None),
    ("x[item > 1]", {"x": None}, None),
    ('[1, 2]["a"]', {}, None),
    ("[1, null, 3][item > 1]", {}, (Decimal(3),)),
    ("(function(x, y) if y = null then x else y)(x: 1)", {}, Decimal(1)),
    ("(function(x, y) x)(x: 1, z: 2)", {}, None),
    ("{🐎: 1, b: 🐎 + 1}.b", {}, Decimal(2)),
    ("a\u180e+\u200b1", {"a": 1}, Decimal(2)),
    ('"a" < "b"', {}, True),
    ('1 < "b"', {}, None),
    ('1 = "1"', {}, None),
    ("null = null", {}, True),
    ("x = null", {"x": 0}, False),
    ("x != 1", {"x": 2}, True),
    ("true = 1", {}, None),
    ("if null then 1 else 2", {}, Decimal(2)),
    ("if x > 1 then a.b else c", {"x": 2, "a": {"b": "đúng"}}, "đúng"),
    ("a.b.c", {"a": {"b": None}}, None),
    ("người nộp.ngày sinh.year", {"người nộp": {"ngày sinh": date(1990, 5, 9)}}, Decimal(1990)),
    ('ngày < date("2026-11-22")', {"ngày": date(2026, 11, 21)}, True),
    ('date("2026-11-22") = date(2026, 11, 22)', {}, True),
    ('date("2026-02-30")', {}, None),
    ("date(lúc)", {"lúc": datetime(2026, 11, 22, 8, tzinfo=UTC)}, date(2026, 11, 22)),
    ("số bản in * 2", {"số bản in": 3}, Decimal(6)),
    ("tầng 2 + 1", {"tầng 2": 4}, Decimal(5)),
    ("thu nhập/người / 2", {"thu nhập/người": 10}, Decimal(5)),
    ("lệ   phí", {"lệ phí": 7}, Decimal(7)),
    ("some x in [1, 2] satisfies x > 1", {}, True),
    ("every x in [1, 2] satisfies x > 1", {}, False),
    ("every x in [] satisfies x", {}, True),
    ("some x in [null] satisfies x > 1", {}, None),
    ("for x in 1..3 return x * x", {}, (Decimal(1), Decimal(4), Decimal(9))),
    ("for x in 3..1, y in [10] return x + y", {}, (Decimal(13), Decimal(12), Decimal(11))),
    ("con[1].tên", {"con": [{"tên": "An"}, {"tên": "Bình"}]}, "An"),
    ("con[-1].tên", {"con": [{"tên": "An"}, {"tên": "Bình"}]}, "Bình"),
    ("con[3]", {"con": [1]}, None),
    ("con[tuổi < 6].tên", {"con": [{"tên": "An", "tuổi": 3}, {"tên": "B", "tuổi": 9}]}, ("An",)),
    ("[1, 2, 3][item > 1]", {}, (Decimal(2), Decimal(3))),
    ("min(3, 1, 2) + max([3, 1, 2])", {}, Decimal(4)),
    ("sum([1, 2.5])", {}, Decimal("3.5")),
    ("sum([1, null])", {}, None),
    ("mean([1, 2])", {}, Decimal("1.5")),
    ("count([1, null])", {}, Decimal(2)),
    ("floor(-1.5)", {}, Decimal(-2)),
    ("ceiling(1.234, 2)", {}, Decimal("1.24")),
    ("decimal(2.345, 2)", {}, Decimal("2.34")),
    ("abs(-3)", {}, Decimal(3)),
    ("modulo(-12, 5)", {}, Decimal(3)),
    ('contains("phường Hạ Long", "Hạ")', {}, True),
    ('starts with("Hạ Long", "Hạ")', {}, True),
    ('ends with("Hạ Long", "Hạ")', {}, False),
    ('string length("Đặng")', {}, Decimal(4)),
    ('upper case("đ") + lower case("Đ")', {}, "Đđ"),
    ('substring("Hạ Long", 4)', {}, "Long"),
    ('substring("Hạ Long", -4, 2)', {}, "Lo"),
    ('number("1.5") + 1', {}, Decimal("2.5")),
    ('number("1.500.000")', {}, None),
    ('string(1.5) + string(true) + string(date("2026-01-02"))', {}, "1.5true2026-01-02"),
    ("list contains([1, 2], 2)", {}, True),
    ("is defined(a.b)", {"a": {"b": None}}, True),
    ("is defined(a.c)", {"a": {"b": None}}, False),
    ("is defined(x)", {}, False),
    ("not(x)", {"x": None}, None),
    ("any([false, true])", {}, True),
    ("all(true, null)", {}, None),
    ('{a: 1, b: a + 1, "c d": b * 2}', {}, {"a": Decimal(1), "b": Decimal(2), "c d": Decimal(4)}),
    ("{a-b: 3, c: a-b + 1}.c", {}, Decimal(4)),
    ("{tầng 2: 4}.tầng 2", {}, Decimal(4)),
    ("{f: function(n) if n <= 1 then 1 else n * f(n - 1)}.f(20)", {}, Decimal(2432902008176640000)),
    ("(function(x: number, y) x + y)(1, 2)", {}, Decimal(3)),
    ('(function(x: number) x)("a")', {}, None),
    ("{f: function(x, y) x - y, r: f(y: 1, x: 5)}.r", {}, Decimal(4)),
    ("(function(x) function(y) x + y)(1)(2)", {}, Decimal(3)),
    ("for f in (for x in [1, 2] return function() x) return f()", {}, (Decimal(1), Decimal(2))),
    (
        "for i in 0..4 return if i = 0 then 1 else i * partial[-1]",
        {},
        tuple(map(Decimal, (1, 1, 2, 6, 24))),
    ),
    ("for i in 1..2, j in 1..i return i * j", {}, (Decimal(1), Decimal(2), Decimal(4))),
    ("some x in [1, 2], y in [2, 3] satisfies x = y", {}, True),
    ("5 in (? > 3)", {}, True),
    ("5 in (< 3, ? = 5)", {}, True),
    ("x in (> 3)", {"x": 5}, True),
    ("[1, 2] in [[1, 2], [3]]", {}, True),
    ("x in [[1..3], 7]", {"x": 7}, True),
    ("[{a: 1, b: 2}, {a: 2}][a > 1].a", {}, (Decimal(2),)),
    ("ds[lệ phí > 1]", {"ds": [{"lệ phí": 2}, {}]}, ({"lệ phí": Decimal(2)},)),
    ("ds[giá > trần]", {"ds": [{"giá": 2}, {"giá": 9}], "trần": 5}, ({"giá": Decimal(9)},)),
    ("[[1, 2], [3]][1][2]", {}, Decimal(2)),
    ("(1..5) = (1..5)", {}, True),
    ("[1..5].end included", {}, True),
    ("1 instance of number", {}, True),
    ("null instance of number", {}, False),
    ("null instance of Null", {}, True),
    ("1 instance of number and 2 instance of number", {}, True),
    ('@"P1D" instance of days and time duration or false', {}, True),
    ("[1] instance of list", {}, None),
    ("{a: 1} instance of context", {}, None),
    ("(function(x: number) x) instance of function<number> -> number", {}, True),
    ("(function(x: number) x) instance of function<string> -> number", {}, False),
    ("(function(x: Any) x) instance of function<string> -> Any", {}, True),
    ("(function(x: number) x) instance of function<Any> -> Any", {}, False),
    ("(function(x: list<Any>) x) instance of function<list<number>> -> Any", {}, True),
    ("(function(x: list<number>) x) instance of function<list<Any>> -> Any", {}, False),
    ("[1, 2] instance of list<number>", {}, True),
    ('[1, "a"] instance of list<number>', {}, False),
    ('{a: 1, b: "x"} instance of context<a: number, b: string>', {}, True),
    ("{a: 1} instance of context<a: number, b: string>", {}, False),
    ("[1..2] instance of range<number>", {}, True),
    ("(function(x) x) instance of function<number> -> number", {}, True),
    ("{a: 1} = {a: 1.0}", {}, True),
    ('"\\U01F40E" = "\\uD83D\\uDC0E"', {}, True),
    ("1.5e3 + .5", {}, Decimal("1500.5")),
    ("2 ** 0.5", {}, Decimal("1.414213562373095048801688724209698")),
    ("10 ** 7000", {}, None),
]


@pytest.mark.parametrize(("text", "context", "expected"), CASES)
def test_an_expression_has_its_value(
    text: str, context: dict[str, object], expected: object
) -> None:
    found = evaluate(text, context)
    assert found == expected
    assert type(found) is type(expected)


def test_logic_has_three_values() -> None:
    as_text: dict[object, str] = {True: "true", False: "false", None: "null"}
    for left, right in product(as_text, repeat=2):
        both = False if False in (left, right) else (None if None in (left, right) else True)
        either = True if True in (left, right) else (None if None in (left, right) else False)
        assert evaluate(f"{as_text[left]} and {as_text[right]}", {}) is both
        assert evaluate(f"{as_text[left]} or {as_text[right]}", {}) is either


def test_a_range_is_a_value() -> None:
    assert evaluate("(1..2]", {}) == Range(Decimal(1), Decimal(2), False, True)


def test_numbers_of_the_caller_become_exact() -> None:
    assert evaluate("x", {"x": 0.1}) == Decimal("0.1")
    assert evaluate("x", {"x": float("nan")}) is None
    assert evaluate("x", {"x": 10**5000}) is None


def test_text_of_the_caller_is_compared_in_one_spelling() -> None:
    assert evaluate('x = "Hạ"', {"x": "Hạ"}) is True
    assert evaluate("lệ phí", {"lệ phí": 1}) == 1


def test_a_compiled_expression_says_which_names_it_reads() -> None:
    text = "con.tuổi < 6 and not(có thẻ) or (some x in ds satisfies x = y) or c[giá > 3] = 1"
    assert compile_expression(text).names == {"con", "có thẻ", "ds", "y", "c"}


def test_a_compiled_expression_reads_announced_names() -> None:
    expression = compile_expression("số bản in > 1", names=["số bản in"])
    assert evaluate(expression, {"số bản in": 2}) is True


def test_logic_stops_at_the_part_that_decides() -> None:
    assert evaluate("false and không có", {}) is False
    assert evaluate("true or không có", {}) is True
