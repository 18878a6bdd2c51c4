"""The built-in functions: values, nulls, wrong types, names of parameters."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from motcua.rules import RuleError, YearsMonths, compile_expression, evaluate
from motcua.rules.builtins import BUILT_IN

D = Decimal

CASES: list[tuple[str, object]] = [
    # conversion
    ('date("2026-11-22")', date(2026, 11, 22)),
    ('date("2026-2-3")', None),
    ("date(2026, 11, 22)", date(2026, 11, 22)),
    ("date(2026, 13, 1)", None),
    ("date(2026.5, 1, 1)", None),
    ('date(@"2026-11-22T08:00:00")', date(2026, 11, 22)),
    ("date(null)", None),
    ('time("08:30:00")', time(8, 30)),
    ('time("08:30:00Z")', time(8, 30, tzinfo=UTC)),
    ('time("25:30:00")', None),
    ("time(8, 30, 5.5)", time(8, 30, 5, 500_000)),
    ('time(8, 30, 0, @"PT0S")', time(8, 30, tzinfo=UTC)),
    ('time(8, 30, 0, @"PT20H")', None),
    ("time(8, 30, 60)", None),
    ('time(@"2026-11-22T08:00:00")', time(8)),
    ('date and time("2026-11-22T08:30:00")', datetime.fromisoformat("2026-11-22T08:30:00")),
    ('date and time("2026-11-22")', datetime.fromisoformat("2026-11-22")),
    ('date and time(@"2026-11-22", @"08:30:00")', datetime.fromisoformat("2026-11-22T08:30:00")),
    ('date and time("nay")', None),
    ('number("1 500,5", " ", ",")', D("1500.5")),
    ('number("1.500.000", ".", ",")', D(1500000)),
    ('number("1,5", ",", ",")', None),
    ('number("1,5", ";", ",")', None),
    ('number("1.5", null, ".")', D("1.5")),
    ("number(null)", None),
    ("string(null)", None),
    ('string([1, "a", null, {b: true}])', '[1, "a", null, {b: true}]'),
    ('string(@"P1Y2M") + string(@"-P1DT2H")', "P1Y2M-P1DT2H"),
    ('string(@"08:30:00+07:00")', "08:30:00+07:00"),
    ('string(@"2026-11-22T08:30:00@Asia/Ho_Chi_Minh")', "2026-11-22T08:30:00@Asia/Ho_Chi_Minh"),
    ('string(@"2026-11-22T08:30:00.250Z")', "2026-11-22T08:30:00.25Z"),
    ("string([1..5))", "[1..5)"),
    ("string(1.5e3)", "1500"),
    ('duration("P1Y2M")', YearsMonths(14)),
    ('duration("-PT1H30M")', timedelta(minutes=-90)),
    ('duration("P1Y1D")', None),
    ('duration("P")', None),
    ('duration("P1DT")', None),
    ('years and months duration(@"2011-12-22", @"2013-08-24")', YearsMonths(20)),
    ('years and months duration(@"2013-08-24", @"2011-12-22")', YearsMonths(-20)),
    ('years and months duration(@"2013-08-24", "2011")', None),
    # texts
    ('substring("Hạ Long", 4, 2)', "Lo"),
    ('substring("Hạ", 0)', None),
    ('substring("Hạ", 3)', None),
    ('substring("Hạ", -3)', None),
    ('substring("Hạ Long", 4, 5)', None),
    ('substring("Hạ Long", -2, 3)', None),
    ('substring("Hạ Long", 4, 4)', "Long"),
    ("string(-0.0)", "0.0"),
    ('range("[1..5)") = [1..5)', True),
    ('range("[@\\"2026-01-01\\"..date(2026, 2, 1)]").end', date(2026, 2, 1)),
    ('range("[\\"a\\"..\\"c..d\\"]").end', "c..d"),
    ('range("[2..)") = (>= 2)', True),
    ('range("(..2)") = (< 2)', True),
    ('range("[..2]")', None),
    ('range("(..)")', None),
    ('range("[1+1..5]")', None),
    ('range("[x..5]")', None),
    ('range("[5..1]")', None),
    ('range("[1..\\"a\\"]")', None),
    ('range("1..5")', None),
    ("range(1)", None),
    ('substring("Hạ", 1, 0)', None),
    ("substring(null, 1)", None),
    ('substring(string: "Hạ Long", start position: -4)', "Long"),
    ('substring before("Hạ Long", " ")', "Hạ"),
    ('substring before("Hạ Long", "x")', ""),
    ('substring after("Hạ Long", " ")', "Long"),
    ('substring after("Hạ", "")', "Hạ"),
    ('substring after("", "a")', ""),
    ('contains("Hạ Long", null)', None),
    ('contains(match: "Long", string: "Hạ Long")', True),
    ('string length(["abc"])', D(3)),
    ("upper case(1)", None),
    (r'matches("0912345678", "^0\\d{9}$")', True),
    ('matches("Hạ Long", "hạ", "i")', True),
    ('matches("a", "(")', None),
    ('matches("a", "a", "q")', None),
    (r'replace("79-A1", "(\\d+)-(\\w+)", "$2/$1")', "A1/79"),
    ('replace("aaa", "a*?", "b")', None),
    ('split("a; b;;c", ";\\s*")', ("a", "b", "", "c")),
    ('string join(["a", null, "b"], "-")', "a-b"),
    ('string join(["a", "b"])', "ab"),
    ('string join(["a", 1])', None),
    ("string join([])", ""),
    # lists
    ("list contains([1, null], null)", True),
    ("list contains(null, 1)", None),
    ("count(5)", D(1)),
    ("count(null)", None),
    ("min([])", None),
    ('min("b", "a")', "a"),
    ('min(1, "a")', None),
    ('max([@"2026-01-01", @"2026-02-01"])', date(2026, 2, 1)),
    ("sum([])", None),
    ("sum(1, 2)", D(3)),
    ("sum(list: [1, 2])", D(3)),
    ("mean([])", None),
    ("product([2, 3, 4])", D(24)),
    ("median([8, 2, 5, 3, 4])", D(4)),
    ("median([6, 1, 2, 3])", D("2.5")),
    ("median([])", None),
    ("stddev([1, 3])", D("1.414213562373095048801688724209698")),
    ("stddev([1])", None),
    ("mode([6, 1, 9, 6, 1])", (D(1), D(6))),
    ("mode([])", ()),
    ('mode(["a"])', None),
    ("all([])", True),
    ("any([])", False),
    ("all([true, null])", None),
    ("all([false, null])", False),
    ("any([true, null])", True),
    ("any(false, 1)", None),
    ("sublist([4, 5, 6], 2)", (D(5), D(6))),
    ("sublist([4, 5, 6], -2, 1)", (D(5),)),
    ("sublist([4, 5, 6], 3, 2)", None),
    ("sublist([4, 5, 6], 0)", None),
    ("append([1], 2, null)", (D(1), D(2), None)),
    ("append(1, 2)", (D(1), D(2))),
    ("concatenate([1], [2], 3)", (D(1), D(2), D(3))),
    ("insert before([1, 3], 2, 2)", (D(1), D(2), D(3))),
    ("insert before([1], 3, 2)", None),
    ("remove([1, 2], -1)", (D(1),)),
    ("remove([1, 2], 3)", None),
    ("list replace([1, 2], 2, 9)", (D(1), D(9))),
    ("list replace([1, 5], function(item, newItem) item < newItem, 3)", (D(3), D(5))),
    ("list replace([1, 5], function(item, newItem) 1, 3)", None),
    ("reverse([1, 2])", (D(2), D(1))),
    ("index of([1, null, 1], 1)", (D(1), D(3))),
    ("index of([1, null], null)", (D(2),)),
    ("union([1, 2], [2, 3])", (D(1), D(2), D(3))),
    ('distinct values([1, 1.0, "1", null, null, [1], [1]])', (D(1), "1", None, (D(1),))),
    ("flatten([1, [[2], 3]])", (D(1), D(2), D(3))),
    ("sort([3, 1, 2], function(a, b) a > b)", (D(3), D(2), D(1))),
    ('sort(precedes: function(a, b) a < b, list: ["b", "a"])', ("a", "b")),
    ("sort([2, 1])", (D(1), D(2))),
    ('sort([2, "a"])', None),
    ("sort([])", ()),
    # numbers
    ("decimal(1/3, 2)", D("0.33")),
    ("decimal(2.5, 0)", D(2)),
    ("decimal(1.5, null)", None),
    ("floor(1.5, null)", None),
    ("decimal(1, 6176)", D(1)),
    ("decimal(1, 6177)", None),
    ("0 ** 0", D(1)),
    ("0 ** -1", None),
    ("floor(-1.55, 1)", D("-1.6")),
    ("ceiling(-1.5)", D(-1)),
    ("round up(5.5, 0)", D(6)),
    ("round up(-1.1, 0)", D(-2)),
    ("round down(-5.5, 0)", D(-5)),
    ("round half up(-2.5, 0)", D(-3)),
    ("round half down(2.5, 0)", D(2)),
    ("round half up(1234, -2)", D(1200)),
    ("round up(1, 7000)", None),
    ('abs(@"-P1Y")', YearsMonths(12)),
    ('abs(@"-PT1H")', timedelta(hours=1)),
    ('abs("1")', None),
    ("modulo(10.1, 4.5)", D("1.1")),
    ("modulo(10, -4)", D(-2)),
    ("modulo(1, 0)", None),
    ("sqrt(16)", D(4)),
    ("sqrt(-1)", None),
    ("log(0)", None),
    ("decimal(log(10), 8)", D("2.30258509")),
    ("decimal(exp(5), 8)", D("148.41315910")),
    ("exp(99999999)", None),
    ("odd(5)", True),
    ("odd(2)", False),
    ("even(-2)", True),
    ("even(1.5)", None),
    # dates
    ('is(@"2026-11-22", @"2026-11-22")', True),
    ('is(@"08:00:00Z", @"08:00:00")', False),
    ('is(@"08:00:00Z", @"15:00:00+07:00")', False),
    ("is(null, null)", True),
    ("is(1, null)", False),
    ('day of year(@"2026-02-01")', D(32)),
    ('day of week(@"2026-11-22")', "Sunday"),
    ('month of year(@"2026-11-22T08:00:00")', "November"),
    ('week of year(@"2027-01-01")', D(53)),
    ('day of week("x")', None),
    # contexts
    ('get value({a: 1}, "a")', D(1)),
    ('get value({a: 1}, "b")', None),
    ("get value(null, null)", None),
    ("get entries({a: 1})", ({"key": "a", "value": D(1)},)),
    ('context([{key: "a", value: 1}, {key: "b", value: 2}])', {"a": D(1), "b": D(2)}),
    ('context([{key: "a", value: 1}, {key: "a", value: 2}])', None),
    ("context([1])", None),
    ('context put({a: 1}, "b", 2)', {"a": D(1), "b": D(2)}),
    ('context put({a: {b: 1}}, ["a", "c"], 2)', {"a": {"b": D(1), "c": D(2)}}),
    ('context put({a: 1}, ["a", "c"], 2)', None),
    ("context put({a: 1}, [], 2)", None),
    ("context merge([{a: 1, b: 1}, {b: 2}])", {"a": D(1), "b": D(2)}),
    ("context merge([1])", None),
    ("not(1)", None),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_function_has_its_value(text: str, expected: object) -> None:
    found = evaluate(text, {})
    assert found == expected
    assert type(found) is type(expected)


RELATIONS = [
    ("before(1, 10)", True),
    ("before(10, 1)", False),
    ("before(1, [1..10])", False),
    ("before(1, (1..10])", True),
    ("before([1..10), 10)", True),
    ("before([1..10], [10..20])", False),
    ("before([1..10), [10..20])", True),
    ("after(12, [2..10])", True),
    ("after([11..20], [1..11])", False),
    ("after((11..20], [1..11])", True),
    ("meets([1..5], [5..10])", True),
    ("meets([1..5), [5..10])", False),
    ("met by([5..10], [1..5])", True),
    ("overlaps([1..5], [5..8])", True),
    ("overlaps([1..5], (5..8])", False),
    ("overlaps([1..3], [4..8])", False),
    ("overlaps before([1..5], [3..8])", True),
    ("overlaps before([1..5], (5..8])", False),
    ("overlaps after([3..8], [1..5])", True),
    ("overlaps after([1..5], [3..8])", False),
    ("finishes(10, [1..10])", True),
    ("finishes(10, [1..10))", False),
    ("finishes([5..10], [1..10])", True),
    ("finished by([1..10], 10)", True),
    ("finished by([1..10], [5..10))", False),
    ("includes([1..10], 1)", True),
    ("includes((1..10], 1)", False),
    ("includes([1..10], [4..6])", True),
    ("includes([1..10), [1..10])", False),
    ("during(5, [1..10])", True),
    ("during([4..6], [1..10))", True),
    ("starts(1, [1..10])", True),
    ("starts([1..5], [1..10])", True),
    ("starts((1..5], [1..10])", False),
    ("started by([1..10], 1)", True),
    ("started by([1..10], [1..5])", True),
    ("coincides(5, 5)", True),
    ("coincides([1..5], [1..5))", False),
    ('before(@"2026-01-01", @"2026-01-02")', True),
    ('before(1, "a")', None),
    ("before(null, 1)", None),
    ("meets(1, [1..2])", None),
    ("before(range1: [1..2], range2: [3..4])", True),
    ("during(point: 5, range: [1..10])", True),
]


@pytest.mark.parametrize(("text", "expected"), RELATIONS)
def test_points_and_ranges_relate(text: str, expected: object) -> None:
    assert evaluate(text, {}) is expected


NAMES = """
    abs after all any append before ceiling coincides concatenate contains context count date
    decimal distinct_values duration during ends_with even exp finished_by finishes flatten floor
    get_entries get_value includes index_of insert_before is list_contains list_replace log
    lower_case matches max mean median meets met_by min mode modulo month_of_year not now number odd
    overlaps overlaps_after overlaps_before product remove replace reverse round_down
    round_half_down round_half_up round_up sort split sqrt started_by starts starts_with stddev
    string string_join string_length sublist substring substring_after substring_before sum time
    range today union upper_case week_of_year years_and_months_duration context_put context_merge
    day_of_week day_of_year date_and_time
"""


def test_every_function_of_the_standard_is_there() -> None:
    assert set(BUILT_IN) == {name.replace("_", " ") for name in NAMES.split()}


@pytest.mark.parametrize("name", sorted(set(BUILT_IN) - {"now", "today"}))
def test_null_and_wrong_types_never_break_a_function(name: str) -> None:
    values = ["null", "1", '"a"', "[1]", "{a: 1}", "[1..2]", '@"2026-01-01"', '@"P1D"', "true",
              "function(a, b) a", "-1.5", "[]", '""']  # fmt: skip
    for count in range(4):
        if not BUILT_IN[name].takes(count):
            continue
        for place, first in enumerate(values):
            for other in (values[place - 3], values[place - 7]):
                evaluate(f"{name}({', '.join([first, other, first][:count])})", {})


def test_the_moment_is_the_callers() -> None:
    moment = datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert evaluate("now()", {}, now=moment) == moment
    assert evaluate("today().year", {}, now=moment) == 2026
    with pytest.raises(RuleError, match="the moment of the computation was not given"):
        evaluate("today()", {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 + abs()", "line 1, column 5: 'abs' does not take 0 arguments"),
        ("abs(m: 1)", "line 1, column 1: 'abs' has no parameters 'm'"),
        ("abs(n: 1, n: 2)", "line 1, column 1: 'abs' has no parameters 'n, n'"),
        ("sum(for x in y return lạ(x))", "line 1, column 23: unknown function 'lạ'"),
    ],
)
def test_a_call_that_never_works_is_refused_when_it_is_read(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_expression(text)
    assert str(caught.value) == message


def test_a_function_of_the_context_can_be_called() -> None:
    f = evaluate("function(x) x * 2", {})
    assert evaluate("gấp đôi(4)", {"gấp đôi": f}) == 8
    assert evaluate("gấp(y: 1, x: 2)", {"gấp": evaluate("function(x, y) x - y", {})}) == 1


def test_a_built_in_function_is_a_value_with_all_its_parameters() -> None:
    assert evaluate('{f: substring, r: f("abcd", 2, 1)}.r', {}) == "b"
    assert evaluate('{f: substring, r: f(start position: 3, string: "abcd")}.r', {}) == "cd"
    assert evaluate("{f: abs, r: f(1, 2)}.r", {}) is None
    assert evaluate("{f: abs, r: f(m: 1)}.r", {}) is None


def test_a_variable_named_like_a_function_does_not_hide_it() -> None:
    assert evaluate("{count: 5, all: count([1, 2])}", {}) == {"count": D(5), "all": D(2)}
    assert evaluate("{count: function(x) 7, all: count([1])}.all", {}) == 7
    assert evaluate("date < date(2026, 1, 1)", {"date": date(2025, 1, 1)}) is True
